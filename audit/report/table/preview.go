package table

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// PreviewContext is what a preview says beside what it found.
type PreviewContext struct {
	// Steps are the changes in words, Notes what was taken for granted.
	Steps, Notes []string
	// Requests is the change as a $batch body; nil to leave it out.
	Requests entra.Raw
	Goal     bootstrap.Goal
	// Label names an object of a tenant, Control a control of a policy.
	Label   func(bootstrap.Blocker) string
	Control func(string) string
}

// Preview writes what a change does for people at a terminal.
func Preview(w io.Writer, opts Options, h audit.Header, c PreviewContext, v *preview.Preview) error {
	sink := New(w, opts)
	sink.Header = h
	p := &page{width: sink.opts.Width, paint: sink.paint}
	sink.title(&p.Builder)
	p.say(0, "The change, which nobody has made yet:")
	for _, step := range c.Steps {
		p.say(2, report.Plain(step))
	}
	if c.Goal != bootstrap.AnyGoal && c.Goal != "" {
		p.say(0, "Counting only passkeys of the goal \""+string(c.Goal)+"\".")
	}
	p.line("")
	p.effects(&v.People, c, sink.opts.Sample)
	p.others(&v.Others, c, sink.opts.Sample)
	p.worseOff(v, c)
	p.signIns(&v.SignIns, c)
	if len(c.Notes) > 0 {
		p.say(0, "Taken for granted:")
		for _, note := range c.Notes {
			p.say(2, report.Plain(note))
		}
		p.line("")
	}
	if c.Requests != nil {
		p.say(0, "The change as a $batch request:")
		text := c.Requests.Clone()
		if err := text.Indent(); err != nil {
			return err
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			inner := strings.TrimLeft(line, "\t")
			p.line(strings.Repeat("  ", len(line)-len(inner)) + inner)
		}
	}
	_, err := io.WriteString(w, trimLines(p.String()))
	return err
}

// effects counts the lists, and shows the first of each.
func (p *page) effects(l *preview.Lists, c PreviewContext, sample int) {
	if len(l.Loses)+len(l.Gains)+len(l.Worsens) == 0 {
		p.say(0, "Nobody's standing changes: no person loses or gains a passkey, a way to one, or the way in.")
		p.line("")
		return
	}
	row := func(n int, text string, paint colour) {
		if n > 0 {
			text = p.paint(paint, text)
		}
		p.line(fmt.Sprintf("%7d  %s", n, text))
	}
	trapped := 0
	for _, a := range l.Loses {
		if a.After == bootstrap.Trapped {
			trapped++
		}
	}
	row(len(l.Loses), "lose a passkey that works, or become trapped", red)
	if trapped > 0 {
		row(trapped, "… of them trapped: no way without a policy change", red)
	}
	row(l.LockedOut(), "could not sign in any more, and have no way to what is demanded", red)
	row(len(l.Worsens), "stand worse otherwise", yellow)
	row(len(l.Gains), "gain: freed, or better off", green)
	p.line("")
	p.people("Who loses", l.Loses, c, sample)
	p.people("Who stands worse", l.Worsens, c, sample)
	p.people("Who gains", l.Gains, c, sample)
}

func (p *page) others(l *preview.Lists, c PreviewContext, sample int) {
	n := len(l.Loses) + len(l.Worsens)
	if n == 0 {
		return
	}
	p.people("Accounts that are not people, for the worse", slices.Concat(l.Loses, l.Worsens), c, sample)
}

// people lists accounts by what happens to them: how many, and who the first are.
func (p *page) people(title string, list []preview.Account, c PreviewContext, sample int) {
	if len(list) == 0 {
		return
	}
	type group struct {
		text     string
		accounts []preview.Account
	}
	var groups []*group
	for _, a := range list {
		text := p.story(a, c)
		i := slices.IndexFunc(groups, func(g *group) bool { return g.text == text })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &group{text: text})
		}
		groups[i].accounts = append(groups[i].accounts, a)
	}
	slices.SortStableFunc(groups, func(a, b *group) int {
		return cmp.Or(len(b.accounts)-len(a.accounts), strings.Compare(a.text, b.text))
	})
	p.say(0, title+":")
	for i, g := range groups {
		if i == maxGroups {
			rest := 0
			for _, g := range groups[i:] {
				rest += len(g.accounts)
			}
			p.say(2, fmt.Sprintf("… and %d more, in %s", rest, audit.CountPhrase(len(groups)-i, "other way", "other ways")))
			break
		}
		p.say(2, fmt.Sprintf("%d: %s", len(g.accounts), g.text))
		var names []string
		for j, a := range g.accounts {
			if sample != report.AllMembers && j == min(sample, namesShown) {
				names = append(names, fmt.Sprintf("… %d more", len(g.accounts)-j))
				break
			}
			names = append(names, report.Plain(cmp.Or(a.UserPrincipalName, a.ID)))
		}
		p.say(6, strings.Join(names, ", "))
	}
	p.line("")
}

// maxGroups and namesShown keep a page readable; --sample all lists everybody.
const (
	maxGroups  = 8
	namesShown = 5
)

// story says what happens to an account.
func (p *page) story(a preview.Account, c PreviewContext) string {
	text := fmt.Sprintf("%s → %s", a.Before, a.After)
	if a.Before == a.After {
		text = string(a.After) + " as before"
	}
	if a.UsableBefore != a.UsableAfter {
		text += fmt.Sprintf(", usable passkeys %d → %d", a.UsableBefore, a.UsableAfter)
	}
	if len(a.Conditions) > 0 {
		text += ", only with " + strings.Join(audit.Texts(a.Conditions), ", ")
	}
	if a.LockedOut {
		text += ", locked out"
	}
	if len(a.Reasons) > 0 {
		text += " (" + strings.Join(audit.Texts(a.Reasons), ", ") + ")"
	}
	return text + blockedBy(a.BlockedBy, c)
}

func blockedBy(list []bootstrap.Blocker, c PreviewContext) string {
	if len(list) == 0 {
		return ""
	}
	names := make([]string, len(list))
	for i, b := range list {
		names[i] = report.Plain(c.Label(b))
	}
	return " by " + strings.Join(names, " and ")
}

// worseOff lists people the tenant will meet.
func (p *page) worseOff(v *preview.Preview, c PreviewContext) {
	if len(v.Personas) == 0 {
		return
	}
	p.say(0, "People the tenant will meet, who would fare worse:")
	for _, who := range v.Personas {
		p.say(2, fmt.Sprintf("%s, under the policies of %s: %s → %s%s", who.Persona, audit.PeoplePhrase(who.People), who.Before, who.After, blockedBy(who.BlockedBy, c)))
	}
	p.line("")
}

func (p *page) signIns(s *preview.SignIns, c PreviewContext) {
	if !s.State.HasRows() {
		p.say(0, fmt.Sprintf("No recorded sign-ins to replay: the section signIns is %s.", s.State))
		p.line("")
		return
	}
	text := fmt.Sprintf("Of %s that succeeded", audit.CountPhrase(s.Replayed, "recorded sign-in", "recorded sign-ins"))
	if s.Blocked+s.Interrupted == 0 {
		text += ", none would have gone otherwise."
	} else {
		text += fmt.Sprintf(", %d would have been blocked and %d interrupted (%s).", s.Blocked, s.Interrupted, audit.PeoplePhrase(s.People))
	}
	if s.CannotMeet > 0 {
		text += fmt.Sprintf(" In %d of the interrupted, the person holds nothing that meets what is demanded.", s.CannotMeet)
	}
	if s.Undetermined > 0 {
		text += fmt.Sprintf(" %d more cannot be told: it hangs on what the log does not say.", s.Undetermined)
	}
	if s.NotJudged > 0 {
		text += fmt.Sprintf(" %d could not be judged at all.", s.NotJudged)
	}
	if s.State != snapshot.Complete {
		text += " The log was not read whole."
	}
	p.say(0, text)
	for i, e := range s.Examples {
		if i == 3 {
			break
		}
		needs := make([]string, len(e.Needs))
		for i, n := range e.Needs {
			needs[i] = report.Plain(c.Control(n))
		}
		p.say(2, fmt.Sprintf("%s  %s to %s: %s, %s", report.UTC(e.At), report.Plain(cmp.Or(e.UserPrincipalName, e.UserID)), report.Plain(e.Resource), e.Outcome, strings.Join(needs, " and ")))
	}
	p.line("")
}
