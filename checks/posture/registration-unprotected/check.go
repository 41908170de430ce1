// Package registrationunprotected finds people for whom whoever knows their password
// could register the first method.
package registrationunprotected

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-005.
var Check = &audit.Check{
	ID:       "PK-POST-005",
	Slug:     "registration-unprotected",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// A policy that is not there could guard the action.
		{Section: snapshot.ConditionalAccessPolicies},
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides},
		// Of these the check says itself about whom it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, access.Classes},
	Run:   run,
}

// mfaBlocksFirstMethod is the switch by which multifactor authentication on all
// resources keeps people without a method from registering the first one.
const mfaBlocksFirstMethod = "mfaBlocksFirstMethod"

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return err
	}
	classed, err := audit.Get(ctx, p, access.Classes)
	if err != nil {
		return err
	}
	raws, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	// Nobody can register what is not enabled for the person.
	exposed := audit.Certainly(dir.People).Minus(strong.Method).Minus(strong.Pass).Within(strong.Enabled.Possible())
	waive := inline(policy, p.Settings().Switches[mfaBlocksFirstMethod])
	coverage := classed.Coverage(question(waive))
	strict := classed.Coverage(question(nil))
	var open, unsure, waived audit.Set
	for _, class := range classed.List {
		members := class.Members.And(exposed.Possible())
		if members.Empty() {
			continue
		}
		users := classed.Users(class.First)
		ways, maybe := coverage.Open(users)
		switch {
		case len(ways) > 0:
			open = open.Or(members)
			if ways, _ := strict.Open(users); len(ways) == 0 {
				waived = waived.Or(members)
			}
		case len(maybe) > 0:
			unsure = unsure.Or(members)
		}
	}
	strong.Lacking(p, open.Or(unsure).And(exposed.Maybe), dir, held, audit.PeoplePhrase)
	if set := unsure.And(exposed.Yes); !set.Empty() {
		p.Lacks(unread(p, classed, set), audit.Hides, fmt.Sprintf("whether a policy guards the registration of a first method by %s is not known", audit.PeoplePhrase(set.Count())))
	}
	people := open.And(exposed.Yes)
	if people.Empty() {
		return nil
	}
	severity := audit.Medium
	if people.Count()*100 >= dir.People.Count() {
		severity = audit.High
	}
	certainty, note := audit.Confirmed, ""
	if !people.And(waived).Empty() {
		certainty = audit.Likely
		note = " Policies on all resources ask for multifactor authentication; that lets the first method be registered on the spot after the password (CMB, 2024-10-01; whether it always does is not documented)."
	}
	if !people.Minus(strong.Enabled.Yes).Empty() {
		certainty = audit.Likely
		note += " Whether a method that people register themselves is enabled is not certain for some of them."
	}
	evidence := []audit.Evidence{audit.Examined(snapshot.ConditionalAccessPolicies, len(raws), "no enabled policy stops a sign-in with the password alone, from anywhere, to register security information")}
	for i, pol := range classed.Policies {
		if pol.State == conditionalaccess.Enabled && pol.OnAction(conditionalaccess.RegisterSecurityInfo) && len(evidence) <= methods.QuotedPeople {
			evidence = append(evidence, audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raws[i].Raw, "/conditions", "this policy on the register action does not reach them, or not everywhere, or asks for less"))
		}
	}
	rows, err := methods.QuoteHoldings(ctx, p, dir, held, people, "nothing that counts")
	if err != nil {
		return err
	}
	for _, id := range []string{entra.MethodMicrosoftAuthenticator, entra.MethodSoftwareOath, entra.MethodSms} {
		if m := policy.Method(id); m != nil && !m.InScope().Possible().And(people).Empty() {
			rows = append(rows, policy.Quote(m.Pointer+"/state", "a method that people register themselves"))
		}
	}
	p.Report(audit.Finding{
		Severity:  severity,
		Certainty: certainty,
		Message: fmt.Sprintf("%s no method yet, and nothing guards the registration of the first one: whoever knows the password can register a method of their own first, from anywhere.%s",
			audit.PeopleDo(people.Count(), "has", "have"), note),
		Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Registration of security information"},
		Affected: audit.People(people, dir),
		Evidence: append(evidence, rows...),
		Blockers: []string{"unguarded"},
		Fix: []audit.Step{
			audit.Edit("Issue Temporary Access Passes, and ask for multifactor authentication, or a strength that a pass meets, on the register action.", guard(dir)),
			audit.Decide("Or let it be done from trusted places only."),
		},
	})
	return nil
}

// guard is a policy that asks for multifactor authentication on the register action, of
// everybody but guests and emergency accounts.
func guard(dir *population.Directory) change.Request {
	return change.AddPolicy(change.Body{
		"displayName": "Require multifactor authentication to register security information", "state": "enabled",
		"conditions": change.Body{
			"users":          change.Body{"includeUsers": []string{"All"}, "excludeUsers": append(dir.IDs(dir.OfKind(population.Emergency)), "GuestsOrExternalUsers")},
			"applications":   change.Body{"includeUserActions": []string{"urn:user:registersecurityinfo"}},
			"clientAppTypes": []string{"all"},
		},
		"grantControls": change.Body{"operator": "OR", "builtInControls": []string{"mfa"}},
	})
}

// question is whether somebody with the password alone, at a device of their own and
// outside all named networks, gets to the registration of a method.
func question(waive func(*conditionalaccess.Policy, conditionalaccess.Control) bool) access.Question {
	return access.Question{
		Target:    conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo},
		Using:     []string{"password"},
		Devices:   []access.LabelledDevice{{Label: "devices that are not registered", Device: conditionalaccess.Unregistered()}},
		Elsewhere: true,
		Waive:     waive,
	}
}

// inline takes as met what is demanded on all resources and what a method registered
// on the spot meets. On the register action it has to be there before. Sources: CMB
// (concept-registration-mfa-sspr-combined, 2024-10-01), REG
// (policy-all-users-security-info-registration, 2025-04-01).
func inline(policy *methods.Effective, blocks bool) func(*conditionalaccess.Policy, conditionalaccess.Control) bool {
	after := conditionalaccess.SignIn{Using: []string{"password"}}
	for id, mode := range map[string]string{
		entra.MethodMicrosoftAuthenticator: "microsoftAuthenticatorPush", entra.MethodSoftwareOath: "softwareOath", entra.MethodSms: "sms", entra.MethodVoice: "voice",
	} {
		if !policy.InScope(id).Possible().Empty() {
			after.Using = append(after.Using, mode)
		}
	}
	return func(p *conditionalaccess.Policy, c conditionalaccess.Control) bool {
		k := c.Kind()
		return !blocks && !p.OnAction(conditionalaccess.RegisterSecurityInfo) &&
			(k == conditionalaccess.MFAControl || k == conditionalaccess.StrengthControl) && c.Met(&after) == audit.Yes
	}
}

// unread is the section for whose sake it is not known whether a policy guards.
func unread(p *audit.Pass, classed *access.Classed, people audit.Set) snapshot.SectionID {
	var membership audit.Set
	for i, reach := range classed.Reach {
		if classed.Policies[i].State != conditionalaccess.Disabled {
			membership = membership.Or(reach.Maybe)
		}
	}
	if !membership.And(people).Empty() {
		if p.Status(snapshot.RoleAssignments).State != snapshot.Complete && p.Status(snapshot.GroupMembers).State == snapshot.Complete {
			return snapshot.RoleAssignments
		}
		return snapshot.GroupMembers
	}
	for _, id := range []snapshot.SectionID{snapshot.NamedLocations, snapshot.AuthenticationStrengths} {
		if p.Status(id).State != snapshot.Complete {
			return id
		}
	}
	return snapshot.ConditionalAccessPolicies
}
