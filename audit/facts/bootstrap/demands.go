package bootstrap

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
)

// RegisterDemand is an enforced policy that demands a strength of whoever registers
// security information, or may.
type RegisterDemand struct {
	*conditionalaccess.Policy
	Reach audit.Partly
	// Named: the policy names the register action. In the wizard its strengths go
	// before those of policies on all resources (STH,
	// concept-authentication-strength-how-it-works, 2025-03-17).
	Named bool
	// Strengths are the ids of those without which nobody gets through.
	Strengths []string
	// Once and Many tell whether a pass of either kind meets them.
	Once, Many audit.Tri
}

// RegisterDemands lists them in the order of the tenant's policies.
func (g *Given) RegisterDemands() []RegisterDemand {
	in := conditionalaccess.SignIn{Target: conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}, ClientAppType: conditionalaccess.Is("browser")}
	with := func(m modes) *conditionalaccess.SignIn { return &conditionalaccess.SignIn{Using: m.names()} }
	var list []RegisterDemand
	for i, p := range g.Policies.Policies {
		if p.State != conditionalaccess.Enabled || p.Matches(&in) == audit.No {
			continue
		}
		d := RegisterDemand{Policy: p, Reach: g.Policies.Reach[i], Named: p.OnAction(conditionalaccess.RegisterSecurityInfo), Once: audit.Yes, Many: audit.Yes}
		for _, c := range p.Controls() {
			if c.Kind() == conditionalaccess.StrengthControl && p.Requires(c) {
				d.Strengths = append(d.Strengths, c.StrengthID())
				d.Once, d.Many = d.Once.And(c.Met(with(passOnce))), d.Many.And(c.Met(with(passMany)))
			}
		}
		if len(d.Strengths) > 0 {
			list = append(list, d)
		}
	}
	return list
}
