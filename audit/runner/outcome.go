package runner

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// Missing is a section that a check reads and that is not whole.
type Missing struct {
	Section snapshot.SectionID
	Gap     audit.Gap
	// Whole is true where nothing of the section could be read, false where some
	// rows are missing.
	Whole bool
	// Why says it in words, such as "denied (403)".
	Why string
}

// Verdict is a settled outcome.
type Verdict struct {
	Outcome   audit.Outcome
	Tentative bool // findings could be refuted by missing rows
	AtLeast   bool // populations are lower bounds
	Keep      bool // findings are reported
	// Because lists the gaps behind an Unknown, or behind a lower bound.
	Because []Missing
}

// Settle is the outcome rule. A check that found nothing passes unless a gap
// could hide a finding. A check with findings fails unless a gap could refute
// them; then it is unknown, and the findings are tentative where some rows were
// there to support them, dropped where none were. A gap that only refines changes
// nothing.
//
//	            no gap   Hides              Refutes             Either
//	no finding  passed   unknown            passed              unknown
//	findings    failed   failed, at least   unknown, tentative  unknown, tentative
func Settle(findings int, gaps []Missing) Verdict {
	could := func(kind audit.Gap) []Missing {
		var some []Missing
		for _, g := range gaps {
			if g.Gap == kind || g.Gap == audit.Either {
				some = append(some, g)
			}
		}
		return some
	}
	hides, refutes := could(audit.Hides), could(audit.Refutes)
	if findings == 0 {
		if len(hides) > 0 {
			return Verdict{Outcome: audit.Unknown, Because: hides}
		}
		return Verdict{Outcome: audit.Passed}
	}
	if len(refutes) > 0 {
		whole := slices.ContainsFunc(refutes, func(g Missing) bool { return g.Whole })
		return Verdict{Outcome: audit.Unknown, Tentative: !whole, Keep: !whole, AtLeast: len(hides) > 0, Because: refutes}
	}
	return Verdict{Outcome: audit.Failed, Keep: true, AtLeast: len(hides) > 0, Because: hides}
}

// gapsOf lists the sections a check reads that are not whole.
func gapsOf(c *audit.Check, snap *snapshot.Snapshot) (gaps []Missing, featureAbsent bool) {
	reads := c.AllReads()
	own := map[snapshot.SectionID]bool{}
	for _, r := range c.Reads {
		own[r.Section] = true
	}
	for _, spec := range snapshot.Sections() {
		gap, reads := reads[spec.ID]
		if !reads || gap == audit.Refines {
			continue
		}
		st := snap.Status(spec.ID)
		switch {
		case st.State == snapshot.Complete:
		case st.State == snapshot.Unlicensed && spec.EmptyIfUnlicensed:
			// No licence, no feature: the section is known to be empty, and a check
			// that is about the feature has nothing to judge.
			featureAbsent = featureAbsent || own[spec.ID]
		default:
			gaps = append(gaps, Missing{Section: spec.ID, Gap: gap, Whole: st.State != snapshot.Partial, Why: describe(st)})
		}
	}
	return gaps, featureAbsent
}

// describe says in words how much of a section there is. The manifest's own
// reason is left to "snapshot info": it differs between ways of collecting.
func describe(st snapshot.Status) string {
	text := map[snapshot.State]string{
		snapshot.Partial:      "partial",
		snapshot.Denied:       "denied",
		snapshot.Unlicensed:   "not readable without a licence",
		snapshot.Unavailable:  "unavailable",
		snapshot.NotCollected: "not collected",
	}[st.State]
	switch {
	case st.Unreadable == 1:
		text += ", 1 unreadable object"
	case st.Unreadable > 1:
		text += fmt.Sprintf(", %d unreadable objects", st.Unreadable)
	case st.State == snapshot.Partial && st.Reason == snapshot.ReasonScope:
		text += ", only the chosen accounts were collected"
	}
	if st.State == snapshot.Denied && st.Entry != nil && len(st.Entry.Needs) > 0 {
		text += ", needs " + strings.Join(st.Entry.Needs, " or ")
	}
	return text
}

func phrase(gaps []Missing) string {
	var parts []string
	for _, g := range gaps {
		if part := string(g.Section) + ": " + g.Why; !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ")
}

func sectionsOf(gaps []Missing) []snapshot.SectionID {
	var ids []snapshot.SectionID
	for _, spec := range snapshot.Sections() {
		if slices.ContainsFunc(gaps, func(g Missing) bool { return g.Section == spec.ID }) {
			ids = append(ids, spec.ID)
		}
	}
	return ids
}
