package audit

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is how a check ended. The zero value is Unknown: a check that was not
// judged never looks like one that passed.
type Outcome int

const (
	Unknown Outcome = iota
	Passed
	Failed
	NotApplicable
	// NotSelected: the settings turn off a section that the check needs.
	NotSelected
)

var outcomeNames = []string{"unknown", "passed", "failed", "notApplicable", "notSelected"}

func (o Outcome) String() string { return outcomeNames[o] }

// Severity ranks findings. Higher is worse.
type Severity int

const (
	Info Severity = iota + 1
	Low
	Medium
	High
	Critical
)

var severityNames = []string{"", "info", "low", "medium", "high", "critical"}

func (s Severity) String() string { return severityNames[s] }

// Severities lists all severities, the worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

// ParseSeverity reads a severity's name.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(severityNames, name); i > 0 {
		return Severity(i), nil
	}
	return 0, fmt.Errorf("%q is no severity; the severities are %s", name, strings.Join(severityNames[1:], ", "))
}

// Certainty says how well the evidence supports a finding.
type Certainty int

const (
	// Possible findings have competing explanations that Graph cannot rule out.
	Possible Certainty = iota + 1
	// Likely findings rest on a rule that its source leaves uncertain, or on data
	// that may lag.
	Likely
	// Confirmed findings follow from the recorded data by documented rules.
	Confirmed
)

var certaintyNames = []string{"", "possible", "likely", "confirmed"}

func (c Certainty) String() string { return certaintyNames[c] }
