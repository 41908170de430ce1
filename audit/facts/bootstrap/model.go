package bootstrap

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
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
	locations     gap // gapLocations where named locations were not read in full

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

	objects []Blocker // what can change: policies first, in their order
	byID    map[Blocker]int

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
	set           *conditionalaccess.Set
	policiesKnown bool
	locations     []entra.NamedLocation
	locationsGap  gap
	methods       *methods.Effective
	strengths     []entra.AuthenticationStrengthPolicy
	reachGap      func(i int) gap

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
		from: t, options: o,
		policiesKnown: t.policiesKnown, locations: t.locationsGap, goal: o.Goal, switches: o.Switches, lanes: o.Lanes, assumed: o.Assume,
		byID: map[Blocker]int{}, builtIn: map[string]bool{entra.StrengthMultifactor: true, entra.StrengthPasswordless: true, entra.StrengthPhishingResistant: true},
	}
	for i, p := range set.Policies {
		if on := o.World.enforces(p); on != audit.No {
			q := policy{Policy: p, index: i, enforced: on, register: p.OnAction(conditionalaccess.RegisterSecurityInfo), reachGap: t.reachGap(i)}
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
	for _, p := range m.policies {
		for _, c := range p.strengths {
			if id := c.StrengthID(); !m.builtIn[id] {
				m.object(Blocker{StrengthBlocker, id})
			}
		}
	}
	m.named = namedModels(m.profiles, t.strengths)
	m.credentials = credentialsFor(m.named, m.switches)
	m.places = placesFor(locations)
	if !slices.ContainsFunc(m.policies, func(p policy) bool { return p.Conditional(conditionalaccess.Locations) }) {
		m.places = m.places[:1]
	}
	return m
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
