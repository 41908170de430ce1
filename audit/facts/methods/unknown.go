package methods

import (
	"fmt"
	"maps"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Lacking records for a check why it could not tell what some accounts can
// authenticate with, one reason for each account. unit says what they are:
// [audit.PeoplePhrase], or another phrase for a number of accounts.
func (s *Strong) Lacking(p *audit.Pass, accounts audit.Set, dir *population.Directory, held *Held, unit func(int) string) {
	lack := func(some audit.Set, section snapshot.SectionID, format string) {
		some = some.And(accounts)
		if !some.Empty() {
			p.Lacks(section, audit.Hides, fmt.Sprintf(format, unit(some.Count())))
			accounts = accounts.Minus(some)
		}
	}
	lack(dir.All.Minus(held.Known()), snapshot.UserRegistrationDetails, "the methods of %s are not known")
	for _, name := range slices.Sorted(maps.Keys(s.Unseen)) {
		lack(s.Unseen[name], snapshot.AuthenticationMethods, map[string]string{
			"federatedMfa": "%s may do multifactor authentication at a federated identity provider, which Graph does not show",
			"certificate":  "%s may hold a certificate, which Graph does not show",
			"externalMfa":  "%s may use an external authentication method, whose worth is not documented",
		}[name])
	}
	lack(accounts, snapshot.AuthenticationMethods, "whether a registered method of %s counts and may be used is not known")
}

// Helpless are the accounts that have nothing to start the registration of a passkey
// with, neither a method nor a pass, and no method they could register alone. doubt
// says, where that is not certain, why a method may be enabled for them after all.
func (s *Strong) Helpless(scope audit.Partly, policy *Effective) (helpless audit.Set, doubt string) {
	helpless = scope.Minus(s.Method).Minus(s.Pass).Yes.Minus(s.Enabled.Yes)
	if helpless.And(s.Enabled.Maybe).Empty() {
		return helpless, ""
	}
	const legacy = "Legacy multifactor settings, which Graph does not show, may still offer one: "
	switch {
	case policy.MigrationComplete == audit.No:
		return helpless, legacy + "the policy migration is not complete."
	case policy.MigrationComplete == audit.Unsure:
		return helpless, legacy + "the policy does not say whether the migration is complete."
	case s.retired:
		return helpless, "A phone may be, where a telephony provider of the tenant's own, which Graph does not show, delivers text messages and calls in place of Microsoft."
	default:
		return helpless, "One may be: entries of the policy, or members of their target groups, are missing."
	}
}
