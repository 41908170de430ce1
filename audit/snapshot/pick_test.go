package snapshot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

const picked = "aaaaaaaa-0000-4000-8000-00000000000a"

func pickable(t *testing.T) *Snapshot {
	t.Helper()
	var users []string
	for i := range 50 {
		users = append(users, fmt.Sprintf(`{"id":"bbbbbbbb-0000-4000-8000-%012d"}`, i))
	}
	users = append(users, `{"id":"`+picked+`","userPrincipalName":"a@b"}`)
	return mustOpen(t, folder(plainManifest,
		"users.ndjson", strings.Join(users, "\n"),
		"signIns.ndjson", `{"id":"s1","userId":"`+strings.ToUpper(picked)+`"}`+"\n"+`{"id":"s2","userId":"other"}`+"\n"+`{"id":"s3","note":"kept"}`,
		"domains.ndjson", `{"id":"contoso.example"}`))
}

// A picked view has the rows of the focused one, those that were asked for beside them,
// and what a function makes of them.
func TestPick(t *testing.T) {
	s := pickable(t)
	view, err := s.Pick(t.Context(), []string{picked}, Choice{
		Also:    map[SectionID]func(entra.Raw) bool{SignIns: func(raw entra.Raw) bool { return bytes.Contains(raw, []byte("kept")) }},
		Rewrite: map[SectionID]func(entra.Raw) entra.Raw{Users: func(entra.Raw) entra.Raw { return entra.Raw(`{"id":"` + picked + `"}`) }},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"id":"` + picked + `"}`}, rawRows(t, view, Users)); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if got := rawRows(t, view, SignIns); len(got) != 2 || !strings.Contains(got[1], "kept") {
		t.Errorf("sign-ins %v", got)
	}
	if got := rawRows(t, view, Domains); len(got) != 1 {
		t.Errorf("domains %v", got)
	}
	if st := view.Status(Users); !st.WholeInView() || st.State != Partial {
		t.Errorf("users are %+v", st)
	}
	if n := view.Examined(Users); n != 51 {
		t.Errorf("%d users examined", n)
	}
	if got := len(rawRows(t, s, Users)); got != 51 {
		t.Errorf("the snapshot itself has %d users now", got)
	}
	// Looking for a row again goes through the memory.
	rows, err := view.FindAll(t.Context(), Users, []string{picked})
	if err != nil || len(rows) != 1 {
		t.Errorf("found %v: %v", rows, err)
	}
	changed, err := view.With(Users, Edits{picked: {entra.Raw(`{"id":"` + picked + `","department":"x"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	if got := rawRows(t, changed, Users); len(got) != 1 || !strings.Contains(got[0], "department") {
		t.Errorf("after an edit %v", got)
	}
}

// A broken file, and a cancelled reading, are errors.
func TestPickFails(t *testing.T) {
	s := mustOpen(t, folder(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z","sections":{"users":{"state":"complete","objects":3}}}`,
		"users.ndjson", `{"id":"1"}`))
	_, err := s.Pick(t.Context(), []string{picked}, Choice{})
	var broken *BrokenError
	if !errors.As(err, &broken) || broken.Section != Users {
		t.Errorf("three objects promised, one there: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pickable(t).Pick(ctx, []string{picked}, Choice{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMatching(t *testing.T) {
	rows, err := pickable(t).Matching(t.Context(), SignIns, Mentions(picked))
	if err != nil || len(rows) != 1 || RowKey(SignIns, rows[0]) != "s1" {
		t.Errorf("%v: %v", rows, err)
	}
}

// A view with sections of another snapshot has their rows and states, and its own clock.
func TestTaking(t *testing.T) {
	mine := pickable(t)
	theirs := mustOpen(t, folder(strings.Replace(plainManifest, "2026", "2025", 1), "domains.ndjson", `{"id":"a"}`+"\n"+`{"id":"b"}`, "groups.ndjson", `{"id":"g"}`))
	view := mine.Taking(theirs, Domains, Groups, NamedLocations)
	if got := rawRows(t, view, Domains); len(got) != 2 {
		t.Errorf("domains %v", got)
	}
	if got := rawRows(t, view, Groups); len(got) != 1 || view.Status(Groups).State != Complete {
		t.Errorf("groups %v", got)
	}
	if got := view.Status(NamedLocations).State; got != NotCollected {
		t.Errorf("named locations are %s", got)
	}
	if got := rawRows(t, view, Users); len(got) != 51 {
		t.Errorf("%d users", len(got))
	}
	if !view.TakenAt().Equal(mine.TakenAt()) {
		t.Error("the clock is another one")
	}
	if got := rawRows(t, mine, Domains); len(got) != 1 {
		t.Errorf("the snapshot itself has domains %v now", got)
	}
	narrowed, err := view.Pick(t.Context(), []string{picked}, Choice{})
	if err != nil || len(rawRows(t, narrowed, Users)) != 1 || len(rawRows(t, narrowed, Domains)) != 2 {
		t.Errorf("picked from both: %v", err)
	}
}
