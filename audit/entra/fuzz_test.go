package entra

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"passkeyaudit/fixtures"
)

var seeds = []string{
	`{}`, `[]`, `null`, `{"id":"a"}`, `{"id":1}`, `{"id":"a","id":"b"}`, "{\"id\":\"\xff\"}", `{"a":[1,{"b":"c"}]}`, `{"a":`, `{} {}`,
	`{"value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod"}]}`, `{"x":"\ud800"}`, "\ufeff{}", `[[[[]]]]`, `{"a/b":{"m~n":1}}`,
	`{"a":1e999999,"b":-0,"c":123456789012345678901234567890}`, "{\"a\":\"\\u0000\\u001b[31m\"}", "{\"a\":\"\x00\"}", `{"id":"\ud83d\ude00","x":"\udc00"}`,
	`{"isEnabled":"true"}`, `{"status":"x","location":"PL"}`, `{"passkeyTypes":["a"]}`, `{"appliedConditionalAccessPolicies":[]}`,
}

// strict tells whether text is JSON by encoding/json and by the rules it lacks.
func strict(text []byte) bool {
	return json.Valid(text) && utf8.Valid(text) && !duplicates(json.NewDecoder(bytes.NewReader(text)))
}

// duplicates tells whether the next value holds a name twice in one object.
func duplicates(d *json.Decoder) bool {
	token, err := d.Token()
	if err != nil {
		return false
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return false
	}
	names := map[string]bool{}
	for d.More() {
		if delim == '{' {
			name, err := d.Token()
			if err != nil {
				return false
			}
			if names[name.(string)] {
				return true
			}
			names[name.(string)] = true
		}
		if duplicates(d) {
			return true
		}
	}
	d.Token() //nolint:errcheck // the closing bracket of a valid text
	return false
}

// loneSurrogate: encoding/json replaces halves of surrogate pairs, jsontext
// refuses them.
func loneSurrogate(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "surrogate") || strings.Contains(err.Error(), "escape sequence"))
}

// everyType makes a value of each type that rows of sections are decoded as.
func everyType() []any {
	return []any{
		&User{}, &Group{}, &GroupMembers{}, &RoleAssignment{}, &Domain{}, &Organization{}, &SubscribedSku{}, &UserRegistrationDetails{},
		&UserMethods{}, &AuthenticationMethodsPolicy{}, &ConditionalAccessPolicy{}, &AuthenticationStrengthPolicy{}, &NamedLocation{},
		&SecurityDefaults{}, &CrossTenantAccessPolicy{}, &CrossTenantPartner{}, &ServicePrincipal{}, &RiskyUser{}, &Device{}, &ManagedDevice{},
		&SignIn{}, &DirectoryAudit{},
	}
}

// addRows seeds a fuzzer with a row of every section of the recorded tenant and
// with hostile texts.
func addRows(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	names, err := fs.Glob(fixtures.Demo(), "sections/*")
	if err != nil || len(names) == 0 {
		f.Fatalf("no recorded tenant: %v", err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(fixtures.Demo(), name)
		if err != nil {
			f.Fatal(err)
		}
		if strings.HasSuffix(name, ".ndjson") {
			text, _, _ = bytes.Cut(text, []byte("\n"))
		}
		f.Add(text)
	}
}

func FuzzDecode(f *testing.F) {
	addRows(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		valid := strict(text)
		for _, v := range everyType() {
			err := Decode(text, v)
			if loneSurrogate(err) {
				continue
			}
			if errors.Is(err, ErrSyntax) == valid {
				t.Fatalf("%T from %q: %v; JSON by the standard library: %v", v, text, err, valid)
			}
			if k, ok := v.(interface{ Key() string }); ok {
				k.Key()
			}
		}
	})
}

// FuzzRoundTrip: what was decoded comes out the same once it is encoded and
// decoded again, and compact text stays what it was.
func FuzzRoundTrip(f *testing.F) {
	addRows(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		small, err := Compact(text)
		if CheckSyntax(text) != nil {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if again, err := Compact(small); err != nil || !bytes.Equal(again, small) || !sameJSON(t, small, text) {
			t.Fatalf("%q became %q, then %q, %v", text, small, again, err)
		}
		for i, v := range everyType() {
			if Decode(text, v) != nil {
				continue
			}
			first, err := Encode(v)
			if err != nil {
				t.Fatalf("%T from %q: %v", v, text, err)
			}
			w := everyType()[i]
			if err := Decode(first, w); err != nil {
				t.Fatalf("%T from %q, encoded as %s: %v", v, text, first, err)
			}
			second, err := Encode(w)
			if err != nil || !bytes.Equal(first, second) {
				t.Fatalf("%T from %q: %s became %s, %v", v, text, first, second, err)
			}
		}
	})
}

// FuzzWalk: Members and Elements yield what the standard library finds.
func FuzzWalk(f *testing.F) {
	addRows(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		members := map[string]Raw{}
		for name, value := range Members(text) {
			members[name] = value
		}
		var elements []Raw
		for value := range Elements(text) {
			elements = append(elements, value)
		}
		if CheckSyntax(text) != nil {
			return // it did not panic
		}
		var wantMembers map[string]json.RawMessage
		var wantElements []json.RawMessage
		switch bytes.TrimSpace(text)[0] {
		case '{':
			if err := json.Unmarshal(text, &wantMembers); err != nil {
				t.Fatal(err)
			}
		case '[':
			if err := json.Unmarshal(text, &wantElements); err != nil {
				t.Fatal(err)
			}
		}
		if len(members) != len(wantMembers) || len(elements) != len(wantElements) {
			t.Fatalf("%s has %d members, %d elements", text, len(members), len(elements))
		}
		for name, want := range wantMembers {
			if !sameJSON(t, members[name], want) {
				t.Fatalf("%q of %s is %s", name, text, members[name])
			}
		}
		for i, want := range wantElements {
			if !sameJSON(t, elements[i], want) {
				t.Fatalf("%d of %s is %s", i, text, elements[i])
			}
		}
	})
}

// FuzzParseTime: what RFC 3339 allows is read as the standard library reads it.
func FuzzParseTime(f *testing.F) {
	for _, s := range []string{
		"2026-11-22T01:02:03Z", "2024-12-10 14:33:09.049661100", "2019-10-18T04:45:48-05:00", "/Date(1618315427741)/", "/Date(1+0200)/",
		"0001-01-01T00:00:00Z", "2026-11-22T01:02:03.12345678901234567890+00:00", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTime(text)
		want, wantErr := time.Parse(time.RFC3339, text)
		// Parse takes "1:02:03" and "01:02:03,5" as well, which RFC 3339 does not allow.
		allowed := wantErr == nil && text[len("2006-01-02T15")] == ':' && !strings.Contains(text, ",")
		if allowed && (err != nil || !got.Equal(want)) {
			t.Fatalf("%q is %v, %v; the standard library says %v", text, got, err, want)
		}
		if err != nil {
			return
		}
		again, err := ParseTime(got.Format(time.RFC3339Nano))
		if year := got.Year(); year >= 0 && year <= 9999 && (err != nil || !again.Equal(got)) {
			t.Fatalf("%q became %v, then %v, %v", text, got, again, err)
		}
	})
}

func FuzzLookup(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), "/a/1/b")
		f.Add([]byte(s), "/a~1b/m~0n")
	}
	f.Fuzz(func(t *testing.T, text []byte, pointer string) {
		got, found := Lookup(text, pointer)
		ParentFound(text, pointer)
		if CheckSyntax(text) != nil || !utf8.ValidString(pointer) {
			return // it did not panic
		}
		want, ok := standardLookup(text, pointer)
		if found != ok {
			t.Fatalf("%q in %s: found %v, the standard library %v", pointer, text, found, ok)
		}
		if found && !sameJSON(t, got, want) {
			t.Fatalf("%q in %s: %s, the standard library %s", pointer, text, got, want)
		}
	})
}

func standardLookup(text []byte, pointer string) (json.RawMessage, bool) {
	cur := json.RawMessage(text)
	if pointer == "" {
		return cur, true
	}
	rest, ok := strings.CutPrefix(pointer, "/")
	if !ok {
		return nil, false
	}
	for _, part := range strings.Split(rest, "/") {
		name := strings.NewReplacer("~1", "/", "~0", "~").Replace(part)
		switch cur = bytes.TrimSpace(cur); cur[0] {
		case '{':
			var m map[string]json.RawMessage
			if json.Unmarshal(cur, &m) != nil || m[name] == nil {
				return nil, false
			}
			cur = m[name]
		case '[':
			var l []json.RawMessage
			i, err := strconv.Atoi(name)
			if json.Unmarshal(cur, &l) != nil || err != nil || strconv.Itoa(i) != name || i < 0 || i >= len(l) {
				return nil, false
			}
			cur = l[i]
		default:
			return nil, false
		}
	}
	return cur, true
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y bytes.Buffer
	if err := errors.Join(json.Compact(&x, a), json.Compact(&y, b)); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}
