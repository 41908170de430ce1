package entra

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passkeyaudit/audit/entra/shareddata"
)

// publishedTypes says as what published records are decoded.
var publishedTypes = map[string]func() any{
	"directoryAudit":                            func() any { return &DirectoryAudit{} },
	"directoryAudit (diagnostic envelope)":      func() any { return &DirectoryAudit{} },
	"authenticationMethodsPolicy":               func() any { return &AuthenticationMethodsPolicy{} },
	"authenticationMethodConfiguration":         func() any { return &AuthenticationMethodConfiguration{} },
	"conditionalAccessPolicy":                   func() any { return &ConditionalAccessPolicy{} },
	"device":                                    func() any { return &Device{} },
	"fido2AuthenticationMethod":                 func() any { return &AuthenticationMethod{} },
	"authenticationMethod (user)":               func() any { return &AuthenticationMethod{} },
	"namedLocation":                             func() any { return &NamedLocation{} },
	"userRegistrationDetails":                   func() any { return &UserRegistrationDetails{} },
	"signIn":                                    func() any { return &SignIn{} },
	"signIn (diagnostic envelope)":              func() any { return &SignIn{} },
	"authenticationStrengthPolicy":              func() any { return &AuthenticationStrengthPolicy{} },
	"identitySecurityDefaultsEnforcementPolicy": func() any { return &SecurityDefaults{} },

	"userRegistrationDetails / registration reports": func() any { return &UserRegistrationDetails{} },
}

// notModelled are published resources that no type here is for, and why.
var notModelled = map[string]string{
	"AAGUID list":                         "names by AAGUID: the catalogue's, compared there",
	"authenticationContextClassReference": "no section holds authentication contexts; policies name them by id",
	"authorizationPolicy":                 "no section holds it",
	"deviceRegistrationPolicy":            "no section holds it",
}

// refused are files of modelled resources that cannot be read as Graph's JSON, with
// the words of the refusal.
var refused = map[string]struct{ words, why string }{
	"auth-methods-policy/ScubaGear-sample-tenant-authentication_method-PascalCase.json":                {"nothing is read", "names in the letter case of PowerShell objects"},
	"ca-policies/scubagear-powershell-casing/ScubaGear-sample-tenant-conditional_access_policies.json": {"nothing is read", "names in the letter case of PowerShell objects"},
	"methods/docs-beta-2021-temporaryaccesspassauthenticationmethod-get-2.json":                        {"cannot be a text", "the example has type names for values"},
	"methods/docs-beta-2021-passwordauthenticationmethod-resetpassword-1-request.json":                 {"nothing is read", "the body of an action, not an object"},
	"methods/docs-beta-2023-emailauthenticationmethod-update-1-request.json":                           {"nothing is read", "an address alone, which is not modelled"},
	"registration-details/docs-beta-2023-authenticationmethodsroot-usersregisteredbyfeature-2.json":    {"nothing is read", "numbers of users, not users"},
}

type publishedFile struct {
	File     string `json:"file"`
	Resource string `json:"resource"`
}

// published lists the records and checks that the list and the folder agree.
func published(t *testing.T, fsys fs.FS) []publishedFile {
	t.Helper()
	text, _ := shareddata.Text(t, fsys, "MANIFEST.json")
	var m struct {
		Files []publishedFile `json:"files"`
	}
	if err := Decode(text, &m); err != nil {
		t.Fatal(err)
	}
	var listed, there []string
	for _, f := range m.Files {
		listed = append(listed, f.File)
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Dir(name) != "." {
			there = append(there, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(listed)
	slices.Sort(there)
	if diff := cmp.Diff(listed, there); diff != "" {
		t.Fatalf("MANIFEST.json and the folder (-listed +there):\n%s", diff)
	}
	return m.Files
}

// TestSharedDataParses reads every published record as the type it is of, encodes
// it again and compares. A file that is neither read nor listed above fails, and so
// does a listed one that is read.
func TestSharedDataParses(t *testing.T) {
	fsys := shareddata.Records(t)
	files, rows, compared := 0, 0, 0
	seen := map[string]bool{}
	for _, f := range published(t, fsys) {
		seen[f.File], seen[f.Resource] = true, true
		text, _ := shareddata.Text(t, fsys, f.File)
		typed := publishedTypes[f.Resource]
		// "microsoftAuthenticatorAuthenticationMethodConfiguration" and the like.
		if typed == nil && strings.HasSuffix(f.Resource, "AuthenticationMethodConfiguration") {
			typed = publishedTypes["authenticationMethodConfiguration"]
		}
		why, unmodelled := notModelled[f.Resource]
		switch {
		case unmodelled && typed != nil:
			t.Errorf("%s is modelled; it is listed as %q", f.Resource, why)
			continue
		case unmodelled:
			if err := CheckSyntax(text); err != nil {
				t.Errorf("%s: %v", f.File, err)
			}
			continue
		case typed == nil:
			t.Errorf("%s: no type for %s, and it is not listed as not modelled", f.File, f.Resource)
			continue
		}
		n, m, err := readPublished(text, typed)
		known, listed := refused[f.File]
		switch {
		case listed && err == nil:
			t.Errorf("%s is read now; it is listed as %q", f.File, known.why)
		case listed && !strings.Contains(err.Error(), known.words):
			t.Errorf("%s: %v, want %q", f.File, err, known.words)
		case !listed && err != nil:
			t.Errorf("%s: %v", f.File, err)
		case !listed:
			files, rows, compared = files+1, rows+n, compared+m
		}
	}
	for name := range refused {
		if !seen[name] {
			t.Errorf("%s is listed and not there", name)
		}
	}
	for name := range notModelled {
		if !seen[name] {
			t.Errorf("%s is listed and not there", name)
		}
	}
	t.Logf("%d files, %d rows, %d members compared", files, rows, compared)
}

// readPublished decodes the rows of a file, encodes them and compares the members
// that both texts have.
func readPublished(text Raw, typed func() any) (rows, compared int, err error) {
	if err := CheckSyntax(text); err != nil {
		return 0, 0, err
	}
	for _, row := range publishedRows(text) {
		v := typed()
		if err := Decode(row, v); err != nil {
			return 0, 0, err
		}
		again, err := Encode(v)
		if err != nil {
			return 0, 0, err
		}
		n, lost := sameMembers(row, again, "")
		if len(lost) > 0 {
			return 0, 0, fmt.Errorf("lost in decoding: %s", strings.Join(lost, "; "))
		}
		if n == 0 || !readsAny(row, v) {
			return 0, 0, fmt.Errorf("nothing is read")
		}
		rows, compared = rows+1, compared+n
	}
	if rows == 0 {
		return 0, 0, fmt.Errorf("nothing is read")
	}
	return rows, compared, nil
}

// readsAny tells whether a row has any member that the type of v names.
func readsAny(row Raw, v any) bool {
	typ := reflect.TypeOf(v).Elem()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if _, found := Lookup(row, Pointer(name)); found && name != "" {
			return true
		}
	}
	return false
}

// publishedRows takes a page, the single object that documentation puts under
// "value", a bare list, the wrapper of an export, or the envelope of a diagnostic
// log apart.
func publishedRows(text Raw) []Raw {
	if text.Kind() == '[' {
		return slices.Collect(Elements(text))
	}
	for _, name := range []string{"value", "PolicyConfig", "properties"} {
		value, ok := Lookup(text, "/"+name)
		if ok && (value.Kind() == '{' || value.Kind() == '[') {
			return publishedRows(value)
		}
	}
	return []Raw{text}
}

// sameMembers compares the members of src that again has, by value. Not taken for
// a loss, since the types say so: null where the value is empty, a truth value
// that was a text, and flags that were a list or a number and became a text.
func sameMembers(src, again Raw, at string) (compared int, lost []string) {
	differs := func() (int, []string) { return 1, []string{fmt.Sprintf("%s: %s became %s", at, src, again)} }
	switch {
	case src.Kind() == 'n':
		if s := string(again); s != "null" && s != `""` && s != "[]" && s != "false" {
			return differs()
		}
		return 1, nil
	case src.Kind() == '{' && again.Kind() == '{':
		for name, value := range Members(src) {
			other, ok := Lookup(again, Pointer(name))
			if !ok || strings.ContainsAny(name, "@#") && name != "@odata.type" {
				continue
			}
			n, l := sameMembers(value, other, at+"/"+name)
			compared, lost = compared+n, append(lost, l...)
		}
		return compared, lost
	case src.Kind() == '[' && again.Kind() == '[':
		a, b := slices.Collect(Elements(src)), slices.Collect(Elements(again))
		if len(a) != len(b) {
			return differs()
		}
		for i := range a {
			n, l := sameMembers(a[i], b[i], fmt.Sprintf("%s/%d", at, i))
			compared, lost = compared+n, append(lost, l...)
		}
		return max(compared, 1), lost
	case src.Kind() == '"' && (again.Kind() == 't' || again.Kind() == 'f'):
		if !strings.EqualFold(Text(src, ""), string(again)) {
			return differs()
		}
		return 1, nil
	case src.Kind() == '0' && again.Kind() == '"':
		if string(src) != Text(again, "") {
			return differs()
		}
		return 1, nil
	case src.Kind() == '[' && again.Kind() == '"':
		var list []string
		if Decode(src, &list) != nil || strings.Join(list, ",") != Text(again, "") {
			return differs()
		}
		return 1, nil
	}
	var a, b any
	if json.Unmarshal(src, &a) != nil || json.Unmarshal(again, &b) != nil || !cmp.Equal(a, b) {
		return differs()
	}
	return 1, nil
}

// TestSameMembers: the comparison above can fail.
func TestSameMembers(t *testing.T) {
	tests := []struct {
		name, src, again string
		compared, lost   int
	}{
		{"same", `{"a":"x","b":[{"c":1}],"z":1}`, `{"a":"x","b":[{"c":1.0}]}`, 2, 0},
		{"escapes", `{"a":"\u00e9"}`, `{"a":"é"}`, 1, 0},
		{"text", `{"a":"x"}`, `{"a":"y"}`, 1, 1},
		{"null", `{"a":null}`, `{"a":""}`, 1, 0},
		{"null-became-something", `{"a":null}`, `{"a":"x"}`, 1, 1},
		{"became-null", `{"a":"x"}`, `{"a":null}`, 1, 1},
		{"shorter-list", `{"a":["x","x"]}`, `{"a":["x"]}`, 1, 1},
		{"flags-list", `{"a":["x","y"]}`, `{"a":"x,y"}`, 1, 0},
		{"flags-list-lost", `{"a":["x","y"]}`, `{"a":"x"}`, 1, 1},
		{"flags-number", `{"a":1035}`, `{"a":"1035"}`, 1, 0},
		{"truth", `{"a":"True"}`, `{"a":true}`, 1, 0},
		{"truth-turned", `{"a":"True"}`, `{"a":false}`, 1, 1},
		{"truth-lost", `{"a":true}`, `{"a":null}`, 1, 1},
		{"letter-case", `{"A":"x"}`, `{"a":""}`, 0, 0},
		{"annotation", `{"@odata.id":"x"}`, `{"@odata.id":"y"}`, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			compared, lost := sameMembers(Raw(tt.src), Raw(tt.again), "")
			if compared != tt.compared || len(lost) != tt.lost {
				t.Errorf("compared %d, lost %q", compared, lost)
			}
		})
	}
}

// TestSharedDataEncodings: the files that are UTF-16 are those known to be.
func TestSharedDataEncodings(t *testing.T) {
	fsys := shareddata.Records(t)
	// Exported with Windows PowerShell, whose Out-File writes UTF-16.
	want := map[string]int{"ca-policies/fortigi": 2, "ca-policies/j0eyv": 23, "named-locations": 2}
	got := map[string]int{}
	for _, f := range published(t, fsys) {
		text, wide := shareddata.Text(t, fsys, f.File)
		if wide {
			got[path.Dir(f.File)]++
		}
		if bytes.ContainsRune(text, 0) {
			t.Errorf("%s holds a NUL", f.File)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("UTF-16 files (-known +found):\n%s", diff)
	}
}
