package methods

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// Usable is the fact that knows who can do strong authentication today, and who
// could register a method for it alone.
var Usable = &audit.Fact[*Strong]{
	Name: "methods.Usable",
	Doc:  "who holds a method that counts as multifactor authentication and may use it, and who may register one",
	// An unread domain list only means that nobody is known to be federated.
	Reads:  []audit.Read{{Section: snapshot.Domains, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users, privilege.Roles, Policy, Holdings},
	Derive: deriveUsable,
}

// Strong is who can do strong authentication, by what.
type Strong struct {
	// Method are the accounts with a registered method, other than a pass, that
	// counts and that policy lets them use.
	Method audit.Partly
	// Phone are the accounts with a registered phone that policy lets them use, also
	// where Microsoft has stopped delivering to it. Accounts about which nothing is
	// known, or that hold something that is not known, may have one.
	Phone audit.Partly
	// BesidesPhone is Method without phones.
	BesidesPhone audit.Partly
	// Pass are the accounts with a Temporary Access Pass usable now.
	Pass audit.Partly
	// Enabled are the accounts for whom a method is enabled that people register
	// themselves after a password: Authenticator, one-time passcode app, phone.
	Enabled audit.Partly
	// Unseen says, of accounts whose strong method may be one that Graph does not
	// show, which one: "federatedMfa", "certificate", "externalMfa".
	Unseen map[string]audit.Set

	allowed map[Kind]audit.Partly // who may use a kind today
	retired bool                  // Microsoft has stopped delivering to most phones
	in      *strongInputs
}

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
	roles, err := audit.Get(ctx, p, privilege.Roles)
	if err != nil {
		return nil, err
	}
	in := &strongInputs{dir: dir, held: held, retired: retired(p), late: audit.Certainly(dir.External).Or(roles.Of(entra.GlobalAdministrator)), lateToo: Reached(p.Now(), PhoneRetirementLate)}
	if in.federated, in.someFederated, err = federatedDomains(ctx, p); err != nil {
		return nil, err
	}
	return in.under(policy), nil
}

// strongInputs is what Strong is made from besides the policy.
type strongInputs struct {
	dir           *population.Directory
	held          *Held
	federated     domains
	someFederated bool
	// retired: Microsoft has stopped delivering to most phones, and lateToo to those
	// of late, whose turn comes later.
	retired, lateToo bool
	late             audit.Partly
}

// Under is who can do strong authentication under another policy.
func (s *Strong) Under(policy *Effective) *Strong { return s.in.under(policy) }

func (in *strongInputs) under(policy *Effective) *Strong {
	dir, held := in.dir, in.held
	allowed := policy.allowed()
	unrecognised := dir.All.Minus(held.Known()).Or(held.Of(Unrecognised))
	s := &Strong{allowed: allowed, retired: in.retired, in: in}
	for kind, scope := range allowed {
		if kind.phone() {
			s.Phone = s.Phone.Or(scope.Within(held.Of(kind))).Or(unsure(scope.Within(unrecognised)))
			allowed[kind] = in.delivered(scope)
			continue
		}
		s.BesidesPhone = s.BesidesPhone.Or(scope.Within(held.Of(kind)))
	}
	s.BesidesPhone = s.BesidesPhone.Or(policy.passkeysUsable(held))
	// What is not known may count: methods with no documented worth or no known
	// name, and accounts about which nothing is known.
	maybe := dir.All.Minus(held.Known())
	for kind, set := range held.byKind {
		if worthOf(kind) == WorthUnknown {
			maybe = maybe.Or(set)
		}
	}
	// Hardware tokens show in the report only.
	tokens := allowed[HardwareOath].Possible().Minus(held.Reported)
	s.BesidesPhone = s.BesidesPhone.Or(audit.Partly{Maybe: maybe.Or(tokens)})
	s.Unseen = in.unseen(policy)
	for _, set := range s.Unseen {
		s.BesidesPhone = s.BesidesPhone.Or(audit.Partly{Maybe: set})
	}
	s.Method = s.BesidesPhone
	for kind := range allowed {
		if kind.phone() {
			s.Method = s.Method.Or(allowed[kind].Within(held.Of(kind)))
		}
	}
	s.Pass = policy.passesUsable(held)
	for _, kind := range []Kind{Authenticator, SoftwareOath, MobilePhone} {
		s.Enabled = s.Enabled.Or(allowed[kind])
	}
	return s
}

func retired(p *audit.Pass) bool { return p.Cloud() == "public" && Reached(p.Now(), PhoneRetirement) }

// delivered is who can still be reached by phone, of those whom policy lets use
// one: once Microsoft has stopped delivering, only those whose turn is later are
// certain.
func (in *strongInputs) delivered(scope audit.Partly) audit.Partly {
	switch {
	case !in.retired:
		return scope
	case in.lateToo:
		return unsure(scope)
	default:
		return scope.And(in.late).Or(unsure(scope))
	}
}

// allowed says for every kind of method that counts whom policy lets use one, the
// retirement of phones aside. Methods enabled in legacy settings count too while migration is not complete, and Graph
// does not show those: then nobody is certainly out of scope of a classic method.
// Source: MAN (concept-authentication-methods-manage, 2025-03-04).
func (e *Effective) allowed() map[Kind]audit.Partly {
	var legacy audit.Partly
	if e.MigrationComplete != audit.Yes {
		legacy.Maybe = e.all
	}
	phone, voice := e.InScope(entra.MethodSms).Or(e.InScope(entra.MethodVoice)), e.InScope(entra.MethodVoice)
	office := e.OfficePhones().Or(legacy)
	phone, voice = phone.Or(legacy), voice.Or(legacy)
	everybody := audit.Certainly(e.all)
	return map[Kind]audit.Partly{
		Authenticator:  e.InScope(entra.MethodMicrosoftAuthenticator).Or(legacy),
		SoftwareOath:   e.InScope(entra.MethodSoftwareOath).Or(e.AuthenticatorCodes()).Or(legacy),
		HardwareOath:   e.InScope(entra.MethodHardwareOath).Or(legacy),
		MobilePhone:    phone,
		AlternatePhone: voice,
		OfficePhone:    office,
		// Windows Hello for Business and Platform SSO are not governed by the methods
		// policy (WIN, how-to-authentication-entra-passkeys-on-windows, 2026-02-18). They
		// live on one device and count when used to sign in.
		WindowsHello:       everybody,
		PlatformCredential: everybody,
	}
}

// OfficePhones are the accounts that may use an office phone: in scope of voice
// calls, which must allow office phones.
func (e *Effective) OfficePhones() audit.Partly {
	var allowed *bool
	if m := e.Method(entra.MethodVoice); m != nil {
		allowed = m.Config.IsOfficePhoneAllowed
	}
	return permitted(e.InScope(entra.MethodVoice), allowed)
}

// AuthenticatorCodes are the accounts that may use one-time passcodes because
// they are in scope of Authenticator, which may allow them.
func (e *Effective) AuthenticatorCodes() audit.Partly {
	var allowed *bool
	if m := e.Method(entra.MethodMicrosoftAuthenticator); m != nil {
		allowed = m.Config.IsSoftwareOathEnabled
	}
	return permitted(e.InScope(entra.MethodMicrosoftAuthenticator), allowed)
}

// permitted is a scope under a switch that may not be told.
func permitted(scope audit.Partly, allowed *bool) audit.Partly {
	switch {
	case allowed == nil:
		return unsure(scope)
	case *allowed:
		return scope
	default:
		return audit.Partly{}
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
// whether it can still be used. Accounts about which nothing is known may hold one.
func (e *Effective) passesUsable(held *Held) audit.Partly {
	scope := e.InScope(entra.MethodTemporaryAccessPass)
	onceOnly := audit.Unsure
	if m := e.Method(entra.MethodTemporaryAccessPass); m != nil && m.Config.IsUsableOnce != nil {
		onceOnly = audit.TriOf(*m.Config.IsUsableOnce)
	}
	var yes, maybe audit.Builder
	for n := range held.Of(TemporaryAccessPass).And(held.Asked).And(scope.Possible()).All() {
		pass, _ := held.Pass(n)
		usable := pass.Usable.And(onceOnly.Not().Or(pass.UsableOnce))
		switch {
		case usable == audit.Yes && scope.Yes.Has(n):
			yes.Add(n)
		case usable != audit.No:
			maybe.Add(n)
		}
	}
	unknown := audit.Partly{Maybe: scope.Possible().Minus(held.Known())}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}.Or(unknown)
}

// unseen finds the accounts that may have a strong method Graph does not show as
// registered: multifactor authentication at a federated identity provider, a
// certificate, an external method.
func (in *strongInputs) unseen(e *Effective) map[string]audit.Set {
	sets := map[string]audit.Set{}
	if in.someFederated {
		sets["federatedMfa"] = in.dir.InDomains(in.federated.has)
	}
	for _, m := range e.methods {
		switch {
		case m.Config.Is(entra.MethodX509Certificate) && certificateMultiFactor(m.Config):
			sets["certificate"] = sets["certificate"].Or(m.InScope().Possible())
		case m.Config.External():
			sets["externalMfa"] = sets["externalMfa"].Or(m.InScope().Possible())
		}
	}
	return sets
}

// certificateMultiFactor tells whether a certificate may count as several factors;
// a mode that is not told or not known may.
func certificateMultiFactor(c *entra.AuthenticationMethodConfiguration) bool {
	const single = "x509CertificateSingleFactor"
	a := c.AuthenticationModeConfiguration
	return a == nil || !strings.EqualFold(a.DefaultMode, single) ||
		slices.ContainsFunc(a.Rules, func(r entra.X509AuthenticationModeRule) bool { return !strings.EqualFold(r.Mode, single) })
}

// domains says of every listed domain whether multifactor authentication may be
// done at another identity provider.
type domains map[string]bool

func federatedDomains(ctx context.Context, p *audit.Pass) (all domains, some bool, err error) {
	all = domains{}
	for o, err := range audit.Objects[entra.Domain](ctx, p, snapshot.Domains) {
		if err != nil {
			return nil, false, err
		}
		federated := strings.EqualFold(o.Value.AuthenticationType, "Federated") && !o.Value.RejectsFederatedMFA()
		all[strings.ToLower(o.Value.ID)] = federated
		some = some || federated
	}
	return all, some, nil
}

// has looks a domain up. One that is not listed itself is like the nearest domain
// above it that is: a subdomain inherits the authentication type of its root
// domain. Source: SUB (domains-verify-custom-subdomain, 2025-01-15).
func (d domains) has(name string) bool {
	for name = strings.ToLower(name); name != ""; _, name, _ = strings.Cut(name, ".") {
		if federated, listed := d[name]; listed {
			return federated
		}
	}
	return false
}
