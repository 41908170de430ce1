package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/internal/cli"
)

// verdictsOf is what of an investigation must not hang on how the person was read.
func verdictsOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc struct {
		State, Stage, Headline string
		Reasons                []string
		BlockedBy              []any
		Hypotheses             []struct {
			Problem int
			Verdict string
		}
		Passkeys []any
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return map[string]any{"state": doc.State, "stage": doc.Stage, "headline": doc.Headline, "reasons": doc.Reasons, "blockedBy": doc.BlockedBy, "hypotheses": doc.Hypotheses, "passkeys": len(doc.Passkeys)}
}

// Reading one person from Graph leads to the same verdicts as a snapshot of the whole
// tenant, in some twenty requests; so does reading policies from another snapshot.
func TestInvestigateLiveEqualsOffline(t *testing.T) {
	cli.SkipUnderRace(t)
	p := newProgram(t)
	live := p.simulate("--demo")
	for _, name := range []string{
		"rashid.laine", "catalina.andersson", "sofia.czerny", "dilara.eklund", "elif.tanaka", "xenia.schouten", "farah.piotrowski", "ivo.dijkstra",
	} {
		t.Run(name, func(t *testing.T) {
			p := program{t, p.path}
			upn := name + "@orrindale.example"
			want, _, _ := p.run(nil, "investigate", upn, "--demo", "--format", "json")
			saved := filepath.Join(t.TempDir(), "saved")
			got, stderr, code := p.run(secret, append([]string{"investigate", upn, "--format", "json", "--save", saved, "--debug"}, live...)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if diff := cmp.Diff(verdictsOf(t, want), verdictsOf(t, got)); diff != "" {
				t.Errorf("(-offline +live):\n%s", diff)
			}
			if n := len(regexp.MustCompile(`(?m)msg=\S*request|path=`).FindAllString(stderr, -1)); n > 40 {
				t.Errorf("%d requests", n)
			}
			if strings.Contains(stderr, "@orrindale") {
				t.Error("the log names a person")
			}
			again, _, _ := p.run(nil, "investigate", upn, "--from", saved, "--format", "json")
			if again != got {
				t.Error("investigating the saved snapshot again gives something else")
			}
			// A help desk without policies of its own.
			for _, section := range []string{"authenticationMethodsPolicy", "conditionalAccessPolicies", "authenticationStrengthPolicies", "namedLocations", "groups", "groupMembers"} {
				take(t, saved, section)
			}
			borrowed, stderr, code := p.run(nil, "investigate", upn, "--from", saved, "--policies-from", "../../fixtures/demo", "--format", "json")
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if diff := cmp.Diff(verdictsOf(t, want), verdictsOf(t, borrowed)); diff != "" {
				t.Errorf("with policies from elsewhere (-offline +borrowed):\n%s", diff)
			}
		})
	}
	t.Run("near", func(t *testing.T) {
		p := program{t, p.path}
		for asked, meant := range map[string]string{"rashid.laine@orrindale.onmicrosoft.example": "rashid.laine@orrindale.example", "filip.maas@brightwell.example": "filip.maas_brightwell.example#EXT#@orrindale.onmicrosoft.example"} {
			_, stderr, code := p.run(secret, append([]string{"investigate", asked}, live...)...)
			if code != 2 || !strings.Contains(stderr, "did you mean "+meant+"?") {
				t.Errorf("%s: exit code %d: %s", asked, code, stderr)
			}
		}
	})
	t.Run("nobody", func(t *testing.T) {
		p := program{t, p.path}
		_, stderr, code := p.run(secret, append([]string{"investigate", "nobody@orrindale.example"}, live...)...)
		if code != 2 || !strings.Contains(stderr, "no such user in this tenant") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
	})
}

// take removes a section from a snapshot.
func take(t *testing.T, dir, section string) {
	t.Helper()
	path := filepath.Join(dir, "manifest.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	m["sections"].(map[string]any)[section] = map[string]any{"state": "denied", "status": 403}
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "sections", section+"*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}
