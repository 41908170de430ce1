package snapshot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
	"pgregory.net/rapid"
)

func rawRows(t *testing.T, s *Snapshot, id SectionID) []string {
	t.Helper()
	var rows []string
	for row, err := range s.Rows(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(row.Raw))
	}
	return rows
}

func TestFocus(t *testing.T) {
	const (
		ada = "aaaaaaaa-0000-4000-8000-00000000000a"
		bob = "bbbbbbbb-0000-4000-8000-00000000000b"
	)
	members := []string{
		`{"groupId":"g1","transitive":true,"userIds":["` + ada + `"]}`,
		`{"groupId":"g2","transitive":true,"userIds":["` + bob + `"]}`,
		`{"groupId":"g3", "transitive": true, "userIds":["` + bob + `"]}`,
		`{"groupId":"g4","userIds":["` + bob + `"]}`,
		`{"groupId":"g5","transitive":null,"userIds":["` + bob + `"]}`,
		`{"groupId":"g6","transitive":false,"groupIds":["g1"]}`,
		`{"groupId":"g7","transitive": false,"userIds":["` + bob + `"]}`,
		`{"groupId":"g8","note":"\"transitive\":true","transitive":false,"userIds":["` + bob + `"]}`,
		`{"groupId":"g9","transitive":"no","userIds":["` + bob + `"]}`,
	}
	users := []string{
		`{"id":"` + strings.ToUpper(ada) + `"}`,
		`{"id":"\u0061` + ada[1:] + `"}`,
		`{"id":"` + bob + `"}`,
		`{"id":"` + bob + `","manager":"` + ada + `"}`,
	}
	s := mustOpen(t, folder(plainManifest,
		"users.ndjson", strings.Join(users, "\n"),
		"groupMembers.ndjson", strings.Join(members, "\n"),
		"domains.ndjson", `{"id":"contoso.example"}`))
	view := s.Focus(strings.ToUpper(ada[:10]) + ada[10:])

	if diff := cmp.Diff([]string{users[0], users[1], users[3]}, rawRows(t, view, Users)); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(append([]string{members[0]}, members[5:]...), rawRows(t, view, GroupMembers)); diff != "" {
		t.Errorf("groupMembers (-want +got):\n%s", diff)
	}
	if got := rawRows(t, view, Domains); len(got) != 1 {
		t.Errorf("domains: %v", got)
	}
	if st := view.Status(Users); st.State != Partial || st.Reason != ReasonScope {
		t.Errorf("users are %+v, want partial, scope", st)
	}
	if st := view.Status(Domains); st.State != Complete {
		t.Errorf("domains are %+v, want complete", st)
	}
	if got := view.Scope(); got.Kind != ScopeUser || len(got.IDs) != 1 {
		t.Errorf("scope %+v", got)
	}
	if got := len(rawRows(t, s, Users)); got != 4 {
		t.Errorf("the snapshot itself has %d users now", got)
	}
	if got := len(rawRows(t, s.Focus(ada, bob), Users)); got != 4 {
		t.Errorf("two people have %d rows", got)
	}
	if got := len(rawRows(t, s.Focus(), Users)); got != 4 {
		t.Errorf("no focus has %d rows", got)
	}
}

// TestFocusDigest: a view's digest is that of the rows it holds, never the one
// recorded for all rows.
func TestFocusDigest(t *testing.T) {
	fsys := written(t, Zstd, map[SectionID][]string{
		Users:        {`{"id":"u1"}`, `{"id":"u2"}`},
		Organization: {`{"id":"t"}`},
	})
	digest := func(s *Snapshot) string {
		d, err := s.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one := written(t, Plain, map[SectionID][]string{Users: {`{"id":"u1"}`}, Organization: {`{"id":"t"}`}})
	if digest(fsys.Focus("u1")) != digest(one.Focus("u1")) {
		t.Error("the digest of a view depends on rows outside it")
	}
	if digest(fsys.Focus("u1")) == digest(fsys.Focus("u2")) || digest(fsys.Focus("u1")) == digest(fsys) {
		t.Error("different views have one digest")
	}
}

func TestFocusChecksFiles(t *testing.T) {
	m := withSections(`"users":{"state":"complete","objects":3}`)
	_, err := userIDs(t.Context(), mustOpen(t, folder(m, "users.ndjson", userLines(0, 2))).Focus("u1"))
	wantBroken(t, err, Users, "sections/users.ndjson", 0, "promises 3")
}

// TestNeedleEqualsSlowSearch compares the search in the text of a row with one in
// its decoded strings.
func TestNeedleEqualsSlowSearch(t *testing.T) {
	alphabet := rapid.StringOfN(rapid.RuneFrom([]rune("aAbB-1\\\"/é")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringOfN(rapid.RuneFrom([]rune("aAb-1")), 1, 4, -1).Draw(t, "id")
		texts := rapid.SliceOf(alphabet).Draw(t, "texts")
		want := false
		for _, text := range texts {
			want = want || strings.Contains(strings.ToLower(text), strings.ToLower(id))
		}
		raw, err := entra.Encode(map[string]any{"#": texts})
		if err != nil {
			t.Fatal(err)
		}
		if got := newNeedle(id).in(raw); got != want {
			t.Errorf("%s in %s: %v, want %v", id, raw, got, want)
		}
	})
}
