// Package factstest makes small snapshots in memory for the tests of facts, and
// writes sets of accounts so that a table can hold them.
package factstest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// TakenAt is the time of a snapshot that names none.
const TakenAt = "2026-11-22T00:00:00Z"

// Tenant is a snapshot in the making.
type Tenant struct {
	TakenAt string
	// Settings are what the run is given.
	Settings audit.Settings
	// Scope is the manifest's scope object; empty for the whole tenant.
	Scope string
	// Cloud is the manifest's; empty for the public one.
	Cloud string
	// Rows is the text of sections: NDJSON, or one object for singletons. A section
	// with rows and no entry is complete.
	Rows map[snapshot.SectionID]string
	// Entries are manifest entries as JSON.
	Entries map[snapshot.SectionID]string
}

// With is the tenant with other rows in one section.
func (t Tenant) With(id snapshot.SectionID, rows ...string) Tenant {
	t.Rows = maps.Clone(t.Rows)
	if t.Rows == nil {
		t.Rows = map[snapshot.SectionID]string{}
	}
	t.Rows[id] = strings.Join(rows, "\n")
	return t
}

// Without is the tenant with a section that was never collected.
func (t Tenant) Without(id snapshot.SectionID) Tenant {
	t.Rows = maps.Clone(t.Rows)
	delete(t.Rows, id)
	return t
}

// Entry is the tenant with a manifest entry for one section, such as
// {"state":"partial"}.
func (t Tenant) Entry(id snapshot.SectionID, entry string) Tenant {
	t.Entries = maps.Clone(t.Entries)
	if t.Entries == nil {
		t.Entries = map[snapshot.SectionID]string{}
	}
	t.Entries[id] = entry
	return t
}

// Run opens the snapshot.
func (t Tenant) Run(tb testing.TB) *audit.Run {
	tb.Helper()
	takenAt := t.TakenAt
	if takenAt == "" {
		takenAt = TakenAt
	}
	scope := t.Scope
	if scope == "" {
		scope = `{"kind":"tenant"}`
	}
	var entries []string
	for _, id := range slices.Sorted(maps.Keys(t.Entries)) {
		entries = append(entries, fmt.Sprintf("%q:%s", id, t.Entries[id]))
	}
	files := fstest.MapFS{"manifest.json": {Data: fmt.Appendf(nil,
		`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":%q,"cloud":%q,"scope":%s,"sections":{%s}}`,
		takenAt, t.Cloud, scope, strings.Join(entries, ","))}}
	for id, text := range t.Rows {
		spec, known := snapshot.Spec(id)
		if !known {
			tb.Fatalf("%s is no section", id)
		}
		name := "sections/" + string(id) + ".ndjson"
		if spec.Shape == snapshot.Singleton {
			name = "sections/" + string(id) + ".json"
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	snap, err := snapshot.Open(files)
	if err != nil {
		tb.Fatal(err)
	}
	return audit.NewRunWith(snap, t.Settings)
}

// Get derives a fact, which must succeed.
func Get[T any](tb testing.TB, run *audit.Run, fact *audit.Fact[T]) T {
	tb.Helper()
	value, err := audit.Evaluate(tb.Context(), run, fact)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

// Of derives a fact of the tenant.
func Of[T any](tb testing.TB, t Tenant, fact *audit.Fact[T]) T {
	tb.Helper()
	return Get(tb, t.Run(tb), fact)
}

// Names writes a set as the ids of its members.
func Names(dir audit.Directory, set audit.Set) string {
	var ids []string
	for n := range set.All() {
		ids = append(ids, dir.Member(n).ID)
	}
	return strings.Join(ids, " ")
}

// Partly writes a three-valued set: the certain members, and with question marks
// the possible ones.
func Partly(dir audit.Directory, p audit.Partly) string {
	var ids []string
	for n := range p.Possible().All() {
		id := dir.Member(n).ID
		switch {
		case p.Yes.Has(n) && p.Maybe.Has(n):
			id += "!both" // Yes and Maybe are disjoint
		case p.Maybe.Has(n):
			id += "?"
		}
		ids = append(ids, id)
	}
	return strings.Join(ids, " ")
}

// Users writes enabled member accounts with the given ids as rows.
func Users(ids ...string) string {
	var rows []string
	for _, id := range ids {
		rows = append(rows, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@contoso.example","accountEnabled":true}`, id, id))
	}
	return strings.Join(rows, "\n")
}

// Groups writes groups with the given ids as rows.
func Groups(ids ...string) string {
	var rows []string
	for _, id := range ids {
		rows = append(rows, fmt.Sprintf(`{"id":%q,"displayName":"Group %s"}`, id, id))
	}
	return strings.Join(rows, "\n")
}

// Members writes a transitive row of one group.
func Members(group string, users ...string) string {
	return fmt.Sprintf(`{"groupId":%q,"transitive":true,"userIds":[%s]}`, group, quoted(users))
}

// Direct writes a row of direct members of one group, which may be groups.
func Direct(group string, members ...string) string {
	return fmt.Sprintf(`{"groupId":%q,"transitive":false,"userIds":[%s]}`, group, quoted(members))
}

func quoted(ids []string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf("%q", id))
	}
	return strings.Join(all, ",")
}
