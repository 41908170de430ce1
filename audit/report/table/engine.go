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
	e := &s.header.Engine
	if e.SignInsReplayed == 0 {
		return
	}
	s.paragraph(out, "", fmt.Sprintf("Conditional Access engine against the sign-in log: %s decided anew, agrees in %s.%s",
		audit.CountPhrase(e.SignInsReplayed, "sign-in", "sign-ins"), ofDecisions(e), leftOpen(e)), "")
	for i, d := range e.Disagreements {
		if i == shownDisagreements {
			s.item(out, fmt.Sprintf("… and %d more", e.Disagreed()-i))
			break
		}
		s.item(out, report.Plain(fmt.Sprintf("%s: logged %s, evaluated %s%s; see evaluate --sign-in %s", d.PolicyName, d.Logged, d.Evaluated, reasons(d), d.SignIn)))
	}
	fmt.Fprintln(out)
}

func ofDecisions(e *audit.Engine) string {
	if e.Agreed == e.PolicyDecisions {
		return fmt.Sprintf("all %s on policies", audit.CountPhrase(e.PolicyDecisions, "decision", "decisions"))
	}
	return fmt.Sprintf("%s of %s on policies", audit.CountPhrase(e.Agreed, "", "")[:len(audit.CountPhrase(e.Agreed, "", ""))-1],
		audit.CountPhrase(e.PolicyDecisions, "decision", "decisions"))
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
