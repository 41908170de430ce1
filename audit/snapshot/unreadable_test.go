package snapshot

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func TestUnreadableRows(t *testing.T) {
	tests := []struct{ name, row, object, want string }{
		{"wrong-type", `{"id":"x","accountEnabled":"yes"}`, "x", "/accountEnabled cannot be a text"},
		{"wrong-type-before-the-key", `{"accountEnabled":1,"id":"x"}`, "x", "/accountEnabled cannot be a number"},
		{"wrong-type-deep", `{"id":"x","assignedLicenses":[{"skuId":"s"},{"skuId":{}}]}`, "x", "/assignedLicenses/1/skuId cannot be an object"},
		{"truth-as-text", `{"id":"x","accountEnabled":"maybe"}`, "x", "/accountEnabled cannot be a text"},
		{"key-of-wrong-type", `{"id":7}`, "", "/id cannot be a number"},
		{"missing-key", `{"userPrincipalName":"a@b"}`, "", `the member "id" is missing`},
		{"empty-key", `{"id":""}`, "", `the member "id" is missing`},
		{"null-key", `{"id":null}`, "", `the member "id" is missing`},
		{"list", `[{"id":"x"}]`, "", "not an object"},
		{"text", `"x"`, "", "not an object"},
		{"number", `1`, "", "not an object"},
		{"null", `null`, "", "not an object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, folder(plainManifest, "users.ndjson", "{\"id\":\"a\"}\n"+tt.row+"\n{\"id\":\"b\"}\n"))
			ids, err := userIDs(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a", "b"}, ids); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			got := s.Unreadable()
			if len(got) != 1 {
				t.Fatalf("unreadable: %v", got)
			}
			where := "section users, sections/users.ndjson, line 2"
			if tt.object != "" {
				where += ", object " + tt.object
			}
			words := got[0].Err.Error()
			if got[0].String() != where+": "+words || len(words) < len(tt.want) || words[len(words)-len(tt.want):] != tt.want {
				t.Errorf("got %q, want %q … %q", got[0], where, tt.want)
			}
			st := s.Status(Users)
			if st.State != Partial || st.Reason != "1 unreadable object" || st.Unreadable != 1 {
				t.Errorf("status %+v, want partial", st)
			}
		})
	}
}

func TestUnreadableSingleton(t *testing.T) {
	s := mustOpen(t, folder(plainManifest, "organization.json", `{"id":"a","verifiedDomains":"x"}`))
	_, raw, err := SingletonObject[entra.Organization](t.Context(), s, Organization)
	if raw != nil || err != nil {
		t.Errorf("got %s, %v", raw, err)
	}
	want := "section organization, sections/organization.json, object a: a member has an unexpected type: /verifiedDomains cannot be a text"
	if got := s.Unreadable(); len(got) != 1 || got[0].String() != want {
		t.Errorf("unreadable %v, want %s", got, want)
	}
	if st := s.Status(Organization); st.State != Partial {
		t.Errorf("state %q, want partial", st.State)
	}
}

// TestUnreadableIsDeterministic: what has been found does not depend on how far
// other segments have been decoded in the background.
func TestUnreadableIsDeterministic(t *testing.T) {
	files := []string{"users-00001.ndjson", "{\"id\":1}\n{\"id\":\n"}
	for _, n := range []string{"2", "3", "4", "5"} {
		files = append(files, "users-0000"+n+".ndjson", "{\"id\":2}\n"+userLines(0, 10))
	}
	for range 50 {
		s := mustOpen(t, folder(plainManifest, files...))
		_, err := userIDs(t.Context(), s)
		wantBroken(t, err, Users, "sections/users-00001.ndjson", 2, "")
		if got := s.Unreadable(); len(got) != 1 || got[0].File != "sections/users-00001.ndjson" {
			t.Fatalf("unreadable: %v", got)
		}
	}
}

func TestUnreadableOrder(t *testing.T) {
	bad := "{\"id\":1}\n{\"id\":\"a\"}\n{\"id\":2}\n"
	s := mustOpen(t, folder(plainManifest, "users-00001.ndjson", bad, "users-00002.ndjson", bad, "domains.ndjson", bad))
	for range 2 { // reading again adds nothing
		if _, err := userIDs(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for _, err := range QuotedObjects[entra.Domain](t.Context(), s, Domains) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	var got []string
	for _, u := range s.Unreadable() {
		got = append(got, place{u.File, u.Line}.String())
	}
	want := []string{
		"sections/domains.ndjson, line 1", "sections/domains.ndjson, line 3",
		"sections/users-00001.ndjson, line 1", "sections/users-00001.ndjson, line 3",
		"sections/users-00002.ndjson, line 1", "sections/users-00002.ndjson, line 3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if st := s.Status(Users); st.Reason != "4 unreadable objects" {
		t.Errorf("reason %q", st.Reason)
	}
}
