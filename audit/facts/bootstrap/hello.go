package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
)

// helloVerdict tells whether Windows Hello for Business or Platform SSO can be set up
// on a new computer. Policies on the register action govern it since July 2026, also
// while the computer is set up for the first time; that policies on all resources do
// is not said. Source: MC13 (Message Center MC1326253, 2026-05-29).
func (b *bench) helloVerdict(p *person) Verdict {
	for _, how := range []auth{withMethods, withNewMulti, withNewOnce} {
		a := attempt{surface: Hello, os: "windows", auth: how}
		if how != withMethods {
			a.steps = []Step{IssuePass}
			if _, met := b.passObstacle(p, harsh, &a); met {
				continue
			}
		} else if !b.using(p, harsh, a, how).multifactor() {
			continue
		}
		if len(b.helloRefusals(p, harsh, &a)) == 0 {
			v := Verdict{State: SelfService, Confidence: Medium, Steps: a.steps, Path: &Path{Credential: WindowsCredential, Surface: Hello, Platform: "windows"}}
			if len(a.steps) > 0 {
				v.State, v.Reasons = NeedsAdminStep, b.reasonsOf(b.helloRefusals(p, harsh, &attempt{surface: Hello, os: "windows", auth: withMethods}))
			}
			return v
		}
	}
	refused := b.helloRefusals(p, harsh, &attempt{surface: Hello, os: "windows", auth: withMethods})
	v := Verdict{State: Trapped, Confidence: Medium, Reasons: b.reasonsOf(refused)}
	var set []int
	for _, o := range refused {
		set = append(set, o.fixes[0])
	}
	slices.Sort(set)
	if len(set) > 0 {
		v.BlockedBy = b.named(slices.Compact(set))
	}
	return v
}

// helloRefusals lists the policies on the register action that refuse the set-up of
// Windows Hello with what is there before it.
func (e *engine) helloRefusals(p *person, r resolution, a *attempt) []obstacle {
	s := e.scene(e.sceneOf(p, a))
	var applying []int
	for i := range e.m.policies {
		if slices.Contains(e.change, i) || !e.m.policies[i].register && !e.m.switches.HelloUnderAllResources {
			continue
		}
		if v := e.reach(p, i).value.And(s.match[i]); v == audit.Yes || v == audit.Unsure && !r.helps(e.why(p, s, i)) {
			applying = append(applying, i)
		}
	}
	before := *a
	switch a.auth {
	case withHello:
		before.auth = withMethods
	case withPassHello:
		before.auth = withPass
	case withNewHello:
		before.auth = withNewMulti
		once := before
		once.auth = withNewOnce
		if many, one := e.refusals(p, r, &before, s, applying, false), e.refusals(p, r, &once, s, applying, false); !e.m.passMany.in(r) || len(one) < len(many) {
			return one
		} else {
			return many
		}
	}
	return e.refusals(p, r, &before, s, applying, false)
}

func (b *bench) reasonsOf(list []obstacle) []Reason {
	var reasons []Reason
	for _, o := range list {
		reasons = append(reasons, o.reasons...)
	}
	return tidy(reasons)
}
