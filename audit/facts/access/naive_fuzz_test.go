package access_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// FuzzEvaluators derives a tenant and sign-ins from bytes and holds both evaluators
// to each other.
func FuzzEvaluators(f *testing.F) {
	for seed := range byte(8) { // long enough for a whole tenant
		input := make([]byte, 1<<14)
		rand.NewChaCha8([32]byte{seed}).Read(input)
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		rapid.MakeFuzz(func(rt *rapid.T) {
			compare(t, rt)
			missingMembers(t, rt)
		})(t, input)
	})
}

// nobodyReached are the verdicts there may be where a policy's users do not reach
// somebody: what they say beside what is modelled may.
func nobodyReached(set *conditionalaccess.Set) []string {
	if slices.ContainsFunc(set.Problems(), func(p conditionalaccess.Problem) bool { return strings.HasPrefix(p.Where, "conditions.users") }) {
		return []string{"granted", "undetermined"}
	}
	return []string{"granted"}
}

// FuzzCompile feeds any object as a policy: what cannot be decoded is an error, and
// everything else can be judged.
func FuzzCompile(f *testing.F) {
	for seed := range 30 {
		p := rapid.Custom(func(t *rapid.T) object { return dice{t}.policy(0, 3) }).Example(seed)
		f.Add([]byte(entra.MustEncode(p)))
	}
	f.Add([]byte(`{"conditions":{"users":{"includeUsers":[""]},"locations":{"includeLocations":["","All"]}},"grantControls":{}}`))
	f.Add([]byte(`{"conditions":{"insiderRiskLevels":["minor",",",""],"applications":{"applicationFilter":{"rule":"x"}}}}`))
	f.Fuzz(func(t *testing.T, row []byte) {
		var p entra.ConditionalAccessPolicy
		if entra.Decode(entra.Raw(row), &p) != nil {
			return
		}
		set := conditionalaccess.Compile(conditionalaccess.Tenant{Policies: []entra.ConditionalAccessPolicy{p}, PoliciesComplete: true})
		bare := conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchange}}
		full := bare
		full.ClientAppType, full.Platform = conditionalaccess.Is("browser"), conditionalaccess.Is("iOS")
		full.Device, full.Using = conditionalaccess.Unregistered(), []string{"fido2"}
		for _, in := range []conditionalaccess.SignIn{bare, full, {Target: conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}}} {
			for _, reached := range []tri.Value{tri.Unsure, tri.No, tri.Yes} {
				d := set.Evaluate(&in, func(int) tri.Value { return reached })
				shape := d.Shape("")
				if trace := shape.Policies[0]; trace.Applies == "no" != (len(trace.Because) > 0) {
					t.Fatalf("applies %s because %v", trace.Applies, trace.Because)
				}
				if want := nobodyReached(set); reached == tri.No && !slices.Contains(want, shape.Verdict) {
					t.Fatalf("a policy for nobody: %s", shape.Verdict)
				}
				d.CanMeet(&in, func(string) tri.Value { return tri.Unsure })
			}
		}
	})
}
