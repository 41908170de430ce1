package snapshot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStates(t *testing.T) {
	narrowed := func(kind, rest string) string {
		return strings.Replace(withSections(rest), "{", `{"scope":{"kind":"`+kind+`","ids":["g"]},`, 1)
	}
	tests := []struct {
		name     string
		manifest string
		files    []string
		section  SectionID
		state    State
		reason   string
	}{
		{"absent-and-unmentioned", plainManifest, nil, Users, NotCollected, ""},
		{"present-and-unmentioned", plainManifest, []string{"users.ndjson", ""}, Users, Complete, ""},
		{"singleton-present", plainManifest, []string{"organization.json", "{}"}, Organization, Complete, ""},
		{"segment-present", plainManifest, []string{"users-00001.ndjson", ""}, Users, Complete, ""},
		{"mentioned-empty", withSections(`"users":{"state":"complete","objects":0}`), nil, Users, Complete, ""},
		{"mentioned-partial-without-file", withSections(`"users":{"state":"partial","reason":"cut"}`), nil, Users, Partial, "cut"},
		{"denied-file-ignored", withSections(`"users":{"state":"denied","reason":"403"}`), []string{"users.ndjson", "x"}, Users, Denied, "403"},
		{"unlicensed", withSections(`"roleEligibility":{"state":"unlicensed"}`), nil, RoleEligibility, Unlicensed, ""},
		{"unavailable", withSections(`"signIns":{"state":"unavailable"}`), nil, SignIns, Unavailable, ""},
		{"not-collected-file-ignored", withSections(`"users":{"state":"notCollected"}`), []string{"users-00001.ndjson.zst", "x"}, Users, NotCollected, ""},
		{"scope-groups", narrowed("groups", ""), []string{"users.ndjson", ""}, Users, Partial, ReasonScope},
		{"scope-user", narrowed("user", `"users":{"state":"complete","objects":0}`), nil, Users, Partial, ReasonScope},
		{"scope-other-reason", narrowed("user", `"users":{"state":"partial","reason":"cut"}`), nil, Users, Partial, "cut"},
		{"scope-denied", narrowed("user", `"users":{"state":"denied"}`), nil, Users, Denied, ""},
		{"scope-tenant-wide", narrowed("groups", ""), []string{"domains.ndjson", ""}, Domains, Complete, ""},
		{"wrong-shape-is-no-file", plainManifest, []string{"users.json", "{}", "organization.ndjson", "{}"}, Users, NotCollected, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, folder(tt.manifest, tt.files...))
			st := s.Status(tt.section)
			if st.State != tt.state || st.Reason != tt.reason {
				t.Errorf("state %q, reason %q; want %q, %q", st.State, st.Reason, tt.state, tt.reason)
			}
			if got := s.States()[tt.section]; got != tt.state {
				t.Errorf("States says %q", got)
			}
			if !st.State.HasRows() {
				if ids, err := userIDs(t.Context(), s); len(ids) > 0 || err != nil {
					t.Errorf("rows %v, error %v in a section without rows", ids, err)
				}
			}
		})
	}
}

func TestOpenRefusesFiles(t *testing.T) {
	segments := func(objects string, segs ...string) string {
		return withSections(`"users":{"state":"complete"` + objects + `,"segments":[` + strings.Join(segs, ",") + `]}`)
	}
	tests := []struct {
		name     string
		manifest string
		files    []string
		file     string
		want     string
	}{
		{"complete-without-file", withSections(`"users":{"state":"complete"}`), nil, "sections/users.ndjson", "it has no file"},
		{"partial-promises-rows", withSections(`"users":{"state":"partial","objects":2}`), nil, "sections/users.ndjson", "it has no file"},
		{"plain-and-segments", plainManifest, []string{"users.ndjson", "", "users-00001.ndjson.zst", ""}, "sections/users.ndjson", "keep one"},
		{"segment-twice", plainManifest, []string{"users-00001.ndjson", "", "users-00001.ndjson.zst", ""}, "sections/users-00001.ndjson.zst", "twice"},
		{"gap", plainManifest, []string{"users-00001.ndjson", "", "users-00003.ndjson", ""}, "sections/users-00003.ndjson", "segment 00002 is not there"},
		{"first-lost", plainManifest, []string{"users-00002.ndjson", ""}, "sections/users-00002.ndjson", "segment 00001 is not there"},
		{"named-and-lost", segments("", `{"file":"sections/a.ndjson"}`), nil, "sections/a.ndjson", "not there"},
		{"named-folder", segments("", `{"file":"sections/a"}`), []string{"a/b", ""}, "sections/a", "folder"},
		{"more-than-can-be-counted", segments(`,"objects":1`, `{"file":"sections/a","objects":9223372036854775807}`, `{"file":"sections/b","objects":9223372036854775807}`, `{"file":"sections/c","objects":3}`), []string{"a", "", "b", "", "c", ""}, manifestFile, "more objects than can be counted"},
		{"numbers-disagree", segments(`,"objects":3`, `{"file":"sections/a","objects":2}`), []string{"a", ""}, manifestFile, "promises 3 objects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(folder(tt.manifest, tt.files...))
			wantBroken(t, err, Users, tt.file, 0, tt.want)
		})
	}
}

func TestNamedSegmentsWin(t *testing.T) {
	m := withSections(`"users":{"state":"complete","segments":[{"file":"sections/b.ndjson"},{"file":"sections/a.ndjson"}]}`)
	s := mustOpen(t, folder(m, "a.ndjson", userLines(1, 2), "b.ndjson", userLines(0, 1), "users.ndjson", userLines(5, 9)))
	ids, err := userIDs(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"u0", "u1"}, ids); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

func TestScope(t *testing.T) {
	s := mustOpen(t, folder(strings.Replace(plainManifest, "{", `{"scope":{"kind":"groups","ids":["g"]},`, 1)))
	want := Scope{Kind: ScopeGroups, IDs: []string{"g"}}
	if diff := cmp.Diff(want, s.Scope()); diff != "" {
		t.Error(diff)
	}
	if !s.Scope().Narrowed() || mustOpen(t, folder(plainManifest)).Scope().Narrowed() {
		t.Error("Narrowed is wrong")
	}
	if s.TakenAt().Format("2006") != "2026" {
		t.Errorf("taken at %v", s.TakenAt())
	}
}
