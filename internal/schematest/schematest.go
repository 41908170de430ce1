// Package schematest makes JSON schemas of the Go types that the program writes, for the
// tests that keep docs/schema current. Comments of types and fields become descriptions.
package schematest

import (
	"bytes"
	"encoding/json"
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
	"passkeyaudit/audit/entra"
)

var update = flag.Bool("update-schemas", false, "rewrite docs/schema from the types")

const dialect = "https://json-schema.org/draft/2020-12/schema"

// Generator makes schemas of the types of one package.
type Generator struct {
	// Words are the values of a type ("audit.Severity") or of a field ("finding.Severity")
	// that has a closed list; nil for others.
	Words func(name string) []string
	// Field is the schema of a field that its type does not tell; nil for others. The
	// function may be nil.
	Field func(g *Generator, of reflect.Type, f reflect.StructField) map[string]any

	own      string            // name of the package, which is left out of names
	comments map[string]string // by "package.Type" and "package.Type.Field"
	defs     map[string]any
}

// New makes a generator for a package, which takes comments from its folder and others.
func New(t *testing.T, pkg string, words func(string) []string, others ...string) *Generator {
	t.Helper()
	return &Generator{Words: words, own: pkg, comments: comments(t, append([]string{"."}, others...)...)}
}

// Document is the schema of a document that carries a name as its "schema".
func (g *Generator) Document(about string, of reflect.Type, name string) map[string]any {
	g.Begin()
	s := g.Object(of)
	s["$schema"], s["title"], s["description"] = dialect, name, about
	s["properties"].(map[string]any)["schema"] = map[string]any{"const": name}
	return g.End(s)
}

// Begin forgets the types that were met, End adds those met since to a schema.
func (g *Generator) Begin() { g.defs = map[string]any{} }

// End closes what [Generator.Begin] began.
func (g *Generator) End(s map[string]any) map[string]any {
	s["$schema"] = dialect
	if len(g.defs) > 0 {
		s["$defs"] = g.defs
	}
	return s
}

// Define gives a schema a name, and returns what refers to it.
func (g *Generator) Define(name string, s map[string]any) map[string]any {
	g.defs[name] = s
	return map[string]any{"$ref": "#/$defs/" + name}
}

// Object is the schema of a struct.
func (g *Generator) Object(of reflect.Type) map[string]any {
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

func (g *Generator) value(of reflect.Type, f reflect.StructField) map[string]any {
	if words := g.Words(of.Name() + "." + f.Name); words != nil {
		return map[string]any{"enum": words}
	}
	if g.Field != nil {
		if s := g.Field(g, of, f); s != nil {
			return s
		}
	}
	return g.Of(f.Type)
}

// Of is the schema of a value.
func (g *Generator) Of(t reflect.Type) map[string]any {
	if words := g.Words(t.String()); words != nil {
		return map[string]any{"enum": words}
	}
	switch {
	case t == reflect.TypeFor[entra.Raw]():
		return map[string]any{}
	case t.Kind() == reflect.Pointer:
		return g.Of(t.Elem())
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.Of(t.Elem())}
	case reflect.Map:
		s := map[string]any{"type": "object", "additionalProperties": g.Of(t.Elem())}
		if words := g.Words(t.Key().String()); words != nil {
			s["propertyNames"] = map[string]any{"enum": words}
		}
		return s
	case reflect.Struct:
		name := strings.TrimPrefix(t.String(), g.own+".")
		if _, done := g.defs[name]; !done {
			g.defs[name] = nil // against recursion
			s := g.Object(t)
			if text := g.comments[t.String()]; text != "" {
				s["description"] = text
			}
			g.defs[name] = s
		}
		return map[string]any{"$ref": "#/$defs/" + name}
	}
	panic("no schema for " + t.String())
}

// Current holds schemas against the files of a folder, NAME.schema.json each, or writes
// them with -update-schemas.
func Current(t *testing.T, folder string, schemas map[string]map[string]any) {
	t.Helper()
	for name, schema := range schemas {
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(schema); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, name+".schema.json")
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

// Texts are the values of a list of words.
func Texts[T ~string](list ...T) []string {
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
