package json

import (
	"bytes"
	stdjson "encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

var update = flag.Bool("update-schemas", false, "rewrite docs/schema from the types")

const schemaFolder = "../../../docs/schema"

// TestSchemasAreCurrent: the published schemas say what the types say.
func TestSchemasAreCurrent(t *testing.T) {
	g := &generator{comments: comments(t, ".", "../../readiness", "../../overview", "../../preview", "../../conditionalaccess", "../../facts/bootstrap", "../../snapshot")}
	files := map[string]map[string]any{
		"report":    g.document("An audit, as audit --format json writes it. See docs/report.md.", reflect.TypeFor[document](), report.Schema),
		"readiness": g.document("A tenant's readiness, as readiness --format json writes it. See docs/readiness.md.", reflect.TypeFor[readinessShape](), readiness.Schema),
		"user":      g.document("One account, as readiness --users --format ndjson writes it, one a line. See docs/readiness.md.", reflect.TypeFor[readiness.User](), readiness.UserSchema),
		"preview":   g.document("What a change would do, as preview --format json writes it. See docs/preview.md.", reflect.TypeFor[previewShape](), preview.Schema),
		"decision":  g.document("What Conditional Access decides, as evaluate --format ndjson writes it, one a line. See docs/conditional-access.md.", reflect.TypeFor[conditionalaccess.DecisionShape](), conditionalaccess.DecisionSchema),
		"run":       g.lines(),
	}
	for name, schema := range files {
		var text bytes.Buffer
		enc := stdjson.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(schema); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(schemaFolder, name+".schema.json")
		if *update {
			if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		published, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(published), text.String()); diff != "" {
			t.Errorf("%s is not current; 'make generate' writes it (-published +types):\n%s", file, diff)
		}
	}
}

// generator makes JSON schemas of Go types.
type generator struct {
	comments map[string]string // by "package.Type" and "package.Type.Field"
	defs     map[string]any
}

func (g *generator) document(about string, of reflect.Type, name string) map[string]any {
	g.defs = map[string]any{}
	s := g.object(of)
	s["$schema"], s["title"], s["description"] = "https://json-schema.org/draft/2020-12/schema", name, about
	s["properties"].(map[string]any)["schema"] = map[string]any{"const": name}
	if len(g.defs) > 0 {
		s["$defs"] = g.defs
	}
	return s
}

// lines is the schema of one line of a stored run.
func (g *generator) lines() map[string]any {
	g.defs = map[string]any{}
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
		s := g.object(l.of)
		p := s["properties"].(map[string]any)
		p["type"], p["schema"] = map[string]any{"const": l.kind}, map[string]any{"const": l.schema}
		g.defs[l.kind+"Line"] = s
		kinds = append(kinds, map[string]any{"$ref": "#/$defs/" + l.kind + "Line"})
	}
	return map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "passkeyaudit run",
		"description": "One line of a stored run, as audit --format ndjson writes it: header, check*, (finding, members*)*, (overview, user*, passkey*)?, end. " +
			"Later versions may have lines of other types. See docs/report.md.",
		"oneOf": kinds, "$defs": g.defs,
	}
}

func (g *generator) object(of reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	var visit func(reflect.Type)
	visit = func(of reflect.Type) {
		for i := range of.NumField() {
			f := of.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" && f.Anonymous {
				inner := f.Type
				if inner.Kind() == reflect.Pointer {
					inner = inner.Elem()
				}
				visit(inner)
				continue
			}
			if name == "" || name == "-" {
				continue
			}
			s := g.value(of, f)
			if text := g.comments[of.String()+"."+f.Name]; text != "" && s["$ref"] == nil {
				s["description"] = text
			}
			properties[name] = s
			if !strings.Contains(options, "omitzero") {
				required = append(required, name)
			}
		}
	}
	visit(of)
	s := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

func (g *generator) value(of reflect.Type, f reflect.StructField) map[string]any {
	if words := wordsOf(of.Name() + "." + f.Name); words != nil {
		return map[string]any{"enum": words}
	}
	return g.of(f.Type)
}

func (g *generator) of(t reflect.Type) map[string]any {
	if words := wordsOf(t.String()); words != nil {
		return map[string]any{"enum": words}
	}
	switch {
	case t == reflect.TypeFor[entra.Raw]():
		return map[string]any{}
	case t.Kind() == reflect.Pointer:
		return g.of(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.of(t.Elem())}
	case reflect.Map:
		s := map[string]any{"type": "object", "additionalProperties": g.of(t.Elem())}
		if words := wordsOf(t.Key().String()); words != nil {
			s["propertyNames"] = map[string]any{"enum": words}
		}
		return s
	case reflect.Struct:
		name := strings.TrimPrefix(t.String(), "json.")
		if _, done := g.defs[name]; !done {
			g.defs[name] = nil // against recursion
			s := g.object(t)
			if text := g.comments[t.String()]; text != "" {
				s["description"] = text
			}
			g.defs[name] = s
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	panic("no schema for " + t.String())
}

// wordsOf are the values of a type, or of a field of text, that has a closed list.
func wordsOf(name string) []string {
	switch name {
	case "bootstrap.State":
		return texts(bootstrap.States...)
	case "overview.Difference":
		return texts(overview.Differences...)
	case "bootstrap.Goal":
		return texts(bootstrap.Goals...)
	case "bootstrap.Confidence":
		return texts(bootstrap.High, bootstrap.Medium, bootstrap.Low)
	case "bootstrap.Persona":
		return texts(bootstrap.Personas...)
	case "bootstrap.CredentialKind":
		return texts(bootstrap.KeyCredential, bootstrap.AuthenticatorCredential, bootstrap.SyncedCredential, bootstrap.WindowsCredential)
	case "bootstrap.BlockerType":
		return texts(bootstrap.PolicyBlocker, bootstrap.MethodBlocker, bootstrap.ProfileBlocker, bootstrap.PassBlocker, bootstrap.StrengthBlocker)
	case "devices.OS":
		return texts(devices.Systems[:]...)
	case "snapshot.State":
		return texts(snapshot.Complete, snapshot.Partial, snapshot.Denied, snapshot.Unlicensed, snapshot.Unavailable, snapshot.NotCollected)
	case "finding.Severity", "check.Severity", "check.DefaultSeverity":
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
		return texts(audit.SubjectTenant, audit.SubjectPolicy, audit.SubjectProfile, audit.SubjectGroup, audit.SubjectRole, audit.SubjectClass, audit.SubjectUser)
	case "affected.Unit":
		return []string{"people", "accounts"}
	case "User.Kind":
		return append(texts(audit.AccountKinds()...), "unknown")
	case "Passkey.Usable", "PolicyShape.Applies", "PolicyShape.Satisfied", "DecisionShape.CanMeet":
		return []string{"yes", "no", "unknown"}
	case "DecisionShape.Verdict":
		return []string{"granted", "needs", "blocked", "undetermined"}
	}
	return nil
}

func texts[T ~string](list ...T) []string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return words
}

// comments are those of types and of their fields in the Go files of some folders.
func comments(t *testing.T, folders ...string) map[string]string {
	t.Helper()
	found := map[string]string{}
	note := func(name string, group *ast.CommentGroup) {
		if text := strings.Join(strings.Fields(group.Text()), " "); text != "" && found[name] == "" {
			found[name] = text
		}
	}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range parsed.Decls {
				gen, ok := decl.(*ast.GenDecl)
				if !ok || gen.Tok != token.TYPE {
					continue
				}
				for _, spec := range gen.Specs {
					typ := spec.(*ast.TypeSpec)
					fields, ok := typ.Type.(*ast.StructType)
					if !ok {
						continue
					}
					full := parsed.Name.Name + "." + typ.Name.Name
					note(full, gen.Doc)
					for _, f := range fields.Fields.List {
						for _, name := range f.Names {
							note(full+"."+name.Name, f.Doc)
							note(full+"."+name.Name, f.Comment)
						}
					}
				}
			}
		}
	}
	return found
}
