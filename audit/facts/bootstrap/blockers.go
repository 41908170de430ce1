package bootstrap

import (
	"slices"
)

// mostBlockers bounds the size of the sets that are tried.
const mostBlockers = 4

// mostSets bounds how many sets are tried for one class.
const mostSets = 4000

// blockers lists the smallest sets of objects that open a way when all of them
// change. Sets are tried by size, so no proper subset of one that is found opens
// any. Which objects are worth changing is told by the obstacles that remain.
func (e *engine) blockers(p *person, r resolution) [][]int {
	type candidate []int
	frontier := []candidate{{}}
	tried := 0
	for size := 0; size <= mostBlockers && len(frontier) > 0; size++ {
		var found [][]int
		var next []candidate
		seen := map[string]bool{}
		for _, set := range frontier {
			if tried++; tried > mostSets {
				return found
			}
			open, worth := false, []int(nil)
			e.changing(set, func() { open, worth = e.probe(p, r) })
			if open {
				found = append(found, set)
				continue
			}
			for _, o := range worth {
				more := append(slices.Clone(set), o)
				slices.Sort(more)
				if k := key(more); !seen[k] {
					seen[k] = true
					next = append(next, more)
				}
			}
		}
		if len(found) > 0 {
			return found
		}
		frontier = next
	}
	return nil
}

func key(set []int) string {
	b := make([]byte, 0, 2*len(set))
	for _, i := range set {
		b = append(b, byte(i), byte(i>>8))
	}
	return string(b)
}

// probe tells whether some attempt is open now, or a registered passkey works, and
// else which objects stand in the way of any.
func (e *engine) probe(p *person, r resolution) (open bool, worth []int) {
	note := func(list []obstacle) (none bool) {
		if slices.ContainsFunc(list, func(o obstacle) bool { return len(o.fixes) == 0 }) {
			return false // no change of policy helps this one
		}
		for _, o := range list {
			for _, f := range o.fixes {
				if !slices.Contains(worth, f) && !slices.Contains(e.change, f) {
					worth = append(worth, f)
				}
			}
		}
		return len(list) == 0
	}
	for _, k := range p.keys {
		if e.accepts(kindOfHeld(k)) && note(e.keyObstacles(p, r, k)) {
			return true, nil
		}
	}
	for _, c := range e.m.credentials {
		if !e.m.lanes.Provisioning || c.kind != KeyCredential {
			continue
		}
		var list []obstacle
		if o, met := e.credentialObstacle(p, r, &attempt{surface: Provisioning, credential: c}); met {
			list = append(list, o)
		}
		if note(list) {
			return true, nil
		}
	}
	for _, q := range append([]*person{p}, p.open(r)...) {
		for a := range e.attempts(q, r, anything) {
			if note(e.obstacles(q, r, &a, false)) {
				return true, nil
			}
		}
	}
	slices.Sort(worth)
	return false, worth
}

// keyObstacles lists what keeps a registered passkey from being one that works.
func (e *engine) keyObstacles(p *person, r resolution, k heldKey) []obstacle {
	var list []obstacle
	if !e.usable(p, k).in(r) {
		list = append(list, obstacle{[]Reason{PasskeyNotAllowedAnymore}, e.keyFixes(p, r, k)})
	}
	return append(list, e.refusing(p, r, k.AAGUID)...)
}

// keyFixes are the profiles that could admit a registered passkey.
func (e *engine) keyFixes(p *person, r resolution, k heldKey) []int {
	var fixes []int
	for i := range e.m.profiles {
		if p.profiles[i].in(r) && k.held.in(r) {
			fixes = append(fixes, e.m.profileBlocker(i))
		}
	}
	return fixes
}

// obstaclesOf lists the obstacles on the way that opens when a set changes.
func (e *engine) obstaclesOf(p *person, r resolution, set []int) []Reason {
	var way *attempt
	var works *heldKey
	e.changing(set, func() {
		works = e.works(p, r)
		if way = e.way(p, r); way == nil {
			if lanes := e.laneWays(p, r); len(lanes) > 0 {
				way = lanes[0]
			}
		}
	})
	var reasons []Reason
	switch {
	case works != nil:
		for _, o := range e.keyObstacles(p, r, *works) {
			reasons = append(reasons, o.reasons...)
		}
		return tidy(reasons)
	case way == nil:
		return nil
	case way.surface == Provisioning:
		if o, met := e.credentialObstacle(p, r, way); met {
			reasons = append(reasons, o.reasons...)
		}
		return tidy(reasons)
	case way.lane != nil:
		p = way.lane
	}
	for _, o := range e.obstacles(p, r, way, false) {
		reasons = append(reasons, o.reasons...)
	}
	held := way.auth == withPass && e.heldPasses(p, r) != 0
	if !held && !e.using(p, r, *way, withMethods).multifactor() && slices.Contains([]auth{withPass, withNewMulti, withNewOnce}, way.auth) {
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
	if slices.ContainsFunc(way.steps, func(s Step) bool { return s == ProvisionKey || s == AddToGroup || s == EnrolDevice }) {
		for _, o := range e.cheapestObstacles(p, r) {
			reasons = append(reasons, o.reasons...)
		}
	}
	return tidy(reasons)
}

// cheapestObstacles are those of the attempt with the fewest, lanes aside.
func (e *engine) cheapestObstacles(p *person, r resolution) []obstacle {
	var least []obstacle
	tried := false
	for a := range e.attempts(p, r, anything) {
		if a.enrols {
			continue
		}
		if got := e.obstacles(p, r, &a, false); !tried || len(got) < len(least) {
			least, tried = got, true
		}
	}
	return least
}
