package cli

import (
	"os"
	"strings"
	"testing"
)

const registerPage = "../../docs/register-app.md"

// The page on registering the app shows the permissions and commands that the
// permissions command writes.
func TestRegisterPage(t *testing.T) {
	text, err := os.ReadFile(registerPage)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPermissionPlan(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	if err := p.azureCLI(&script); err != nil {
		t.Fatal(err)
	}
	want := between(t, string(text), "permissions", p.pageTable())
	want = between(t, want, "az", "```sh\n"+script.String()+"```\n")
	if want == string(text) {
		return
	}
	if !*updateGolden {
		t.Error("the page is out of date: run this test with -update-golden")
		return
	}
	if err := os.WriteFile(registerPage, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// between puts a text between the marks of a name.
func between(t *testing.T, page, name, text string) string {
	t.Helper()
	before, rest, opened := strings.Cut(page, "<!-- "+name+": ")
	head, rest, _ := strings.Cut(rest, "-->\n")
	_, after, closed := strings.Cut(rest, "<!-- end of "+name+" -->")
	if !opened || !closed {
		t.Fatalf("the page has no marks for %s", name)
	}
	return before + "<!-- " + name + ": " + head + "-->\n" + text + "<!-- end of " + name + " -->" + after
}
