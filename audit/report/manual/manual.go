// Package manual writes what the checks say about themselves: the list, and a page
// for each. Everything comes from the check values, so that help, web pages and
// results never disagree.
package manual

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// List writes the checks, a line each, for a terminal of a width in columns.
func List(w io.Writer, checks []*audit.Check, width int) error {
	var b strings.Builder
	slug := 0
	for _, c := range checks {
		slug = max(slug, len(c.Slug))
	}
	for _, c := range checks {
		if width >= 110 {
			fmt.Fprintf(&b, "%-13s  %-8s  %-*s  %s\n", c.ID, c.Severity, slug, c.Slug, c.Doc.Title)
			continue
		}
		// A narrow terminal gets the title on lines of its own.
		fmt.Fprintf(&b, "%-13s  %-8s  %s\n", c.ID, c.Severity, c.Slug)
		for _, line := range report.Wrap(c.Doc.Title, width-15) {
			b.WriteString(strings.Repeat(" ", 15) + line + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// listSchema is the value of "schema" in the list as JSON.
const listSchema = "passkeyaudit.checks/v1"

type listShape struct {
	Schema string   `json:"schema"`
	Checks []listed `json:"checks"`
}

type listed struct {
	ID       string               `json:"id"`
	Slug     string               `json:"slug"`
	Family   string               `json:"family"`
	Severity string               `json:"severity"`
	Problem  int                  `json:"problem"`
	Title    string               `json:"title"`
	Reads    []snapshot.SectionID `json:"reads"`
	Controls []string             `json:"controls"`
}

// ListJSON writes the checks as one JSON document.
func ListJSON(w io.Writer, checks []*audit.Check) error {
	doc := listShape{Schema: listSchema}
	for _, c := range checks {
		family, _ := c.Family()
		doc.Checks = append(doc.Checks, listed{
			ID: c.ID, Slug: c.Slug, Family: family, Severity: c.Severity.String(), Problem: c.Problem,
			Title: c.Doc.Title, Reads: reads(c), Controls: append([]string{}, c.Doc.Controls...),
		})
	}
	raw, err := entra.Encode(doc)
	if err != nil {
		return err
	}
	if err := raw.Indent(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", raw)
	return err
}

// reads lists the sections of a check that can change its outcome first, then
// those that only refine it.
func reads(c *audit.Check) []snapshot.SectionID {
	var ids []snapshot.SectionID
	all := c.AllReads()
	for _, refining := range []bool{false, true} {
		for _, spec := range snapshot.Sections() {
			if gap, ok := all[spec.ID]; ok && (gap == audit.Refines) == refining {
				ids = append(ids, spec.ID)
			}
		}
	}
	return ids
}

// gapText says what missing rows do, for the pages.
func gapText(gap audit.Gap) string {
	switch gap {
	case audit.Hides:
		return "rows missing here could hide a finding"
	case audit.Refutes:
		return "rows missing here could refute a finding"
	case audit.Refines:
		return "makes a finding more precise"
	default:
		return "without it the check cannot judge"
	}
}

// part is a headed part of a page.
type part struct{ head, body string }

func parts(c *audit.Check) []part {
	d := c.Doc
	return []part{{"Risk", d.Risk}, {"Why", d.Why}, {"Severity", severity(c)}, {"Fix", d.Fix}, {"Verify", d.Verify}}
}

// severity is the rule of a check's severity, also where there is only one.
func severity(c *audit.Check) string {
	if c.Doc.Raised != "" {
		return c.Doc.Raised
	}
	name := c.Severity.String()
	return strings.ToUpper(name[:1]) + name[1:] + ", in every finding."
}

func problem(c *audit.Check) string {
	if c.Problem == 0 {
		return "general posture"
	}
	return fmt.Sprintf("problem %d of the passkey troubleshooting guide", c.Problem)
}

// Text writes a check's page for a terminal.
func Text(w io.Writer, c *audit.Check, width int) error {
	width = min(max(width, 60), 100)
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n%s\n\n%s, %s\n", c.ID, c.Slug, c.Doc.Title, c.Severity, problem(c))
	for _, p := range parts(c) {
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(p.head))
		for i, paragraph := range strings.Split(p.body, "\n\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			for _, item := range items(paragraph) {
				hanging(&b, item.mark, item.text, width)
			}
		}
	}
	b.WriteString("\nREADS\n")
	for _, id := range reads(c) {
		fmt.Fprintf(&b, "  %-31s %s\n", id, gapText(c.AllReads()[id]))
	}
	if len(c.Doc.Controls) > 0 {
		b.WriteString("\nCONTROLS\n")
		for _, id := range c.Doc.Controls {
			text, edition := control(id)
			hanging(&b, "", id, width)
			hanging(&b, "  ", text+edition, width)
		}
	}
	b.WriteString("\nSOURCES\n")
	for _, r := range c.Doc.References {
		for i, line := range report.Wrap(r.Key+": "+r.Text, width-4) {
			if i > 0 {
				line = "  " + line
			}
			b.WriteString("  " + line + "\n")
		}
		if r.URL != "" {
			b.WriteString("    " + r.URL + "\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// control says in words what the control of a benchmark asks, and as of when.
func control(id string) (text, edition string) {
	c := catalogue.ControlOf(id)
	if c == nil {
		return "a control that is not in the catalogue", ""
	}
	return c.Title, fmt.Sprintf(" (%s, %s)", c.Benchmark, c.Source.Date)
}

// item is a paragraph, or one entry of a list with its mark.
type item struct{ mark, text string }

var listMark = regexp.MustCompile(`^(-|[0-9]+\.) `)

// items takes a paragraph apart at lines that begin an entry of a list.
func items(paragraph string) []item {
	var all []item
	for line := range strings.SplitSeq(paragraph, "\n") {
		if mark := listMark.FindString(line); mark != "" {
			all = append(all, item{mark, line[len(mark):]})
		} else if len(all) == 0 {
			all = append(all, item{"", line})
		} else {
			all[len(all)-1].text += " " + line
		}
	}
	return all
}

// hanging writes a text broken at width, its further lines under its first word.
func hanging(b *strings.Builder, mark, text string, width int) {
	for i, line := range report.Wrap(text, width-2-len(mark)) {
		if i > 0 {
			mark = strings.Repeat(" ", len(mark))
		}
		b.WriteString("  " + mark + line + "\n")
	}
}

// Markdown writes a check's page for the web.
func Markdown(w io.Writer, c *audit.Check) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s %s\n\n%s.\n\n", c.ID, c.Slug, c.Doc.Title)
	fmt.Fprintf(&b, "Severity **%s**, %s.\n", c.Severity, problem(c))
	for _, p := range parts(c) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", p.head, p.body)
	}
	b.WriteString("\n## Reads\n\n| section | what missing rows do |\n|---|---|\n")
	for _, id := range reads(c) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", id, gapText(c.AllReads()[id]))
	}
	if len(c.Doc.Controls) > 0 {
		b.WriteString("\n## Controls\n\n")
		for _, id := range c.Doc.Controls {
			text, edition := control(id)
			fmt.Fprintf(&b, "- %s: %s%s\n", id, text, edition)
		}
	}
	b.WriteString("\n## Sources\n\n")
	for _, r := range c.Doc.References {
		if r.URL != "" {
			fmt.Fprintf(&b, "- %s: [%s](%s)\n", r.Key, r.Text, r.URL)
		} else {
			fmt.Fprintf(&b, "- %s: %s\n", r.Key, r.Text)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Index writes the page that lists all others.
func Index(w io.Writer, checks []*audit.Check) error {
	var b strings.Builder
	b.WriteString("# Checks\n\nThese pages are generated from the checks; `passkeyaudit checks explain ID` shows the same text.\n\n" +
		"| id | slug | severity | problem | title |\n|---|---|---|---|---|\n")
	for _, c := range checks {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s | %d | %s |\n", c.ID, c.ID, c.Slug, c.Severity, c.Problem, c.Doc.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
