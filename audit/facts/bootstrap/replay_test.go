package bootstrap

import (
	"slices"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

// Every way can be gone: the evaluator of Conditional Access admits its sign-in, save
// for controls that the rule of its surface takes out, and the passkey at its end is
// one that a profile and everyday strengths accept.
func TestWaysCanBeGone(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		r := t.judge(n, t.goal())
		could := t.modes(n)
		b := newBench(r.model)
		for i := range r.Classes {
			c := &r.Classes[i]
			who := first(c.Members)
			s := b.judge(c.person, harsh)
			if c.Verdict.State != s.state || s.way == nil || s.way.surface == Provisioning {
				continue
			}
			walk := &walk{result: r, who: who, person: c.person, way: s.way, could: could}
			walk.using = b.names(b.using(c.person, harsh, *s.way, s.way.auth))
			if wrong := walk.wrong(); wrong != "" {
				t.Fatalf("%s: %s\n%+v\n%+v\n%s", account(r, who), wrong, brief(c.Verdict), *s.way, n.text())
			}
		}
	})
}

// Whoever has a passkey can sign in with it every day.
func TestPasskeysWork(t *testing.T) {
	try(t, func(t trial) {
		n := drawTenant(t.T)
		r := t.judge(n, t.goal())
		for who := range r.Directory.All.All() {
			if r.Of(who).State != HasPasskey {
				continue
			}
			works := slices.ContainsFunc(r.Held.Passkeys(who), func(k methods.RegisteredPasskey) bool {
				w := &walk{result: r, who: who, person: r.ClassOf(who).person}
				return r.sources.usable(who, k.Credential) == audit.Yes && w.everyday(k.AAGUID) == ""
			})
			if !works {
				t.Fatalf("%s has no passkey that works\n%s", account(r, who), n.text())
			}
		}
	})
}

func first(s audit.Set) uint32 {
	for n := range s.All() {
		return n
	}
	panic("nobody")
}

func (t trial) modes(n *drawn) methods.ModeSets {
	snap, err := snapshot.Open(n.files(t.tb))
	if err != nil {
		t.Fatalf("opening a drawn tenant: %v", err)
	}
	sets, err := audit.Evaluate(t.tb.Context(), audit.NewRun(snap), methods.Modes)
	if err != nil {
		t.Fatalf("deriving modes: %v", err)
	}
	return sets
}

// walk goes a way again, with the evaluator and the facts about methods alone.
type walk struct {
	result *Result
	who    uint32
	person *person
	way    *attempt
	using  []string
	could  methods.ModeSets
}

// wrong says why the way cannot be gone; empty where it can.
func (w *walk) wrong() string {
	for _, check := range []func() string{w.holds, w.stands, w.admitted, w.registers} {
		if wrong := check(); wrong != "" {
			return wrong
		}
	}
	return w.everyday(w.way.credential.aaguid)
}

// holds checks that the sign-in uses what the account could use, or gets on the way.
func (w *walk) holds() string {
	for _, mode := range w.using {
		gets := false
		tap := w.result.Methods.Method("TemporaryAccessPass")
		inScope := tap.InScope().Has(w.who) == audit.Yes
		switch w.way.auth {
		case withNewMulti:
			gets = mode == "temporaryAccessPassMultiUse" && inScope && !*tap.Config.IsUsableOnce
		case withNewOnce:
			gets = mode == "temporaryAccessPassOneTime" && inScope
		case withNewHello:
			gets = mode == "windowsHelloForBusiness" || slices.Contains([]string{"temporaryAccessPassMultiUse", "temporaryAccessPassOneTime"}, mode) && inScope
		case withHello, withPassHello:
			gets = mode == "windowsHelloForBusiness" && w.result.sources.owned.Joined.Has(w.who)
		case withFirst:
			gets = mode == "microsoftAuthenticatorPush" && w.result.sources.scoped("MicrosoftAuthenticator").Has(w.who) == audit.Yes ||
				mode == "softwareOath" && w.result.sources.scoped("SoftwareOath").Or(w.result.Methods.AuthenticatorCodes()).Has(w.who) == audit.Yes
		}
		if !gets && mode != "password" && w.could.Could(w.who, mode) != audit.Yes {
			return "uses " + mode + ", which the account could not"
		}
		if mode == "windowsHelloForBusiness" && w.way.device == unmanaged {
			return "uses Windows Hello on a device that is not the person's"
		}
	}
	return ""
}

// stands checks that what the way takes for granted is said, or in evidence.
func (w *walk) stands() string {
	said := func(c Condition) bool { return slices.Contains(w.way.conditions, c) }
	at := w.result.model.places[w.way.place]
	owned := w.result.sources.owned
	switch {
	case at.trusted && !said(TrustedPlace):
		return "is in a trusted place without saying so"
	case len(at.countries) > 0 && !said(inCountry(at.country)):
		return "is in a country without saying so"
	case w.way.device == compliantDevice && (!said(CompliantDevice) || !owned.Compliant[w.way.os].Has(w.who)):
		return "takes a compliant device"
	case w.way.device == hybridDevice && (!said(HybridDevice) || !owned.Hybrid.Has(w.who)):
		return "takes a hybrid joined device"
	case w.way.credential.kind == KeyCredential && !said(SecurityKey), w.way.credential.kind == SyncedCredential && !said(SyncedProvider):
		return "keeps the passkey in something that is not said"
	case w.way.credential.kind == AuthenticatorCredential && !said(CapablePhone) && !owned.CapablePhone[w.way.credential.os].Has(w.who):
		return "takes a phone"
	case w.way.auth == withFirst && !said(PasswordOnlyFirstRegistration):
		return "registers after a password alone without saying so"
	}
	return ""
}

func (w *walk) signIn(target conditionalaccess.Target) conditionalaccess.SignIn {
	at := w.result.model.places[w.way.place]
	in := conditionalaccess.SignIn{
		Target: target, ClientAppType: conditionalaccess.Is("browser"), Platform: conditionalaccess.Is(string(w.way.os)), IP: at.ip, Country: conditionalaccess.Is(at.country),
		Device: deviceOf(w.way.device), SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"),
		Transfer: conditionalaccess.Is("none"), ApprovedApp: audit.No, AppProtection: audit.No, Using: w.using,
	}
	if w.person.risk != "" && !w.way.dismissed {
		in.UserRisk = conditionalaccess.Is(w.person.risk)
	}
	if w.way.surface == InApp {
		in.ClientAppType = conditionalaccess.Is("mobileAppsAndDesktopClients")
	}
	return in
}

// admitted evaluates the sign-in of the way, with any one of the account's passkeys
// where it uses one.
func (w *walk) admitted() string {
	models := []string{unnamed}
	if slices.Contains(w.using, "fido2") {
		models = nil
		for _, k := range w.result.Held.Passkeys(w.who) {
			if w.result.sources.usable(w.who, k.Credential) == audit.Yes {
				models = append(models, k.AAGUID)
			}
		}
	}
	wrong := "uses a passkey, and there is none"
	for _, aaguid := range models {
		if wrong = w.admittedWith(aaguid); wrong == "" {
			return ""
		}
	}
	return wrong
}

func (w *walk) admittedWith(aaguid string) string {
	action := w.signIn(conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo})
	action.AAGUID = aaguidOf(aaguid)
	resource := action
	if w.way.surface == InApp {
		resource.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: CredentialRegistration}
	}
	set, users := w.result.Policies.Set, w.result.Policies.Users(w.who)
	onAction, onResource := set.Evaluate(&action, users), set.Evaluate(&resource, users)
	first := false // a strength on the register action is among what applies
	for i, p := range set.Policies {
		if p.State == conditionalaccess.Enabled && p.OnAction(conditionalaccess.RegisterSecurityInfo) && onAction.Policies[i].Applies != audit.No {
			first = first || slices.ContainsFunc(p.Controls(), isStrength)
		}
	}
	has := w.person.registered.value != audit.No && !slices.Contains(w.way.steps, DeleteStale) || slices.Contains([]auth{withFirst, withHello, withPassHello, withNewHello}, w.way.auth)
	for i, p := range set.Policies {
		named := p.OnAction(conditionalaccess.RegisterSecurityInfo)
		trace, in := onResource.Policies[i], &resource
		if named {
			trace, in = onAction.Policies[i], &action
		}
		if p.State != conditionalaccess.Enabled || trace.Applies == audit.No {
			continue
		}
		if p.Satisfied(in, func(c conditionalaccess.Control) bool { return isStrength(c) && !named && w.takesOut(c, first, has) }) != audit.Yes {
			return "is refused by " + p.ID
		}
		if w.way.auth == withFirst && !w.firstRegistered(p, in, named) {
			return "registers a first method, which " + p.ID + " refuses"
		}
	}
	return ""
}

func isStrength(c conditionalaccess.Control) bool {
	return c.Kind() == conditionalaccess.StrengthControl
}

// takesOut tells whether the rule of the surface takes a strength on resources out.
func (w *walk) takesOut(c conditionalaccess.Control, registerStrength, hasMethods bool) bool {
	switch w.way.surface {
	case Interrupt:
		new := conditionalaccess.SignIn{Using: []string{"fido2"}, AAGUID: conditionalaccess.Is(w.way.credential.aaguid)}
		offered := slices.Contains([]auth{withMethods, withFirst, withHello}, w.way.auth) && c.Met(&new) == audit.Yes
		return registerStrength || offered
	case SecurityInfo:
		return registerStrength && !hasMethods
	default:
		return false
	}
}

// firstRegistered tells whether a policy lets a first method be registered after a
// password: multifactor authentication on resources is what it is registered for.
func (w *walk) firstRegistered(p *conditionalaccess.Policy, in *conditionalaccess.SignIn, named bool) bool {
	before := *in
	before.Using = []string{"password"}
	return p.Satisfied(&before, func(c conditionalaccess.Control) bool {
		return !named && (isStrength(c) || c.Kind() == conditionalaccess.MFAControl) && c.Met(in) == audit.Yes
	}) == audit.Yes
}

// registers checks that one profile admits the passkey when it is registered, and
// when it is used.
func (w *walk) registers() string {
	c := w.way.credential.passkey(w.way.surface == InApp)
	pk := w.result.Methods.Passkeys
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		if p.Reach.Has(w.who) == audit.Yes && p.AllowsRegistration(c) == audit.Yes && p.AllowsSignIn(c) == audit.Yes {
			return ""
		}
	}
	return "ends with a passkey that no profile admits"
}

// everyday checks that a passkey satisfies the strengths that the account faces at
// Office 365 on an unmanaged device of every system it is seen on.
func (w *walk) everyday(aaguid string) string {
	var systems []devices.OS
	for _, os := range devices.Systems {
		if w.result.sources.owned.Of[os].Has(w.who) {
			systems = append(systems, os)
		}
	}
	if len(systems) == 0 {
		systems = []devices.OS{devices.Windows}
	}
	for _, os := range systems {
		daily := walk{result: w.result, who: w.who, person: &person{}, way: &attempt{os: os}, using: []string{"fido2"}}
		in := daily.signIn(conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchangeOnline})
		in.AAGUID = aaguidOf(aaguid)
		d := w.result.Policies.Evaluate(&in, w.result.Policies.Users(w.who))
		for i, p := range w.result.Policies.Policies {
			if p.State != conditionalaccess.Enabled || d.Policies[i].Applies == audit.No || !slices.ContainsFunc(p.Controls(), isStrength) {
				continue
			}
			unmet := slices.ContainsFunc(p.Controls(), func(c conditionalaccess.Control) bool { return isStrength(c) && c.Met(&in) != audit.Yes })
			if unmet && p.Satisfied(&in, nil) != audit.Yes {
				return "ends with a passkey that does not satisfy " + p.ID + " on " + string(os)
			}
		}
	}
	return ""
}
