package table

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// shownDisagreements is how many are listed; JSON has more.
const shownDisagreements = 5

// engine says how well the engine did on the tenant's own log, and where it differs.
func (s *Sink) engine(out *strings.Builder) {
	e := &s.Header.Engine
	if e.SignInsReplayed == 0 {
		return
	}
	differ := "all as in the log"
	if e.Disagreed() > 0 {
		differ = audit.CountPhrase(e.Disagreed(), "differs", "differ") + " from the log"
	}
	s.paragraph(out, "", fmt.Sprintf("Conditional Access engine: %s decided anew, %s on policies, %s.%s",
		audit.CountPhrase(e.SignInsReplayed, "sign-in", "sign-ins"),
		audit.CountPhrase(e.PolicyDecisions, "decision", "decisions"), differ, leftOpen(e)), "")
	for i, d := range e.Disagreements {
		if i == shownDisagreements {
			s.item(out, fmt.Sprintf("… and %d more", e.Disagreed()-i))
			break
		}
		s.item(out, report.Plain(fmt.Sprintf("%s: logged %s, evaluated %s%s; see evaluate --sign-in %s", d.PolicyName, d.Logged, d.Evaluated, reasons(d), d.SignIn)))
	}
	fmt.Fprintln(out)
}

// leftOpen says what was not compared.
func leftOpen(e *audit.Engine) string {
	var parts []string
	if e.Undecided > 0 {
		parts = append(parts, audit.CountPhrase(e.Undecided, "entry hangs", "entries hang")+" on what the log does not tell")
	}
	if e.Outdated > 0 {
		parts = append(parts, audit.CountPhrase(e.Outdated, "is of a policy", "are of policies")+" changed since")
	}
	if len(parts) == 0 {
		return ""
	}
	return " Not compared: " + strings.Join(parts, ", ") + "."
}

func reasons(d audit.Disagreement) string {
	switch {
	case len(d.Because) > 0:
		return " because of " + strings.Join(d.Because, ", ")
	case len(d.Unmet) > 0:
		return " for " + strings.Join(d.Unmet, ", ")
	}
	return ""
}
