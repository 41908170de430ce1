package snapshot_test

import (
	"context"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

func TestWithout(t *testing.T) {
	whole, err := snapshot.Open(fstest.MapFS{
		"manifest.json": {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z",
			"sections":{"groups":{"state":"complete","objects":1},"signIns":{"state":"denied"}}}`)},
		"sections/users.ndjson":  {Data: []byte(`{"id":"u"}` + "\n")},
		"sections/groups.ndjson": {Data: []byte(`{"id":"g"}` + "\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := func(s *snapshot.Snapshot, id snapshot.SectionID) (n int) {
		for _, err := range snapshot.Objects[entra.Group](context.Background(), s, id) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if whole.Without() != whole {
		t.Error("without names it is another snapshot")
	}
	for _, view := range []*snapshot.Snapshot{
		whole.Without(snapshot.Groups, snapshot.SignIns),
		whole.Without(snapshot.Groups).Without(snapshot.SignIns),
		whole.Without(snapshot.Groups, snapshot.SignIns).Focus("u"),
		whole.Focus("u").Without(snapshot.Groups, snapshot.SignIns),
	} {
		for _, id := range []snapshot.SectionID{snapshot.Groups, snapshot.SignIns} {
			if st := view.Status(id); st.State != snapshot.NotCollected || st.Reason != snapshot.ReasonOff || st.Entry != nil {
				t.Errorf("%s: %+v", id, st)
			}
		}
		if rows(view, snapshot.Groups) != 0 || rows(view, snapshot.Users) != 1 {
			t.Error("the view holds rows of a section that is off, or lacks others")
		}
	}
	if rows(whole, snapshot.Groups) != 1 || whole.Status(snapshot.Groups).State != snapshot.Complete {
		t.Error("the snapshot itself has changed")
	}
}
