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

// helloRefusals lists the policies on the register action that refuse the set-up.
func (b *bench) helloRefusals(p *person, r resolution, a *attempt) []obstacle {
	s := b.scene(sceneKey{purpose: register, os: a.os})
	var applying []int
	for i := range b.m.policies {
		if !b.m.policies[i].register {
			continue
		}
		if v := b.reach(p, i).value.And(s.match[i]); v == audit.Yes || v == audit.Unsure && !r.helps(b.why(p, s, i)) {
			applying = append(applying, i)
		}
	}
	return b.refusals(p, r, a, s, applying)
}

func (b *bench) reasonsOf(list []obstacle) []Reason {
	var reasons []Reason
	for _, o := range list {
		reasons = append(reasons, o.reasons...)
	}
	return tidy(reasons)
}
