package access

import (
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// ExchangeOnline is the resource that mail clients sign in to, those of legacy
// authentication among them.
const ExchangeOnline = "00000002-0000-0ff1-ce00-000000000000"

// Asking is of whom policies ask for a phishing-resistant strength and nothing else in a
// sign-in: those that are enforced and those that only report.
type Asking struct {
	Yes audit.Set
	// Perhaps are those whom such a policy reaches, if what is not known of the sign-in,
	// such as its place, is as the policy wants it.
	Perhaps audit.Set
	// Unsure are those of whom it is not known that a policy reaches them, or that what it
	// asks for is phishing-resistant.
	Unsure   audit.Set
	Policies []int
}

// AsksResistant tells of whom policies ask for a phishing-resistant strength in a sign-in.
func (c *Compiled) AsksResistant(in *conditionalaccess.SignIn) Asking {
	strengths := map[string]*entra.AuthenticationStrengthPolicy{}
	for i := range c.tenant.Strengths {
		strengths[strings.ToLower(c.tenant.Strengths[i].ID)] = &c.tenant.Strengths[i]
	}
	var a Asking
	for i, p := range c.Policies {
		if p.State != conditionalaccess.Enabled && p.State != conditionalaccess.ReportOnly {
			continue
		}
		matches, demands := p.Matches(in), demandsResistant(c.policies[i].GrantControls, strengths)
		if matches.And(demands) == audit.No || c.Reach[i].Possible().Empty() {
			continue
		}
		a.Policies = append(a.Policies, i)
		switch {
		case demands == audit.Unsure:
			a.Unsure = a.Unsure.Or(c.Reach[i].Possible())
			continue
		case matches == audit.Yes:
			a.Yes = a.Yes.Or(c.Reach[i].Yes)
		default:
			a.Perhaps = a.Perhaps.Or(c.Reach[i].Yes)
		}
		a.Unsure = a.Unsure.Or(c.Reach[i].Maybe)
	}
	a.Perhaps = a.Perhaps.Minus(a.Yes)
	a.Unsure = a.Unsure.Minus(a.Yes).Minus(a.Perhaps)
	return a
}

// ReportsOnly tells whether the i-th policy is not enforced yet.
func (c *Compiled) ReportsOnly(i int) bool {
	return c.Policies[i].State == conditionalaccess.ReportOnly
}
