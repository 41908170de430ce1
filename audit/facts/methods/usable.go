package methods

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Usable is the fact that knows who can do strong authentication today, and who
// could register a method for it alone.
var Usable = &audit.Fact[*Strong]{
	Name: "methods.Usable",
	Doc:  "who holds a method that counts as multifactor authentication and may use it, and who may register one",
	// An unread domain list only means that nobody is known to be federated.
	Reads:  []audit.Read{{Section: snapshot.Domains, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users, Policy, Holdings},
	Derive: deriveUsable,
}

// Strong is who can do strong authentication, by what.
type Strong struct {
	// Method are the accounts with a registered method, other than a pass, that
	// counts and that policy lets them use.
	Method audit.Partly
	// Pass are the accounts with a Temporary Access Pass usable now.
	Pass audit.Partly
	// Enabled are the accounts for whom a method is enabled that people register
	// themselves after a password: Authenticator, one-time passcode app, phone.
	Enabled audit.Partly
	// Unseen says, of accounts whose strong method may be one that Graph does not
	// show, which one: "federatedMfa", "certificate", "externalMfa".
	Unseen map[string]audit.Set
}

// phoneRetirement is when Microsoft-delivered text messages and calls end for
// most users; a telephony provider of the tenant's own, which Graph does not show,
// keeps them. Source: SMS (concept-sms-voice-retirement, 2026-06-10).
const phoneRetirement = "2027-02-01"

func deriveUsable(ctx context.Context, p *audit.Pass) (*Strong, error) {
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
	allowed := policy.allowed(p.Now())
	s := &Strong{}
	for kind, scope := range allowed {
		s.Method = s.Method.Or(scope.Within(held.Of(kind)))
	}
	s.Method = s.Method.Or(policy.passkeysUsable(held))
	// What is not known may count: methods with no documented worth or no known
	// name, and accounts about which nothing is known.
	maybe := held.Of(Unrecognised).Or(held.Of(ExternalMethod)).Or(dir.All.Minus(held.Known()))
	// Hardware tokens show in the report only.
	tokens := allowed[HardwareOath].Possible().Minus(held.Reported)
	s.Method = s.Method.Or(audit.Partly{Maybe: maybe.Or(tokens)})
	if s.Unseen, err = unseen(ctx, p, dir, policy); err != nil {
		return nil, err
	}
	for _, set := range s.Unseen {
		s.Method = s.Method.Or(audit.Partly{Maybe: set})
	}
	s.Pass = policy.passesUsable(held)
	for _, kind := range []Kind{Authenticator, SoftwareOath, MobilePhone} {
		s.Enabled = s.Enabled.Or(allowed[kind])
	}
	return s, nil
}

// allowed says for every kind of method that counts who may use one. Methods
// enabled in legacy settings count too while migration is not complete, and Graph
// does not show those: then nobody is certainly out of scope of a classic method.
func (e *Effective) allowed(now string) map[Kind]audit.Partly {
	classic := func(ids ...string) audit.Partly {
		var scope audit.Partly
		for _, id := range ids {
			scope = scope.Or(e.InScope(id))
		}
		if e.MigrationComplete != audit.Yes {
			scope = scope.Or(audit.Partly{Maybe: e.all})
		}
		return scope
	}
	authenticator := classic(entra.MethodMicrosoftAuthenticator)
	oath := classic(entra.MethodSoftwareOath)
	if m := e.Method(entra.MethodMicrosoftAuthenticator); m != nil && m.Config.IsSoftwareOathEnabled != nil && *m.Config.IsSoftwareOathEnabled {
		oath = oath.Or(m.InScope())
	}
	phone, voice := classic(entra.MethodSms, entra.MethodVoice), classic(entra.MethodVoice)
	office := voice
	if m := e.Method(entra.MethodVoice); m != nil && e.MigrationComplete == audit.Yes &&
		m.Config.IsOfficePhoneAllowed != nil && !*m.Config.IsOfficePhoneAllowed {
		office = audit.Partly{}
	}
	if now >= phoneRetirement {
		phone, voice, office = unsure(phone), unsure(voice), unsure(office)
	}
	everybody := audit.Certainly(e.all)
	return map[Kind]audit.Partly{
		Authenticator:  authenticator,
		SoftwareOath:   oath,
		HardwareOath:   classic(entra.MethodHardwareOath),
		MobilePhone:    phone,
		AlternatePhone: voice,
		OfficePhone:    office,
		// Windows Hello for Business and Platform SSO are not governed by the methods
		// policy. They live on one device and count when used to sign in.
		WindowsHello:       everybody,
		PlatformCredential: everybody,
	}
}

func unsure(p audit.Partly) audit.Partly { return audit.Partly{Maybe: p.Possible()} }

// passkeysUsable are the accounts with a passkey that policy lets them sign in
// with today.
func (e *Effective) passkeysUsable(held *Held) audit.Partly {
	if e.Passkeys == nil {
		return audit.Partly{Maybe: held.Of(Passkey)}
	}
	scope := e.Passkeys.InScope()
	var yes, maybe audit.Builder
	for n := range held.Of(Passkey).And(scope.Possible()).All() {
		answer := audit.No
		for _, k := range held.Passkeys(n) {
			allowed, _, _ := e.Passkeys.SignIn(n, k.Credential)
			answer = answer.Or(allowed)
		}
		switch {
		case answer == audit.Yes && scope.Yes.Has(n):
			yes.Add(n)
		case answer != audit.No:
			maybe.Add(n)
		}
	}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}
}

// passesUsable are the accounts with a pass that is usable now and that the policy
// accepts: in scope, and one-time where the policy wants every pass one-time.
// Source: TAP (howto-authentication-temporary-access-pass, 2025-03-04). A pass
// that only the report mentions is taken as not held: the report does not say
// whether it can still be used.
func (e *Effective) passesUsable(held *Held) audit.Partly {
	m := e.Method(entra.MethodTemporaryAccessPass)
	if m == nil {
		return audit.Partly{}
	}
	scope := m.InScope()
	onceOnly := m.Config.IsUsableOnce != nil && *m.Config.IsUsableOnce
	var yes, maybe audit.Builder
	for n := range held.Of(TemporaryAccessPass).And(held.Asked).And(scope.Possible()).All() {
		pass, _ := held.Pass(n)
		usable := pass.Usable
		if onceOnly {
			usable = usable.And(pass.UsableOnce)
		}
		switch {
		case usable == audit.Yes && scope.Yes.Has(n):
			yes.Add(n)
		case usable != audit.No:
			maybe.Add(n)
		}
	}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}
}

// unseen finds the accounts that may have a strong method Graph does not show as
// registered: multifactor authentication at a federated identity provider, a
// certificate, an external method.
func unseen(ctx context.Context, p *audit.Pass, dir *population.Directory, e *Effective) (map[string]audit.Set, error) {
	sets := map[string]audit.Set{}
	federated := map[string]bool{}
	for o, err := range audit.Objects[entra.Domain](ctx, p, snapshot.Domains) {
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(o.Value.AuthenticationType, "Federated") && !o.Value.RejectsFederatedMFA() {
			federated[strings.ToLower(o.Value.ID)] = true
		}
	}
	if len(federated) > 0 {
		var b audit.Builder
		for n := range dir.All.All() {
			_, domain, _ := strings.Cut(dir.Member(n).UserPrincipalName, "@")
			if federated[strings.ToLower(domain)] {
				b.Add(n)
			}
		}
		sets["federatedMfa"] = b.Set()
	}
	for _, m := range e.methods {
		switch {
		case m.Config.Is(entra.MethodX509Certificate) && certificateMultiFactor(m.Config):
			sets["certificate"] = sets["certificate"].Or(m.InScope().Possible())
		case m.Config.External():
			sets["externalMfa"] = sets["externalMfa"].Or(m.InScope().Possible())
		}
	}
	return sets, nil
}

func certificateMultiFactor(c *entra.AuthenticationMethodConfiguration) bool {
	a := c.AuthenticationModeConfiguration
	if a == nil {
		return true // not told
	}
	if strings.EqualFold(a.DefaultMode, entra.X509MultiFactor) {
		return true
	}
	for _, r := range a.Rules {
		if strings.EqualFold(r.Mode, entra.X509MultiFactor) {
			return true
		}
	}
	return false
}
