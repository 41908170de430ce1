package history

import (
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

// found makes a finding of a check; the subject makes the fingerprint.
func found(c *audit.Check, subject string, severity audit.Severity) audit.Finding {
	return audit.Finding{Check: c, Severity: severity, Certainty: audit.Confirmed, Message: "about " + subject, Subject: audit.Subject{Type: audit.SubjectPolicy, ID: subject}}
}

func TestMeasure(t *testing.T) {
	x, y := &audit.Check{ID: "PK-X-001", Slug: "x"}, &audit.Check{ID: "PK-Y-001", Slug: "y"}
	h := audit.Header{Tenant: snapshot.Tenant{ID: "T"}, TakenAt: "2026-11-22T00:00:00Z", Settings: audit.SettingsHeader{Digest: "s"}, Tool: audit.Tool{Version: "v"}}
	failed := func(findings ...audit.Finding) *runner.Results {
		return &runner.Results{Checks: []audit.CheckResult{{Check: x, Outcome: audit.Failed}, {Check: y, Outcome: audit.Passed}}, Findings: findings}
	}
	accepted, tentative := found(x, "a", audit.High), found(x, "a", audit.High)
	accepted.Accepted, tentative.Tentative = &audit.Acceptance{Check: x.ID}, true
	unknown := failed()
	unknown.Checks[0].Outcome = audit.Unknown
	for name, tc := range map[string]struct {
		before, after    *runner.Results
		added            string // subjects
		fixed, unsettled int
	}{
		"the-same":                  {failed(found(x, "a", audit.High)), failed(found(x, "a", audit.High)), "", 0, 0},
		"one-more":                  {failed(found(x, "a", audit.High)), failed(found(x, "a", audit.High), found(x, "b", audit.Low)), "b", 0, 0},
		"one-fixed":                 {failed(found(x, "a", audit.High), found(y, "c", audit.High)), failed(found(x, "a", audit.High)), "", 1, 0},
		"worse-is-not-new":          {failed(found(x, "a", audit.Low)), failed(found(x, "a", audit.Critical)), "", 0, 0},
		"accepted-before-comes-new": {failed(accepted), failed(found(x, "a", audit.High)), "a", 0, 0},
		"tentative-before":          {failed(tentative), failed(found(x, "a", audit.High)), "a", 0, 0},
		"accepted-now":              {failed(found(x, "a", audit.High)), failed(accepted), "", 0, 0},
		"accepted-is-never-new":     {failed(), failed(accepted), "", 0, 0},
		"tentative-is-never-new":    {failed(), failed(tentative), "", 0, 0},
		"check-unknown-now":         {failed(found(x, "a", audit.High)), unknown, "", 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := Measure(h, tc.after, Of(h, tc.before, false))
			if err != nil {
				t.Fatal(err)
			}
			var added []string
			counted := 0
			for _, f := range tc.after.Findings {
				if f.New {
					added = append(added, f.Subject.ID)
				}
			}
			for _, n := range b.New {
				counted += n
			}
			if got := strings.Join(added, " "); got != tc.added || counted != len(added) || len(b.Fixed) != tc.fixed || len(b.Unsettled) != tc.unsettled {
				t.Errorf("new %q (%d), fixed %d, unsettled %d; want %q, %d, %d", got, counted, len(b.Fixed), len(b.Unsettled), tc.added, tc.fixed, tc.unsettled)
			}
		})
	}
	other := Of(h, failed(), false)
	other.Tenant.ID = "U"
	if _, err := Measure(h, failed(), other); err == nil || !strings.Contains(err.Error(), "tenant U") {
		t.Errorf("another tenant: %v", err)
	}
}

func TestCaveats(t *testing.T) {
	base := func() *Run {
		return &Run{
			Tool: audit.Tool{Version: "v1"}, TakenAt: "2026-11-22T00:00:00Z", Settings: "s",
			Checks: []Check{{ID: "PK-X-001", Outcome: "failed"}},
		}
	}
	for name, tc := range map[string]struct {
		change func(before, after *Run)
		want   string
	}{
		"none":     {func(_, _ *Run) {}, ""},
		"settings": {func(_, a *Run) { a.Settings = "t" }, "different settings"},
		"version":  {func(_, a *Run) { a.Tool.Version = "v2" }, "v1 and v2"},
		"scope":    {func(b, _ *Run) { b.Scope = snapshot.Scope{Kind: snapshot.ScopeUser, IDs: []string{"a"}} }, "same part"},
		"order":    {func(b, _ *Run) { b.TakenAt = "2026-11-22T02:00:00+01:00" }, "later snapshot"},
		"unjudged": {func(b, _ *Run) { b.Checks[0].Outcome = "unknown" }, "1 check of the later run"},
		"not-run":  {func(b, _ *Run) { b.Checks = nil }, "1 check of the later run"},
	} {
		t.Run(name, func(t *testing.T) {
			b, a := base(), base()
			tc.change(b, a)
			got := strings.Join(caveats(b, a), "; ")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
