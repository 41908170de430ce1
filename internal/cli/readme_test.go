package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// What the README shows of the demo is what the demo prints.
func TestReadmeShowsRealOutput(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(text), "demo --fail-on never\n\n```\n")
	block, _, closed := strings.Cut(block, "\n```\n")
	if !ok || !closed {
		t.Fatal("the README has no block with the demo's output")
	}
	var out bytes.Buffer
	Main(context.Background(), *testDeps(&out, 80), []string{"demo", "--fail-on", "never"})
	rest := out.String()
	for part := range strings.SplitSeq(block, "\n…\n") {
		i := strings.Index(rest, strings.TrimSpace(part))
		if i < 0 {
			t.Fatalf("the demo does not print, at this place:\n%s", part)
		}
		rest = rest[i+len(strings.TrimSpace(part)):]
	}
}
