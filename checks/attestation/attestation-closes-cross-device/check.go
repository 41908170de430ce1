// Package attestationclosescrossdevice finds passkey profiles that enforce attestation
// and list Microsoft Authenticator, whose passkeys can then be registered inside the
// app only.
package attestationclosescrossdevice

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ATT-008.
var Check = &audit.Check{
	ID:       "PK-ATT-008",
	Slug:     "attestation-closes-cross-device",
	Doc:      audit.MustDoc(doc),
	Problem:  2,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Whether the app is closed as well decides about the severity only.
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, bootstrap.Reach},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	r, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	open := crossDevice(applied)
	app := inApp{holder: r.Holder(), by: map[int]bootstrap.AppRefusal{}}
	for i := range applied {
		a := &applied[i]
		switch a.Attests().And(listsAuthenticator(a)) {
		case audit.No:
			continue
		case audit.Unsure:
			methods.LacksRule(p, a, "attestation or the key restriction")
			continue
		}
		left := a.People.Minus(open)
		methods.LacksPeople(p, left.Maybe, a.Label()+" without another for Authenticator across devices")
		if left.Yes.Empty() {
			continue
		}
		if err := report(ctx, p, policy, dir, r, &app, a, left.Yes); err != nil {
			return err
		}
	}
	return nil
}

// listsAuthenticator tells whether an enforced allow list names Authenticator.
func listsAuthenticator(a *methods.Applied) audit.Tri {
	list := a.AAGUIDs()
	named := slices.Contains(list.Listed, catalogue.AuthenticatorAndroid) || slices.Contains(list.Listed, catalogue.AuthenticatorIOS)
	if !named {
		return audit.No // a list that is not known names what it names
	}
	if !list.Known {
		return audit.Unsure
	}
	return audit.TriOf(list.Enforced && !list.Block)
}

// crossDevice are the people with a profile that lets a passkey of Authenticator be
// registered from a computer.
func crossDevice(applied []methods.Applied) audit.Partly {
	var who audit.Partly
	for i := range applied {
		answer := audit.No
		for _, aaguid := range []string{catalogue.AuthenticatorAndroid, catalogue.AuthenticatorIOS} {
			answer = answer.Or(applied[i].AllowsRegistration(methods.Credential{AAGUID: aaguid, Type: "deviceBound", Attest: audit.No}))
		}
		switch answer {
		case audit.Yes:
			who = who.Or(applied[i].People)
		case audit.Unsure:
			who = who.Or(audit.Partly{Maybe: applied[i].People.Possible()})
		}
	}
	return who
}

// inApp asks for every class once whether the app is closed to it.
type inApp struct {
	holder *bootstrap.Holder
	by     map[int]bootstrap.AppRefusal
}

func (app *inApp) of(r *bootstrap.Result, class int) bootstrap.AppRefusal {
	refusal, asked := app.by[class]
	if !asked {
		refusal = app.holder.InApp(&r.Classes[class])
		app.by[class] = refusal
	}
	return refusal
}

// closed is people to whom the app is closed as well.
type closed struct {
	people     audit.Set
	policies   []string
	hangsOn    []string
	confidence audit.Certainty
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, r *bootstrap.Result, app *inApp, a *methods.Applied, people audit.Set) error {
	// Of several answers the least certain counts for all.
	c := closed{confidence: audit.Confirmed}
	for i := range r.Classes {
		members := r.Classes[i].Members.And(people)
		if members.Empty() {
			continue
		}
		if refusal := app.of(r, i); refusal.Refused == audit.Yes && len(refusal.Policies) > 0 {
			c.people = c.people.Or(members)
			c.policies, c.hangsOn = append(c.policies, refusal.Policies...), append(c.hangsOn, refusal.HangsOn...)
			c.confidence = min(c.confidence, refusal.Confidence.Certainty())
		}
	}
	evidence := []audit.Evidence{
		policy.Quote(a.AttestationPointer(), "attestation is enforced at registration"),
		policy.Quote(a.Pointer+"/keyRestrictions/aaGuids", "the list names Microsoft Authenticator"),
	}
	certainty, note := a.Inference(people)
	const barred = "a passkey in Authenticator cannot be registered from a computer, by QR code: %s enforces attestation, which Authenticator gives inside the app only"
	base := audit.Finding{Subject: a.Subject(policy.Passkeys)}
	if !c.people.Empty() {
		slices.Sort(c.policies)
		c.policies = slices.Compact(c.policies)
		slices.Sort(c.hangsOn)
		grants, err := r.Policies.QuotePolicies(ctx, p, r.Policies.Positions(c.policies), access.GrantPointer, "what the policy asks for refuses registration inside the app")
		if err != nil {
			return err
		}
		f := base
		f.Severity, f.Certainty = audit.High, min(certainty, c.confidence)
		f.Message = fmt.Sprintf("For %s "+barred+". Inside the app it is refused as well, by %s.%s%s", audit.PeoplePhrase(c.people.Count()), a.Label(),
			strings.Join(r.Policies.PolicyLabels(c.policies), ", "), r.Caveat(slices.Compact(c.hangsOn)), note)
		f.Affected, f.Evidence, f.Blockers = audit.People(c.people, dir), append(slices.Clone(evidence), grants...), append([]string{"inApp"}, c.policies...)
		f.Fix = []audit.Step{
			r.ExcludeRegistration("Exclude the resource Microsoft Authenticator Credential Registration ("+bootstrap.CredentialRegistration+") from these policies, after provisioning its service principal.", c.policies...),
			audit.Edit("Or stop enforcing attestation in the profile.", a.Attest(false)),
		}
		p.Report(f)
	}
	if others := people.Minus(c.people); !others.Empty() {
		f := base
		f.Certainty = certainty
		f.Message = fmt.Sprintf("For %s "+barred+". They have to add it in the app on the phone; whoever is sent to Security info on a computer fails at the last step.%s",
			audit.PeoplePhrase(others.Count()), a.Label(), note)
		f.Affected, f.Evidence = audit.People(others, dir), evidence
		f.Fix = []audit.Step{
			audit.Do("Tell these people to add the passkey in Authenticator on the phone."),
			audit.Edit("Or stop enforcing attestation in the profile, if the make of a passkey need not be proved.", a.Attest(false)),
		}
		p.Report(f)
	}
	return nil
}
