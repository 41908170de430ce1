package redact_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/redact"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
	"passkeyaudit/fixtures"
)

var testKey = []byte("a key of a test, long enough")

// copyOf writes the pseudonymised copy of a snapshot and opens it.
func copyOf(t *testing.T, from *snapshot.Snapshot, key []byte) (*snapshot.Snapshot, string) {
	t.Helper()
	r, err := redact.New(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := r.Write(t.Context(), from, dir, snapshot.Plain); err != nil {
		t.Fatal(err)
	}
	to, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return to, dir
}

func open(t *testing.T, fsys fs.FS) *snapshot.Snapshot {
	t.Helper()
	snap, err := snapshot.Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// judged is what an audit finds, without what it is called.
func judged(t *testing.T, snap *snapshot.Snapshot) []string {
	t.Helper()
	plan, err := runner.New(checks.All())
	if err != nil {
		t.Fatal(err)
	}
	run := audit.NewRun(snap)
	results, err := plan.Run(t.Context(), run, runner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range results.Checks {
		lines = append(lines, fmt.Sprint(c.Check.ID, " ", c.Outcome, " ", c.Missing))
	}
	for _, f := range results.Findings {
		lines = append(lines, fmt.Sprint(f.Check.ID, " ", f.Severity, " ", f.Certainty, " tentative:", f.Tentative, " ", f.Subject.Type, " ", f.Affected.Count(), " blockers:", len(f.Blockers)))
	}
	if reach, err := audit.Evaluate(t.Context(), run, bootstrap.Reach); err == nil {
		states := map[bootstrap.State]int{}
		for i := range reach.Classes {
			states[reach.Classes[i].Verdict.State] += reach.Classes[i].Members.Count()
		}
		lines = append(lines, fmt.Sprint("states ", states))
	}
	if engine, err := audit.Evaluate(t.Context(), run, replay.Agreement); err == nil {
		lines = append(lines, fmt.Sprint("engine ", engine.SignInsReplayed, engine.PolicyDecisions, engine.Agreed, engine.Undecided, engine.Outdated))
	}
	sort.Strings(lines)
	return lines
}

func TestVerdictsStay(t *testing.T) {
	tenants := map[string]fs.FS{"demo": fixtures.Demo()}
	for _, name := range fixtures.Scenarios() {
		fsys, err := fixtures.Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		tenants[name] = fsys
	}
	for name, fsys := range tenants {
		t.Run(name, func(t *testing.T) {
			from := open(t, fsys)
			to, _ := copyOf(t, from, testKey)
			if !to.Manifest().Pseudonymised {
				t.Error("the manifest does not say that it is pseudonymised")
			}
			if diff := cmp.Diff(judged(t, from), judged(t, to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
