package cli

import (
	"bytes"
	"context"
	"encoding/csv"
	stdjson "encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"passkeyaudit/audit"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/markdown"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
)

// everyFormat is a tenant in every format, worked out once for all tests.
func everyFormat(t *testing.T, tenant string) map[string][]byte {
	t.Helper()
	written.Lock()
	defer written.Unlock()
	if written.tenants[tenant] == nil {
		written.tenants[tenant] = inEveryFormat(t, tenants(t)[tenant])
	}
	return written.tenants[tenant]
}

var written = struct {
	sync.Mutex
	tenants map[string]map[string][]byte
}{tenants: map[string]map[string][]byte{}}

// inEveryFormat judges a snapshot and writes it in every format.
func inEveryFormat(t *testing.T, snap *snapshot.Snapshot) map[string][]byte {
	t.Helper()
	ctx := context.Background()
	d := testDeps(&bytes.Buffer{}, 80)
	out := map[string][]byte{}
	run := audit.NewRun(snap)
	var results *runner.Results
	var h audit.Header
	for _, format := range formats() {
		j, err := formatted(format).validate(d)
		if err != nil {
			t.Fatal(err)
		}
		if results == nil {
			if results, err = j.plan.Run(ctx, run, runner.Options{}); err != nil {
				t.Fatal(err)
			}
			if h, err = header(ctx, d, run); err != nil {
				t.Fatal(err)
			}
		}
		beside, err := j.beside(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		var w bytes.Buffer
		if err := results.Emit(h, j.sink(d, &w, beside)); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		out[format] = w.Bytes()
	}
	return out
}

func formatted(format string) judgeOptions {
	return judgeOptions{FailOn: "never", resultOptions: resultOptions{Format: format, Sample: "3", Color: "never", Verbose: true}}
}

func tenants(t *testing.T) map[string]*snapshot.Snapshot {
	t.Helper()
	folders := map[string]fs.FS{"demo": fixtures.Demo(), "hostile": hostileTenant(t)}
	for _, name := range fixtures.Scenarios() {
		folder, err := fixtures.Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		folders[name] = folder
	}
	all := map[string]*snapshot.Snapshot{}
	for name, folder := range folders {
		snap, err := snapshot.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = snap
	}
	return all
}

// A stored run gives the bytes that the audit would have written, whatever the format.
func TestStoredRunsRenderAlike(t *testing.T) {
	SkipUnderRace(t)
	for name := range tenants(t) {
		t.Run(name, func(t *testing.T) {
			direct := everyFormat(t, name)
			run, err := reportjson.OpenRun(bytes.NewReader(direct["ndjson"]), checkByID())
			if err != nil {
				t.Fatal(err)
			}
			d := testDeps(&bytes.Buffer{}, 80)
			for _, format := range formats() {
				r, err := formatted(format).resultOptions.validate(d)
				if err != nil {
					t.Fatal(err)
				}
				var w bytes.Buffer
				if err := run.Replay(r.sink(d, &w, run.Beside())); err != nil {
					t.Fatalf("%s: %v", format, err)
				}
				if !bytes.Equal(w.Bytes(), direct[format]) {
					t.Errorf("%s differs (-direct +stored):\n%.3000s", format, cmp.Diff(strings.Split(string(direct[format]), "\n"), strings.Split(w.String(), "\n")))
				}
			}
		})
	}
}

// A run that is not whole is not taken for one.
func TestBrokenRuns(t *testing.T) {
	whole := everyFormat(t, "healthy")["ndjson"]
	lines := bytes.SplitAfter(whole, []byte("\n"))
	lines = lines[:len(lines)-1]
	tests := []struct{ name, run, want string }{
		{"empty", "", "no stored run"},
		{"no run", `{"type":"user"}` + "\n", "no stored run"},
		{"no JSON", "SEVERITY  CHECK\n", "line 1"},
		{"cut off between lines", string(bytes.Join(lines[:len(lines)-1], nil)), "cut off"},
		{"cut off inside a line", string(whole[:len(whole)-20]), "line " + strconv.Itoa(len(lines))},
		{"another schema", strings.Replace(string(whole), "report/v1", "report/v2", 1), `"passkeyaudit.report/v2"`},
		{"another severity", strings.Replace(string(whole), `"severity":"`, `"severity":"x`, 1), "is no severity"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run, err := reportjson.OpenRun(strings.NewReader(tt.run), checkByID())
			if err == nil {
				err = run.Replay(reportjson.NewDocument(io.Discard, 0))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// number is one on the page with where the JSON has it.
var pageNumber = regexp.MustCompile(`<span class="n" data-n="([^"]+)">([^<]*)</span>`)

// Every number on the page stands in the JSON forms too.
func TestPageNumbersEqualJSON(t *testing.T) {
	SkipUnderRace(t)
	for name, snap := range tenants(t) {
		t.Run(name, func(t *testing.T) {
			out := everyFormat(t, name)
			documents := map[string]any{"audit": decoded(t, out["json"]), "overview": overviewOf(t, out["ndjson"])}

			// The overview's readiness is that of the command.
			var ready map[string]any
			if err := stdjson.Unmarshal(readinessJSON(t, snap), &ready); err != nil {
				t.Fatal(err)
			}
			for _, of := range []string{"schema", "tool", "tenant", "snapshot"} {
				delete(ready, of)
			}
			if diff := cmp.Diff(ready, documents["overview"].(map[string]any)["readiness"]); diff != "" {
				t.Errorf("readiness of the page and of the command differ:\n%s", diff)
			}

			page := string(out["html"])
			numbersEqual(t, page, documents)

			// So does the table of people.
			states := map[string]int{}
			for _, state := range peopleStates(t, page) {
				states[state]++
			}
			for state, n := range ready["states"].(map[string]any) {
				if states[state] != int(n.(float64)) {
					t.Errorf("the table lists %d people as %s, the JSON %v", states[state], state, n)
				}
			}
		})
	}
}

// numbersEqual compares the numbers of a page with those of the documents that it
// names.
func numbersEqual(t *testing.T, page string, documents map[string]any) {
	t.Helper()
	found := pageNumber.FindAllStringSubmatch(page, -1)
	if len(found) < 30 {
		t.Errorf("the page has %d numbers", len(found))
	}
	for _, m := range found {
		path := strings.ReplaceAll(m[1], "&#43;", "+")
		want := 0
		for term := range strings.SplitSeq(path, "+") {
			document, pointer, _ := strings.Cut(term, ":")
			want += pointed(t, documents[document], pointer)
		}
		if got, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", "")); err != nil || got != want {
			t.Errorf("the page says %q for %s, the JSON %d", m[2], path, want)
		}
	}
	// Cells for numbers hold nothing but such numbers.
	for _, cell := range regexp.MustCompile(`<td class="num[^"]*">(.*?)</td>`).FindAllStringSubmatch(page, -1) {
		rest := pageNumber.ReplaceAllString(cell[1], "")
		if strings.ContainsFunc(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(rest, ""), unicode.IsDigit) {
			t.Errorf("a number that is not marked: %s", cell[0])
		}
	}
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	if err := stdjson.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func overviewOf(t *testing.T, run []byte) any {
	t.Helper()
	for line := range bytes.Lines(run) {
		if bytes.HasPrefix(line, []byte(`{"type":"overview"`)) {
			return decoded(t, line)
		}
	}
	t.Fatal("the run has no overview")
	return nil
}

// pointed is the number at a JSON pointer; an absent member is none.
func pointed(t *testing.T, document any, pointer string) int {
	t.Helper()
	at := document
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch parent := at.(type) {
		case map[string]any:
			at = parent[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(parent) {
				t.Fatalf("there is no %s", pointer)
			}
			at = parent[i]
		default:
			t.Fatalf("there is no %s", pointer)
		}
	}
	switch n := at.(type) {
	case float64:
		return int(n)
	case nil:
		return 0
	}
	t.Fatalf("%s is no number but %v", pointer, at)
	return 0
}

// peopleStates are the states of the rows in the page's table of people.
func peopleStates(t *testing.T, page string) []string {
	t.Helper()
	_, text, found := strings.Cut(page, `id="people-data">`)
	if !found {
		t.Fatal("the page has no people")
	}
	var data struct {
		Groups []struct{ S string }
		Rows   [][]any
	}
	if err := stdjson.NewDecoder(strings.NewReader(text)).Decode(&data); err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, row := range data.Rows {
		states = append(states, data.Groups[int(row[1].(float64))].S)
	}
	return states
}

func readinessJSON(t *testing.T, snap *snapshot.Snapshot) []byte {
	t.Helper()
	ctx := context.Background()
	run := audit.NewRun(snap)
	j, err := formatted("html").validate(testDeps(&bytes.Buffer{}, 80))
	if err != nil {
		t.Fatal(err)
	}
	beside, err := j.beside(ctx, run)
	if err != nil {
		t.Fatal(err)
	}
	h, err := header(ctx, testDeps(&bytes.Buffer{}, 80), run)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := reportjson.Readiness(&out, h, beside.Readiness); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hostileName is everything at once that some format could fall for.
const hostileName = "=cmd|'/c calc'!A1 <script>alert(1)</script><img src=x onerror=alert(2)> `code` | \x1b[31m\u202egnp.exe\u202c \u009b2J\r\n\u2028@octocat #12 [x](https://evil.example) **b** ]]> </script> --> {{.}} \u0000\u007f end"

// hostileTenant is the demo tenant with that name for the tenant, for policies,
// profiles, groups and the people that findings list.
func hostileTenant(t *testing.T) fs.FS {
	t.Helper()
	name, err := stdjson.Marshal(hostileName)
	if err != nil {
		t.Fatal(err)
	}
	inside := string(name[1 : len(name)-1])
	out := fstest.MapFS{}
	err = fs.WalkDir(fixtures.Demo(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(fixtures.Demo(), path)
		if err != nil {
			return err
		}
		s := regexp.MustCompile(`("displayName": ?")`).ReplaceAllString(string(text), "${1}"+strings.ReplaceAll(inside, "$", "$$"))
		// A user principal name stays one: what comes before the @ is anybody's.
		s = regexp.MustCompile(`("userPrincipalName": ?")([a-z]+)\.`).ReplaceAllString(s, "${1}"+strings.ReplaceAll(inside, "$", "$$")+"$2.")
		out[path] = &fstest.MapFile{Data: []byte(s)}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Whatever people and policies are called, no format lets it do anything.
func TestHostileNamesInEveryFormat(t *testing.T) {
	out := everyFormat(t, "hostile")

	for _, format := range []string{"table", "html", "csv", "sarif", "junit", "markdown"} {
		text := string(out[format])
		if !strings.Contains(text, "cmd") || !strings.Contains(text, "octocat") {
			t.Errorf("%s: the name is not there, so nothing is tested", format)
		}
		if i := strings.IndexFunc(text, terminal); i >= 0 {
			t.Errorf("%s holds %q", format, text[max(0, i-60):min(len(text), i+20)])
		}
	}
	for _, format := range []string{"json", "ndjson"} {
		if bytes.ContainsFunc(out[format], func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("%s holds control characters", format)
		}
	}

	t.Run("html", func(t *testing.T) {
		page := strings.ToLower(string(out["html"]))
		for tag, n := range map[string]int{"<script": 2, "</script": 2, "<img": 0, "<style": 1, "<iframe": 0, "<link": 0} {
			if got := strings.Count(page, tag); got != n {
				t.Errorf("%s is there %d times, want %d", tag, got, n)
			}
		}
		for _, never := range []string{"zgotmplz", "{{"} {
			if strings.Contains(strings.ReplaceAll(page, "{{.}}", ""), never) {
				t.Errorf("the page holds %s", never)
			}
		}
	})
	t.Run("csv", func(t *testing.T) {
		rows, err := csv.NewReader(bytes.NewReader(out["csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				inert(t, cell)
			}
		}
	})
	t.Run("xlsx", func(t *testing.T) {
		f, err := excelize.OpenReader(bytes.NewReader(out["xlsx"]))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := f.GetSheetList(), []string{"Summary", "Findings", "Users", "Passkeys", "Policies"}; !slices.Equal(got, want) {
			t.Errorf("sheets %v, want %v", got, want)
		}
		for _, sheet := range f.GetSheetList() {
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) < 10 {
				t.Errorf("%s has %d rows", sheet, len(rows))
			}
			for y, row := range rows {
				for x, text := range row {
					inert(t, text)
					at, _ := excelize.CoordinatesToCellName(x+1, y+1)
					if formula, err := f.GetCellFormula(sheet, at); err != nil || formula != "" {
						t.Errorf("%s %s is the formula %q, %v", sheet, at, formula, err)
					}
				}
			}
			panes, err := f.GetPanes(sheet)
			if err != nil || !panes.Freeze || panes.YSplit != 1 {
				t.Errorf("the head of %s is not frozen: %+v, %v", sheet, panes, err)
			}
		}
	})
	t.Run("junit", func(t *testing.T) {
		dec := xml.NewDecoder(bytes.NewReader(out["junit"]))
		cases := 0
		for {
			token, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if start, is := token.(xml.StartElement); is && start.Name.Local == "testcase" {
				cases++
			}
		}
		if cases == 0 {
			t.Error("there are no test cases")
		}
	})
	t.Run("markdown", func(t *testing.T) {
		text := string(out["markdown"])
		if len(text) > markdown.Most {
			t.Errorf("it is %d bytes long", len(text))
		}
		bare := regexp.MustCompile(`\\.`).ReplaceAllString(text, "")
		for _, never := range []string{"<script", "<img", "#12", "](http", "https://evil", "**b**", "`code`"} {
			if strings.Contains(bare, never) {
				t.Errorf("it holds %s", never)
			}
		}
		// An @ after a letter or digit is an address and mentions nobody.
		if at := regexp.MustCompile(`(^|\W)@octocat`).FindString(bare); at != "" {
			t.Errorf("it mentions somebody: %q", at)
		}
		for line := range strings.Lines(bare) {
			if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 5 {
				t.Errorf("a row with other cells: %s", line)
			}
		}
		if strings.Count(text, "<details>") != strings.Count(text, "</details>") {
			t.Error("some details do not end")
		}
	})
}

// terminal tells whether a character could do something to a terminal, or to the
// direction of text.
func terminal(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028'
}

// inert checks that a spreadsheet takes a cell for text.
func inert(t *testing.T, cell string) {
	t.Helper()
	if trimmed := strings.TrimSpace(cell); trimmed != "" && strings.ContainsRune("=+-@|", rune(trimmed[0])) {
		if _, err := strconv.ParseFloat(trimmed, 64); err != nil {
			t.Errorf("a cell begins like a formula: %.80q", cell)
		}
	}
	if strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
		t.Errorf("a cell holds control characters: %.80q", cell)
	}
}

// The page of readiness has the same numbers and no findings.
func TestPageOfReadiness(t *testing.T) {
	var page, ready bytes.Buffer
	for _, c := range []struct {
		out    *bytes.Buffer
		format string
	}{{&page, "html"}, {&ready, "json"}} {
		d := testDeps(c.out, 80)
		if code := Main(context.Background(), *d, []string{"readiness", "--from", "../../fixtures/demo", "--rollout", "all", "--format", c.format}); code != ExitClean {
			t.Fatalf("exit code %d: %s", code, d.IO.Err)
		}
	}
	if strings.Contains(page.String(), `id="findings"`) || !strings.Contains(page.String(), "for all.") {
		t.Error("the page has findings, or does not say what was asked")
	}
	document := map[string]any{"readiness": decoded(t, ready.Bytes())}
	n := 0
	for _, m := range pageNumber.FindAllStringSubmatch(page.String(), -1) {
		pointer, of := strings.CutPrefix(m[1], "overview:")
		if !of || !strings.HasPrefix(pointer, "/readiness") || strings.Contains(m[1], "&#43;") {
			continue
		}
		n++
		if want := strconv.Itoa(pointed(t, document, pointer)); want != strings.ReplaceAll(m[2], ",", "") {
			t.Errorf("the page says %s for %s, the JSON %s", m[2], pointer, want)
		}
	}
	if n < 20 {
		t.Errorf("%d numbers were compared", n)
	}
}

// A workbook is not thrown at somebody's terminal.
func TestWorkbookNeedsAFile(t *testing.T) {
	var out bytes.Buffer
	d := testDeps(&out, 80)
	d.IO.OutTerminal = true
	if code := Main(context.Background(), *d, []string{"demo", "--format", "xlsx"}); code != ExitUsage || out.Len() > 0 {
		t.Errorf("exit code %d, %d bytes written", code, out.Len())
	}
}

// However little was read, every format is written, and a page says what was not seen.
func TestFormatsOfLittle(t *testing.T) {
	manifest := `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`
	denied := `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z","sections":{"users":{"state":"denied"},"conditionalAccessPolicies":{"state":"denied"},"signIns":{"state":"unlicensed"}}}`
	users := `{"id":"a0000000-0000-0000-0000-000000000001","userPrincipalName":"ada@contoso.example","accountEnabled":true,"userType":"Member"}` + "\n"
	policy := `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","includeTargets":[{"targetType":"group","id":"all_users"}]}]}`
	tests := map[string]fstest.MapFS{
		"nothing": {"manifest.json": {Data: []byte(manifest)}},
		"denied":  {"manifest.json": {Data: []byte(denied)}},
		"users":   {"manifest.json": {Data: []byte(manifest)}, "sections/users.ndjson": {Data: []byte(users)}},
		"policy":  {"manifest.json": {Data: []byte(manifest)}, "sections/authenticationMethodsPolicy.json": {Data: []byte(policy)}},
		"users and policy": {"manifest.json": {Data: []byte(manifest)}, "sections/users.ndjson": {Data: []byte(users)},
			"sections/authenticationMethodsPolicy.json": {Data: []byte(policy)}},
		"no users at all": {"manifest.json": {Data: []byte(manifest)}, "sections/users.ndjson": {Data: nil}},
	}
	for name, folder := range tests {
		t.Run(name, func(t *testing.T) {
			snap, err := snapshot.Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			out := inEveryFormat(t, snap)
			for _, question := range []string{"Can we roll out?", "Who is stuck?", "What one change helps most?", "What we could not see"} {
				if !strings.Contains(string(out["html"]), question) {
					t.Errorf("the page does not say: %s", question)
				}
			}
			if strings.Contains(string(out["html"]), `class="card wide v-yes"`) {
				t.Error("the page says yes although little was read")
			}
			if !bytes.Contains(out["junit"], []byte("<error")) || !bytes.Contains(out["csv"], []byte(",unknown,")) {
				t.Error("what could not be judged is left out")
			}
		})
	}
}
