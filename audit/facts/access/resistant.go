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

// AsksResistant are the accounts of which policies that are enforced or only report ask,
// in some sign-in, for a phishing-resistant strength and nothing else, with those
// policies. Maybe are those of whom it is not known that a policy reaches them, or applies to
// the sign-in.
func (c *Compiled) AsksResistant(in *conditionalaccess.SignIn) (who audit.Partly, policies []int) {
	strengths := map[string]*entra.AuthenticationStrengthPolicy{}
	for i := range c.tenant.Strengths {
		strengths[strings.ToLower(c.tenant.Strengths[i].ID)] = &c.tenant.Strengths[i]
	}
	for i, p := range c.Policies {
		if p.State != conditionalaccess.Enabled && p.State != conditionalaccess.ReportOnly {
			continue
		}
		applies := p.Matches(in).And(demandsResistant(c.policies[i].GrantControls, strengths))
		if applies == audit.No || c.Reach[i].Possible().Empty() {
			continue
		}
		policies = append(policies, i)
		if applies == audit.Yes {
			who = who.Or(c.Reach[i])
		} else {
			who = who.Or(audit.Partly{Maybe: c.Reach[i].Possible()})
		}
	}
	return who, policies
}

// ReportsOnly tells whether the i-th policy is not enforced yet.
func (c *Compiled) ReportsOnly(i int) bool {
	return c.Policies[i].State == conditionalaccess.ReportOnly
}
