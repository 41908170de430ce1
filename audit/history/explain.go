package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

// mostJudged bounds how many edits are judged one by one: each takes as long as judging
// the tenant once.
const mostJudged = 24

// PeopleOf lists where the people of a judged tenant stand.
func PeopleOf(r *bootstrap.Result) []Person {
	var list []Person
	for n := range r.Directory.People.All() {
		m := r.Directory.Member(n)
		list = append(list, Person{m.ID, m.UserPrincipalName, "person", stateOf(r, n)})
	}
	return list
}

func stateOf(r *bootstrap.Result, n uint32) bootstrap.State {
	if i := r.Index(n); i >= 0 {
		return r.Classes[i].Verdict.State
	}
	return r.Of(n).State
}

// Explain works out which edits moved people: it judges the later tenant once more with
// each edit taken back, and then with all of them taken back. An edit of which a person
// would stand as before explains the move of that person. What no edit explains, people
// or their data did.
func (d *Diff) Explain(ctx context.Context, after *audit.Run) error {
	if d.People == nil || len(d.People.Moved) == 0 || len(d.Edits) == 0 {
		return nil
	}
	moved := d.People.Moved
	if len(d.Edits) > mostJudged {
		d.Caveats = append(d.Caveats, fmt.Sprintf("there are %d edits: only the first %d were judged one by one", len(d.Edits), mostJudged))
	}
	for i := range d.Edits[:min(len(d.Edits), mostJudged)] {
		e := &d.Edits[i]
		back, err := standsWithout(ctx, after, d.Edits[i:i+1])
		if err != nil {
			return err
		}
		if back == nil {
			continue
		}
		e.Judged = true
		for j := range moved {
			if back(moved[j].ID) == moved[j].Before {
				moved[j].Because = append(moved[j].Because, e.Object)
				e.Moves++
			}
		}
	}
	if !slices.ContainsFunc(moved, func(m Move) bool { return len(m.Because) == 0 }) || len(d.Edits) == 1 {
		return nil
	}
	back, err := standsWithout(ctx, after, d.Edits)
	if err != nil || back == nil {
		return err
	}
	for j := range moved {
		moved[j].Together = len(moved[j].Because) == 0 && back(moved[j].ID) == moved[j].Before
	}
	return nil
}

// standsWithout judges the tenant with some edits taken back. It is nil where they
// cannot be.
func standsWithout(ctx context.Context, after *audit.Run, edits []Edit) (func(id string) bootstrap.State, error) {
	snap := after.Collected()
	for _, section := range edited {
		rows := snapshot.Edits{}
		for i := range edits {
			if e := &edits[i]; e.Section == section {
				rows[strings.ToLower(e.ID)] = nil
				if e.before != nil {
					rows[strings.ToLower(e.ID)] = []entra.Raw{e.before}
				}
			}
		}
		if len(rows) == 0 {
			continue
		}
		var err error
		if snap, err = snap.With(section, rows); err != nil {
			return nil, err
		}
	}
	given, err := audit.Evaluate(ctx, after.Changed(snap), bootstrap.Grounds)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("judging without the edit: %w", err)
	}
	r, err := given.Judge(ctx, given.Settled(bootstrap.Options{World: bootstrap.Today}))
	if err != nil {
		return nil, fmt.Errorf("judging without the edit: %w", err)
	}
	return func(id string) bootstrap.State {
		n, known := r.Directory.Ordinal(id)
		if !known {
			return ""
		}
		return stateOf(r, n)
	}, nil
}
