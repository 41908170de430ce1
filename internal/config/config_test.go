package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit"
)

func testVocabulary() Vocabulary {
	return Vocabulary{
		Checks: []*audit.Check{
			{ID: "PK-ATT-003", Slug: "stranded-passkeys", Severity: audit.High},
			{ID: "PK-SELF-001", Slug: "self-service-off", Severity: audit.High},
		},
		Switches: []string{"windowsPasskeys", "manageModeRegisterOnly"},
	}
}

// The whole configuration reaches every member of the settings.
func TestEverySettingCanBeSet(t *testing.T) {
	c, err := Read("testdata/valid/full.yaml", testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	s := reflect.ValueOf(c.Settings)
	for i := range s.NumField() {
		if s.Field(i).IsZero() {
			t.Errorf("full.yaml does not set %s", s.Type().Field(i).Name)
		}
	}
	lanes := reflect.ValueOf(c.Settings.Lanes)
	for i := range lanes.NumField() {
		if lanes.Field(i).IsZero() {
			t.Errorf("full.yaml does not set lanes.%s", lanes.Type().Field(i).Name)
		}
	}
	want := []audit.Acceptance{
		{Check: "PK-ATT-003", Fingerprint: "5f4dcc3b5aa765d61d8327deb882cf99", Reason: "replaced by the end of January: change 4711"},
		{Check: "PK-SELF-001", Reason: "deliberate"},
	}
	got := slices.Clone(c.Settings.Accept)
	if got[0].ExpiresDate() != "2027-01-31" || got[1].ExpiresDate() != "" {
		t.Errorf("expires %q and %q", got[0].ExpiresDate(), got[1].ExpiresDate())
	}
	for i := range got {
		got[i].Expires = want[i].Expires
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Settings.Severity["PK-SELF-001"] != audit.Low {
		t.Errorf("severities %v", c.Settings.Severity)
	}
}

func TestValidFiles(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "comment": "# nothing\n", "nothing": "accept:\nkinds:\nseverity:\nassume:\n", "empty-values": "accept: []\nkinds: {}\n",
		"section-on": "sections: {signIns: on}", "switch-off": "switches: {windowsPasskeys: off}", "byte-order-mark": "\ufeffassume: []\n",
		"windows-lines": "lanes:\r\n  provisioning: false\r\n", "json": `{"severity": {}}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Parse("f", []byte(text), testVocabulary())
			if err != nil {
				t.Fatal(err)
			}
			if !c.Settings.Default() {
				t.Errorf("not the defaults: %+v", c.Settings)
			}
		})
	}
}

// Every mistake is found, told apart and placed.
func TestMistakes(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"unknown-key", "sevrity: {}", `f:1:1: unknown key "sevrity"; did you mean "severity"? Allowed: accept, severity,`},
		{"far-key", "nonsense: 1", `f:1:1: unknown key "nonsense" Allowed: accept`},
		{"nested-key", "lanes:\n  provisionning: true", `f:2:3: unknown key "provisionning"; did you mean "provisioning"?`},
		{"twice", "assume: []\nlanes: {}\nassume: []", `f:3:1: "assume" stands on line 1 already`},
		{"not-a-mapping", "- accept", `f:1:1: a mapping with the keys accept, severity, sections`},
		{"not-a-list", "accept: {check: x}", `f:1:9: a list of accepted findings is wanted here, not a mapping`},
		{"no-reason", "accept:\n  - check: PK-ATT-003", `f:2:5: reason is missing here`},
		{"nothing-in-list", "accept:\n  - ", `f:2:4: check is missing here`},
		{"empty-reason", "accept:\n  - {check: PK-ATT-003, reason: ' '}", `f:2:33: the reason, in words is wanted here, not empty text`},
		{"bad-date", "accept:\n  - {check: PK-ATT-003, reason: x, expires: 31.1.2027}", `f:2:45: "31.1.2027" is no date like 2027-01-31`},
		{"no-such-day", "accept:\n  - {check: PK-ATT-003, reason: x, expires: 2027-02-30}", `"2027-02-30" is no date`},
		{"time", "accept:\n  - {check: PK-ATT-003, reason: x, expires: 2027-01-31T00:00:00Z}", `is no date`},
		{"bad-fingerprint", "accept:\n  - {check: PK-ATT-003, reason: x, fingerprint: abc}", `"abc" is no fingerprint: copy the 32`},
		{"accepted-twice", "accept:\n  - {check: PK-ATT-003, reason: x}\n  - {check: stranded-passkeys, reason: y}", `f:3:5: the same is accepted on line 2 already`},
		{"unknown-check", "severity:\n  PK-ATT-004: low", `f:2:3: there is no check "PK-ATT-004"; did you mean PK-ATT-003?`},
		{"bad-severity", "severity:\n  PK-ATT-003: hihg", `f:2:15: unknown severity "hihg"; did you mean "high"? Allowed: critical, high, medium, low, info`},
		{"severity-twice", "severity:\n  PK-ATT-003: low\n  stranded-passkeys: low", `f:3:3: stranded-passkeys has a severity already`},
		{"unknown-section", "sections:\n  signins: off", `f:2:3: unknown section "signins"; did you mean "signIns"?`},
		{"section-value", "sections:\n  signIns: never", `f:2:12: one of true, false, on, off is wanted here, not "never"`},
		{"pattern-in-emergency", "emergencyAccounts:\n  - 'bg*'", `f:2:5: "bg*" is none of the object ids or user principal names`},
		{"emergency-twice", "emergencyAccounts: [a@b.example, A@b.example]", `f:1:34: "A@b.example" stands on line 1 already`},
		{"contradiction", "emergencyAccounts: [a@b.example]\nkinds:\n  A@b.example: service", `f:3:16: "A@b.example" is service here and an emergency account on line 1`},
		{"bad-kind", "kinds:\n  svc-*: robot", `f:2:10: unknown kind "robot" Allowed: person, shared, service, sync, emergency`},
		{"kind-twice", "kinds:\n  a@b.example: person\n  A@B.example: person", `f:3:3: "A@B.example" stands on line 2 already`},
		{"unquoted-pattern", "kinds:\n  *@rooms.example: shared", `f:2:3: not YAML: unknown anchor '@rooms.example' referenced; text that starts with * needs quotes`},
		{"alias", "kinds: &k {}\nseverity: *k", `f:1:8: anchors and aliases are not supported`},
		{"tag", "assume: !!set {}", `the tag !!set is not supported`},
		{"unknown-switch", "switches: {windowPasskeys: true}", `f:1:12: unknown switch "windowPasskeys"; did you mean "windowsPasskeys"?`},
		{"switch-value", "switches: {windowsPasskeys: 1}", `one of true, false, on, off is wanted here, not "1"`},
		{"assume-compliant", "assume: [compliantDevice]", `f:1:10: compliantDevice may not be assumed: it takes a device in the snapshot`},
		{"assume-hybrid", "assume:\n  - hybridDevice", `f:2:5: hybridDevice may not be assumed`},
		{"assume-pass", "assume: [validPass]", `unknown condition "validPass" Allowed: capablePhone`},
		{"assume-country", "assume: ['country:nl']", `does not name a country by its two capital letters`},
		{"assume-twice", "assume: [bluetooth, bluetooth]", `"bluetooth" stands on line 1 already`},
		{"bool-for-text", "accept:\n  - {check: PK-ATT-003, reason: true}", `put true in quotes`},
		{"second-document", "assume: []\n---\nassume: []", `a second document`},
		{"tab", "lanes:\n\tprovisioning: true", `f:2:1: not YAML: found character that cannot start any token`},
		{"open-quote", "kinds:\n  'a: b\n", `f:3:1: not YAML: found unexpected end of stream (while scanning a quoted scalar that starts on line 2)`},
		{"not-utf8", "\xff\xfea", `f: the file is not text in UTF-8`},
		{"control-character", "\x00", `f: not YAML: control characters are not allowed`},
		{"too-large", strings.Repeat("#", maxSize+1), `f: the file is larger than 1048576 bytes`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse("f", []byte(c.text), testVocabulary())
			mistake, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("no mistake found, error %v", err)
			}
			if !strings.Contains(mistake.Error(), c.want) {
				t.Errorf("got  %s\nwant %s", mistake, c.want)
			}
		})
	}
}

// All mistakes are reported together, in the order of the file.
func TestMistakesComeTogether(t *testing.T) {
	_, err := Parse("f", []byte("assume: [x]\nkinds: {a: b}\nnonsense: 1\n"), testVocabulary())
	mistake, ok := errors.AsType[*Error](err)
	if !ok || len(mistake.Problems) != 3 || !slices.IsSortedFunc(mistake.Problems, func(a, b Problem) int { return a.Line - b.Line }) {
		t.Errorf("got %v", err)
	}
}

func TestReadNamesTheFile(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "nowhere.yaml"), testVocabulary()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestValues(t *testing.T) {
	c, err := Parse("f", []byte("severity:\n  self-service-off: low\n"), testVocabulary())
	if err != nil {
		t.Fatal(err)
	}
	var set []Value
	for _, v := range c.Values(testVocabulary()) {
		if v.Line > 0 {
			set = append(set, v)
		}
	}
	if diff := cmp.Diff([]Value{{"severity.PK-SELF-001", "low", 2}}, set); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"testdata/valid/full.yaml", "testdata/valid/small.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("kinds:\n  *@rooms: shared\n")
	f.Add("accept: &a [*a]\n")
	f.Add("? {a: [b, ~]}\n: !!binary x\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("f", []byte(text), testVocabulary())
		if err != nil {
			mistake, ok := errors.AsType[*Error](err)
			if !ok || len(mistake.Problems) == 0 {
				t.Fatalf("an error that is no mistake in the file: %v", err)
			}
			return
		}
		c.Values(testVocabulary())
		again, err := Parse("f", []byte(text), testVocabulary())
		if err != nil || again.Settings.Digest() != c.Settings.Digest() {
			t.Fatalf("the second reading differs: %v", err)
		}
		for _, a := range c.Settings.Accept {
			if a.Check == "" || a.Reason == "" {
				t.Fatalf("an acceptance without check or reason: %+v", a)
			}
		}
		for _, name := range c.Settings.Assume {
			if strings.Contains(name, "Device") {
				t.Fatalf("%s is assumed", name)
			}
		}
	})
}
