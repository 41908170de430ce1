package table

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// Readiness writes a tenant's readiness for people at a terminal.
func Readiness(w io.Writer, opts Options, h audit.Header, r *readiness.Report, s *readiness.Summary) error {
	sink := New(w, opts)
	sink.Header = h
	p := &page{width: sink.opts.Width, paint: sink.paint}
	sink.title(&p.Builder)
	p.asked(r, s)
	p.bars(s)
	p.line("")
	p.conditions(s)
	p.changes(s)
	p.personas(r, s)
	p.enforcement(s)
	p.missing(s)
	if len(s.Assumptions) > 0 {
		p.say(0, "Assumed: "+strings.Join(s.Assumptions, "; "))
	}
	p.say(0, "readiness --users lists everybody; docs/bootstrap.md says what the words mean.")
	_, err := io.WriteString(w, trimLines(p.String()))
	return err
}

// asked says what was judged, where it is not the tenant as it is.
func (p *page) asked(r *readiness.Report, s *readiness.Summary) {
	var lines []string
	switch world := r.Options.World; {
	case world.ReportOnly:
		lines = append(lines, "As if every report-only policy were enforced.")
	case len(world.Enforced) > 0:
		lines = append(lines, "As if the report-only policy "+strings.Join(world.Enforced, ", ")+" were enforced.")
	case world.NoPhones:
		lines = append(lines, "As from 2027-02-01, when text messages and calls have ended.")
	}
	if s.Goal != bootstrap.AnyGoal {
		lines = append(lines, "Only these passkeys count: "+string(s.Goal)+".")
	}
	if r.Options.Rollout {
		lines = append(lines, "As if the method were on for everybody, with self-service.")
	} else if n := len(r.Options.RolloutGroups); n > 0 {
		lines = append(lines, "As if the method were on, with self-service, for the members of "+audit.CountPhrase(n, "group", "groups")+".")
	}
	for _, l := range lines {
		p.say(0, l)
	}
	if len(lines) > 0 {
		p.line("")
	}
}

// page is text of a width in the making.
type page struct {
	strings.Builder
	width int
	paint func(c colour, text string) string
}

func (p *page) line(text string) { p.WriteString(text + "\n") }

func (p *page) say(indent int, text string) {
	for _, l := range report.Wrap(text, p.width-indent) {
		p.line(strings.Repeat(" ", indent) + l)
	}
}

// bars draws how many people stand where.
func (p *page) bars(s *readiness.Summary) {
	const label = 42
	room := max(10, p.width-label-18)
	row := func(state bootstrap.State, text string, n int) {
		length, percent := 0, 0.0
		if s.People > 0 {
			length, percent = (n*room+s.People/2)/s.People, 100*float64(n)/float64(s.People)
		}
		if n > 0 && length == 0 {
			length = 1
		}
		bar := p.paint(stateColour(state), strings.Repeat("█", length))
		p.line(fmt.Sprintf("%-*s%7d %5.1f%%  %s", label, text, n, percent, bar))
	}
	for _, state := range bootstrap.States {
		switch n := s.States[state]; {
		case n == 0 && state == bootstrap.Unknown:
		case state == bootstrap.SelfService:
			row(state, report.StateText(state), n-s.WithConditions)
			row(state, "can, given something (see below)", s.WithConditions)
		default:
			row(state, report.StateText(state), n)
		}
	}
	p.line(fmt.Sprintf("%-*s%7d", label, "people", s.People))
}

func stateColour(s bootstrap.State) colour {
	switch s {
	case bootstrap.HasPasskey, bootstrap.SelfService:
		return green
	case bootstrap.NeedsAdminStep:
		return yellow
	case bootstrap.Trapped:
		return red
	default:
		return dim
	}
}

func (p *page) conditions(s *readiness.Summary) {
	if len(s.Conditions) > 0 {
		p.say(0, "What the ways take for granted, of those who need an administrator too:")
		for _, c := range report.ByCount(s.Conditions) {
			p.counted(s.Conditions[c], conditionText(c))
		}
		p.line("")
	}
	if len(s.Steps) > 0 {
		p.say(0, "Steps of an administrator on the way:")
		for _, step := range report.ByCount(s.Steps) {
			p.counted(s.Steps[step], named(report.StepText(step), string(step)))
		}
		p.line("")
	}
}

// counted writes a number of people and what is said of them.
func (p *page) counted(n int, text string) {
	const indent = 9
	for i, l := range report.Wrap(text, p.width-indent) {
		number := ""
		if i == 0 {
			number = fmt.Sprint(n)
		}
		p.line(fmt.Sprintf("%7s  %s", number, l))
	}
}

// named says what a word stands for, and the word as JSON has it.
func named(text, word string) string {
	if text == "" {
		return word
	}
	return text + " (" + word + ")"
}

func conditionText(c bootstrap.Condition) string { return named(report.ConditionText(c), string(c)) }

// mostShown is how many changes, and populations of a persona, are shown.
const mostShown = 5

func (p *page) changes(s *readiness.Summary) {
	if len(s.Changes) == 0 {
		return
	}
	p.say(0, "What would free people who are trapped:")
	for _, c := range s.Changes[:min(mostShown, len(s.Changes))] {
		text := report.Plain(c.Change)
		if c.Worsens > 0 {
			text += "; makes it worse for " + audit.PeoplePhrase(c.Worsens)
		}
		p.counted(c.Frees, text)
	}
	p.more(len(s.Changes)-mostShown, "change", "changes")
	p.together(s)
	p.line("")
}

// together says which two changes free most, where no one change does as much.
func (p *page) together(s *readiness.Summary) {
	for _, w := range s.Waves {
		for _, c := range w.Changes {
			if len(c.Objects) < 2 || slices.ContainsFunc(s.Changes, func(one readiness.Change) bool { return one.Change == c.Change }) {
				continue
			}
			text := "with both: " + report.Plain(c.Change)
			if c.Worsens > 0 {
				text += "; makes it worse for " + audit.PeoplePhrase(c.Worsens)
			}
			p.counted(c.Frees, text)
		}
	}
}

// more says how many were left out.
func (p *page) more(n int, one, many string) {
	if n > 0 {
		p.line("         … and " + audit.CountPhrase(n, "other "+one, "other "+many) + "; --format json has all")
	}
}

// enforcement says what the log tells of enforcing what is on trial.
func (p *page) enforcement(s *readiness.Summary) {
	for _, e := range s.Enforcement {
		p.say(0, fmt.Sprintf("Enforcing %q, by the sign-ins it was on trial for:", report.Plain(e.Policy.DisplayName)))
		p.counted(e.Ready, "meet it already")
		if e.Habit > 0 {
			p.counted(e.Habit, "can, as they or others with the same credentials did, and used something else")
		}
		if e.Blocked > 0 {
			text := "would be stopped: with what they use, neither they nor anybody with the same credentials ever met it"
			if e.NoCredential > 0 {
				text += fmt.Sprintf("; %d of them hold nothing yet", e.NoCredential)
			}
			p.counted(e.Blocked, text)
		}
		for _, c := range e.Combinations[:min(3, len(e.Combinations))] {
			p.say(9, fmt.Sprintf("%d with %s on %s (%s)", c.Blocked, report.Plain(c.App), cmp.Or(c.OS.String(), "a system that is not told"), cmp.Or(string(c.Client), "a client that is not told")))
		}
		if e.NotSeen > 0 {
			p.counted(e.NotSeen, "were not seen signing in to what it is about")
		}
		if e.SecondMethod > 0 {
			p.counted(e.SecondMethod, "meet it with one passkey and have no other: a second one is advice")
		}
		p.line("")
	}
}

func (p *page) personas(r *readiness.Report, s *readiness.Summary) {
	shown := false
	for _, persona := range bootstrap.Personas {
		var bad []readiness.Persona
		for _, who := range s.Personas {
			if who.Persona == persona && (who.State == bootstrap.Trapped || who.State == bootstrap.Unknown) {
				bad = append(bad, who)
			}
		}
		if len(bad) == 0 {
			continue
		}
		if !shown {
			p.say(0, "People the tenant will meet who would not get through, under the policies that so many people have today:")
			shown = true
		}
		p.say(2, named(report.PersonaText(persona), string(persona)))
		// Populations that differ in nothing but the reasons read the same.
		people, order := map[string]int{}, []string(nil)
		for _, who := range bad {
			text := p.standsInTheWay(r, who)
			if people[text] == 0 {
				order = append(order, text)
			}
			people[text] += who.People
		}
		slices.SortStableFunc(order, func(a, b string) int { return people[b] - people[a] })
		for _, text := range order[:min(mostShown, len(order))] {
			p.counted(people[text], text)
		}
		p.more(len(order)-mostShown, "obstacle", "obstacles")
	}
	if shown {
		p.line("")
	}
}

func (p *page) standsInTheWay(r *readiness.Report, who readiness.Persona) string {
	if who.State == bootstrap.Unknown {
		return "not known for want of " + strings.Join(who.Missing, ", ")
	}
	if len(who.BlockedBy) == 0 {
		var reasons []string
		for _, reason := range who.Reasons {
			reasons = append(reasons, string(reason))
		}
		return "no change of one object or a few helps: " + strings.Join(reasons, ", ")
	}
	var names []string
	for _, b := range who.BlockedBy {
		names = append(names, report.Plain(r.Label(b)))
	}
	return strings.Join(names, " and ")
}

func (p *page) missing(s *readiness.Summary) {
	if len(s.Missing) == 0 {
		return
	}
	p.say(0, "Not known for want of:")
	for _, m := range report.ByCount(s.Missing) {
		p.counted(s.Missing[m], m)
	}
	p.line("")
}
