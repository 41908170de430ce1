package table

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/history"
	"passkeyaudit/audit/report"
)

// Diff writes a comparison for people at a terminal.
func Diff(w io.Writer, opts Options, d *history.Diff) error {
	sink := New(w, opts)
	p := &page{width: sink.opts.Width, paint: sink.paint}
	if d.Before.Tenant != "" {
		p.say(0, fmt.Sprintf("%s · from %s to %s", report.Plain(d.Before.Tenant), report.UTC(d.Before.TakenAt), report.UTC(d.After.TakenAt)))
		p.line("")
	}
	if f := d.Findings; f != nil {
		p.diffFindings("New", red, d, f.New)
		p.diffFindings("Fixed", green, d, f.Fixed)
		p.changedFindings(f.Changed)
		p.diffFindings("Could not be judged this time", yellow, d, f.Unsettled)
	}
	if d.People != nil {
		p.moves(d, sink.opts.Sample)
	}
	if d.Edits != nil {
		p.policyEdits(d)
	}
	for i, c := range d.Caveats {
		if i == 0 {
			p.say(0, "To bear in mind:")
		}
		p.say(2, report.Plain(c))
	}
	if len(d.Caveats) > 0 {
		p.line("")
	}
	if f := d.Findings; f != nil {
		p.say(0, fmt.Sprintf("%d new · %d fixed · %d changed · %d the same", len(f.New), len(f.Fixed), len(f.Changed), f.Same))
	}
	if m := d.People; m != nil {
		p.say(0, fmt.Sprintf("%s moved · %d stand where they stood · %d came · %d went", audit.PeoplePhrase(len(m.Moved)), m.Same, len(m.Came), len(m.Went)))
	}
	_, err := io.WriteString(w, trimLines(p.String()))
	return err
}

func (p *page) diffFindings(title string, c colour, d *history.Diff, list []history.Finding) {
	if len(list) == 0 {
		return
	}
	p.line(p.paint(c, title))
	for _, f := range list {
		p.say(2, report.Plain(fmt.Sprintf("%s %s (%s). %s", f.Check, f.Slug, f.Severity, f.Message)))
		for _, id := range d.EditsOf(&f) {
			p.say(6, "edited since: "+report.Plain(editNamed(d, id)))
		}
	}
	p.line("")
}

func (p *page) changedFindings(list []history.Changed) {
	if len(list) == 0 {
		return
	}
	p.line(p.paint(bold, "Changed"))
	for _, c := range list {
		var what []string
		if c.SeverityBefore != c.Severity {
			what = append(what, c.SeverityBefore+" → "+c.Severity)
		}
		if c.AffectedBefore != c.Affected {
			what = append(what, fmt.Sprintf("%d → %d affected", c.AffectedBefore, c.Affected))
		} else if n := len(c.Joined); n > 0 {
			what = append(what, fmt.Sprintf("%d of %d are others", n, c.Affected))
		}
		if c.AcceptedAfter {
			what = append(what, "accepted now")
		}
		if c.TentativeAfter {
			what = append(what, "tentative now")
		}
		p.say(2, report.Plain(fmt.Sprintf("%s %s (%s): %s", c.Check, c.Slug, cmp.Or(c.Subject.Name, c.Subject.ID, string(c.Subject.Type)), strings.Join(what, ", "))))
	}
	p.line("")
}

func (p *page) moves(d *history.Diff, sample int) {
	m := d.People
	if len(m.Moved) == 0 {
		return
	}
	p.line(p.paint(bold, "People who moved"))
	for _, t := range m.Transitions() {
		c := yellow
		switch {
		case t.After == bootstrap.Trapped:
			c = red
		case t.After == bootstrap.HasPasskey:
			c = green
		}
		p.line(fmt.Sprintf("%7d  %s", t.People, p.paint(c, string(t.Before)+" → "+string(t.After))))
		var names []string
		for _, one := range m.Moved {
			if one.Before != t.Before || one.After != t.After {
				continue
			}
			if sample != report.AllMembers && len(names) == min(sample, namesShown) {
				names = append(names, fmt.Sprintf("… %d more", t.People-len(names)))
				break
			}
			names = append(names, report.Plain(cmp.Or(one.UserPrincipalName, one.ID)))
		}
		if len(names) > 0 {
			p.say(9, strings.Join(names, ", "))
		}
	}
	p.because(d)
	p.line("")
}

// because says how many moves what explains.
func (p *page) because(d *history.Diff) {
	if d.Edits == nil {
		return
	}
	together, unexplained := 0, 0
	for _, m := range d.People.Moved {
		switch {
		case m.Together:
			together++
		case len(m.Because) == 0:
			unexplained++
		}
	}
	for _, e := range d.Edits {
		if e.Moves > 0 {
			p.say(2, fmt.Sprintf("Without the edit of %s, %s stand as before.", report.Plain(nameOfEdit(e)), audit.PeopleDo(e.Moves, "would", "would")))
		}
	}
	if together > 0 {
		p.say(2, fmt.Sprintf("Without all of the edits together, %s stand as before, and by none of them alone.", audit.PeopleDo(together, "would", "would")))
	}
	if unexplained > 0 {
		p.say(2, fmt.Sprintf("No edit explains %s: what they have, or the groups they are in, changed.", audit.CountPhrase(unexplained, "move", "moves")))
	}
}

// mostChangesShown are the members shown of one edit; JSON has all.
const mostChangesShown = 8

func (p *page) policyEdits(d *history.Diff) {
	if len(d.Edits) == 0 {
		p.say(0, "No policy was edited.")
		p.line("")
		return
	}
	p.line(p.paint(bold, "Edits of policies"))
	for _, e := range d.Edits {
		p.say(2, fmt.Sprintf("%s %s", report.Plain(nameOfEdit(e)), e.What))
		for i, c := range e.Changes {
			if i == mostChangesShown {
				p.say(6, fmt.Sprintf("… and %s; --format json has all", audit.CountPhrase(len(e.Changes)-i, "other change", "other changes")))
				break
			}
			where := c.Pointer
			if c.In != "" {
				where = c.In + " " + where
			}
			p.say(6, report.Plain(fmt.Sprintf("%s: %s → %s", where, short(c.Before), short(c.After))))
		}
	}
	p.line("")
}

func nameOfEdit(e history.Edit) string {
	if e.Name == "" {
		return fmt.Sprintf("%s %s", e.Section, e.ID)
	}
	return fmt.Sprintf("%q (%s)", e.Name, e.Section)
}

func short(v entra.Raw) string {
	if v == nil {
		return "nothing"
	}
	if text := []rune(string(v)); len(text) > 80 {
		return string(text[:77]) + "…"
	}
	return string(v)
}

// History writes a list of runs.
func History(w io.Writer, runs []history.Entry) error {
	if len(runs) == 0 {
		_, err := io.WriteString(w, "No runs yet: 'passkeyaudit audit --state FILE' keeps one.\n")
		return err
	}
	head := []string{"RUN", "TAKEN", "TENANT", "PEOPLE", "CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO", "NEW", "FIXED", "HAS PASSKEY", "TRAPPED"}
	var rows [][]string
	for _, r := range runs {
		row := []string{fmt.Sprint(r.ID), report.UTC(r.TakenAt), report.Plain(cmp.Or(r.Tenant.DefaultDomain, r.Tenant.ID)), number(r.People)}
		for _, sev := range audit.Severities() {
			row = append(row, fmt.Sprint(r.Findings[sev]))
		}
		row = append(row, number(r.New), number(r.Fixed))
		for _, state := range []bootstrap.State{bootstrap.HasPasskey, bootstrap.Trapped} {
			cell := "-"
			if r.States != nil {
				cell = fmt.Sprint(r.States[state])
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	return Plain(w, head, rows)
}

func number(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// editNamed names the edit of an object.
func editNamed(d *history.Diff, id string) string {
	for _, e := range d.Edits {
		if e.ID == id {
			return nameOfEdit(e)
		}
	}
	return id
}
