package methods

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/population"
)

// Modes is the fact that knows which authentication method modes each account
// could use today: what it holds and policy lets it use.
var Modes = &audit.Fact[ModeSets]{
	Name:   "methods.Modes",
	Doc:    "which method modes, as authentication strengths name them, each account could use today",
	Facts:  []audit.AnyFact{population.Users, Policy, Holdings, Usable},
	Derive: deriveModes,
}

// ModeSets gives the accounts that could use a mode, by the mode's name. Modes that
// are not in it are used by nobody as far as is known.
type ModeSets map[string]audit.Partly

// Could tells whether an account could use a mode.
func (s ModeSets) Could(ordinal uint32, mode string) audit.Tri { return s[mode].Has(ordinal) }

// deriveModes maps what accounts hold to modes. Platform credentials of macOS use
// the mode of Windows Hello for Business; a Temporary Access Pass is one of two modes
// by whether it can be used once. Whether Authenticator is set up for signing in
// without a password is not told, and who holds a certificate neither. Source: STR
// (concept-authentication-strengths, 2025-03-04), CSDL (2026-08).
func deriveModes(ctx context.Context, p *audit.Pass) (ModeSets, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	policy, err := audit.Get(ctx, p, Policy)
	if err != nil {
		return nil, err
	}
	held, err := audit.Get(ctx, p, Holdings)
	if err != nil {
		return nil, err
	}
	strong, err := audit.Get(ctx, p, Usable)
	if err != nil {
		return nil, err
	}
	allowed := strong.allowed
	// Of somebody about whom nothing is known any method may be there.
	unknown := audit.Partly{Maybe: dir.All.Minus(held.Known()).Or(held.Of(Unrecognised))}
	usable := func(kind Kind) audit.Partly { return allowed[kind].Within(held.Of(kind)).Or(unknown) }
	once, many := policy.PassKinds(held, strong.Pass)
	push := usable(Authenticator)
	federated := strong.Unseen["federatedMfa"]
	return ModeSets{
		"password":                     audit.Certainly(dir.All.Minus(federated)).Or(audit.Partly{Maybe: federated}),
		"fido2":                        policy.passkeysUsable(held).Or(unknown),
		"windowsHelloForBusiness":      usable(WindowsHello).Or(usable(PlatformCredential)),
		"microsoftAuthenticatorPush":   push,
		"deviceBasedPush":              {Maybe: push.Possible()},
		"softwareOath":                 usable(SoftwareOath),
		"hardwareOath":                 usable(HardwareOath),
		"sms":                          usable(MobilePhone),
		"voice":                        usable(MobilePhone).Or(usable(AlternatePhone)).Or(usable(OfficePhone)),
		"temporaryAccessPassOneTime":   once,
		"temporaryAccessPassMultiUse":  many,
		"x509CertificateMultiFactor":   {Maybe: strong.Unseen["certificate"]},
		"x509CertificateSingleFactor":  {Maybe: strong.Unseen["certificate"]},
		"federatedMultiFactor":         {Maybe: federated},
		"federatedSingleFactor":        {Maybe: federated},
		"externalAuthenticationMethod": {Maybe: held.Of(ExternalMethod).Or(strong.Unseen["externalMfa"])},
	}, nil
}

// PassKinds divides the usable passes by whether they can be used once.
func (e *Effective) PassKinds(held *Held, usable audit.Partly) (once, many audit.Partly) {
	var onceSet, manySet, unsureSet audit.Builder
	for n := range usable.Possible().All() {
		pass, known := held.Pass(n)
		switch {
		case !known || pass.UsableOnce == audit.Unsure:
			unsureSet.Add(n)
		case pass.UsableOnce == audit.Yes:
			onceSet.Add(n)
		default:
			manySet.Add(n)
		}
	}
	unsure := audit.Partly{Maybe: unsureSet.Set()}
	return usable.Within(onceSet.Set()).Or(unsure), usable.Within(manySet.Set()).Or(unsure)
}
