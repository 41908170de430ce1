package preview_test

import (
	"maps"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/preview"
)

// What a step changes is tried; of one that changes no policy nothing is counted.
func TestFixes(t *testing.T) {
	selfServiceOff := swap("authenticationMethodsPolicy", `"isSelfServiceRegistrationAllowed":true`, `"isSelfServiceRegistrationAllowed":false`)
	selfService := func(on bool) audit.Step {
		return audit.Edit("self-service", change.PatchMethod(entra.MethodFido2, change.Body{"isSelfServiceRegistrationAllowed": on}))
	}
	profile := bootstrap.Blocker{Type: bootstrap.ProfileBlocker, ID: "00000000-0000-0000-0000-000000000001"}
	unchanged := func(map[string]string) {}
	tests := []struct {
		name                   string
		edit                   func(map[string]string)
		step                   audit.Step
		frees, worsens, unsure int
		untried                audit.Untried
	}{
		{"the method lets people register", selfServiceOff, bootstrap.GiveWay("method", bootstrap.Method), 3, 0, 0, ""}, // ben, cas and ivy; ana and eva have a passkey
		{"the same as a request", selfServiceOff, selfService(true), 3, 0, 0, ""},
		{"a request that takes ways away", unchanged, selfService(false), 0, 3, 0, ""},
		{"a profile in which nothing is in the way", selfServiceOff, bootstrap.GiveWay("profile", profile), 0, 0, 0, ""},
		{"passes free nobody", selfServiceOff, bootstrap.GiveWay("passes", bootstrap.Passes), 0, 0, 0, ""},
		{"nobody is trapped", unchanged, bootstrap.GiveWay("method", bootstrap.Method), 0, 0, 0, ""},
		{"no policy changes", selfServiceOff, audit.Do("talk to them"), 0, 0, 0, audit.Outside},
		{"somebody has to choose", selfServiceOff, audit.Decide("one or the other"), 0, 0, 0, audit.Undecided},
		{"a request about what is not there", unchanged, audit.Edit("delete", change.PatchPolicy("0000aaaa-0000-0000-0000-000000000000", change.Body{"state": "disabled"})), 0, 0, 0, audit.NotJudged},
		{"policies were not read", func(rows map[string]string) { selfServiceOff(rows); delete(rows, "conditionalAccessPolicies") }, bootstrap.GiveWay("method", bootstrap.Method), 0, 0, 5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows := maps.Clone(base)
			tt.edit(rows)
			findings := []audit.Finding{{Check: &audit.Check{}, Fix: []audit.Step{audit.Do("first"), tt.step}}}
			if err := preview.Fixes(t.Context(), audit.NewRun(open(t, rows)), findings); err != nil {
				t.Fatal(err)
			}
			got := findings[0].Fix[1]
			if got.Frees != tt.frees || got.Worsens != tt.worsens || got.Unsure != tt.unsure || got.Untried != tt.untried {
				t.Errorf("frees %d, worsens %d, unsure %d, untried %q, want %d, %d, %d, %q", got.Frees, got.Worsens, got.Unsure, got.Untried, tt.frees, tt.worsens, tt.unsure, tt.untried)
			}
		})
	}
}

// People who come into scope are freed if a way opens for them.
func TestFixesIncluding(t *testing.T) {
	rows := maps.Clone(base)
	swap("authenticationMethodsPolicy", `"excludeTargets":[]},`, `"excludeTargets":[{"targetType":"group","id":"rollout"}]},`)(rows) // of passkeys, the first
	run := audit.NewRun(open(t, rows))
	dir, err := audit.Evaluate(t.Context(), run, population.Users)
	if err != nil {
		t.Fatal(err)
	}
	findings := []audit.Finding{{Check: &audit.Check{}, Fix: []audit.Step{audit.Include("all", dir.People)}}}
	if err := preview.Fixes(t.Context(), run, findings); err != nil {
		t.Fatal(err)
	}
	if got := findings[0].Fix[0]; got.Frees == 0 || got.Worsens != 0 {
		t.Errorf("frees %d, worsens %d", got.Frees, got.Worsens)
	}
}
