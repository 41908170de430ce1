package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

// Run holds one snapshot and the facts derived from it so far.
type Run struct {
	collected *snapshot.Snapshot
	snap      *snapshot.Snapshot
	settings  Settings

	mu    sync.Mutex
	facts map[AnyFact]*derived
}

// NewRun starts judging a snapshot with the default settings.
func NewRun(snap *snapshot.Snapshot) *Run { return NewRunWith(snap, Settings{}) }

// NewRunWith starts judging a snapshot.
func NewRunWith(snap *snapshot.Snapshot, settings Settings) *Run {
	return &Run{
		collected: snap, snap: snap.Without(settings.SectionsOff...), settings: settings,
		facts: map[AnyFact]*derived{},
	}
}

// Changed starts judging a snapshot made of the run's by snapshot.With, with the same
// settings. What the run has derived from sections that are not edited is not derived
// again: it would come out the same.
func (r *Run) Changed(snap *snapshot.Snapshot) *Run {
	c := NewRunWith(snap, r.settings)
	c.snap.Adopt(r.snap)
	edited := map[snapshot.SectionID]bool{}
	for _, id := range snap.Edited() {
		edited[id] = true
	}
	touched := func(reads []Read) bool {
		return slices.ContainsFunc(reads, func(rd Read) bool { return edited[rd.Section] })
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for f, d := range r.facts {
		same := d.value != nil && d.err == nil
		for g := range closure([]AnyFact{f}) {
			same = same && !touched(g.reads())
		}
		if same {
			c.facts[f] = d
		}
	}
	return c
}

// Snapshot is the snapshot being judged, without the sections that are off.
func (r *Run) Snapshot() *snapshot.Snapshot { return r.snap }

// Collected is the snapshot as it was collected, for identifying it.
func (r *Run) Collected() *snapshot.Snapshot { return r.collected }

// Settings are what the run was given.
func (r *Run) Settings() Settings { return r.settings }

func (r *Run) memo(f AnyFact) *derived {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.facts[f]
	if d == nil {
		d = &derived{}
		r.facts[f] = d
	}
	return d
}

func (r *Run) pass(owner string, reads []Read, facts []AnyFact) *Pass {
	p := &Pass{run: r, owner: owner, sections: map[snapshot.SectionID]bool{}, facts: map[AnyFact]bool{}}
	for _, rd := range reads {
		p.sections[rd.Section] = true
	}
	for _, f := range facts {
		p.facts[f] = true
	}
	return p
}

// Pass is what one check, or one fact, sees of a run. It is for one goroutine.
type Pass struct {
	run      *Run
	owner    string
	sections map[snapshot.SectionID]bool
	facts    map[AnyFact]bool

	findings      []Finding
	lacks         []Lack
	notApplicable string
	spoilt        error
}

// Record is what a check left behind when it ran.
type Record struct {
	Findings []Finding
	// Lacks are gaps the check or its facts met inside sections that may be
	// complete as sections.
	Lacks []Lack
	// NotApplicable is the reason why there is nothing to judge, or empty.
	NotApplicable string
	Err           error
}

// Lack is something a check needed for one of its subjects and did not find.
type Lack struct {
	Section snapshot.SectionID
	Gap     Gap
	What    string // such as "3 people have neither a methods row nor a report row"
}

// Execute runs a check. An undeclared read is an error, also where the check
// itself ignored it.
func (r *Run) Execute(ctx context.Context, c *Check) Record {
	p := r.pass("check "+c.ID, c.Reads, c.Facts)
	err := c.Run(ctx, p)
	if p.spoilt != nil {
		err = p.spoilt
	}
	return Record{Findings: p.findings, Lacks: p.lacks, NotApplicable: p.notApplicable, Err: err}
}

// Evaluate derives one fact outside any check, for summaries.
func Evaluate[T any](ctx context.Context, r *Run, f *Fact[T]) (T, error) {
	return Get(ctx, r.pass("summary", nil, []AnyFact{f}), f)
}

// Report adds a finding.
func (p *Pass) Report(f Finding) { p.findings = append(p.findings, f) }

// NotApplicable records that the tenant has nothing this check could judge.
func (p *Pass) NotApplicable(reason string) { p.notApplicable = reason }

// Lacks records that rows were missing that this check needed for some of its
// subjects. The outcome rule treats it like a section that is partial.
func (p *Pass) Lacks(section snapshot.SectionID, gap Gap, what string) {
	l := Lack{section, gap, what}
	for _, old := range p.lacks {
		if old == l {
			return
		}
	}
	p.lacks = append(p.lacks, l)
}

// Status says how much of a declared section there is.
func (p *Pass) Status(id snapshot.SectionID) snapshot.Status {
	if !p.sections[id] {
		p.spoil("section %s", id) //nolint:errcheck // recorded on the pass
		return snapshot.Status{State: snapshot.NotCollected}
	}
	return p.run.snap.Status(id)
}

// Absent tells whether it was found that no row of a declared section mentions a text,
// though the view does not hold all rows. False says nothing.
func (p *Pass) Absent(id snapshot.SectionID, text string) bool {
	return p.Status(id).State.HasRows() && p.run.snap.Absent(id, text)
}

// Scope tells whether the snapshot holds the whole tenant.
func (p *Pass) Scope() snapshot.Scope { return p.run.snap.Scope() }

// Settings are what the administrators of the tenant said; they are no read that
// would have to be declared.
func (p *Pass) Settings() Settings { return p.run.settings }

// Catalogue is what is known of models, places where passkeys work and error codes: the
// program's own data, or what the settings put in their place.
func (p *Pass) Catalogue() *catalogue.Catalogue { return p.run.Catalogue() }

// Catalogue is the data by which the run judges.
func (r *Run) Catalogue() *catalogue.Catalogue {
	return cmp.Or(r.settings.Catalogue, catalogue.BuiltIn())
}

// Cloud is the cloud the tenant is in, such as "usgov"; a snapshot that does not
// say is of the public one.
func (p *Pass) Cloud() string { return cmp.Or(p.run.snap.Manifest().Cloud, "public") }

// Now is the time at which the snapshot was taken, the only clock there is.
func (p *Pass) Now() string { return p.run.snap.Manifest().TakenAt }

// ErrUndeclared reports a read that the check or fact had not declared.
var ErrUndeclared = errors.New("read without declaring it")

func (p *Pass) spoil(format string, args ...any) error {
	err := fmt.Errorf("%s: %s: %w", p.owner, fmt.Sprintf(format, args...), ErrUndeclared)
	if p.spoilt == nil {
		p.spoilt = err
	}
	return err
}

// MissingError reports that a section did not hold what is needed to judge at
// all. A check that returns it becomes unknown and names the section.
type MissingError struct {
	Section snapshot.SectionID
	What    string
}

func (e *MissingError) Error() string { return fmt.Sprintf("%s: %s", e.Section, e.What) }

// Objects yields the decoded rows of a declared section; see snapshot.Objects.
func Objects[T any](ctx context.Context, p *Pass, id snapshot.SectionID) iter.Seq2[snapshot.Object[T], error] {
	if !p.sections[id] {
		err := p.spoil("section %s", id)
		return func(yield func(snapshot.Object[T], error) bool) { yield(snapshot.Object[T]{}, err) }
	}
	return snapshot.Objects[T](ctx, p.run.snap, id)
}

// Values reads a whole declared section of few objects, such as policies.
func Values[T any](ctx context.Context, p *Pass, id snapshot.SectionID) ([]T, error) {
	var list []T
	for o, err := range Objects[T](ctx, p, id) {
		if err != nil {
			return nil, err
		}
		list = append(list, o.Value)
	}
	return list, nil
}

// Mapped yields what a function makes of each row of a declared section, computed
// where rows are decoded; see snapshot.Mapped.
func Mapped[T, R any](ctx context.Context, p *Pass, id snapshot.SectionID, newMap func() func(*T) R) iter.Seq2[R, error] {
	if !p.sections[id] {
		err := p.spoil("section %s", id)
		return func(yield func(R, error) bool) {
			var none R
			yield(none, err)
		}
	}
	return snapshot.Mapped(ctx, p.run.snap, id, newMap)
}

// MappedWhere is Mapped for a reader who knows the numbers of the rows that matter; see
// snapshot.MappedWhere.
func MappedWhere[T, R any](ctx context.Context, p *Pass, id snapshot.SectionID, wanted func(row int) bool, newMap func() func(*T) R) iter.Seq2[R, error] {
	if !p.sections[id] {
		return Mapped(ctx, p, id, newMap)
	}
	return snapshot.MappedWhere(ctx, p.run.snap, id, wanted, newMap)
}

// Folded is Mapped for functions that keep no text of a row without cloning it; see
// snapshot.Folded.
func Folded[T, R any](ctx context.Context, p *Pass, id snapshot.SectionID, newMap func() func(*T) R) iter.Seq2[R, error] {
	if !p.sections[id] {
		err := p.spoil("section %s", id)
		return func(yield func(R, error) bool) {
			var none R
			yield(none, err)
		}
	}
	return snapshot.Folded(ctx, p.run.snap, id, newMap)
}

// Quoted is a decoded object with its text, for sections small enough to keep
// both.
type Quoted[T any] struct {
	Value T
	Raw   entra.Raw
}

// QuotedObjects reads a whole declared section of few objects, such as policies.
func QuotedObjects[T any](ctx context.Context, p *Pass, id snapshot.SectionID) ([]Quoted[T], error) {
	if !p.sections[id] {
		return nil, p.spoil("section %s", id)
	}
	var all []Quoted[T]
	for o, err := range snapshot.QuotedObjects[T](ctx, p.run.snap, id) {
		if err != nil {
			return nil, err
		}
		all = append(all, Quoted[T]{o.Value, o.Row.Raw})
	}
	return all, nil
}

// KeyedRow is the text of a row with its key as the row spells it.
type KeyedRow struct {
	Key string
	Raw entra.Raw
}

// RowsOf finds the rows of a declared section that belong to some ids, for
// quoting. The map is by the ids as asked; of several rows with one key it has the
// last, which is the one that counts.
func RowsOf(ctx context.Context, p *Pass, id snapshot.SectionID, keys []string) (map[string]KeyedRow, error) {
	if !p.sections[id] {
		return nil, p.spoil("section %s", id)
	}
	found := map[string]KeyedRow{}
	if len(keys) == 0 {
		return found, nil
	}
	byFold := make(map[string]string, len(keys))
	for _, k := range keys {
		byFold[strings.ToLower(k)] = k
	}
	spec, _ := snapshot.Spec(id)
	rows, err := p.run.snap.FindAll(ctx, id, keys)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		key := entra.Text(row.Raw, entra.Pointer(spec.Key))
		if asked, ok := byFold[strings.ToLower(key)]; ok {
			found[asked] = KeyedRow{key, row.Raw}
		}
	}
	return found, nil
}

// Singleton reads the object of a declared singleton section. Where there is no
// readable object the error is a *MissingError.
func Singleton[T any](ctx context.Context, p *Pass, id snapshot.SectionID) (Quoted[T], error) {
	if !p.sections[id] {
		return Quoted[T]{}, p.spoil("section %s", id)
	}
	value, raw, err := snapshot.SingletonObject[T](ctx, p.run.snap, id)
	if err == nil && raw == nil {
		err = &MissingError{Section: id, What: "there is no readable object"}
	}
	return Quoted[T]{value, raw}, err
}
