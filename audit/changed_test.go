package audit_test

import (
	"context"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// TestChanged derives again what an edit touches, and only that.
func TestChanged(t *testing.T) {
	counted := map[snapshot.SectionID]int{}
	rowsOf := func(name string, id snapshot.SectionID, on ...audit.AnyFact) *audit.Fact[int] {
		return &audit.Fact[int]{Name: name, Reads: []audit.Read{{Section: id}}, Facts: on, Derive: func(ctx context.Context, p *audit.Pass) (int, error) {
			counted[id]++
			n := 0
			for _, err := range audit.Objects[entra.Group](ctx, p, id) {
				if err != nil {
					return 0, err
				}
				n++
			}
			return n, nil
		}}
	}
	groups := rowsOf("groups", snapshot.Groups)
	domains := rowsOf("domains", snapshot.Domains)
	both := rowsOf("both", snapshot.ServicePrincipals, groups, domains)
	snap, err := snapshot.Open(fstest.MapFS{
		"manifest.json":                     {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)},
		"sections/groups.ndjson":            {Data: []byte(`{"id":"a"}`)},
		"sections/domains.ndjson":           {Data: []byte("{\"id\":\"a\"}\n{\"id\":7}")},
		"sections/servicePrincipals.ndjson": {Data: []byte(`{"id":"a"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	before := audit.NewRun(snap)
	for _, f := range []*audit.Fact[int]{groups, domains, both} {
		if n, err := audit.Evaluate(t.Context(), before, f); err != nil || n != 1 {
			t.Fatalf("%s: %d, %v", f.Name, n, err)
		}
	}
	view, err := snap.With(snapshot.Groups, snapshot.Edits{"b": {entra.Raw(`{"id":"b"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	after := before.Changed(view)
	for f, want := range map[*audit.Fact[int]]int{groups: 2, domains: 1, both: 1} {
		if n, err := audit.Evaluate(t.Context(), after, f); err != nil || n != want {
			t.Errorf("%s: %d, want %d, %v", f.Name, n, want, err)
		}
	}
	if counted[snapshot.Groups] != 2 || counted[snapshot.Domains] != 1 || counted[snapshot.ServicePrincipals] != 2 {
		t.Errorf("derived %v", counted)
	}
	// A section that is not read again is as partial as it was.
	if s := after.Snapshot().Status(snapshot.Domains); s.State != snapshot.Partial || s.Unreadable != 1 {
		t.Errorf("domains are %+v", s)
	}
	if n, err := audit.Evaluate(t.Context(), before, groups); err != nil || n != 1 {
		t.Errorf("the run before has %d groups, %v", n, err)
	}
}
