package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The schema and the manual know the switches that the program knows.
func TestSwitchesArePublished(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema/config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Switches struct{ PropertyNames struct{ Enum []string } }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(switchNames(), schema.Properties.Switches.PropertyNames.Enum); diff != "" {
		t.Errorf("switches (-program +schema):\n%s", diff)
	}
	manual, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range switchNames() {
		if !strings.Contains(string(manual), "| `"+name+"` |") {
			t.Errorf("docs/configuration.md does not explain %s", name)
		}
	}
}
