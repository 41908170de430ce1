package coverageisnarrowerthanitlooks

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
)

// included is whom a policy that looks wide is meant for.
type included int

const (
	nobodyInParticular included = iota
	allUsers
	allRoles
)

// looksWide tells whether a policy is for all users, or for all roles of Microsoft's
// template for administrators, on all resources.
func looksWide(p *entra.ConditionalAccessPolicy) included {
	c := p.Conditions
	if c == nil || c.Users == nil || c.Applications == nil || conditionalaccess.ForWorkloads(c) || !has(c.Applications.IncludeApplications, "All") {
		return nobodyInParticular
	}
	if has(c.Users.IncludeUsers, "All") {
		return allUsers
	}
	for _, role := range catalogue.TemplateOf(catalogue.TemplateResistantAdmins).IncludeRoles() {
		if !has(c.Users.IncludeRoles, role) {
			return nobodyInParticular
		}
	}
	return allRoles
}

// resistant tells whether a policy asks for phishing-resistant authentication,
// whatever else it accepts. Passes beside it do not count: that they are weaker is the
// matter of PK-POST-007.
func resistant(g *entra.ConditionalAccessGrant, strengths map[string]*entra.AuthenticationStrengthPolicy) audit.Tri {
	if g == nil || g.AuthenticationStrength == nil || g.AuthenticationStrength.ID == "" && len(g.AuthenticationStrength.AllowedCombinations) == 0 {
		return audit.No
	}
	// Inside a policy a strength may come with nothing but its id.
	s := *g.AuthenticationStrength
	if full := strengths[strings.ToLower(s.ID)]; full != nil && len(full.AllowedCombinations) > 0 {
		s = *full
	}
	s.AllowedCombinations = slices.DeleteFunc(slices.Clone(s.AllowedCombinations), func(mode string) bool {
		return strings.EqualFold(mode, "temporaryAccessPassOneTime") || strings.EqualFold(mode, "temporaryAccessPassMultiUse")
	})
	switch is, known := s.PhishingResistant(); {
	case s.ID == entra.StrengthMultifactor || s.ID == entra.StrengthPasswordless:
		return audit.No
	case known:
		return audit.TriOf(is)
	case len(g.AuthenticationStrength.AllowedCombinations) > 0 || strengths[strings.ToLower(s.ID)] != nil:
		return audit.No // nothing but passes
	default:
		return audit.Unsure
	}
}

func has(list []string, text string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, text) })
}
