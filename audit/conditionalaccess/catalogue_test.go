package conditionalaccess

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"passkeyaudit/audit/entra/catalogue"
)

// TestBuiltInStrengthsAgree: the evaluator and the catalogue say the same about the
// built-in strengths.
func TestBuiltInStrengthsAgree(t *testing.T) {
	published := map[string][]string{}
	for _, s := range catalogue.BuiltInStrengths() {
		published[s.ID] = s.AllowedCombinations
	}
	if diff := cmp.Diff(published, builtInCombinations); diff != "" {
		t.Errorf("(-catalogue +evaluator):\n%s", diff)
	}
}
