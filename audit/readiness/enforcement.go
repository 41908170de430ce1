package readiness

import (
	"cmp"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/reportonly"
)

// Enforcement is what the sign-in log says about enforcing one report-only policy: who
// meets it already, and what stops the others. The counts are of people.
type Enforcement struct {
	Policy PolicyName `json:"policy"`
	// Ready met it with everything they were seen with. Habit are those who would have been
	// interrupted with something with which they, or people with the same kinds of
	// credentials, met it at another time: they can, and used something else. Blocked have a
	// combination in which neither they nor a peer ever met it. NotSeen are people whom it
	// reaches and of whom the log has no sign-in that it would have applied to.
	Ready   int `json:"ready"`
	Habit   int `json:"habit"`
	Blocked int `json:"blocked"`
	NotSeen int `json:"notSeen"`
	// NoCredential counts those of the blocked who hold no passkey, Windows Hello or
	// platform credential; MetElsewhere those who met it with another combination.
	NoCredential int `json:"noCredential"`
	MetElsewhere int `json:"metElsewhere"`
	// SecondMethod counts people who meet it with one passkey and have no other: an advice,
	// it blocks nobody.
	SecondMethod int           `json:"secondMethod"`
	Combinations []Combination `json:"combinations"`
}

// PolicyName names a policy.
type PolicyName struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// Combination is a system, an app and a type of client that block people.
type Combination struct {
	OS     devices.OS      `json:"os"`
	App    string          `json:"app"`
	Client activity.Client `json:"client"`
	// Blocked are people who never met the policy with it, nor a peer of theirs; Met those
	// who did, with other kinds of credentials.
	Blocked int `json:"blocked"`
	Met     int `json:"met"`
}

// OnTrial is where an account stands with one report-only policy.
type OnTrial struct {
	Policy string        `json:"policy"`
	State  TrialState    `json:"state"`
	Blocks []Combination `json:"blocks,omitzero"`
	Advice []string      `json:"advice,omitzero"`
}

// TrialState is where somebody stands with a report-only policy.
type TrialState string

const (
	TrialReady   TrialState = "ready"
	TrialHabit   TrialState = "habit"
	TrialBlocked TrialState = "blocked"
)

// secondMethod is the advice to register another one.
const secondMethod = "secondMethod"

// holding is the kinds of credentials that somebody signs in with, as bits: peers are
// those who hold nothing beyond them.
type holding uint8

const (
	holdsKey holding = 1 << iota
	holdsAuthenticator
	holdsSynced
	holdsWindows
	holdsMac
)

func (r *Report) holdingOf(n uint32) holding {
	var h holding
	for _, kind := range r.Result.HeldKinds(n) {
		switch kind {
		case bootstrap.KeyCredential:
			h |= holdsKey
		case bootstrap.AuthenticatorCredential:
			h |= holdsAuthenticator
		case bootstrap.SyncedCredential:
			h |= holdsSynced
		case bootstrap.WindowsCredential:
			h |= holdsWindows
		}
	}
	if r.Result.Held.Of(methods.WindowsHello).Has(n) {
		h |= holdsWindows
	}
	if r.Result.Held.Of(methods.PlatformCredential).Has(n) {
		h |= holdsMac
	}
	return h
}

// peer tells whether what somebody else did shows that it can be done with what one
// holds: the other has something, and nothing that one has not. Who holds nothing has
// peers among those who hold nothing.
func (h holding) peer(other holding) bool {
	if h == 0 || other == 0 {
		return h == other
	}
	return other&^h == 0
}

// enforcements judges every report-only policy by the log, people alone.
func (r *Report) enforcements() []*trial {
	var list []*trial
	for _, p := range r.trial.Policies {
		if i, still := r.onTrial(p.ID); still {
			list = append(list, r.judgeTrial(p, i))
		}
	}
	return list
}

// onTrial finds a policy that is in report-only now; what the log says of one that was is
// of no use.
func (r *Report) onTrial(id string) (index int, is bool) {
	i := slices.IndexFunc(r.Result.Policies.Policies, func(p *conditionalaccess.Policy) bool { return strings.EqualFold(p.ID, id) })
	return i, i >= 0 && r.Result.Policies.Policies[i].State == conditionalaccess.ReportOnly
}

// trial is a policy on trial, judged.
type trial struct {
	summary Enforcement
	of      map[uint32]*OnTrial
}

func (r *Report) judgeTrial(p *reportonly.Policy, index int) *trial {
	people := r.Directory.People
	// Who met it, by combination and what they hold.
	met := map[reportonly.Combination]map[holding]int{}
	everMet := map[uint32]bool{}
	holdings := map[uint32]holding{}
	for res := range p.Results() {
		if !people.Has(res.Account) {
			continue
		}
		h, known := holdings[res.Account]
		if !known {
			h = r.holdingOf(res.Account)
			holdings[res.Account] = h
		}
		if res.Met > 0 {
			if met[res.Combination] == nil {
				met[res.Combination] = map[holding]int{}
			}
			met[res.Combination][h]++
			everMet[res.Account] = true
		}
	}
	t := &trial{of: map[uint32]*OnTrial{}}
	t.summary = Enforcement{Policy: PolicyName{p.ID, p.Name}, Combinations: []Combination{}}
	blocks := map[reportonly.Combination]*Combination{}
	for res := range p.Results() {
		if !people.Has(res.Account) {
			continue
		}
		one := t.of[res.Account]
		if one == nil {
			one = &OnTrial{Policy: p.ID, State: TrialReady}
			t.of[res.Account] = one
		}
		h := holdings[res.Account]
		peers, others := 0, 0
		for other, n := range met[res.Combination] {
			if h.peer(other) {
				peers += n
			}
			others += n
		}
		switch {
		case res.Met > 0 && res.Interrupted == 0 && res.Failed == 0:
		case res.Met > 0, peers > 0:
			if one.State == TrialReady {
				one.State = TrialHabit
			}
		default:
			c := Combination{OS: res.Combination.OS, App: res.Combination.App, Client: res.Combination.Client, Blocked: 1, Met: others}
			one.State, one.Blocks = TrialBlocked, append(one.Blocks, c)
			if all := blocks[res.Combination]; all != nil {
				all.Blocked++
			} else {
				blocks[res.Combination] = &c
			}
		}
	}
	for n, one := range t.of {
		switch one.State {
		case TrialReady:
			t.summary.Ready++
		case TrialHabit:
			t.summary.Habit++
		default:
			t.summary.Blocked++
			if holdings[n] == 0 {
				t.summary.NoCredential++
			}
			if everMet[n] {
				t.summary.MetElsewhere++
			}
		}
		if _, usable := r.Result.CountPasskeys(n); one.State != TrialBlocked && everMet[n] && usable == 1 && holdings[n]&(holdsWindows|holdsMac) == 0 {
			one.Advice = []string{secondMethod}
			t.summary.SecondMethod++
		}
	}
	var seen audit.Builder
	for n := range t.of {
		seen.Add(n)
	}
	t.summary.NotSeen = r.Result.Policies.Reach[index].Yes.And(people).Minus(seen.Set()).Count()
	for _, c := range blocks {
		t.summary.Combinations = append(t.summary.Combinations, *c)
	}
	slices.SortFunc(t.summary.Combinations, func(a, b Combination) int {
		return cmp.Or(b.Blocked-a.Blocked, strings.Compare(string(a.OS), string(b.OS)), strings.Compare(a.App, b.App), strings.Compare(string(a.Client), string(b.Client)))
	})
	return t
}
