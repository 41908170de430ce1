package bootstrap

import (
	"slices"

	"passkeyaudit/audit/entra"
)

// mostBlockers bounds the size of the sets that are tried.
const mostBlockers = 4

// mostSets bounds how many sets are tried for one class.
const mostSets = 4000

// prospect is something that may come to be open: an attempt, a registered passkey that
// works, a key that is handed out. It has what stands in its way: of each obstacle the
// objects of which any one takes it away.
type prospect struct {
	left      func() []obstacle
	obstacles [][]int
}

// blockers lists the smallest sets of objects that open a way when all of them
// change. Candidates are the sets that take away every obstacle of some attempt; they
// are tried by size, so no proper subset of one that is found opens any. A change may
// put another obstacle in the way, because strengths on the register action go before
// others: then larger sets follow from it.
func (e *engine) blockers(p *person, r resolution) [][]int {
	prospects := e.prospects(p, r)
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
	for i := range prospects {
		combine(nil, prospects[i].obstacles, offer)
	}
	for size := range queue {
		var found [][]int
		for i := 0; i < len(queue[size]); i++ {
			set := queue[size][i]
			if e.opens(prospects, set, offer) {
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

// prospects lists what some change of objects could open.
func (e *engine) prospects(p *person, r resolution) []prospect {
	var list []prospect
	add := func(left func() []obstacle, first ...int) {
		t := prospect{left: left}
		for _, f := range first {
			t.obstacles = append(t.obstacles, []int{f})
		}
		for _, o := range left() {
			if len(o.fixes) == 0 {
				return // no change of policy helps this one
			}
			t.obstacles = append(t.obstacles, o.fixes)
		}
		list = append(list, t)
	}
	for _, k := range p.keys {
		if e.accepts(e.m.kindOfHeld(k)) {
			add(func() []obstacle { return e.keyObstacles(p, r, k) })
		}
	}
	for _, c := range e.m.credentials {
		if e.m.lanes.Provisioning && c.kind == KeyCredential {
			add(func() []obstacle {
				if o, met := e.credentialObstacle(p, r, &attempt{surface: Provisioning, credential: c}); met {
					return []obstacle{o}
				}
				return nil
			})
		}
	}
	// A pass that is held may come to be usable when the policy of passes changes.
	passes := []int{e.m.byID[Blocker{PassBlocker, entra.MethodTemporaryAccessPass}]}
	for _, q := range append([]*person{p}, p.open(r)...) {
		var attempts []attempt
		e.changing(passes, func() {
			for a := range e.attempts(q, r) {
				attempts = append(attempts, *a)
			}
		})
		revives := e.revives(q, r)
		for i := range attempts {
			left := func() []obstacle { return e.obstacles(q, r, &attempts[i]) }
			add(left)
			if attempts[i].auth == withMethods {
				for _, f := range revives {
					e.changing([]int{f}, func() { add(left, f) })
				}
			}
		}
	}
	return list
}

// revives are the objects of which a change makes a registered passkey one that policy
// accepts: with it other obstacles go too, because the passkey can then be signed in with.
func (e *engine) revives(p *person, r resolution) []int {
	var list []int
	for _, k := range p.keys {
		if !e.usable(p, k).in(r) {
			list = append(list, e.keyFixes(p, r, k)...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// opens tells whether some attempt is open once a set has changed; of those that it
// ought to open and does not, it offers the larger sets that might.
func (e *engine) opens(prospects []prospect, set []int, offer func([]int)) (open bool) {
	e.changing(set, func() {
		for i := range prospects {
			if !prospects[i].hit(set) {
				continue
			}
			left := prospects[i].left()
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
func (t *prospect) hit(set []int) bool {
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

// keyObstacles lists what keeps a registered passkey from being one that works.
func (e *engine) keyObstacles(p *person, r resolution, k heldKey) []obstacle {
	var list []obstacle
	if !e.usable(p, k).in(r) {
		list = append(list, obstacle{[]Reason{PasskeyNotAllowedAnymore}, e.keyFixes(p, r, k)})
	}
	return append(list, e.refusing(p, r, k.AAGUID)...)
}

// keyFixes are the profiles that could admit a registered passkey, or the method whose
// targets could name one.
func (e *engine) keyFixes(p *person, r resolution, k heldKey) []int {
	var fixes []int
	if e.profileless(p) && k.held.in(r) {
		fixes = append(fixes, e.m.byID[Blocker{MethodBlocker, entra.MethodFido2}])
	}
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
	for _, o := range e.obstacles(p, r, way) {
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
			for _, o := range e.obstacles(p, r, &same) {
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
	for a := range e.attempts(p, r) {
		if a.enrols {
			continue
		}
		if got := e.obstacles(p, r, a); !tried || len(got) < len(least) {
			least, tried = got, true
		}
	}
	return least
}
