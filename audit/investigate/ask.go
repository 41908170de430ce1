package investigate

import (
	"slices"

	"passkeyaudit/audit"
)

// Ask gives the open question whose answer would change the ranking most, with what was
// answered so far; nil where no answer would change anything. It tries every answer.
// Questions in skip are not asked: nobody knows their answer.
func Ask(d *Dossier, a Answers, skip map[string]bool) *Question {
	now := newInquiry(d, a)
	before := now.ranked()
	var best *Question
	most := 0
	for i := range questions {
		q := now.question(questionID(questions[i].ID))
		if q == nil || q.Flag == "" || skip[q.ID] || !now.sensible(questionID(q.ID)) {
			continue
		}
		tries := q.Choices
		if len(tries) == 0 {
			tries = q.samples
		}
		if q.ID == string(askAuthenticator) {
			tries = now.keepers()
		}
		sum := 0
		for _, answer := range tries {
			with := a
			if with.Set(q.Flag, answer) != nil {
				continue
			}
			sum += moved(before, newInquiry(d, with).ranked())
		}
		likely := q.likely
		// What the first explanation itself asks goes first.
		switch slices.IndexFunc(before[0].Questions, func(o Question) bool { return o.ID == q.ID }) {
		case 0:
			likely *= 4
		case 1:
			likely *= 2
		}
		if len(tries) == 1 {
			likely /= 4 // an answer to be expected tells little
		}
		// The mean, so that a question with many answers is not asked for their number,
		// and weighed by how likely somebody knows the answer.
		if gain := sum * likely / max(len(tries), 1); sum > 0 && gain > most {
			best, most = q, gain
		}
	}
	return best
}

// keepers are the answers to expect of what keeps the passkey: of somebody who uses one,
// what the registered ones are in.
func (c *inquiry) keepers() []string {
	if c.stage == NotRecognised || c.registering() || len(c.d.Passkeys) == 0 {
		return audit.Texts(Authenticators)
	}
	var list []string
	for _, k := range c.d.Passkeys {
		if k.Keeper == "" {
			return audit.Texts(Authenticators)
		}
		if !slices.Contains(list, string(k.Keeper)) {
			list = append(list, string(k.Keeper))
		}
	}
	return list
}

// sensible tells whether a question can be asked before others are answered.
func (c *inquiry) sensible(id questionID) bool {
	switch id {
	case askOSVersion:
		return c.os != ""
	case askProvider:
		return c.a.Authenticator == Provider
	case askProfile:
		return c.os == "android" || c.a.OS == "" && c.hasAndroid()
	case askBrowser:
		return c.a.App == ""
	case askApp:
		return c.a.Browser == ""
	case askSymptom:
		return c.attempt == nil // otherwise the log tells
	case askFlow:
		return c.stage != CrossDeviceFails // two devices, by what was said
	case askBluetooth:
		return c.flow == CrossDevice
	default:
		return true
	}
}

// Shown is how many hypotheses a page shows. What moves below them is no reason to ask.
const Shown = 3

// moved says how far the heads of two rankings lie apart: the first counts most. Where
// the first is confirmed, only what takes its place counts.
func moved(before, after []Hypothesis) int {
	sum, head := 0, Shown
	if before[0].Verdict == Confirmed {
		head = 1
	}
	for i := range after {
		j := slices.IndexFunc(before, func(h Hypothesis) bool { return h.Number == after[i].Number })
		if min(i, j) >= head {
			continue
		}
		weight := Shown - min(i, j)
		if after[i].Verdict != before[j].Verdict {
			d := after[i].Verdict.rank() - before[j].Verdict.rank()
			sum += weight * max(d, -d)
		}
		if i != j {
			sum += weight
		}
	}
	return sum
}
