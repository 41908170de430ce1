package conditionalaccess

import (
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// TestAlone: of a tenant with one policy, the policy alone is the verdict.
func TestAlone(t *testing.T) {
	for name, c := range map[string]struct {
		state, grant, conditions string
		users                    tri.Value
		want                     Verdict
	}{
		"open":                  {"enabled", `"builtInControls":["mfa"]`, ``, tri.Yes, Needs},
		"refused":               {"enabled", `"builtInControls":["block"]`, ``, tri.Yes, Blocked},
		"does not apply":        {"enabled", `"builtInControls":["block"]`, ``, tri.No, Granted},
		"may apply":             {"enabled", `"builtInControls":["block"]`, ``, tri.Unsure, Undetermined},
		"hangs on the platform": {"enabled", `"builtInControls":["mfa"]`, `,"platforms":{"includePlatforms":["iOS"]}`, tri.Yes, Undetermined},
		"hangs on the device":   {"enabled", `"builtInControls":["compliantDevice"]`, ``, tri.Yes, Undetermined},
		"report-only":           {"enabledForReportingButNotEnforced", `"builtInControls":["block"]`, ``, tri.Yes, Granted},
		"disabled":              {"disabled", `"builtInControls":["block"]`, ``, tri.Yes, Granted},
	} {
		t.Run(name, func(t *testing.T) {
			var p entra.ConditionalAccessPolicy
			text := `{"id":"p","state":"` + c.state + `","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}` + c.conditions + `},"grantControls":{"operator":"OR",` + c.grant + `}}`
			if err := entra.Decode(entra.Raw(text), &p); err != nil {
				t.Fatal(err)
			}
			s := Compile(Tenant{Policies: []entra.ConditionalAccessPolicy{p}, PoliciesComplete: true, LocationsComplete: true})
			d := s.Evaluate(&SignIn{Target: Target{Kind: App, ID: "a"}}, func(int) tri.Value { return c.users })
			if got := d.Policies[0].Alone(); got != c.want || got != d.Verdict {
				t.Errorf("alone %v, the sign-in %v, want %v", got, d.Verdict, c.want)
			}
		})
	}
}
