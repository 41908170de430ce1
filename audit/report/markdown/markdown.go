// Package markdown renders an audit as a comment for a pull request: what counts
// first, the rest folded away, and never longer than GitHub takes.
package markdown

import (
	"fmt"
	"io"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// Most is the longest text that is written, in bytes. GitHub takes comments of 65,536
// characters.
const Most = 60_000

// mostRows is how many findings the table lists; those below it in rank are counted.
const mostRows = 25

// Sink writes when the run ends.
type Sink struct {
	report.Gather
	w      io.Writer
	sample int
}

// New writes to w; sample is how many people are named for each finding, or
// report.AllMembers.
func New(w io.Writer, sample int) *Sink { return &Sink{w: w, sample: sample} }

// End implements audit.Sink.
func (s *Sink) End() error {
	report.WorstFirst(s.Findings)
	d := &draft{}
	d.add(s.head())
	d.add(s.table())
	d.add(s.unjudged())
	if n := len(s.Accepted); n > 0 {
		d.add(audit.CountPhrase(n, "finding is", "findings are") + " accepted and not listed.\n\n")
	}
	for i, f := range s.Findings {
		if !d.add(s.details(f)) {
			// The end is always short enough for the room that is kept for it.
			d.text.WriteString(fmt.Sprintf("Details of %s do not fit into a comment; the other formats have them.\n",
				audit.CountPhrase(len(s.Findings)-i, "finding", "findings")))
			break
		}
	}
	_, err := io.WriteString(s.w, strings.TrimRight(d.text.String(), "\n")+"\n")
	return err
}

// draft is a text that stops taking parts before it is too long.
type draft struct{ text strings.Builder }

const roomForEnd = 200

func (d *draft) add(part string) bool {
	if d.text.Len()+len(part) > Most-roomForEnd {
		return false
	}
	d.text.WriteString(part)
	return true
}

func (s *Sink) head() string {
	h := s.Header
	when := h.TakenAt
	if t, err := time.Parse(time.RFC3339, h.TakenAt); err == nil {
		when = t.UTC().Format("2006-01-02 15:04 UTC")
	}
	var out strings.Builder
	fmt.Fprintf(&out, "## Passkey audit of %s\n\n", Escape(cut(report.TenantName(h))))
	var found, judged []string
	for _, sev := range audit.Severities() {
		if n := h.Summary.Findings[sev]; n > 0 {
			found = append(found, fmt.Sprintf("**%d %s**", n, sev))
		}
	}
	if len(found) == 0 {
		found = []string{"**No findings**"}
	}
	for _, o := range report.Outcomes() {
		if n := h.Summary.Checks[o]; n > 0 {
			judged = append(judged, fmt.Sprintf("%d %s", n, report.OutcomeName(o)))
		}
	}
	fmt.Fprintf(&out, "%s. Checks: %s. As of %s", strings.Join(found, ", "), strings.Join(judged, ", "), Escape(when))
	if c := h.Summary.Headcount; c != nil {
		fmt.Fprintf(&out, ", %s", audit.PeoplePhrase(c.Users))
	}
	if h.Scope.Narrowed() {
		fmt.Fprintf(&out, ", only a part of the tenant (%s)", Escape(string(h.Scope.Kind)))
	}
	return out.String() + ".\n\n"
}

func (s *Sink) table() string {
	if len(s.Findings) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("| Severity | Check | Affected | Finding |\n|---|---|--:|---|\n")
	for i, f := range s.Findings {
		if i == mostRows {
			break
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", f.Severity, f.Check.ID, report.Affected(f.Affected), sentence(f))
	}
	if n := len(s.Findings) - mostRows; n > 0 {
		fmt.Fprintf(&out, "\n… and %s of lower rank.\n", audit.CountPhrase(n, "finding", "findings"))
	}
	return out.String() + "\n"
}

// longestCell is how much of a message a row of the table shows.
const longestCell = 160

// sentence is a message cut for a table, with its caveat.
func sentence(f audit.Finding) string {
	text := Escape(cut(f.Message))
	if note := report.Caveat(f); note != "" {
		text += " *(" + note + ")*"
	}
	return text
}

func cut(text string) string {
	if r := []rune(text); len(r) > longestCell {
		return string(r[:longestCell-1]) + "…"
	}
	return text
}

func (s *Sink) unjudged() string {
	var out strings.Builder
	n := 0
	for _, r := range s.Results {
		if r.Outcome == audit.Unknown {
			n++
			fmt.Fprintf(&out, "- %s %s: %s\n", r.Check.ID, r.Check.Slug, Escape(cut(r.Reason)))
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("<details><summary>%s could not be judged</summary>\n\n%s\n</details>\n\n", audit.CountPhrase(n, "check", "checks"), out.String())
}

// mostEvidence is how many pieces of evidence are quoted for each finding.
const mostEvidence = 5

func (s *Sink) details(f audit.Finding) string {
	var out strings.Builder
	fmt.Fprintf(&out, "<details><summary>%s %s (%s, %s)</summary>\n\n%s\n\n",
		f.Check.ID, f.Check.Slug, f.Severity, report.Affected(f.Affected), Escape(f.Message))
	for _, step := range f.Fix {
		fmt.Fprintf(&out, "- → %s", Escape(step.Change))
		if effect := report.Effect(step); effect != "" {
			fmt.Fprintf(&out, " (%s)", effect)
		}
		out.WriteString("\n")
	}
	for i, e := range f.Evidence {
		if i == mostEvidence {
			fmt.Fprintf(&out, "- … and %d more pieces of evidence\n", len(f.Evidence)-i)
			break
		}
		fmt.Fprintf(&out, "- evidence: %s: %s\n", Escape(report.Stands(e)), Escape(e.Means))
	}
	shown := 0
	for m := range f.Affected.Members() {
		if shown == s.sample {
			fmt.Fprintf(&out, "- … and %d more\n", f.Affected.Count()-shown)
			break
		}
		fmt.Fprintf(&out, "- %s\n", Escape(m.UserPrincipalName))
		shown++
	}
	for _, r := range f.Check.Doc.References {
		fmt.Fprintf(&out, "- source: %s", Escape(r.Text))
		if r.URL != "" {
			fmt.Fprintf(&out, " <%s>", r.URL)
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "- fingerprint `%s`\n\n</details>\n\n", f.Fingerprint())
	return out.String()
}
