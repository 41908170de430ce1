package cli

import (
	"io"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/report"
)

// traceText writes a decision for people: the verdict, what it takes, then the
// policies that decide; with explain, all of them.
func traceText(w io.Writer, e *evaluator, s *conditionalaccess.Scenario, d *conditionalaccess.Decision, shape conditionalaccess.DecisionShape, explain bool, width int) error {
	var b strings.Builder
	say := func(indent, text string) {
		for _, line := range report.Wrap(report.Plain(text), max(width, 60)-len(indent)) {
			b.WriteString(indent + line + "\n")
		}
	}
	head := strings.ToUpper(shape.Verdict)
	if len(shape.Needs) > 0 && d.Verdict == conditionalaccess.Needs {
		head += ": " + strings.Join(e.labels(shape.Needs), ", ")
	}
	say("", head)
	switch {
	case d.Verdict == conditionalaccess.Undetermined && len(shape.Unknown) > 0:
		say("", "It depends on: "+strings.Join(shape.Unknown, ", "))
	case d.Verdict == conditionalaccess.Undetermined:
		say("", "It depends on something the policies or the snapshot do not say; see below.")
	}
	if len(shape.Missing) > 0 {
		say("", "Not read: "+strings.Join(shape.Missing, ", "))
	}
	if shape.CanMeet != "" {
		say("", e.canMeetText(s, shape))
	}
	b.WriteByte('\n')
	for i := range d.Policies {
		t := &d.Policies[i]
		if t.Applies == audit.No && !explain {
			continue
		}
		say("  ", e.policyLine(s, t, i))
		for _, detail := range e.policyDetails(t, shape.Policies[i]) {
			say("      ", detail)
		}
	}
	if !explain {
		off := 0
		for i := range d.Policies {
			if d.Policies[i].Applies == audit.No {
				off++
			}
		}
		if off > 0 {
			say("  ", audit.CountPhrase(off, "policy does not apply", "policies do not apply")+"; --explain shows why.")
		}
	}
	if len(shape.Assumptions) > 0 {
		b.WriteByte('\n')
		say("", "Assumed: "+strings.Join(shape.Assumptions, "; "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (e *evaluator) canMeetText(s *conditionalaccess.Scenario, shape conditionalaccess.DecisionShape) string {
	who := s.User
	switch shape.CanMeet {
	case "yes":
		return who + " could meet it with: " + strings.Join(e.usableModes(s.User), ", ")
	case "no":
		if modes := e.usableModes(s.User); len(modes) > 0 {
			return who + " cannot meet it; usable today: " + strings.Join(modes, ", ")
		}
		return who + " cannot meet it: no usable method"
	default:
		return "whether " + who + " could meet it is not known"
	}
}

// usableModes lists the method modes that somebody certainly could use.
func (e *evaluator) usableModes(user string) []string {
	ordinal, found := e.dir.Find(user)
	if !found {
		return nil
	}
	var modes []string
	for mode := range e.modes {
		if e.modes.Could(ordinal, mode) == audit.Yes && mode != "password" {
			modes = append(modes, mode)
		}
	}
	slices.Sort(modes)
	return modes
}

// labels names needs for people; alternatives keep their bars.
func (e *evaluator) labels(needs []string) []string {
	out := make([]string, len(needs))
	for i, need := range needs {
		alternatives := strings.Split(need, "|")
		for j, a := range alternatives {
			alternatives[j] = e.policies.Label(a)
		}
		out[i] = strings.Join(alternatives, " or ")
	}
	return out
}

// policyLine says whether a policy applies, and by what.
func (e *evaluator) policyLine(s *conditionalaccess.Scenario, t *conditionalaccess.Trace, i int) string {
	line := t.Policy.Name
	if t.Policy.State == conditionalaccess.ReportOnly {
		line += " (report-only, not enforced)"
	}
	line += " " + map[audit.Tri]string{audit.Yes: "applies", audit.No: "does not apply", audit.Unsure: "may apply"}[t.Applies]
	if t.Applies == audit.No {
		return line
	}
	var by []string
	for _, c := range t.Matched() {
		text := c.String()
		if c == conditionalaccess.Users {
			if ordinal, found := e.dir.Find(s.User); found {
				if via := e.policies.Via(i, ordinal); len(via) > 0 {
					text += " via " + strings.Join(via, " and ")
				}
			}
		} else if has := s.Says(c); has != "" {
			text += " " + has
		}
		by = append(by, text)
	}
	return line + ": " + strings.Join(by, ", ")
}

func (e *evaluator) policyDetails(t *conditionalaccess.Trace, p conditionalaccess.PolicyShape) []string {
	var details []string
	if t.Applies == audit.No {
		return append(details, "because of: "+strings.Join(p.Because, ", "))
	}
	if len(p.Unknown) > 0 {
		details = append(details, "not known: "+strings.Join(p.Unknown, ", "))
	}
	switch {
	case t.Satisfied == audit.Yes:
		details = append(details, "satisfied")
	case len(t.Unmet) > 0:
		details = append(details, "unmet: "+strings.Join(e.labels(t.Unmet), ", "))
	}
	if len(t.Policy.Session) > 0 {
		details = append(details, "session: "+strings.Join(t.Policy.Session, ", "))
	}
	return details
}
