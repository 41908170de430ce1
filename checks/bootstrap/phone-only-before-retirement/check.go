// Package phoneonlybeforeretirement finds people whose only strong method is a phone
// that Microsoft will stop texting and calling, and who have no way to a passkey.
package phoneonlybeforeretirement

import (
	"context"
	_ "embed"
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-019.
var Check = &audit.Check{
	ID:       "PK-BOOT-019",
	Slug:     "phone-only-before-retirement",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Where nobody may use a phone none of these matters; elsewhere the check says
		// about how many it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
		// Whose turn is later.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, privilege.Roles, methods.Policy, methods.Holdings, methods.Usable},
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
	roles, err := audit.Get(ctx, p, privilege.Roles)
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
	if p.Cloud() != "public" {
		p.NotApplicable("the retirement of text messages and calls is announced for the public cloud")
		return nil
	}
	passkeys, err := policy.Fido2()
	if err != nil {
		return err
	}
	open := passkeys.MayRegister()
	var forGuests audit.Partly
	whyGuests := "guests cannot register passkeys; support is announced for the end of 2026"
	if methods.GuestsRegister(p.Now()) == audit.Unsure {
		forGuests.Maybe = open.Possible()
		whyGuests = "the passkey method would not let them register one, even if guests can by now"
	}
	admins := roles.Of(entra.GlobalAdministrator)
	internal, external := dir.Guests.Minus(dir.External).And(dir.Enabled), dir.External.And(dir.Enabled)

	j := judgement{p: p, policy: policy, dir: dir, held: held, strong: strong}
	people := j.people(open)
	early := group{
		cause: methods.PhoneRetirement, ends: methods.PhoneRetirement, affected: audit.People(people.Minus(admins.Yes), dir),
		why: j.why(people.Minus(admins.Yes)),
		fix: audit.Decide("Open a way to a passkey for them: bring them into scope with a profile that something satisfies and self-service on. Or have them register Microsoft Authenticator."),
	}
	if !people.And(admins.Maybe).Empty() {
		early.note = " Whether some of them are Global Administrators, who have until " + methods.PhoneRetirementLate + ", is not known."
	}
	late := group{
		cause: methods.PhoneRetirementLate, ends: methods.PhoneRetirementLate, who: "Global Administrator", whoMany: "Global Administrators",
		affected: audit.People(people.And(admins.Yes), dir), why: j.why(people.And(admins.Yes)), fix: early.fix,
	}
	internals := group{
		cause: "internalGuests", ends: methods.PhoneRetirement, who: "internal guest", whoMany: "internal guests",
		affected: audit.Accounts(j.guests(internal, forGuests), dir),
		why:      whyGuests,
		fix:      audit.Do("Have them register Microsoft Authenticator, or make those who belong to the organisation members."),
	}
	externals := group{
		cause: "externalUsers", ends: methods.PhoneRetirementLate, who: "external user", whoMany: "external users",
		affected: audit.Accounts(j.guests(external, forGuests), dir), certainty: audit.Possible,
		why:  whyGuests,
		note: " Where this tenant accepts the multifactor authentication of their home tenant, they need no method here.",
		fix:  audit.Do("Accept the multifactor authentication of their home tenants in the cross-tenant access settings, or have them register Microsoft Authenticator."),
	}
	for _, g := range []group{early, late, internals, externals} {
		if err := j.report(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

type judgement struct {
	p      *audit.Pass
	policy *methods.Effective
	dir    *population.Directory
	held   *methods.Held
	strong *methods.Strong
}

// people are those who certainly have nothing but a phone and no open way to a
// passkey. About how many it could not tell it says on the pass.
func (j judgement) people(open audit.Partly) audit.Set {
	only := j.strong.Phone.Minus(j.strong.BesidesPhone).Within(j.dir.People)
	unsure := only.Maybe.Minus(open.Yes)
	if barred := unsure.Minus(j.strong.BesidesPhone.Maybe).Minus(j.held.Of(methods.Unrecognised)); !barred.Empty() {
		// They have a phone and nothing else; whether they may use it is the question.
		section, why := snapshot.GroupMembers, ""
		if j.policy.MigrationComplete != audit.Yes {
			section, why = snapshot.AuthenticationMethodsPolicy, ": legacy settings, which Graph does not show, may allow it"
		}
		j.p.Lacks(section, audit.Hides, fmt.Sprintf("whether %s may use a registered phone is not known%s", audit.PeoplePhrase(barred.Count()), why))
		unsure = unsure.Minus(barred)
	}
	j.strong.Lacking(j.p, unsure, j.dir, j.held, audit.PeoplePhrase)
	if unplaced := only.Yes.And(open.Maybe); !unplaced.Empty() {
		section := snapshot.GroupMembers
		if j.policy.Passkeys.Mode == methods.ProfilesUnread {
			section = snapshot.AuthenticationMethodsPolicy
		}
		j.p.Lacks(section, audit.Hides, fmt.Sprintf("whether a way to a passkey is open for %s is not known", audit.PeoplePhrase(unplaced.Count())))
	}
	return only.Yes.Minus(open.Possible())
}

// guests are the same of some guests. Those whose methods were not listed are left
// out: a tenant is seldom asked about them, and they are not what the check is
// mainly about.
func (j judgement) guests(accounts audit.Set, open audit.Partly) audit.Set {
	only := j.strong.Phone.Minus(j.strong.BesidesPhone).Within(accounts.And(j.held.Known()))
	unit := func(n int) string { return audit.CountPhrase(n, "guest", "guests") }
	j.strong.Lacking(j.p, only.Maybe.Minus(open.Yes), j.dir, j.held, unit)
	if unsure := only.Yes.And(open.Maybe); !unsure.Empty() {
		j.p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides,
			fmt.Sprintf("whether %s with nothing but a phone can register a passkey by now is not known", unit(unsure.Count())))
	}
	return only.Yes.Minus(open.Possible())
}

// why says what closes the way to a passkey for some people.
func (j judgement) why(people audit.Set) string {
	pk := j.policy.Passkeys
	switch {
	case pk.Enabled == audit.No:
		return "the passkey method is not enabled"
	case pk.SelfService == audit.No:
		return "self-service registration of passkeys is off"
	}
	const scope, profile = "not in scope of passkeys", "no profile through which any passkey could be registered"
	outside := people.Minus(pk.InScope().Possible())
	inside := people.Minus(outside)
	switch {
	case inside.Empty():
		return "they are " + scope
	case outside.Empty():
		return "they have " + profile
	default:
		return fmt.Sprintf("%s %s, %s %s", audit.PeopleDo(outside.Count(), "is", "are"), scope, audit.PeopleDo(inside.Count(), "has", "have"), profile)
	}
}

// group are accounts for whom one day and one reason hold.
type group struct {
	cause, ends  string
	who, whoMany string // empty for people
	affected     audit.Population
	certainty    audit.Certainty
	why, note    string
	fix          audit.Step
}

func (j judgement) report(ctx context.Context, g group) error {
	n := g.affected.Count()
	if n == 0 {
		return nil
	}
	who := audit.PeoplePhrase(n)
	if g.who != "" {
		who = audit.CountPhrase(n, g.who, g.whoMany)
	}
	have := "have"
	if n == 1 {
		have = "has"
	}
	when, then := "From "+g.ends+" Microsoft delivers no text messages or calls to them", "Then they cannot sign in with multifactor authentication"
	if methods.Reached(j.p.Now(), g.ends) {
		when, then = "Since "+g.ends+" Microsoft delivers no text messages or calls to them", "They cannot sign in with multifactor authentication any more"
	}
	rows, err := methods.QuoteHoldings(ctx, j.p, j.dir, j.held, g.affected.Set(), "a phone is all that counts")
	if err != nil {
		return err
	}
	evidence := rows
	for _, id := range []string{entra.MethodSms, entra.MethodVoice} {
		if m := j.policy.Method(id); m != nil {
			evidence = append(evidence, j.policy.Quote(m.Pointer+"/state", "whether "+id+" is enabled"))
		}
	}
	certainty := audit.Likely
	if g.certainty != 0 {
		certainty = g.certainty
	}
	j.p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s %s a phone as the only strong method and no open way to a passkey: %s. %s (SMS, 2026-06-10). %s, unless a telephony provider of the tenant's own delivers, which Graph does not show.%s",
			who, have, g.why, when, then, g.note),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodSms, Name: "Text messages and calls"},
		Affected: g.affected,
		Evidence: append(evidence, j.closed(g.affected.Set())...),
		Blockers: []string{g.cause},
		Fix:      []audit.Step{g.fix},
	})
	return nil
}

// closed quotes what closes the way to a passkey.
func (j judgement) closed(accounts audit.Set) []audit.Evidence {
	pk := j.policy.Passkeys
	switch {
	case pk.Enabled == audit.No:
		return []audit.Evidence{j.policy.Quote(pk.Pointer+"/state", "the passkey method is not enabled")}
	case pk.SelfService == audit.No:
		return []audit.Evidence{j.policy.Quote(pk.Pointer+"/isSelfServiceRegistrationAllowed", "self-service registration is off")}
	}
	evidence := []audit.Evidence{j.policy.Quote(pk.Pointer+"/includeTargets", "whom the passkey method includes")}
	if !accounts.And(pk.Excluded.Yes).Empty() {
		evidence = append(evidence, j.policy.Quote(pk.Pointer+"/excludeTargets", "whom it excludes"))
	}
	for i := range pk.Profiles {
		pr := &pk.Profiles[i]
		if pr.Satisfiable() == audit.No && !pr.Reach.Yes.And(accounts).Empty() {
			evidence = append(evidence, j.policy.Quote(pr.Pointer+"/keyRestrictions", "no passkey satisfies "+pr.Label()))
		}
	}
	return evidence
}
