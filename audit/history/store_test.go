package history

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/snapshot"
)

// runOf is a run of a day with a finding for every subject.
func runOf(day int, subjects ...string) *Run {
	people := 100 + day
	r := &Run{
		Tool: audit.Tool{Name: "passkeyaudit", Version: "v1"}, Tenant: snapshot.Tenant{ID: "t", DefaultDomain: "contoso.example"},
		TakenAt: fmt.Sprintf("2026-11-%02dT00:00:00Z", day), Digest: fmt.Sprintf("digest-%d", day), Settings: "s", People: &people, Accounts: &people,
		Checks: []Check{{ID: "PK-X-001", Slug: "x", Outcome: "failed"}, {ID: "PK-Y-001", Slug: "y", Outcome: "unknown", Missing: []snapshot.SectionID{snapshot.SignIns, snapshot.Users}}},
		States: map[bootstrap.State]int{bootstrap.Trapped: day, bootstrap.HasPasskey: 0},
	}
	for _, s := range subjects {
		r.Findings = append(r.Findings, Finding{
			Check: "PK-X-001", Slug: "x", Severity: "high", Fingerprint: "f-" + s, Message: "about " + s, Subject: audit.Subject{Type: audit.SubjectPolicy, ID: s, Name: s}, Affected: 7,
		})
	}
	return r
}

func openStore(t *testing.T, file string) *Store {
	t.Helper()
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck
	return s
}

func record(t *testing.T, s *Store, runs ...*Run) {
	t.Helper()
	for _, r := range runs {
		if err := s.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStoreKeepsRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs ?#%.db") // a name that is hard to put into a URL
	s := openStore(t, file)
	narrow := runOf(3, "a")
	narrow.Scope = snapshot.Scope{Kind: snapshot.ScopeGroups, IDs: []string{"g1", "g2"}}
	accepted := runOf(2, "a", "b")
	accepted.Findings[0].Accepted = true
	accepted.States, accepted.People = nil, nil
	record(t, s, narrow, runOf(1, "a"), accepted)
	runs, err := s.Runs(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range runs {
		count := func(n *int) string {
			if n == nil {
				return "-"
			}
			return fmt.Sprint(*n)
		}
		got = append(got, fmt.Sprint(r.TakenAt[8:10], " high:", r.Findings[audit.High], " new:", count(r.New), " fixed:", count(r.Fixed), " trapped:", r.States[bootstrap.Trapped], " ", r.Scope))
	}
	want := []string{"01 high:1 new:- fixed:- trapped:1 ", "02 high:1 new:1 fixed:0 trapped:0 ", "03 high:1 new:1 fixed:1 trapped:3 groups"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	back, err := s.Run(t.Context(), runs[2].ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(narrow, back); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Run(t.Context(), 99); err == nil {
		t.Error("a run that is not there was found")
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// Judging the same again leaves one run; other settings, versions or checks are runs of
// their own.
func TestStoreReplacesTheSameRun(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "runs.db"))
	other := runOf(1, "a")
	other.Settings = "other"
	fewer := runOf(1)
	fewer.Checks = fewer.Checks[:1]
	record(t, s, runOf(1, "a"), runOf(1, "a", "b"), other, fewer)
	runs, err := s.Runs(t.Context(), "T")
	if err != nil || len(runs) != 3 || runs[0].Findings[audit.High] != 2 {
		t.Errorf("%d runs, %v: %+v", len(runs), err, runs)
	}
}

func TestStoreBefore(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "runs.db"))
	record(t, s, runOf(1), runOf(3), runOf(5))
	for name, tc := range map[string]struct{ at, digest, want string }{
		"between":         {"2026-11-04T00:00:00Z", "digest-4", "digest-3"},
		"itself-does-not": {"2026-11-03T00:00:00Z", "digest-3", "digest-1"},
		"first":           {"2026-11-01T00:00:00Z", "digest-1", ""},
		"offset":          {"2026-11-03T00:30:00+01:00", "digest-x", "digest-1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := s.Before(t.Context(), "T", tc.at, tc.digest)
			got := ""
			if r != nil {
				got = r.Digest
			}
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// Programs of their own, as far as SQLite can tell: each has its own connection.
func TestStoreSharedByManyRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "runs.db")
	const many = 8
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			s, err := Open(t.Context(), file)
			if err == nil {
				err = s.Record(t.Context(), runOf(i+1, "a", "b"))
				s.Close() //nolint:errcheck
			}
			errs[i] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	runs, err := openStore(t, file).Runs(t.Context(), "t")
	if err != nil || len(runs) != many {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

func TestStoreRefusesWhatIsNotIts(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer, foreign := filepath.Join(dir, "newer"), filepath.Join(dir, "foreign")
	for file, statement := range map[string]string{newer: "PRAGMA user_version = 2", foreign: "PRAGMA application_id = 7"} {
		s := openStore(t, file)
		if _, err := s.db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]string{text: "not a database", newer: "newer passkeyaudit", foreign: "another program", filepath.Join(dir, "no", "where"): "opening the file"} {
		if _, err := Open(t.Context(), file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", filepath.Base(file), err, want)
		}
	}
	if _, err := OpenExisting(t.Context(), filepath.Join(dir, "nothing")); err == nil {
		t.Error("a file that is not there was opened")
	}
	if _, err := os.Stat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("looking made a file")
	}
}
