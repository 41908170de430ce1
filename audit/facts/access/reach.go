package access

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// PhishingResistant is the fact that lists the enabled policies that demand a
// phishing-resistant strength, with the accounts their user assignment reaches.
// Policies of which that cannot be told are listed too; they reach nobody for
// certain. Other conditions are not looked at: a policy for one platform or one
// application reaches its people too.
var PhishingResistant = &audit.Fact[[]Demand]{
	Name: "access.PhishingResistant",
	Doc:  "enabled policies that demand a phishing-resistant strength, and whom they reach",
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, population.Groups, privilege.Roles},
	Derive: derivePhishingResistant,
}

// Demand is a policy with the accounts it reaches.
type Demand struct {
	Policy entra.ConditionalAccessPolicy
	Raw    entra.Raw
	Reach  audit.Partly
}

func derivePhishingResistant(ctx context.Context, p *audit.Pass) ([]Demand, error) {
	strengths := map[string]*entra.AuthenticationStrengthPolicy{}
	for o, err := range audit.Objects[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths) {
		if err != nil {
			return nil, err
		}
		strengths[strings.ToLower(o.Value.ID)] = &o.Value
	}
	policies, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return nil, err
	}
	who, err := newAssignments(ctx, p)
	if err != nil {
		return nil, err
	}
	var demands []Demand
	for _, q := range policies {
		pol := &q.Value
		if pol.State != "enabled" {
			continue
		}
		switch demandsResistant(pol.GrantControls, strengths) {
		case audit.Yes:
			demands = append(demands, Demand{Policy: *pol, Raw: q.Raw, Reach: who.reach(pol)})
		case audit.Unsure:
			demands = append(demands, Demand{Policy: *pol, Raw: q.Raw, Reach: audit.Partly{Maybe: who.reach(pol).Possible()}})
		}
	}
	return demands, nil
}

// demandsResistant tells whether grant controls can be met by a phishing-resistant
// method only: the strength admits nothing else, and no other control does in its
// place. Items are joined by the operator, which is irrelevant with one item; OR
// asks for one of them. Sources: EVA (conditionalaccessroot-evaluate, 2025-07-08),
// POL (concept-conditional-access-policies, 2023-07-07).
func demandsResistant(g *entra.ConditionalAccessGrant, strengths map[string]*entra.AuthenticationStrengthPolicy) audit.Tri {
	if g == nil || g.AuthenticationStrength == nil || g.AuthenticationStrength.ID == "" && g.AuthenticationStrength.DisplayName == "" {
		return audit.No
	}
	// Inside a policy a strength may come with nothing but its id.
	s := g.AuthenticationStrength
	if full := strengths[strings.ToLower(s.ID)]; full != nil && len(full.AllowedCombinations) > 0 {
		s = full
	}
	answer := audit.Unsure
	if s.ID == entra.StrengthMultifactor || s.ID == entra.StrengthPasswordless {
		answer = audit.No
	} else if resistant, known := s.PhishingResistant(); known {
		answer = audit.TriOf(resistant)
	}
	if len(g.BuiltInControls)+len(g.TermsOfUse)+len(g.CustomAuthenticationFactors) == 0 {
		return answer
	}
	switch strings.ToUpper(g.Operator) {
	case "AND":
		return answer
	case "OR":
		return audit.No
	default:
		return answer.And(audit.Unsure)
	}
}
