package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

func sectionFiles(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, sectionsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, broken("", sectionsDir, 0, err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// locate settles which files hold a section: those the manifest names, else
// those that follow the naming convention.
func (s *Snapshot) locate(spec SectionSpec) ([]Segment, error) {
	entry := s.manifest.Sections[spec.ID]
	switch {
	case entry == nil:
		return conventional(spec, s.names)
	case !entry.State.HasRows():
		return nil, nil
	case len(entry.Segments) > 0:
		return entry.Segments, s.checkNamed(spec, entry)
	}
	found, err := conventional(spec, s.names)
	if err == nil && len(found) == 0 && promisesRows(spec, entry) {
		err = broken(spec.ID, spec.plainFile(), 0,
			fmt.Errorf("the manifest calls this section %s, but it has no file", entry.State))
	}
	return found, err
}

// promisesRows tells whether a section cannot do without a file.
func promisesRows(spec SectionSpec, entry *SectionEntry) bool {
	if entry.Objects != nil && *entry.Objects > 0 {
		return true
	}
	return entry.State == Complete && (entry.Objects == nil || spec.Shape == Singleton)
}

// checkNamed compares what the manifest says about a section's files with
// itself and with the folder.
func (s *Snapshot) checkNamed(spec SectionSpec, entry *SectionEntry) error {
	total, counted := 0, entry.Objects != nil
	for _, seg := range entry.Segments {
		info, err := fs.Stat(s.fsys, seg.File)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = errors.New("the manifest names this file, but it is not there")
		case err == nil && info.IsDir():
			err = errors.New("the manifest names this file, but it is a folder")
		}
		if err != nil {
			return broken(spec.ID, seg.File, 0, err)
		}
		if counted = counted && seg.Objects != nil; counted {
			total += *seg.Objects
		}
		if total < 0 { // more than an int holds
			return broken(spec.ID, manifestFile, 0, errors.New("its segments have more objects than can be counted"))
		}
	}
	if counted && total != *entry.Objects {
		return broken(spec.ID, manifestFile, 0,
			fmt.Errorf("the manifest promises %d objects, its segments have %d", *entry.Objects, total))
	}
	return nil
}

func (spec SectionSpec) extension() string {
	if spec.Shape == Singleton {
		return ".json"
	}
	return ".ndjson"
}

func (spec SectionSpec) plainFile() string {
	return path.Join(sectionsDir, string(spec.ID)+spec.extension())
}

var segmentName = regexp.MustCompile(`^([A-Za-z]+)-([0-9]{5})\.ndjson(\.zst)?$`)

// conventional finds the files of a section by their names.
func conventional(spec SectionSpec, names []string) ([]Segment, error) {
	var plain, segments []Segment
	for _, name := range names {
		file := path.Join(sectionsDir, name)
		if file == spec.plainFile() {
			plain = append(plain, Segment{File: file})
		}
		if m := segmentName.FindStringSubmatch(name); m != nil && m[1] == string(spec.ID) && spec.Shape == Collection {
			segments = append(segments, Segment{File: file})
		}
	}
	if len(plain) > 0 && len(segments) > 0 {
		return nil, broken(spec.ID, plain[0].File, 0,
			fmt.Errorf("the section is also in %s; keep one of them", segments[0].File))
	}
	slices.SortFunc(segments, func(a, b Segment) int { return strings.Compare(a.File, b.File) })
	for i, seg := range segments {
		number := segmentName.FindStringSubmatch(path.Base(seg.File))[2]
		if i > 0 && strings.HasPrefix(seg.File, strings.TrimSuffix(segments[i-1].File, ".zst")) {
			return nil, broken(spec.ID, seg.File, 0, errors.New("the same segment is there twice, plain and compressed"))
		}
		if want := fmt.Sprintf("%05d", i+1); number != want {
			return nil, broken(spec.ID, seg.File, 0, fmt.Errorf("segment %s is not there", want))
		}
	}
	return append(plain, segments...), nil
}
