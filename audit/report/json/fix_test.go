package json

import (
	"testing"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit"
)

// TestFixNeverFreesNobody: what was not counted, or is nobody, is not written.
func TestFixNeverFreesNobody(t *testing.T) {
	f := audit.Finding{Check: &audit.Check{ID: "PK-BOOT-003"}, Fix: []audit.Step{{Change: "a"}, {Change: "b", Frees: 3, Worsens: 1}}}
	text, err := json.Marshal(findingOf(f, 0).Fix)
	if want := `[{"change":"a"},{"change":"b","frees":3,"worsens":1}]`; err != nil || string(text) != want {
		t.Errorf("%s, want %s, %v", text, want, err)
	}
}
