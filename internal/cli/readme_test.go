package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

const (
	readme      = "../../README.md"
	readmeOpen  = "demo --fail-on never\n\n```\n"
	readmeClose = "\n```\n"
	// readmeShows is how many findings the README has room for.
	readmeShows = 4
)

// What the README shows of the demo is what the demo prints: its head, the first
// findings, and the last line.
func TestReadmeShowsRealOutput(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), readmeOpen)
	block, after, closed := strings.Cut(rest, readmeClose)
	if !ok || !closed {
		t.Fatal("the README has no block with the demo's output")
	}
	var out bytes.Buffer
	Main(context.Background(), *testDeps(&out, 80), []string{"demo", "--fail-on", "never"})
	want := excerpt(out.String())
	if *updateGolden {
		if err := os.WriteFile(readme, []byte(before+readmeOpen+want+readmeClose+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if block != want {
		t.Errorf("the README shows something else than the demo prints; run this test with -update-golden. It should show:\n%s", want)
	}
}

func excerpt(output string) string {
	parts := strings.Split(strings.TrimSpace(output), "\n\n")
	// The head, then one part per finding (the first with the table's header), then
	// the last line.
	shown := append(parts[:1+readmeShows:1+readmeShows], "…", parts[len(parts)-1])
	return strings.Join(shown, "\n\n")
}
