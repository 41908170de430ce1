package table

import (
	"strings"
	"testing"

	"passkeyaudit/audit"
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

func TestAffectedSaysWhatIsCounted(t *testing.T) {
	set := audit.SetOf(3)
	accounts := audit.Accounts(set, nil)
	lower := accounts
	lower.AtLeast = true
	for want, p := range map[string]audit.Population{
		"-":           {},
		"1 person":    audit.People(set, nil),
		"1 account":   accounts,
		"≥ 1 account": lower,
	} {
		if got := affectedCell(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStepSaysWhatItDoes(t *testing.T) {
	for want, step := range map[string]audit.Step{
		"":                               {Change: "x"},
		" (frees 12 people)":             {Frees: 12},
		" (makes it worse for 1 person)": {Worsens: 1},
		" (frees 1 person, makes it worse for 2,000 people)": {Frees: 1, Worsens: 2000},
	} {
		if got := effectOf(step); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
