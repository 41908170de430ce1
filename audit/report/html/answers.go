package html

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// answers are what the first screen says.
type answers struct {
	People number
	States []stateRow
	Bar    []segment
	// Verdict is "yes", "partly", "no" or "unknown": it colours the answer, which says
	// the same in words.
	Verdict, RollOut string
	// Given are those who can register one alone if something is there.
	Given number

	Stuck     number
	Unknown   number
	StuckRows []stateRow
	Obstacles []obstacle
	Lacking   []obstacle

	Best    *change
	NoneFor string // why no change is named
	Steps   []obstacle
}

// stateRow is a state with how many people are in it.
type stateRow struct {
	State string
	Short string
	Text  string
	Count number
}

// short is a state in a word or two.
func short(s bootstrap.State) string { return strings.ReplaceAll(string(s), "-", " ") }

type obstacle struct {
	Text  string
	Count number
}

func stateNumber(s *readiness.Summary, state bootstrap.State) number {
	return at(s.States[state], "overview", "readiness", "states", string(state))
}

func answersOf(s *readiness.Summary) *answers {
	a := &answers{
		People: at(s.People, "overview", "readiness", "people"),
		Given:  at(s.WithConditions, "overview", "readiness", "withConditions"),
	}
	var parts []part
	for _, state := range bootstrap.States {
		row := stateRow{string(state), short(state), report.StateText(state), stateNumber(s, state)}
		a.States = append(a.States, row)
		parts = append(parts, part{string(state), row.Count.N})
	}
	a.Bar = stack(parts, s.People)
	a.Verdict, a.RollOut = rollOut(s)

	for _, state := range []bootstrap.State{bootstrap.Trapped, bootstrap.NeedsAdminStep, bootstrap.Unknown} {
		row := stateRow{string(state), short(state), report.StateText(state), stateNumber(s, state)}
		a.StuckRows = append(a.StuckRows, row)
	}
	// Of whom it is not known is said apart: they may be stuck or not.
	a.Stuck, a.Unknown = sum(a.StuckRows[0].Count, a.StuckRows[1].Count), a.StuckRows[2].Count
	for _, r := range report.ByCount(s.Reasons) {
		if !slices.Contains(outOfScopeReasons(), r) && len(a.Obstacles) < 5 {
			text := bootstrap.ReasonsText([]bootstrap.Reason{r})
			if text == "" {
				text = string(r)
			}
			a.Obstacles = append(a.Obstacles, obstacle{text, at(s.Reasons[r], "overview", "readiness", "reasons", string(r))})
		}
	}
	for _, m := range report.ByCount(s.Missing) {
		a.Lacking = append(a.Lacking, obstacle{m, at(s.Missing[m], "overview", "readiness", "missing", m)})
	}

	// They come in this order: changes of one object, those that free most first, then
	// of two.
	if changes := changesOf(s); len(changes) > 0 {
		a.Best = &changes[0]
	}
	for _, step := range report.ByCount(s.Steps) {
		text := report.StepText(step)
		if text == "" {
			text = string(step)
		}
		a.Steps = append(a.Steps, obstacle{text, at(s.Steps[step], "overview", "readiness", "steps", string(step))})
	}
	switch trapped := s.States[bootstrap.Trapped]; {
	case a.Best != nil:
	case s.States[bootstrap.Unknown] == s.People:
		a.NoneFor = "Nobody could be judged, so no change can be weighed."
	case trapped == 0:
		a.NoneFor = "None is needed: nobody is trapped."
	default:
		a.NoneFor = "No change of one or two objects frees anybody who is trapped."
	}
	return a
}

// outOfScopeReasons say why the method does not reach somebody; nobody is stuck by
// them.
func outOfScopeReasons() []bootstrap.Reason {
	return []bootstrap.Reason{bootstrap.MethodDisabled, bootstrap.NotTargeted, bootstrap.Excluded, bootstrap.Guest, bootstrap.AccountDisabled}
}

// rollOut answers the first question.
func rollOut(s *readiness.Summary) (verdict, text string) {
	n := func(state bootstrap.State) int { return s.States[state] }
	inScope := s.People - n(bootstrap.OutOfScope)
	switch {
	case s.People == 0:
		return "unknown", "There are no people in the snapshot."
	case n(bootstrap.Unknown) == s.People:
		return "unknown", "That cannot be told: nobody could be judged."
	case inScope == 0:
		return "no", "Not yet: the passkey method reaches nobody."
	case n(bootstrap.Trapped) > 0:
		return "no", "Not for everybody yet: some people have no way to a passkey until a policy changes."
	case n(bootstrap.Unknown) > 0:
		return "partly", "As far as can be told: nobody is known to be trapped, but not everybody could be judged."
	case n(bootstrap.NeedsAdminStep) > 0:
		return "partly", "Yes, with help: some people need a step of an administrator first."
	default:
		return "yes", "Yes: everybody in scope has a passkey or can register one alone."
	}
}

// change is a change of policy that frees people.
type change struct {
	Text           string
	Frees, Worsens number
	Bar            []segment
}

func changesOf(s *readiness.Summary) []change {
	most := 0
	for _, c := range s.Changes {
		most = max(most, c.Frees)
	}
	var list []change
	for i, c := range s.Changes {
		list = append(list, change{
			Text: capital(report.Plain(c.Change)), Frees: at(c.Frees, "overview", "readiness", "changes", i, "frees"),
			Worsens: at(c.Worsens, "overview", "readiness", "changes", i, "worsens"),
			Bar:     stack([]part{{"accent", c.Frees}}, most),
		})
	}
	return list
}

// capital begins a text as a sentence begins.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}
