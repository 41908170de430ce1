package conditionalaccess_test

import (
	"testing"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// Whoever asks a policy alone hears what a decision says: what is not modelled inside a
// condition may make it apply where the rest says no.
func TestMatchesIsWhatDecisionsSay(t *testing.T) {
	for name, conditions := range map[string]string{
		"nothing else":       `"platforms":{"includePlatforms":["windows"]}`,
		"a member not known": `"platforms":{"includePlatforms":["windows"],"laterMember":["android"]}`,
		"a target not known": `"applications":{"includeApplications":["None"],"laterMember":["x"]}`,
		"applies":            `"platforms":{"includePlatforms":["android"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			text := `{"id":"p","state":"enabled","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},` +
				conditions + `},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
			if name == "a target not known" {
				text = `{"id":"p","state":"enabled","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},` + conditions + `},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
			}
			var p entra.ConditionalAccessPolicy
			if err := entra.Decode(entra.Raw(text), &p); err != nil {
				t.Fatal(err)
			}
			set := conditionalaccess.Compile(conditionalaccess.Tenant{Policies: []entra.ConditionalAccessPolicy{p}, PoliciesComplete: true, LocationsComplete: true})
			in := conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: "00000002-0000-0ff1-ce00-000000000000"}, Platform: conditionalaccess.Is("android"), ClientAppType: conditionalaccess.Is("browser")}
			want := set.Evaluate(&in, func(int) tri.Value { return tri.Yes }).Policies[0].Applies
			if got := set.Policies[0].Matches(&in); got != want {
				t.Errorf("the policy alone says %v, the decision %v", got, want)
			}
		})
	}
}
