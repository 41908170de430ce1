package exports

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Refusal is something that was not taken, and why.
type Refusal struct {
	File string
	// Pointer is the JSON pointer of the object in the file; empty for all of it.
	Pointer string
	Why     string
}

// row is an object that was taken.
type row struct {
	key      string
	raw      entra.Raw
	digest   [sha256.Size]byte
	modified time.Time
	file     string
	pointer  string
	unit     *unit
	used     bool // it, or another of the same content, is in the snapshot
}

// gathered is what was found for one section.
type gathered struct {
	kind    *kind
	rows    []*row
	units   []*unit
	files   []string // of what makes no row by itself, such as empty lists
	refused int      // objects of the section that could not be taken
}

// reading is the state of one import.
type reading struct {
	limits     limits
	tenantID   string // as given; empty if the export is to say it
	normaliser *normaliser

	sections       map[snapshot.SectionID]*gathered
	configurations []*row
	members        map[string]*membership
	methods        map[string]*holding
	folders        map[string]*unit

	tenants  map[string]string // tenant id → the first file that names it
	exported stamp             // the newest ExportDate
	newest   stamp             // the newest date in the content

	files   []string
	refused []Refusal
	bytes   int64
}

func newReading(l limits, tenantID string) *reading {
	return &reading{
		limits: l, tenantID: strings.ToLower(tenantID), normaliser: &normaliser{spelling: newSpelling()},
		sections: map[snapshot.SectionID]*gathered{}, members: map[string]*membership{}, methods: map[string]*holding{},
		folders: map[string]*unit{}, tenants: map[string]string{},
	}
}

// sources reads every source.
func (r *reading) sources(ctx context.Context, names []string) error {
	v := &visitor{limits: r.limits, take: r.file, refuse: func(f file, why string) {
		r.files = append(r.files, f.name)
		r.lose(f, why)
	}}
	for _, name := range names {
		if err := v.visit(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// lose refuses a file that was not read. If it lies in an exporter's folder, that
// folder is no longer the whole collection.
func (r *reading) lose(f file, why string) {
	r.refuse(Refusal{File: f.name, Why: why})
	r.gap(f)
}

func (r *reading) gap(f file) {
	dirs := make([]string, len(f.dirs))
	for i, dir := range f.dirs {
		dirs[i] = plainName(dir)
	}
	if k, i := folderKind(dirs); k != nil && len(dirs)-i <= 1 {
		r.section(k).refused++
	}
}

func (r *reading) refuse(refusals ...Refusal) { r.refused = append(r.refused, refusals...) }

// file reads one file. Nothing of a file that cannot be read to its end is taken.
func (r *reading) file(f file) error {
	r.files = append(r.files, f.name)
	data, err := f.read(r.limits.fileBytes)
	if err != nil {
		r.lose(f, plainPathError(err))
		return nil
	}
	if r.bytes += int64(len(data)); r.bytes > r.limits.totalBytes {
		return fmt.Errorf("more than %d MiB in all; collect from Graph instead", r.limits.totalBytes>>20)
	}
	values, err := r.values(data)
	if err != nil {
		r.lose(f, err.Error())
		return nil
	}
	at := place{file: f.name, dirs: make([]string, len(f.dirs)), raw: f.dirs, stem: f.stem}
	for i, dir := range f.dirs {
		at.dirs[i] = plainName(dir)
	}
	at.owner = ownerOf(f.dirs, f.stem)
	var out outcome
	if len(values) == 1 {
		out = r.value(values[0], at)
	} else {
		// Lines of a file are a list without brackets.
		out = r.list(&value{kind: '[', items: values}, at, newUnit(bare))
	}
	if out.taken == 0 && len(out.refusals) == 0 {
		out.refusals = []Refusal{{File: f.name, Why: unknownWhy}}
	}
	if out.taken == 0 && out.vague {
		r.gap(f)
	}
	r.refuse(out.refusals...)
	return nil
}

func (r *reading) values(data []byte) ([]*value, error) {
	if zipMagic(data) {
		return nil, errors.New("an archive; name it as a source of its own")
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	values, err := documents(text, r.limits.depth)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errors.New("empty")
	}
	for _, v := range values {
		if v.kind != '{' && v.kind != '[' {
			return nil, errors.New("JSON, but neither an object nor a list")
		}
	}
	return values, nil
}
