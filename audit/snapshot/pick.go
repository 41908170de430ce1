package snapshot

import (
	"bytes"
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"

	"passkeyaudit/audit/entra"
)

// Pick reads every per-user section once and returns a view like that of [Focus] whose
// rows of these sections are held in memory: looking at one of a million users from
// many sides then costs one pass over the files.
//
// What is read is checked as in any other reading: the error is a *BrokenError or
// ctx's. Edits made by [Snapshot.With] and sections left out stay as they are.
func (s *Snapshot) Pick(ctx context.Context, ids []string, choice Choice) (*Snapshot, error) {
	view := s.Focus(ids...)
	view.focus.picked = true
	view.examined = map[SectionID]int{}
	view.files, view.manifest.Sections = maps.Clone(s.files), maps.Clone(s.manifest.Sections)
	var jobs []*picking
	for _, spec := range sections {
		if !spec.PerUser || len(s.files[spec.ID]) == 0 {
			continue
		}
		wanted := s.focus.filter(spec)
		narrowed := focus{ids: ids, needles: view.focus.needles}.filter(spec)
		more := choice.Also[spec.ID]
		jobs = append(jobs, &picking{spec: spec, rewrite: choice.Rewrite[spec.ID], wanted: func(raw entra.Raw) bool {
			return wanted(raw) && (narrowed(raw) || more != nil && more(raw))
		}})
	}
	if err := s.pick(ctx, jobs); err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, j := range jobs {
		view.examined[j.spec.ID] = int(j.total.Load())
		file := pickedFile(j.spec)
		texts[file] = j.text()
		view.files[j.spec.ID] = []Segment{{File: file}}
		if entry := s.manifest.Sections[j.spec.ID]; entry != nil {
			rest := *entry
			rest.Objects, rest.Digest, rest.Segments = nil, "", nil
			view.manifest.Sections[j.spec.ID] = &rest
		}
	}
	view.edits = nil // the rows are as edited
	view.fsys = inMemory{s.fsys, texts}
	return view, nil
}

// Examined counts the rows of a per-user section that [Snapshot.Pick] looked through to
// find those in view.
func (s *Snapshot) Examined(id SectionID) int { return s.examined[id] }

// Choice says which rows [Snapshot.Pick] keeps beside those that mention an id, and how.
// Its functions are called in several goroutines, with bytes that are valid during the
// call only.
type Choice struct {
	// Also tells of rows that mention none of the ids whether they are kept.
	Also map[SectionID]func(entra.Raw) bool
	// Rewrite gives what is kept of a row.
	Rewrite map[SectionID]func(entra.Raw) entra.Raw
}

// picking is a section of which some rows are kept.
type picking struct {
	spec    SectionSpec
	wanted  func(entra.Raw) bool
	rewrite func(entra.Raw) entra.Raw // nil: rows are kept as they are
	parts   []bytes.Buffer            // by segment
	total   tally
}

// text is what was kept, a row a line, in order.
func (j *picking) text() []byte {
	var all []byte
	for i := range j.parts {
		all = append(all, j.parts[i].Bytes()...)
	}
	return all
}

// pick reads sections, several segments at a time, those of the fewest segments first:
// they have the largest.
func (s *Snapshot) pick(parent context.Context, jobs []*picking) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	type part struct {
		job *picking
		at  int
	}
	queue := make(chan part)
	var wg sync.WaitGroup
	for range decoders() {
		wg.Go(func() {
			for p := range queue {
				if err := s.pickPart(ctx, p.job, p.at); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, j := range slices.SortedStableFunc(slices.Values(jobs), func(a, b *picking) int {
		return len(s.files[a.spec.ID]) - len(s.files[b.spec.ID])
	}) {
		j.parts = make([]bytes.Buffer, len(s.files[j.spec.ID]))
		for i := range j.parts {
			queue <- part{j, i}
		}
	}
	close(queue)
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, j := range jobs {
		if err := s.checkTotal(j.spec.ID, &j.total); err != nil {
			return err
		}
	}
	return nil
}

func (s *Snapshot) pickPart(ctx context.Context, j *picking, at int) error {
	for row, err := range s.segmentRows(ctx, j.spec.ID, s.files[j.spec.ID][at], &j.total) {
		if err != nil {
			return err
		}
		if j.wanted(row.Raw) {
			if j.rewrite != nil {
				row.Raw = j.rewrite(row.Raw)
			}
			j.parts[at].Write(row.Raw)
			j.parts[at].WriteByte('\n')
		}
	}
	return nil
}

// Matching returns the rows of a section that a function wants, in order. The function
// is called in several goroutines, with bytes that are valid during the call only.
func (s *Snapshot) Matching(ctx context.Context, id SectionID, wanted func(entra.Raw) bool) ([]entra.Raw, error) {
	spec, _ := Spec(id)
	j := &picking{spec: spec, wanted: wanted}
	if err := s.pick(ctx, []*picking{j}); err != nil {
		return nil, err
	}
	var rows []entra.Raw
	for line := range bytes.Lines(j.text()) {
		rows = append(rows, entra.Raw(bytes.TrimSuffix(line, []byte{'\n'})))
	}
	return rows, nil
}

// RowKey is what identifies a row of a section; empty where the row does not say.
func RowKey(id SectionID, raw entra.Raw) string {
	spec, _ := Spec(id)
	return keyOf(raw, spec.Key)
}

// Mentions gives a function that tells whether a text occurs in a string of a row, in
// any case of its ASCII letters.
func Mentions(text string) func(entra.Raw) bool { return newNeedle(text).in }

// pickedFile is where picked rows seem to be stored. No file of a folder is read under
// this name: section files are below sections/.
func pickedFile(spec SectionSpec) string {
	return path.Join("picked", string(spec.ID)+spec.extension())
}

// inMemory is a file system with some more files.
type inMemory struct {
	fs.FS
	texts map[string][]byte
}

func (m inMemory) Open(name string) (fs.File, error) {
	if text, held := m.texts[name]; held {
		return &memoryFile{Reader: bytes.NewReader(text), name: path.Base(name)}, nil
	}
	return m.FS.Open(name)
}
