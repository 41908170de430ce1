package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
)

// Schema is the value of "schema" in the output of a comparison.
const Schema = "passkeyaudit.diff/v1"

// Diff is what differs between two runs, two lists of people, or two snapshots.
type Diff struct {
	Before, After Side
	Caveats       []string
	// Findings is nil where no runs were compared.
	Findings *FindingDiff
	// People is nil where it is not known where people stood.
	People *PeopleDiff
	// Edits are changes of policies and settings; nil where no snapshots were compared.
	Edits []Edit
}

// Side is one of the two.
type Side struct {
	// Kind is run, people or snapshot.
	Kind            string
	Tenant, TakenAt string
	Digest          string
}

// FindingDiff is what became of findings. Only those that count are compared.
type FindingDiff struct {
	New, Fixed []Finding
	// Unsettled counted before, and their check could not be judged to the end after.
	Unsettled []Finding
	Changed   []Changed
	// Same counts those that are in both and in which nothing changed.
	Same int
}

// Changed is a finding in which something changed.
type Changed struct {
	Finding                       // as it is after
	SeverityBefore                string
	AffectedBefore                int
	AcceptedAfter, TentativeAfter bool
	// Joined and Left are members, where both runs name all of theirs.
	Joined, Left []audit.Member
}

// Compare holds two runs against each other.
func Compare(before, after *Run) (*Diff, error) {
	if !strings.EqualFold(before.Tenant.ID, after.Tenant.ID) {
		return nil, fmt.Errorf("the one is of tenant %s, the other of %s", before.Tenant.ID, after.Tenant.ID)
	}
	return &Diff{Before: before.side(), After: after.side(), Caveats: caveats(before, after), Findings: compareFindings(before, after)}, nil
}

func (r *Run) side() Side { return Side{"run", r.Tenant.ID, r.TakenAt, r.Digest} }

func compareFindings(before, after *Run) *FindingDiff {
	out := &FindingDiff{}
	then := map[string]*Finding{}
	for i := range before.Findings {
		if f := &before.Findings[i]; f.Counts() {
			then[f.Fingerprint] = f
		}
	}
	seen := map[string]bool{}
	for i := range after.Findings {
		f := &after.Findings[i]
		seen[f.Fingerprint] = true
		was := then[f.Fingerprint]
		switch {
		case was == nil && f.Counts():
			out.New = append(out.New, *f)
		case was == nil:
		default:
			c := Changed{Finding: *f, SeverityBefore: was.Severity, AffectedBefore: was.Affected, AcceptedAfter: f.Accepted, TentativeAfter: f.Tentative}
			if was.Whole && f.Whole {
				c.Joined, c.Left = lacking(f.Members, was.Members), lacking(was.Members, f.Members)
			}
			if was.Severity == f.Severity && was.Affected == f.Affected && f.Counts() && len(c.Joined)+len(c.Left) == 0 {
				out.Same++
			} else {
				out.Changed = append(out.Changed, c)
			}
		}
	}
	for i := range before.Findings {
		switch f := &before.Findings[i]; {
		case !f.Counts() || seen[f.Fingerprint]:
		case after.judged(f.Check):
			out.Fixed = append(out.Fixed, *f)
		default:
			out.Unsettled = append(out.Unsettled, *f)
		}
	}
	worstFirst(out.New)
	worstFirst(out.Fixed)
	worstFirst(out.Unsettled)
	return out
}

// lacking lists the members of a list that another has not.
func lacking(list, other []audit.Member) []audit.Member {
	has := make(map[string]bool, len(other))
	for _, m := range other {
		has[m.ID] = true
	}
	var out []audit.Member
	for _, m := range list {
		if !has[m.ID] {
			out = append(out, m)
		}
	}
	return out
}

func worstFirst(list []Finding) {
	rank := func(f *Finding) int {
		s, _ := audit.ParseSeverity(f.Severity)
		return -int(s)
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(rank(&a)-rank(&b), strings.Compare(a.Check, b.Check), b.Affected-a.Affected, strings.Compare(a.Fingerprint, b.Fingerprint))
	})
}

// PeopleDiff is who stands elsewhere than before. Accounts that stand for no person are
// left out.
type PeopleDiff struct {
	Moved []Move
	// Came and Went are people whom only one side has.
	Came, Went []Person
	// Same counts people who stand where they stood.
	Same int
}

// Move is a person who stands elsewhere than before.
type Move struct {
	ID, UserPrincipalName string
	Before, After         bootstrap.State
	// Because are the edits of which each alone makes the difference: without it the
	// person would stand as before. Empty where there is none.
	Because []Object
	// Together: all edits together make the difference and none of them alone.
	Together bool
}

// ComparePeople holds against each other where people stood. Both lists may be in any
// order.
func ComparePeople(before, after []Person) *PeopleDiff {
	out := &PeopleDiff{}
	then := make(map[string]*Person, len(before))
	for i := range before {
		if before[i].counts() {
			then[before[i].ID] = &before[i]
		}
	}
	for i := range after {
		p := &after[i]
		if !p.counts() {
			continue
		}
		was, known := then[p.ID]
		delete(then, p.ID)
		switch {
		case !known:
			out.Came = append(out.Came, *p)
		case was.State == p.State:
			out.Same++
		default:
			out.Moved = append(out.Moved, Move{ID: p.ID, UserPrincipalName: p.UserPrincipalName, Before: was.State, After: p.State})
		}
	}
	for _, p := range then {
		out.Went = append(out.Went, *p)
	}
	slices.SortFunc(out.Moved, func(a, b Move) int { return strings.Compare(a.ID, b.ID) })
	for _, list := range [][]Person{out.Came, out.Went} {
		slices.SortFunc(list, func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	}
	return out
}

func (p *Person) counts() bool { return p.Kind == "person" || p.Kind == "" }

// Transition is how many people went from one state to another.
type Transition struct {
	Before, After bootstrap.State
	People        int
}

// Transitions counts moves, those of most people first.
func (d *PeopleDiff) Transitions() []Transition {
	var list []Transition
	for _, m := range d.Moved {
		i := slices.IndexFunc(list, func(t Transition) bool { return t.Before == m.Before && t.After == m.After })
		if i < 0 {
			i, list = len(list), append(list, Transition{Before: m.Before, After: m.After})
		}
		list[i].People++
	}
	slices.SortFunc(list, func(a, b Transition) int {
		return cmp.Or(b.People-a.People, order(a.Before)-order(b.Before), order(a.After)-order(b.After))
	})
	return list
}

func order(s bootstrap.State) int { return slices.Index(bootstrap.States, s) }

// EditsOf lists the ids of edited objects that the evidence of a finding quotes, or that
// it is about: the edits to look at first.
func (d *Diff) EditsOf(f *Finding) []string {
	var ids []string
	for i := range d.Edits {
		e := &d.Edits[i]
		if strings.EqualFold(f.Subject.ID, e.ID) || slices.ContainsFunc(f.Objects, func(o Object) bool {
			return o.Section == e.Section && strings.EqualFold(o.ID, e.ID)
		}) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}
