package json

import (
	"reflect"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/history"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/internal/schematest"
)

// TestSchemasAreCurrent: the published schemas say what the types say.
func TestSchemasAreCurrent(t *testing.T) {
	g := schematest.New(t, "json", wordsOf, "../../readiness", "../../overview", "../../preview", "../../conditionalaccess", "../../facts/bootstrap", "../../snapshot",
		"../../history", "../../investigate")
	g.Field = fieldOf
	schematest.Current(t, "../../../docs/schema", map[string]map[string]any{
		"report":        g.Document("An audit, as audit --format json writes it. See docs/report.md.", reflect.TypeFor[document](), report.Schema),
		"readiness":     g.Document("A tenant's readiness, as readiness --format json writes it. See docs/readiness.md.", reflect.TypeFor[readinessShape](), readiness.Schema),
		"user":          g.Document("One account, as readiness --users --format ndjson writes it, one a line. See docs/readiness.md.", reflect.TypeFor[readiness.User](), readiness.UserSchema),
		"preview":       g.Document("What a change would do, as preview --format json writes it. See docs/preview.md.", reflect.TypeFor[previewShape](), preview.Schema),
		"decision":      g.Document("What Conditional Access decides, as evaluate --format ndjson writes it, one a line. See docs/conditional-access.md.", reflect.TypeFor[conditionalaccess.DecisionShape](), conditionalaccess.DecisionSchema),
		"investigation": g.Document("What stands between one person and a passkey, as investigate --format json writes it. See docs/investigate.md.", reflect.TypeFor[personShape](), investigate.Schema),
		"diff":          g.Document("What differs between two runs, two lists of people or two snapshots, as diff --format json writes it. See docs/day-two.md.", reflect.TypeFor[diffShape](), history.Schema),
		"history":       g.Document("The runs that were kept, as history --format json writes them. See docs/day-two.md.", reflect.TypeFor[historyShape](), historySchema),
		"run":           lines(g),
	})
}

// fieldOf is the schema of a field that its type does not tell.
func fieldOf(g *schematest.Generator, of reflect.Type, f reflect.StructField) map[string]any {
	if of == reflect.TypeFor[previewShape]() && f.Name == "Worsens" {
		return map[string]any{"type": "array", "items": map[string]any{
			"anyOf": []any{g.Of(reflect.TypeFor[previewRow]()), g.Of(reflect.TypeFor[personaRow]())}}}
	}
	return nil
}

// lines is the schema of one line of a stored run.
func lines(g *schematest.Generator) map[string]any {
	g.Begin()
	var kinds []any
	for _, l := range []struct {
		kind, schema string
		of           reflect.Type
	}{
		{"header", report.Schema, reflect.TypeFor[headerLine]()}, {"check", report.Schema, reflect.TypeFor[checkLine]()},
		{"finding", report.Schema, reflect.TypeFor[findingLine]()}, {"members", report.Schema, reflect.TypeFor[membersLine]()},
		{"overview", report.Schema, reflect.TypeFor[overviewLine]()}, {"user", readiness.UserSchema, reflect.TypeFor[userLine]()},
		{"passkey", report.Schema, reflect.TypeFor[passkeyLine]()}, {"end", report.Schema, reflect.TypeFor[endLine]()},
	} {
		s := g.Object(l.of)
		p := s["properties"].(map[string]any)
		p["type"], p["schema"] = map[string]any{"const": l.kind}, map[string]any{"const": l.schema}
		kinds = append(kinds, g.Define(l.kind+"Line", s))
	}
	return g.End(map[string]any{
		"title": "passkeyaudit run",
		"description": "One line of a stored run, as audit --format ndjson writes it: header, check*, (finding, members*)*, (overview, user*, passkey*)?, end. " +
			"Later versions may have lines of other types. See docs/report.md.",
		"oneOf": kinds,
	})
}

// wordsOf are the values of a type, or of a field of text, that has a closed list.
func wordsOf(name string) []string {
	switch name {
	case "bootstrap.State":
		return schematest.Texts(bootstrap.States...)
	case "overview.Difference":
		return schematest.Texts(overview.Differences...)
	case "bootstrap.Goal":
		return schematest.Texts(bootstrap.Goals...)
	case "bootstrap.Confidence":
		return schematest.Texts(bootstrap.High, bootstrap.Medium, bootstrap.Low)
	case "bootstrap.Persona":
		return schematest.Texts(bootstrap.Personas...)
	case "bootstrap.CredentialKind":
		return schematest.Texts(bootstrap.KeyCredential, bootstrap.AuthenticatorCredential, bootstrap.SyncedCredential, bootstrap.WindowsCredential)
	case "bootstrap.BlockerType":
		return schematest.Texts(bootstrap.PolicyBlocker, bootstrap.MethodBlocker, bootstrap.ProfileBlocker, bootstrap.PassBlocker, bootstrap.StrengthBlocker)
	case "devices.OS":
		return schematest.Texts(devices.Systems[:]...)
	case "snapshot.State":
		return schematest.Texts(snapshot.Complete, snapshot.Partial, snapshot.Denied, snapshot.Unlicensed, snapshot.Unavailable, snapshot.NotCollected)
	case "finding.Severity", "check.Severity", "check.DefaultSeverity", "diffFinding.Severity", "changedFrom.Severity":
		var words []string
		for _, s := range audit.Severities() {
			words = append(words, s.String())
		}
		return words
	case "finding.Certainty":
		return []string{audit.Confirmed.String(), audit.Likely.String(), audit.Possible.String()}
	case "check.Outcome":
		var words []string
		for _, o := range report.Outcomes() {
			words = append(words, o.String())
		}
		return words
	case "subject.Type":
		return schematest.Texts(audit.SubjectTenant, audit.SubjectPolicy, audit.SubjectProfile, audit.SubjectGroup, audit.SubjectRole, audit.SubjectClass, audit.SubjectUser)
	case "sideShape.Kind":
		return []string{"run", "people", "snapshot"}
	case "editShape.What":
		return []string{"added", "removed", "changed"}
	case "investigate.Stage":
		return schematest.Texts(investigate.Stages...)
	case "hypothesisShape.Verdict":
		return schematest.Texts(investigate.Verdicts...)
	case "investigate.Who":
		return schematest.Texts(investigate.Administrator, investigate.User, investigate.HelpDesk)
	case "investigate.Authenticator":
		return schematest.Texts(investigate.Authenticators...)
	case "investigate.Flow":
		return schematest.Texts(investigate.Flows...)
	case "investigate.Profile":
		return schematest.Texts(investigate.Profiles...)
	case "investigate.Bluetooth":
		return schematest.Texts(investigate.BluetoothAnswers...)
	case "Answers.OS":
		return schematest.Texts(investigate.Systems...)
	case "personEvent.Kind":
		return []string{investigate.KindRegistered, investigate.KindStarted, investigate.KindDeleted, investigate.KindPass, investigate.KindRenamed,
			investigate.KindPolicy, investigate.KindFailed, investigate.KindSucceeded, investigate.KindUnfinished}
	case "affected.Unit":
		return []string{"people", "accounts"}
	case "User.Kind", "personUser.Kind":
		return append(schematest.Texts(audit.AccountKinds()...), "unknown")
	case "Passkey.Usable", "PolicyShape.Applies", "PolicyShape.Satisfied", "DecisionShape.CanMeet":
		return []string{"yes", "no", "unknown"}
	case "rulingShape.Accepted", "strengthShape.Met":
		return []string{"yes", "no", "unknown"}
	case "DecisionShape.Verdict":
		return []string{"granted", "needs", "blocked", "undetermined"}
	}
	return nil
}
