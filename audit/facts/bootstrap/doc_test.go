package bootstrap

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

const page = "../../../docs/bootstrap.md"

// The page that explains the verdicts has every cost as it is, every word of the
// vocabulary, and every switch.
func TestPageIsInStep(t *testing.T) {
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	costs := constants(t, "costs.go")
	for name, value := range costs {
		if row := fmt.Sprintf("| `%s` | %s |", name, value); !strings.Contains(text, row) {
			t.Errorf("%s has no row %q", page, row)
		}
	}
	if rows := strings.Count(text, "\n| `cost"); rows != len(costs) {
		t.Errorf("%s has %d costs, costs.go %d", page, rows, len(costs))
	}
	for _, file := range []string{"vocabulary.go", "persona.go"} {
		for name, value := range constants(t, file) {
			word, err := strconv.Unquote(value)
			if err != nil {
				t.Fatal(err)
			}
			if c := constantType(t, file, name); c == "Confidence" || c == "CredentialKind" {
				continue // explained where the output is
			}
			if !strings.Contains(text, "`"+word+"`") {
				t.Errorf("%s does not explain %s (%s)", page, word, name)
			}
		}
	}
	for _, name := range SwitchNames() {
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("%s does not explain the switch %s", page, name)
		}
	}
	for g, name := range gapNames {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s does not explain the gap %s (%d)", page, name, g)
		}
	}
}

// constants are the constants of a file with their values as written.
func constants(t *testing.T, file string) map[string]string {
	values := map[string]string{}
	eachConstant(t, file, func(name, _, value string) { values[name] = value })
	return values
}

func constantType(t *testing.T, file, name string) (typed string) {
	eachConstant(t, file, func(n, of, _ string) {
		if n == name {
			typed = of
		}
	})
	return typed
}

func eachConstant(t *testing.T, file string, f func(name, typed, value string)) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range parsed.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			typed := ""
			if id, ok := v.Type.(*ast.Ident); ok {
				typed = id.Name
			}
			if lit, ok := v.Values[0].(*ast.BasicLit); ok {
				f(v.Names[0].Name, typed, lit.Value)
			}
		}
	}
}
