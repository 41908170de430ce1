package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// obstacle is something that an attempt meets. Changing any one of its fixes takes
// it away; an obstacle without any cannot be changed by policy.
type obstacle struct {
	reasons []Reason
	fixes   []int // objects of the model
}

func (e *engine) changed(t BlockerType, id string) bool {
	if len(e.change) == 0 {
		return false
	}
	i, known := e.m.byID[Blocker{t, id}]
	return known && slices.Contains(e.change, i)
}

// obstacles lists what an attempt meets, with gaps settled.
func (e *engine) obstacles(p *person, r resolution, a *attempt) []obstacle {
	list := append(e.methodObstacles(r), e.ownObstacles(p, r, a)...)
	if a.enrols {
		list = append(list, e.enrolRefusals(p, r, a)...)
	}
	return append(list, e.policyObstaclesOnce(p, r, a)...)
}

// methodObstacles are those that every attempt meets: the method, or registering it
// oneself, is off.
func (e *engine) methodObstacles(r resolution) []obstacle {
	if len(e.change) > 0 && e.changed(MethodBlocker, entra.MethodFido2) {
		return nil
	}
	var list []obstacle
	if !e.m.method.in(r) {
		list = append(list, obstacle{[]Reason{MethodDisabled}, []int{e.m.byID[Blocker{MethodBlocker, entra.MethodFido2}]}})
	}
	if !e.m.selfService.in(r) {
		list = append(list, obstacle{[]Reason{SelfServiceOff}, []int{e.m.byID[Blocker{MethodBlocker, entra.MethodFido2}]}})
	}
	return list
}

// ownObstacles are those that an attempt meets wherever it is made.
func (e *engine) ownObstacles(p *person, r resolution, a *attempt) []obstacle {
	var list []obstacle
	if o, met := e.passObstacle(p, r, a); met {
		list = append(list, o)
	}
	if a.auth == withMethods && !e.using(p, r, *a, withMethods).multifactor() {
		o := obstacle{reasons: []Reason{PasskeyNotAllowedAnymore}}
		for _, k := range p.keys {
			o.fixes = append(o.fixes, e.keyFixes(p, r, k)...)
		}
		list = append(list, o)
	}
	if o, met := e.credentialObstacleOnce(p, r, a); met {
		list = append(list, o)
	}
	return list
}

// passObstacle tells whether the pass that the attempt needs can be issued and used,
// or the one that is held.
func (e *engine) passObstacle(p *person, r resolution, a *attempt) (obstacle, bool) {
	held := a.auth == withPass || a.auth == withPassHello
	switch {
	case e.changed(PassBlocker, entra.MethodTemporaryAccessPass), held && e.heldPasses(p, r) != 0:
		return obstacle{}, false
	case !held && a.auth != withNewMulti && a.auth != withNewOnce && a.auth != withNewHello:
		return obstacle{}, false
	}
	fix := []int{e.m.byID[Blocker{PassBlocker, entra.MethodTemporaryAccessPass}]}
	switch {
	case !e.m.passOn.in(r):
		return obstacle{[]Reason{TapDisabled}, fix}, true
	case !p.pass.in(r):
		return obstacle{[]Reason{TapNotInScope}, fix}, true
	case held, a.auth == withNewMulti && !e.m.passMany.in(r):
		return obstacle{[]Reason{StrengthUnsatisfiable}, fix}, true // passes of this kind are not accepted
	}
	return obstacle{}, false
}

// credentialKey is what whether a passkey may be registered depends on, for one person.
type credentialKey struct {
	r          resolution
	credential int // its number; all without one are alike
	inApp      bool
}

type credentialAnswer struct {
	obstacle obstacle
	met      bool
}

// credentialObstacleOnce remembers what does not depend on how and where somebody signs
// in.
func (e *engine) credentialObstacleOnce(p *person, r resolution, a *attempt) (obstacle, bool) {
	k := credentialKey{r, a.credential.number, a.surface == InApp}
	if got, known := e.memoryOf(p).answers[k]; known {
		return got.obstacle, got.met
	}
	o, met := e.credentialObstacle(p, r, a)
	e.memoryOf(p).answers[k] = credentialAnswer{o, met}
	return o, met
}

// credentialObstacle tells whether the passkey may be registered, and would satisfy
// the strengths that the person faces every day.
func (e *engine) credentialObstacle(p *person, r resolution, a *attempt) (obstacle, bool) {
	admitted, unattested := false, false
	var fixes []int
	c := a.credential.passkey(a.surface == InApp)
	for i, profile := range e.m.profiles {
		applies := p.profiles[i]
		if applies.value == audit.No {
			continue
		}
		if slices.Contains(e.change, e.m.profileBlocker(i)) && applies.in(r) {
			admitted = true
			continue
		}
		if f := factOf(profile.AllowsRegistration(c), gapMethodsPolicy); applies.in(r) && f.in(r) {
			admitted = true
		}
		unattested = unattested || profile.AllowsSignIn(c) == audit.Yes && profile.AllowsRegistration(c) == audit.No
		fixes = append(fixes, e.m.profileBlocker(i))
	}
	if e.m.unread && r.helps(gapMethodsPolicy) {
		admitted = true
	}
	if e.profileless(p) {
		fixes, admitted = []int{e.m.byID[Blocker{MethodBlocker, entra.MethodFido2}]}, e.changed(MethodBlocker, entra.MethodFido2)
	}
	if !admitted {
		reason := ProfileRejects
		if unattested {
			reason = AttestationRequired
		}
		return obstacle{[]Reason{reason}, fixes}, true
	}
	if refusing := e.refusing(p, r, a.credential.aaguid); len(refusing) > 0 {
		o := obstacle{reasons: []Reason{StrengthUnsatisfiable}}
		// Another model may satisfy them, if a profile admitted it.
		for i := range e.m.profiles {
			if p.profiles[i].value != audit.No && !slices.Contains(e.change, e.m.profileBlocker(i)) && e.m.profiles[i].KeyRestrictions != nil {
				o.fixes = append(o.fixes, e.m.profileBlocker(i))
			}
		}
		for _, at := range refusing {
			o.fixes = append(o.fixes, at.fixes...)
		}
		return o, true
	}
	return obstacle{}, false
}

// profileless tells whether the targets that reach the person name no profile that
// exists. Then it is the targets that have to change, and they belong to the method.
func (e *engine) profileless(p *person) bool {
	return !e.m.unread && !slices.ContainsFunc(p.profiles, func(f fact3) bool { return f.value != audit.No })
}

// refusing lists the strengths of everyday sign-ins that a passkey of a model does
// not satisfy. Office 365, on every system the person is seen on.
func (e *engine) refusing(p *person, r resolution, aaguid string) []obstacle {
	var list []obstacle
	for _, os := range e.everyday(p, r) {
		s := e.scene(sceneKey{purpose: ordinary, os: os})
		for i := range e.m.policies {
			pol := &e.m.policies[i]
			if len(pol.strengths) == 0 || slices.Contains(e.change, i) || !e.applies(p, r, s, i) {
				continue
			}
			if !e.strengthsMet(s, i, r, aaguid) {
				list = append(list, obstacle{[]Reason{StrengthUnsatisfiable}, e.policyFixes(i)})
			}
		}
	}
	return list
}

// strengthsMet tells whether a passkey satisfies the strengths of a policy, or a
// control that is enough without them.
func (e *engine) strengthsMet(s *scene, i int, r resolution, aaguid string) bool {
	pol := &e.m.policies[i]
	for _, c := range pol.strengths {
		if e.strengthsChanged && e.changed(StrengthBlocker, c.StrengthID()) || factOf(e.admits(c, aaguid), e.keyGap(aaguid)).in(r) {
			continue
		}
		if pol.Requires(c) {
			return false
		}
		return factOf(e.satisfied(s, i, fido2, aaguid, waiveNone, ""), gapPolicies).in(r)
	}
	return true
}

// keyGap is why it may not be known whether a passkey meets a strength.
func (e *engine) keyGap(aaguid string) gap {
	switch {
	case !e.m.strengthsKnown:
		return gapStrengths
	case aaguid == unnamed:
		return gapMethods
	default:
		return gapPolicies
	}
}

// policyFixes are the objects behind a policy: itself, and its custom strengths.
func (e *engine) policyFixes(i int) []int {
	fixes := []int{i}
	for _, c := range e.m.policies[i].strengths {
		if n, custom := e.m.strengthBlocker(c.StrengthID()); custom {
			fixes = append(fixes, n)
		}
	}
	return fixes
}

// applies tells whether a policy applies to the person in a scene; what is not known
// hurts where it applies.
func (e *engine) applies(p *person, r resolution, s *scene, i int) bool {
	v := e.reach(p, i).value.And(s.match[i])
	return v == audit.Yes || v == audit.Unsure && !r.helps(e.why(p, s, i))
}

// why is the gap because of which it is not known whether a policy applies.
func (e *engine) why(p *person, s *scene, i int) gap {
	var g gap
	if f := e.reach(p, i); f.value == audit.Unsure {
		g |= f.on
	}
	if s.match[i] == audit.Unsure {
		if e.m.locations != 0 && e.m.policies[i].Conditional(conditionalaccess.Locations) {
			return g | e.m.locations
		}
		return g | gapPolicies
	}
	return g
}

func (e *engine) reach(p *person, i int) fact3 { return p.reach[e.m.policies[i].index] }
