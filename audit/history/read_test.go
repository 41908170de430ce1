package history

import (
	"errors"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/bootstrap"
)

const document = `{
  "schema": "passkeyaudit.report/v1", "tool": {"name": "passkeyaudit", "version": "v1"}, "tenant": {"id": "T", "defaultDomain": "contoso.example"},
  "snapshot": {"takenAt": "2026-11-22T00:00:00Z", "digest": "d1", "sections": {"users": "complete"}}, "settings": {"digest": "s1", "default": true},
  "summary": {"users": 2, "accounts": 3, "somethingNew": 1},
  "checks": [{"id": "PK-X-001", "slug": "x", "outcome": "failed", "missing": []}],
  "findings": [{"check": "PK-X-001", "severity": "high", "fingerprint": "f1", "message": "m", "subject": {"type": "policy", "id": "p", "name": "P"},
    "affected": {"count": 2, "users": [{"id": "a", "userPrincipalName": "a@contoso.example"}], "truncated": true},
    "evidence": [{"section": "conditionalAccessPolicies", "object": "p", "pointer": "/state", "value": "enabled", "means": "on"}]}]
}`

const stream = `{"type":"header","schema":"passkeyaudit.report/v1","tool":{"name":"passkeyaudit","version":"v1"},"tenant":{"id":"T","defaultDomain":"contoso.example"},"snapshot":{"takenAt":"2026-11-22T00:00:00Z","digest":"d1"},"settings":{"digest":"s1"},"summary":{"users":2,"accounts":3}}
{"type":"check","schema":"passkeyaudit.report/v1","id":"PK-X-001","slug":"x","outcome":"failed","missing":[]}
{"type":"later","schema":"passkeyaudit.report/v1","what":"nobody knows yet"}
{"type":"finding","schema":"passkeyaudit.report/v1","check":"PK-X-001","severity":"high","fingerprint":"f1","message":"m","subject":{"type":"policy","id":"p","name":"P"},"affected":{"count":2,"users":[],"truncated":true},"evidence":[{"section":"conditionalAccessPolicies","object":"p"}]}
{"type":"members","schema":"passkeyaudit.report/v1","check":"PK-X-001","fingerprint":"f1","users":[{"id":"a","userPrincipalName":"a@contoso.example"}]}
{"type":"members","schema":"passkeyaudit.report/v1","check":"PK-X-001","fingerprint":"f1","users":[{"id":"b","userPrincipalName":"b@contoso.example"}]}
{"type":"end","schema":"passkeyaudit.report/v1","summary":{}}
`

func TestRead(t *testing.T) {
	for name, tc := range map[string]struct {
		text    string
		members int
		whole   bool
	}{
		"document":           {document, 1, false},
		"stream":             {stream, 2, true},
		"byte-order-mark":    {"\xef\xbb\xbf" + stream, 2, true},
		"no-newline-at-end":  {strings.TrimSuffix(stream, "\n"), 2, true},
		"carriage-returns":   {strings.ReplaceAll(stream, "\n", "\r\n"), 2, true},
		"document-one-line":  {strings.ReplaceAll(document, "\n", " "), 1, false},
		"document-empty-top": {"\n" + document, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			stored, err := Read(strings.NewReader(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			r := stored.Run
			if r.Tenant.ID != "T" || r.TakenAt != "2026-11-22T00:00:00Z" || r.Digest != "d1" || r.Settings != "s1" || *r.People != 2 || *r.Accounts != 3 || r.Tool.Version != "v1" {
				t.Errorf("header: %+v", r)
			}
			if len(r.Findings) != 1 || len(r.Checks) != 1 {
				t.Fatalf("%d findings, %d checks", len(r.Findings), len(r.Checks))
			}
			f := r.Findings[0]
			if f.Fingerprint != "f1" || f.Slug != "x" || f.Subject.Name != "P" || f.Affected != 2 || len(f.Objects) != 1 || len(f.Members) != tc.members || f.Whole != tc.whole {
				t.Errorf("finding: %+v", f)
			}
		})
	}
}

func TestReadPeople(t *testing.T) {
	stored, err := Read(strings.NewReader(`{"schema":"passkeyaudit.user/v1","id":"a","userPrincipalName":"a@x","kind":"person","state":"trapped","platforms":[]}
{"schema":"passkeyaudit.user/v1","id":"b","userPrincipalName":"b@x","kind":"shared","state":"unknown"}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(stored.People) != 2 || stored.People[0] != (Person{"a", "a@x", "person", bootstrap.Trapped}) {
		t.Errorf("%+v", stored.People)
	}
}

func TestReadRefuses(t *testing.T) {
	cutOff := stream[:strings.LastIndex(stream, `{"type":"end"`)]
	for name, tc := range map[string]struct{ text, want string }{
		"empty":           {"", "not a stored run"},
		"something-else":  {`{"schema":"passkeyaudit.readiness/v1"}`, "not a stored run"},
		"no-json":         {"SEVERITY CHECK", "not a stored run"},
		"cut-off":         {cutOff, "cut off"},
		"half-a-line":     {cutOff + `{"type":"fin`, "line 7"},
		"no-fingerprint":  {strings.Replace(document, `"fingerprint": "f1", `, "", 1), "no fingerprint"},
		"no-tenant":       {strings.Replace(document, `"id": "T", `, "", 1), "which tenant"},
		"people-mixed":    {`{"schema":"passkeyaudit.user/v1","id":"a","state":"trapped"}` + "\n" + `{"schema":"passkeyaudit.report/v1"}`, "line 2"},
		"state-not-known": {`{"schema":"passkeyaudit.user/v1","id":"a","state":"lost"}`, "line 1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if tc.want == "not a stored run" && !errors.Is(err, ErrNoRun) {
				t.Errorf("%v is not ErrNoRun", err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(document)
	f.Add(stream)
	f.Add(`{"schema":"passkeyaudit.user/v1","id":"a","state":"trapped"}`)
	f.Fuzz(func(t *testing.T, text string) {
		stored, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if (stored.Run == nil) == (stored.People == nil) {
			t.Fatalf("neither or both: %+v", stored)
		}
		if stored.Run != nil {
			d, err := Compare(stored.Run, stored.Run)
			if err != nil || len(d.Findings.New)+len(d.Findings.Fixed) > 0 {
				t.Fatalf("a run differs from itself: %+v, %v", d, err)
			}
		}
	})
}
