package conditionalaccess_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

var updateCorpus = flag.Bool("update-corpus", false, "rewrite what the cases of the corpus want")

const corpus = "testdata/corpus"

// corpusCase is one file of the corpus; testdata/corpus/README.md describes it.
type corpusCase struct {
	name    string
	archive *txtar.Archive
	claims  []claim
}

// claim says which sign-ins show a rule firing, or nearly firing.
type claim struct {
	rule      string
	fires     bool
	scenarios []string
}

func loadCase(t *testing.T, path string) *corpusCase {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &corpusCase{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), archive: archive}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 3 || words[0] != "+" && words[0] != "-" {
			t.Fatalf("%s: %q is neither a comment (#) nor \"+ rule sign-in…\" or \"- rule sign-in…\"", path, line)
		}
		c.claims = append(c.claims, claim{words[1], words[0] == "+", words[2:]})
	}
	return c
}

func loadCorpus(t *testing.T) []*corpusCase {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(corpus, "*.txtar"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var cases []*corpusCase
	for _, path := range paths {
		if filepath.Base(path) != "base.txtar" {
			cases = append(cases, loadCase(t, path))
		}
	}
	return cases
}

func (c *corpusCase) file(name string) (text string, found bool) {
	for _, f := range c.archive.Files {
		if f.Name == name {
			return string(f.Data), true
		}
	}
	return "", false
}

// open makes the snapshot of a case: the base tenant, with the rows of the case
// added and the states of sections that it gives.
func (c *corpusCase) open(t *testing.T, base *corpusCase) *snapshot.Snapshot {
	t.Helper()
	rows := map[string][]string{}
	for _, from := range []*corpusCase{base, c} {
		for _, f := range from.archive.Files {
			if section, ok := strings.CutPrefix(f.Name, "sections/"); ok {
				if _, known := snapshot.Spec(snapshot.SectionID(section)); !known {
					t.Fatalf("%s: %s is no section of a snapshot", from.name, section)
				}
				rows[section] = append(rows[section], factstest.JSONObjects(t, from.name+": "+f.Name, f.Data)...)
			} else if !slices.Contains([]string{"states", "scenarios", "want", "problems", "assumptions"}, f.Name) {
				t.Fatalf("%s: a case has no part %q", from.name, f.Name)
			}
		}
	}
	var entries []string
	states, _ := c.file("states")
	for line := range strings.Lines(states) {
		words := strings.Fields(line)
		if len(words) != 2 {
			t.Fatalf("%s: states: %q is not a section and its state", c.name, line)
		}
		if !snapshot.State(words[1]).HasRows() {
			delete(rows, words[0])
		}
		entries = append(entries, fmt.Sprintf("%q:{\"state\":%q}", words[0], words[1]))
	}
	files := fstest.MapFS{"manifest.json": {Data: fmt.Appendf(nil,
		`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z","sections":{%s}}`, strings.Join(entries, ","))}}
	for section, lines := range rows {
		files["sections/"+section+".ndjson"] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
	}
	snap, err := snapshot.Open(files)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	return snap
}

// outcome is what became of a case: for every sign-in the line that sums it up,
// with a line for every policy.
type outcome struct {
	ids      []string
	headline map[string]string
	policies map[string]string

	problems, assumptions string
}

func (o *outcome) text() string {
	var b strings.Builder
	for _, id := range o.ids {
		b.WriteString(o.headline[id] + o.policies[id])
	}
	return b.String()
}

func (c *corpusCase) judge(t *testing.T, base *corpusCase) *outcome {
	t.Helper()
	run := audit.NewRun(c.open(t, base))
	compiled, err := audit.Evaluate(t.Context(), run, access.Policies)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := audit.Evaluate(t.Context(), run, population.Users)
	if err != nil {
		t.Fatal(err)
	}
	out := &outcome{headline: map[string]string{}, policies: map[string]string{}}
	text, _ := c.file("scenarios")
	for _, row := range factstest.JSONObjects(t, c.name+": scenarios", []byte(text)) {
		s, err := conditionalaccess.ParseScenario([]byte(row))
		if err != nil {
			t.Fatalf("%s: %s: %v", c.name, row, err)
		}
		who, found := dir.Find(s.User)
		if !found || s.ID == "" || out.headline[s.ID] != "" {
			t.Fatalf("%s: sign-in %q of %q: it needs an id of its own and a user of the tenant", c.name, s.ID, s.User)
		}
		d := compiled.Evaluate(&s.SignIn, compiled.Users(who))
		out.ids = append(out.ids, s.ID)
		out.headline[s.ID], out.policies[s.ID] = describe(s.ID, d)
	}
	for _, p := range compiled.Problems() {
		line := p.Where + ": " + p.What
		if p.PolicyID != "" {
			line = p.PolicyID + " " + line
		}
		out.problems += line + "\n"
	}
	for _, a := range compiled.Assumptions() {
		out.assumptions += a + "\n"
	}
	return out
}

func describe(id string, d *conditionalaccess.Decision) (headline, policies string) {
	shape := d.Shape(id)
	headline = id + " " + shape.Verdict
	for _, m := range shape.Unknown {
		headline += " " + m
	}
	if len(shape.Needs) > 0 {
		if shape.Verdict != "needs" {
			headline += "; needs"
		}
		headline += " " + strings.Join(shape.Needs, " ")
	}
	for _, p := range shape.Policies {
		if elsewhere(p.Because) {
			continue
		}
		policies += "  " + p.ID + " " + p.Applies
		if len(p.Because) > 0 {
			policies += ": " + strings.Join(p.Because, " ")
		}
		switch p.Satisfied {
		case "yes":
			policies += " met"
		case "no":
			policies += " unmet"
		case "unknown":
			policies += " perhaps met"
		}
		if p.Unmet != nil && len(*p.Unmet) > 0 {
			policies += " " + strings.Join(*p.Unmet, " ")
		}
		if len(p.Unknown) > 0 {
			policies += "; unknown " + strings.Join(p.Unknown, " ")
		}
		policies += "\n"
	}
	return headline + "\n", policies
}

// elsewhere tells whether a policy is about other people or other targets. Cases do
// not list those.
func elsewhere(because []string) bool {
	return slices.ContainsFunc(because, func(c string) bool {
		return slices.Contains([]string{"users", "applications", "userActions", "authenticationContext"}, c)
	})
}

func TestCorpus(t *testing.T) {
	base := loadCase(t, filepath.Join(corpus, "base.txtar"))
	for _, c := range loadCorpus(t) {
		t.Run(c.name, func(t *testing.T) {
			got := c.judge(t, base)
			if *updateCorpus {
				c.update(t, got)
				return
			}
			want, found := c.file("want")
			if !found {
				t.Fatal("the case wants nothing: it has no part \"want\"")
			}
			if diff := cmp.Diff(want, got.matching(want)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			for part, text := range map[string]string{"problems": got.problems, "assumptions": got.assumptions} {
				if want, found := c.file(part); found && want != text {
					t.Errorf("%s (-want +got)\n%s", part, cmp.Diff(want, text))
				}
			}
			c.checkClaims(t, got)
		})
	}
}

// matching is the outcome, without the lines of policies where a case has none for
// a sign-in.
func (o *outcome) matching(want string) string {
	var b strings.Builder
	for _, id := range o.ids {
		b.WriteString(o.headline[id])
		if _, after, found := strings.Cut("\n"+want, "\n"+id+" "); found {
			if _, rest, _ := strings.Cut(after, "\n"); strings.HasPrefix(rest, "  ") {
				b.WriteString(o.policies[id])
			}
		}
	}
	return b.String()
}

// checkClaims: the sign-ins that claims name exist, and a rule shows: the sign-ins
// where it fires come out differently from those where it just does not.
func (c *corpusCase) checkClaims(t *testing.T, got *outcome) {
	t.Helper()
	shown := map[string]map[bool][]string{}
	for _, cl := range c.claims {
		if shown[cl.rule] == nil {
			shown[cl.rule] = map[bool][]string{}
		}
		for _, id := range cl.scenarios {
			if got.headline[id] == "" {
				t.Errorf("rule %s names the sign-in %q, which is not there", cl.rule, id)
				continue
			}
			_, headline, _ := strings.Cut(got.headline[id], " ")
			shown[cl.rule][cl.fires] = append(shown[cl.rule][cl.fires], headline+got.policies[id])
		}
	}
	for rule, by := range shown {
		for _, text := range by[true] {
			if slices.Contains(by[false], text) {
				t.Errorf("rule %s: a sign-in where it fires comes out like one where it does not:\n%s", rule, text)
			}
		}
	}
}

func (c *corpusCase) update(t *testing.T, got *outcome) {
	t.Helper()
	set := func(name, text string, add bool) {
		for i := range c.archive.Files {
			if c.archive.Files[i].Name == name {
				c.archive.Files[i].Data = []byte(text)
				return
			}
		}
		if add {
			c.archive.Files = append(c.archive.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	set("problems", got.problems, false)
	set("assumptions", got.assumptions, false)
	set("want", got.text(), true)
	if err := os.WriteFile(filepath.Join(corpus, c.name+".txtar"), txtar.Format(c.archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestCorpusCoversRules: every rule fires in some case, and in some case it nearly
// does.
func TestCorpusCoversRules(t *testing.T) {
	fires, near := map[string]bool{}, map[string]bool{}
	for _, c := range loadCorpus(t) {
		for _, cl := range c.claims {
			if cl.fires {
				fires[cl.rule] = true
			} else {
				near[cl.rule] = true
			}
		}
	}
	known := map[string]bool{}
	for _, r := range conditionalaccess.Rules() {
		if known[r.Key] {
			t.Errorf("rule %s is listed twice", r.Key)
		}
		known[r.Key] = true
		if !fires[r.Key] {
			t.Errorf("rule %s: no case in which it fires", r.Key)
		}
		if !near[r.Key] {
			t.Errorf("rule %s: no near miss", r.Key)
		}
	}
	for _, list := range []map[string]bool{fires, near} {
		for key := range list {
			if !known[key] {
				t.Errorf("a case names the rule %s, which does not exist", key)
			}
		}
	}
}

// TestCorpusRulesAreDocumented keeps the table of rules in step with the program.
func TestCorpusRulesAreDocumented(t *testing.T) {
	const path = "../../docs/conditional-access.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "-update-corpus -->\n")
	_, after, closed := strings.Cut(rest, "<!-- end of rules -->")
	if !found || !closed {
		t.Fatal("the markers of the table are gone")
	}
	var table strings.Builder
	table.WriteString("| rule | meaning | source | date |\n|---|---|---|---|\n")
	for _, r := range conditionalaccess.Rules() {
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", r.Key, r.Meaning, r.Source, r.Date)
		if !strings.Contains(before, "\n| "+r.Source+" |") && r.Source != "own" {
			t.Errorf("rule %s: the source %s is not listed", r.Key, r.Source)
		}
	}
	want := before + "-update-corpus -->\n" + table.String() + "<!-- end of rules -->" + after
	if want == string(text) {
		return
	}
	if !*updateCorpus {
		t.Error("the table of rules is out of date: run with -update-corpus")
		return
	}
	if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
