package audit

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// Fact is work that several checks share. It is derived at most once in a run.
type Fact[T any] struct {
	// Name is package and variable, such as "population.Users".
	Name string
	// Doc says what the fact tells, in one sentence.
	Doc   string
	Reads []Read
	Facts []AnyFact
	// Derive computes the value, which must not be changed afterwards: all checks
	// see the same one.
	Derive func(context.Context, *Pass) (T, error)
}

// AnyFact is a *Fact of any type.
type AnyFact interface {
	FactName() string
	reads() []Read
	facts() []AnyFact
}

// FactName implements AnyFact.
func (f *Fact[T]) FactName() string { return f.Name }
func (f *Fact[T]) reads() []Read    { return f.Reads }
func (f *Fact[T]) facts() []AnyFact { return f.Facts }

// closure yields facts and the facts they read, each once.
func closure(roots []AnyFact) iter.Seq[AnyFact] {
	return func(yield func(AnyFact) bool) {
		seen := map[AnyFact]bool{}
		var visit func([]AnyFact) bool
		visit = func(facts []AnyFact) bool {
			for _, f := range facts {
				if seen[f] {
					continue
				}
				seen[f] = true
				if !visit(f.facts()) || !yield(f) {
					return false
				}
			}
			return true
		}
		visit(roots)
	}
}

// derived is the memo of one fact in one run.
type derived struct {
	once  sync.Once
	value any
	lacks []Lack
	err   error
}

// Get returns a fact's value, deriving it if this is the first call of the run.
// Asking for a fact that was not declared is an error and spoils the pass, even
// if the caller swallows it.
func Get[T any](ctx context.Context, p *Pass, f *Fact[T]) (T, error) {
	var zero T
	if !p.facts[f] {
		return zero, p.spoil("fact %s", f.Name)
	}
	d := p.run.memo(f)
	d.once.Do(func() {
		fp := p.run.pass("fact "+f.Name, f.Reads, f.Facts)
		v, err := f.Derive(ctx, fp)
		if fp.spoilt != nil {
			err = fp.spoilt
		}
		d.value, d.lacks, d.err = v, fp.lacks, err
	})
	for _, l := range d.lacks {
		p.Lacks(l.Section, l.Gap, l.What)
	}
	if d.err != nil {
		return zero, fmt.Errorf("%s: %w", f.Name, d.err)
	}
	return d.value.(T), nil
}
