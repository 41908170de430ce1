package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sources parses the non-test Go files below the named folders.
func sources(t *testing.T, folders ...string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	fset := token.NewFileSet()
	for _, folder := range folders {
		root := filepath.Join("..", "..", folder)
		if _, err := os.Stat(root); err != nil {
			continue // a room that nobody has moved into yet
		}
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
			files[path] = f
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestNoClock: the snapshot's time is the only clock of judging.
func TestNoClock(t *testing.T) {
	for path, f := range sources(t, "audit", "checks") {
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Tick"}, sel.Sel.Name) {
				t.Errorf("%s calls time.%s", path, sel.Sel.Name)
			}
			return true
		})
	}
}

// testSupport are packages that only tests import.
func testSupport(path string) bool {
	return strings.Contains(path, "audittest") || strings.Contains(path, "snapshottest")
}

// TestPackageVariables: only checks, facts, embedded text, compiled patterns,
// errors and constant tables may stand at package level, so that no state lives
// between two runs.
func TestPackageVariables(t *testing.T) {
	for path, f := range sources(t, "audit", "checks") {
		if testSupport(path) {
			continue
		}
		for _, decl := range f.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if v.Names[0].Name == "_" || embedded(gen, v) {
					continue
				}
				for i, name := range v.Names {
					if i >= len(v.Values) || !constant(v.Values[i]) {
						t.Errorf("%s: package variable %s is neither a check, a fact, embedded data, an error nor a constant table", path, name.Name)
					}
				}
			}
		}
	}
}

func embedded(gen *ast.GenDecl, v *ast.ValueSpec) bool {
	for _, doc := range []*ast.CommentGroup{gen.Doc, v.Doc} {
		if doc == nil {
			continue
		}
		for _, c := range doc.List {
			if strings.HasPrefix(c.Text, "//go:embed ") {
				return true
			}
		}
	}
	return false
}

func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CompositeLit:
		return true // a table
	case *ast.UnaryExpr: // &audit.Check{…}, &audit.Fact[T]{…}
		lit, ok := e.X.(*ast.CompositeLit)
		return ok && e.Op == token.AND && (named(lit.Type, "audit", "Check") || named(lit.Type, "audit", "Fact"))
	case *ast.CallExpr:
		return named(e.Fun, "errors", "New") || named(e.Fun, "fmt", "Errorf") || named(e.Fun, "regexp", "MustCompile") ||
			named(e.Fun, "strings", "NewReplacer") ||
			named(e.Fun, "sync", "OnceValue") // embedded data, decoded when first asked for
	}
	return false
}

func named(e ast.Expr, pkg, name string) bool {
	if idx, ok := e.(*ast.IndexExpr); ok {
		e = idx.X
	}
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg && sel.Sel.Name == name
}

// TestTopLevel: the rooms are the whole story.
func TestTopLevel(t *testing.T) {
	allowed := []string{
		"cmd", "graphclient", "audit", "checks", "fixtures", "internal", "docs", "deploy",
		"go.mod", "go.sum", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", ".ci", ".git", ".gitignore", ".gitattributes", "bin",
	}
	entries, err := os.ReadDir(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(allowed, e.Name()) {
			t.Errorf("%s does not belong at the top level", e.Name())
		}
	}
}

// TestPackageComments: every package says what it is for.
func TestPackageComments(t *testing.T) {
	documented := map[string]bool{}
	for path, f := range sources(t, "audit", "checks", "cmd", "fixtures", "graphclient", "internal") {
		dir := filepath.Dir(path)
		documented[dir] = documented[dir] || f.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("%s has no package comment", dir)
		}
	}
}
