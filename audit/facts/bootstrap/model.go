package bootstrap

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// model is a tenant as the search sees it, in one world.
type model struct {
	from    *tenant
	options Options

	policies []policy
	// policiesKnown is false where policies may be missing: then anything may be
	// blocked.
	policiesKnown bool
	// strengthsKnown: a strength that is not listed does not exist.
	strengthsKnown bool
	locations      gap // gapLocations where named locations were not read in full

	method      fact3 // the Passkey (FIDO2) method is enabled
	selfService fact3
	profiles    []*methods.Profile
	unread      bool // profiles are used and were not read
	legacy      bool

	passOn   fact3 // the policy of passes lets people in its scope use one
	passMany fact3 // passes that can be used more than once may be issued

	named       []string // AAGUIDs that policy names, in lower case
	credentials []credential
	places      []place
	builtIn     map[string]bool
	risk        bool // some policy looks at the risk of the user
	// uncertain: something in the policies themselves is not known.
	uncertain bool

	objects []Blocker // what can change: policies first, in their order
	byID    map[Blocker]int

	benches *benches

	goal     Goal
	switches Switches
	lanes    Lanes
	assumed  []Condition
}

// policy is a Conditional Access policy that decides in this world.
type policy struct {
	*conditionalaccess.Policy
	index     int // in the compiled set, to find whom it reaches
	enforced  audit.Tri
	register  bool // names the register action
	strengths []conditionalaccess.Control
	reachGap  gap // why whom it reaches may not be known
}

// tenant is what models of all worlds are made from.
type tenant struct {
	set            *conditionalaccess.Set
	policiesKnown  bool
	strengthsKnown bool
	locations      []entra.NamedLocation
	locationsGap   gap
	methods        *methods.Effective
	known          *catalogue.Catalogue
	strengths      []entra.AuthenticationStrengthPolicy
	reachGap       func(i int) gap
	shared         *shared

	// supposed is the policies as if legacy settings held trusted addresses.
	supposed          *conditionalaccess.Set
	supposedLocations []entra.NamedLocation
}

func newModel(t *tenant, o Options) *model {
	set, locations := t.set, t.locations
	if o.Switches.MFATrustedIPs {
		set, locations = t.supposed, t.supposedLocations
	}
	m := &model{
		from: t, options: o, benches: &benches{},
		policiesKnown: t.policiesKnown, strengthsKnown: t.strengthsKnown, locations: t.locationsGap, goal: o.Goal, switches: o.Switches, lanes: o.Lanes, assumed: o.Assume,
		byID: map[Blocker]int{}, builtIn: map[string]bool{entra.StrengthMultifactor: true, entra.StrengthPasswordless: true, entra.StrengthPhishingResistant: true},
	}
	m.places = placesFor(locations)
	for i, p := range set.Policies {
		if on := o.World.enforces(p); on != audit.No && m.matters(p) {
			q := policy{Policy: p, index: i, enforced: on, register: p.OnAction(conditionalaccess.RegisterSecurityInfo), reachGap: t.reachGap(i)}
			m.uncertain = m.uncertain || on == audit.Unsure || slices.ContainsFunc(p.Controls(), unsure)
			for _, c := range p.Controls() {
				if c.Kind() == conditionalaccess.StrengthControl {
					q.strengths = append(q.strengths, c)
				}
			}
			m.policies = append(m.policies, q)
			m.risk = m.risk || p.Conditional(conditionalaccess.UserRisk)
			m.object(Blocker{PolicyBlocker, p.ID})
		}
	}
	m.readMethods(t.methods)
	m.uncertain = m.uncertain || !m.policiesKnown || m.unread ||
		slices.ContainsFunc([]fact3{m.method, m.selfService, m.passOn, m.passMany}, func(f fact3) bool { return f.value == audit.Unsure })
	for _, p := range m.policies {
		for _, c := range p.strengths {
			if id := c.StrengthID(); !m.builtIn[id] {
				m.object(Blocker{StrengthBlocker, id})
			}
		}
	}
	m.named = namedModels(m.profiles, t.strengths)
	m.credentials = m.distinct(credentialsFor(t.known, m.named, m.switches))
	m.uncertain = m.uncertain || slices.ContainsFunc(m.profiles, m.mayAdmit)
	m.places = m.tellable(m.places)
	return m
}

// matters tells whether a policy can stand in anybody's way: it has a control, and
// there is a sign-in on the way to a passkey that it applies to.
func (m *model) matters(p *conditionalaccess.Policy) bool {
	if len(p.Controls()) == 0 {
		return false
	}
	matters := false
	m.everyScene(p, func(in *conditionalaccess.SignIn, _ sceneKey) bool {
		v := p.Matches(in)
		matters = matters || v != audit.No
		m.uncertain = m.uncertain || v == audit.Unsure
		return !matters || !m.uncertain
	})
	return matters
}

// unsure tells whether it may not be known if a control is met.
func unsure(c conditionalaccess.Control) bool {
	if c.Kind() == conditionalaccess.UnmodelledControl {
		return true
	}
	for i := range modeNames {
		in := conditionalaccess.SignIn{Using: (modes(1<<i) | password).names(), AAGUID: conditionalaccess.Is(unlisted)}
		if k := c.Kind(); (k == conditionalaccess.MFAControl || k == conditionalaccess.StrengthControl) && c.Met(&in) == audit.Unsure {
			return true
		}
	}
	return false
}

// everyScene goes through the sign-ins that a policy can tell apart.
func (m *model) everyScene(p *conditionalaccess.Policy, visit func(*conditionalaccess.SignIn, sceneKey) bool) {
	systems, kinds, places, risks := devices.Systems[:1], []deviceKind{unmanaged}, m.places[:1], []string{""}
	if p.Conditional(conditionalaccess.Platforms) || p.Conditional(conditionalaccess.Devices) || p.Conditional(conditionalaccess.Other) {
		systems = devices.Systems[:]
	}
	if p.Conditional(conditionalaccess.Devices) || p.Conditional(conditionalaccess.Other) {
		kinds = []deviceKind{unmanaged, compliantDevice, compliantJoined, compliantHybrid, hybridDevice, helloJoined, helloDevice}
	}
	if p.Conditional(conditionalaccess.Locations) {
		places = m.places
	}
	if p.Conditional(conditionalaccess.UserRisk) {
		risks = []string{"", "low", "medium", "high"}
	}
	for i := range places {
		for _, os := range systems {
			for _, kind := range kinds {
				for _, risk := range risks {
					for _, purpose := range m.purposes() {
						k := sceneKey{purpose, os, kind, i, risk}
						in := m.signIn(k)
						if !visit(&in, k) {
							return
						}
						if purpose == enrol {
							in.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterDevice}
							if !visit(&in, k) {
								return
							}
						}
						if purpose == inApp && !m.switches.CredentialResourceIgnored {
							in.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: CredentialRegistration}
							if !visit(&in, k) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// purposes are what somebody on the way to a passkey signs in for.
func (m *model) purposes() []purpose {
	if m.lanes.EnrolDevice {
		return []purpose{ordinary, register, inApp, enrol}
	}
	return []purpose{ordinary, register, inApp}
}

// tellable keeps of the places the cheapest of those that no policy tells apart.
func (m *model) tellable(places []place) []place {
	signatures := make([][]byte, len(places))
	for i := range m.policies {
		if p := m.policies[i].Policy; p.Conditional(conditionalaccess.Locations) {
			m.everyScene(p, func(in *conditionalaccess.SignIn, k sceneKey) bool {
				signatures[k.place] = append(signatures[k.place], byte(p.Matches(in)))
				return true
			})
		}
	}
	seen := map[string]bool{}
	var list []place
	for i, at := range places {
		if k := string(signatures[i]); !seen[k] {
			seen[k] = true
			list = append(list, at)
		}
	}
	return list
}

// distinct keeps of the passkeys the first of those that neither profiles nor
// strengths tell apart.
func (m *model) distinct(all []credential) []credential {
	seen := map[string]bool{}
	var list []credential
	for _, c := range all {
		signature := []byte(string(c.kind) + string(c.os))
		for _, p := range m.profiles {
			for _, in := range []bool{false, true} {
				signature = append(signature, byte(p.AllowsRegistration(c.passkey(in))), byte(p.AllowsSignIn(c.passkey(in))))
			}
		}
		in := conditionalaccess.SignIn{Using: fido2.names(), AAGUID: aaguidOf(c.aaguid)}
		for i := range m.policies {
			for _, control := range m.policies[i].strengths {
				signature = append(signature, byte(control.Met(&in)))
			}
		}
		if seen[string(signature)] {
			continue
		}
		seen[string(signature)] = true
		list = append(list, c)
	}
	return list
}

// mayAdmit tells whether it is not known of some passkey if a profile admits it: a value
// of the profile is none that this program knows, or is not told.
func (m *model) mayAdmit(p *methods.Profile) bool {
	return slices.ContainsFunc(m.credentials, func(c credential) bool {
		return p.AllowsRegistration(c.passkey(false)) == audit.Unsure || p.AllowsRegistration(c.passkey(true)) == audit.Unsure
	})
}

func (m *model) object(b Blocker) int {
	if i, known := m.byID[b]; known {
		return i
	}
	m.byID[b] = len(m.objects)
	m.objects = append(m.objects, b)
	return len(m.objects) - 1
}

// with is the model with other switches.
func (m *model) with(sw Switches) *model {
	o := m.options
	o.Switches = sw
	n := newModel(m.from, o)
	n.method, n.selfService = m.method, m.selfService
	return n
}

func (m *model) readMethods(e *methods.Effective) {
	m.method, m.selfService = hangs(gapMethodsPolicy), hangs(gapMethodsPolicy)
	if pk := e.Passkeys; pk != nil {
		m.method, m.selfService = factOf(pk.Enabled, gapMethodsPolicy), factOf(pk.SelfService, gapMethodsPolicy)
		m.unread, m.legacy = pk.Mode == methods.ProfilesUnread, pk.Mode == methods.Legacy
		for i := range pk.Profiles {
			m.profiles = append(m.profiles, &pk.Profiles[i])
		}
	}
	m.object(Blocker{MethodBlocker, entra.MethodFido2})
	for _, p := range m.profiles {
		if !m.legacy {
			m.object(Blocker{ProfileBlocker, p.ID})
		}
	}
	m.object(Blocker{PassBlocker, entra.MethodTemporaryAccessPass})
	m.passOn, m.passMany = hangs(gapMethodsPolicy), hangs(gapMethodsPolicy)
	if tap := e.Method(entra.MethodTemporaryAccessPass); tap != nil {
		m.passOn = factOf(tap.Enabled, gapMethodsPolicy)
		// Absent means that either kind may be issued, which is the default. Source: TAP
		// (howto-authentication-temporary-access-pass, 2025-03-04).
		m.passMany = holds
		if once := tap.Config.IsUsableOnce; once != nil && *once {
			m.passMany = fails
		}
	}
}

// profileBlocker is the object that has to change for a profile to admit more: in
// legacy mode the method itself.
func (m *model) profileBlocker(i int) int {
	if m.legacy {
		return m.byID[Blocker{MethodBlocker, entra.MethodFido2}]
	}
	return m.byID[Blocker{ProfileBlocker, m.profiles[i].ID}]
}

// strengthBlocker is the object of a custom strength; built-in ones cannot change.
func (m *model) strengthBlocker(id string) (int, bool) {
	i, custom := m.byID[Blocker{StrengthBlocker, id}]
	return i, custom
}

func namedModels(profiles []*methods.Profile, strengths []entra.AuthenticationStrengthPolicy) []string {
	var list []string
	add := func(aaguids []string) {
		for _, a := range aaguids {
			list = append(list, strings.ToLower(a))
		}
	}
	for _, p := range profiles {
		if p.KeyRestrictions != nil {
			add(p.KeyRestrictions.AAGUIDs)
		}
	}
	for _, s := range strengths {
		for _, c := range s.CombinationConfigurations {
			add(c.AllowedAAGUIDs)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
