package investigate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
)

// Schema is the value of "schema" in the JSON form.
const Schema = "passkeyaudit.investigation/v1"

// Investigation is what is said about one person.
type Investigation struct {
	*Dossier
	Answers Answers
	Stage   Stage
	// StageBy says what the stage rests on.
	StageBy string
	// Symptom is the sentence that the answer was taken for; nil where it was none of the
	// table.
	Symptom    *Symptom
	Hypotheses []Hypothesis
	Path       Way
	// Fine: nothing in the tenant is wrong, as far as is known.
	Fine bool
	// Do are the steps to take first, Ask the questions that would change most.
	Do       []Action
	Ask      []Question
	Message  string
	Timeline []Event
	// Chosen is the attempt that it is about; nil if there is none.
	Chosen *Attempt
	// PolicyAge is how much older the policies are than the rest, where they are from
	// another snapshot.
	PolicyAge *PolicySource
}

// PolicySource is another snapshot that policies and groups were read from.
type PolicySource struct {
	TakenAt string `json:"takenAt"`
	// Older is how long before the snapshot of the person; negative if after.
	Older time.Duration `json:"-"`
	// Groups: who is in which group was read from there too.
	Memberships bool `json:"memberships"`
}

// Age says how much older the policies are: "3 days older".
func (s *PolicySource) Age() string {
	age, word := s.Older, "older"
	if age < 0 {
		age, word = -age, "newer"
	}
	switch {
	case age >= 48*time.Hour:
		return fmt.Sprintf("%d days %s", int(age.Hours())/24, word)
	case age >= time.Hour:
		return fmt.Sprintf("%d hours %s", int(age.Hours()), word)
	default:
		return fmt.Sprintf("%d minutes %s", int(age.Minutes()), word)
	}
}

// Given says what the way takes for granted; empty if nothing.
func (in *Investigation) Given() string { return conditionsText(in.Path.Conditions) }

// mostAsked is how many questions a page asks.
const mostAsked = 2

// Judge says what is the matter, by a dossier and what people answered.
func Judge(d *Dossier, a Answers) *Investigation {
	c := newInquiry(d, a)
	in := &Investigation{Dossier: d, Answers: a, Stage: c.stage, StageBy: c.stageBy, Chosen: c.attempt, Hypotheses: c.ranked(), Path: c.way(), Timeline: d.timeline()}
	if a.Symptom != "" {
		in.Symptom = SymptomOf(a.Symptom)
	}
	first := &in.Hypotheses[0]
	in.Fine = first.Verdict.rank() > Likely.rank() && !first.recorded && (d.Verdict.State == bootstrap.HasPasskey || d.Verdict.State == bootstrap.SelfService)
	in.Ask = in.openQuestions(c)
	in.Do = in.firstSteps(c)
	in.Message = in.message()
	return in
}

// openQuestions are those of the first hypotheses that nobody answered, and before them
// the one that would change the ranking most.
func (in *Investigation) openQuestions(c *inquiry) (list []Question) {
	add := func(q Question) {
		if len(list) < mostAsked && !slices.ContainsFunc(list, func(o Question) bool { return o.ID == q.ID }) {
			list = append(list, q)
		}
	}
	first := &in.Hypotheses[0]
	if first.Verdict == Confirmed {
		return nil
	}
	if q := Ask(in.Dossier, in.Answers, nil); q != nil {
		add(*q)
	}
	for i := range in.Hypotheses[:Shown] {
		for _, q := range in.Hypotheses[i].Questions {
			add(q)
		}
	}
	for _, id := range []questionID{askSymptom, askExact} {
		if q := c.question(id); q != nil {
			add(*q)
		}
	}
	return list
}

// firstSteps are those of the first hypothesis that has some.
func (in *Investigation) firstSteps(c *inquiry) []Action {
	if in.Fine && in.Verdict.State == bootstrap.SelfService && !c.registering() {
		return []Action{registerStep(c)}
	}
	for i := range in.Hypotheses[:Shown] {
		h := &in.Hypotheses[i]
		if h.Verdict == RuledOut || h.Verdict == CannotTell {
			break
		}
		if len(h.Actions) > 0 {
			return h.Actions
		}
	}
	return nil
}

// Headline is the first sentence: the first explanation, or that nothing is wrong.
func (in *Investigation) Headline() string {
	if in.Fine {
		if in.Hypotheses[0].Verdict == Possible && in.Stage != Healthy && in.Stage != UnknownStage {
			return in.Hypotheses[0].Why
		}
		fine := "Nothing is wrong in the tenant"
		if len(in.Missing) > 0 {
			fine = "Nothing is wrong in what was read of the tenant"
		}
		if in.Verdict.State == bootstrap.HasPasskey {
			return fmt.Sprintf("%s: %s has a passkey that today's policies accept.", fine, in.Name())
		}
		return fmt.Sprintf("%s: %s can register a passkey without an administrator.", fine, in.Name())
	}
	return in.Hypotheses[0].Why
}

// message is what to send to the person, in plain words.
func (in *Investigation) message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Hello %s,\n\n", in.Name())
	tell := ""
	for i := range in.Hypotheses[:Shown] {
		h := &in.Hypotheses[i]
		if h.Verdict == RuledOut || h.Verdict == CannotTell {
			break
		}
		if tell = h.Tell; tell != "" {
			break
		}
	}
	switch {
	case tell != "" && !(in.Fine && (in.Stage == Healthy || in.Stage == UnknownStage)):
		b.WriteString(tell)
	case in.Verdict.State == bootstrap.HasPasskey:
		b.WriteString("On our side everything is in order: your passkey is registered and accepted.")
	case in.Verdict.State == bootstrap.SelfService:
		b.WriteString("On our side everything is in order: you can set up a passkey at " + securityInfo + ".")
	default:
		b.WriteString("We are looking into why your passkey does not work.")
	}
	var asked []string
	for _, q := range in.Ask {
		if q.Of == User {
			asked = append(asked, q.Text)
		}
	}
	if len(asked) > 0 {
		b.WriteString("\n\nPlease answer:\n")
		for _, q := range asked {
			b.WriteString("- " + q + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// Event is a line of the timeline.
type Event struct {
	At   time.Time
	Kind string
	Text string
	// Until is the end of sign-ins that were taken together, Count how many they are.
	Until time.Time
	Count int
	Row   string
	// Section is where the row is.
	Section string
}

// Kinds of events.
const (
	KindRegistered = "registered"
	KindStarted    = "registrationStarted"
	KindDeleted    = "deleted"
	KindPass       = "passIssued"
	KindRenamed    = "renamed"
	KindPolicy     = "policyChanged"
	KindFailed     = "signInFailed"
	KindSucceeded  = "signInSucceeded"
	KindUnfinished = "signInUnfinished"
)

// timeline puts everything that has a time in order, the newest first. Sign-ins that
// follow each other and ended alike in one place are one line.
func (d *Dossier) timeline() []Event {
	var list []Event
	for i := range d.Changes {
		c := &d.Changes[i]
		e := Event{At: c.At, Text: upper(whatText(c.Change)), Row: c.Row, Section: "directoryAudits"}
		switch {
		case c.Policy != "":
			e.Kind, e.Text = KindPolicy, c.Policy
		case c.What == activity.Registered:
			e.Kind = KindRegistered
		case c.What == activity.Deleted:
			e.Kind = KindDeleted
		case c.What == activity.PassIssued:
			e.Kind = KindPass
		case c.What == activity.Started:
			e.Kind = KindStarted
		default:
			e.Kind = KindRenamed
		}
		list = append(list, e)
	}
	for i := range d.Passkeys {
		k := &d.Passkeys[i]
		recorded := slices.ContainsFunc(d.Changes, func(c Change) bool {
			return c.IsPasskey(activity.Registered) && c.At.Sub(k.Created).Abs() < 10*time.Minute
		})
		if !k.Created.IsZero() && !recorded {
			list = append(list, Event{At: k.Created, Kind: KindRegistered, Text: "The " + k.label() + " was registered", Row: d.User.ID, Section: "authenticationMethods"})
		}
	}
	list = append(list, d.collapsed(slices.Concat(d.Attempts, d.Successes))...)
	slices.SortStableFunc(list, func(a, b Event) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Text, b.Text)) })
	return list
}

func (d *Dossier) collapsed(all []Attempt) (list []Event) {
	slices.SortStableFunc(all, func(a, b Attempt) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Row, b.Row)) })
	for _, at := range all {
		e := Event{At: at.At, Until: at.At, Count: 1, Row: at.Row, Section: "signIns"}
		switch at.Class {
		case activity.Succeeded:
			e.Kind, e.Text = KindSucceeded, "Signed in"
		case activity.Unfinished:
			e.Kind, e.Text = KindUnfinished, "Did not finish signing in"
		default:
			e.Kind, e.Text = KindFailed, "Signing in failed, "+d.known.codeText(at.Code)
			if at.Registering {
				e.Text = "Registering failed, " + d.known.codeText(at.Code)
			}
		}
		if where := at.place(); where != "" {
			e.Text += " (" + where + ")"
		}
		if n := len(list); n > 0 && list[n-1].Kind == e.Kind && list[n-1].Text == e.Text {
			list[n-1].Count++
			list[n-1].Until = at.At
			continue
		}
		list = append(list, e)
	}
	return list
}

// StrongMethods names what the person can prove themselves with.
func (in *Investigation) StrongMethods() []methods.Kind { return in.Holds }

// FailedAttempts are those worth showing: that say something of passkeys or policies.
func (in *Investigation) FailedAttempts() (list []*Attempt) {
	for i := range in.Attempts {
		if in.Attempts[i].stage() != "" {
			list = append(list, &in.Attempts[i])
		}
	}
	return list
}
