package entra

import "testing"

func TestLookup(t *testing.T) {
	const doc = `{"a":{"b":[1,{"c":null}],"":"e","x/y":1,"m~n":2,"\u0071":3},"d":"text"}`
	tests := []struct {
		name, pointer, want string
		found, parent       bool
	}{
		{"whole", "", doc, true, false},
		{"member", "/d", `"text"`, true, true},
		{"element", "/a/b/0", `1`, true, true},
		{"null-is-there", "/a/b/1/c", `null`, true, true},
		{"empty-name", "/a/", `"e"`, true, true},
		{"slash", "/a/x~1y", `1`, true, true},
		{"tilde", "/a/m~0n", `2`, true, true},
		{"escaped-name", "/a/q", `3`, true, true},
		{"absent", "/a/z", "", false, true},
		{"absent-parent", "/z/z", "", false, false},
		{"past-the-end", "/a/b/2", "", false, true},
		{"leading-zero", "/a/b/00", "", false, true},
		{"plus", "/a/b/+1", "", false, true},
		{"minus", "/a/b/-1", "", false, true},
		{"dash", "/a/b/-", "", false, true},
		{"name-in-list", "/a/b/c", "", false, true},
		{"below-text", "/d/x", "", false, false},
		{"no-slash", "d", "", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := Lookup(Raw(doc), tt.pointer)
			if string(got) != tt.want || found != tt.found {
				t.Errorf("Lookup = %s, %v; want %s, %v", got, found, tt.want, tt.found)
			}
			if parent := ParentFound(Raw(doc), tt.pointer); parent != tt.parent {
				t.Errorf("ParentFound = %v, want %v", parent, tt.parent)
			}
		})
	}
}

func TestText(t *testing.T) {
	const doc = `{"a":"x\u0079","n":1,"z":null}`
	for pointer, want := range map[string]string{"/a": "xy", "/n": "", "/z": "", "/absent": "", "": ""} {
		if got := Text(Raw(doc), pointer); got != want {
			t.Errorf("%q: %q, want %q", pointer, got, want)
		}
	}
}

func TestLookupReturnsACopy(t *testing.T) {
	doc := Raw(`{"a":[1]}`)
	v, _ := Lookup(doc, "/a")
	v[1] = '2'
	if string(doc) != `{"a":[1]}` {
		t.Errorf("the document is %s now", doc)
	}
}

func TestPointer(t *testing.T) {
	if got, want := Pointer("a/b", 0, "m~n", ""), "/a~1b/0/m~0n/"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Pointer(); got != "" {
		t.Errorf("got %q", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("a step of another type did not panic")
		}
	}()
	Pointer(1.5)
}
