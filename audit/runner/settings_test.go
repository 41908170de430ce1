package runner

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

func runWith(t *testing.T, settings audit.Settings, snap *snapshot.Snapshot, checks ...*audit.Check) *Results {
	t.Helper()
	plan, err := New(checks)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(context.Background(), audit.NewRunWith(snap, settings), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An override replaces whatever severity a finding had.
func TestSeverityOverride(t *testing.T) {
	plain := fake("PK-TEST-001", snapshot.Users, audit.Either, true)
	raised := fake("PK-TEST-002", snapshot.Users, audit.Either, false)
	raised.Run = func(_ context.Context, p *audit.Pass) error {
		p.Report(audit.Finding{Severity: audit.Critical, Message: "raised"})
		return nil
	}
	users := tenant(t, "", "", "users.ndjson", `{"id":"u"}`)
	r := runWith(t, audit.Settings{Severity: map[string]audit.Severity{"PK-TEST-001": audit.Info, "PK-TEST-002": audit.Low}}, users, plain, raised)
	if r.Findings[0].Severity != audit.Info || r.Findings[1].Severity != audit.Low {
		t.Errorf("got %v and %v", r.Findings[0].Severity, r.Findings[1].Severity)
	}
	if r.Checks[0].Severity != audit.Info || r.Checks[0].Check.Severity == audit.Info {
		t.Error("the result does not show the override, or the check was changed")
	}
	if r := runWith(t, audit.Settings{}, users, plain, raised); r.Findings[1].Severity != audit.Critical || r.Checks[0].Severity != plain.Severity {
		t.Error("without an override the severities are others")
	}
}

// A section that is off takes the checks with it that it could mislead, and no
// others.
func TestSectionsOff(t *testing.T) {
	snap := tenant(t, "", "", "users.ndjson", `{"id":"u"}`, "groups.ndjson", `{"id":"g"}`)
	off := audit.Settings{SectionsOff: []snapshot.SectionID{snapshot.Users}}
	for _, c := range []struct {
		gap  audit.Gap
		want string
	}{{audit.Either, "notSelected [users] 0"}, {audit.Hides, "notSelected [users] 0"}, {audit.Refutes, "notSelected [users] 0"}, {audit.Refines, "failed [] 1"}} {
		if got := line(runWith(t, off, snap, fake("PK-TEST-001", snapshot.Users, c.gap, true))); got != c.want {
			t.Errorf("gap %d: got %q, want %q", c.gap, got, c.want)
		}
	}
	r := runWith(t, off, snap, fake("PK-TEST-001", snapshot.Groups, audit.Either, false), fake("PK-TEST-002", snapshot.Users, audit.Either, false))
	if r.Checks[0].Outcome != audit.Passed || !strings.Contains(r.Checks[1].Reason, "turns off users") {
		t.Errorf("got %v and %q", r.Checks[0].Outcome, r.Checks[1].Reason)
	}
	if n := r.Count(); n.Checks[audit.NotSelected] != 1 || n.Checks[audit.Unknown] != 0 {
		t.Errorf("counted %v", n.Checks)
	}
}

func TestAccept(t *testing.T) {
	users := tenant(t, "", "", "users.ndjson", `{"id":"u"}`)
	check := fake("PK-TEST-001", snapshot.Users, audit.Hides, false)
	check.Run = func(_ context.Context, p *audit.Pass) error {
		p.Report(audit.Finding{Message: "one", Subject: audit.Subject{Type: audit.SubjectPolicy, ID: "1"}})
		p.Report(audit.Finding{Message: "two", Subject: audit.Subject{Type: audit.SubjectPolicy, ID: "2"}})
		return nil
	}
	one := runWith(t, audit.Settings{}, users, check).Findings[0].Fingerprint()
	day := func(text string) time.Time {
		v, err := time.Parse(time.DateOnly, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// The snapshots of these tests are taken on 2026-11-22.
	past, today := day("2026-11-21"), day("2026-11-22")
	all, only := audit.Acceptance{Check: "PK-TEST-001", Reason: "all"}, audit.Acceptance{Check: "PK-TEST-001", Fingerprint: strings.ToUpper(one), Reason: "only"}
	other := audit.Acceptance{Check: "PK-TEST-001", Fingerprint: "0000", Reason: "other"}
	with := func(a audit.Acceptance, expires time.Time) audit.Acceptance { a.Expires = expires; return a }
	partial := tenant(t, "", `"users":{"state":"partial"}`, "users.ndjson", `{"id":"u"}`)
	denied := tenant(t, "", `"users":{"state":"denied"}`)
	cases := []struct {
		name    string
		snap    *snapshot.Snapshot
		entries []audit.Acceptance
		want    string
	}{
		{"nothing", users, nil, "one two"},
		{"whole-check", users, []audit.Acceptance{all}, "one:all two:all"},
		{"one-fingerprint", users, []audit.Acceptance{only}, "one:only two"},
		{"narrow-goes-first", users, []audit.Acceptance{all, only}, "one:only two:all"},
		{"last-day", users, []audit.Acceptance{with(all, today)}, "one:all two:all"},
		{"expired", users, []audit.Acceptance{with(all, past)}, "one two expired:all"},
		{"expired-narrow", users, []audit.Acceptance{with(only, past), all}, "one:all two:all expired:only"},
		{"unmatched", users, []audit.Acceptance{other}, "one two unmatched:other"},
		{"expired-and-unmatched", users, []audit.Acceptance{with(other, past)}, "one two expired:other"},
		{"not-chosen", users, []audit.Acceptance{{Check: "PK-TEST-009", Reason: "x"}}, "one two"},
		{"perhaps-hidden", partial, []audit.Acceptance{other}, "one two"},
		{"not-judged", denied, []audit.Acceptance{with(other, today)}, "one two"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := runWith(t, audit.Settings{Accept: c.entries}, c.snap, check)
			var got []string
			accepted := 0
			for _, f := range r.Findings {
				text := f.Message
				if f.Accepted != nil {
					text += ":" + f.Accepted.Reason
					accepted++
				}
				got = append(got, text)
			}
			for _, a := range r.AcceptExpired {
				got = append(got, "expired:"+a.Reason)
			}
			for _, a := range r.AcceptUnmatched {
				got = append(got, "unmatched:"+a.Reason)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("got %q, want %q", text, c.want)
			}
			counts := r.Count()
			if n := counts.Findings[check.Severity]; n != 2-accepted || counts.Accepted != accepted || counts.Checks[audit.Failed] != 1 {
				t.Errorf("counted %s", fmt.Sprint(counts))
			}
		})
	}
}

// A tentative finding counts nowhere, accepted or not, and its check stays unknown.
func TestAcceptedAndTentative(t *testing.T) {
	partial := tenant(t, "", `"users":{"state":"partial"}`, "users.ndjson", `{"id":"u"}`)
	r := runWith(t, audit.Settings{Accept: []audit.Acceptance{{Check: "PK-TEST-001", Reason: "x"}}}, partial, fake("PK-TEST-001", snapshot.Users, audit.Either, true))
	counts := r.Count()
	if f := r.Findings[0]; f.Accepted == nil || !f.Tentative || counts.Accepted != 0 || counts.Checks[audit.Unknown] != 1 {
		t.Errorf("%+v, counted %v", f, counts)
	}
}
