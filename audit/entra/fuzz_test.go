package entra

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var seeds = []string{
	`{}`, `[]`, `null`, `{"id":"a"}`, `{"id":1}`, `{"id":"a","id":"b"}`, "{\"id\":\"\xff\"}", `{"a":[1,{"b":"c"}]}`, `{"a":`, `{} {}`,
	`{"value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod"}]}`, `{"x":"\ud800"}`, "\ufeff{}", `[[[[]]]]`, `{"a/b":{"m~n":1}}`,
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

func FuzzDecode(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		valid := strict(text)
		for _, v := range []any{
			&User{}, &Group{}, &GroupMembers{}, &RoleAssignment{}, &Domain{}, &Organization{}, &SubscribedSku{}, &UserRegistrationDetails{},
			&UserMethods{}, &AuthenticationMethodsPolicy{}, &ConditionalAccessPolicy{}, &AuthenticationStrengthPolicy{},
		} {
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
