// Package audittest runs a check on scenario fixtures: snapshot folders with a
// file named want beside the manifest, so that the program itself can be pointed
// at a fixture as it is.
//
// A want file has one statement a line:
//
//	# why this fixture exists
//	outcome failed
//	missing groups groupMembers
//	finding high policy/Fido2 people=2 ~ exclusion wins
//	  alice@contoso.example bob@contoso.example
//	  fix frees=1 worsens=0
//	  fix outside
//
// After "finding" come severity, subject, who is affected (people=N, accounts=N,
// nobody, with + after N for a lower bound), then optional words likely, possible
// or tentative, then ~ and a regular expression for the message. Indented lines
// name all affected accounts; or, after "fix", what became of a step when it was
// tried, or why it was not. A finding that is missing fails the test, and so does one
// too many, and a step that does something else.
package audittest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

// update is set by -update-want: want files are rewritten with what the check
// said, messages quoted in full, for a person to read and shorten.
var update = flag.Bool("update-want", false, "rewrite the want files")

// Run runs a check on every folder of testdata. There must be at least one in
// which it fires, one near miss in which it must not, and one in which data are
// missing; their names start with fires, near-miss and data-missing.
func Run(t *testing.T, check *audit.Check) {
	t.Helper()
	entries, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{"fires": false, "near-miss": false, "data-missing": false}
	for _, e := range entries {
		kind := ""
		for k := range kinds {
			if strings.HasPrefix(e.Name(), k) {
				kind = k
			}
		}
		if kind == "" || !e.IsDir() {
			t.Errorf("testdata/%s: fixtures are folders named fires…, near-miss… or data-missing…", e.Name())
			continue
		}
		kinds[kind] = true
		t.Run(e.Name(), func(t *testing.T) { runFixture(t, check, kind, filepath.Join("testdata", e.Name())) })
	}
	for kind, there := range kinds {
		if !there {
			t.Errorf("testdata has no fixture %s…", kind)
		}
	}
}

func runFixture(t *testing.T, check *audit.Check, kind, dir string) {
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	results := Judge(t, snap, []*audit.Check{check}, 0)
	ResolveEvidence(t, snap, results.Findings)
	got := describe(results)
	if *update {
		comment := "# why this fixture exists\n"
		if old, err := os.ReadFile(filepath.Join(dir, "want")); err == nil {
			comment = leadingComment(string(old))
			if want, err := parseWant(string(old)); err == nil {
				got.shorten(want)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "want"), []byte(comment+got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(filepath.Join(dir, "want"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseWant(string(text))
	if err != nil {
		t.Fatalf("%s/want: %v", dir, err)
	}
	for _, problem := range compare(want, got) {
		t.Error(problem)
	}
	switch {
	case kind == "fires" && len(got.findings) == 0:
		t.Error("the check should fire here")
	case kind == "near-miss" && (len(got.findings) > 0 || got.outcome == "unknown"):
		t.Error("a near miss must have no finding and a certain outcome")
	case kind == "data-missing" && got.outcome != "unknown":
		t.Error("with these data missing the outcome should be unknown")
	}
}

// Judge runs checks on a snapshot.
func Judge(t *testing.T, snap *snapshot.Snapshot, checks []*audit.Check, workers int) *runner.Results {
	t.Helper()
	plan, err := runner.New(checks)
	if err != nil {
		t.Fatal(err)
	}
	run := audit.NewRun(snap)
	results, err := plan.Run(context.Background(), run, runner.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	if err := preview.Fixes(context.Background(), run, results.Findings); err != nil {
		t.Fatal(err)
	}
	for _, f := range results.Findings {
		for _, s := range f.Fix {
			if kinds := len(s.Edits) + len(s.Objects) + s.Includes.Count(); (kinds > 0) == (s.Untried == audit.Outside || s.Untried == audit.Undecided) {
				t.Errorf("%s: a step must say either what it changes or why it cannot be tried: %s", f.Check.ID, s.Change)
			}
		}
	}
	return results
}

// ResolveEvidence fails the test for every piece of evidence that does not point
// at what it quotes, and for findings without evidence.
func ResolveEvidence(t *testing.T, snap *snapshot.Snapshot, findings []audit.Finding) {
	t.Helper()
	for _, f := range findings {
		if len(f.Evidence) == 0 {
			t.Errorf("%s: a finding without evidence: %s", f.Check.ID, f.Message)
		}
		for _, e := range f.Evidence {
			if err := resolve(snap, e); err != nil {
				t.Errorf("%s: evidence %s %s %s: %v", f.Check.ID, e.Section, e.Object, e.Pointer, err)
			}
		}
	}
}

func resolve(snap *snapshot.Snapshot, e audit.Evidence) error {
	if !snap.Status(e.Section).State.HasRows() {
		return errors.New("the section has no rows")
	}
	if e.Means == "" {
		return errors.New("it does not say what it means")
	}
	if e.Pointer == "" {
		rows := 0
		for _, err := range snap.Rows(context.Background(), e.Section) {
			if err != nil {
				return err
			}
			rows++
		}
		if rows != e.Rows {
			return fmt.Errorf("%d rows examined, the section has %d", e.Rows, rows)
		}
		return nil
	}
	rows, err := snap.Find(context.Background(), e.Section, e.Object)
	if err != nil {
		return err
	}
	for _, raw := range rows {
		value, found := entra.Lookup(raw, e.Pointer)
		switch {
		case found && !e.Absent && bytes.Equal(value, e.Value):
			return nil
		case !found && e.Absent && entra.ParentFound(raw, e.Pointer):
			return nil
		}
	}
	return fmt.Errorf("%d rows with this key, none says %s", len(rows), e.Value)
}

type wanted struct {
	outcome  string
	missing  []string
	findings []wantedFinding
}

type wantedFinding struct {
	head    string // severity, subject, affected, certainty: everything before ~
	message string // regular expression, or the message itself in what was got
	users   []string
	fixes   []string // one for each step
	quoted  string   // a regular expression for message, where one is known
}

func describe(r *runner.Results) wanted {
	w := wanted{outcome: r.Checks[0].Outcome.String()}
	for _, id := range r.Checks[0].Missing {
		w.missing = append(w.missing, string(id))
	}
	for _, f := range r.Findings {
		affected := "nobody"
		if unit := f.Affected.Unit(); unit != "" {
			affected = fmt.Sprintf("%s=%d", unit, f.Affected.Count())
			if f.Affected.AtLeast {
				affected += "+"
			}
		}
		words := []string{f.Severity.String(), string(f.Subject.Type) + "/" + f.Subject.ID, affected}
		if f.Certainty != audit.Confirmed {
			words = append(words, f.Certainty.String())
		}
		if f.Tentative {
			words = append(words, "tentative")
		}
		var users []string
		for m := range f.Affected.Members() {
			users = append(users, m.UserPrincipalName)
		}
		slices.Sort(users)
		var fixes []string
		for _, s := range f.Fix {
			fixes = append(fixes, describeStep(s))
		}
		w.findings = append(w.findings, wantedFinding{head: strings.Join(words, " "), message: f.Message, users: users, fixes: fixes})
	}
	return w
}

func describeStep(s audit.Step) string {
	if !s.Tried() {
		return string(s.Untried)
	}
	text := fmt.Sprintf("frees=%d worsens=%d", s.Frees, s.Worsens)
	if s.Unsure > 0 {
		text += fmt.Sprintf(" unsure=%d", s.Unsure)
	}
	return text
}

// shorten keeps the expressions by which an older file knew the same findings.
func (w wanted) shorten(old wanted) {
	for i := range w.findings {
		g := &w.findings[i]
		for _, o := range old.findings {
			if o.matches(*g) {
				g.quoted = o.message
				if len(o.users) == 0 {
					g.users = nil
				}
			}
		}
	}
}

func (w wanted) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "outcome %s\n", w.outcome)
	if len(w.missing) > 0 {
		fmt.Fprintf(&b, "missing %s\n", strings.Join(w.missing, " "))
	}
	for _, f := range w.findings {
		fmt.Fprintf(&b, "finding %s ~ %s\n", f.head, cmp.Or(f.quoted, regexp.QuoteMeta(f.message)))
		if len(f.users) > 0 {
			fmt.Fprintf(&b, "  %s\n", strings.Join(f.users, " "))
		}
		for _, fix := range f.fixes {
			fmt.Fprintf(&b, "  fix %s\n", fix)
		}
	}
	return b.String()
}

func leadingComment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

func parseWant(text string) (wanted, error) {
	var w wanted
	for n, line := range strings.Split(text, "\n") {
		switch word, rest, _ := strings.Cut(line, " "); {
		case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		case word == "outcome":
			w.outcome = rest
		case word == "missing":
			w.missing = strings.Fields(rest)
		case word == "finding":
			head, message, _ := strings.Cut(rest, " ~ ")
			if _, err := regexp.Compile(message); err != nil {
				return w, fmt.Errorf("line %d: %w", n+1, err)
			}
			w.findings = append(w.findings, wantedFinding{head: head, message: message})
		case word == "" && len(w.findings) > 0:
			last := &w.findings[len(w.findings)-1]
			if fix, is := strings.CutPrefix(strings.TrimSpace(line), "fix "); is {
				last.fixes = append(last.fixes, fix)
			} else {
				last.users = append(last.users, strings.Fields(line)...)
			}
		default:
			return w, fmt.Errorf("line %d: %q is no statement", n+1, line)
		}
	}
	if w.outcome == "" {
		return w, errors.New("it does not name an outcome")
	}
	if !strings.HasPrefix(text, "#") {
		return w, errors.New("it does not start with a comment that says why the fixture exists")
	}
	return w, nil
}

func compare(want, got wanted) (problems []string) {
	if want.outcome != got.outcome {
		problems = append(problems, fmt.Sprintf("outcome %s, want %s", got.outcome, want.outcome))
	}
	if !slices.Equal(want.missing, got.missing) {
		problems = append(problems, fmt.Sprintf("missing %v, want %v", got.missing, want.missing))
	}
	left := slices.Clone(got.findings)
	for _, w := range want.findings {
		i := slices.IndexFunc(left, func(g wantedFinding) bool { return w.matches(g) })
		if i < 0 {
			problems = append(problems, fmt.Sprintf("no finding: %s ~ %s %v", w.head, w.message, w.users))
			continue
		}
		if !slices.Equal(w.fixes, left[i].fixes) {
			problems = append(problems, fmt.Sprintf("the fixes of %s ~ %s: %q, want %q", w.head, w.message, left[i].fixes, w.fixes))
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, g := range left {
		problems = append(problems, fmt.Sprintf("surplus finding: %s ~ %s %v", g.head, g.message, g.users))
	}
	return problems
}

func (w wantedFinding) matches(g wantedFinding) bool {
	ok, err := regexp.MatchString(w.message, g.message)
	if err != nil || !ok || w.head != g.head {
		return false
	}
	users := slices.Clone(w.users)
	slices.Sort(users)
	return len(users) == 0 || slices.Equal(users, g.users)
}

// Fixtures opens every snapshot folder below the named folders: what a test over
// all fixtures runs on.
func Fixtures(t *testing.T, roots ...string) map[string]*snapshot.Snapshot {
	t.Helper()
	all := map[string]*snapshot.Snapshot{}
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() != "manifest.json" {
				return err
			}
			dir := filepath.Dir(path)
			snap, err := snapshot.Open(os.DirFS(dir))
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			all[dir] = snap
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) == 0 {
		t.Fatal("there are no fixtures")
	}
	return all
}
