package report

import (
	"fmt"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/investigate"
)

// Person is what every form of an investigation shows, in its order: what to do, what
// to send, what it rests on. All texts are safe to show; see [Plain].
type Person struct {
	Title    string // name and user principal name
	Where    string // tenant and time
	Standing string // stage and state
	Headline string
	Do       []investigate.Action
	Ask      []investigate.Question
	Message  string
	// Why are the hypotheses that a page shows.
	Why      []PersonWhy
	Path     []investigate.Action
	Given    string // what the way takes for granted
	Passkeys []PersonPasskey
	Attempts []PersonAttempt
	Timeline []PersonEvent
	Notes    []string
}

// PersonWhy is a hypothesis.
type PersonWhy struct {
	Title, Verdict, Text string
	Evidence             []string
}

// PersonPasskey is a registered passkey with what policy says of it.
type PersonPasskey struct {
	Name    string
	Details []string
	Rulings []string
}

// PersonAttempt is a failed attempt with the policies that were not met.
type PersonAttempt struct {
	Text     string
	Policies []string
}

// PersonEvent is a line of the timeline.
type PersonEvent struct{ At, Text string }

const (
	mostEvents   = 20
	mostAttempts = 5
	mostEvidence = 4
)

// NewPerson writes an investigation for people.
func NewPerson(in *investigate.Investigation, tenant string) Person {
	p := Person{
		Title: Plain(in.User.DisplayName), Where: Plain(tenant) + ", as of " + minute(in.TakenAt) + " UTC",
		Headline: Plain(in.Headline()), Message: multiline(in.Message), Given: Plain(in.Given()),
		Do: actions(in.Do), Path: actions(in.Path.Steps),
	}
	if p.Title == "" {
		p.Title = Plain(in.User.UserPrincipalName)
	} else if in.User.UserPrincipalName != "" {
		p.Title += " (" + Plain(in.User.UserPrincipalName) + ")"
	}
	p.Standing = fmt.Sprintf("Stage: %s (%s), %s. State: %s.", string(in.Stage), in.Stage.String(), Plain(in.StageBy), in.Verdict.State)
	for _, q := range in.Ask {
		q.Text = Plain(q.Text)
		p.Ask = append(p.Ask, q)
	}
	for i := range in.Hypotheses[:investigate.Shown] {
		h := &in.Hypotheses[i]
		if i > 0 && h.Verdict == investigate.RuledOut {
			break
		}
		w := PersonWhy{Title: h.Title, Verdict: string(h.Verdict), Text: Plain(h.Why)}
		if len(h.Competing) > 0 {
			w.Text += " Otherwise: " + Plain(strings.Join(h.Competing, "; or: ")) + "."
		}
		for j, proof := range h.Evidence {
			if j == mostEvidence {
				w.Evidence = append(w.Evidence, "and "+audit.CountPhrase(len(h.Evidence)-j, "more piece", "more pieces")+" in the JSON form")
				break
			}
			w.Evidence = append(w.Evidence, ProofText(proof))
		}
		p.Why = append(p.Why, w)
	}
	for i := range in.Passkeys {
		p.Passkeys = append(p.Passkeys, personPasskey(&in.Passkeys[i]))
	}
	failed := in.FailedAttempts()
	for i, at := range failed {
		if i == mostAttempts {
			p.Notes = append(p.Notes, audit.CountPhrase(len(failed)-i, "older failed attempt is", "older failed attempts are")+" in the JSON form.")
			break
		}
		p.Attempts = append(p.Attempts, personAttempt(at))
	}
	for i, e := range in.Timeline {
		if i == mostEvents {
			p.Notes = append(p.Notes, audit.CountPhrase(len(in.Timeline)-i, "older line", "older lines")+" of the timeline in the JSON form.")
			break
		}
		text := Plain(e.Text)
		if e.Count > 1 {
			text += fmt.Sprintf(", %d times since %s", e.Count, minute(e.Until))
		}
		p.Timeline = append(p.Timeline, PersonEvent{minute(e.At), text})
	}
	p.notes(in)
	return p
}

func (p *Person) notes(in *investigate.Investigation) {
	if s := in.PolicyAge; s != nil {
		p.Notes = append(p.Notes, "Policies and groups are "+s.Age()+" than the rest: they are from a snapshot of "+UTC(s.TakenAt)+".")
		if s.Memberships {
			p.Notes = append(p.Notes, "Who is in which group is from there too.")
		}
	}
	if in.Answers.Symptom != "" {
		if in.Symptom == nil {
			p.Notes = append(p.Notes, "What was said fits no sentence of the table, so it changed nothing; docs/investigate.md has the table.")
		} else if !strings.EqualFold(in.Symptom.Says, strings.TrimSpace(in.Answers.Symptom)) {
			p.Notes = append(p.Notes, "What was said was taken for: "+in.Symptom.Says+".")
		}
	}
	for _, g := range in.Missing {
		text := fmt.Sprintf("%s was not read (%s)", g.Section, g.State)
		if g.State.HasRows() {
			text = fmt.Sprintf("%s was read in part", g.Section)
		}
		if len(g.Needs) > 0 {
			text += ", it takes " + strings.Join(g.Needs, " or ")
		}
		p.Notes = append(p.Notes, Plain(text)+".")
	}
}

func actions(list []investigate.Action) []investigate.Action {
	out := make([]investigate.Action, len(list))
	for i, a := range list {
		out[i] = investigate.Action{Who: a.Who, Do: Plain(a.Do), Where: Plain(a.Where), Device: Plain(a.Device)}
	}
	return out
}

// multiline is Plain for a text whose line breaks are ours.
func multiline(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = Plain(l)
	}
	return strings.Join(lines, "\n")
}

// ProofText writes what a sentence rests on.
func ProofText(p investigate.Proof) string {
	if p.Answer != "" {
		return Plain(fmt.Sprintf("answered: %s = %s", p.Answer, p.Said))
	}
	return EvidenceText(p.Evidence)
}

// EvidenceText writes a piece of evidence in a line.
func EvidenceText(e audit.Evidence) string { return Stands(e) + ": " + Plain(e.Means) }

func minute(t time.Time) string {
	if t.IsZero() {
		return "at a time that is not told"
	}
	return t.UTC().Format("2006-01-02 15:04")
}

func personPasskey(k *investigate.Passkey) PersonPasskey {
	p := PersonPasskey{Name: Plain(k.Label())}
	detail := func(name, value string) {
		if value == "" {
			value = "not told"
		}
		p.Details = append(p.Details, name+" "+Plain(value))
	}
	detail("AAGUID", k.AAGUID)
	detail("type", k.Type)
	detail("attestation", k.Attests)
	if !k.Created.IsZero() {
		detail("registered", minute(k.Created))
	}
	rule := func(what string, r investigate.Ruling) {
		text := what + ": " + map[audit.Tri]string{audit.Yes: "accepted", audit.No: "refused", audit.Unsure: "not known"}[r.Accepted]
		switch {
		case r.Why != "":
			text += ", " + r.Why
		case len(r.Profiles) > 0:
			text += " by " + strings.Join(r.Profiles, ", ")
		}
		p.Rulings = append(p.Rulings, Plain(text))
	}
	rule("at sign-in", k.SignIn)
	rule("at registration", k.Registration)
	for _, s := range k.Strengths {
		p.Rulings = append(p.Rulings, Plain(map[audit.Tri]string{audit.Yes: "meets ", audit.No: "does not meet ", audit.Unsure: "may meet "}[s.Met]+s.Name))
	}
	return p
}

func personAttempt(at *investigate.Attempt) PersonAttempt {
	text := minute(at.At) + " " + at.Place.OS.String()
	if at.Place.Browser != "" {
		text += ", " + at.Place.Browser
	}
	if at.App != "" {
		text += ", " + at.App
	}
	if at.Resource != "" && at.Resource != at.App {
		text += " to " + at.Resource
	}
	text += fmt.Sprintf(": %d", at.Code)
	if at.Meaning != "" {
		text += " " + at.Meaning
	}
	if at.MadeGood {
		text += " It has worked since."
	}
	p := PersonAttempt{Text: Plain(text)}
	for _, a := range at.Policies {
		line := a.Name
		switch {
		case a.Gone:
			line += " is not among today's policies"
		case len(a.Because) > 0:
			line += " applied by " + strings.Join(a.Because, ", ")
		default:
			line += " was not met; as it stands today it would not apply"
		}
		if len(a.Demands) > 0 {
			line += "; it demands " + strings.Join(a.Demands, ", ")
		}
		p.Policies = append(p.Policies, Plain(line))
	}
	if len(at.Policies) == 0 && !at.Told {
		p.Policies = append(p.Policies, "Graph did not tell what policies did.")
	}
	return p
}
