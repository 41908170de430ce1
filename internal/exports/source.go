package exports

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// limits keep a hostile or mistaken source from using up the computer.
type limits struct {
	fileBytes  int64 // one file, after decompression
	totalBytes int64 // all files together
	files      int   // files, and entries of archives
	depth      int   // nesting of JSON
	folders    int   // nesting of folders
}

func defaultLimits() limits {
	return limits{fileBytes: 256 << 20, totalBytes: 1 << 30, files: 1_000_000, depth: 100, folders: 60}
}

// file is one file of a source.
type file struct {
	name string   // for people
	dirs []string // the folders it lies in, as written; the last two of the source's own path first
	stem string   // its name without extension
	read func(limit int64) ([]byte, error)
}

// OptionError is a mistake in what was asked for.
type OptionError struct{ Err error }

func (e *OptionError) Error() string { return e.Err.Error() }
func (e *OptionError) Unwrap() error { return e.Err }

func optionf(format string, args ...any) error { return &OptionError{fmt.Errorf(format, args...)} }

// errTooBig is given for files over the limit.
var errTooBig = errors.New("larger than an import takes")

// visitor receives the files of sources, and what is passed over.
type visitor struct {
	limits limits
	files  int
	take   func(file) error
	refuse func(f file, why string)
}

// visit goes through a source: a file, a folder with everything below it, or a zip
// archive.
func (s *visitor) visit(ctx context.Context, source string) error {
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return optionf("there is no file or folder %s", source)
	case err != nil:
		return fmt.Errorf("opening %s: %w", source, err)
	case info.IsDir():
		return s.folder(ctx, source)
	case !info.Mode().IsRegular():
		return optionf("%s is neither a file nor a folder", source)
	}
	archive, err := isArchive(source)
	if err != nil {
		return fmt.Errorf("opening %s: %w", source, err)
	}
	if archive {
		return s.archive(ctx, source)
	}
	name := filepath.ToSlash(filepath.Clean(source))
	return s.one(newFile(name, ownFolders(path.Dir(name)), path.Base(name), func() (io.ReadCloser, error) { return os.Open(source) }))
}

// ownFolders are the last two folders of a path as it was given. The rest says
// where somebody keeps files, not what is in them.
func ownFolders(dir string) []string {
	parts := strings.FieldsFunc(dir, func(r rune) bool { return r == '/' })
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "." || p == ".." || strings.HasSuffix(p, ":") })
	return parts[max(0, len(parts)-2):]
}

func newFile(name string, dirs []string, base string, open func() (io.ReadCloser, error)) file {
	return file{
		name: name, dirs: dirs, stem: strings.TrimSuffix(base, path.Ext(base)),
		read: func(limit int64) ([]byte, error) {
			r, err := open()
			if err != nil {
				return nil, err
			}
			defer r.Close()
			data, err := io.ReadAll(io.LimitReader(r, limit+1))
			if err == nil && int64(len(data)) > limit {
				err = errTooBig
			}
			return data, err
		},
	}
}

// one counts a file and hands it on.
func (s *visitor) one(f file) error {
	if s.files++; s.files > s.limits.files {
		return fmt.Errorf("more than %d files; import parts that belong together one by one", s.limits.files)
	}
	return s.take(f)
}

// folder reads through an os.Root, and follows no symbolic link at all: whoever made
// the export may have left links that lead elsewhere.
func (s *visitor) folder(ctx context.Context, source string) error {
	root, err := os.OpenRoot(source)
	if err != nil {
		return fmt.Errorf("opening %s: %w", source, err)
	}
	defer root.Close()
	clean := filepath.ToSlash(filepath.Clean(source))
	fsys := root.FS()
	return fs.WalkDir(fsys, ".", func(rel string, d fs.DirEntry, err error) error {
		name := path.Join(clean, rel)
		dirs := append(ownFolders(clean), ownPath(path.Dir(rel))...)
		refuse := func(why string) { s.refuse(file{name: name, dirs: dirs}, why) }
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && rel == ".":
			return fmt.Errorf("reading %s: %w", source, err)
		case err != nil:
			refuse(plainPathError(err))
			return nil
		case rel == ".":
			return nil
		case d.IsDir() && strings.HasPrefix(d.Name(), "."):
			refuse("a hidden folder, which is not read")
			return fs.SkipDir
		case d.IsDir() && strings.Count(rel, "/") >= s.limits.folders:
			refuse(fmt.Sprintf("more than %d folders deep", s.limits.folders))
			return fs.SkipDir
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			refuse("a symbolic link, which is not followed")
			return nil
		case !d.Type().IsRegular():
			refuse("not a regular file")
			return nil
		}
		return s.one(newFile(name, dirs, d.Name(), func() (io.ReadCloser, error) { return fsys.Open(rel) }))
	})
}

func ownPath(dir string) []string {
	if dir == "." {
		return nil
	}
	return strings.Split(dir, "/")
}

func plainPathError(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return "cannot be read: " + err.Error()
}

// isArchive looks at the content: a name can say anything.
func isArchive(name string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, 4)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return zipMagic(head[:n]), nil
}

func zipMagic(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("PK\x05\x06"))
}

// archive reads the files of a zip. Nothing is unpacked to disk; names only serve to
// show where an object came from and which folder it lay in.
func (s *visitor) archive(ctx context.Context, source string) error {
	z, err := zip.OpenReader(source)
	if err != nil {
		return fmt.Errorf("opening the archive %s: %w", source, err)
	}
	defer z.Close()
	clean := filepath.ToSlash(filepath.Clean(source))
	entries := slices.Clone(z.File)
	slices.SortStableFunc(entries, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	stem := strings.TrimSuffix(path.Base(clean), path.Ext(clean))
	seen := map[string]bool{}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		// Windows PowerShell's Compress-Archive separated folders with a backslash.
		rel := strings.ReplaceAll(e.Name, `\`, "/")
		if strings.HasSuffix(rel, "/") {
			continue
		}
		name := clean + "!" + rel
		dirs := append([]string{stem}, ownPath(path.Dir(rel))...)
		refuse := func(why string) { s.refuse(file{name: name, dirs: dirs}, why) }
		switch {
		case !fs.ValidPath(rel) || strings.Contains(rel, ":"):
			refuse("its name in the archive leads out of it, or is not a plain path")
			continue
		case seen[rel]:
			refuse("the archive holds another file of this name")
			continue
		case e.Mode()&fs.ModeSymlink != 0:
			refuse("a symbolic link, which is not followed")
			continue
		case !e.Mode().IsRegular():
			refuse("not a regular file")
			continue
		case e.Flags&1 != 0:
			refuse("encrypted")
			continue
		case strings.Count(rel, "/") > s.limits.folders:
			refuse(fmt.Sprintf("more than %d folders deep", s.limits.folders))
			continue
		case hidden(rel):
			refuse("in a hidden folder, which is not read")
			continue
		}
		seen[rel] = true
		if err := s.one(newFile(name, dirs, path.Base(rel), func() (io.ReadCloser, error) { return e.Open() })); err != nil {
			return err
		}
	}
	return nil
}

// hidden tells whether a file lies in a folder whose name starts with a dot, or in
// the one that macOS adds to archives.
func hidden(rel string) bool {
	return slices.ContainsFunc(ownPath(path.Dir(rel)), func(part string) bool { return strings.HasPrefix(part, ".") || part == "__MACOSX" })
}
