package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/devices"
)

// refusalKey is all of an attempt that the policies which refuse its sign-in depend on,
// for one person.
type refusalKey struct {
	r             resolution
	scene         sceneKey
	auth          auth
	surface       Surface
	enrols, stale bool
	offered       string // the model to be registered, where the wizard offers it
}

func (e *engine) refusalKey(p *person, r resolution, a *attempt) refusalKey {
	k := refusalKey{
		r: r, scene: e.sceneOf(p, a), auth: a.auth, surface: a.surface, enrols: a.enrols,
		stale: p.stale && slices.Contains(a.steps, DeleteStale),
	}
	if a.surface == Interrupt {
		k.offered = a.credential.aaguid
	}
	return k
}

// policyObstaclesOnce remembers them: many attempts differ only in the passkey. The list
// is shared.
func (e *engine) policyObstaclesOnce(p *person, r resolution, a *attempt) []obstacle {
	k := e.refusalKey(p, r, a)
	if list, known := e.memoryOf(p).refusals[k]; known {
		return list
	}
	list := e.policyObstacles(p, r, a, false)
	e.memoryOf(p).refusals[k] = list
	return list
}

// policyObstacles lists the Conditional Access policies that refuse the sign-in of
// an attempt.
func (e *engine) policyObstacles(p *person, r resolution, a *attempt, enough bool) []obstacle {
	s := e.scene(e.sceneOf(p, a))
	if a.auth == withFirst && p.risk != "" && !a.dismissed {
		// Microsoft keeps people at risk from registering a method. Source: MMP
		// (managed-policies, 2025-11-06), sign-in code 53004.
		return []obstacle{{reasons: []Reason{RiskBlocked}}}
	}
	if a.auth == withHello || a.auth == withPassHello || a.auth == withNewHello {
		if refused := e.helloRefusals(p, r, a); len(refused) > 0 {
			return refused
		}
	}
	applies := e.applyingOnce(p, r, s)
	certain, unsure, gaps := applies.certain, applies.unsure, applies.gaps
	if len(unsure) == 0 {
		return e.refusals(p, r, a, s, certain, enough)
	}
	// Whether a policy with a strength on the register action applies cuts both ways:
	// it demands, and it takes strengths of other policies out.
	help := r.helps(gaps)
	var chosen []obstacle
	for sub := range 1 << len(unsure) {
		list := slices.Clone(certain)
		for j, i := range unsure {
			if sub&(1<<j) != 0 {
				list = append(list, i)
			}
		}
		if got := e.refusals(p, r, a, s, list, false); sub == 0 || help == (len(got) < len(chosen)) && len(got) != len(chosen) {
			chosen = got
		}
	}
	return chosen
}

// mostUnsure bounds how many policies are tried both ways; the rest count as
// applying.
const mostUnsure = 4

// applying are the policies that apply to a person in a scene: certainly, or where what
// is not known hurts; and those on which it cuts both ways.
type applying struct {
	certain, unsure []int
	gaps            gap // why the unsure are
}

type applyingKey struct {
	r     resolution
	scene *scene
}

// applyingOnce remembers them: attempts share scenes.
func (e *engine) applyingOnce(p *person, r resolution, s *scene) applying {
	k := applyingKey{r, s}
	m := e.memoryOf(p)
	a, known := m.applying[k]
	if !known {
		certain, unsure, gaps := e.applying(p, r, s)
		from, middle := len(m.positions), len(m.positions)+len(certain)
		m.positions = append(append(m.positions, certain...), unsure...)
		a = applying{m.positions[from:middle:middle], m.positions[middle:len(m.positions):len(m.positions)], gaps}
		m.applying[k] = a
	}
	return a
}

func (e *engine) applying(p *person, r resolution, s *scene) (certain, unsure []int, gaps gap) {
	certain = e.certain[:0]
	defer func() { e.certain = certain }()
	for i := range e.m.policies {
		if slices.Contains(e.change, i) {
			continue
		}
		switch v := e.reach(p, i).value.And(s.match[i]); {
		case v == audit.Yes:
			certain = append(certain, i)
		case v == audit.Unsure && e.m.policies[i].register && len(e.m.policies[i].strengths) > 0 && len(unsure) < mostUnsure:
			unsure = append(unsure, i)
			gaps |= e.why(p, s, i)
		case v == audit.Unsure && !r.helps(e.why(p, s, i)):
			certain = append(certain, i)
		}
	}
	return certain, unsure, gaps
}

func (e *engine) sceneOf(p *person, a *attempt) sceneKey {
	k := sceneKey{purpose: register, os: a.os, device: a.device, place: a.place}
	if a.surface == InApp {
		k.purpose = inApp
	}
	if p.risk != "" && !a.dismissed {
		k.risk = p.risk
	}
	return k
}

// refusals judges the policies that apply. It stops at the first that refuses, without
// saying why, where enough is true.
func (e *engine) refusals(p *person, r resolution, a *attempt, s *scene, applying []int, enough bool) []obstacle {
	first := slices.ContainsFunc(applying, func(i int) bool { return e.m.policies[i].register && len(e.m.policies[i].strengths) > 0 })
	// To have a method hurts where strengths count for those who have one, and helps
	// where the password is to be changed. A passkey is one once policy admits it.
	usable := e.anyUsable(p, r)
	hasMethods := usable || p.registered.value == audit.Yes || p.registered.value == audit.Unsure && !r.helps(p.registered.on)
	couldChange := usable || p.registered.in(r)
	switch {
	case p.stale && slices.Contains(a.steps, DeleteStale):
		hasMethods, couldChange = false, false
	case a.auth == withFirst || a.auth == withHello || a.auth == withPassHello || a.auth == withNewHello:
		hasMethods, couldChange = true, true
	}
	if p.staleKey && hasMethods && (a.auth == withNewMulti || a.auth == withNewOnce) && e.strengthAmong(applying) {
		// Under a strength Entra insists on a passkey that is still registered, whatever
		// pass there is: a public test matrix of 2026 (COM2), UNCERTAIN. Deleting it is
		// the way in any case.
		return []obstacle{{reasons: []Reason{StrengthUnsatisfiable}}}
	}
	using := e.using(p, r, *a, a.auth)
	var least []obstacle
	for j, aaguid := range e.ownModels(p, r, using) {
		var list []obstacle
		for _, i := range applying {
			w := e.waiver(a, i, first, hasMethods)
			v := factOf(e.satisfied(s, i, using, aaguid, w, a.credential.aaguid), e.controlGap(i, aaguid)).in(r)
			switch {
			case !v && enough:
				list = append(list, obstacle{})
			case !v:
				list = append(list, obstacle{e.reasons(s, i, using, aaguid, w, a.credential.aaguid), e.policyFixes(i)})
			case !couldChange && e.demandsPasswordChange(i):
				// Changing the password needs a method registered before. Source: GRT
				// (concept-conditional-access-grant, 2026-03-24).
				list = append(list, obstacle{[]Reason{RiskBlocked}, []int{i}})
			case a.auth == withFirst && !e.firstAllowed(s, i, using, r):
				list = append(list, obstacle{[]Reason{NoBootstrapMethod, StrengthUnsatisfiable}, e.policyFixes(i)})
			}
			if enough && len(list) > 0 {
				break
			}
		}
		if j == 0 || len(list) < len(least) {
			least = list
		}
		if len(least) == 0 {
			break
		}
	}
	return least
}

func (e *engine) strengthAmong(applying []int) bool {
	return slices.ContainsFunc(applying, func(i int) bool { return len(e.m.policies[i].strengths) > 0 })
}

// waiver says which strengths of a policy do not count on a surface. In the wizard a
// strength on the register action goes before those of other policies, and one on
// all resources is what the wizard offers a passkey for, to somebody who has a
// method. In Security info the same is documented for nobody; it is taken to hold
// for people without a method. In the app every strength counts. Sources: STH
// (concept-authentication-strength-how-it-works, 2025-03-17), AUT
// (how-to-enable-authenticator-passkey, 2026-07-05).
func (e *engine) waiver(a *attempt, i int, registerStrength, hasMethods bool) waiver {
	if e.m.policies[i].register || a.surface == InApp {
		return waiveNone
	}
	switch a.surface {
	case Interrupt:
		switch {
		case registerStrength:
			return waiveAll
		case (a.auth == withMethods || a.auth == withFirst || a.auth == withHello) && !e.m.switches.NoInterruptRegistration:
			return waiveOffered
		}
	case SecurityInfo:
		if registerStrength && (!hasMethods || e.m.switches.ManageModeRegisterOnly) {
			return waiveAll
		}
	}
	return waiveNone
}

// ownModels are the models with which the person may sign in where a passkey is
// used.
func (e *engine) ownModels(p *person, r resolution, using modes) []string {
	var list []string
	if using&fido2 != 0 {
		for _, k := range p.keys {
			if e.usable(p, k).in(r) && !slices.Contains(list, k.AAGUID) {
				list = append(list, k.AAGUID)
			}
		}
	}
	if len(list) == 0 {
		list = append(list, unnamed)
	}
	return list
}

func (e *engine) controlGap(i int, aaguid string) gap {
	switch {
	case len(e.m.policies[i].strengths) == 0:
		return gapPolicies
	case e.m.strengthsKnown:
		return e.keyGap(aaguid)
	default:
		return gapStrengths
	}
}

func (e *engine) demandsPasswordChange(i int) bool {
	p := &e.m.policies[i]
	return slices.ContainsFunc(p.Controls(), func(c conditionalaccess.Control) bool {
		return c.Kind() == conditionalaccess.PasswordChangeControl && p.Requires(c)
	})
}

// firstAllowed tells whether a policy lets somebody register a classic method after
// a password alone. Demanded on the register action, multifactor authentication has
// to be there before; demanded on all resources, it is what the wizard registers the
// method for, if the method is one that counts. Sources: REG
// (policy-all-users-security-info-registration, 2025-04-01), CMB
// (concept-registration-mfa-sspr-combined, 2024-10-01).
func (e *engine) firstAllowed(s *scene, i int, using modes, r resolution) bool {
	k, keyed := e.metKey(i, using, unnamed, waiveNone, unnamed)
	keyed = keyed && e.asIs()
	v, known := s.first[k]
	if !keyed || !known {
		v = e.firstMet(s, i, using)
	}
	if keyed && !known {
		s.first[k] = v
	}
	return factOf(v, gapPolicies).in(r)
}

// firstMet tells whether a policy's grant lets a classic method be registered first.
func (e *engine) firstMet(s *scene, i int, using modes) audit.Tri {
	before, after := s.in, s.in
	before.Using, after.Using = e.names(using&(password|federatedSingle)), e.names(using)
	p := &e.m.policies[i]
	return p.Satisfied(&before, func(c conditionalaccess.Control) bool {
		if e.lenient == i+1 && c.Kind() != conditionalaccess.StrengthControl {
			return true
		}
		if k := c.Kind(); p.register || k != conditionalaccess.MFAControl && k != conditionalaccess.StrengthControl || e.m.switches.MFABlocksFirstMethod {
			return false
		}
		return c.Met(&after) == audit.Yes || e.changed(StrengthBlocker, c.StrengthID())
	})
}

// reasons names why a policy refuses.
func (e *engine) reasons(s *scene, i int, using modes, aaguid string, w waiver, offered string) []Reason {
	in := s.in
	in.Using, in.AAGUID = e.names(using), aaguidOf(aaguid)
	p := &e.m.policies[i]
	var list []Reason
	for _, c := range p.Controls() {
		if c.Met(&in) == audit.Yes || len(p.strengths) > 0 && w == waiveAll && c.Kind() == conditionalaccess.StrengthControl {
			continue
		}
		reason := RegistrationBlockedByPolicy
		switch c.Kind() {
		case conditionalaccess.MFAControl, conditionalaccess.StrengthControl:
			reason = StrengthUnsatisfiable
		case conditionalaccess.CompliantDeviceControl, conditionalaccess.HybridDeviceControl:
			reason = DeviceControlUnsatisfiable
		case conditionalaccess.ApprovedAppControl, conditionalaccess.AppProtectionControl:
			reason = AppControlUnsatisfiable
		case conditionalaccess.BlockControl:
			switch {
			case p.Conditional(conditionalaccess.UserRisk) && s.key.risk != "":
				reason = RiskBlocked
			case p.Conditional(conditionalaccess.Locations):
				reason = LocationBlocked
			}
		}
		if !slices.Contains(list, reason) {
			list = append(list, reason)
		}
	}
	return list
}

// everyday are the systems on which the person signs in to everyday things: those of
// devices in evidence and of recorded sign-ins, or a Windows computer. Where devices were not read, it may be any.
func (e *engine) everyday(p *person, r resolution) []devices.OS {
	if p.devicesKnown.value == audit.Unsure && !r.helps(p.devicesKnown.on) && !p.oneSystem {
		return devices.Systems[:]
	}
	var list []devices.OS
	for _, os := range devices.Systems {
		if p.systems[os] {
			list = append(list, os)
		}
	}
	if len(list) == 0 {
		list = append(list, devices.Windows)
	}
	return list
}
