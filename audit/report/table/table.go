// Package table renders results for people at a terminal: the worst first, people
// counted, and under each finding what to do. It reads well at 80 columns.
package table

import (
	"cmp"
	"fmt"
	"io"
	"slices"
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
	w        io.Writer
	opts     Options
	header   audit.Header
	results  []audit.CheckResult
	findings []audit.Finding
}

const (
	minWidth = 60
	maxWidth = 140 // longer lines are harder to read, however wide the terminal
)

// New writes to w.
func New(w io.Writer, opts Options) *Sink {
	opts.Width = min(max(cmp.Or(opts.Width, 80), minWidth), maxWidth)
	return &Sink{w: w, opts: opts}
}

// Begin implements audit.Sink.
func (s *Sink) Begin(h audit.Header) error { s.header = h; return nil }

// Result implements audit.Sink.
func (s *Sink) Result(r audit.CheckResult) error { s.results = append(s.results, r); return nil }

// Finding implements audit.Sink.
func (s *Sink) Finding(f audit.Finding) error { s.findings = append(s.findings, f); return nil }

// End implements audit.Sink.
func (s *Sink) End() error {
	slices.SortStableFunc(s.findings, func(a, b audit.Finding) int {
		return cmp.Or(boolCompare(a.Tentative, b.Tentative), cmp.Compare(b.Severity, a.Severity))
	})
	var out strings.Builder
	s.title(&out)
	if err := s.findingTable(&out); err != nil {
		return err
	}
	if s.opts.Details {
		s.details(&out)
	}
	s.unjudged(&out)
	s.closing(&out)
	_, err := io.WriteString(s.w, trimLines(out.String()))
	return err
}

// Plain writes a table without rules, its columns as wide as they need to be.
func Plain(w io.Writer, header []string, rows [][]string) error {
	var out strings.Builder
	if err := grid(&out, header, rows, nil); err != nil {
		return err
	}
	_, err := io.WriteString(w, trimLines(out.String()))
	return err
}

// grid writes cells that are already broken into lines.
func grid(w io.Writer, header []string, rows [][]string, right map[int]bool) error {
	t := tablewriter.NewTable(w,
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
	)
	align := make([]tw.Align, len(header))
	for i := range align {
		align[i] = tw.AlignLeft
		if right[i] {
			align[i] = tw.AlignRight
		}
	}
	t.Configure(func(c *tablewriter.Config) {
		c.Row.Alignment.PerColumn = align
		c.Header.Alignment.PerColumn = align
	})
	t.Header(header)
	for _, row := range rows {
		if err := t.Append(row); err != nil {
			return err
		}
	}
	return t.Render()
}

// trimLines drops the padding that the table leaves at line ends.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func (s *Sink) title(out *strings.Builder) {
	h := s.header
	name := cmp.Or(h.Tenant.DisplayName, h.Tenant.ID)
	if h.Tenant.DefaultDomain != "" {
		name += " (" + h.Tenant.DefaultDomain + ")"
	}
	when := h.TakenAt
	if t, err := time.Parse(time.RFC3339, h.TakenAt); err == nil {
		when = t.UTC().Format("2006-01-02 15:04 UTC")
	}
	parts := []string{report.Plain(name), "as of " + when}
	if c := h.Summary.Headcount; c != nil {
		parts = append(parts, audit.PeoplePhrase(c.Users), audit.CountPhrase(c.Accounts, "account", "accounts"))
	}
	if h.Scope.Narrowed() {
		parts = append(parts, fmt.Sprintf("only %s of the tenant", scopePhrase(string(h.Scope.Kind), len(h.Scope.IDs))))
	}
	for _, line := range report.Wrap(strings.Join(parts, " · "), s.opts.Width) {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintln(out)
}

func scopePhrase(kind string, n int) string {
	if kind == "user" {
		return audit.CountPhrase(n, "user", "users")
	}
	return audit.CountPhrase(n, "group", "groups")
}

func (s *Sink) findingTable(out *strings.Builder) error {
	if len(s.findings) == 0 {
		fmt.Fprint(out, "No findings.\n\n")
		return nil
	}
	const severity, check, people, rules = 8, 12, 7, 3 * 2
	textWidth := s.opts.Width - severity - check - people - rules
	right := map[int]bool{2: true}
	rows := [][]string{}
	for i, f := range s.findings {
		if i > 0 {
			rows = append(rows, []string{" ", " ", " ", " "})
		}
		lines := report.Wrap(report.Plain(f.Message), textWidth)
		if note := caveat(f); note != "" {
			lines = append(lines, report.Wrap(note, textWidth)...)
		}
		for _, step := range f.Fix {
			for j, line := range report.Wrap(report.Plain(step.Change), textWidth-2) {
				lead := "  "
				if j == 0 {
					lead = "→ "
				}
				lines = append(lines, s.paint(dim, lead+line))
			}
		}
		rows = append(rows, []string{s.paint(colourOf(f.Severity), f.Severity.String()), f.Check.ID, peopleCell(f.Affected), strings.Join(lines, "\n")})
	}
	if err := grid(out, []string{"SEVERITY", "CHECK", "PEOPLE", "FINDING"}, rows, right); err != nil {
		return err
	}
	fmt.Fprintln(out)
	return nil
}

// caveat says why a finding is less than certain.
func caveat(f audit.Finding) string {
	var notes []string
	if f.Tentative {
		notes = append(notes, "tentative: rows that were not read could refute it")
	}
	if f.Certainty != audit.Confirmed {
		notes = append(notes, f.Certainty.String())
	}
	if len(notes) == 0 {
		return ""
	}
	return "(" + strings.Join(notes, "; ") + ")"
}

func peopleCell(p audit.Population) string {
	switch {
	case p.Unit() == "":
		return "-"
	case p.AtLeast:
		return fmt.Sprintf("≥ %d", p.Count())
	default:
		return fmt.Sprint(p.Count())
	}
}

func (s *Sink) details(out *strings.Builder) {
	for _, f := range s.findings {
		fmt.Fprintln(out, s.paint(bold, fmt.Sprintf("%s %s", f.Check.ID, f.Check.Slug)))
		s.item(out, "fingerprint "+f.Fingerprint())
		for _, e := range f.Evidence {
			s.item(out, "evidence: "+evidenceText(e))
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

func (s *Sink) item(out *strings.Builder, text string) {
	for i, line := range report.Wrap(text, s.opts.Width-4) {
		lead := "    "
		if i == 0 {
			lead = "  - "
		}
		fmt.Fprintln(out, lead+line)
	}
}

func evidenceText(e audit.Evidence) string {
	where := string(e.Section)
	if e.Object != "" {
		where += " " + e.Object
	}
	switch {
	case e.Absent:
		where += fmt.Sprintf(" %s is absent", e.Pointer)
	case e.Pointer != "":
		value := string(e.Value)
		if utf8.RuneCountInString(value) > 120 {
			value = string([]rune(value)[:117]) + "…"
		}
		where += fmt.Sprintf(" %s = %s", e.Pointer, report.Plain(value))
	default:
		where += fmt.Sprintf(", %d rows examined", e.Rows)
	}
	return where + ": " + report.Plain(e.Means)
}

// unjudged lists what could not be judged, and why: the part a reader must not
// miss when there are no findings.
func (s *Sink) unjudged(out *strings.Builder) {
	var unknown, skipped []audit.CheckResult
	for _, r := range s.results {
		switch r.Outcome {
		case audit.Unknown:
			unknown = append(unknown, r)
		case audit.NotApplicable:
			skipped = append(skipped, r)
		}
	}
	for _, group := range []struct {
		title   string
		results []audit.CheckResult
	}{{"Could not be judged", unknown}, {"Not applicable", skipped}} {
		if len(group.results) == 0 {
			continue
		}
		fmt.Fprintln(out, s.paint(bold, group.title))
		for _, r := range group.results {
			s.item(out, fmt.Sprintf("%s %s. %s", r.Check.ID, r.Check.Slug, report.Plain(r.Reason)))
		}
		fmt.Fprintln(out)
	}
	if len(s.header.Unreadable) > 0 {
		fmt.Fprintln(out, s.paint(bold, "Rows left out"))
		for i, u := range s.header.Unreadable {
			if i == 10 {
				s.item(out, fmt.Sprintf("… and %d more", len(s.header.Unreadable)-i))
				break
			}
			s.item(out, report.Plain(u.String()))
		}
		fmt.Fprintln(out)
	}
}

func (s *Sink) closing(out *strings.Builder) {
	counts := s.header.Summary.Findings
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
	var checks []string
	for _, o := range report.Outcomes() {
		if n := s.header.Summary.Checks[o]; n > 0 {
			name := o.String()
			if o == audit.NotApplicable {
				name = "not applicable"
			}
			checks = append(checks, fmt.Sprintf("%d %s", n, name))
		}
	}
	text += " · checks: " + strings.Join(checks, ", ")
	for _, line := range report.Wrap(text, s.opts.Width) {
		fmt.Fprintln(out, line)
	}
}

type colour string

const (
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	blue   colour = "34"
)

func colourOf(s audit.Severity) colour {
	switch s {
	case audit.Critical, audit.High:
		return red
	case audit.Medium:
		return yellow
	default:
		return blue
	}
}

func (s *Sink) paint(c colour, text string) string {
	if !s.opts.Color {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
