package runner

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// The whole outcome rule: every kind of gap, whole or partial, with and without
// findings.
func TestSettle(t *testing.T) {
	type want struct {
		outcome                  audit.Outcome
		tentative, atLeast, keep bool
	}
	cases := []struct {
		name     string
		gap      audit.Gap
		noGap    bool
		whole    bool
		findings int
		want     want
	}{
		{name: "no-gap-no-finding", noGap: true, want: want{outcome: audit.Passed}},
		{name: "no-gap-finding", noGap: true, findings: 1, want: want{outcome: audit.Failed, keep: true}},
		{name: "hides-no-finding", gap: audit.Hides, want: want{outcome: audit.Unknown}},
		{name: "hides-whole-no-finding", gap: audit.Hides, whole: true, want: want{outcome: audit.Unknown}},
		{name: "hides-finding", gap: audit.Hides, findings: 2, want: want{outcome: audit.Failed, atLeast: true, keep: true}},
		{name: "hides-whole-finding", gap: audit.Hides, whole: true, findings: 2, want: want{outcome: audit.Failed, atLeast: true, keep: true}},
		{name: "refutes-no-finding", gap: audit.Refutes, want: want{outcome: audit.Passed}},
		{name: "refutes-whole-no-finding", gap: audit.Refutes, whole: true, want: want{outcome: audit.Passed}},
		{name: "refutes-finding", gap: audit.Refutes, findings: 1, want: want{outcome: audit.Unknown, tentative: true, keep: true}},
		{name: "refutes-whole-finding", gap: audit.Refutes, whole: true, findings: 1, want: want{outcome: audit.Unknown}},
		{name: "either-no-finding", gap: audit.Either, want: want{outcome: audit.Unknown}},
		{name: "either-whole-no-finding", gap: audit.Either, whole: true, want: want{outcome: audit.Unknown}},
		{name: "either-finding", gap: audit.Either, findings: 1, want: want{outcome: audit.Unknown, tentative: true, atLeast: true, keep: true}},
		{name: "either-whole-finding", gap: audit.Either, whole: true, findings: 1, want: want{outcome: audit.Unknown, atLeast: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var gaps []Missing
			if !c.noGap {
				gaps = []Missing{{Section: snapshot.Users, Gap: c.gap, Whole: c.whole, Why: "partial"}}
			}
			v := Settle(c.findings, gaps)
			if got := (want{v.Outcome, v.Tentative, v.AtLeast, v.Keep}); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			named := len(v.Because) > 0
			if mustName := v.Outcome == audit.Unknown || v.AtLeast; named != mustName {
				t.Errorf("names the gap: %v, want %v", named, mustName)
			}
		})
	}
}

func TestSettleTwoGaps(t *testing.T) {
	gaps := []Missing{
		{Section: snapshot.Users, Gap: audit.Hides, Why: "partial"},
		{Section: snapshot.Groups, Gap: audit.Refutes, Why: "partial"},
	}
	if v := Settle(0, gaps); v.Outcome != audit.Unknown || len(v.Because) != 1 || v.Because[0].Section != snapshot.Users {
		t.Errorf("without findings only what hides matters: %+v", v)
	}
	if v := Settle(1, gaps); v.Outcome != audit.Unknown || !v.Tentative || !v.AtLeast || v.Because[0].Section != snapshot.Groups {
		t.Errorf("with findings what refutes decides: %+v", v)
	}
}

var testDoc = audit.Doc{Title: "t", Risk: "r", Why: "w", Fix: "f", Verify: "v", References: []audit.Reference{{Key: "K", Text: "x"}}}

// fake makes a check that reads one section in one way and finds something or
// not.
func fake(id string, section snapshot.SectionID, gap audit.Gap, finds bool) *audit.Check {
	return &audit.Check{
		ID: id, Slug: strings.ToLower(id), Doc: testDoc, Severity: audit.Low,
		Reads: []audit.Read{{Section: section, Gap: gap}},
		Run: func(_ context.Context, p *audit.Pass) error {
			if finds {
				p.Report(audit.Finding{Message: "found", Subject: audit.Subject{Type: audit.SubjectTenant},
					Evidence: []audit.Evidence{audit.Examined(section, 0, "x")}})
			}
			return nil
		},
	}
}

func tenant(t *testing.T, scope, sections string, files ...string) *snapshot.Snapshot {
	t.Helper()
	manifest := map[string]any{"format": snapshot.Format, "tenant": map[string]any{"id": "t"}, "takenAt": "2026-11-22T00:00:00Z"}
	if scope != "" {
		manifest["scope"] = map[string]any{"kind": scope, "ids": []string{"u"}}
	}
	if sections != "" {
		manifest["sections"] = json.RawMessage("{" + sections + "}")
	}
	text, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"manifest.json": {Data: text}}
	for i := 0; i < len(files); i += 2 {
		fsys["sections/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	snap, err := snapshot.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func run(t *testing.T, snap *snapshot.Snapshot, checks ...*audit.Check) *Results {
	t.Helper()
	plan, err := New(checks)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(context.Background(), audit.NewRun(snap), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Section states reach the rule as gaps; scope and licences have meanings of
// their own.
func TestOutcomeOfSectionStates(t *testing.T) {
	users := []string{"users.ndjson", `{"id":"u"}` + "\n"}
	cases := []struct {
		name     string
		section  snapshot.SectionID
		scope    string
		manifest string
		files    []string
		gap      audit.Gap
		finds    bool
		want     string // outcome, missing sections, findings, marks
	}{
		{name: "complete", section: snapshot.Users, files: users, want: "passed [] 0"},
		{name: "complete-finding", section: snapshot.Users, files: users, finds: true, want: "failed [] 1"},
		{name: "denied", section: snapshot.Users, manifest: `"users":{"state":"denied","status":403}`, want: "unknown [users] 0"},
		{name: "denied-finding-is-not-run", section: snapshot.Users, manifest: `"users":{"state":"denied"}`, finds: true, want: "unknown [users] 0"},
		{name: "denied-hides-finding", section: snapshot.Users, manifest: `"users":{"state":"denied"}`, gap: audit.Hides, finds: true, want: "failed [users] 1"},
		{name: "denied-refutes-finding-drops-it", section: snapshot.Users, manifest: `"users":{"state":"denied"}`, gap: audit.Refutes, finds: true, want: "unknown [users] 0"},
		{name: "denied-refines", section: snapshot.Users, manifest: `"users":{"state":"denied"}`, gap: audit.Refines, want: "passed [] 0"},
		{name: "unavailable", section: snapshot.Users, manifest: `"users":{"state":"unavailable"}`, want: "unknown [users] 0"},
		{name: "not-collected", section: snapshot.Users, want: "unknown [users] 0"},
		{name: "partial-finding-is-tentative", section: snapshot.Users, manifest: `"users":{"state":"partial"}`, files: users, finds: true, want: "unknown [users] 1 tentative"},
		{name: "partial-refutes-finding-is-tentative", section: snapshot.Users, manifest: `"users":{"state":"partial"}`, files: users, gap: audit.Refutes, finds: true, want: "unknown [users] 1 tentative"},
		{name: "scope-narrows-people", section: snapshot.Users, scope: "user", files: users, want: "unknown [users] 0"},
		{name: "scope-finding-hides", section: snapshot.Users, scope: "user", files: users, gap: audit.Hides, finds: true, want: "failed [users] 1"},
		{name: "scope-leaves-policies-whole", section: snapshot.ConditionalAccessPolicies, scope: "user",
			files: []string{"conditionalAccessPolicies.ndjson", ""}, want: "passed [] 0"},
		{name: "unlicensed-report-is-denied", section: snapshot.UserRegistrationDetails,
			manifest: `"userRegistrationDetails":{"state":"unlicensed"}`, want: "unknown [userRegistrationDetails] 0"},
		{name: "unlicensed-sign-ins-are-denied", section: snapshot.SignIns, manifest: `"signIns":{"state":"unlicensed"}`, want: "unknown [signIns] 0"},
		{name: "unlicensed-policies-are-denied", section: snapshot.ConditionalAccessPolicies,
			manifest: `"conditionalAccessPolicies":{"state":"unlicensed"}`, want: "unknown [conditionalAccessPolicies] 0"},
		{name: "unlicensed-eligibility-is-empty", section: snapshot.RoleEligibility,
			manifest: `"roleEligibility":{"state":"unlicensed"}`, want: "notApplicable [] 0"},
		{name: "unlicensed-intune-is-empty", section: snapshot.ManagedDevices,
			manifest: `"managedDevices":{"state":"unlicensed"}`, want: "notApplicable [] 0"},
		{name: "unlicensed-intune-finding-stands", section: snapshot.ManagedDevices,
			manifest: `"managedDevices":{"state":"unlicensed"}`, finds: true, want: "failed [] 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := run(t, tenant(t, c.scope, c.manifest, c.files...), fake("PK-TEST-001", c.section, c.gap, c.finds))
			if got := line(r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func line(r *Results) string {
	text := fmt.Sprintf("%s %v %d", r.Checks[0].Outcome, r.Checks[0].Missing, len(r.Findings))
	if len(r.Findings) > 0 && r.Findings[0].Tentative {
		text += " tentative"
	}
	return text
}
