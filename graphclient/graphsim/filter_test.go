package graphsim

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestFilter(t *testing.T) {
	row := jsontext.Value(`{"n":2,"yes":true,"gone":null,"name":"O'Hara","at":"2026-11-20T10:00:00.5Z","id":"B0000000-0000-0000-0000-000000000001",` +
		`"status":{"errorCode":50074},"tags":["fido2","sms"],"items":[{"kind":"a"},{"kind":"b"}]}`)
	tests := []struct {
		name, filter string
		want         bool
	}{
		{"textAnyCase", "name eq 'o''hara'", true},
		{"textOther", "name eq 'ohara'", false},
		{"numberGreater", "n gt 1.5", true},
		{"numberLess", "n lt 2", false},
		{"numberLessOrEqual", "n le 2", true},
		{"numberIsNotText", "n eq '2'", false},
		{"bool", "yes eq true", true},
		{"boolOther", "yes eq false", false},
		{"null", "gone eq null", true},
		{"absentIsNull", "absent eq null", true},
		{"notEqual", "name ne 'x'", true},
		{"absentIsNotEqual", "absent ne 'x'", true},
		{"absentIsNotLess", "absent lt 5", false},
		{"timeWithFraction", "at gt 2026-11-20T10:00:00Z", true},
		{"timeWithZone", "at le 2026-11-20T12:00:00.5+02:00", true},
		{"timeAgainstText", "name ge 2026-11-20T12:00:00Z", false},
		{"bareID", "id eq b0000000-0000-0000-0000-000000000001", true},
		{"in", "n in (1, 2)", true},
		{"notIn", "absent in ('x')", false},
		{"path", "status/errorCode eq 50074", true},
		{"pathIntoText", "name/x eq 'y'", false},
		{"startsWith", "startsWith(name,'o')", true},
		{"endsWith", "endswith(name,'RA')", true},
		{"contains", "contains(name,'ha')", true},
		{"andBindsTighter", "yes eq true or n eq 9 and n eq 8", true},
		{"parentheses", "(yes eq true or n eq 9) and n eq 8", false},
		{"not", "not startswith(name,'x')", true},
		{"any", "tags/any(t: t eq 'SMS')", true},
		{"anyNone", "tags/any(t:t eq 'x')", false},
		{"anyOfAbsent", "absent/any(t:t eq 'x')", false},
		{"all", "tags/all(t: t ne 'x')", true},
		{"anyObject", "items/any(i: i/kind eq 'b')", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := parseFilter(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.match(row); got != tt.want {
				t.Errorf("%s is %v", tt.filter, got)
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	tests := []struct{ name, filter, want string }{
		{"empty", "", "a property name"},
		{"noOperator", "a", "one of eq"},
		{"noValue", "a eq", "a value"},
		{"unquoted", "a eq b", "not a quoted text"},
		{"openText", "a eq 'b", "does not end"},
		{"openParenthesis", "(a eq 1", `")"`},
		{"rest", "a eq 1 b", "and, or"},
		{"function", "tolower(a) eq 'b'", "tolower"},
		{"lambdaName", "a/any(b: c eq 1)", `"b"`},
		{"lambdaInLambda", "a/any(b: b/c/any(d: d eq 1))", "inside"},
		{"noComma", "startswith(a 'b')", `","`},
		{"textIsNoProperty", "startswith('a','b')", "a property name"},
		{"needsText", "startswith(a,1)", "quoted text"},
		{"inNeedsList", "a in 'b'", `"("`},
		{"inNeedsComma", "a in (1 2)", `","`},
		{"character", "a eq 1 && b", "'&'"},
		{"badPath", "a//b eq 1", "not a property name"},
		{"long", "a eq '" + strings.Repeat("x", maxFilter) + "'", "longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := parseFilter(tt.filter); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
