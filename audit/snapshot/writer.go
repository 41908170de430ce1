package snapshot

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

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
	started  map[SectionID]*SectionWriter
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
	w := &Writer{root: root, enc: enc, manifest: m, started: map[SectionID]*SectionWriter{}}
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

// Close writes the manifest a last time and releases the folder. Sections that
// were not finished stay not collected. No section may be in use any more.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.writeManifest()
	for _, spec := range sections {
		if sw := w.started[spec.ID]; sw != nil && sw.open != nil {
			sw.open.file.Close() //nolint:errcheck // its rows are not part of the snapshot
			sw.open = nil
		}
	}
	return errors.Join(err, w.root.Close())
}

// Section starts writing a section; once, unless it ended without rows. Nothing of it is part of the snapshot
// until Finish.
func (w *Writer) Section(id SectionID) (*SectionWriter, error) {
	spec, ok := Spec(id)
	if !ok {
		return nil, fmt.Errorf("the format has no section %q", id)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.started[id] != nil {
		return nil, fmt.Errorf("section %s was started before", id)
	}
	sw := &SectionWriter{w: w, spec: spec}
	w.started[id] = sw
	return sw, nil
}

// forget lets a section that was refused be tried again.
func (w *Writer) forget(id SectionID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.started, id)
}

// Skip records a section that holds no rows, with the reason. For a section
// known to be empty, finish it without rows instead.
func (w *Writer) Skip(id SectionID, entry SectionEntry) error {
	if _, ok := Spec(id); !ok {
		return fmt.Errorf("the format has no section %q", id)
	}
	if err := checkState(id, entry.State); err != nil {
		return err
	}
	if entry.State.HasRows() {
		return fmt.Errorf("section %s: a section that is %s has rows and cannot be skipped", id, entry.State)
	}
	return w.setEntry(id, entry)
}

// checkState keeps a manifest from being written that nobody could read.
func checkState(id SectionID, state State) error {
	if !slices.Contains(States(), state) {
		return fmt.Errorf("section %s: state %q is none of %s", id, state, joinStates())
	}
	return nil
}

func (w *Writer) setEntry(id SectionID, entry SectionEntry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.manifest.Sections[id] = &entry
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
