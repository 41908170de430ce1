package table

import (
	"strings"
	"testing"
)

func TestLinesBreakBetweenParts(t *testing.T) {
	tests := []struct {
		name  string
		parts []string
		want  string
	}{
		{"one line", []string{"Contoso", "2 people"}, "Contoso · 2 people\n"},
		{"a part does not fit", []string{strings.Repeat("x", 50), "20 people", "30 accounts"}, strings.Repeat("x", 50) + "\n20 people · 30 accounts\n"},
		{"a part longer than a line", []string{strings.Repeat("word ", 13), "2 people"}, strings.TrimSpace(strings.Repeat("word ", 12)) + "\nword\n2 people\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			New(nil, Options{Width: 60}).parts(&out, tt.parts)
			if got := out.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
