package bootstrap

import (
	"slices"
)

// mostBlockers bounds the size of the sets that are tried.
const mostBlockers = 4

// mostSets bounds how many sets are tried for one class.
const mostSets = 4000

// trial is an attempt with what stands in its way: of each obstacle the objects of
// which any one takes it away.
type trial struct {
	a         *attempt
	obstacles [][]int
}

// blockers lists the smallest sets of objects that open a way when all of them
// change. Candidates are the sets that take away every obstacle of some attempt; they
// are tried by size, so no proper subset of one that is found opens any. A change may
// put another obstacle in the way, because strengths on the register action go before
// others: then larger sets follow from it.
func (e *engine) blockers(p *person, r resolution) [][]int {
	trials := e.trials(p, r)
	var queue [mostBlockers + 1][][]int
	seen := map[string]bool{}
	offer := func(set []int) {
		slices.Sort(set)
		set = slices.Compact(set)
		if k := key(set); len(set) <= mostBlockers && !seen[k] && len(seen) < mostSets {
			seen[k] = true
			queue[len(set)] = append(queue[len(set)], set)
		}
	}
	for i := range trials {
		combine(nil, trials[i].obstacles, offer)
	}
	for size := range queue {
		var found [][]int
		for i := 0; i < len(queue[size]); i++ {
			set := queue[size][i]
			if e.opens(p, r, trials, set, offer) {
				found = append(found, set)
			}
		}
		if len(found) > 0 {
			slices.SortFunc(found, slices.Compare)
			return found
		}
	}
	return nil
}

// trials lists the attempts that some change of objects could open.
func (e *engine) trials(p *person, r resolution) []trial {
	var list []trial
	attempts := e.attempts(p, r)
	for i := range attempts {
		t := trial{a: &attempts[i]}
		fixable := true
		for _, o := range e.obstacles(p, r, t.a, false) {
			fixable = fixable && len(o.fixes) > 0
			t.obstacles = append(t.obstacles, o.fixes)
		}
		if fixable {
			list = append(list, t)
		}
	}
	return list
}

// opens tells whether some attempt is open once a set has changed; of those that it
// ought to open and does not, it offers the larger sets that might.
func (e *engine) opens(p *person, r resolution, trials []trial, set []int, offer func([]int)) (open bool) {
	e.changing(set, func() {
		for i := range trials {
			if !trials[i].hit(set) {
				continue
			}
			left := e.obstacles(p, r, trials[i].a, false)
			if open = len(left) == 0; open {
				return
			}
			var fixes [][]int
			for _, o := range left {
				if len(o.fixes) == 0 {
					fixes = nil
					break
				}
				fixes = append(fixes, o.fixes)
			}
			if fixes != nil {
				combine(set, fixes, offer)
			}
		}
	})
	return open
}

// hit tells whether a set takes away every obstacle.
func (t *trial) hit(set []int) bool {
	for _, fixes := range t.obstacles {
		if !slices.ContainsFunc(fixes, func(f int) bool { return slices.Contains(set, f) }) {
			return false
		}
	}
	return true
}

// combine offers every way of choosing one object of each list, added to a set.
func combine(set []int, lists [][]int, offer func([]int)) {
	if len(lists) == 0 {
		offer(slices.Clone(set))
		return
	}
	for _, f := range lists[0] {
		more := set
		if !slices.Contains(set, f) {
			if len(set) == mostBlockers {
				continue
			}
			more = append(slices.Clone(set), f)
		}
		combine(more, lists[1:], offer)
	}
}

func key(set []int) string {
	b := make([]byte, 0, 2*len(set))
	for _, i := range set {
		b = append(b, byte(i), byte(i>>8))
	}
	return string(b)
}

// obstaclesOf lists the obstacles on the way that opens when a set changes.
func (e *engine) obstaclesOf(p *person, r resolution, set []int) []Reason {
	var way *attempt
	e.changing(set, func() { way = e.way(p, r) })
	if way == nil {
		return nil
	}
	var reasons []Reason
	for _, o := range e.obstacles(p, r, way, false) {
		reasons = append(reasons, o.reasons...)
	}
	if !e.using(p, r, *way, withMethods).multifactor() && (way.auth == withNewMulti || way.auth == withNewOnce) {
		reasons = append(reasons, NoBootstrapMethod)
	}
	return tidy(reasons)
}

func tidy(reasons []Reason) []Reason {
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// stepReasons says why the cheapest way needs an administrator.
func (e *engine) stepReasons(p *person, r resolution, way *attempt) []Reason {
	var reasons []Reason
	if slices.Contains(way.steps, DismissRisk) {
		reasons = append(reasons, RiskBlocked)
	}
	if slices.Contains(way.steps, IssuePass) {
		if !e.using(p, r, *way, withMethods).multifactor() {
			reasons = append(reasons, NoBootstrapMethod)
		} else {
			same := *way
			same.auth, same.steps = withMethods, nil
			for _, o := range e.obstacles(p, r, &same, false) {
				reasons = append(reasons, o.reasons...)
			}
		}
	}
	if slices.Contains(way.steps, ProvisionKey) {
		for _, o := range e.cheapestObstacles(p, r) {
			reasons = append(reasons, o.reasons...)
		}
	}
	return tidy(reasons)
}

// cheapestObstacles are those of the attempt with the fewest.
func (e *engine) cheapestObstacles(p *person, r resolution) []obstacle {
	var least []obstacle
	for i, a := range e.attempts(p, r) {
		if got := e.obstacles(p, r, &a, false); i == 0 || len(got) < len(least) {
			least = got
		}
	}
	return least
}
