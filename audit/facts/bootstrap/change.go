package bootstrap

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// Change is a set of objects that all change, with what that does to people.
type Change struct {
	Objects []Blocker
	// Freed are the trapped who are no longer, Worsened those whose state gets worse.
	// Unsure are those to whom the change matters and of whom it is not known where they
	// stand, before or after.
	Freed, Worsened, Unsure audit.Set
}

// mostChanges bounds how many changes are tried.
const mostChanges = 12

// Changes lists the changes of one object, then of two, that free the most people
// who are trapped, with what they worsen. Here an object changes for everybody.
func (r *Result) Changes(ctx context.Context) ([]Change, error) {
	frees := map[string]int{}
	sets := map[string][]Blocker{}
	for i := range r.Classes {
		c := &r.Classes[i]
		people := c.People.Count()
		for _, o := range c.Verdict.opens {
			if k := blockerKey(o.set); len(o.set) <= 2 && people > 0 {
				sets[k] = o.set
				frees[k] += people
			}
		}
	}
	keys := make([]string, 0, len(sets))
	for k := range sets {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(len(sets[a])-len(sets[b]), frees[b]-frees[a], strings.Compare(a, b))
	})
	var list []Change
	for _, k := range keys[:min(len(keys), mostChanges)] {
		c, err := r.Try(ctx, sets[k])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Change) int {
		return cmp.Or(len(a.Objects)-len(b.Objects), b.Freed.Count()-a.Freed.Count(), a.Worsened.Count()-b.Worsened.Count())
	})
	return list, nil
}

// Try says what the change of some objects does to people.
func (r *Result) Try(ctx context.Context, objects []Blocker) (Change, error) {
	var set []int
	for _, o := range objects {
		if i, known := r.model.byID[o]; known {
			set = append(set, i)
		}
	}
	after, touched := make([]State, len(r.Classes)), make([]bool, len(r.Classes))
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if after[i] = c.Verdict.State; after[i] == OutOfScope || c.People.Empty() || !r.model.concerns(c.person, set) {
			return
		}
		touched[i] = true
		b.changing(set, func() { after[i] = b.state(c.person) })
	})
	if err != nil {
		return Change{}, err
	}
	var freed, worsened, unsure []audit.Set
	for i := range r.Classes {
		before, people := r.Classes[i].Verdict.State, r.Classes[i].People
		switch {
		case touched[i] && (before == Unknown || after[i] == Unknown):
			unsure = append(unsure, people)
		case before == Trapped && Open(after[i]):
			freed = append(freed, people)
		case Rank(after[i]) > Rank(before):
			worsened = append(worsened, people)
		}
	}
	return Change{Objects: objects, Freed: audit.Union(freed...), Worsened: audit.Union(worsened...), Unsure: audit.Union(unsure...)}, nil
}

// state is where a person in scope stands, without what it rests on.
func (b *bench) state(p *person) State {
	bad := b.judge(p, harsh).state
	if b.judge(p, kind).state != bad {
		return Unknown
	}
	return bad
}

// Open tells whether somebody in a state has a passkey or a way to one, Closed whether
// they certainly have none.
func Open(s State) bool   { return Rank(s) < Rank(Unknown) }
func Closed(s State) bool { return Rank(s) > Rank(Unknown) }

// Rank orders states, the better first.
func Rank(s State) int {
	return slices.Index([]State{HasPasskey, SelfService, NeedsAdminStep, Unknown, Trapped, OutOfScope}, s)
}
