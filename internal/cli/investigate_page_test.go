package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"passkeyaudit/audit/investigate"
)

const investigatePage = "../../docs/investigate.md"

// The page on investigating shows what the command prints, and the table of sentences
// as it is.
func TestInvestigatePage(t *testing.T) {
	text, err := os.ReadFile(investigatePage)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for _, c := range []struct {
		name, user string
		answers    []string
		ask, whole bool
	}{
		{"deleted", "catalina.andersson", nil, false, true},
		{"hangs", "xenia.schouten", nil, false, false},
		{"asked", "xenia.schouten", []string{"1", "no", "", "", "", "", "", "", "", "", ""}, true, false},
		{"asked-deleted", "catalina.andersson", []string{"", "", "", "", "", "", "", "", "", "", "", ""}, true, false},
	} {
		var out bytes.Buffer
		d := testDeps(&out, 80)
		d.IO.In = strings.NewReader(strings.Join(c.answers, "\n") + "\n")
		args := []string{"investigate", c.user + "@orrindale.example", "--demo"}
		if c.ask {
			args = append(args, "--ask")
		}
		if code := Main(context.Background(), *d, args); code != ExitClean {
			t.Fatalf("%v: exit code %d: %s", args, code, d.IO.Err)
		}
		shown := out.String()
		if !c.whole {
			// As far as the reasons: the rest is like that of the first story.
			shown, _, _ = strings.Cut(shown, "\nThe way to a passkey\n")
			shown += "\n…\n"
		}
		if c.ask {
			shown = fmt.Sprint(d.IO.Err) + "\n" + shown
		}
		want = between(t, want, c.name, "```\n"+strings.TrimRight(shown, "\n")+"\n```\n")
	}
	var table strings.Builder
	table.WriteString("| sentence | stage | words that stand for it |\n|---|---|---|\n")
	for _, s := range investigate.Symptoms {
		fmt.Fprintf(&table, "| %s | `%s` | %s |\n", s.Says, string(s.Stage), s.Words())
	}
	want = between(t, want, "symptoms", table.String())
	if want == string(text) {
		return
	}
	if !*updateGolden {
		t.Error("the page is out of date: run this test with -update-golden")
		return
	}
	if err := os.WriteFile(investigatePage, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every line of the page for the terminal fits it, and text of the tenant is escaped in
// every form.
func TestInvestigateFits(t *testing.T) {
	for _, user := range []string{"rashid.laine", "sofia.czerny", "dilara.eklund", "elif.tanaka"} {
		for _, width := range []int{60, 80, 100} {
			var out bytes.Buffer
			Main(context.Background(), *testDeps(&out, width), []string{"investigate", user + "@orrindale.example", "--demo"})
			for line := range strings.Lines(out.String()) {
				line = strings.TrimRight(line, "\n")
				if n := len([]rune(line)); n > width && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, "/authenticationMethodConfigurations") && !strings.Contains(line, "https://") && !strings.Contains(line, "/appliedConditionalAccessPolicies") {
					t.Errorf("%s at %d columns: a line of %d: %q", user, width, n, line)
				}
				if line != strings.TrimRight(line, " ") {
					t.Errorf("%s: a line ends in spaces: %q", user, line)
				}
			}
		}
	}
}
