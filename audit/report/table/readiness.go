package table

import (
	"fmt"
	"io"
	"maps"
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
	sink.header = h
	p := &page{width: sink.opts.Width, paint: sink.paint}
	sink.title(&p.Builder)
	if s.World != bootstrap.Today.Name {
		p.say(0, "In the world \""+s.World+"\", not as the tenant is today.")
	}
	if s.Goal != bootstrap.AnyGoal {
		p.say(0, "Counting only passkeys of the goal \""+string(s.Goal)+"\".")
	}
	p.line("")
	p.bars(s)
	p.line("")
	p.conditions(s)
	p.changes(s)
	p.personas(r, s)
	p.missing(s)
	if len(s.Assumptions) > 0 {
		p.say(0, "Assumed: "+strings.Join(s.Assumptions, "; "))
	}
	p.say(0, "readiness --users lists everybody; evaluate --explain shows why a policy applies.")
	_, err := io.WriteString(w, trimLines(p.String()))
	return err
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

var stateTexts = map[bootstrap.State]string{
	bootstrap.HasPasskey: "have a passkey that works", bootstrap.SelfService: "can register one alone",
	bootstrap.NeedsAdminStep: "need a step of an administrator", bootstrap.Trapped: "trapped: no way without a policy change",
	bootstrap.OutOfScope: "out of scope of the method", bootstrap.Unknown: "not known",
}

// bars draws how many people stand where.
func (p *page) bars(s *readiness.Summary) {
	const label = 42
	room := max(10, p.width-label-18)
	for _, state := range bootstrap.States {
		n := s.States[state]
		if n == 0 && state == bootstrap.Unknown {
			continue
		}
		length, percent := 0, 0.0
		if s.People > 0 {
			length, percent = (n*room+s.People/2)/s.People, 100*float64(n)/float64(s.People)
		}
		if n > 0 && length == 0 {
			length = 1
		}
		bar := p.paint(stateColour(state), strings.Repeat("█", length))
		p.line(fmt.Sprintf("%-*s%7d %5.1f%%  %s", label, stateTexts[state], n, percent, bar))
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
	if s.WithConditions > 0 {
		p.say(0, fmt.Sprintf("Of those who can register alone, %s something for granted:", audit.PeopleDo(s.WithConditions, "takes", "take")))
		for _, c := range byCount(s.Conditions) {
			p.say(2, fmt.Sprintf("%s: %d", c, s.Conditions[c]))
		}
		p.line("")
	}
	if len(s.Steps) > 0 {
		p.say(0, "Steps of an administrator on the way:")
		for _, step := range byCount(s.Steps) {
			p.say(2, fmt.Sprintf("%s: %d", step, s.Steps[step]))
		}
		p.line("")
	}
}

func (p *page) changes(s *readiness.Summary) {
	if len(s.Changes) == 0 {
		return
	}
	p.say(0, "What would free the trapped:")
	for i, c := range s.Changes {
		if i == 5 {
			break
		}
		text := fmt.Sprintf("%d. %s: frees %s", i+1, report.Plain(c.Change), audit.PeoplePhrase(c.Frees))
		if c.Worsens > 0 {
			text += fmt.Sprintf(", makes it worse for %s", audit.PeoplePhrase(c.Worsens))
		}
		p.say(2, text)
	}
	p.line("")
}

func (p *page) personas(r *readiness.Report, s *readiness.Summary) {
	var bad []readiness.Persona
	for _, who := range s.Personas {
		if who.State == bootstrap.Trapped || who.State == bootstrap.Unknown {
			bad = append(bad, who)
		}
	}
	if len(bad) == 0 {
		return
	}
	p.say(0, "People the tenant will meet, who would not get through:")
	for _, who := range bad {
		text := fmt.Sprintf("%s, under the policies of %s: %s", who.Persona, audit.PeoplePhrase(who.People), who.State)
		if len(who.BlockedBy) > 0 {
			var names []string
			for _, b := range who.BlockedBy {
				names = append(names, report.Plain(r.Label(b)))
			}
			text += " by " + strings.Join(names, " and ")
		}
		p.say(2, text)
	}
	p.line("")
}

func (p *page) missing(s *readiness.Summary) {
	if len(s.Missing) == 0 {
		return
	}
	p.say(0, "Not known for want of:")
	for _, m := range byCount(s.Missing) {
		p.say(2, fmt.Sprintf("%s: %s", m, audit.PeoplePhrase(s.Missing[m])))
	}
	p.line("")
}

// byCount orders the keys of counts, the largest first.
func byCount[K ~string](counts map[K]int) []K {
	return slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(string(a), string(b))
	})
}
