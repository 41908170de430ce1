package snapshot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func appendRows(t *testing.T, sw *SectionWriter, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := sw.Append(fmt.Appendf(nil, `{"id":"u%d"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
}

func begin(t *testing.T, w *Writer, id SectionID) (sw *SectionWriter, done []string, rows []string) {
	t.Helper()
	sw, done, err := w.Continue(t.Context(), id, func(row entra.Raw) error {
		rows = append(rows, string(row))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sw, done, rows
}

func resume(t *testing.T, dir string) *Writer {
	t.Helper()
	w, err := Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func finish(t *testing.T, sw *SectionWriter, state State) {
	t.Helper()
	if err := sw.Finish(SectionEntry{State: state}); err != nil {
		t.Fatal(err)
	}
}

// TestResume leaves a section in the middle, as a killed process or as one that
// was told to stop, and finishes it in a second run.
func TestResume(t *testing.T) {
	rows := func(n int) (all []string) {
		for i := range n {
			all = append(all, fmt.Sprintf(`{"id":"u%d"}`, i))
		}
		return all
	}
	whole := written(t, Zstd, map[SectionID][]string{Users: rows(9)})
	want, err := whole.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"killed", "suspended"} {
		t.Run(end, func(t *testing.T) {
			w, dir := create(t, Zstd)
			sw, done, old := begin(t, w, Users)
			if len(done)+len(old) > 0 {
				t.Errorf("a new section begins with %v, %v", done, old)
			}
			appendRows(t, sw, 0, 2)
			if err := sw.Commit("a"); err != nil {
				t.Fatal(err)
			}
			appendRows(t, sw, 2, 4)
			if err := sw.Commit("b", "c"); err != nil {
				t.Fatal(err)
			}
			appendRows(t, sw, 4, 6)
			if end == "suspended" {
				if err := errors.Join(sw.Suspend(), w.Close()); err != nil {
					t.Fatal(err)
				}
			}
			s := openDir(t, dir)
			if st := s.Status(Users); st.State != NotCollected || st.Reason != ReasonUnfinished {
				t.Errorf("users are %+v, want not collected", st)
			}
			if ids, err := userIDs(t.Context(), s); len(ids) > 0 || err != nil {
				t.Errorf("rows %v, %v", ids, err)
			}

			w = resume(t, dir)
			sw, done, old = begin(t, w, Users)
			if diff := cmp.Diff([]string{"a", "b", "c"}, done); diff != "" {
				t.Errorf("slices (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(rows(4), old); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"manifest.json", "sections/users-00001.ndjson.zst", "sections/users-00002.ndjson.zst"}, storedFiles(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			appendRows(t, sw, 4, 9)
			finish(t, sw, Complete)
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			s = openDir(t, dir)
			if got, err := s.Digest(t.Context()); got != want || err != nil {
				t.Errorf("digest %s, %v; want that of an uninterrupted run", got, err)
			}
			if e := s.Manifest().Sections[Users]; e.Unfinished != nil || *e.Objects != 9 {
				t.Errorf("entry %+v", e)
			}
			report, err := s.Verify(t.Context())
			if err != nil || !report.OK() {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
}

// A section that broke off is gone on with; what it had is replaced only by more.
func TestResumePartial(t *testing.T) {
	partial := func(t *testing.T) string {
		w, dir := create(t, Zstd)
		sw, _, _ := begin(t, w, Users)
		appendRows(t, sw, 0, 2)
		if err := sw.Commit("a"); err != nil {
			t.Fatal(err)
		}
		appendRows(t, sw, 2, 4)
		if err := sw.Finish(SectionEntry{State: Partial, Reason: "refused", Unfinished: sw.Committed()}); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Run("more", func(t *testing.T) {
		dir := partial(t)
		w := resume(t, dir)
		sw, _, old := begin(t, w, Users)
		if len(old) != 2 || sw.Before() == nil || *sw.Before().Objects != 4 {
			t.Errorf("%d rows, before %+v", len(old), sw.Before())
		}
		appendRows(t, sw, 2, 9)
		if err := sw.Commit("b"); err != nil {
			t.Fatal(err)
		}
		finish(t, sw, Complete)
		if ids, err := userIDs(t.Context(), openDir(t, dir)); len(ids) != 9 || err != nil {
			t.Errorf("%d rows, %v", len(ids), err)
		}
		want := []string{"manifest.json", "sections/users-00001.ndjson.zst", "sections/users-00003.ndjson.zst"}
		if diff := cmp.Diff(want, storedFiles(t, dir)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		dir := partial(t)
		before := storedFiles(t, dir)
		w := resume(t, dir)
		sw, _, _ := begin(t, w, Users)
		appendRows(t, sw, 2, 3)
		if err := sw.Suspend(); err != nil {
			t.Fatal(err)
		}
		s := openDir(t, dir)
		if ids, err := userIDs(t.Context(), s); len(ids) != 4 || err != nil || s.Status(Users).State != Partial {
			t.Errorf("%d rows, %v, %v", len(ids), err, s.Status(Users))
		}
		if diff := cmp.Diff(before, storedFiles(t, dir)); diff != "" {
			t.Errorf("files (-before +after):\n%s", diff)
		}
	})
	t.Run("refused", func(t *testing.T) {
		dir := partial(t)
		w := resume(t, dir)
		sw, _, _ := begin(t, w, Users)
		if err := sw.Finish(SectionEntry{State: Denied}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"manifest.json"}, storedFiles(t, dir)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
}

func TestResumeFinds(t *testing.T) {
	w, dir := create(t, Zstd)
	writeSection(t, w, Groups, SectionEntry{State: Complete}, `{"id":"g"}`)
	sw, _, _ := begin(t, w, Users)
	appendRows(t, sw, 0, 3)
	if err := sw.Commit("a"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.json.new", "sections/users-00002.ndjson.zst", "sections/devices-00001.ndjson.zst"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w = resume(t, dir)
	if slices.Contains(storedFiles(t, dir), "manifest.json.new") || len(storedFiles(t, dir)) != 3 {
		t.Errorf("left over: %v", storedFiles(t, dir))
	}
	var groups []string
	for row, err := range w.Rows(t.Context(), Groups) {
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, string(row.Raw))
	}
	if diff := cmp.Diff([]string{`{"id":"g"}`}, groups); diff != "" {
		t.Error(diff)
	}
	// A committed file that was changed is not gone on with.
	if err := os.WriteFile(filepath.Join(dir, "sections/users-00001.ndjson.zst"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Continue(t.Context(), Users, func(entra.Raw) error { return nil }); err == nil || !strings.Contains(err.Error(), "collected before") {
		t.Errorf("got %v", err)
	}
}

func TestResumeRefuses(t *testing.T) {
	empty := t.TempDir()
	if _, err := Resume(empty); !errors.Is(err, ErrNoManifest) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Resume(filepath.Join(empty, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	hand := t.TempDir()
	manifest := `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z","sections":{"users":{"state":"complete"}}}`
	if err := os.WriteFile(filepath.Join(hand, "manifest.json"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(hand); err == nil || !strings.Contains(err.Error(), "only snapshots that were collected") {
		t.Errorf("a folder made by hand: %v", err)
	}
	// Files that the manifest does not mention are complete sections, not left-overs.
	if err := os.WriteFile(filepath.Join(hand, "manifest.json"), []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(hand); err == nil || !strings.Contains(err.Error(), "only snapshots that were collected") {
		t.Errorf("a folder made by hand, without entries: %v", err)
	}
}
