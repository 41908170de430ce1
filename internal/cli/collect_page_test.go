package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/graphsim"
)

const collectPage = "../../docs/collect.md"

// The page on collecting lists the faults that simulate makes, and the limits that
// are kept.
func TestCollectPage(t *testing.T) {
	text, err := os.ReadFile(collectPage)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| WHAT | it |\n|---|---|\n")
	for _, f := range graphsim.Faults() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", f.Kind, f.Does)
	}
	want := between(t, string(text), "faults", table.String())
	for _, l := range graphclient.AllLimits() {
		if !strings.Contains(want, thousands(l.Units)) || !strings.Contains(want, "`"+string(l.Bucket)+"`") {
			t.Errorf("the page does not tell of the limit %+v", l)
		}
	}
	if want == string(text) {
		return
	}
	if !*updateGolden {
		t.Error("the page is out of date: run this test with -update-golden")
		return
	}
	if err := os.WriteFile(collectPage, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
