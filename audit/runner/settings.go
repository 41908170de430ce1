package runner

import (
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
)

// turnedOff lists the sections that a check needs and the settings turn off. What
// only refines a check it does not need.
func turnedOff(c *audit.Check, settings audit.Settings) []snapshot.SectionID {
	reads := c.AllReads()
	var off []snapshot.SectionID
	for _, spec := range snapshot.Sections() {
		gap, read := reads[spec.ID]
		if read && gap != audit.Refines && slices.Contains(settings.SectionsOff, spec.ID) {
			off = append(off, spec.ID)
		}
	}
	return off
}

// notSelected is the result of a check that the settings leave without a section.
func notSelected(c *audit.Check, off []snapshot.SectionID, severity audit.Severity) audit.CheckResult {
	names := make([]string, len(off))
	for i, id := range off {
		names[i] = string(id)
	}
	return audit.CheckResult{
		Check: c, Severity: severity, Outcome: audit.NotSelected, Missing: off,
		Reason: "the configuration turns off " + strings.Join(names, ", "),
	}
}

// accept stamps the findings that the settings accept, and sorts out acceptances
// that have expired and those that match nothing. An acceptance of one fingerprint
// goes before one of a whole check; otherwise the first in the list counts.
//
// An acceptance is unmatched only if its check was judged to the end: what was not
// looked at, or not wholly, may be there all the same.
func (r *Results) accept(entries []audit.Acceptance, at time.Time) {
	if len(entries) == 0 {
		return
	}
	order := make([]int, len(entries))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return boolOrder(entries[a].Fingerprint == "", entries[b].Fingerprint == "")
	})
	matched := make([]bool, len(entries))
	for i := range r.Findings {
		f := &r.Findings[i]
		fingerprint := f.Fingerprint()
		for _, n := range order {
			if entry := &entries[n]; entry.Covers(f.Check.ID, fingerprint) && !entry.Expired(at) {
				matched[n] = true
				if f.Accepted == nil {
					f.Accepted = entry
				}
			}
		}
	}
	for n, entry := range entries {
		switch {
		case entry.Expired(at):
			r.AcceptExpired = append(r.AcceptExpired, entry)
		case !matched[n] && r.settled(entry.Check):
			r.AcceptUnmatched = append(r.AcceptUnmatched, entry)
		}
	}
}

// settled tells whether a check was chosen and nothing it needs was missing.
func (r *Results) settled(id string) bool {
	i := slices.IndexFunc(r.Checks, func(c audit.CheckResult) bool { return c.Check.ID == id })
	return i >= 0 && r.Checks[i].Outcome != audit.Unknown && len(r.Checks[i].Missing) == 0
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}
