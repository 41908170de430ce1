// Package emergencyaccess finds emergency accounts that may not help in an emergency.
package emergencyaccess

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
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-002.
var Check = &audit.Check{
	ID:       "PK-POST-002",
	Slug:     "emergency-access",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.High,
	Reads: []audit.Read{
		// One emergency account more could refute that there is only one.
		{Section: snapshot.Users},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		// Of these the check says itself where they matter to an emergency account.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.RoleEligibility, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethodsPolicy, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{
		population.Users, privilege.Roles, privilege.Eligible, methods.Policy, methods.Holdings, methods.Usable, methods.Modes, access.Policies,
	},
	Run: run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	j := &judgement{p: p, dir: dir, accounts: dir.OfKind(population.Emergency).And(dir.Enabled)}
	if j.accounts.Empty() {
		j.none()
		return nil
	}
	if err := j.count(ctx); err != nil {
		return err
	}
	if err := j.methods(ctx); err != nil {
		return err
	}
	if err := j.roles(ctx); err != nil {
		return err
	}
	return j.policies(ctx)
}

type judgement struct {
	p        *audit.Pass
	dir      *population.Directory
	accounts audit.Set
}

func phrase(n int) string {
	return audit.CountPhrase(n, "emergency account", "emergency accounts")
}

func do(n int, one, many string) string {
	if n == 1 {
		return phrase(n) + " " + one
	}
	return phrase(n) + " " + many
}

func (j *judgement) report(f audit.Finding, accounts audit.Set, blocker string, fix audit.Step) {
	if f.Subject.Type == "" {
		f.Subject = audit.Subject{Type: audit.SubjectTenant, Name: "Emergency accounts"}
	}
	if !accounts.Empty() {
		f.Affected = audit.Accounts(accounts, j.dir)
	}
	f.Blockers = []string{blocker}
	f.Fix = []audit.Step{fix}
	j.p.Report(f)
}

// none is a finding that a word of the administrators can refute: there is no mark in
// Graph by which an emergency account must be known.
func (j *judgement) none() {
	j.p.Lacks(snapshot.Users, audit.Refutes, "which accounts are for emergencies is not told: no account has the name or the employee type of one, and the configuration names none")
	j.report(audit.Finding{
		Severity: audit.Medium,
		Message:  "No account can be recognised as an emergency account. If there is none, one wrong policy locks everybody out.",
		Evidence: []audit.Evidence{audit.Examined(snapshot.Users, j.dir.All.Count(), "no account has the name or the employee type of an emergency account")},
	}, audit.Set{}, "none", audit.Do("Declare them in the configuration, under emergencyAccounts. If there are none, create two: cloud-only, permanently Global Administrator, with a security key each."))
}

// count: two are recommended. Source: EMG (security-emergency-access, 2025-02-10).
func (j *judgement) count(ctx context.Context) error {
	if j.accounts.Count() != 1 {
		return nil
	}
	evidence, err := j.rows(ctx, j.accounts, "/accountEnabled", "the only emergency account that is enabled")
	if err != nil {
		return err
	}
	j.report(audit.Finding{
		Message:  "There is one emergency account only. If its key is lost or it is caught by a mistake, nobody gets in; Microsoft recommends two or more.",
		Evidence: evidence,
	}, j.accounts, "onlyOne", audit.Do("Create a second emergency account: cloud-only, permanently Global Administrator, with a security key of its own, kept elsewhere."))
	return nil
}

func (j *judgement) rows(ctx context.Context, accounts audit.Set, pointer, means string) ([]audit.Evidence, error) {
	var ids []string
	for n := range accounts.All() {
		if len(ids) == methods.QuotedPeople {
			break
		}
		ids = append(ids, j.dir.Member(n).ID)
	}
	rows, err := audit.RowsOf(ctx, j.p, snapshot.Users, ids)
	if err != nil {
		return nil, err
	}
	var evidence []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			evidence = append(evidence, audit.Quote(snapshot.Users, row.Key, row.Raw, pointer, means))
		}
	}
	return evidence, nil
}

// methods: a passkey or a certificate; Windows Hello lives on one computer.
func (j *judgement) methods(ctx context.Context) error {
	policy, err := audit.Get(ctx, j.p, methods.Policy)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, j.p, methods.Holdings)
	if err != nil {
		return err
	}
	strong, err := audit.Get(ctx, j.p, methods.Usable)
	if err != nil {
		return err
	}
	modes, err := audit.Get(ctx, j.p, methods.Modes)
	if err != nil {
		return err
	}
	has := modes["fido2"].Or(modes["x509CertificateMultiFactor"])
	strong.LackingResistant(j.p, j.accounts.And(has.Maybe), j.dir, policy, held, phrase)
	without := j.accounts.Minus(has.Possible())
	if without.Empty() {
		return nil
	}
	evidence, err := methods.QuoteHoldings(ctx, j.p, j.dir, held, without, "neither a passkey that may be used nor a certificate")
	if err != nil {
		return err
	}
	if policy.Passkeys != nil {
		evidence = append(evidence, policy.Quote(policy.Passkeys.Pointer+"/includeTargets", "whom the passkey method includes"))
	}
	j.report(audit.Finding{
		Message: do(without.Count(), "has", "have") + " neither a passkey that may be used nor a certificate. Microsoft asks multifactor authentication of every account at its portals, emergency accounts too " +
			"(MAN, 2025-02-27), and what they can do besides can be phished.",
		Evidence: evidence,
	}, without, "noPasskeyOrCertificate", audit.Do("Register a security key for each, of a model that their profile admits, and bring them into scope of the passkey method."))
	return nil
}

// roles: permanently Global Administrator, not eligible.
func (j *judgement) roles(ctx context.Context) error {
	active, err := audit.Get(ctx, j.p, privilege.Roles)
	if err != nil {
		return err
	}
	eligible, err := audit.Get(ctx, j.p, privilege.Eligible)
	if err != nil {
		return err
	}
	now, may := active.Of(entra.GlobalAdministrator), eligible.Of(entra.GlobalAdministrator)
	idle := audit.Certainly(j.accounts).Minus(now)
	certain := idle.And(may).Yes
	if unsure := idle.And(may).Maybe; !unsure.Empty() {
		section := snapshot.GroupMembers
		for _, id := range []snapshot.SectionID{snapshot.RoleEligibility, snapshot.RoleAssignments} {
			if state := j.p.Status(id).State; state != snapshot.Complete && state != snapshot.Unlicensed {
				section = id
			}
		}
		j.p.Lacks(section, audit.Hides, fmt.Sprintf("whether %s permanently Global Administrator is not known", do(unsure.Count(), "is", "are")))
	}
	if certain.Empty() {
		return nil
	}
	var evidence []audit.Evidence
	rows, err := audit.QuotedObjects[entra.RoleAssignment](ctx, j.p, snapshot.RoleEligibility)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if n, isUser := j.dir.Ordinal(r.Value.PrincipalID); isUser && !certain.Has(n) || r.Value.TemplateID() != entra.GlobalAdministrator || len(evidence) == methods.QuotedPeople {
			continue
		}
		evidence = append(evidence, audit.Quote(snapshot.RoleEligibility, r.Value.ID, r.Raw, "/roleDefinitionId", "eligible, and not active, for Global Administrator"))
	}
	j.report(audit.Finding{
		Message:  do(certain.Count(), "is", "are") + " eligible for Global Administrator and not active: to activate the role, the service for that, and whatever it asks for, must work in the emergency.",
		Evidence: evidence,
	}, certain, "eligible", audit.Do("Assign Global Administrator to them permanently."))
	return nil
}

// policies: one that blocks, or wants a device or an app that is not at hand, catches an
// emergency account if it applies at a computer that nobody manages, somewhere.
func (j *judgement) policies(ctx context.Context) error {
	compiled, err := audit.Get(ctx, j.p, access.Policies)
	if err != nil {
		return err
	}
	raws, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, j.p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	var unsure audit.Set
	in := conditionalaccess.SignIn{
		Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: azurePortal}, Using: []string{"fido2"}, Device: conditionalaccess.Unregistered(), ApprovedApp: audit.No, AppProtection: audit.No,
		ClientAppType: conditionalaccess.Is("browser"), Platform: conditionalaccess.Is("windows"), Transfer: conditionalaccess.Is("none"),
		SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"),
	}
	compiled.Elsewhere(&in)
	for i, pol := range compiled.Policies {
		if pol.State == conditionalaccess.Disabled || pol.State == conditionalaccess.ReportOnly {
			continue
		}
		caught := pol.Matches(&in).And(pol.Satisfied(&in, interactive).Not())
		who := compiled.Reach[i].Within(j.accounts)
		switch {
		case caught == audit.No || who.Possible().Empty():
			continue
		case caught == audit.Unsure:
			unsure = unsure.Or(who.Possible())
			continue
		}
		unsure = unsure.Or(who.Maybe)
		if who.Yes.Empty() {
			continue
		}
		name, raw := raws[i].Value.DisplayName, raws[i].Raw
		j.report(audit.Finding{
			Message: fmt.Sprintf("The policy %q catches %s at a computer that is not managed, outside the named places: it %s.", name, phrase(who.Yes.Count()), effect(pol)),
			Subject: audit.Subject{Type: audit.SubjectPolicy, ID: pol.ID, Name: name},
			Evidence: []audit.Evidence{
				audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raw, "/grantControls/builtInControls", "what the policy asks for"),
				audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raw, "/conditions/users", "the emergency accounts are not left out"),
			},
		}, who.Yes, "policy", audit.Edit("Exclude the emergency accounts from the policy, and ask phishing-resistant authentication of them in a policy of their own.",
			change.ExcludeUsers(&raws[i].Value, j.dir.IDs(who.Yes))))
	}
	if !unsure.Empty() {
		section := snapshot.ConditionalAccessPolicies
		for _, id := range []snapshot.SectionID{snapshot.NamedLocations, snapshot.RoleAssignments, snapshot.GroupMembers} {
			if j.p.Status(id).State != snapshot.Complete {
				section = id
			}
		}
		j.p.Lacks(section, audit.Hides, fmt.Sprintf("whether a policy catches %s is not known", phrase(unsure.Count())))
	}
	return nil
}

// azurePortal is where an emergency is dealt with; the Entra admin center is behind it.
// Source: MAN (concept-mandatory-multifactor-authentication, 2025-02-27).
const azurePortal = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"

// interactive are controls that somebody with the right methods meets anywhere.
func interactive(c conditionalaccess.Control) bool {
	switch c.Kind() {
	case conditionalaccess.MFAControl, conditionalaccess.StrengthControl, conditionalaccess.TermsOfUseControl, conditionalaccess.PasswordChangeControl:
		return true
	}
	return false
}

func effect(p *conditionalaccess.Policy) string {
	for _, c := range p.Controls() {
		if c.Kind() == conditionalaccess.BlockControl {
			return "blocks"
		}
	}
	return "asks for a managed device or a protected app"
}
