package investigate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/internal/tenantgen"
	"pgregory.net/rapid"
)

// tester is a test, or a case of rapid.
type tester interface {
	Helper()
	Errorf(string, ...any)
	Fatal(...any)
}

// agree tests that nothing said of a person by investigating contradicts what readiness
// and evaluation say of the same snapshot. step leaves people out.
func agree(ctx context.Context, t tester, snap *snapshot.Snapshot, from, step int) {
	t.Helper()
	whole := audit.NewRun(snap)
	report, err := readiness.Judge(ctx, whole, readiness.Options{Options: bootstrap.Options{World: bootstrap.Today}}, false)
	if err != nil {
		t.Fatal(err)
	}
	policies, err := audit.Evaluate(ctx, whole, access.Policies)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := audit.Evaluate(ctx, whole, population.Users)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for u := range report.Users() {
		if i++; (i+from)%step != 0 {
			continue
		}
		who, err := investigate.Find(ctx, snap, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		view, err := investigate.Open(ctx, snap, who)
		if err != nil {
			t.Fatal(err)
		}
		d, err := investigate.Read(ctx, audit.NewRun(view))
		if err != nil {
			t.Fatal(err)
		}
		in := investigate.Judge(d, investigate.Answers{})
		n, _ := dir.Ordinal(u.ID)
		say := func(format string, args ...any) {
			t.Errorf("%s: "+format, append([]any{u.UserPrincipalName}, args...)...)
		}

		// Readiness.
		if v := &d.Verdict; v.State != u.State || v.Confidence != u.Confidence || !slices.Equal(v.Missing, u.Missing) || !slices.Equal(v.Steps, u.Steps) || !slices.Equal(v.Conditions, u.Conditions) {
			say("%s %s %v %v %v, readiness %s %s %v %v %v", v.State, v.Confidence, v.Missing, v.Steps, v.Conditions, u.State, u.Confidence, u.Missing, u.Steps, u.Conditions)
		}
		if len(u.BlockedBy) > 0 && !slices.ContainsFunc(d.Verdict.Openings(), func(set []bootstrap.Blocker) bool { return slices.Equal(set, u.BlockedBy) }) {
			say("readiness is blocked by %v, which is none of %v", u.BlockedBy, d.Verdict.Openings())
		}
		if k := u.Passkeys; k != nil {
			usable := 0
			for _, p := range in.Passkeys {
				if p.SignIn.Accepted == audit.Yes {
					usable++
				}
			}
			if k.Registered != len(in.Passkeys) || k.Usable != usable && d.Enabled && !d.Guest {
				say("%d of %d passkeys, readiness %d of %d", usable, len(in.Passkeys), k.Usable, k.Registered)
			}
		}
		verdict := func(problem int) investigate.Verdict {
			i := slices.IndexFunc(in.Hypotheses, func(h investigate.Hypothesis) bool { return h.Number == problem })
			return in.Hypotheses[i].Verdict
		}
		ruledOut := func(problem int) bool { return verdict(problem) == investigate.RuledOut }
		switch u.State {
		case bootstrap.OutOfScope:
			if in.Fine || verdict(1) != investigate.Confirmed {
				say("out of scope, and problem 1 is %s", verdict(1))
			}
		case bootstrap.Trapped:
			if in.Fine || ruledOut(1) && ruledOut(4) || verdict(1) == investigate.Possible && verdict(4) == investigate.Possible {
				say("trapped, and problems 1 and 4 are %s and %s", verdict(1), verdict(4))
			}
		case bootstrap.NeedsAdminStep:
			if in.Fine || ruledOut(1) && ruledOut(4) {
				say("needs a step, and problems 1 and 4 are %s and %s", verdict(1), verdict(4))
			}
		case bootstrap.Unknown:
			if in.Fine {
				say("not known, and called fine")
			}
		case bootstrap.HasPasskey, bootstrap.SelfService:
			if h := in.Hypotheses[0]; h.Number == 1 && h.Verdict == investigate.Confirmed && in.Stage == investigate.UnknownStage {
				say("%s, and cannot register", u.State)
			}
		}

		// Evaluation.
		on := func(in *conditionalaccess.SignIn) *conditionalaccess.Decision {
			return policies.Evaluate(in, policies.Users(n))
		}
		registering := on(&conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}})
		for _, b := range d.Verdict.BlockedBy {
			for _, trace := range registering.Policies {
				if b.Type == bootstrap.PolicyBlocker && trace.Policy.ID == b.ID && slices.Contains(trace.Because, conditionalaccess.Users) {
					say("%s stands in the way, and does not reach the person", trace.Policy.Name)
				}
			}
		}
		for _, at := range in.FailedAttempts() {
			for _, p := range at.Policies {
				for _, trace := range registering.Policies {
					if trace.Policy.ID == p.ID && !p.Gone && len(p.Because) > 0 && policies.Reach[slices.Index(policies.Policies, trace.Policy)].Has(n) == audit.No {
						say("%s applied to an attempt, and does not reach the person", p.Name)
					}
				}
			}
		}
		for i, p := range policies.Policies {
			if p.State == conditionalaccess.Enabled && policies.Reach[i].Has(n) == audit.Yes && d.PoliciesReach == 0 {
				say("%s reaches the person, and no policy is said to", p.Name)
			}
		}
		for _, demand := range policies.StrengthDemands() {
			for _, k := range in.Passkeys {
				met := demand.Met(&conditionalaccess.SignIn{Using: []string{"fido2"}, AAGUID: aaguid(k.AAGUID)})
				for _, s := range k.Strengths {
					if s.Strength == demand.StrengthID() && s.Met != met {
						say("%s is met: %s, evaluated %s", s.Name, s.Met, met)
					}
				}
			}
		}
		resolves(snap, in, say)
	}
}

func aaguid(text string) conditionalaccess.Input {
	if text == "" {
		return conditionalaccess.Input{}
	}
	return conditionalaccess.Is(text)
}

// On the demo tenant, with and without sections that may be missing.
func TestAgreesOnTheDemo(t *testing.T) {
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		t.Fatal(err)
	}
	for i, off := range [][]snapshot.SectionID{
		nil, {snapshot.Devices}, {snapshot.AuthenticationMethods}, {snapshot.GroupMembers}, {snapshot.ConditionalAccessPolicies}, {snapshot.SignIns, snapshot.DirectoryAudits},
		{snapshot.RoleAssignments}, {snapshot.ManagedDevices, snapshot.NamedLocations}, {snapshot.AuthenticationMethodsPolicy},
	} {
		t.Run(fmt.Sprint(off), func(t *testing.T) { agree(t.Context(), t, snap.Without(off...), i, 61) })
	}
}

// On random tenants.
func TestAgreesOnRandomTenants(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		shape := tenantgen.Shape{
			Seed: rapid.Uint64().Draw(r, "seed"), Users: rapid.IntRange(10, 20).Draw(r, "users"), Policies: rapid.IntRange(4, 40).Draw(r, "policies"), Groups: rapid.IntRange(6, 20).Draw(r, "groups"),
			EverybodyAsked: rapid.Bool().Draw(r, "everybodyAsked"), SignIns: rapid.SampledFrom([]int{0, 200}).Draw(r, "signIns"), Audits: rapid.SampledFrom([]int{0, 60}).Draw(r, "audits"), Plain: true,
		}
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := tenantgen.Generate(t.Context(), filepath.Join(dir, "tenant"), shape); err != nil {
			r.Fatal(err)
		}
		snap, err := snapshot.Open(os.DirFS(filepath.Join(dir, "tenant")))
		if err != nil {
			r.Fatal(err)
		}
		var off []snapshot.SectionID
		for _, id := range []snapshot.SectionID{snapshot.Devices, snapshot.AuthenticationMethods, snapshot.Groups, snapshot.GroupMembers, snapshot.ConditionalAccessPolicies, snapshot.SignIns} {
			if rapid.IntRange(0, 9).Draw(r, string(id)) == 0 {
				off = append(off, id)
			}
		}
		agree(t.Context(), r, snap.Without(off...), 0, rapid.IntRange(6, 9).Draw(r, "step"))
	})
}
