package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// TestHostileSnapshots: whatever a snapshot says of itself, the terminal is shown
// no control characters.
func TestHostileSnapshots(t *testing.T) {
	const evil = `\u001b[2J\u009b31m\u202e`
	head := `{"format":"passkeyaudit.snapshot/v1","takenAt":"2026-11-22T00:00:00Z",`
	tests := []struct {
		name, manifest, users string
		code                  int
	}{
		{"names", head + `"tenant":{"id":"t` + evil + `","displayName":"` + evil + `","defaultDomain":"` + evil + `"},"cloud":"` + evil + `",
			"tool":{"name":"` + evil + `","version":"` + evil + `"},"scope":{"kind":"user","ids":["` + evil + `"]},
			"sections":{"users":{"state":"denied","reason":"` + evil + `","status":403,"code":"` + evil + `","needs":["` + evil + `"]}}}`, "", ExitClean},
		{"segment-name", head + `"tenant":{"id":"t"},"sections":{"users":{"state":"complete","segments":[{"file":"sections/` + evil + `"}]}}}`, "", ExitRuntime},
		{"section-name", head + `"tenant":{"id":"t"},"sections":{"` + evil + `":{"objects":"x"}}}`, "", ExitRuntime},
		{"format", `{"format":"` + evil + `"}`, "", ExitRuntime},
		{"row", head + `"tenant":{"id":"t"}}`, `{"id":"` + evil + `","accountEnabled":[]}` + "\n" + `{"id":"u","displayName":"` + evil + `","userPrincipalName":"` + evil + `"}`, ExitClean},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "sections"), 0o700); err != nil {
				t.Fatal(err)
			}
			files := map[string]string{"manifest.json": tt.manifest}
			if tt.users != "" {
				files["sections/users.ndjson"] = tt.users
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range [][]string{{"snapshot", "info", dir}, {"snapshot", "verify", dir}, {"audit", "--from", dir}} {
				var out bytes.Buffer
				deps := testDeps(&out, 80)
				deps.IO.Err = &out
				code := Main(context.Background(), *deps, args)
				if args[1] == "info" && code != tt.code {
					t.Errorf("%v ended with %d: %s", args[:2], code, out.String())
				}
				if i := strings.IndexFunc(out.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
					t.Errorf("%v shows %q", args[:2], out.String()[max(0, i-40):min(out.Len(), i+10)])
				}
			}
		})
	}
}
