package conditionalaccess

import "strings"

// Matched lists the conditions that the policy has and that a sign-in met, for a
// policy that applies or may.
func (t *Trace) Matched() []Condition {
	var list []Condition
	target := t.Policy.target.configured()
	for c := range Other {
		has := c == Users || c == target || t.Policy.tests[c] != nil
		if has && !in(c, t.Because) && !in(c, t.Unsure) {
			list = append(list, c)
		}
	}
	return list
}

func in(c Condition, list []Condition) bool {
	for _, other := range list {
		if other == c {
			return true
		}
	}
	return false
}

// Says is what the sign-in has for a condition, in words; empty where that would
// add nothing.
func (s *SignIn) Says(c Condition) string {
	switch c {
	case ClientAppTypes:
		return s.ClientAppType.Text
	case Platforms:
		return s.Platform.Text
	case Locations:
		parts := []string{}
		if s.IP.IsValid() {
			parts = append(parts, s.IP.String())
		}
		if s.Country.Text != "" {
			parts = append(parts, s.Country.Text)
		}
		return strings.Join(parts, " ")
	case SignInRisk:
		return s.SignInRisk.Text
	case UserRisk:
		return s.UserRisk.Text
	case InsiderRisk:
		return s.InsiderRisk.Text
	case AuthenticationFlows:
		return s.Transfer.Text
	default:
		return ""
	}
}

// Label names a control for people: a strength by its name.
func (s *Set) Label(control string) string {
	for _, p := range s.Policies {
		for i := range p.grant.controls {
			c := &p.grant.controls[i]
			if c.name == control && c.strength != nil && c.strength.name != "" && strings.HasPrefix(control, "authenticationStrength:") {
				return c.strength.name
			}
		}
	}
	return control
}
