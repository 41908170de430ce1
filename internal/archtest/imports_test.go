package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// internalEdges says which packages of this module a package may import. A name
// ending in /* covers every package below; a package may always import packages
// of its own row's folder where the row says so by listing it.
var internalEdges = []struct {
	from string
	to   []string
}{
	{"audit/entra", nil},
	{"audit/entra/catalogue", []string{"audit/entra", "audit/tri"}},
	{"audit/entra/shareddata", nil},
	{"audit/tri", nil},
	{"audit/snapshot", []string{"audit/entra"}},
	{"audit/snapshot/*", []string{"audit/snapshot", "audit/entra"}},
	{"audit/conditionalaccess", []string{"audit/entra", "audit/tri"}},
	{"audit", []string{"audit/snapshot", "audit/change", "audit/entra", "audit/entra/catalogue", "audit/tri"}},
	{"audit/facts/*", []string{"audit", "audit/change", "audit/snapshot", "audit/entra", "audit/entra/catalogue", "audit/conditionalaccess", "audit/tri", "audit/facts/*"}},
	{"checks/*/*", []string{"audit", "audit/change", "audit/snapshot", "audit/entra", "audit/entra/catalogue", "audit/facts/*", "audit/conditionalaccess"}},
	{"checks", []string{"audit", "checks/*/*"}},
	{"audit/runner", []string{"audit", "audit/snapshot"}},
	{"audit/investigate", judgingEngines},
	{"audit/readiness", judgingEngines},
	{"audit/history", judgingEngines},
	{"audit/redact", []string{"audit/snapshot", "audit/entra"}},
	{"audit/change", []string{"audit/snapshot", "audit/entra"}},
	{"audit/preview", judgingEngines},
	{"audit/overview", append([]string{"audit/readiness"}, judgingEngines...)},
	{"audit/report", renderers},
	{"audit/report/*", renderers},
	{"audit/audittest", []string{"audit", "audit/runner", "audit/preview", "audit/snapshot", "audit/entra", "fixtures"}},
	{"graphclient", nil},
	{"graphclient/collect", []string{"graphclient", "audit/snapshot", "audit/entra", "audit/entra/catalogue"}},
	{"graphclient/graphsim", []string{"audit/snapshot"}},
	{"fixtures", nil},
	{"fixtures/demogen", nil},
	{"internal/config", []string{"audit", "audit/entra", "audit/entra/catalogue", "audit/snapshot"}},
	{"internal/fidometadata", []string{"audit/entra", "audit/entra/catalogue"}},
	{"internal/term", nil},
	{"internal/tenantgen", []string{"audit/snapshot", "audit/entra"}},
	{"internal/exports", []string{"audit/snapshot", "audit/entra"}},
	{"internal/tenantgen/*", []string{"internal/tenantgen"}},
	{"internal/bench", []string{"graphclient", "graphclient/graphsim", "audit", "audit/runner", "audit/facts/*", "audit/snapshot", "audit/entra", "checks", "internal/cli", "internal/tenantgen", "internal/term"}},
	{"internal/archtest", nil},
	{"internal/schematest", []string{"audit/entra"}},
	{"internal/cli", []string{"*"}},
	{"cmd/*", []string{"internal/cli", "internal/term"}},
}

var (
	judgingEngines = []string{"audit", "audit/change", "audit/runner", "audit/facts/*", "audit/conditionalaccess", "audit/entra", "audit/entra/catalogue", "audit/snapshot"}
	renderers      = []string{"audit", "audit/change", "audit/report", "audit/snapshot", "audit/entra", "audit/entra/catalogue", "audit/facts/bootstrap", "audit/readiness", "audit/overview", "audit/preview", "audit/history", "audit/investigate"}
)

// outsideEdges says which packages may import a module of others. Modules that
// match no row may not be imported at all.
var outsideEdges = []struct {
	module string
	from   []string
}{
	{"github.com/microsoftgraph/", []string{"graphclient"}},
	{"github.com/microsoft/kiota", []string{"graphclient"}},
	{"github.com/Azure/azure-sdk-for-go/", []string{"graphclient"}},
	{"golang.org/x/time", []string{"graphclient", "graphclient/*"}},
	{"github.com/go-json-experiment/json", []string{"audit/entra", "audit/snapshot", "graphclient", "graphclient/*", "audit/report/json", "internal/exports", "internal/bench"}},
	{"github.com/klauspost/compress", []string{"audit/snapshot", "graphclient/*", "internal/bench"}},
	{"github.com/RoaringBitmap/roaring", []string{"audit", "audit/facts/*"}},
	{"github.com/spf13/cobra", []string{"internal/cli"}},
	{"github.com/spf13/pflag", []string{"internal/cli"}},
	{"github.com/olekukonko/tablewriter", []string{"internal/cli", "internal/term", "audit/report/table"}},
	{"github.com/owenrumney/go-sarif", []string{"audit/report/sarif"}},
	{"github.com/xuri/excelize", []string{"audit/report/xlsx"}},
	{"golang.org/x/term", []string{"internal/term"}},
	{"go.yaml.in/yaml/v4", []string{"internal/config"}},
	{"github.com/go-webauthn/webauthn/metadata", []string{"internal/fidometadata"}},
	{"github.com/golang-jwt/jwt/v5", []string{"internal/fidometadata"}},
	{"modernc.org/sqlite", []string{"audit/history"}},
	// Imported by tests only.
	{"github.com/google/go-cmp", []string{"audit/audittest", "audit/snapshot/*", "internal/schematest"}},
}

// standardBans keeps judging reproducible: no network, no randomness, no files
// but where the format and the tests need them.
var standardBans = []struct {
	from   []string
	banned []string
	except []string
}{
	{[]string{"audit", "audit/*", "checks", "checks/*"}, []string{"net/http", "math/rand", "math/rand/v2"}, nil},
	{[]string{"audit", "audit/*", "checks", "checks/*"}, []string{"os", "os/exec"},
		[]string{"audit/snapshot", "audit/snapshot/*", "audit/history", "audit/audittest", "audit/entra/shareddata"}},
	{[]string{"audit", "audit/*", "checks", "checks/*", "fixtures", "internal/term"}, []string{"passkeyaudit/graphclient"}, nil},
}

const module = "passkeyaudit"

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// packages asks the go command for every package of the module and its
// dependencies.
func packages(t *testing.T) map[string]listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	all := map[string]listed{}
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

func TestImportsFollowTheArchitecture(t *testing.T) {
	all := packages(t)
	for path, p := range all {
		from, ours := inModule(path)
		if !ours {
			continue
		}
		row := rowOf(from)
		if row == nil {
			t.Errorf("%s: no row of the architecture covers this package", from)
			continue
		}
		for _, imp := range p.Imports {
			to, internal := inModule(imp)
			switch {
			case internal:
				if !matchesAny(to, row) {
					t.Errorf("%s imports %s; it may import %v", from, to, row)
				}
			case all[imp].Standard || imp == "C":
				checkStandard(t, from, imp)
			default:
				checkOutside(t, from, imp)
			}
		}
	}
}

func inModule(path string) (rel string, ok bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}

func rowOf(from string) []string {
	for _, exact := range []bool{true, false} {
		for _, row := range internalEdges {
			if (row.from == from) == exact && matches(from, row.from) {
				return append([]string{}, row.to...)
			}
		}
	}
	return nil
}

func checkStandard(t *testing.T, from, imp string) {
	t.Helper()
	for _, ban := range standardBans {
		if matchesAny(from, ban.from) && !matchesAny(from, ban.except) && slices.Contains(ban.banned, imp) {
			t.Errorf("%s imports %s, which may not be used there", from, imp)
		}
	}
}

func checkOutside(t *testing.T, from, imp string) {
	t.Helper()
	for _, row := range outsideEdges {
		if strings.HasPrefix(imp, row.module) {
			if !matchesAny(from, row.from) {
				t.Errorf("%s imports %s, which only %v may", from, imp, row.from)
			}
			return
		}
	}
	t.Errorf("%s imports %s, which no row allows", from, imp)
}

func matchesAny(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(name, p) })
}

// matches compares a package with a pattern. A single "*" at the end stands for
// anything below, "checks/*/*" for exactly two levels.
func matches(name, pattern string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	if strings.Count(pattern, "*") == 2 {
		parts := strings.Split(name, "/")
		return len(parts) == 3 && parts[0] == strings.Split(pattern, "/")[0]
	}
	prefix, wild := strings.CutSuffix(pattern, "*")
	return wild && strings.HasPrefix(name, prefix)
}
