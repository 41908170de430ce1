package methods

import (
	"context"
	"fmt"
	"slices"

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
func (s *Strong) LackingResistant(p *audit.Pass, accounts audit.Set, dir *population.Directory, policy *Effective, held *Held, unit func(int) string) {
	lack := func(some audit.Set, section snapshot.SectionID, format string) {
		if some = some.And(accounts); !some.Empty() {
			p.Lacks(section, audit.Hides, fmt.Sprintf(format, unit(some.Count())))
			accounts = accounts.Minus(some)
		}
	}
	lack(dir.All.Minus(held.Known()), snapshot.UserRegistrationDetails, "the methods of %s are not known")
	lack(held.Of(Unrecognised), snapshot.AuthenticationMethods, "%s registered a method that this program does not know")
	if policy.Passkeys != nil {
		lack(held.Of(Passkey).And(policy.Passkeys.InScope().Maybe), snapshot.GroupMembers, "whether %s may use a registered passkey is not known: groups were not read to the end")
	}
	lack(held.Of(Passkey), snapshot.AuthenticationMethods, "whether a passkey of %s may be used is not known")
	lack(s.Unseen["certificate"], snapshot.AuthenticationMethods, "%s may hold a certificate, which Graph does not show")
	lack(accounts, snapshot.AuthenticationMethods, "whether %s can use a phishing-resistant method is not known")
}

// UsablePasskeys are the passkeys that an account may use today, certainly or perhaps.
// scope tells whether it is in scope of the passkey method.
func (e *Effective) UsablePasskeys(held *Held, scope audit.Tri, ordinal uint32) (yes, maybe []RegisteredPasskey) {
	if e.Passkeys == nil {
		return nil, held.Passkeys(ordinal)
	}
	for _, k := range held.Passkeys(ordinal) {
		allowed, _, _ := e.Passkeys.SignIn(ordinal, k.Credential)
		switch allowed.And(scope) {
		case audit.Yes:
			yes = append(yes, k)
		case audit.Unsure:
			maybe = append(maybe, k)
		}
	}
	return yes, maybe
}

// PhoneBound is the fact that knows who has every usable strong method on one phone:
// Authenticator, with or without a passkey in it, and a mobile number. What may be
// elsewhere counts as elsewhere: codes of an app, a passkey of another kind or of a
// second phone's Authenticator, a certificate. Maybe are those who have something on a
// phone and of whom it is not known that it is all: the registration report does not
// tell on how many phones Authenticator is, and policy may not let them use it.
var PhoneBound = &audit.Fact[audit.Partly]{
	Name:   "methods.PhoneBound",
	Doc:    "who has every usable strong method on one phone",
	Facts:  []audit.AnyFact{Policy, Holdings, Modes},
	Derive: derivePhoneBound,
}

func derivePhoneBound(ctx context.Context, p *audit.Pass) (audit.Partly, error) {
	policy, err := audit.Get(ctx, p, Policy)
	if err != nil {
		return audit.Partly{}, err
	}
	held, err := audit.Get(ctx, p, Holdings)
	if err != nil {
		return audit.Partly{}, err
	}
	modes, err := audit.Get(ctx, p, Modes)
	if err != nil {
		return audit.Partly{}, err
	}
	elsewhere := held.SeveralApps
	for _, mode := range []string{
		"windowsHelloForBusiness", "softwareOath", "hardwareOath", "x509CertificateMultiFactor", "federatedMultiFactor", "externalAuthenticationMethod",
	} {
		elsewhere = elsewhere.Or(modes[mode].Possible())
	}
	elsewhere = elsewhere.Or(modes["voice"].Possible().And(held.Of(AlternatePhone).Or(held.Of(OfficePhone))))
	on := modes["microsoftAuthenticatorPush"].Within(held.Of(Authenticator)).
		Or(modes["sms"].Or(modes["voice"]).Within(held.Of(MobilePhone))).
		Or(modes["fido2"].Within(held.Of(Passkey)))
	var scope audit.Partly
	if policy.Passkeys != nil {
		scope = policy.Passkeys.InScope()
	}
	var yes, maybe audit.Builder
	for n := range on.Possible().Minus(elsewhere).All() {
		certain, perhaps := policy.UsablePasskeys(held, scope.Has(n), n)
		keys := slices.Concat(certain, perhaps)
		switch {
		case !held.Asked.Has(n):
			maybe.Add(n)
		case len(keys) > 1 || len(keys) == 1 && !keys[0].InAuthenticator():
		case on.Yes.Has(n):
			yes.Add(n)
		default:
			maybe.Add(n)
		}
	}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}, nil
}
