package coverageisnarrowerthanitlooks

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
)

const (
	exclusions  = "exclusions"
	alternative = "alternativeControl"
)

// gap is one cause for which a policy does not stop sign-ins.
type gap struct {
	cause     string
	condition conditionalaccess.Condition
	labels    []string // what the condition leaves out
	likely    bool
	people    audit.Set
}

func (g *gap) merge(other gap, people audit.Set) {
	g.people = g.people.Or(people)
	g.likely = g.likely || other.likely
	for _, label := range other.labels {
		if !slices.Contains(g.labels, label) {
			g.labels = append(g.labels, label)
		}
	}
}

// gaps says why a policy does not stop what is open to people whom it is meant for.
// undecided: some sign-ins may be open, and nothing is certain.
func (j *judgement) gaps(c *candidate, users func(int) audit.Tri, open, unsure []int) (gaps []gap, undecided bool) {
	reached := users(c.index)
	var missed [][]access.Way
	controls, out := false, false
	for _, kind := range open {
		for _, point := range j.coverage.Points(kind) {
			misses := j.coverage.Misses(c.index, point)
			switch {
			case slices.ContainsFunc(misses, registersOnly):
			case reached == audit.No:
				out = true
			case reached == audit.Unsure:
				undecided = true
			case len(misses) == 0:
				controls = true
			default:
				missed = append(missed, misses)
			}
		}
	}
	filtered := false
	for _, kind := range unsure {
		for _, point := range j.coverage.Points(kind) {
			switch misses := j.coverage.Misses(c.index, point); {
			case slices.ContainsFunc(misses, registersOnly):
			case reached == audit.Yes && j.byDeviceOnly(users, kind) && j.coverage.Stops(kind, c.index) == audit.Unsure:
				filtered = true
			default:
				undecided = true
			}
		}
	}
	if out {
		return []gap{{cause: exclusions}}, false
	}
	if controls {
		return []gap{{cause: alternative}}, false
	}
	for _, misses := range smallest(missed) {
		for _, way := range misses {
			at := slices.IndexFunc(gaps, func(g gap) bool { return g.condition == way.Condition })
			if at < 0 {
				at = len(gaps)
				gaps = append(gaps, gap{cause: way.Condition.String(), condition: way.Condition})
			}
			if !slices.Contains(gaps[at].labels, way.Label) {
				gaps[at].labels = append(gaps[at].labels, way.Label)
			}
		}
	}
	if filtered && !slices.ContainsFunc(gaps, func(g gap) bool { return g.condition == conditionalaccess.Devices }) {
		gaps = append(gaps, gap{cause: conditionalaccess.Devices.String(), condition: conditionalaccess.Devices, labels: []string{"some devices"}, likely: true})
	}
	return gaps, undecided
}

// byDeviceOnly tells whether nothing but device filters keeps it from being known
// whether sign-ins are stopped. There are devices of either kind, or the filter would
// not be there.
func (j *judgement) byDeviceOnly(users func(int) audit.Tri, kind int) bool {
	for i, p := range j.classed.Policies {
		if j.coverage.Stops(kind, i).And(users(i)) == audit.No {
			continue
		}
		if users(i) != audit.Yes || !p.Conditional(conditionalaccess.Devices) || p.Conditional(conditionalaccess.Locations) ||
			slices.ContainsFunc(j.classed.Problems(), func(problem conditionalaccess.Problem) bool { return problem.PolicyID == p.ID }) {
			return false
		}
	}
	return true
}

func registersOnly(w access.Way) bool {
	return w.Condition == conditionalaccess.Applications && has(forRegistering, w.Label)
}

// smallest keeps the sets of conditions that contain no other: what a sign-in from a
// browser on Linux shows is told by browsers and by Linux apart, if either is enough.
func smallest(missed [][]access.Way) [][]access.Way {
	mask := func(ways []access.Way) (m uint32) {
		for _, w := range ways {
			m |= 1 << w.Condition
		}
		return m
	}
	masks := map[uint32]bool{}
	for _, ways := range missed {
		masks[mask(ways)] = true
	}
	return slices.DeleteFunc(missed, func(ways []access.Way) bool {
		m := mask(ways)
		for other := range masks {
			if other != m && other&m == other {
				return true
			}
		}
		return false
	})
}
