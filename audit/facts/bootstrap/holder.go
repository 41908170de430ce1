package bootstrap

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/devices"
)

// Holder answers what members of a class can meet with what they hold. It is for one
// goroutine.
type Holder struct {
	r *Result
	b *bench
}

// Holder makes one.
func (r *Result) Holder() *Holder { return &Holder{r, newBench(r.model)} }

// Meets tells whether members of a class get through a policy at a resource, in a
// browser on some device of theirs, away from every trusted place and without any
// risk. A policy that does not apply there is met. Passes do not count: they are gone
// tomorrow. at is the policy's position in the compiled set.
func (h *Holder) Meets(c *Class, at int, app string) audit.Tri {
	pol := h.r.Policies.Policies[at]
	enforced := h.r.Options.World.enforces(pol)
	if enforced == audit.No {
		return audit.Yes
	}
	answer := audit.No
	for _, os := range h.b.everyday(c.person, kind) {
		kinds := []deviceKind{unmanaged}
		if c.person.compliant[os] {
			kinds = append(kinds, c.person.compliantKinds(os)...)
		}
		if os == devices.Windows && c.person.hybrid {
			kinds = append(kinds, hybridDevice)
		}
		for _, k := range kinds {
			s := h.b.scene(sceneKey{purpose: ordinary, os: os, device: k})
			answer = answer.Or(h.meets(c.person, pol, s, app))
		}
	}
	return answer.Or(enforced.Not())
}

func (h *Holder) meets(p *person, pol *conditionalaccess.Policy, s *scene, app string) audit.Tri {
	in := s.in
	in.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: app}
	applies := pol.Matches(&in)
	if applies == audit.No {
		return audit.Yes
	}
	through := func(r resolution) audit.Tri {
		using := p.modes(r) &^ passes
		if h.b.anyUsable(p, r) {
			using |= fido2
		}
		in.Using = h.b.names(using)
		answer := audit.No
		for _, aaguid := range h.b.ownModels(p, r, using) {
			in.AAGUID = aaguidOf(aaguid)
			answer = answer.Or(pol.Satisfied(&in, nil))
		}
		return answer
	}
	good, bad := through(kind), through(harsh)
	met := good
	if good != bad {
		met = audit.Unsure
	}
	return met.Or(applies.Not())
}

// AppRefusal tells whether policies refuse every registration that members of a class
// could try inside Microsoft Authenticator.
type AppRefusal struct {
	Refused audit.Tri
	// Policies are the ids of those that refuse the attempt that is least refused.
	Policies []string
	// HangsOn names the switches with which the answer would be another one, and
	// Confidence is lower for them.
	HangsOn    []string
	Confidence Confidence
}

// InApp judges registration inside Microsoft Authenticator by Conditional Access and
// by which passes can be issued; whether a profile admits the passkey, and whether
// people may register alone, plays no part.
func (h *Holder) InApp(c *Class) AppRefusal {
	out := AppRefusal{Refused: audit.No, Confidence: High}
	bad := h.b.inAppRefusal(c.person, harsh)
	if bad == nil {
		return out
	}
	if h.b.inAppRefusal(c.person, kind) == nil {
		out.Refused = audit.Unsure
		return out
	}
	out.Refused = audit.Yes
	var policies []int
	for _, o := range bad {
		for _, f := range o.fixes {
			if h.b.m.objects[f].Type == PolicyBlocker {
				policies = append(policies, f)
			}
		}
	}
	out.Policies = h.b.ids(policies)
	v := Verdict{Confidence: High}
	for i, e := range h.b.turned() {
		if e.inAppRefusal(c.person, harsh) == nil {
			out.HangsOn = append(out.HangsOn, switchList[i].name)
			if switchList[i].medium {
				v.lower(Medium)
			} else {
				v.lower(Low)
			}
		}
	}
	out.Confidence = v.Confidence
	return out
}

// inAppRefusal are the obstacles of the attempt inside the app that meets the fewest;
// nil where one meets none.
func (e *engine) inAppRefusal(p *person, r resolution) []obstacle {
	var least []obstacle
	for a := range e.attempts(p, r) {
		if a.surface != InApp {
			continue
		}
		var list []obstacle
		if o, met := e.passObstacle(p, r, a); met {
			list = append(list, o)
		}
		list = append(list, e.policyObstaclesOnce(p, r, a)...)
		if len(list) == 0 {
			return nil
		}
		if least == nil || len(list) < len(least) {
			least = list
		}
	}
	return least
}
