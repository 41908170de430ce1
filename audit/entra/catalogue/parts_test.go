package catalogue_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/entra/catalogue"
)

// newer is the program's own file with some text changed.
func newer(t *testing.T, part catalogue.Part, changes ...string) []byte {
	t.Helper()
	text := string(catalogue.BuiltInText(part))
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(text, changes[i]) {
			t.Fatalf("the file has no %q", changes[i])
		}
		text = strings.Replace(text, changes[i], changes[i+1], 1)
	}
	return []byte(text)
}

func TestReplaced(t *testing.T) {
	q := catalogue.Question{OS: "Android", OSVersion: "16", Surface: "browser", Client: "Firefox", Authenticator: "authenticatorPasskey", Flow: "crossDevice"}
	builtIn := catalogue.BuiltIn()
	if builtIn.Digest() != "" || builtIn.Edition(catalogue.AAGUIDs).Replaced() {
		t.Errorf("the program's own data are %q", builtIn.Digest())
	}
	c, err := builtIn.With(catalogue.SupportMatrix, "matrix.json", newer(t, catalogue.SupportMatrix,
		`"2026-11"`, `"spring"`, `"2026-11-22"`, `"2027-04-01"`, `"supported": "no"`, `"supported": "yes"`))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Matrix().Look(q); got.Support != catalogue.Supported || got.Cite() != "support matrix spring of 2027-04-01 (matrix.json), c023 (MTX, 2025-05-12, of which a newer edition exists that was not read)" {
		t.Errorf("%s: %s", got.Support, got.Cite())
	}
	if got := builtIn.Matrix().Look(q); got.Support != catalogue.Unsupported {
		t.Errorf("the program's own matrix says %s", got.Support)
	}
	if c.Digest() == "" || c.Edition(catalogue.SupportMatrix).Outdated() || c.ModelOf(catalogue.AuthenticatorIOS) == nil || c.SignInErrorOf(135010) == nil {
		t.Errorf("digest %q, %s", c.Digest(), c.Edition(catalogue.SupportMatrix))
	}
	c, err = c.With(catalogue.AAGUIDs, "models.json", newer(t, catalogue.AAGUIDs, `"compiled": "2026-11-22"`, `"compiled": "2025-01-01"`, catalogue.AuthenticatorIOS, "12345678-1234-1234-1234-123456789abc"))
	if err != nil {
		t.Fatal(err)
	}
	if c.ModelOf("12345678-1234-1234-1234-123456789ABC") == nil || c.ModelOf(catalogue.AuthenticatorIOS) != nil || !c.Edition(catalogue.AAGUIDs).Outdated() {
		t.Errorf("%+v", c.Edition(catalogue.AAGUIDs))
	}
	c, err = c.With(catalogue.SignInErrors, "codes.json", newer(t, catalogue.SignInErrors, `"code": 135010`, `"code": 999135`))
	if err != nil {
		t.Fatal(err)
	}
	if c.SignInErrorOf(999135) == nil || c.SignInErrorOf(135010) != nil {
		t.Error("the codes are still the program's own")
	}
	// The same text under another name changes nothing that anybody judges by.
	same, err := builtIn.With(catalogue.AAGUIDs, "copy.json", catalogue.BuiltInText(catalogue.AAGUIDs))
	if err != nil || same.Digest() != "" {
		t.Errorf("%v, %q", err, same.Digest())
	}
}

// TestRefused: whatever is wrong with a file is said with the member.
func TestRefused(t *testing.T) {
	tests := []struct {
		name string
		part catalogue.Part
		text []byte
		want string
	}{
		{"no-json", catalogue.AAGUIDs, []byte(`{"schema":`), "f.json: not valid JSON"},
		{"no-object", catalogue.AAGUIDs, []byte(`[]`), "f.json: an object is wanted, not a list"},
		{"other-file", catalogue.SignInErrors, catalogue.BuiltInText(catalogue.AAGUIDs), `f.json: /schema: "passkeyaudit.signInErrors/v1" is wanted, for a catalogue of sign-in errors, not "passkeyaudit.aaguids/v1"`},
		{"no-schema", catalogue.SupportMatrix, []byte(`{"cells":[]}`), `f.json: /schema: "passkeyaudit.supportMatrix/v1" is wanted`},
		{"no-date", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, `"compiled": "2026-11-22",`, ""), "f.json: /compiled: the member is missing; text is wanted"},
		{"bad-date", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, "2026-11-22", "22.11.2026"), `f.json: /compiled: "22.11.2026" is not of the form`},
		{"misspelt", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, `"vendor"`, `"maker"`), "f.json: /models/0/maker: there is no such member; allowed: aaguid, name, vendor"},
		{"word", catalogue.SupportMatrix, newer(t, catalogue.SupportMatrix, `"supported": "yes"`, `"supported": "maybe"`), `f.json: /cells/0/supported: "maybe" is none of yes, no, conditional`},
		{"kind", catalogue.SignInErrors, newer(t, catalogue.SignInErrors, `"code": 0`, `"code": "0"`), `f.json: /codes/0/code: a whole number is wanted, not "0"`},
		{"fraction", catalogue.SignInErrors, newer(t, catalogue.SignInErrors, `"code": 0`, `"code": 0.5`), `f.json: /codes/0/code: a whole number is wanted, not 0.5`},
		{"missing", catalogue.SignInErrors, newer(t, catalogue.SignInErrors, `"meaning": "Sign-in step completed with no error.", `, ""), "f.json: /codes/0/meaning: the member is missing"},
		{"twice", catalogue.SignInErrors, newer(t, catalogue.SignInErrors, `"code": 29207`, `"code": 0`), "f.json: /codes/1/code: 0 stands at /codes/0 already"},
		{"no-source", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, `"source": "AUT"`, `"source": "NOWHERE"`), `f.json: /models/0/source: "NOWHERE" is not among the sources of the file`},
		{"source", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, `"weight": "documented"`, `"weight": "heavy"`), `f.json: /sources/HWV/weight: "heavy" is none of documented`},
		{"aaguid", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, catalogue.AuthenticatorIOS, strings.ToUpper(catalogue.AuthenticatorIOS)), "f.json: /models/1/aaguid: "},
		{"null", catalogue.AAGUIDs, newer(t, catalogue.AAGUIDs, `"vendor": "Microsoft"`, `"vendor": null`), "f.json: /models/0/vendor: text is wanted, not null"},
		{"list", catalogue.SupportMatrix, newer(t, catalogue.SupportMatrix, `"conditions": ["passkeysOnAccount>3"]`, `"conditions": [3]`), "/conditions/0: text is wanted, not 3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := catalogue.BuiltIn().With(tt.part, "f.json", tt.text)
			file, ok := errors.AsType[*catalogue.FileError](err)
			if !ok || !strings.Contains(file.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	many := []byte(strings.ReplaceAll(string(catalogue.BuiltInText(catalogue.AAGUIDs)), `"deviceBound"`, `"glued"`))
	if _, err := catalogue.BuiltIn().With(catalogue.AAGUIDs, "f.json", many); err == nil || !strings.HasSuffix(err.Error(), " more") || strings.Count(err.Error(), "\n") != 20 {
		t.Errorf("many mistakes: %v", err)
	}
}

// Names come from the catalogue first, and what the FIDO Alliance says of a model stands
// beside it only where it matters.
func TestLabel(t *testing.T) {
	const strange = "12345678-1234-1234-1234-123456789abc"
	c := catalogue.BuiltIn().WithFIDO(catalogue.NewCertifications(catalogue.Certifications{}, []catalogue.Certification{
		{AAGUID: catalogue.AuthenticatorIOS, Description: "another name", Standing: catalogue.Certified, Status: "FIDO_CERTIFIED"},
		{AAGUID: strange, Description: "Contoso Key", Standing: catalogue.Revoked, Status: "REVOKED", Since: "2026-03-01"},
	}))
	for aaguid, want := range map[string]string{
		catalogue.AuthenticatorIOS:  "Microsoft Authenticator for iOS (" + catalogue.AuthenticatorIOS + ")",
		strings.ToUpper(strange):    "Contoso Key (" + strings.ToUpper(strange) + ", FIDO: REVOKED since 2026-03-01)",
		catalogue.UndisclosedAAGUID: catalogue.UndisclosedAAGUID,
	} {
		if got := c.Label(aaguid); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := catalogue.BuiltIn().Label(strange); got != strange {
		t.Errorf("%q", got)
	}
}

// FuzzWith: a file is taken whole or refused with a reason, and what is taken answers.
func FuzzWith(f *testing.F) {
	for _, p := range catalogue.Parts() {
		f.Add(string(p), fmt.Appendf(nil, `{"schema":"passkeyaudit.%s/v1","edition":"x","compiled":"2027-01-01","sources":{"A":{"document":"d","weight":"documented"}}}`, p))
	}
	f.Add("aaguids", []byte(`{"schema":"passkeyaudit.aaguids/v1","edition":"x","compiled":"2027-01-01","sources":{"A":{"document":"d","weight":"community"}},"models":[{"aaguid":"12345678-1234-1234-1234-123456789abc","name":"n","kind":"app","passkeyType":"synced","attestation":"unknown","source":"A"}]}`))
	f.Fuzz(func(t *testing.T, part string, text []byte) {
		p := catalogue.Part(part)
		if p != catalogue.SupportMatrix && p != catalogue.AAGUIDs && p != catalogue.SignInErrors {
			return
		}
		c, err := catalogue.BuiltIn().With(p, "f.json", text)
		if err != nil {
			if _, ok := errors.AsType[*catalogue.FileError](err); !ok || err.Error() == "" {
				t.Errorf("%v", err)
			}
			return
		}
		c.Matrix().Look(catalogue.Question{OS: "Windows", Client: "Edge"})
		c.Label(catalogue.AuthenticatorIOS)
		c.AttestationList()
	})
}
