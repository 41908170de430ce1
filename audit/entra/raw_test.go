package entra

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckSyntax(t *testing.T) {
	tests := []struct {
		name, text, want string
		offset           int
	}{
		{"empty", "", "ends in the middle", 0},
		{"cut-off", `{"a":1` + "\n\n", "ends in the middle", 6},
		{"second-value", "{} \n {}", "text after the end", 5},
		{"closing", "{}}", "text after the end", 2},
		{"duplicate", `{"a":1,"a":2}`, "duplicate", 7},
		{"invalid-utf8", "[\"\xff\"]", "UTF-8", 2},
		{"bom", "\xef\xbb\xbf{}", "invalid character", 0},
		{"literal", "[tru]", "invalid character", 4},
		{"deep", strings.Repeat("[", 1<<20), "depth", 10_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckSyntax(Raw(tt.text))
			var se *SyntaxError
			if !errors.As(err, &se) || !errors.Is(err, ErrSyntax) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), tt.want) || se.Offset != tt.offset {
				t.Errorf("got %q at %d, want %q at %d", err, se.Offset, tt.want, tt.offset)
			}
			var v any
			if err := Decode(Raw(tt.text), &v); !errors.Is(err, ErrSyntax) {
				t.Errorf("Decode: %v", err)
			}
		})
	}
	for _, text := range []string{"{}", " [1] \n", "null", `"é"`} {
		if err := CheckSyntax(Raw(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestDecodeWords(t *testing.T) {
	tests := []struct{ name, row, want string }{
		{"text", `{"accountEnabled":"yes"}`, "/accountEnabled cannot be a text"},
		{"number", `{"id":1}`, "/id cannot be a number"},
		{"object", `{"id":{}}`, "/id cannot be an object"},
		{"list", `{"id":[]}`, "/id cannot be a list"},
		{"boolean", `{"assignedLicenses":[true]}`, "/assignedLicenses/0 cannot be true or false"},
		{"top", `[]`, "the object cannot be a list"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Decode(Raw(tt.row), &User{})
			if err == nil || err.Error() != "a member has an unexpected type: "+tt.want || errors.Is(err, ErrSyntax) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestDecodeKeepsWhatItDoesNotKnow(t *testing.T) {
	var m AuthenticationMethod
	err := Decode(Raw(`{"@odata.type":"#microsoft.graph.newAuthenticationMethod","passkeyType":"teleported","more":{"x":[1]},"ID":"y"}`), &m)
	if err != nil || m.PasskeyType != "teleported" || m.Kind() != "new" || m.ID != "" {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestCompact(t *testing.T) {
	in := Raw(`{ "b" : 1.50, "a" : "\u00e9" }`)
	got, err := Compact(in)
	if diff := cmp.Diff(`{"b":1.50,"a":"\u00e9"}`, string(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if string(in) != `{ "b" : 1.50, "a" : "\u00e9" }` {
		t.Error("the argument changed")
	}
	if _, err := Compact(Raw(`{`)); !errors.Is(err, ErrSyntax) {
		t.Errorf("got %v", err)
	}
}

func TestEncode(t *testing.T) {
	if got := string(MustEncode(map[string]int{"b": 1, "a": 2})); got != `{"a":2,"b":1}` {
		t.Errorf("got %s", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("MustEncode did not panic")
		}
	}()
	MustEncode(func() {})
}
