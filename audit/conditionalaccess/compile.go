package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// State is what a policy's state means for a sign-in.
type State uint8

const (
	// StateUnknown: a state this program does not know. The policy may or may not
	// be enforced.
	StateUnknown State = iota
	Enabled
	ReportOnly // evaluated, never enforced (RPT, 2025-03-12)
	Disabled
)

// Tenant is what policies are compiled with.
type Tenant struct {
	Policies  []entra.ConditionalAccessPolicy
	Locations []entra.NamedLocation
	// LocationsComplete is false where named locations may be missing.
	LocationsComplete bool
	Strengths         []entra.AuthenticationStrengthPolicy
	// PoliciesComplete is false where policies may be missing: then nothing can be
	// said to be granted.
	PoliciesComplete bool
	// ApprovedApplicationRetired: what a policy with the control approvedApplication
	// does is not known any more.
	ApprovedApplicationRetired bool
}

// Set is the compiled policies of a tenant. It is safe for concurrent use.
type Set struct {
	Policies []*Policy
	complete bool
	retired  bool // the control approvedApplication
	problems []Problem
}

// Policy is one compiled policy.
type Policy struct {
	ID, Name  string
	StateText string // as Graph spells it
	State     State

	target target
	tests  [conditionCount]test // nil matches everything; users and target are apart
	grant  grant

	// Unmodelled names what in the conditions is not modelled.
	Unmodelled []string
	strange    [conditionCount]bool // has such members: what it says no to may be in them
	// Session lists session controls that are on; they impose no grant.
	Session  []string
	approved bool // has the control approvedApplication
	trusted  bool // names all trusted locations
}

// Problem is something in a policy, or in what policies refer to, that is not
// modelled or does not make sense. What it touches is judged as unknown.
type Problem struct {
	PolicyID, Policy string // empty for a location
	Where            string // such as conditions.devices.deviceFilter
	What             string
}

// Compile parses policies. It never fails: what cannot be understood becomes a
// problem, and unknown in every decision it could change.
func Compile(t Tenant) *Set {
	s := &Set{complete: t.PoliciesComplete, retired: t.ApprovedApplicationRetired}
	places := compilePlaces(t.Locations, t.LocationsComplete, func(id, what string) {
		s.problems = append(s.problems, Problem{Where: "namedLocation " + id, What: what})
	})
	strengths := compileStrengths(t.Strengths)
	for i := range t.Policies {
		s.Policies = append(s.Policies, s.compile(&t.Policies[i], places, strengths))
	}
	return s
}

// Problems lists what in the policies is not modelled, in the order of policies.
func (s *Set) Problems() []Problem { return slices.Clone(s.problems) }

func (s *Set) compile(p *entra.ConditionalAccessPolicy, places *places, strengths *strengths) *Policy {
	out := &Policy{ID: p.ID, Name: p.DisplayName, StateText: p.State}
	problem := func(where, what string) {
		s.problems = append(s.problems, Problem{PolicyID: p.ID, Policy: p.DisplayName, Where: where, What: what})
	}
	switch strings.ToLower(p.State) {
	case "enabled":
		out.State = Enabled
	case "disabled":
		out.State = Disabled
	case "enabledforreportingbutnotenforced":
		out.State = ReportOnly
	default:
		problem("state", "the state \""+p.State+"\" is not known")
		out.tests[PolicyState] = func(*SignIn) answer { return unsure }
	}
	note := func(c Condition, where string, raw entra.Raw) {
		for _, name := range unmodelled(raw) {
			if where == "" && slices.Contains(harmless, name) {
				continue
			}
			path := strings.TrimPrefix(where+"."+name, ".")
			out.Unmodelled = append(out.Unmodelled, path)
			out.strange[c] = true
			problem(path, "not modelled")
		}
	}
	note(Other, "", p.Unmodelled)
	c := p.Conditions
	if c == nil {
		c = &entra.ConditionalAccessConditions{}
		problem("conditions", "there are none: the policy reaches nobody")
	}
	note(Other, "conditions", c.Unmodelled)
	if u := c.Users; u != nil {
		note(Users, "conditions.users", u.Unmodelled)
		for _, g := range []*entra.ConditionalAccessGuests{u.IncludeGuestsOrExternalUsers, u.ExcludeGuestsOrExternalUsers} {
			if g == nil {
				continue
			}
			note(Users, "conditions.users.guestsOrExternalUsers", g.Unmodelled)
			if g.ExternalTenants != nil {
				note(Users, "conditions.users.guestsOrExternalUsers.externalTenants", g.ExternalTenants.Unmodelled)
			}
			guestProblems(g, problem)
		}
		for _, id := range slices.Concat(u.IncludeUsers, u.ExcludeUsers) {
			if !IsUserToken(id) && !IsID(id) {
				problem("conditions.users", "\""+id+"\" is neither a user id nor a name this program knows")
			}
		}
		for _, id := range slices.Concat(u.IncludeGroups, u.ExcludeGroups, u.IncludeRoles, u.ExcludeRoles) {
			if !IsID(id) {
				problem("conditions.users", "\""+id+"\" is no id of a group or role")
			}
		}
	}
	if ForWorkloads(c) {
		problem("conditions.clientApplications", "policies for workload identities reach no people and are not judged")
	}
	if len(c.ServicePrincipalRiskLevels) > 0 && !ForWorkloads(c) {
		const path = "conditions.servicePrincipalRiskLevels"
		out.Unmodelled = append(out.Unmodelled, path)
		problem(path, "a risk of workload identities in a policy for people is not modelled")
	}
	out.target = compileTarget(c.Applications, problem)
	if c.Applications != nil {
		note(Applications, "conditions.applications", c.Applications.Unmodelled)
	}
	out.tests[ClientAppTypes] = clientAppTest(c.ClientAppTypes, problem)
	out.tests[Platforms] = platformTest(c.Platforms, problem)
	if c.Platforms != nil {
		note(Platforms, "conditions.platforms", c.Platforms.Unmodelled)
	}
	out.tests[Locations] = locationTest(c.Locations, places, problem)
	if c.Locations != nil {
		out.trusted = slices.ContainsFunc(slices.Concat(c.Locations.IncludeLocations, c.Locations.ExcludeLocations),
			func(id string) bool { return strings.EqualFold(id, "AllTrusted") || id == mfaTrustedIPs })
		note(Locations, "conditions.locations", c.Locations.Unmodelled)
	}
	out.tests[Devices] = compileDevices(c.Devices, problem)
	if c.Devices != nil {
		note(Devices, "conditions.devices", c.Devices.Unmodelled)
		if c.Devices.DeviceFilter != nil {
			note(Devices, "conditions.devices.deviceFilter", c.Devices.DeviceFilter.Unmodelled)
		}
	}
	out.tests[SignInRisk] = levelTest(MemberSignInRisk, func(s *SignIn) Input { return s.SignInRisk }, c.SignInRiskLevels, riskLevels,
		"conditions.signInRiskLevels", problem)
	out.tests[UserRisk] = levelTest(MemberUserRisk, func(s *SignIn) Input { return s.UserRisk }, c.UserRiskLevels, riskLevels,
		"conditions.userRiskLevels", problem)
	out.tests[InsiderRisk] = levelTest(MemberInsiderRisk, func(s *SignIn) Input { return s.InsiderRisk }, c.InsiderRiskLevels.Members(), insiderLevels,
		"conditions.insiderRiskLevels", problem)
	if f := c.AuthenticationFlows; f != nil {
		note(AuthenticationFlows, "conditions.authenticationFlows", f.Unmodelled)
		out.tests[AuthenticationFlows] = flowTest(f.TransferMethods, problem)
	}
	if len(out.Unmodelled) > 0 {
		out.tests[Other] = func(*SignIn) answer { return unsure }
	}
	out.Session = sessionControls(p.SessionControls, problem)
	out.grant = compileGrant(p.GrantControls, strengths, problem)
	if p.GrantControls != nil {
		out.approved = slices.ContainsFunc(p.GrantControls.BuiltInControls, func(n string) bool { return strings.EqualFold(n, "approvedApplication") })
	}
	if out.approved && s.retired {
		out.grant.retire(problem)
	}
	return out
}

// guestProblems reports choices of guests that an account does not show: where it
// comes from, whether it could use direct connect, kinds that are not known.
func guestProblems(g *entra.ConditionalAccessGuests, problem func(where, what string)) {
	const where = "conditions.users.guestsOrExternalUsers"
	kinds := g.GuestOrExternalUserTypes
	strangers(kinds.Members(), guestKinds, where, problem)
	if kinds.Has("b2bDirectConnectUser") && !(kinds.Has("b2bCollaborationGuest") && kinds.Has("b2bCollaborationMember")) {
		problem(where, "which accounts could use direct connect cannot be told")
	}
	if !g.ExternalTenants.Every() {
		problem(where+".externalTenants", "from which tenant a guest comes is not in the directory")
	}
}

var guestKinds = []string{
	"none", "internalGuest", "b2bCollaborationGuest", "b2bCollaborationMember", "b2bDirectConnectUser", "otherExternalUser", "serviceProvider",
}

// compileDevices compiles the device filter. A rule that cannot be parsed is
// unknown; the problem says where.
func compileDevices(d *entra.ConditionalAccessDevices, problem func(where, what string)) test {
	if d == nil || d.DeviceFilter == nil || d.DeviceFilter.Rule == "" {
		return nil
	}
	f, err := ParseFilter(d.DeviceFilter.Rule)
	if err != nil {
		problem("conditions.devices.deviceFilter", err.Error())
		return func(*SignIn) answer { return unsure }
	}
	if m := strings.ToLower(d.DeviceFilter.Mode); m != "include" && m != "exclude" {
		problem("conditions.devices.deviceFilter", "the mode \""+d.DeviceFilter.Mode+"\" is neither include nor exclude")
	}
	return deviceTest(f, d.DeviceFilter.Mode)
}

// ForWorkloads tells whether a policy is for workload identities; such a policy
// reaches no people. Source: USR (concept-conditional-access-users-groups,
// 2024-01-23).
func ForWorkloads(c *entra.ConditionalAccessConditions) bool { return says(c.ClientApplications) != "" }
