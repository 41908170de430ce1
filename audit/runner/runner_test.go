package runner

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// A check that errors is unknown with that error, and the run goes on.
func TestAnErrorMakesOneCheckUnknown(t *testing.T) {
	bad := fake("PK-TEST-001", snapshot.Users, audit.Either, false)
	bad.Run = func(context.Context, *audit.Pass) error { return errors.New("cannot decide") }
	good := fake("PK-TEST-002", snapshot.Users, audit.Either, true)
	r := run(t, tenant(t, "", "", "users.ndjson", `{"id":"u"}`), bad, good)
	if r.Checks[0].Outcome != audit.Unknown || !strings.Contains(r.Checks[0].Reason, "cannot decide") {
		t.Errorf("got %v %q", r.Checks[0].Outcome, r.Checks[0].Reason)
	}
	if r.Checks[1].Outcome != audit.Failed {
		t.Errorf("the other check ended as %v", r.Checks[1].Outcome)
	}
}

func TestMissingErrorNamesTheSection(t *testing.T) {
	c := fake("PK-TEST-001", snapshot.Users, audit.Either, false)
	c.Run = func(context.Context, *audit.Pass) error {
		return &audit.MissingError{Section: snapshot.Users, What: "no member x"}
	}
	r := run(t, tenant(t, "", "", "users.ndjson", `{"id":"u"}`), c)
	if line(r) != "unknown [users] 0" || r.Checks[0].Reason != "users: no member x" {
		t.Errorf("got %q %q", line(r), r.Checks[0].Reason)
	}
}

// What a check asks for without declaring it makes it unknown, even if it goes on
// as if nothing had happened.
func TestUndeclaredReads(t *testing.T) {
	fact := &audit.Fact[int]{Name: "test.Fact", Derive: func(context.Context, *audit.Pass) (int, error) { return 1, nil }}
	sly := &audit.Fact[int]{Name: "test.Sly", Derive: func(ctx context.Context, p *audit.Pass) (int, error) {
		for range audit.Objects[entra.User](ctx, p, snapshot.Users) {
		}
		return 1, nil
	}}
	cases := []struct {
		name  string
		facts []audit.AnyFact
		run   func(context.Context, *audit.Pass) error
	}{
		{"section", nil, func(ctx context.Context, p *audit.Pass) error {
			for range audit.Objects[entra.Group](ctx, p, snapshot.Groups) {
			}
			return nil
		}},
		{"singleton", nil, func(ctx context.Context, p *audit.Pass) error {
			_, _ = audit.Singleton[entra.Organization](ctx, p, snapshot.Organization)
			return nil
		}},
		{"status", nil, func(_ context.Context, p *audit.Pass) error { p.Status(snapshot.Groups); return nil }},
		{"rows", nil, func(ctx context.Context, p *audit.Pass) error {
			_, _ = audit.RowsOf(ctx, p, snapshot.Groups, []string{"x"})
			return nil
		}},
		{"fact", nil, func(ctx context.Context, p *audit.Pass) error { _, _ = audit.Get(ctx, p, fact); return nil }},
		{"section-of-a-fact", []audit.AnyFact{sly}, func(ctx context.Context, p *audit.Pass) error {
			_, _ = audit.Get(ctx, p, sly)
			_, err := audit.Get(ctx, p, sly)
			return err
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			check := fake("PK-TEST-001", snapshot.Users, audit.Either, false)
			check.Facts, check.Run = c.facts, c.run
			r := run(t, tenant(t, "", "", "users.ndjson", `{"id":"u"}`, "groups.ndjson", ""), check)
			if r.Checks[0].Outcome != audit.Unknown || !strings.Contains(r.Checks[0].Reason, audit.ErrUndeclared.Error()) {
				t.Errorf("got %v %q", r.Checks[0].Outcome, r.Checks[0].Reason)
			}
		})
	}
}

// A fact is derived once however many checks want it, and what it lacks reaches
// each of them.
func TestFactsAreSharedAndPassOnWhatTheyLack(t *testing.T) {
	var derived atomic.Int32
	fact := &audit.Fact[int]{Name: "test.Fact", Reads: []audit.Read{{Section: snapshot.Users}},
		Derive: func(_ context.Context, p *audit.Pass) (int, error) {
			derived.Add(1)
			p.Lacks(snapshot.Users, audit.Hides, "somebody is not known")
			return 7, nil
		}}
	var checks []*audit.Check
	for _, id := range []string{"PK-TEST-001", "PK-TEST-002", "PK-TEST-003", "PK-TEST-004"} {
		c := fake(id, snapshot.Users, audit.Hides, false)
		c.Facts = []audit.AnyFact{fact}
		c.Run = func(ctx context.Context, p *audit.Pass) error {
			n, err := audit.Get(ctx, p, fact)
			if n != 7 {
				t.Errorf("got %d", n)
			}
			return err
		}
		checks = append(checks, c)
	}
	r := run(t, tenant(t, "", "", "users.ndjson", `{"id":"u"}`), checks...)
	if derived.Load() != 1 {
		t.Errorf("derived %d times", derived.Load())
	}
	for _, c := range r.Checks {
		if c.Outcome != audit.Unknown || c.Reason != "users: somebody is not known" {
			t.Errorf("%s: %v %q", c.Check.ID, c.Outcome, c.Reason)
		}
	}
}

// A row that only turns out to be unreadable while facts are derived makes every
// check of the section see a partial one, whichever ran first.
func TestUnreadableRowsCountForEveryCheck(t *testing.T) {
	reader := fake("PK-TEST-002", snapshot.Users, audit.Hides, false)
	reader.Run = func(ctx context.Context, p *audit.Pass) error {
		for _, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	idle := fake("PK-TEST-001", snapshot.Users, audit.Hides, false)
	r := run(t, tenant(t, "", "", "users.ndjson", `{"id":"u","accountEnabled":"yes"}`), reader, idle)
	for _, c := range r.Checks {
		if c.Outcome != audit.Unknown || c.Reason != "users: partial, 1 unreadable object" {
			t.Errorf("%s: %v %q", c.Check.ID, c.Outcome, c.Reason)
		}
	}
}

func TestBrokenSnapshotEndsTheRun(t *testing.T) {
	reader := fake("PK-TEST-001", snapshot.Users, audit.Hides, false)
	reader.Run = func(ctx context.Context, p *audit.Pass) error {
		for _, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	plan, err := New([]*audit.Check{reader})
	if err != nil {
		t.Fatal(err)
	}
	snap := tenant(t, "", "", "users.ndjson", `{"id":"u"}`+"\n"+`{"id":`)
	_, err = plan.Run(context.Background(), audit.NewRun(snap), Options{})
	var broken *snapshot.BrokenError
	if !errors.As(err, &broken) || broken.Section != snapshot.Users || broken.Line != 2 {
		t.Errorf("got %v", err)
	}
}

func TestCancelledRun(t *testing.T) {
	plan, err := New([]*audit.Check{fake("PK-TEST-001", snapshot.Users, audit.Hides, false)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := plan.Run(ctx, audit.NewRun(tenant(t, "", "", "users.ndjson", `{"id":"u"}`)), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A word of the check's own beats what its facts read; a fact may call a read a
// refinement, and then only an unqualified read elsewhere makes it matter.
func TestWhoseWordCounts(t *testing.T) {
	refines := &audit.Fact[int]{Name: "a", Reads: []audit.Read{{Section: snapshot.Groups, Gap: audit.Refines}, {Section: snapshot.Domains, Gap: audit.Hides}}}
	plain := &audit.Fact[int]{Name: "b", Reads: []audit.Read{{Section: snapshot.Groups}}}
	over := &audit.Fact[int]{Name: "c", Facts: []audit.AnyFact{refines}}
	cases := []struct {
		name  string
		check audit.Check
		want  map[snapshot.SectionID]audit.Gap
	}{
		{"a-fact-refines", audit.Check{Facts: []audit.AnyFact{over}},
			map[snapshot.SectionID]audit.Gap{snapshot.Groups: audit.Refines, snapshot.Domains: audit.Either}},
		{"another-fact-needs-it", audit.Check{Facts: []audit.AnyFact{over, plain}},
			map[snapshot.SectionID]audit.Gap{snapshot.Groups: audit.Either, snapshot.Domains: audit.Either}},
		{"the-check-decides", audit.Check{Facts: []audit.AnyFact{plain, over}, Reads: []audit.Read{{Section: snapshot.Groups, Gap: audit.Hides}}},
			map[snapshot.SectionID]audit.Gap{snapshot.Groups: audit.Hides, snapshot.Domains: audit.Either}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := c.check.AllReads()
			for id, gap := range c.want {
				if got[id] != gap {
					t.Errorf("%s: got %d, want %d", id, got[id], gap)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestNewRefusesBadChecks(t *testing.T) {
	good := func() *audit.Check { return fake("PK-TEST-001", snapshot.Users, audit.Hides, false) }
	cases := []struct {
		name   string
		checks func() []*audit.Check
		want   string
	}{
		{"same-id", func() []*audit.Check { return []*audit.Check{good(), good()} }, "used twice"},
		{"bad-id", func() []*audit.Check { c := good(); c.ID = "PK-1"; return []*audit.Check{c} }, "malformed"},
		{"no-doc", func() []*audit.Check { c := good(); c.Doc.Fix = ""; return []*audit.Check{c} }, "lacks Fix"},
		{"no-source", func() []*audit.Check { c := good(); c.Doc.References = nil; return []*audit.Check{c} }, "lacks References"},
		{"no-such-section", func() []*audit.Check {
			c := good()
			c.Reads = []audit.Read{{Section: "nonsense"}}
			return []*audit.Check{c}
		}, "no section"},
		{"declared-twice", func() []*audit.Check {
			c := good()
			c.Reads = append(c.Reads, c.Reads...)
			return []*audit.Check{c}
		}, "twice"},
		{"no-severity", func() []*audit.Check { c := good(); c.Severity = 0; return []*audit.Check{c} }, "no severity"},
		{"nothing-to-run", func() []*audit.Check { c := good(); c.Run = nil; return []*audit.Check{c} }, "nothing to run"},
		{"no-such-problem", func() []*audit.Check { c := good(); c.Problem = 9; return []*audit.Check{c} }, "problem 9"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.checks())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something about %q", err, c.want)
			}
		})
	}
}

// Results come in the order of check ids, findings worst first within a check.
func TestOrder(t *testing.T) {
	c := fake("PK-TEST-002", snapshot.Users, audit.Hides, false)
	c.Run = func(_ context.Context, p *audit.Pass) error {
		for _, f := range []audit.Finding{
			{Subject: audit.Subject{Type: audit.SubjectGroup, ID: "b"}},
			{Subject: audit.Subject{Type: audit.SubjectGroup, ID: "a"}},
			{Subject: audit.Subject{Type: audit.SubjectTenant}, Severity: audit.High},
		} {
			p.Report(f)
		}
		return nil
	}
	r := run(t, tenant(t, "", "", "users.ndjson", ""), c, fake("PK-TEST-001", snapshot.Users, audit.Hides, true))
	if r.Checks[0].Check.ID != "PK-TEST-001" {
		t.Errorf("first is %s", r.Checks[0].Check.ID)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Check.ID+" "+f.Severity.String()+" "+f.Subject.ID)
	}
	want := "PK-TEST-001 low |PK-TEST-002 high |PK-TEST-002 low a|PK-TEST-002 low b"
	if strings.Join(got, "|") != want {
		t.Errorf("got %v", got)
	}
}
