package preview

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/snapshot"
)

// SignIns is what would have become of the recorded sign-ins.
type SignIns struct {
	// State of the section; From and To bound what it holds, where the manifest says.
	State    snapshot.State
	From, To string
	// Replayed counts interactive sign-ins that succeeded and were judged; Blocked and
	// Interrupted of them would not have gone as they went.
	Replayed, Blocked, Interrupted int
	// CannotMeet counts those of Interrupted whose people hold nothing that meets what
	// would be demanded.
	CannotMeet int
	// Undetermined hang on what the log does not tell; NotJudged are of accounts that
	// the snapshot does not have, or do not say what they were for. Neither is in
	// Replayed.
	Undetermined, NotJudged int
	// People are those behind Blocked and Interrupted.
	People   int
	Examples []Example
}

// Example is a sign-in that would not have gone as it went.
type Example struct {
	ID, At            string
	UserID            string
	UserPrincipalName string
	Resource          string
	Outcome           Outcome
	// Policies are the ids of those that would do it.
	Policies []string
	// Needs are the controls that would be open, or refused.
	Needs []string
}

// Outcome is what would become of a sign-in.
type Outcome string

const (
	unaffected   Outcome = ""
	Blocked      Outcome = "blocked"
	Interrupted  Outcome = "interrupted"
	undetermined Outcome = "undetermined"
	notJudged    Outcome = "notJudged"
	skipped      Outcome = "skipped" // failed, or not interactive
)

// MaxExamples is how many sign-ins are kept as examples.
const MaxExamples = 20

// replayer judges recorded sign-ins under the policies before and after. The sign-ins
// succeeded, so what the policies of today make of them plays no part: only policies
// that the change makes different for the person can make a difference.
type replayer struct {
	before, after *side
	// pairs are the policies of both, by id.
	pairs []policyPair
	// scenery: places or strengths changed, so any policy may decide differently.
	scenery bool
	// changedAt says when a policy of today was last changed, by id in lower case.
	changedAt map[string]string
}

type policyPair struct {
	before, after int // index in the sets, -1 where there is none
	changed       bool
}

// verdict of one sign-in.
type replayed struct {
	outcome    Outcome
	user       uint32
	cannotMeet bool
	example    Example
}

func replay(ctx context.Context, b, a *side) (SignIns, error) {
	status := b.run.Snapshot().Status(snapshot.SignIns)
	out := SignIns{State: status.State}
	if !status.State.HasRows() {
		return out, nil
	}
	if status.Entry != nil {
		out.From, out.To = status.Entry.From, status.Entry.To
	}
	r, err := newReplayer(ctx, b, a)
	if err != nil {
		return out, err
	}
	var people audit.Builder
	for v, err := range snapshot.Mapped(ctx, b.run.Snapshot(), snapshot.SignIns, func() func(*entra.SignIn) replayed { return r.judge }) {
		if err != nil {
			return out, err
		}
		switch v.outcome {
		case skipped:
			continue
		case notJudged:
			out.NotJudged++
			continue
		case undetermined:
			out.Undetermined++
			continue
		}
		out.Replayed++
		switch v.outcome {
		case Blocked:
			out.Blocked++
		case Interrupted:
			out.Interrupted++
			if v.cannotMeet {
				out.CannotMeet++
			}
		default:
			continue
		}
		people.Add(v.user)
		out.Examples = append(out.Examples, v.example)
		if len(out.Examples) > 8*MaxExamples {
			out.Examples = first(out.Examples)
		}
	}
	out.People, out.Examples = people.Set().Count(), first(out.Examples)
	return out, nil
}

// first keeps the examples that tell most: blocked before interrupted, the newest
// first.
func first(list []Example) []Example {
	slices.SortStableFunc(list, func(a, b Example) int {
		if a.Outcome != b.Outcome {
			return strings.Compare(string(a.Outcome), string(b.Outcome))
		}
		if a.At != b.At {
			return strings.Compare(b.At, a.At)
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list[:min(len(list), MaxExamples)]
}

func newReplayer(ctx context.Context, b, a *side) (*replayer, error) {
	r := &replayer{before: b, after: a, changedAt: map[string]string{}}
	for row, err := range b.run.Snapshot().Rows(ctx, snapshot.ConditionalAccessPolicies) {
		if err != nil {
			return nil, err
		}
		at := entra.Text(row.Raw, "/modifiedDateTime")
		if at == "" {
			at = entra.Text(row.Raw, "/createdDateTime")
		}
		r.changedAt[strings.ToLower(entra.Text(row.Raw, "/id"))] = at
	}
	at := map[string]int{}
	for i, p := range b.access.Policies {
		at[strings.ToLower(p.ID)] = i
	}
	for j, p := range a.access.Policies {
		i, known := at[strings.ToLower(p.ID)]
		if !known {
			r.pairs = append(r.pairs, policyPair{-1, j, true})
			continue
		}
		delete(at, strings.ToLower(p.ID))
		r.pairs = append(r.pairs, policyPair{i, j, !access.SamePolicy(b.access.Compiled, i, a.access.Compiled, j)})
	}
	for i, p := range b.access.Policies {
		if _, gone := at[strings.ToLower(p.ID)]; gone {
			r.pairs = append(r.pairs, policyPair{i, -1, true})
		}
	}
	edited := a.run.Snapshot().Edited()
	r.scenery = slices.Contains(edited, snapshot.NamedLocations) || slices.Contains(edited, snapshot.AuthenticationStrengths)
	return r, nil
}

// touched are the pairs that may decide differently for an account.
func (r *replayer) touched(n uint32) []policyPair {
	var list []policyPair
	for _, p := range r.pairs {
		if p.changed || r.scenery || r.before.access.Reach[p.before].Has(n) != r.after.access.Reach[p.after].Has(n) {
			list = append(list, p)
		}
	}
	return list
}

func (r *replayer) judge(s *entra.SignIn) replayed {
	if s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 || s.IsInteractive != nil && !*s.IsInteractive ||
		len(s.SignInEventTypes) > 0 && !slices.Contains(s.SignInEventTypes, "interactiveUser") {
		return replayed{outcome: skipped}
	}
	n, known := r.before.given.Directory.Ordinal(s.UserID)
	if !known {
		return replayed{outcome: notJudged}
	}
	list, ok := recorded(s)
	if !ok {
		return replayed{outcome: notJudged}
	}
	touched := r.touched(n)
	if len(touched) == 0 {
		return replayed{outcome: unaffected, user: n}
	}
	done := r.metInLog(s)
	out := replayed{outcome: unaffected}
	for i := range list {
		if v := r.one(touched, &list[i], n, done); worse(v.outcome, out.outcome) {
			out = v
		}
	}
	// An app that signs people in for itself is looked at as a resource too, beside the
	// one it asks for; the log does not tell which apps do. Source: APP (2026-01-26).
	if client := strings.ToLower(s.AppID); client != "" && client != list[0].Target.ID && out.outcome == unaffected {
		at := list[0]
		at.Target.ID = client
		if r.one(touched, &at, n, done).outcome != unaffected {
			out.outcome = undetermined
		}
	}
	out.user = n
	e := &out.example
	e.ID, e.At, e.UserID, e.UserPrincipalName, e.Resource, e.Outcome = s.ID, s.CreatedDateTime, s.UserID, s.UserPrincipalName, s.ResourceDisplayName, out.outcome
	if e.Resource == "" {
		e.Resource = s.ResourceID
	}
	// The row is used again for the next sign-in; its texts may be kept.
	return out
}

func worse(a, b Outcome) bool {
	order := []Outcome{unaffected, Interrupted, undetermined, Blocked}
	return slices.Index(order, a) > slices.Index(order, b)
}

// one judges a sign-in for one target.
func (r *replayer) one(touched []policyPair, in *conditionalaccess.SignIn, n uint32, done map[string]bool) replayed {
	before := r.before.access.Evaluate(in, r.before.access.Users(n))
	after := r.after.access.Evaluate(in, r.after.access.Users(n))
	refusedBefore, needed := false, map[string]bool{}
	for i := range before.Policies {
		switch t := &before.Policies[i]; t.Alone() {
		case conditionalaccess.Blocked:
			refusedBefore = true
		case conditionalaccess.Needs:
			needed[needKey(t)] = true
		}
	}
	var out replayed
	unsure := false
	for _, p := range touched {
		if p.after < 0 {
			continue // a policy less demands nothing
		}
		t := &after.Policies[p.after]
		was := conditionalaccess.Granted
		if p.before >= 0 {
			was = before.Policies[p.before].Alone()
		}
		switch is := t.Alone(); {
		case is == conditionalaccess.Blocked && !refusedBefore && was != conditionalaccess.Blocked:
			if out.outcome != Blocked {
				out = replayed{outcome: Blocked}
			}
			out.example.add(t)
		case is == conditionalaccess.Undetermined && !same(was, is, p, &before.Policies, t):
			unsure = true
		case is == conditionalaccess.Needs && out.outcome != Blocked && !needed[needKey(t)] && !metBy(t, done):
			out.outcome = Interrupted
			out.example.add(t)
		}
	}
	switch {
	case out.outcome == Blocked:
	case unsure:
		return replayed{outcome: undetermined}
	case out.outcome == Interrupted:
		// What guests can do in their own tenant, which may count here, nobody knows.
		out.cannotMeet = !r.after.given.Directory.Guests.Has(n) && after.CanMeet(in, func(mode string) audit.Tri { return r.after.modes.Could(n, mode) }) == audit.No
	}
	return out
}

// same tells whether a policy that cannot be told afterwards could not be told before
// either, for the same reasons.
func same(was, is conditionalaccess.Verdict, p policyPair, before *[]conditionalaccess.Trace, t *conditionalaccess.Trace) bool {
	if was != is || p.before < 0 || p.changed {
		return false
	}
	b := &(*before)[p.before]
	return b.Applies == t.Applies && b.Satisfied == t.Satisfied && slices.Equal(b.Unsure, t.Unsure) && slices.Equal(b.Unmet, t.Unmet) && slices.Equal(b.UnknownControls, t.UnknownControls)
}

func needKey(t *conditionalaccess.Trace) string { return strings.Join(t.Unmet, "|") }

// metInLog are the controls of which the log says that the sign-in met them: the
// phrases that v1.0 has for multifactor authentication, and what policies demand that
// were met, enforced or not. A policy that was changed since is left out: what it
// demanded then is not known.
func (r *replayer) metInLog(s *entra.SignIn) map[string]bool {
	met := map[string]bool{}
	text := strings.ToLower(s.Status.AdditionalDetails)
	if strings.HasPrefix(text, "mfa requirement satisfied") || strings.HasPrefix(text, "mfa completed") {
		met["mfa"], met["authenticationStrength:"+entra.StrengthMultifactor] = true, true
	}
	if s.AppliedConditionalAccessPolicies == nil {
		return met
	}
	for _, applied := range *s.AppliedConditionalAccessPolicies {
		at := r.changedAt[strings.ToLower(applied.ID)]
		if applied.Result != "success" && applied.Result != "reportOnlySuccess" || at == "" || at > s.CreatedDateTime {
			continue
		}
		for _, p := range r.before.access.Policies {
			if !strings.EqualFold(p.ID, applied.ID) {
				continue
			}
			for _, c := range p.Controls() {
				if p.Requires(c) {
					met[c.Name()] = true
				}
			}
		}
	}
	return met
}

// metBy tells whether what a policy finds open was met by what the log says.
func metBy(t *conditionalaccess.Trace, met map[string]bool) bool {
	some := false
	for _, c := range t.Policy.Controls() {
		switch {
		case !slices.Contains(t.Unmet, c.Name()):
		case met[c.Name()]:
			some = true
		case t.Policy.Requires(c):
			return false
		}
	}
	return some
}

func (e *Example) add(t *conditionalaccess.Trace) {
	e.Policies = append(e.Policies, t.Policy.ID)
	for _, control := range t.Unmet {
		if !slices.Contains(e.Needs, control) {
			e.Needs = append(e.Needs, control)
		}
	}
}
