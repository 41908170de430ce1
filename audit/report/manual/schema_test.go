package manual

import (
	"reflect"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/internal/schematest"
)

// TestSchemasAreCurrent: the published schema of the list says what the type says.
func TestSchemasAreCurrent(t *testing.T) {
	g := schematest.New(t, "manual", func(name string) []string {
		if name != "listed.Severity" {
			return nil
		}
		var words []string
		for _, s := range audit.Severities() {
			words = append(words, s.String())
		}
		return words
	})
	schematest.Current(t, "../../../docs/schema", map[string]map[string]any{
		"checks": g.Document("The checks there are, as checks list --format json writes them. See docs/checks.", reflect.TypeFor[listShape](), listSchema),
	})
}
