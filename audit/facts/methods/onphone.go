package methods

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/population"
)

// OnPhone is the fact that knows whose every phishing-resistant method is a passkey in
// Microsoft Authenticator: at a computer they need the phone beside it.
var OnPhone = &audit.Fact[audit.Partly]{
	Name:   "methods.OnPhone",
	Doc:    "who can sign in with a passkey, but only with one in Authenticator on a phone, and has no other phishing-resistant method",
	Facts:  []audit.AnyFact{population.Users, Policy, Holdings, Usable},
	Derive: deriveOnPhone,
}

// InAuthenticator tells whether a passkey is kept by Microsoft Authenticator, by its
// AAGUID. Such passkeys are bound to the phone (FAQ, passkey-faq, 2026-03-26).
func (k RegisteredPasskey) InAuthenticator() bool {
	return strings.EqualFold(k.AAGUID, catalogue.AuthenticatorAndroid) || strings.EqualFold(k.AAGUID, catalogue.AuthenticatorIOS)
}

func deriveOnPhone(ctx context.Context, p *audit.Pass) (audit.Partly, error) {
	policy, err := audit.Get(ctx, p, Policy)
	if err != nil {
		return audit.Partly{}, err
	}
	held, err := audit.Get(ctx, p, Holdings)
	if err != nil {
		return audit.Partly{}, err
	}
	strong, err := audit.Get(ctx, p, Usable)
	if err != nil {
		return audit.Partly{}, err
	}
	if policy.Passkeys == nil {
		return audit.Partly{Maybe: held.Of(Passkey)}, nil
	}
	var yes, maybe audit.Builder
	scope := policy.Passkeys.InScope()
	for n := range held.Of(Passkey).And(scope.Possible()).All() {
		onPhone, elsewhere := audit.No, audit.No
		for _, k := range held.Passkeys(n) {
			allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
			switch {
			case k.InAuthenticator():
				onPhone = onPhone.Or(allowed)
			case k.AAGUID == "": // known from the report alone
				onPhone, elsewhere = onPhone.Or(allowed.And(audit.Unsure)), elsewhere.Or(allowed.And(audit.Unsure))
			default:
				elsewhere = elsewhere.Or(allowed)
			}
		}
		switch scope.Has(n).And(onPhone).And(elsewhere.Not()) {
		case audit.Yes:
			yes.Add(n)
		case audit.Unsure:
			maybe.Add(n)
		}
	}
	// Windows Hello, Platform SSO and multifactor certificates work without the phone.
	other := audit.Partly{Yes: held.Of(WindowsHello).Or(held.Of(PlatformCredential))}.Or(audit.Partly{Maybe: strong.Unseen["certificate"]})
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}.Minus(other), nil
}
