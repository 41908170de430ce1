package methods

import (
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Resistant are the accounts that could use a phishing-resistant method today: a
// mode of the built-in strength of that name. Source: STR
// (concept-authentication-strengths, 2025-03-04).
func (s ModeSets) Resistant() audit.Partly {
	return s["fido2"].Or(s["windowsHelloForBusiness"]).Or(s["x509CertificateMultiFactor"])
}

// LackingResistant records for a check why it could not tell whether some accounts
// have a phishing-resistant method, one reason for each account. unit says what they
// are: [audit.PeoplePhrase], or another phrase for a number of accounts.
func (s *Strong) LackingResistant(p *audit.Pass, accounts audit.Set, dir *population.Directory, held *Held, unit func(int) string) {
	lack := func(some audit.Set, section snapshot.SectionID, format string) {
		if some = some.And(accounts); !some.Empty() {
			p.Lacks(section, audit.Hides, fmt.Sprintf(format, unit(some.Count())))
			accounts = accounts.Minus(some)
		}
	}
	lack(dir.All.Minus(held.Known()), snapshot.UserRegistrationDetails, "the methods of %s are not known")
	lack(held.Of(Unrecognised), snapshot.AuthenticationMethods, "%s registered a method that this program does not know")
	lack(held.Of(Passkey), snapshot.AuthenticationMethods, "whether a passkey of %s may be used is not known")
	lack(s.Unseen["certificate"], snapshot.AuthenticationMethods, "%s may hold a certificate, which Graph does not show")
	lack(accounts, snapshot.AuthenticationMethods, "whether %s can use a phishing-resistant method is not known")
}
