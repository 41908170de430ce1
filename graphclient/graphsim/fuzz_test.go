package graphsim

import (
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{
		"userPrincipalName eq 'o''hara@contoso.example'",
		"createdDateTime ge 2026-11-20T00:00:00Z and createdDateTime lt 2026-11-21T00:00:00.5+01:00",
		"startswith(activityDisplayName,'Add') or not (status/errorCode ne -1.5)",
		"id in ('a', b0000000-0000-0000-0000-000000000001)",
		"methodsRegistered/any(t:t eq 'fido2') and a/all(x: x/y eq null)",
		"((((a eq true))))", "a eq", "'", "a/any(:", "in in ('in')",
	} {
		f.Add(text)
	}
	row := jsontext.Value(`{"a":true,"id":"a","status":{"errorCode":0},"methodsRegistered":["fido2",1,{"y":null}],"createdDateTime":"2026-11-20T10:00:00Z"}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseFilter(text)
		if err != nil {
			if p != nil {
				t.Fatal("a filter together with an error")
			}
			return
		}
		hit := p.match(row)
		if negated, err := parseFilter("not (" + text + ")"); err == nil && negated.match(row) == hit {
			t.Fatalf("%q and its opposite agree", text)
		}
		p.advanced()
		if values, ok := keys(p, "id"); ok && hit {
			for _, v := range values {
				if hashText(v) == hashText("a") {
					return
				}
			}
			t.Fatalf("%q matches, but its keys %q do not", text, values)
		}
	})
}

func FuzzSkipToken(f *testing.F) {
	s := &Server{tokenKey: []byte("a key of some length")}
	c := s.newCall("GET", "https://graph.test", "/v1.0/users", "$top=2&$skiptoken=x", nil)
	f.Add(c.tokenFor(position{row: 5, hop: 1}), uint32(5), byte(1))
	f.Add("", uint32(0), byte(0))
	f.Add("AAAAAAAAAAAAAAAAAAA", uint32(1<<31), byte(255))
	f.Fuzz(func(t *testing.T, token string, row uint32, hop byte) {
		if p, ok := c.positionOf(token); ok && c.tokenFor(p) != token {
			t.Fatalf("token %q gives %+v, which has another token", token, p)
		}
		want := position{row: int(row), hop: hop}
		if got, ok := c.positionOf(c.tokenFor(want)); !ok || got != want {
			t.Fatalf("%+v became %+v", want, got)
		}
	})
}

func FuzzParseFault(f *testing.F) {
	for _, text := range []string{"users=429*3", "/a/b=403:X;after=1;retry-after=2", "a=close", "=", "a=*", "a=truncate*"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err == nil {
			if err := fault.check(); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
