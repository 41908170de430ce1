package entra

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Raw is one JSON value as Graph sent it. It is an alias so that packages which
// only carry JSON about need not know the JSON library.
type Raw = jsontext.Value

// ErrSyntax reports that a text is not JSON at all: cut off, not UTF-8, a name
// given twice in one object. Decode wraps it; a value that is JSON but has a
// modelled member of another type yields an error that is not ErrSyntax.
var ErrSyntax = errors.New("not valid JSON")

// SyntaxError is an ErrSyntax with the place where reading stopped.
type SyntaxError struct {
	Offset int // in bytes
	Err    error
}

func (e *SyntaxError) Error() string   { return fmt.Sprintf("%v: %v", ErrSyntax, e.Err) }
func (e *SyntaxError) Unwrap() []error { return []error{ErrSyntax, e.Err} }

// Decode reads one JSON object into v. Members v does not model are ignored. The
// texts "true" and "false" are taken for truth values, as some exports and
// examples write them.
func Decode(raw Raw, v any) error {
	if json.Unmarshal(raw, v) == nil {
		return nil
	}
	// A wrong type stops the decoder before the end of the text, so whether the
	// rest is JSON has to be asked separately.
	if err := CheckSyntax(raw); err != nil {
		return err
	}
	// Only rows that do not fit pay for leniency.
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer && !p.IsNil() {
		p.Elem().SetZero()
	}
	if err := json.Unmarshal(raw, v, lenient()); err != nil {
		return fmt.Errorf("a member has an unexpected type: %w", plainSemantic(err))
	}
	return nil
}

// lenient takes texts for truth values.
func lenient() json.Options {
	return json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, b *bool) error {
		if d.PeekKind() != '"' {
			return errors.ErrUnsupported // as usual
		}
		var text string
		if err := json.UnmarshalDecode(d, &text); err != nil {
			return err
		}
		switch {
		case strings.EqualFold(text, "true"):
			*b = true
		case strings.EqualFold(text, "false"):
			*b = false
		default:
			return &json.SemanticError{JSONKind: '"', JSONPointer: d.StackPointer()}
		}
		return nil
	}))
}

// CheckSyntax returns nil if raw is exactly one JSON value in valid UTF-8
// without duplicate names, and otherwise a *SyntaxError.
func CheckSyntax(raw Raw) error {
	if raw.IsValid() {
		return nil
	}
	d := jsontext.NewDecoder(bytes.NewBuffer(raw))
	if err := d.SkipValue(); err != nil {
		return syntaxError(d, raw, err)
	}
	end := int(d.InputOffset())
	end += len(raw[end:]) - len(bytes.TrimLeft(raw[end:], " \t\r\n"))
	return &SyntaxError{Offset: end, Err: errors.New("text after the end of the value")}
}

// syntaxError words a decoder's error for people.
func syntaxError(d *jsontext.Decoder, raw Raw, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		end := len(bytes.TrimRight(raw, " \t\r\n"))
		return &SyntaxError{Offset: end, Err: errors.New("the text ends in the middle of a value")}
	}
	at := d.InputOffset()
	if se, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		at = max(at, se.ByteOffset)
	}
	return &SyntaxError{Offset: int(at), Err: err}
}

// Written is a value the way results quote it for people: on one line that can be
// broken, with each character escaped only where it must be. Writing it again changes
// nothing.
func Written(raw Raw) string {
	if len(raw) == 0 {
		return ""
	}
	text, err := json.Marshal(raw, jsontext.SpaceAfterColon(true), jsontext.SpaceAfterComma(true))
	if err != nil {
		return string(raw)
	}
	return string(text)
}

// Compact returns raw without insignificant whitespace, in a new slice. Strings
// and numbers keep the spelling Graph used.
func Compact(raw Raw) (Raw, error) {
	out := Raw(bytes.Clone(raw))
	if err := out.Compact(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSyntax, err)
	}
	return out, nil
}

// Encode writes v as JSON with members in the order of its fields and map keys
// sorted, so that equal values give equal bytes.
func Encode(v any) (Raw, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	return Raw(b), err
}

// MustEncode is Encode for values that cannot fail: strings, numbers, booleans,
// lists and maps of them.
func MustEncode(v any) Raw {
	raw, err := Encode(v)
	if err != nil {
		panic(fmt.Sprintf("encoding a plain value: %v", err))
	}
	return raw
}

// plainSemantic drops Go type names from a decoding error: administrators read it.
func plainSemantic(err error) error {
	var se *json.SemanticError
	if !errors.As(err, &se) {
		return err
	}
	where := string(se.JSONPointer)
	switch {
	case where == "":
		where = "the object"
	case strings.ContainsFunc(where, unicode.IsControl): // a name may hold anything
		where = strconv.Quote(where)
	}
	kind := "a value like this"
	switch se.JSONKind {
	case 'n':
		kind = "null"
	case 'f', 't':
		kind = "true or false"
	case '"':
		kind = "a text"
	case '0':
		kind = "a number"
	case '{':
		kind = "an object"
	case '[':
		kind = "a list"
	}
	return fmt.Errorf("%s cannot be %s", where, kind)
}
