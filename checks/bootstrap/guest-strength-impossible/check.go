// Package gueststrengthimpossible finds strengths demanded of guests that they could
// do only in their home tenant, where nothing done there counts.
package gueststrengthimpossible

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-014.
var Check = &audit.Check{
	ID:       "PK-BOOT-014",
	Slug:     "guest-strength-impossible",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Places play no part.
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.CrossTenantAccessPolicy, Gap: audit.Either},
		// A partner that is trusted only makes less certain which guests are meant.
		{Section: snapshot.CrossTenantPartners, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, access.Policies},
	Run:   run,
}

// here are the modes that a guest can use in the tenant that is visited. Source: STX
// (concept-authentication-strength-external-users, 2024-01-04).
var here = []string{"password", "federatedSingleFactor", "sms", "voice", "microsoftAuthenticatorPush", "softwareOath"}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	t, err := readTrust(ctx, p)
	if err != nil {
		return err
	}
	policies.LacksStates(p)
	guests := dir.External.And(dir.Enabled)
	demands := policies.StrengthDemands()
	for i := range demands {
		d := &demands[i]
		switch d.Met(&conditionalaccess.SignIn{Using: here}) {
		case audit.Yes:
			continue
		case audit.Unsure:
			p.Lacks(snapshot.AuthenticationStrengths, audit.Hides, "which methods meet "+d.Label()+" is not known")
			continue
		}
		for _, at := range d.Policies {
			reached := policies.Reach[at].Within(guests)
			if reached.Possible().Empty() {
				continue
			}
			if t.byDefault == audit.Unsure {
				return &audit.MissingError{Section: snapshot.CrossTenantAccessPolicy, What: "the default does not say whether multifactor authentication of guests' home tenants is trusted"}
			}
			if err := report(ctx, p, dir, policies, t, d, at, reached); err != nil {
				return err
			}
		}
	}
	return nil
}

// trust is from which home tenants multifactor authentication is accepted.
type trust struct {
	policy    audit.Quoted[entra.CrossTenantAccessPolicy]
	byDefault audit.Tri
	partners  map[string]audit.Tri // by tenant id; of those that say something themselves
	unread    bool                 // partners were not read in full
}

func readTrust(ctx context.Context, p *audit.Pass) (t trust, err error) {
	t.policy, err = audit.Singleton[entra.CrossTenantAccessPolicy](ctx, p, snapshot.CrossTenantAccessPolicy)
	if err != nil {
		return t, err
	}
	if in := t.policy.Value.InboundTrust; in != nil && in.IsMfaAccepted != nil {
		t.byDefault = audit.TriOf(*in.IsMfaAccepted)
	}
	t.partners = map[string]audit.Tri{}
	for o, err := range audit.Objects[entra.CrossTenantPartner](ctx, p, snapshot.CrossTenantPartners) {
		if err != nil {
			return t, err
		}
		// A partner without settings of its own is like the default.
		if in := o.Value.InboundTrust; in != nil && in.IsMfaAccepted != nil {
			t.partners[strings.ToLower(o.Value.TenantID)] = audit.TriOf(*in.IsMfaAccepted)
		}
	}
	t.unread = p.Status(snapshot.CrossTenantPartners).State != snapshot.Complete
	return t, nil
}

// of tells whether multifactor authentication done in a tenant is accepted.
func (t *trust) of(tenant string) audit.Tri {
	if own, said := t.partners[strings.ToLower(tenant)]; said {
		return own
	}
	if t.unread {
		return audit.Unsure
	}
	return t.byDefault
}

func (t *trust) trusted() int {
	n := 0
	for _, accepted := range t.partners {
		if accepted == audit.Yes {
			n++
		}
	}
	return n
}

// doubt tells how certain it is that guests whom a policy reaches are from a tenant
// that is not trusted, with a sentence on why it is not; 0 where none is.
func (t *trust) doubt(from *entra.ExternalTenants) (audit.Certainty, string) {
	if !from.Every() && len(from.Members) > 0 {
		refused := 0
		for _, tenant := range from.Members {
			if t.of(tenant) == audit.No {
				refused++
			}
		}
		if refused == 0 {
			return 0, ""
		}
		return audit.Possible, fmt.Sprintf(" The policy is for guests of %s, of which %s not trusted; the directory does not show which guests are theirs.",
			audit.CountPhrase(len(from.Members), "home tenant", "home tenants"), audit.CountPhrase(refused, "is", "are"))
	}
	switch n := t.trusted(); {
	case t.byDefault == audit.Yes:
		return 0, ""
	case n > 0:
		return audit.Possible, fmt.Sprintf(" The directory does not show who of them is from the %s that the tenant does trust.", audit.CountPhrase(n, "partner", "partners"))
	case t.unread:
		return audit.Possible, " Whether some of them are from partners that the tenant trusts was not read."
	default:
		return audit.Confirmed, ""
	}
}

func report(ctx context.Context, p *audit.Pass, dir *population.Directory, policies *access.Compiled, t trust, d *access.StrengthDemand, at int, reached audit.Partly) error {
	def := policies.Definition(at)
	var from *entra.ExternalTenants
	if g := def.Conditions.Users.IncludeGuestsOrExternalUsers; g != nil {
		from = g.ExternalTenants
	}
	narrowed := reached.Yes.Empty() && !from.Every()
	guests := reached.Yes
	if narrowed {
		guests = reached.Maybe
	} else {
		from = nil
		access.LacksReach(p, reached.Maybe, policies.PolicyLabel(at), guestsPhrase)
	}
	certainty, note := t.doubt(from)
	if certainty == 0 || guests.Empty() {
		return nil
	}
	evidence, err := policies.QuotePolicies(ctx, p, []int{at}, access.GrantPointer, "the policy demands a strength of guests")
	if err != nil {
		return err
	}
	evidence = append(evidence, audit.Quote(snapshot.CrossTenantAccessPolicy, entra.Text(t.policy.Raw, "/id"), t.policy.Raw,
		"/inboundTrust/isMfaAccepted", "what guests do in their home tenant does not count by default"))
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s demands %s of %s. Nothing that guests can do in this tenant meets it, and what they do in their home tenant does not count, because inbound multifactor authentication is not trusted.%s",
			policies.PolicyLabel(at), d.Label(), guestsPhrase(guests.Count()), note),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: def.ID, Name: def.DisplayName},
		Affected: audit.Accounts(guests, dir),
		Evidence: evidence,
		Blockers: []string{d.StrengthID()},
		Fix: []audit.Step{
			audit.Do("Trust multifactor authentication of the home tenants that these guests come from, in the cross-tenant access settings."),
			audit.Decide("Or leave guests out of the policy and ask them for the built-in strength Multifactor authentication instead."),
		},
	})
	return nil
}

func guestsPhrase(n int) string { return audit.CountPhrase(n, "guest", "guests") }
