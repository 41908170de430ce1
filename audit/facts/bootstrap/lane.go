package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/population"
)

// Lanes are ways that exist only where the configuration says so. Ways into a group
// are told by the groups that the settings name.
type Lanes struct {
	// Provisioning: administrators provision security keys and hand them over.
	Provisioning bool
	// EnrolDevice: people can enrol a Windows computer, which makes it compliant.
	EnrolDevice bool
}

// intuneEnrollment is Microsoft Intune Enrollment, the resource that people sign in to
// when they enrol a device. Source: GRT (concept-conditional-access-grant,
// 2026-03-24).
const intuneEnrollment = "d4ebce55-015a-49b5-a083-c84d1797ae8c"

// lanes gives the sources as if everybody were in each of the bootstrap groups. Groups
// of which the snapshot knows nothing are named by no policy: joining one changes
// nothing.
func (g *Given) lanes(groups *population.Memberships) []sources {
	var list []sources
	for _, id := range g.settings.BootstrapGroups {
		group := groups.Lookup(id)
		if group.Exists != audit.Yes {
			continue
		}
		joined := groups.Joining(id)
		s := g.sources
		s.group, s.there, s.lanes = group.ID, group.Members.Yes, nil
		s.methods = g.Methods.Joining(joined)
		s.strong = g.sources.strong.Under(s.methods)
		s.reach, s.activated = g.Policies.Joining(joined), nil
		list = append(list, s)
	}
	return list
}

// each makes a variant of a person, and of the person in every lane.
func (p *person) each(vary func(*person) *person) *person {
	q := vary(p)
	if q == nil {
		return nil
	}
	q.lanes = nil
	for _, lane := range p.lanes {
		if l := vary(lane); l != nil {
			q.lanes = append(q.lanes, l)
		}
	}
	return q
}

// open lists the person in every bootstrap group that is worth joining.
func (p *person) open(r resolution) []*person {
	var list []*person
	for _, lane := range p.lanes {
		if !lane.there && lane.inScope(r) {
			list = append(list, lane)
		}
	}
	return list
}

// laneWays lists the cheapest open way of every lane, the cheapest first.
func (e *engine) laneWays(p *person, r resolution) []*attempt {
	var list []*attempt
	if e.m.lanes.Provisioning && e.provisionable(p, r) {
		list = append(list, &attempt{surface: Provisioning, credential: credential{kind: KeyCredential}, steps: []Step{ProvisionKey}, cost: costProvisionKey})
	}
	for _, lane := range p.open(r) {
		if way := e.way(lane, r); way != nil {
			a := *way
			a.lane = lane
			a.steps = append([]Step{AddToGroup}, way.steps...)
			a.cost += costAddToGroup
			list = append(list, &a)
		}
	}
	slices.SortStableFunc(list, func(a, b *attempt) int { return a.cost - b.cost })
	return list
}

// alternatives lists the lanes that are open to somebody who needs an administrator
// or is trapped; provisioned security keys are a choice for everybody without a
// passkey.
func (e *engine) alternatives(p *person, r resolution, s State) []Step {
	var list []Step
	if s == HasPasskey {
		return nil
	}
	add := func(step Step) {
		if !slices.Contains(list, step) {
			list = append(list, step)
		}
	}
	if s != SelfService && e.m.lanes.EnrolDevice && e.enrolWay(p, r) != nil {
		add(EnrolDevice)
	}
	for _, way := range e.laneWays(p, r) {
		if step := way.steps[0]; step == ProvisionKey || s != SelfService {
			add(step)
		}
	}
	return list
}

// enrolWay is the cheapest open way with a computer that is enrolled for it.
func (e *engine) enrolWay(p *person, r resolution) *attempt {
	return e.cheapest(p, r, func(approach *attempt) bool { return approach.enrols })
}

// enrolRefusals lists the policies that refuse the enrolment of the computer: a
// compliant device is not asked for, everything else is. Policies on joining devices
// count too, because enrolment registers the computer. Source: CMP
// (policy-all-users-device-compliance, 2025-04-01). A first method that is yet to be
// registered is not there when the computer is enrolled.
func (e *engine) enrolRefusals(p *person, r resolution, a *attempt) []obstacle {
	s := e.scene(sceneKey{purpose: enrol, os: a.os, place: a.place, risk: e.sceneOf(p, a).risk})
	using := e.using(p, r, *a, a.auth)
	if a.auth == withFirst {
		using = e.using(p, r, *a, withMethods)
	}
	var least []obstacle
	for j, aaguid := range e.ownModels(p, r, using) {
		in := s.in
		in.Using, in.AAGUID = e.names(using), aaguidOf(aaguid)
		var list []obstacle
		for i := range e.m.policies {
			if slices.Contains(e.change, i) || !e.applies(p, r, s, i) {
				continue
			}
			v := e.m.policies[i].Satisfied(&in, func(c conditionalaccess.Control) bool {
				return c.Kind() == conditionalaccess.CompliantDeviceControl ||
					c.Kind() == conditionalaccess.StrengthControl && e.changed(StrengthBlocker, c.StrengthID())
			})
			if !factOf(v, e.controlGap(i, aaguid)).in(r) {
				list = append(list, obstacle{e.reasons(s, i, using, aaguid, waiveNone, ""), e.policyFixes(i)})
			}
		}
		if j == 0 || len(list) < len(least) {
			least = list
		}
	}
	return least
}
