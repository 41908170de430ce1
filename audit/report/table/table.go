// Package table renders results for people at a terminal: the worst first, people
// counted, and under each finding what to do. It reads well at 80 columns.
package table

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// Options say how to write.
type Options struct {
	Width int  // columns; 0 means 80
	Color bool // ANSI colours
	// Details adds, for each finding, the evidence and the first people.
	Details bool
	Sample  int // people listed with Details
}

// Sink writes tables when the run ends.
type Sink struct {
	report.Gather
	w    io.Writer
	opts Options
}

const (
	minWidth = 60
	maxWidth = 110 // longer lines are harder to read, however wide the terminal
)

// New writes to w.
func New(w io.Writer, opts Options) *Sink {
	opts.Width = min(max(cmp.Or(opts.Width, 80), minWidth), maxWidth)
	return &Sink{w: w, opts: opts}
}

// End implements audit.Sink.
func (s *Sink) End() error {
	report.WorstFirst(s.Findings)
	var out strings.Builder
	s.title(&out)
	s.findingList(&out)
	if s.opts.Details {
		s.details(&out)
	}
	s.acceptedFindings(&out)
	s.sinceBaseline(&out)
	s.unjudged(&out)
	s.settings(&out)
	s.data(&out)
	s.logs(&out)
	s.engine(&out)
	s.closing(&out)
	_, err := io.WriteString(s.w, trimLines(out.String()))
	return err
}

// Plain writes a table without rules, its columns as wide as they need to be.
func Plain(w io.Writer, header []string, rows [][]string) error {
	var out strings.Builder
	t := tablewriter.NewTable(&out,
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
	)
	t.Configure(func(c *tablewriter.Config) {
		c.Row.Alignment.Global = tw.AlignLeft
		c.Header.Alignment.Global = tw.AlignLeft
	})
	t.Header(header)
	for _, row := range rows {
		if err := t.Append(row); err != nil {
			return err
		}
	}
	if err := t.Render(); err != nil {
		return err
	}
	_, err := io.WriteString(w, trimLines(out.String()))
	return err
}

// trimLines drops the padding that the table leaves at line ends.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func (s *Sink) title(out *strings.Builder) {
	h := s.Header
	when := h.TakenAt
	if t, err := time.Parse(time.RFC3339, h.TakenAt); err == nil {
		when = t.UTC().Format("2006-01-02 15:04 UTC")
	}
	parts := []string{report.TenantName(h), "as of " + when}
	if c := h.Summary.Headcount; c != nil {
		parts = append(parts, audit.PeoplePhrase(c.Users), audit.CountPhrase(c.Accounts, "account", "accounts"))
	}
	if h.Scope.Narrowed() {
		parts = append(parts, fmt.Sprintf("only %s of the tenant", scopePhrase(string(h.Scope.Kind), len(h.Scope.IDs))))
	}
	s.parts(out, parts)
	fmt.Fprintln(out)
}

// parts writes what stands beside each other in lines that break between parts,
// where a part is not longer than a line.
func (s *Sink) parts(out *strings.Builder, parts []string) {
	var line string
	for _, p := range parts {
		switch longer := line + " · " + p; {
		case line == "":
			line = p
		case utf8.RuneCountInString(longer) <= s.opts.Width:
			line = longer
		default:
			s.paragraph(out, "", line, "")
			line = p
		}
	}
	s.paragraph(out, "", line, "")
}

func scopePhrase(kind string, n int) string {
	if kind == "user" {
		return audit.CountPhrase(n, "user", "users")
	}
	return audit.CountPhrase(n, "group", "groups")
}

// findingList writes a line of columns for each finding, and under it, over the
// whole width, what is wrong and what to do.
func (s *Sink) findingList(out *strings.Builder) {
	if len(s.Findings) == 0 {
		fmt.Fprint(out, "No findings.\n\n")
		return
	}
	line := func(severity, check, affected, name string, paint colour) {
		fmt.Fprintf(out, "%s%s  %-12s  %-12s  %s\n",
			s.paint(paint, severity), strings.Repeat(" ", max(0, 8-len(severity))), check, affected, s.paint(bold, name))
	}
	line("SEVERITY", "CHECK", "AFFECTED", "FINDING", bold)
	for _, f := range s.Findings {
		line(f.Severity.String(), f.Check.ID, report.Affected(f.Affected), f.Check.Slug, colourOf(f.Severity))
		s.paragraph(out, "  ", report.Plain(f.Message), "")
		if note := report.Caveat(f); note != "" {
			s.paragraph(out, "  ", "("+note+")", "")
		}
		for _, step := range f.Fix {
			text := report.Plain(step.Change)
			if effect := report.Effect(step); effect != "" {
				text += " (" + effect + ")"
			}
			s.paragraph(out, "  → ", text, dim)
		}
		fmt.Fprintln(out)
	}
}

// paragraph writes a text with a lead in front of its first line and as much
// space in front of the others.
func (s *Sink) paragraph(out *strings.Builder, lead, text string, c colour) {
	indent := utf8.RuneCountInString(lead)
	for _, line := range report.Wrap(text, s.opts.Width-indent) {
		fmt.Fprintln(out, s.paint(c, lead+line))
		lead = strings.Repeat(" ", indent)
	}
}

func (s *Sink) details(out *strings.Builder) {
	for _, f := range s.Findings {
		fmt.Fprintln(out, s.paint(bold, fmt.Sprintf("%s %s", f.Check.ID, f.Check.Slug)))
		s.item(out, "fingerprint "+f.Fingerprint())
		for _, e := range f.Evidence {
			s.item(out, "evidence: "+report.EvidenceText(e))
		}
		shown := 0
		for m := range f.Affected.Members() {
			if s.opts.Sample != report.AllMembers && shown == s.opts.Sample {
				s.item(out, fmt.Sprintf("… and %d more", f.Affected.Count()-shown))
				break
			}
			s.item(out, fmt.Sprintf("%s (%s)", report.Plain(m.UserPrincipalName), m.ID))
			shown++
		}
		for _, r := range f.Check.Doc.References {
			s.item(out, "source: "+r.Key+", "+r.String())
		}
		fmt.Fprintln(out)
	}
}

func (s *Sink) item(out *strings.Builder, text string) { s.paragraph(out, "  - ", text, "") }

// unjudged lists what could not be judged, and why: the part a reader must not
// miss when there are no findings.
func (s *Sink) unjudged(out *strings.Builder) {
	var unknown, skipped, off []audit.CheckResult
	for _, r := range s.Results {
		switch r.Outcome {
		case audit.Unknown:
			unknown = append(unknown, r)
		case audit.NotApplicable:
			skipped = append(skipped, r)
		case audit.NotSelected:
			off = append(off, r)
		}
	}
	for _, group := range []struct {
		title   string
		results []audit.CheckResult
	}{{"Could not be judged", unknown}, {"Not applicable", skipped}, {"Not selected", off}} {
		if len(group.results) == 0 {
			continue
		}
		fmt.Fprintln(out, s.paint(bold, group.title))
		for _, r := range group.results {
			s.item(out, fmt.Sprintf("%s %s. %s", r.Check.ID, r.Check.Slug, report.Plain(r.Reason)))
		}
		fmt.Fprintln(out)
	}
	if len(s.Header.Unreadable) > 0 {
		fmt.Fprintln(out, s.paint(bold, "Rows left out"))
		for i, u := range s.Header.Unreadable {
			if i == 10 {
				s.item(out, fmt.Sprintf("… and %d more", len(s.Header.Unreadable)-i))
				break
			}
			s.item(out, report.Plain(u.String()))
		}
		fmt.Fprintln(out)
	}
}

func (s *Sink) closing(out *strings.Builder) {
	counts := s.Header.Summary.Findings
	total := 0
	var parts []string
	for _, sev := range audit.Severities() {
		if n := counts[sev]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, sev))
		}
	}
	text := audit.CountPhrase(total, "finding", "findings")
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	if b := s.Header.Baseline; b != nil {
		n := 0
		for _, of := range b.New {
			n += of
		}
		text += fmt.Sprintf(" · %d new", n)
	}
	if n := s.Header.Summary.Accepted; n > 0 {
		text += fmt.Sprintf(" · %d accepted", n)
	}
	var checks []string
	for _, o := range report.Outcomes() {
		if n := s.Header.Summary.Checks[o]; n > 0 {
			checks = append(checks, fmt.Sprintf("%d %s", n, report.OutcomeName(o)))
		}
	}
	s.parts(out, []string{text, "checks: " + strings.Join(checks, ", ")})
}

type colour string

const (
	bold    colour = "1"
	dim     colour = "2"
	boldRed colour = "1;31"
	red     colour = "31"
	green   colour = "32"
	yellow  colour = "33"
	blue    colour = "34"
)

func colourOf(s audit.Severity) colour {
	switch s {
	case audit.Critical:
		return boldRed
	case audit.High:
		return red
	case audit.Medium:
		return yellow
	default:
		return blue
	}
}

func (s *Sink) paint(c colour, text string) string {
	if !s.opts.Color || c == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
