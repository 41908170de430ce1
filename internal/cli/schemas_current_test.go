package cli

import (
	"reflect"
	"testing"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/internal/schematest"
)

// TestSchemasAreCurrent: the published schemas of what only commands write say what the
// types say.
func TestSchemasAreCurrent(t *testing.T) {
	g := schematest.New(t, "cli", wordsOf, "../../audit/snapshot")
	g.Field = fieldOf
	schematest.Current(t, schemaFolder, map[string]map[string]any{
		"doctor":       g.Document("What a credential can read, as doctor --format json writes it. See docs/collect.md.", reflect.TypeFor[doctorShape](), doctorSchema),
		"plan":         g.Document("What a collection would ask, as collect --plan --format json writes it. See docs/collect.md.", reflect.TypeFor[planShape](), planSchema),
		"permissions":  g.Document("The least permissions, as permissions --format json writes them. See docs/register-app.md.", reflect.TypeFor[permissionsShape](), permissionsSchema),
		"verification": g.Document("How What-If compares, as evaluate --verify --format json writes it. See docs/conditional-access.md.", reflect.TypeFor[verification](), verificationSchema),
		"settings":     g.Document("What is in force of a configuration, as config show --format json writes it. See docs/configuration.md.", reflect.TypeFor[configShape](), configSchema),
	})
}

// fieldOf is the schema of a field that its type does not tell.
func fieldOf(_ *schematest.Generator, of reflect.Type, f reflect.StructField) map[string]any {
	switch of.Name() + "." + f.Name {
	case "doctorShape.ClockSkew": // either may be ahead
		return map[string]any{"type": "integer"}
	case "doctorShape.Licences":
		return map[string]any{"type": "object", "propertyNames": map[string]any{"enum": licences()},
			"additionalProperties": map[string]any{"enum": []string{"yes", "no", "unknown"}}}
	}
	return nil
}

func licences() []string { return schematest.Texts(collect.EntraP1, collect.EntraP2, collect.Intune) }

// wordsOf are the values of a field of text that has a closed list.
func wordsOf(name string) []string {
	switch name {
	case "credentialShape.Kind":
		return []string{"application", "delegated", "unknown"}
	case "doctorSectionShape.State":
		return append([]string{"works"}, schematest.Texts(snapshot.States()...)...)
	case "grantShape.Licence", "sectionShape.Licence":
		return licences()
	case "planSectionShape.Limit", "planLimitShape.Limit":
		return schematest.Texts(graphclient.BucketReports, graphclient.BucketDirectory, graphclient.BucketConditionalAccess, graphclient.BucketIntune)
	case "permissionsShape.Type":
		return []string{"application", "delegated"}
	case "verifyDifference.Evaluated", "verifyDifference.WhatIf":
		return []string{"applies", "notApplied"}
	case "shownValue.Source":
		return []string{"flag", "file", "default"}
	}
	return nil
}
