package bootstrap

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// personaNames are how messages call them.
var personaNames = map[Persona]string{
	NewHireRemote: "a new hire far from the office", NewHireOnSite: "a new hire on site", LostPhone: "somebody who lost the phone",
	BYODPhoneOnly: "somebody with nothing but a private phone", NewLaptopOutOfBox: "somebody who unpacks a new computer at home",
	RoleActivation: "somebody who activates a role",
}

// Who lists personas for a sentence, in their order. New hires are one where they
// fare alike on site and far from it.
func Who(personas []Persona) string {
	var names []string
	alike := slices.Contains(personas, NewHireRemote) && slices.Contains(personas, NewHireOnSite)
	for _, p := range Personas {
		switch {
		case !slices.Contains(personas, p), p == NewHireOnSite && alike:
		case p == NewHireRemote && alike:
			names = append(names, "a new hire")
		default:
			names = append(names, personaNames[p])
		}
	}
	return enumerate(names)
}

// Finding makes what is the same in every finding about a policy that closes routes:
// subject, people, certainty, evidence, blockers, and as the first step the policy
// giving way. The message is the check's; Note is to
// follow it.
func (s *Stopped) Finding(ctx context.Context, p *audit.Pass, c *Cause) (audit.Finding, error) {
	blocker := Blocker{PolicyBlocker, c.Policy}
	f := audit.Finding{
		Subject:   audit.Subject{Type: audit.SubjectPolicy, ID: c.Policy, Name: s.PolicyName(c.Policy)},
		Affected:  audit.People(c.People, s.Directory),
		Certainty: c.Confidence.Certainty(),
		Blockers:  []string{c.Policy},
	}
	located := false
	for i := range s.Stops {
		for _, r := range s.Stops[i].Refusals {
			located = located || r.Policy == c.Policy && r.Located
		}
	}
	var err error
	if f.Evidence, err = QuotePolicies(ctx, p, []string{c.Policy}, located); err != nil {
		return f, err
	}
	f.Fix = []audit.Step{s.GiveWay(blocker)}
	return f, nil
}

// Note is what a message about a policy ends with: who else would meet it, what else
// stands in the way, and which rules it rests on.
func (s *Stopped) Note(c *Cause) string {
	var b strings.Builder
	if len(c.Personas) > 0 {
		also := ""
		if !c.People.Empty() {
			also = " also"
		}
		fmt.Fprintf(&b, " Under the policies of %s, %s would%s find no way.", audit.PeoplePhrase(c.Under.Count()), Who(c.Personas), also)
	}
	if len(c.With) > 0 {
		names := make([]string, len(c.With))
		for i, id := range c.With {
			names[i] = s.Label(Blocker{PolicyBlocker, id})
		}
		fmt.Fprintf(&b, " For some of them %s %s in the way as well.", enumerate(names), map[bool]string{true: "stands", false: "stand"}[len(names) == 1])
	}
	b.WriteString(s.Caveat(c.HangsOn))
	return b.String()
}

// Stuck is a sentence on how many of some people have no other way, with a space
// before it.
func (s *Stopped) Stuck(people audit.Set) string {
	stuck := people.And(s.People(Trapped)).Count()
	switch {
	case people.Empty():
		return ""
	case stuck == 0:
		return " All of them have another way."
	case stuck == people.Count():
		return " None of them has another way."
	default:
		return fmt.Sprintf(" Of them, %s no other way.", audit.PeopleDo(stuck, "has", "have"))
	}
}

// PolicyName is the display name of a policy.
func (g *Given) PolicyName(id string) string {
	for _, p := range g.Policies.Policies {
		if p.ID == id {
			return p.Name
		}
	}
	return ""
}

// Lacks notes for a check that it could not tell something of some people.
func Lacks(p *audit.Pass, people audit.Set, missing []string, what string) {
	if people.Empty() {
		return
	}
	for _, m := range missing {
		p.Lacks(SectionOf(m), audit.Hides, fmt.Sprintf("whether %s %s is not known", audit.PeoplePhrase(people.Count()), what))
	}
}
