package entra

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// realData is the folder of published Graph records beside a development
// checkout, if there is one.
func realData(t *testing.T) fs.FS {
	t.Helper()
	shared := os.Getenv("PASSKEYAUDIT_SHARED")
	if shared == "" {
		t.Skip("PASSKEYAUDIT_SHARED is not set")
	}
	sub, err := fs.Sub(os.DirFS(shared), "realdata")
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

func readText(t *testing.T, fsys fs.FS, name string) (text []byte, wide bool) {
	t.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	if rest, ok := bytes.CutPrefix(text, []byte("\xff\xfe")); ok {
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(rest[2*i:])
		}
		return []byte(string(utf16.Decode(units))), true
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), false
}

func TestSharedDataIsJSON(t *testing.T) {
	fsys := realData(t)
	// Exported with Windows PowerShell, whose Out-File writes UTF-16.
	wide := map[string]int{"ca-policies/fortigi": 2, "ca-policies/j0eyv": 23, "named-locations": 2}
	gotWide := map[string]int{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		text, isWide := readText(t, fsys, name)
		if isWide {
			gotWide[path.Dir(name)]++
		}
		if err := CheckSyntax(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wide, gotWide); diff != "" {
		t.Errorf("UTF-16 files (-known +found):\n%s", diff)
	}
}

// TestSharedDataDecodes decodes published records as the types they are of.
func TestSharedDataDecodes(t *testing.T) {
	fsys := realData(t)
	tests := []struct {
		glob   string
		into   func() any
		except []string
	}{
		{"auth-methods-policy/graph2otel-live-*.json", func() any { return new(AuthenticationMethodsPolicy) }, nil},
		{"auth-methods-policy/docs-*-authenticationmethodspolicy-get-2.json", func() any { return new(AuthenticationMethodsPolicy) }, nil},
		{"auth-methods-policy/pnp-authenticationMethodsPolicy-full.json", func() any { return new(AuthenticationMethodsPolicy) }, nil},
		{"auth-methods-policy/*configuration*.json", func() any { return new(AuthenticationMethodConfiguration) },
			// The example writes isAttestationEnforced as the text "true".
			[]string{"docs-beta-2023-fido2authenticationmethodconfiguration-update-1-request.json"}},
		{"auth-methods-policy/pnp-configuration-*.json", func() any { return new(AuthenticationMethodConfiguration) }, nil},
		{"registration-details/*.json", func() any { return new(UserRegistrationDetails) }, nil},
		{"methods/*.json", func() any { return new(AuthenticationMethod) },
			// The example writes isUsableOnce as a text.
			[]string{"docs-beta-2021-temporaryaccesspassauthenticationmethod-get-2.json"}},
		{"ca-policies/docs/v1-*.json", func() any { return new(ConditionalAccessPolicy) }, nil},
	}
	for _, tt := range tests {
		t.Run(strings.ReplaceAll(tt.glob, "/", "_"), func(t *testing.T) {
			names, err := fs.Glob(fsys, tt.glob)
			if err != nil || len(names) == 0 {
				t.Fatalf("nothing there: %v", err)
			}
			for _, name := range names {
				text, _ := readText(t, fsys, name)
				for _, row := range rowsOf(t, text) {
					err := Decode(row, tt.into())
					if known := slices.Contains(tt.except, path.Base(name)); known == (err == nil) {
						t.Errorf("%s: %v, known exception: %v", name, err, known)
					}
				}
			}
		})
	}
}

// rowsOf takes a page, or the single object that documentation puts under
// "value", apart.
func rowsOf(t *testing.T, text Raw) []Raw {
	t.Helper()
	value, ok := Lookup(text, "/value")
	if !ok {
		return []Raw{text}
	}
	if value.Kind() == '{' {
		return []Raw{value}
	}
	var rows []Raw
	if err := Decode(value, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}
