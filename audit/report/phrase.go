package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// Gather is a sink's memory: it keeps a run until the end. Sinks that write only
// then embed it.
type Gather struct {
	Header   audit.Header
	Results  []audit.CheckResult
	Findings []audit.Finding // without the accepted ones
	Accepted []audit.Finding
}

// Begin implements audit.Sink.
func (g *Gather) Begin(h audit.Header) error { g.Header = h; return nil }

// Result implements audit.Sink.
func (g *Gather) Result(r audit.CheckResult) error { g.Results = append(g.Results, r); return nil }

// Finding implements audit.Sink.
func (g *Gather) Finding(f audit.Finding) error {
	if f.Accepted != nil {
		g.Accepted = append(g.Accepted, f)
	} else {
		g.Findings = append(g.Findings, f)
	}
	return nil
}

// WorstFirst orders findings for people.
func WorstFirst(findings []audit.Finding) { slices.SortStableFunc(findings, CompareFindings) }

// CompareFindings puts the worse first, and of equals the one that hits more; tentative
// ones last.
func CompareFindings(a, b audit.Finding) int {
	return cmp.Or(falseFirst(a.Tentative, b.Tentative), cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(b.Affected.Count(), a.Affected.Count()))
}

func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// Affected says how many are affected; "-" for a finding that is about no accounts.
func Affected(p audit.Population) string {
	if p.Unit() == "" {
		return "-"
	}
	text := audit.PeoplePhrase(p.Count())
	if p.Unit() == "accounts" {
		text = audit.CountPhrase(p.Count(), "account", "accounts")
	}
	if p.AtLeast {
		text = "≥ " + text
	}
	return text
}

// Effect says what a step does to people, where that was tried; otherwise it is empty.
func Effect(step audit.Step) string {
	if !step.Tried() {
		return ""
	}
	var parts []string
	if step.Frees > 0 {
		parts = append(parts, "frees "+audit.PeoplePhrase(step.Frees))
	}
	worse := "nobody"
	if step.Worsens > 0 {
		worse = audit.PeoplePhrase(step.Worsens)
	}
	parts = append(parts, "makes it worse for "+worse)
	if step.Unsure > 0 {
		parts = append(parts, "not known for "+audit.PeoplePhrase(step.Unsure))
	}
	return strings.Join(parts, ", ")
}

// Caveat says that a finding is new since the baseline, or why it is less than certain;
// empty if neither.
func Caveat(f audit.Finding) string {
	var notes []string
	if f.New {
		notes = append(notes, "new since the baseline")
	}
	if f.Tentative {
		notes = append(notes, "tentative: rows that were not read could refute it")
	}
	if f.Certainty != audit.Confirmed {
		notes = append(notes, f.Certainty.String())
	}
	return strings.Join(notes, "; ")
}

// longestValue is how many characters of a quoted value are shown to people.
const longestValue = 120

// Stands says where a piece of evidence is and what stands there.
func Stands(e audit.Evidence) string {
	where := string(e.Section)
	if e.Object != "" {
		where += " " + e.Object
	}
	switch {
	case e.Absent:
		where += fmt.Sprintf(" %s is absent", e.Pointer)
	case e.Pointer != "":
		value := entra.Written(e.Value)
		if utf8.RuneCountInString(value) > longestValue {
			value = string([]rune(value)[:longestValue-3]) + "…"
		}
		where += fmt.Sprintf(" %s = %s", e.Pointer, value)
	default:
		where += fmt.Sprintf(", %d rows examined", e.Rows)
	}
	return Plain(where)
}

// OutcomeName names an outcome for people.
func OutcomeName(o audit.Outcome) string {
	switch o {
	case audit.NotApplicable:
		return "not applicable"
	case audit.NotSelected:
		return "not selected"
	default:
		return o.String()
	}
}

// TenantName names the tenant for people.
func TenantName(h audit.Header) string {
	name := cmp.Or(h.Tenant.DisplayName, h.Tenant.ID)
	if h.Tenant.DefaultDomain != "" {
		name += " (" + h.Tenant.DefaultDomain + ")"
	}
	return Plain(name)
}
