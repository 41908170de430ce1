package replay_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/snapshot"
)

// TestAgainst compares decisions with answers of What-If on one policy.
func TestAgainst(t *testing.T) {
	answer := func(applies, reasons, more string) string {
		return fmt.Sprintf(`{"id":%q,"createdDateTime":"2025-01-01T00:00:00Z","policyApplies":%s,"analysisReasons":%s%s}`, strings.ToUpper(policyID), applies, reasons, more)
	}
	android := `,"platforms":{"includePlatforms":["android"]}`
	tests := []struct {
		name, policy string
		platform     string // empty: not known
		rows         []string
		want         string
	}{
		{"both-say-yes", policy(android, mfa, ""), "android", []string{answer("true", `"notSet"`, "")}, "agreed 1"},
		{"both-say-no", policy(android, mfa, ""), "iOS", []string{answer("false", `"devicePlatform"`, "")}, "agreed 1"},
		{"report-only-applies", policy(android, mfa, `,"state":"enabledForReportingButNotEnforced"`), "android", []string{answer("true", `"notSet"`, "")}, "agreed 1"},
		{"only-we-say-yes", policy(android, mfa, ""), "android", []string{answer("false", `"users"`, "")}, "here true, because , they users"},
		{"only-we-say-no", policy(android, mfa, ""), "iOS", []string{answer("true", `"notSet"`, "")}, "here false, because platforms, they "},
		{"switched-off-and-applied", policy(android, mfa, `,"state":"disabled"`), "android", []string{answer("true", `"notSet"`, "")}, "here false, because state, they "},
		{"we-do-not-know", policy(android, mfa, ""), "", []string{answer("false", `"devicePlatform"`, "")}, "undecided 1"},
		{"they-do-not-know", policy(android, mfa, ""), "android", []string{answer("false", `"notEnoughInformation"`, "")}, "undecided 1"},
		{"they-do-not-say", policy(android, mfa, ""), "android", []string{answer("null", `"notSet"`, "")}, "undecided 1"},
		{"changed-since", policy(android, mfa, ""), "android", []string{answer("false", `"users"`, `,"modifiedDateTime":"2026-11-23T00:00:00Z"`)}, "outdated 1"},
		{"new-and-deleted", policy(android, mfa, ""), "android", []string{`{"id":"50000000-0000-4000-8000-000000000009","policyApplies":true,"analysisReasons":"notSet"}`}, "outdated 2"},
		{"disabled-is-not-listed", policy(android, mfa, `,"state":"disabled"`), "android", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.ConditionalAccessPolicies, tt.policy).Run(t)
			comparer, policies, dir := factstest.Get(t, run, replay.Comparing), factstest.Get(t, run, access.Policies), factstest.Get(t, run, population.Users)
			ordinal, _ := dir.Ordinal("a")
			in := conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchange}}
			if tt.platform != "" {
				in.Platform = conditionalaccess.Is(tt.platform)
			}
			var rows []entra.Raw
			for _, r := range tt.rows {
				rows = append(rows, entra.Raw(r))
			}
			a := comparer.Against(policies.Evaluate(&in, func(i int) audit.Tri { return policies.Users(ordinal)(i) }), rows)
			var got []string
			for _, n := range []struct {
				what string
				n    int
			}{{"agreed", a.Agreed}, {"undecided", a.Undecided}, {"outdated", a.Outdated}} {
				if n.n > 0 {
					got = append(got, fmt.Sprint(n.what, " ", n.n))
				}
			}
			for _, d := range a.Differences {
				got = append(got, fmt.Sprintf("here %t, because %s, they %s", d.Applies, strings.Join(d.Because, " "), strings.Join(d.Reasons, " ")))
			}
			if text := strings.Join(got, "; "); text != tt.want {
				t.Errorf("got %s, want %s", text, tt.want)
			}
		})
	}
}
