// Package campaigncannotwork finds a registration campaign for passkeys that asks
// people who cannot register one.
package campaigncannotwork

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SELF-002.
var Check = &audit.Check{
	ID:       "PK-SELF-002",
	Slug:     "campaign-cannot-work",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Where the campaign is off these do not matter; where it is on, the check says
		// itself about whom it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, err := audit.Get(ctx, p, methods.Policy)
	if err != nil {
		return err
	}
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	campaign := policy.Campaign()
	if !campaign.Told {
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy does not say what the registration campaign is"}
	}
	asked := campaign.Reach.Within(dir.People)
	if asked.Possible().Empty() {
		return nil
	}
	if campaign.Managed == audit.Unsure {
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy,
			What: fmt.Sprintf("the registration campaign has the state %q, which is not known", policy.Value.RegistrationEnforcement.Campaign.State)}
	}
	passkeys, err := policy.Fido2()
	if err != nil {
		return err
	}
	j := judgement{p: p, policy: policy, dir: dir, campaign: campaign}
	switch {
	case passkeys.Enabled == audit.No:
		j.report(asked, "methodDisabled", "the Passkey (FIDO2) method is not enabled",
			audit.Edit("Enable the Passkey (FIDO2) method, or stop the campaign until it is.", change.PatchMethod(entra.MethodFido2, change.Body{"state": "enabled"})),
			policy.Quote(passkeys.Pointer+"/state", "the method is not enabled"))
		return nil
	case passkeys.SelfService == audit.No:
		j.report(asked, "selfServiceOff", "self-service registration of passkeys is off",
			audit.Edit("Allow self-service set-up in the Passkey (FIDO2) method, or stop the campaign.",
				change.PatchMethod(entra.MethodFido2, change.Body{"isSelfServiceRegistrationAllowed": true})),
			policy.Quote(passkeys.Pointer+"/isSelfServiceRegistrationAllowed", "self-service registration is off for the whole tenant"))
		return nil
	case passkeys.SelfService == audit.Unsure:
		p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides, "the Fido2 configuration does not say whether self-service registration is allowed")
	}
	scope := passkeys.InScope()
	targets := policy.Quote(passkeys.Pointer+"/includeTargets", "whom the method includes")
	outside := asked.Minus(scope)
	evidence := []audit.Evidence{targets}
	if !outside.Yes.And(passkeys.Excluded.Yes).Empty() {
		evidence = append(evidence, policy.Quote(passkeys.Pointer+"/excludeTargets", "whom the method excludes"))
	}
	j.report(outside, "outOfScope", "no include target of the passkey method reaches them, or an exclude target does",
		audit.Include("Bring these people into scope of the passkey method, or take them out of the campaign.", outside.Yes), evidence...)

	inside := asked.And(scope)
	if campaign.Managed == audit.No {
		// An enabled campaign asks under any profile.
		j.report(inside.Minus(passkeys.Under(func(*methods.Profile) audit.Tri { return audit.Yes })), "noProfile",
			"no passkey profile that exists applies to them, so nothing is admitted",
			audit.Decide("Name a profile that exists in the include targets that reach these people."), targets)
		return nil
	}
	unasked := inside.Minus(passkeys.Under((*methods.Profile).Nudged))
	evidence = []audit.Evidence{targets}
	for i := range passkeys.Profiles {
		if pr := &passkeys.Profiles[i]; !pr.Reach.Yes.And(unasked.Yes).Empty() {
			evidence = append(evidence, policy.Quote(pr.Pointer+"/keyRestrictions", "the key restrictions of "+pr.Label()))
		}
	}
	j.certainty = audit.Likely // the AAGUIDs of the providers are not Microsoft's
	j.report(unasked, "profileNotEligible",
		"a Microsoft managed campaign asks only people with a passkey profile that restricts no AAGUIDs, or whose allow list has iCloud Keychain, Google Password Manager, "+
			"Microsoft Authenticator or the passkey in Windows Hello (CAM, 2026-09-02), and they have none",
		audit.Decide("Set the campaign to enabled, which asks under any profile, or admit one of these providers in a profile that applies to the people."), evidence...)
	return nil
}

// judgement reports people whom the campaign asks in vain.
type judgement struct {
	p         *audit.Pass
	policy    *methods.Effective
	dir       *population.Directory
	campaign  methods.Campaign
	certainty audit.Certainty
}

func (j judgement) report(people audit.Partly, cause, because string, fix audit.Step, proof ...audit.Evidence) {
	if !people.Maybe.Empty() {
		section, why := snapshot.GroupMembers, "whether the campaign asks %s in vain is not known"
		if j.policy.Passkeys.Mode == methods.ProfilesUnread {
			section, why = snapshot.AuthenticationMethodsPolicy, "whether the campaign asks %s in vain is not known: the passkey profiles were not read"
		}
		j.p.Lacks(section, audit.Hides, fmt.Sprintf(why, audit.PeoplePhrase(people.Maybe.Count())))
	}
	if people.Yes.Empty() {
		return
	}
	state := "enabled"
	if j.campaign.Managed == audit.Yes {
		state = "Microsoft managed"
	}
	evidence := []audit.Evidence{j.policy.Quote(j.campaign.Pointer+"/state", "the campaign is "+state)}
	for _, t := range j.campaign.Targets {
		if !t.Members.Yes.And(people.Yes).Empty() {
			evidence = append(evidence, j.policy.Quote(t.Pointer+"/targetedAuthenticationMethod", "the target asks people to register a passkey"))
		}
	}
	j.p.Report(audit.Finding{
		Certainty: j.certainty,
		Message: fmt.Sprintf("The registration campaign for passkeys (%s) targets %s in vain: %s.",
			state, audit.PeoplePhrase(people.Yes.Count()), because),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: "registrationCampaign", Name: "Registration campaign"},
		Affected: audit.People(people.Yes, j.dir),
		Evidence: append(evidence, proof...),
		Blockers: []string{cause},
		Fix:      []audit.Step{fix},
	})
}
