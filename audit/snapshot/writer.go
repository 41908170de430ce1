package snapshot

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
)

// SegmentRows is the most rows a segment holds.
const SegmentRows = 50_000

// ReasonUnfinished is the reason of a section whose collection was not finished.
const ReasonUnfinished = "collection did not finish"

// Encoding chooses how rows are stored.
type Encoding int

const (
	// Zstd stores compressed segments of at most SegmentRows rows.
	Zstd Encoding = iota
	// Plain stores one readable file a section, for fixtures.
	Plain
)

// Writer writes a snapshot into a folder. Rows become part of the snapshot when
// their section is finished: the manifest, replaced atomically, is written last.
// Until then it calls the section not collected, so an interrupted run never
// looks like a small tenant. Files are readable by their owner only (on Windows
// the folder's own permissions apply). It is safe for concurrent use by sections.
type Writer struct {
	root *os.Root
	enc  Encoding

	mu       sync.Mutex
	manifest Manifest
}

// Create makes dir, which must be empty or absent, and writes a manifest in
// which no section is collected yet.
func Create(dir string, m Manifest, enc Encoding) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the snapshot folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s is not empty; name a new folder, or remove what is there", dir)
	}
	if err == nil {
		err = root.Mkdir(sectionsDir, 0o700)
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	w := &Writer{root: root, enc: enc, manifest: m}
	w.manifest.Format = Format
	w.manifest.Sections = maps.Clone(m.Sections)
	if w.manifest.Sections == nil {
		w.manifest.Sections = map[SectionID]*SectionEntry{}
	}
	for _, spec := range sections {
		if w.manifest.Sections[spec.ID] == nil {
			w.manifest.Sections[spec.ID] = &SectionEntry{State: NotCollected, Reason: ReasonUnfinished}
		}
	}
	if err := w.writeManifest(); err != nil {
		root.Close()
		return nil, err
	}
	return w, nil
}

// Update changes the manifest's own members (tenant, times, scope), for
// instance once the organization has been read.
func (w *Writer) Update(change func(*Manifest)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.manifest)
	return w.writeManifest()
}

// Close writes the manifest a last time and releases the folder.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.writeManifest(), w.root.Close())
}

// Section starts writing a section. Nothing of it is part of the snapshot until
// Finish.
func (w *Writer) Section(id SectionID) (*SectionWriter, error) {
	spec, ok := Spec(id)
	if !ok {
		return nil, fmt.Errorf("the format has no section %q", id)
	}
	return &SectionWriter{w: w, spec: spec}, nil
}

// Skip records a section that holds no rows, with the reason.
func (w *Writer) Skip(id SectionID, entry SectionEntry) error {
	if _, ok := Spec(id); !ok {
		return fmt.Errorf("the format has no section %q", id)
	}
	return w.setEntry(id, &entry)
}

func (w *Writer) setEntry(id SectionID, entry *SectionEntry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.manifest.Sections[id] = entry
	return w.writeManifest()
}

// writeManifest replaces manifest.json in one step: readers see the old or the
// new one, also after a crash.
func (w *Writer) writeManifest() error {
	text, err := json.Marshal(&w.manifest, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	const temp = manifestFile + ".new"
	f, err := w.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = w.root.Rename(temp, manifestFile)
	}
	if err == nil {
		err = w.syncDir(".")
	}
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}

// syncDir makes new names in a folder durable. Windows has no such call.
func (w *Writer) syncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := w.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// SectionWriter writes the rows of one section. It is for one goroutine.
type SectionWriter struct {
	w        *Writer
	spec     SectionSpec
	segments []Segment
	open     *openSegment
	digest   digester
	objects  int
	err      error
}

// Append adds rows, compacted. A page should be given in one call: a caller
// whose page broke off half way appends none of it.
func (sw *SectionWriter) Append(rows ...entra.Raw) error {
	for _, raw := range rows {
		if sw.err == nil {
			sw.err = sw.append(raw)
		}
	}
	return sw.err
}

func (sw *SectionWriter) append(raw entra.Raw) error {
	if sw.spec.Shape == Singleton && sw.objects == 1 {
		return fmt.Errorf("section %s holds one object", sw.spec.ID)
	}
	if err := entra.CheckSyntax(raw); err != nil {
		return fmt.Errorf("section %s, object %d: %w", sw.spec.ID, sw.objects+1, err)
	}
	row, err := entra.Compact(raw)
	if err != nil {
		return fmt.Errorf("section %s, object %d: %w", sw.spec.ID, sw.objects+1, err)
	}
	if sw.open == nil || sw.w.enc == Zstd && sw.open.objects == SegmentRows {
		if err := sw.rotate(); err != nil {
			return err
		}
	}
	sw.digest.add(row)
	sw.objects++
	return sw.open.write(row)
}

func (sw *SectionWriter) rotate() error {
	if err := sw.closeSegment(); err != nil {
		return err
	}
	name := string(sw.spec.ID) + sw.spec.extension()
	compressed := sw.w.enc == Zstd && sw.spec.Shape == Collection
	if compressed {
		name = fmt.Sprintf("%s-%05d%s", sw.spec.ID, len(sw.segments)+1, segmentSuffix)
	}
	var err error
	sw.open, err = createSegment(sw.w.root, path.Join(sectionsDir, name), compressed)
	return err
}

func (sw *SectionWriter) closeSegment() error {
	if sw.open == nil {
		return nil
	}
	seg, err := sw.open.close()
	sw.open = nil
	if err != nil {
		return fmt.Errorf("section %s: %w", sw.spec.ID, err)
	}
	sw.segments = append(sw.segments, seg)
	return nil
}

// Objects is the number of rows appended so far.
func (sw *SectionWriter) Objects() int { return sw.objects }

// Finish makes the rows part of the snapshot under the state and the notes of
// entry; objects, segments and digest are filled in. A section finished in a
// state that has no rows drops what was appended.
func (sw *SectionWriter) Finish(entry SectionEntry) error {
	err := errors.Join(sw.err, sw.closeSegment())
	if err == nil {
		err = sw.w.syncDir(sectionsDir)
	}
	if err != nil {
		return err
	}
	if !entry.State.HasRows() {
		for _, seg := range sw.segments {
			if err := sw.w.root.Remove(seg.File); err != nil {
				return fmt.Errorf("section %s: %w", sw.spec.ID, err)
			}
		}
		return sw.w.setEntry(sw.spec.ID, &entry)
	}
	entry.Objects = &sw.objects
	entry.Segments = slices.Clone(sw.segments)
	entry.Digest = sw.digest.sum()
	return sw.w.setEntry(sw.spec.ID, &entry)
}

// openSegment is a segment being written; its digest is of the stored bytes.
type openSegment struct {
	name    string
	file    *os.File
	sum     hash.Hash
	stored  *bufio.Writer
	rows    io.Writer
	zstd    *zstd.Encoder
	objects int
}

func createSegment(root *os.Root, name string, compressed bool) (*openSegment, error) {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	seg := &openSegment{name: name, file: f, sum: sha256.New()}
	seg.stored = bufio.NewWriterSize(io.MultiWriter(f, seg.sum), 64<<10)
	seg.rows = seg.stored
	if compressed {
		// A small window keeps a section's encoder at 2.7 MiB instead of 18 for the
		// same ratio on rows of this size.
		seg.zstd, err = zstd.NewWriter(seg.stored, zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		seg.rows = seg.zstd
	}
	return seg, nil
}

func (s *openSegment) write(row entra.Raw) error {
	s.objects++
	_, err := s.rows.Write(append(row, '\n'))
	return err
}

func (s *openSegment) close() (Segment, error) {
	var err error
	if s.zstd != nil {
		err = s.zstd.Close()
	}
	err = errors.Join(err, s.stored.Flush(), s.file.Sync(), s.file.Close())
	return Segment{File: s.name, Objects: &s.objects, SHA256: hex.EncodeToString(s.sum.Sum(nil))}, err
}
