package report_test

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

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
		if got := report.Affected(p); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestStepSaysWhatItDoes(t *testing.T) {
	for want, step := range map[string]audit.Step{
		"": {Change: "x", Untried: audit.Outside},
		"frees 12 people, makes it worse for nobody":        {Frees: 12},
		"makes it worse for 1 person":                       {Worsens: 1},
		"makes it worse for nobody, not known for 3 people": {Unsure: 3},
		"frees 1 person, makes it worse for 2,000 people":   {Frees: 1, Worsens: 2000},
	} {
		if got := report.Effect(step); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
