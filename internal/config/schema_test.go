package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

const (
	schemaFile = "../../docs/schema/config.schema.json"
	manual     = "../../docs/configuration.md"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema and the parser accept the same files and refuse the same files.
func TestSchemaAndParserAgree(t *testing.T) {
	s := schema(t)
	for kind, valid := range map[string]bool{"valid": true, "invalid": false} {
		files, err := filepath.Glob("testdata/" + kind + "/*.yaml")
		if err != nil || len(files) < 2 {
			t.Fatalf("%d examples, %v", len(files), err)
		}
		for _, file := range files {
			t.Run(file, func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Validate(instance(t, text)); (err == nil) != valid {
					t.Errorf("the schema says %v", err)
				}
				if _, err := Parse(file, text, testVocabulary()); (err == nil) != valid {
					t.Errorf("the parser says %v", err)
				}
			})
		}
	}
}

// The example of the manual is valid, and shows every key there is.
func TestManualExample(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the manual has no example")
	}
	if _, err := Parse(manual, []byte(example), testVocabulary()); err != nil {
		t.Error(err)
	}
	v := instance(t, []byte(example))
	if err := schema(t).Validate(v); err != nil {
		t.Error(err)
	}
	if got := slices.Sorted(maps.Keys(v.(map[string]any))); !slices.Equal(got, keys(top())) {
		t.Errorf("it shows %v", got)
	}
}

// instance reads YAML as an editor does that checks it against a schema: dates are
// text, and so are on and off.
func instance(t *testing.T, text []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Load(text, &doc); err != nil {
		t.Fatal(err)
	}
	var build func(n *yaml.Node) any
	build = func(n *yaml.Node) any {
		switch {
		case n.Kind == yaml.MappingNode:
			m := map[string]any{}
			for i := 0; i < len(n.Content); i += 2 {
				m[n.Content[i].Value] = build(n.Content[i+1])
			}
			return m
		case n.Kind == yaml.SequenceNode:
			list := []any{}
			for _, item := range n.Content {
				list = append(list, build(item))
			}
			return list
		case n.Tag == "!!null":
			return nil
		case n.Tag == "!!bool":
			return n.Value == "true"
		default:
			return n.Value
		}
	}
	return build(doc.Content[0])
}

// The keys and words of the schema are those of the parser and of the program.
func TestSchemaNamesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties    map[string]json.RawMessage
		Required      []string
		PropertyNames struct{ Enum []string }
		Items         json.RawMessage
	}
	decode := func(raw json.RawMessage) object {
		var o object
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	values := func(raw json.RawMessage) []string {
		var o struct {
			AdditionalProperties struct{ Enum []string }
		}
		if err := json.Unmarshal(raw, &o); err != nil {
			t.Fatal(err)
		}
		return o.AdditionalProperties.Enum
	}
	root := decode(text)
	accept := decode(decode(root.Properties["accept"]).Items)
	var severities, kinds, sections, required []string
	for _, s := range audit.Severities() {
		severities = append(severities, s.String())
	}
	for _, k := range audit.AccountKinds() {
		kinds = append(kinds, string(k))
	}
	for _, s := range snapshot.Sections() {
		sections = append(sections, string(s.ID))
	}
	for _, f := range acceptFields(&audit.Acceptance{}) {
		if f.required {
			required = append(required, f.key)
		}
	}
	var assume struct{ AnyOf []struct{ Enum []string } }
	if err := json.Unmarshal(decode(root.Properties["assume"]).Items, &assume); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"keys", slices.Sorted(maps.Keys(root.Properties)), keys(top())},
		{"accept", slices.Sorted(maps.Keys(accept.Properties)), keys(acceptFields(&audit.Acceptance{}))},
		{"required", accept.Required, required},
		{"lanes", slices.Sorted(maps.Keys(decode(root.Properties["lanes"]).Properties)), keys(laneFields())},
		{"data", slices.Sorted(maps.Keys(decode(root.Properties["data"]).Properties)), keys(dataFields())},
		{"sections", decode(root.Properties["sections"]).PropertyNames.Enum, sections},
		{"severities", values(root.Properties["severity"]), severities},
		{"kinds", values(root.Properties["kinds"]), kinds},
		{"assume", assume.AnyOf[0].Enum, assumable},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-program +schema):\n%s", c.name, diff)
		}
	}
}

func keys(fields []field) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.key)
	}
	slices.Sort(names)
	return names
}
