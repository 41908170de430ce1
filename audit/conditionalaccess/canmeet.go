package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/tri"
)

// CanMeet tells whether somebody who could use certain method modes could meet
// everything that a sign-in still needs. could answers for a mode as strengths spell
// it. Changing the password needs multifactor authentication first; terms of use can
// always be accepted (GRT, concept-conditional-access-grant, 2026-03-24).
func (d *Decision) CanMeet(could func(mode string) tri.Value) tri.Value {
	answer := tri.Yes
	for i := range d.Policies {
		t := &d.Policies[i]
		if t.Policy.enforced() == tri.No || t.Applies == tri.No || t.Satisfied == tri.Yes {
			continue
		}
		able := t.Policy.grant.canMeet(could)
		if t.Applies.And(t.Policy.enforced()) == tri.Unsure {
			// It may not have to be met.
			able = able.Or(tri.Unsure)
		}
		answer = answer.And(able)
	}
	return answer
}

func (g *grant) canMeet(could func(mode string) tri.Value) tri.Value {
	all, some := tri.Yes, tri.No
	for i := range g.controls {
		a := g.controls[i].canMeet(could)
		all, some = all.And(a), some.Or(a)
	}
	switch {
	case g.and && g.or:
		return settleEither(all, some)
	case g.and:
		return all
	default:
		return some
	}
}

func settleEither(a, b tri.Value) tri.Value {
	if a == b {
		return a
	}
	return tri.Unsure
}

func (c *control) canMeet(could func(mode string) tri.Value) tri.Value {
	switch name := strings.ToLower(c.name); {
	case c.strength != nil:
		return c.strength.canMeet(could)
	case name == "passwordchange":
		return could("password")
	case strings.HasPrefix(name, "termsofuse:"):
		return tri.Yes
	case hard(name):
		return tri.No
	default:
		return tri.Unsure
	}
}

// canMeet looks for a combination of which every mode could be used. Which model a
// passkey is, and who issued a certificate, is not looked at: limits of a combination
// leave it unsure.
func (s *strength) canMeet(could func(mode string) tri.Value) tri.Value {
	if !s.known {
		return tri.Unsure
	}
	answer := tri.No
	if s.external {
		answer = could("externalAuthenticationMethod")
	}
	for _, c := range s.combos {
		a := tri.Yes
		for _, mode := range c.spelled {
			a = a.And(could(mode))
		}
		if (c.byModel || c.limited) && a == tri.Yes {
			a = tri.Unsure
		}
		answer = answer.Or(a)
	}
	return answer
}
