package reportonly

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Log is the fact that folds the log.
var Log = &audit.Fact[*Trial]{
	Name: "reportonly.Log",
	Doc:  "for every report-only policy who met it in the sign-in log, on which system, with which app and type of client, and who did not",
	// Nothing follows from a sign-in that was not read.
	Reads:  []audit.Read{{Section: snapshot.SignIns, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: derive,
}

// mostCombinations bounds how many combinations are told apart. Beyond them apps are not.
const mostCombinations = 1 << 14

// Trial is the log, folded.
type Trial struct {
	// Policies are those with a result other than "not applied", by name and id.
	Policies []*Policy
	// Registered are the people who signed in with success from a system on a device that
	// identified itself; Claimed those on a system that is known from the client's own
	// words, the user agent.
	Registered, Claimed map[devices.OS]audit.Set
	// Rows counts the rows that were read.
	Rows int
}

// Combination is what a sign-in was made with.
type Combination struct {
	OS     devices.OS // empty: not told
	App    string     // the app that signed in
	Client activity.Client
}

// Policy is a report-only policy in the log.
type Policy struct {
	ID, Name string

	combinations []Combination
	results      map[who]Tally
}

type who struct {
	account     uint32
	combination uint16
}

// Tally counts results.
type Tally struct {
	// Met: what the policy asks for was met. Interrupted: the person would have been asked
	// for something. Failed: it could not have been met there. The latter two of sign-ins
	// that went through.
	Met, Interrupted, Failed uint32
}

// Result is what somebody got with a combination.
type Result struct {
	Account     uint32
	Combination Combination
	Tally
}

// Results yields them by account and combination.
func (p *Policy) Results() iter.Seq[Result] {
	return func(yield func(Result) bool) {
		keys := make([]who, 0, len(p.results))
		for k := range p.results {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b who) int {
			return cmp.Or(cmp.Compare(a.account, b.account), compare(p.combinations[a.combination], p.combinations[b.combination]))
		})
		for _, k := range keys {
			if !yield(Result{k.account, p.combinations[k.combination], p.results[k]}) {
				return
			}
		}
	}
}

func compare(a, b Combination) int {
	return cmp.Or(strings.Compare(string(a.OS), string(b.OS)), strings.Compare(a.App, b.App), strings.Compare(string(a.Client), string(b.Client)))
}

// row is what a sign-in comes to.
type row struct {
	account     uint32
	known       bool
	succeeded   bool
	ended       bool // as a sign-in that went wrong, or stopped at a question
	registered  bool
	combination Combination
	results     []result
}

type result struct {
	id, name string
	outcome  outcome
}

type outcome uint8

const (
	met outcome = iota + 1
	interrupted
	failed
)

// outcomeOf reads a result; zero for those that say nothing of a policy on trial.
func outcomeOf(text string) outcome {
	switch strings.ToLower(text) {
	case "reportonlysuccess":
		return met
	case "reportonlyinterrupted":
		return interrupted
	case "reportonlyfailure":
		return failed
	}
	return 0
}

func derive(ctx context.Context, p *audit.Pass) (*Trial, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	f := folder{policies: map[string]*folding{}, registered: builders(), claimed: builders()}
	t := &Trial{}
	for r, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) row {
		return func(s *entra.SignIn) row { return rowOf(s, dir) }
	}) {
		if err != nil {
			return nil, err
		}
		t.Rows++
		f.add(&r)
	}
	for _, one := range f.policies {
		t.Policies = append(t.Policies, &one.Policy)
	}
	slices.SortFunc(t.Policies, func(a, b *Policy) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	t.Registered, t.Claimed = sets(f.registered), sets(f.claimed)
	return t, nil
}

func rowOf(s *entra.SignIn, dir *population.Directory) row {
	var r row
	if s.Status != nil && s.Status.ErrorCode != nil {
		r.succeeded, r.ended = *s.Status.ErrorCode == 0, *s.Status.ErrorCode != 0
	}
	if r.account, r.known = dir.Ordinal(s.UserID); !r.known {
		return r
	}
	r.combination = Combination{App: cmp.Or(strings.TrimSpace(s.AppDisplayName), s.AppID), Client: activity.ClientOf(s.ClientAppUsed)}
	if d := s.DeviceDetail; d != nil {
		r.combination.OS = devices.OSOf(d.OperatingSystem)
		r.registered = d.DeviceID != ""
	}
	if s.AppliedConditionalAccessPolicies == nil {
		return r
	}
	for i := range *s.AppliedConditionalAccessPolicies {
		a := &(*s.AppliedConditionalAccessPolicies)[i]
		// A leg that stopped to ask for something, or that failed for another reason, is no
		// proof that the policy would have stopped anybody: what counts is how a sign-in that
		// went through stood. That it was met counts in any case.
		if o := outcomeOf(a.Result); o != 0 && a.ID != "" && (o == met || !r.ended) {
			r.results = append(r.results, result{strings.Clone(a.ID), strings.Clone(a.DisplayName), o})
		}
	}
	return r
}

// folding is a policy in the making.
type folding struct {
	Policy
	at map[Combination]uint16
}

type folder struct {
	policies            map[string]*folding
	registered, claimed map[devices.OS]*audit.Builder
}

func (f *folder) add(r *row) {
	if !r.known {
		return
	}
	if os := r.combination.OS; r.succeeded && os != "" {
		if r.registered {
			f.registered[os].Add(r.account)
		} else {
			f.claimed[os].Add(r.account)
		}
	}
	for _, one := range r.results {
		key := strings.ToLower(one.id)
		p := f.policies[key]
		if p == nil {
			p = &folding{Policy{ID: one.id, Name: one.name, results: map[who]Tally{}}, map[Combination]uint16{}}
			f.policies[key] = p
		}
		w := who{r.account, p.combination(r.combination)}
		t := p.results[w]
		switch one.outcome {
		case met:
			t.Met++
		case interrupted:
			t.Interrupted++
		default:
			t.Failed++
		}
		p.results[w] = t
	}
}

func (p *folding) combination(c Combination) uint16 {
	at, known := p.at[c]
	if !known && len(p.combinations) >= mostCombinations {
		c.App = ""
		at, known = p.at[c]
	}
	if !known {
		at = uint16(len(p.combinations))
		p.combinations, p.at[c] = append(p.combinations, c), at
	}
	return at
}

func builders() map[devices.OS]*audit.Builder {
	all := map[devices.OS]*audit.Builder{}
	for _, os := range devices.Systems {
		all[os] = &audit.Builder{}
	}
	return all
}

func sets(from map[devices.OS]*audit.Builder) map[devices.OS]audit.Set {
	all := map[devices.OS]audit.Set{}
	for os, b := range from {
		all[os] = b.Set()
	}
	return all
}
