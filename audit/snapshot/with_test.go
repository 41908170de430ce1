package snapshot

import (
	"strings"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/entra"
)

const editable = `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z","sections":{
"groups":{"state":"complete","objects":2,"digest":"0fba1caca32edb8be206befc4c0c7d1470eedd587845e0436910d33dc5a3690f"},
"namedLocations":{"state":"complete","objects":0},"domains":{"state":"partial","reason":"later"},"devices":{"state":"denied"}}}`

func openRows(t *testing.T, rows map[SectionID]string) *Snapshot {
	t.Helper()
	files := fstest.MapFS{"manifest.json": {Data: []byte(editable)}}
	for id, text := range rows {
		spec, _ := Spec(id)
		files["sections/"+string(id)+spec.extension()] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := Open(files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func texts(t *testing.T, s *Snapshot, id SectionID) string {
	t.Helper()
	var list []string
	for row, err := range s.Rows(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(row.Raw))
	}
	return strings.Join(list, " ")
}

func with(t *testing.T, s *Snapshot, id SectionID, edits Edits) *Snapshot {
	t.Helper()
	view, err := s.With(id, edits)
	if err != nil {
		t.Fatal(err)
	}
	return view
}

// TestWith edits rows and reads them back in every way there is.
func TestWith(t *testing.T) {
	stored := map[SectionID]string{
		Groups:                      "{\"id\":\"A\",\"n\":1}\n{\"id\":\"b\"}\n",
		Domains:                     `{"id":"x.example"}`,
		AuthenticationMethodsPolicy: `{"id":"p","policyMigrationState":"preMigration"}`,
	}
	s := openRows(t, stored)
	view := with(t, s, Groups, Edits{"a": {entra.Raw(`{"id": "A", "n": 2}`)}, "B": nil, "c": {entra.Raw(`{"id":"c"}`)}})
	view = with(t, view, AuthenticationMethodsPolicy, Edits{"p": {entra.Raw(`{"id":"p","policyMigrationState":"migrationComplete"}`)}})
	view = with(t, view, NamedLocations, Edits{"l": {entra.Raw(`{"id":"l","@odata.type":"#microsoft.graph.ipNamedLocation"}`)}})
	view = with(t, view, Domains, Edits{"y.example": {entra.Raw(`{"id":"y.example"}`)}})

	if got, want := texts(t, view, Groups), `{"id":"A","n":2} {"id":"c"}`; got != want {
		t.Errorf("groups %s, want %s", got, want)
	}
	if got, want := texts(t, s, Groups), `{"id":"A","n":1} {"id":"b"}`; got != want {
		t.Errorf("the stored groups became %s", got)
	}
	policy, _, err := SingletonObject[entra.AuthenticationMethodsPolicy](t.Context(), view, AuthenticationMethodsPolicy)
	if err != nil || policy.PolicyMigrationState != "migrationComplete" {
		t.Errorf("policy %+v, %v", policy, err)
	}
	if st := view.Status(Domains); st.State != Partial || st.Reason != "later" {
		t.Errorf("domains became %+v", st)
	}
	found, err := view.FindAll(t.Context(), Groups, []string{"a", "B", "C"})
	if err != nil || len(found) != 2 || string(found[0].Raw) != `{"id":"A","n":2}` {
		t.Errorf("found %v, %v", found, err)
	}
	if got := texts(t, view.Focus("c").Without(Domains), Groups); got != `{"id":"A","n":2} {"id":"c"}` {
		t.Errorf("groups through other views: %s", got)
	}

	// A later edit of a row goes before an earlier one; others stay.
	again := with(t, view, Groups, Edits{"A": {entra.Raw(`{"id":"A","n":3}`)}})
	if got, want := texts(t, again, Groups), `{"id":"A","n":3} {"id":"c"}`; got != want {
		t.Errorf("edited twice: %s, want %s", got, want)
	}
	if got := again.Edited(); len(got) != 4 || len(s.Edited()) != 0 {
		t.Errorf("edited sections %v", got)
	}
}

// TestWithDigest compares a view with a snapshot that holds the same rows.
func TestWithDigest(t *testing.T) {
	s := openRows(t, map[SectionID]string{Groups: "{\"id\":\"a\"}\n{\"id\":\"b\"}", Domains: `{"id":"x"}`, NamedLocations: ""})
	view := with(t, s, Groups, Edits{"a": {entra.Raw(`{"id":"a", "n":1.50}`)}, "b": nil, "c": {entra.Raw(`{"id":"c"}`), entra.Raw(`{"id":"C"}`)}})
	same := openRows(t, map[SectionID]string{Groups: "{\"id\":\"C\"}\n{\"id\":\"c\"}", Domains: `{"id":"x"}`, NamedLocations: ""})
	same = with(t, same, Groups, Edits{"x": nil}) // the manifest's numbers are those of other rows
	got, err := view.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want, err := same.Digest(t.Context()); err != nil || got == want {
		t.Errorf("digests of different rows are equal, %v", err)
	}
	same = with(t, same, Groups, Edits{"a": {entra.Raw(`{"id":"a","n":1.50}`)}})
	if want, err := same.Digest(t.Context()); err != nil || got != want {
		t.Errorf("digest %s, want %s, %v", got, want, err)
	}
}

func TestWithNothingKnown(t *testing.T) {
	s := openRows(t, map[SectionID]string{Groups: "{\"id\":\"a\"}\n{\"id\":\"b\"}", Domains: `{"id":"x"}`})
	for _, id := range []SectionID{Devices, Users, "nonsense"} {
		if _, err := s.With(id, Edits{"a": {entra.Raw(`{"id":"a"}`)}}); err == nil {
			t.Errorf("%s can be edited although nothing is known of it", id)
		}
	}
	view := with(t, s, Groups, Edits{"a": {entra.Raw(`{"id":`)}})
	var err error
	for _, err = range Objects[entra.Group](t.Context(), view, Groups) {
		if err != nil {
			break
		}
	}
	if err == nil {
		t.Error("an edited row that is no JSON was read")
	}
}
