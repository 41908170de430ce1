package table

import (
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/report"
)

// Person writes an investigation for a help desk at a terminal: the answer first, then
// the message to send, then what it rests on.
func Person(w io.Writer, opts Options, person report.Person) error {
	sink := New(w, opts)
	p := &page{width: sink.opts.Width, paint: sink.paint}
	head := func(text string) { p.line(""); p.line(sink.paint(bold, text)) }

	p.say(0, person.Title)
	p.say(0, person.Where)
	p.say(0, person.Standing)
	p.line("")
	for _, l := range report.Wrap(person.Headline, p.width) {
		p.line(sink.paint(bold, l))
	}
	if len(person.Do) > 0 {
		head("Do this")
		p.actions(person.Do)
	}
	if len(person.Ask) > 0 {
		head("Ask")
		for _, q := range person.Ask {
			p.item("- ", q.Text+flagText(q))
		}
	}
	head("Send this")
	for _, line := range strings.Split(person.Message, "\n") {
		if line == "" {
			p.line("")
			continue
		}
		p.say(2, line)
	}
	head("Why")
	for i, h := range person.Why {
		p.item(fmt.Sprintf("%d. ", i+1), h.Title+": "+h.Verdict+".")
		p.say(3, h.Text)
		for _, e := range h.Evidence {
			for _, l := range hanging("   - ", e, p.width) {
				p.line(sink.paint(dim, l))
			}
		}
	}
	if len(person.Path) > 0 {
		head("The way to a passkey")
		if person.Given != "" {
			p.say(2, "Given "+person.Given+".")
		}
		p.actions(person.Path)
	}
	if len(person.Passkeys) > 0 {
		head("Registered passkeys")
		for _, k := range person.Passkeys {
			p.item("- ", k.Name+"; "+strings.Join(k.Details, "; "))
			for _, r := range k.Rulings {
				p.item("    ", r)
			}
		}
	}
	if len(person.Attempts) > 0 {
		head("Failed attempts")
		for _, a := range person.Attempts {
			p.item("- ", a.Text)
			for _, policy := range a.Policies {
				p.item("    ", policy)
			}
		}
	}
	if len(person.Timeline) > 0 {
		head("Timeline")
		for _, e := range person.Timeline {
			p.item(e.At+"  ", e.Text)
		}
	}
	if len(person.Notes) > 0 {
		head("To know")
		for _, n := range person.Notes {
			p.item("- ", n)
		}
	}
	_, err := io.WriteString(w, trimLines(p.String()))
	return err
}

func flagText(q investigate.Question) string {
	switch {
	case q.Flag == "":
		return ""
	case len(q.Choices) > 0 && !strings.Contains(q.Choices[0], " "):
		return fmt.Sprintf(" (--%s %s)", q.Flag, strings.Join(q.Choices, "|"))
	default:
		return fmt.Sprintf(" (--%s)", q.Flag)
	}
}

// actions writes numbered steps with who does them, where and on which device.
func (p *page) actions(list []investigate.Action) {
	for i, a := range list {
		lead := fmt.Sprintf("%d. ", i+1)
		who := ""
		if a.Who != "" {
			who = strings.ToUpper(string(a.Who)[:1]) + string(a.Who)[1:] + ": "
		}
		p.item(lead, who+a.Do)
		if a.Where != "" {
			p.item("   where: ", a.Where)
		}
		if a.Device != "" {
			p.item("   on: ", a.Device)
		}
	}
}

// item writes a text with a lead, and as much space before its other lines.
func (p *page) item(lead, text string) {
	for _, l := range hanging(lead, text, p.width) {
		p.line(l)
	}
}

func hanging(lead, text string, width int) (lines []string) {
	indent := len([]rune(lead))
	for _, l := range report.Wrap(text, width-indent) {
		lines = append(lines, lead+l)
		lead = strings.Repeat(" ", indent)
	}
	return lines
}
