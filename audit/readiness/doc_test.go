package readiness

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// The page about the output names every member of it.
func TestPageNamesEveryMember(t *testing.T) {
	raw, err := os.ReadFile("../../docs/readiness.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(of.Elem())
			return
		case reflect.Struct:
		default:
			return
		}
		if seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && !strings.Contains(string(raw), "`"+name+"`") && !strings.Contains(string(raw), "`"+name+"[]`") {
				t.Errorf("docs/readiness.md does not name %s of %s", name, of)
			}
			visit(f.Type)
		}
	}
	visit(reflect.TypeFor[Summary]())
	visit(reflect.TypeFor[User]())
}
