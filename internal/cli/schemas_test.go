package cli

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

const schemaFolder = "../../docs/schema"

// published compiles a published schema. It is made stricter than what is published:
// members that it does not name are mistakes here, so that none is forgotten; others may
// meet members of later versions.
func published(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, err := compiled(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compiled(name string) (*jsonschema.Schema, error) {
	text, err := os.ReadFile(filepath.Join(schemaFolder, name+".schema.json"))
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	closeObjects(document)
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, document); err != nil {
		return nil, err
	}
	return c.Compile(name)
}

// FollowsSchema tells why a document does not follow a published schema, for the tests
// that run the program from outside.
func FollowsSchema(name string, text []byte) error {
	s, err := compiled(name)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func closeObjects(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, has := s["properties"].(map[string]any); has && s["additionalProperties"] == nil {
			s["additionalProperties"] = false
		}
		for _, inner := range s {
			closeObjects(inner)
		}
	case []any:
		for _, inner := range s {
			closeObjects(inner)
		}
	}
}

func validates(t *testing.T, s *jsonschema.Schema, text []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%.200s: %v", text, err)
	}
}

// What the commands write is what the schemas say, over all tenants.
func TestOutputFollowsTheSchemas(t *testing.T) {
	SkipUnderRace(t)
	report, run, ready, user := published(t, "report"), published(t, "run"), published(t, "readiness"), published(t, "user")
	sarif, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, snap := range tenants(t) {
		t.Run(name, func(t *testing.T) {
			out := everyFormat(t, name)
			validates(t, report, out["json"])
			validates(t, sarif, out["sarif"])
			validates(t, ready, readinessJSON(t, snap))
			for line := range bytes.Lines(out["ndjson"]) {
				validates(t, run, line)
				if rest, is := bytes.CutPrefix(line, []byte(`{"type":"user",`)); is {
					validates(t, user, append([]byte("{"), rest...))
				}
			}
		})
	}
}

// So do those that need a question.
func TestAnswersFollowTheSchemas(t *testing.T) {
	SkipUnderRace(t)
	tests := []struct {
		schema string
		args   []string
		stdin  string
		lines  bool
	}{
		{"preview", []string{"preview", "--from", "../../fixtures/demo", "--change", "-", "--format", "json"},
			`{"requests":[{"id":"1","method":"PATCH","url":"/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2","body":{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","state":"disabled"}}]}`, false},
		{"decision", []string{"evaluate", "--from", "../../fixtures/demo", "--scenarios", "-", "--format", "ndjson"},
			`{"id":"s1","user":"dilara.eklund@orrindale.example","target":{"app":"00000003-0000-0ff1-ce00-000000000000"}}
{"id":"s2","user":"dilara.eklund@orrindale.example","target":{"userAction":"registerSecurityInfo"},"platform":"android","using":["password"]}
`, true},
		{"user", []string{"readiness", "--from", "../../fixtures/demo", "--users", "--format", "ndjson", "--rollout", "all"}, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.schema, func(t *testing.T) {
			var out bytes.Buffer
			d := testDeps(&out, 80)
			d.IO.In = bytes.NewReader([]byte(tt.stdin))
			if code := Main(context.Background(), *d, tt.args); code != ExitClean {
				t.Fatalf("exit code %d: %s", code, d.IO.Err)
			}
			s := published(t, tt.schema)
			if !tt.lines {
				validates(t, s, out.Bytes())
				return
			}
			n := 0
			for line := range bytes.Lines(out.Bytes()) {
				validates(t, s, line)
				n++
			}
			if n < 2 {
				t.Errorf("%d lines", n)
			}
		})
	}
}

// So do investigations of the first people of all tenants.
func TestInvestigationsFollowTheSchema(t *testing.T) {
	SkipUnderRace(t)
	s := published(t, "investigation")
	for name, snap := range tenants(t) {
		folder := "../../fixtures/scenarios/" + name
		switch name {
		case "hostile":
			continue // it is in memory only
		case "demo":
			folder = "../../fixtures/demo"
		}
		t.Run(name, func(t *testing.T) {
			n := 0
			for row, err := range snap.Rows(t.Context(), snapshot.Users) {
				if err != nil || n == 2 {
					break
				}
				n++
				var out bytes.Buffer
				d := testDeps(&out, 80)
				args := []string{"investigate", entra.Text(row.Raw, "/id"), "--format", "json", "--from", folder}
				if code := Main(t.Context(), *d, args); code != ExitClean && code != ExitIncomplete {
					t.Fatalf("exit code %d: %s", code, d.IO.Err)
				}
				validates(t, s, out.Bytes())
			}
		})
	}
}

// The schemas refuse what is not of their kind.
func TestSchemasRefuse(t *testing.T) {
	for name, text := range map[string]string{
		"report":        `{"schema":"passkeyaudit.report/v2"}`,
		"run":           `{"type":"check","schema":"passkeyaudit.report/v1","id":"PK-BOOT-003","outcome":"fine"}`,
		"user":          `{"schema":"passkeyaudit.user/v1","state":"stuck"}`,
		"readiness":     `{"schema":"passkeyaudit.readiness/v1","people":-1}`,
		"preview":       `{}`,
		"decision":      `{"schema":"passkeyaudit.decision/v1","verdict":"maybe","policies":[],"needs":[],"unknown":[],"assumptions":[]}`,
		"doctor":        `{"schema":"passkeyaudit.doctor/v1","cloud":"public","tenant":{"id":"t"},"credential":{"auth":"azure-cli","kind":"person"},"licences":{},"sections":[],"next":[]}`,
		"plan":          `{"schema":"passkeyaudit.plan/v1","sections":[],"limits":[],"seconds":-1,"permissions":[]}`,
		"diff":          `{"schema":"passkeyaudit.diff/v1","tool":{"name":"x","version":"1"},"a":{"kind":"folder"},"b":{"kind":"run"},"caveats":[],"summary":{},"truncated":false}`,
		"history":       `{"schema":"passkeyaudit.history/v1"}`,
		"investigation": `{"schema":"passkeyaudit.investigation/v1"}`,
		"checks":        `{"schema":"passkeyaudit.checks/v1","checks":[{"id":"PK-BOOT-003"}]}`,
		"permissions":   `{"schema":"passkeyaudit.permissions/v1","type":"person"}`,
		"verification":  `{"schema":"passkeyaudit.verification/v1","asked":"many"}`,
		"settings":      `{"schema":"passkeyaudit.config/v1","digest":"d","values":[{"key":"k","value":"v","source":"hearsay"}]}`,
	} {
		var v any
		if err := stdjson.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := published(t, name).Validate(v); err == nil {
			t.Errorf("%s takes %s", name, text)
		}
	}
}
