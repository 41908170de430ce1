package json

import (
	"testing"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
)

// TestFixNeverFreesNobody: what was not counted, or is nobody, is not written.
func TestFixNeverFreesNobody(t *testing.T) {
	f := audit.Finding{Check: &audit.Check{ID: "PK-BOOT-003"}, Fix: []audit.Step{audit.Do("a"), {Change: "b", Frees: 3, Worsens: 1}, audit.Edit("c", change.AddPolicy(change.Body{"state": "enabled"}))}}
	text, err := json.Marshal(findingOf(f, 0).Fix)
	if want := `[{"change":"a","tried":false,"untried":"outside"},{"change":"b","frees":3,"worsens":1,"tried":true},` +
		`{"change":"c","tried":true,"edits":[{"method":"POST","url":"/identity/conditionalAccess/policies","body":{"state":"enabled"}}]}]`; err != nil || string(text) != want {
		t.Errorf("%s, want %s, %v", text, want, err)
	}
}
