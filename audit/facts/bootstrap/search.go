package bootstrap

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// engine searches in one model. It remembers scenes, so it is for one goroutine.
type engine struct {
	m *model
	// change is the set of objects that are taken to have changed, by their index.
	change           []int
	strengthsChanged bool
	changes          int // how many changes were tried
	// lenient is a policy of which only the strengths count: its position, and one. 0: none.
	lenient int
	// route leaves out attempts that a question is not about.
	route Route

	// portable: passkeys that live on one computer do not count.
	portable bool

	scenes    map[sceneKey]*scene
	modeLists map[modes][]string
	// modelNumbers are those of metKey.
	modelNumbers map[string]int
	certain      []int // for applying
	tried        *tries

	unchanged, altered memory // of one person
}

func newEngine(m *model) *engine {
	return &engine{m: m, route: AnyRoute, scenes: map[sceneKey]*scene{}, modeLists: map[modes][]string{}, modelNumbers: map[string]int{}, tried: m.from.shared.triesOf(m.lists())}
}

// changing runs f with some objects changed.
func (e *engine) changing(set []int, f func()) {
	e.change = set
	e.changes++
	e.strengthsChanged = slices.ContainsFunc(set, func(i int) bool { return e.m.objects[i].Type == StrengthBlocker })
	f()
	e.change, e.strengthsChanged = nil, false
}

// asIs tells whether controls count as they are, so that what was found out about them
// holds.
func (e *engine) asIs() bool { return !e.strengthsChanged && e.lenient == 0 }

// stand is where a person stands with gaps settled one way.
type stand struct {
	state State
	way   *attempt // of self-service and needs-admin-step
}

// judge finds where a person in scope stands.
func (e *engine) judge(p *person, r resolution) stand {
	if !e.m.policiesKnown && !r.helps(gapPolicies) {
		return e.judgeUnread(p)
	}
	if e.works(p, r) != nil {
		return stand{state: HasPasskey}
	}
	way := e.way(p, r)
	if way == nil {
		if lanes := e.laneWays(p, r); len(lanes) > 0 {
			way = lanes[0]
		}
	}
	switch {
	case way == nil:
		return stand{state: Trapped}
	case len(way.steps) > 0:
		return stand{NeedsAdminStep, way}
	default:
		return stand{SelfService, way}
	}
}

// judgeUnread judges where policies may not have been read. One of them may block
// everything, but none opens a way to somebody who has none without any policy, whatever
// else is not known.
func (e *engine) judgeUnread(p *person) stand {
	outer, strengths := e.change, e.strengthsChanged
	defer func() { e.change, e.strengthsChanged = outer, strengths; e.changes++ }()
	bare := slices.Clone(outer)
	for i := range e.m.policies {
		bare = append(bare, i)
	}
	if len(bare) > 0 {
		e.change = bare
		e.changes++
	}
	if e.judge(p, kind).state == Trapped {
		return stand{state: Trapped}
	}
	return stand{state: Unknown}
}

// works is a registered passkey that counts and works, nil if there is none.
func (e *engine) works(p *person, r resolution) *heldKey {
	for i, k := range p.keys {
		if e.accepts(e.m.kindOfHeld(k)) && len(e.keyObstacles(p, r, k)) == 0 {
			return &p.keys[i]
		}
	}
	return nil
}

// accepts tells whether passkeys of a kind count.
func (e *engine) accepts(k CredentialKind) bool {
	return e.m.goal.accepts(k) && (!e.portable || k.Portable())
}

func (m *model) kindOfHeld(k heldKey) CredentialKind {
	switch {
	case k.AAGUID != unnamed:
		return kindOfModel(m.from.known, k.AAGUID)
	case strings.EqualFold(k.Type, "synced"):
		return SyncedCredential
	default:
		return KeyCredential
	}
}

// usable tells whether policy lets the person sign in with a passkey: the person is
// in scope, and one profile admits it by itself. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08).
func (e *engine) usable(p *person, k heldKey) fact3 {
	if e.m.unread {
		return k.held.and(hangs(gapMethodsPolicy))
	}
	admitted := fails
	for i, profile := range e.m.profiles {
		f := p.profiles[i]
		if !slices.Contains(e.change, e.m.profileBlocker(i)) {
			f = f.and(factOf(profile.AllowsSignIn(k.Credential), e.unsureKey(k)))
		}
		admitted = admitted.or(f)
	}
	if e.profileless(p) && e.changed(MethodBlocker, entra.MethodFido2) {
		admitted = holds
	}
	return k.held.and(admitted)
}

// unsureKey is why it may not be known whether a profile admits a passkey.
func (e *engine) unsureKey(k heldKey) gap {
	if k.AAGUID == unnamed || k.Type == "" {
		return gapMethods
	}
	return gapMethodsPolicy
}

func (e *engine) anyUsable(p *person, r resolution) bool { return e.own(p, r).usable }

func (e *engine) someUsable(p *person, r resolution) bool {
	return slices.ContainsFunc(p.keys, func(k heldKey) bool { return e.usable(p, k).in(r) })
}

// way is the cheapest attempt that meets no obstacle, or nil.
func (e *engine) way(p *person, r resolution) *attempt {
	return e.cheapest(p, r, func(*attempt) bool { return true })
}

// cheapest is the cheapest attempt of some that meets no obstacle, or nil. It asks what
// obstacles asks, but nothing twice: whether policies refuse the sign-in is the same for
// many passkeys, whether the passkey may be registered is the same in many places.
func (e *engine) cheapest(p *person, r resolution, of func(approach *attempt) bool) *attempt {
	if len(e.methodObstacles(r)) > 0 {
		return nil
	}
	list := e.tries(p, r)
	known := e.memoryOf(p).answersOn(list, r, len(e.m.places))
	for _, at := range list.order {
		approach := &list.approaches[at.approach]
		if !of(approach) || !e.onRoute(approach, at) {
			continue
		}
		here := &known.approach[at.approach]
		if *here == unasked {
			*here = answered(len(e.ownObstacles(p, r, approach)) == 0)
		}
		if *here == shut {
			continue
		}
		place := (list.group[at.approach]*len(e.m.places) + int(at.place)) * 2
		if at.dismissed {
			place++
		}
		policies := &known.refusal[place]
		if *policies == unasked {
			a := list.at(at)
			*policies = answered(!(a.enrols && len(e.enrolRefusals(p, r, &a)) > 0) && len(e.policyObstacles(p, r, &a, true)) == 0)
		}
		if *policies == open {
			a := list.at(at)
			return e.whole(&a)
		}
	}
	return nil
}

// provisionable tells whether administrators can give the person a security key that
// policy accepts: no sign-in of the person is involved. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08).
func (e *engine) provisionable(p *person, r resolution) bool {
	return slices.ContainsFunc(e.m.credentials, func(c credential) bool {
		if c.kind != KeyCredential {
			return false
		}
		_, met := e.credentialObstacle(p, r, &attempt{surface: Provisioning, credential: c})
		return !met
	})
}

// inScope tells whether the Passkey (FIDO2) method reaches the person.
func (p *person) inScope(r resolution) bool {
	return p.included.in(r) && !(p.excluded.value == audit.Yes || p.excluded.value == audit.Unsure && !r.helps(p.excluded.on))
}
