package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/audittest"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
	"passkeyaudit/fixtures"
	"passkeyaudit/internal/term"
)

var updateGolden = flag.Bool("update-golden", false, "rewrite testdata/golden")

func testDeps(out *bytes.Buffer, width int) *Deps {
	return &Deps{Version: "v0.0.0-test", IO: &term.IO{
		In: strings.NewReader(""), Out: out, Err: &bytes.Buffer{}, Width: width, Getenv: func(string) string { return "" },
	}}
}

// The demo tenant's output is what people see first, so it is looked at as a
// whole.
func TestDemoGolden(t *testing.T) {
	SkipUnderRace(t)
	cases := []struct {
		name  string
		width int
		args  []string
	}{
		{"demo-80.txt", 80, nil},
		{"demo-200.txt", 200, nil},
		{"demo-details-80.txt", 80, []string{"--verbose", "--sample", "3"}},
		{"demo-color.txt", 80, []string{"--color", "always", "--checks", "scope"}},
		{"demo.json", 80, []string{"--format", "json", "--sample", "2"}},
		{"demo.ndjson", 80, []string{"--format", "ndjson", "--checks", "attestation,self-service-off"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			d := testDeps(&out, c.width)
			code := Main(context.Background(), *d, append([]string{"demo"}, c.args...))
			if code != ExitFindings {
				t.Errorf("exit code %d: %s", code, d.IO.Err)
			}
			golden(t, c.name, firstOfLists(out.Bytes()))
		})
	}
}

// firstOfLists leaves out of a stored run all but the first accounts and passkeys.
func firstOfLists(run []byte) []byte {
	var out []byte
	const most = 5
	seen := map[string]int{}
	for line := range bytes.Lines(run) {
		for _, kind := range []string{"user", "passkey"} {
			if bytes.HasPrefix(line, []byte(`{"type":"`+kind+`"`)) {
				seen[kind]++
				if seen[kind] > most {
					line = nil
				}
			}
		}
		out = append(out, line...)
	}
	return out
}

// So is its readiness.
func TestReadinessGolden(t *testing.T) {
	SkipUnderRace(t)
	cases := []struct {
		name  string
		width int
		args  []string
	}{
		{"readiness-80.txt", 80, nil},
		{"readiness-200.txt", 200, nil},
		{"readiness-color.txt", 80, []string{"--color", "always", "--goal", "securityKey"}},
		{"readiness.json", 80, []string{"--format", "json"}},
		{"readiness-users.csv", 80, []string{"--users", "--format", "csv"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			d := testDeps(&out, c.width)
			code := Main(context.Background(), *d, append([]string{"readiness", "--from", "../../fixtures/demo"}, c.args...))
			if code != ExitClean {
				t.Errorf("exit code %d: %s", code, d.IO.Err)
			}
			golden(t, c.name, out.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *updateGolden {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestTablesFitTheirWidth(t *testing.T) {
	SkipUnderRace(t)
	for _, width := range []int{80, 100, 200} {
		for _, args := range [][]string{{"demo"}, {"checks", "list"}, {"checks", "explain", "PK-BOOT-001"}, {"checks", "explain", "PK-SELF-002"}} {
			var out bytes.Buffer
			Main(context.Background(), *testDeps(&out, width), args)
			for line := range strings.Lines(out.String()) {
				line = strings.TrimRight(line, "\n")
				if n := len([]rune(line)); n > width && !strings.Contains(line, "https://") {
					t.Errorf("%v at %d columns: a line of %d: %q", args, width, n, line)
				}
				if line != strings.TrimRight(line, " ") {
					t.Errorf("%v: a line ends in spaces: %q", args, line)
				}
			}
		}
	}
}

// The same snapshot gives the same bytes with one worker and with many, on every
// fixture there is.
func TestWorkersDoNotChangeTheResult(t *testing.T) {
	roots := []string{"../../fixtures", "../../checks"}
	if raceDetector {
		roots = roots[:1] // those of checks are small, and many
	}
	for dir, snap := range audittest.Fixtures(t, roots...) {
		t.Run(dir, func(t *testing.T) {
			one := render(t, snap, "json", 1)
			for _, workers := range []int{2, 8} {
				if diff := cmp.Diff(one, render(t, snap, "json", workers)); diff != "" {
					t.Errorf("%d workers (-one +many):\n%s", workers, diff)
				}
			}
		})
	}
}

func render(t *testing.T, snap *snapshot.Snapshot, format string, workers int) string {
	t.Helper()
	var out bytes.Buffer
	d := testDeps(&out, 80)
	j, err := judgeOptions{FailOn: "never", resultOptions: resultOptions{Format: format, Sample: "all", Color: "never"}}.validate(d)
	if err != nil {
		t.Fatal(err)
	}
	run := audit.NewRun(snap)
	results, err := j.plan.Run(context.Background(), run, runner.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	h, err := header(context.Background(), d, run)
	if err != nil {
		t.Fatal(err)
	}
	beside, err := j.beside(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := results.Emit(h, j.sink(d, &out, beside)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Names from the tenant cannot reach the terminal as escape sequences or line
// breaks.
func TestHostileNames(t *testing.T) {
	hostile := "evil\x1b[2J\x1b]0;x\x07\r\nname\u202e"
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "sections"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("manifest.json", `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t","displayName":`+jsonString(hostile)+`},"takenAt":"2026-11-22T00:00:00Z"}`)
	write("sections/users.ndjson", `{"id":"u1","userPrincipalName":`+jsonString(hostile)+`,"accountEnabled":true}`+"\n")
	write("sections/groups.ndjson", `{"id":"g1","displayName":`+jsonString(hostile)+`}`+"\n")
	write("sections/groupMembers.ndjson", "")
	write("sections/authenticationMethodsPolicy.json", `{"id":"p","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled",
		"includeTargets":[{"id":"g1","targetType":"group"}]}]}`)
	for _, args := range [][]string{{"audit", "--from", dir, "-v"}, {"snapshot", "info", dir}} {
		var out bytes.Buffer
		Main(context.Background(), *testDeps(&out, 80), args)
		if strings.ContainsAny(out.String(), "\x1b\x07\r\u202e") {
			t.Errorf("%v lets control characters through: %q", args, out.String())
		}
		if !strings.Contains(out.String(), "evil") {
			t.Errorf("%v does not show the name at all: %s", args, out.String())
		}
	}
}

func jsonString(text string) string {
	var b strings.Builder
	for _, r := range text {
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return `"` + b.String() + `"`
}

// Every exit code of the contract, and their order where several apply.
func TestExitCodes(t *testing.T) {
	scenario := func(name string) string { return filepath.Join("..", "..", "fixtures", "scenarios", name) }
	cases := []struct {
		name string
		args []string
		want int
	}{
		{"clean", []string{"audit", "--from", scenario("healthy")}, ExitClean},
		{"findings", []string{"audit", "--from", scenario("method-off")}, ExitFindings},
		{"findings-below-the-bar", []string{"audit", "--from", scenario("method-off"), "--fail-on", "critical", "--checks", "scope,self-service"}, ExitClean},
		{"never", []string{"audit", "--from", scenario("self-service-off"), "--fail-on", "never", "--checks", "self-service"}, ExitClean},
		{"incomplete", []string{"audit", "--from", scenario("refused-methods"), "--checks", "attestation"}, ExitIncomplete},
		{"findings-beat-incomplete", []string{"audit", "--from", scenario("refused-methods"), "--fail-on", "info"}, ExitFindings},
		{"usage-unknown-flag", []string{"audit", "--nonsense"}, ExitUsage},
		{"usage-argument", []string{"audit", "extra"}, ExitUsage},
		{"usage-unknown-command", []string{"nonsense"}, ExitUsage},
		{"usage-bad-value", []string{"audit", "--from", scenario("healthy"), "--fail-on", "worst"}, ExitUsage},
		{"usage-two-sources", []string{"simulate", "--demo", "--from", "x"}, ExitUsage},
		{"usage-missing-argument", []string{"checks", "explain"}, ExitUsage},
		{"usage-unknown-check", []string{"checks", "explain", "PK-NONE-001"}, ExitUsage},
		{"runtime-no-folder", []string{"audit", "--from", "nowhere"}, ExitRuntime},
		{"runtime-no-manifest", []string{"audit", "--from", "testdata"}, ExitRuntime},
		{"runtime-output", []string{"demo", "--output", "nowhere/report.json"}, ExitRuntime},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			d := testDeps(&out, 80)
			if got := Main(context.Background(), *d, c.args); got != c.want {
				t.Errorf("exit code %d, want %d; stderr: %s", got, c.want, d.IO.Err)
			}
			if c.want == ExitUsage && out.Len() > 0 {
				t.Errorf("a mistake in the call wrote to standard output: %s", out.String())
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	if got := Main(ctx, *testDeps(&out, 80), []string{"demo"}); got != ExitRuntime || out.Len() > 0 {
		t.Errorf("exit code %d, output %q", got, out.String())
	}
}

func TestSelectChecks(t *testing.T) {
	for _, c := range []struct {
		name  string
		names []string
		want  int
	}{
		{"all", nil, len(checks.All())},
		{"id", []string{"pk-scope-001"}, 1},
		{"slug", []string{"stranded-passkeys"}, 1},
		{"family", []string{"scope"}, len(checks.Scope())},
		{"overlap", []string{"scope", "PK-SCOPE-001", "self"}, len(checks.Scope()) + len(checks.SelfService())},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := selectChecks(c.names)
			if err != nil || len(got) != c.want {
				t.Errorf("got %d checks, %v; want %d", len(got), err, c.want)
			}
		})
	}
}

func TestFixturesAreEmbedded(t *testing.T) {
	for _, name := range fixtures.Scenarios() {
		fsys, err := fixtures.Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := snapshot.Open(fsys); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
