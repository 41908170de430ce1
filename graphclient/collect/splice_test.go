package collect

import (
	"testing"

	"passkeyaudit/audit/entra"
)

func TestSplice(t *testing.T) {
	tests := []struct{ name, object, want string }{
		{"empty", `{}`, `{"m":[1]}`},
		{"empty-with-space", `{ }`, `{ "m":[1]}`},
		{"members", `{"a":1.0,"b":"\u0041"}`, `{"a":1.0,"b":"\u0041","m":[1]}`},
		{"space-around", ` {"a":{} }` + "\n", ` {"a":{} ,"m":[1]}` + "\n"},
		{"list", `[]`, ""},
		{"nothing", ``, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := splice(entra.Raw(tt.object), "m", entra.Raw(`[1]`))
			if (err != nil) != (tt.want == "") || string(got) != tt.want {
				t.Errorf("%s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

func TestGUIDs(t *testing.T) {
	const id = "6aa00308-ea33-4caa-90d6-ae905d8cb51b"
	k, ok := parseGUID(id)
	if !ok || formatGUID(k) != id {
		t.Errorf("%s became %s, %v", id, formatGUID(k), ok)
	}
	for _, bad := range []string{"", "all_users", id + "0", "6aa00308xea33-4caa-90d6-ae905d8cb51b", "6aa00308-ea33-4caa-90d6-ae905d8cb51g", "6aa0030-8ea33-4caa-90d6-ae905d8cb51b"} {
		if _, ok := parseGUID(bad); ok {
			t.Errorf("%q was taken for a GUID", bad)
		}
	}
}

func FuzzSplice(f *testing.F) {
	for _, s := range []string{`{}`, `{ "a" : [ {"id":"x"} ] }`, `{"list":[{"id":"x"},{"id":"y"}]}`, `{"list":[1]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if entra.CheckSyntax(raw) != nil || entra.Raw(raw).Kind() != '{' {
			return
		}
		if _, there := entra.Lookup(raw, "/spliced"); there {
			return
		}
		out, err := splice(raw, "spliced", entra.Raw(`[null]`))
		if err != nil {
			t.Fatal(err)
		}
		if v, found := entra.Lookup(out, "/spliced"); !found || string(v) != `[null]` || entra.CheckSyntax(out) != nil {
			t.Fatalf("%s became %s", raw, out)
		}
		same := func(e entra.Raw) (entra.Raw, error) { return e, nil }
		back, _, err := replaceElement(raw, "list", func(entra.Raw) bool { return true }, same)
		if err != nil || string(back) != string(raw) {
			t.Fatalf("%s became %s, %v", raw, back, err)
		}
	})
}
