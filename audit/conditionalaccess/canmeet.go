package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/tri"
)

// CanMeet tells whether somebody who could use certain method modes could meet
// everything that a sign-in, the one the decision is about, still needs. could
// answers for a mode as strengths spell it; what was used in the sign-in can be used.
// What is met already needs nothing, what is refused nobody can meet. Changing the
// password needs multifactor authentication first; terms of use can always be
// accepted (GRT, concept-conditional-access-grant, 2026-03-24).
func (d *Decision) CanMeet(in *SignIn, could func(mode string) tri.Value) tri.Value {
	able := func(mode string) tri.Value {
		if hasFold(in.Using, mode) {
			return tri.Yes
		}
		return could(mode)
	}
	answer := tri.Yes
	for i := range d.Policies {
		t := &d.Policies[i]
		decides := t.Applies.And(t.Policy.enforced())
		if decides == tri.No || t.Satisfied == tri.Yes {
			continue
		}
		can := t.Policy.grant.canMeet(in, able)
		if decides == tri.Unsure {
			can = can.Or(tri.Unsure) // it may not have to be met
		}
		answer = answer.And(can)
	}
	return answer
}

func (g *grant) canMeet(in *SignIn, could func(mode string) tri.Value) tri.Value {
	all, some := tri.Yes, tri.No
	for i := range g.controls {
		a := g.controls[i].canMeet(in, could)
		all, some = all.And(a), some.Or(a)
	}
	switch {
	case g.and && g.or && all != some:
		return tri.Unsure
	case g.and:
		return all
	default:
		return some
	}
}

func (c *control) canMeet(in *SignIn, could func(mode string) tri.Value) tri.Value {
	switch st := c.judge(in); {
	case !st.certain():
		return c.able(could).Or(tri.Unsure) // it may be met already
	case st.best == met:
		return tri.Yes
	case st.best == refused:
		return tri.No
	default:
		return c.able(could)
	}
}

// able tells whether modes that could be used meet an interactive control.
func (c *control) able(could func(mode string) tri.Value) tri.Value {
	switch {
	case strings.EqualFold(c.name, "passwordChange"):
		return could("password").And(c.strength.able(could))
	case c.strength != nil:
		return c.strength.able(could)
	case strings.HasPrefix(c.name, "termsOfUse:"):
		return tri.Yes
	default:
		return tri.No
	}
}

// able looks for a combination of which every mode could be used. Which model a
// passkey is, and who issued a certificate, is not looked at: limits of a combination
// leave it unsure.
func (s *strength) able(could func(mode string) tri.Value) tri.Value {
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
