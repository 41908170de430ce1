package bootstrap

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/devices"
)

// CredentialRegistration is the resource that Authenticator signs in to when it
// registers a passkey. Source: AUT (how-to-enable-authenticator-passkey, 2026-07-05).
const CredentialRegistration = "6aa00308-ea33-4caa-90d6-ae905d8cb51b"

// exchangeOnline stands for Office 365, which a policy names as a suite.
const exchangeOnline = "00000002-0000-0ff1-ce00-000000000000"

// deviceKind is the device that somebody signs in on.
type deviceKind uint8

const (
	unmanaged deviceKind = iota
	compliantDevice
	compliantJoined // joined to Entra
	compliantHybrid
	hybridDevice
	helloJoined // as helloDevice, joined to Entra alone
	helloDevice // a computer with the person's Windows Hello, not known to be compliant
)

// scene is a sign-in that an attempt makes, apart from who makes it and how.
type scene struct {
	key   sceneKey
	in    conditionalaccess.SignIn
	match []audit.Tri // by policy of the model: does it apply, whoever signs in

	// Answers of satisfied, and of firstAllowed, with no strength changed.
	met, first map[metKey]audit.Tri
}

type sceneKey struct {
	purpose purpose
	os      devices.OS
	device  deviceKind
	place   int
	risk    string
}

type purpose uint8

const (
	ordinary purpose = iota // signing in to Office 365
	register                // Security info or the wizard, in a browser
	inApp                   // inside Authenticator
	enrol                   // enrolling a computer
)

// metKey is all that it depends on whether a policy's grant is met in a scene, in one
// number: it is asked many millions of times. From the highest bits: the policy, the
// modes, the model of the passkey that is used, the one to be registered, for
// waiveOffered, and the waiver.
type metKey uint64

const (
	waiverBits = 2
	modelBits  = 15
	modesBits  = 16
	policyBits = 64 - modesBits - 2*modelBits - waiverBits
)

var _ = [1]struct{}{}[modesEnd>>modesBits-1] // modes take no more bits

// metKey is not to be had where the numbers are too large, which is so in no tenant.
func (e *engine) metKey(i int, using modes, aaguid string, w waiver, offered string) (k metKey, ok bool) {
	used, registered := e.modelNumber(aaguid), e.modelNumber(offered)
	if i >= 1<<policyBits || used >= 1<<modelBits || registered >= 1<<modelBits {
		return 0, false
	}
	k = metKey(i)<<modesBits | metKey(using)
	k = (k<<modelBits|metKey(used))<<modelBits | metKey(registered)
	return k<<waiverBits | metKey(w), true
}

// modelNumber is a number that only this model has; 0 for an unnamed one.
func (e *engine) modelNumber(aaguid string) int {
	if aaguid == unnamed {
		return 0
	}
	n, known := e.modelNumbers[aaguid]
	if !known {
		n = len(e.modelNumbers) + 1
		e.modelNumbers[aaguid] = n
	}
	return n
}

// scene gives the sign-in with what is known of how policies match it.
func (e *engine) scene(k sceneKey) *scene {
	if s := e.scenes[k]; s != nil {
		return s
	}
	s := &scene{key: k, met: map[metKey]audit.Tri{}, first: map[metKey]audit.Tri{}, match: make([]audit.Tri, len(e.m.policies)), in: e.m.signIn(k)}
	for i := range e.m.policies {
		s.match[i] = e.match(s, &e.m.policies[i])
	}
	e.scenes[k] = s
	return s
}

// signIn is the sign-in of a scene.
func (m *model) signIn(k sceneKey) conditionalaccess.SignIn {
	at := m.places[k.place]
	in := conditionalaccess.SignIn{
		Target:   conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo},
		Platform: conditionalaccess.Is(string(k.os)), IP: at.ip, Country: conditionalaccess.Is(at.country), Device: deviceOf(k.device),
		ClientAppType: conditionalaccess.Is("browser"), Transfer: conditionalaccess.Is("none"),
		SignInRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"),
		ApprovedApp: audit.No, AppProtection: audit.No,
	}
	if k.risk != "" {
		in.UserRisk = conditionalaccess.Is(k.risk)
	}
	switch k.purpose {
	case ordinary:
		in.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: exchangeOnline}
	case inApp:
		in.ClientAppType = conditionalaccess.Is("mobileAppsAndDesktopClients")
	case enrol:
		in.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: intuneEnrollment}
		in.ClientAppType = conditionalaccess.Is("mobileAppsAndDesktopClients")
	}
	return in
}

// match tells whether a policy applies to a scene. In the app, policies on resources
// are judged by the resource that the app asks for, so that excluding it helps.
func (e *engine) match(s *scene, p *policy) audit.Tri {
	in := &s.in
	switch {
	case s.key.purpose == register && !p.register && e.m.switches.AllResourcesSpareRegister:
		return audit.No
	case s.key.purpose == enrol && p.OnAction(conditionalaccess.RegisterDevice):
		at := s.in
		at.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterDevice}
		in = &at
	case s.key.purpose == inApp && !p.register:
		if e.m.switches.AllResourcesSpareRegister {
			return audit.No
		}
		if !e.m.switches.CredentialResourceIgnored {
			at := s.in
			at.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: CredentialRegistration}
			in = &at
		}
	}
	return p.Matches(in).And(p.enforced)
}

func deviceOf(k deviceKind) conditionalaccess.Device {
	d := conditionalaccess.NewDevice()
	set := func(name, value string) {
		// The names and values are ones that devices have.
		d, _ = d.With(name, conditionalaccess.Text(value))
	}
	switch k {
	case compliantDevice:
		set("isCompliant", "True")
	case compliantJoined:
		set("trustType", "AzureAD")
		set("isCompliant", "True")
	case compliantHybrid:
		set("trustType", "ServerAD")
		set("isCompliant", "True")
	case hybridDevice:
		set("trustType", "ServerAD")
		set("isCompliant", "False")
	case helloJoined:
		set("trustType", "AzureAD")
		set("isCompliant", "False")
	case helloDevice:
		set("isCompliant", "False")
	default:
		return conditionalaccess.Unregistered()
	}
	return d
}

// waiver says which strengths do not count in a scene.
type waiver uint8

const (
	waiveNone waiver = iota
	// waiveAll: strengths of this policy do not count, because one on the register
	// action goes before them.
	waiveAll
	// waiveOffered: strengths that the passkey to be registered would meet are what
	// the wizard is there for.
	waiveOffered
)

// satisfied tells whether a sign-in meets a policy's grant.
func (e *engine) satisfied(s *scene, i int, using modes, aaguid string, w waiver, offered string) audit.Tri {
	if len(e.m.policies[i].strengths) == 0 {
		w = waiveNone // there is nothing to waive
	}
	if w != waiveOffered {
		offered = unnamed
	}
	k, keyed := e.metKey(i, using, aaguid, w, offered)
	keyed = keyed && e.asIs()
	if keyed {
		if v, known := s.met[k]; known {
			return v
		}
	}
	in := s.in
	in.Using, in.AAGUID = e.names(using), aaguidOf(aaguid)
	v := e.m.policies[i].Satisfied(&in, func(c conditionalaccess.Control) bool {
		switch {
		case c.Kind() != conditionalaccess.StrengthControl:
			return e.lenient == i+1
		case e.strengthsChanged && e.changed(StrengthBlocker, c.StrengthID()):
			return true
		case w == waiveAll:
			return true
		case w == waiveOffered:
			return e.admits(c, offered) == audit.Yes
		default:
			return false
		}
	})
	if keyed {
		s.met[k] = v
	}
	return v
}

// admits tells whether a passkey of a model meets a strength.
func (e *engine) admits(c conditionalaccess.Control, aaguid string) audit.Tri {
	in := conditionalaccess.SignIn{Using: e.names(fido2), AAGUID: aaguidOf(aaguid)}
	return c.Met(&in)
}

// unnamed is a registered passkey whose model is not known.
const unnamed = ""

func aaguidOf(aaguid string) conditionalaccess.Input {
	if aaguid == unnamed {
		return conditionalaccess.Input{}
	}
	return conditionalaccess.Is(aaguid)
}

func (e *engine) names(m modes) []string {
	if list, known := e.modeLists[m]; known {
		return list
	}
	list := m.names()
	e.modeLists[m] = list
	return list
}
