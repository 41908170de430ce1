package unsupportedcombination

import (
	"os"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

// TestNewerEdition: an edition that can be relied on finds fault, one that is stale does
// not, and one that has come round finds nothing.
func TestNewerEdition(t *testing.T) {
	text := string(catalogue.BuiltInText(catalogue.SupportMatrix))
	fresh := strings.Replace(text, `"date": "2025-05-12", "weight": "documented", "stale": true`, `"date": "2026-10-16", "weight": "documented"`, 1)
	tests := []struct {
		name, text string
		severity   audit.Severity
		certainty  audit.Certainty
		people     int
		says       string
	}{
		{"built-in", text, audit.Info, audit.Possible, 2, "(MTX, 2025-05-12, of which a newer edition exists that was not read)"},
		{"fresh", fresh, audit.Medium, audit.Likely, 2, "support matrix autumn of 2026-11-22 (new.json), c023 (MTX, 2026-10-16)."},
		{"fresh-by-date-alone", strings.Replace(fresh, "2026-10-16", "2025-11-01", 1), audit.Info, audit.Possible, 2, "(MTX, 2025-11-01, more than a year before this snapshot)"},
		{"supported-by-now", strings.Replace(fresh, `"client": "Firefox", "authenticator": "any", "operation": "signIn", "flow": "any", "supported": "no"`,
			`"client": "Firefox", "authenticator": "any", "operation": "signIn", "flow": "any", "supported": "yes"`, 1), 0, 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := ""
			if tt.name != "built-in" {
				name = "new.json"
				tt.text = strings.Replace(tt.text, `"edition": "2026-11"`, `"edition": "autumn"`, 1)
			}
			known, err := catalogue.BuiltIn().With(catalogue.SupportMatrix, name, []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			snap, err := snapshot.Open(os.DirFS("testdata/fires"))
			if err != nil {
				t.Fatal(err)
			}
			plan, err := runner.New([]*audit.Check{Check})
			if err != nil {
				t.Fatal(err)
			}
			results, err := plan.Run(t.Context(), audit.NewRunWith(snap, audit.Settings{Catalogue: known}), runner.Options{})
			if err != nil {
				t.Fatal(err)
			}
			found := 0
			for _, f := range results.Findings {
				if !strings.Contains(f.Message, "on Android") {
					continue
				}
				found = f.Affected.Count()
				if f.Severity != tt.severity || f.Certainty != tt.certainty || !strings.Contains(f.Message, tt.says) {
					t.Errorf("%s, %s: %s", f.Severity, f.Certainty, f.Message)
				}
			}
			if found != tt.people {
				t.Errorf("%d people", found)
			}
		})
	}
}
