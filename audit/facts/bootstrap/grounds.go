package bootstrap

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

// Grounds is the fact that gathers what the search rests on, for any world and goal.
var Grounds = &audit.Fact[*Given]{
	Name: "bootstrap.Grounds",
	Doc:  "accounts divided into classes that nothing tells apart on the way to a passkey, with what is known of each",
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies}, {Section: snapshot.NamedLocations}, {Section: snapshot.AuthenticationStrengths},
		{Section: snapshot.Users}, {Section: snapshot.Groups}, {Section: snapshot.GroupMembers},
		// Refined by: without roles, devices or risks fewer people are told apart, and what
		// that leaves open is said person by person.
		{Section: snapshot.RoleAssignments, Gap: audit.Refines}, {Section: snapshot.Devices, Gap: audit.Refines},
		{Section: snapshot.ManagedDevices, Gap: audit.Refines}, {Section: snapshot.RiskyUsers, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{
		population.Users, population.Groups, access.Policies, methods.Policy, methods.Holdings, methods.Usable, devices.Inventory, privilege.Eligible, activity.Platforms,
	},
	Derive: gather,
}

// Given is what a tenant's snapshot gives the search.
type Given struct {
	Directory *population.Directory
	Methods   *methods.Effective
	Held      *methods.Held
	Policies  *access.Compiled

	tenant   tenant
	sources  sources
	settings audit.Settings
}

// riskyUser is a row of riskyUsers.
type riskyUser struct {
	ID    string `json:"id"`
	Level string `json:"riskLevel"`
	State string `json:"riskState"`
}

func gather(ctx context.Context, p *audit.Pass) (*Given, error) {
	g := &Given{settings: p.Settings()}
	var err error
	if g.Directory, err = audit.Get(ctx, p, population.Users); err != nil {
		return nil, err
	}
	if g.Methods, err = audit.Get(ctx, p, methods.Policy); err != nil {
		return nil, err
	}
	if g.Held, err = audit.Get(ctx, p, methods.Holdings); err != nil {
		return nil, err
	}
	if g.Policies, err = audit.Get(ctx, p, access.Policies); err != nil {
		return nil, err
	}
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return nil, err
	}
	owned, err := audit.Get(ctx, p, devices.Inventory)
	if err != nil {
		return nil, err
	}
	eligible, err := audit.Get(ctx, p, privilege.Eligible)
	if err != nil {
		return nil, err
	}
	seen, err := audit.Get(ctx, p, activity.Platforms)
	if err != nil {
		return nil, err
	}
	g.tenant = tenant{set: g.Policies.Set, methods: g.Methods, known: p.Catalogue(), shared: &shared{tries: map[string]*tries{}}}
	if g.tenant.locations, err = audit.Values[entra.NamedLocation](ctx, p, snapshot.NamedLocations); err != nil {
		return nil, err
	}
	if g.tenant.strengths, err = audit.Values[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths); err != nil {
		return nil, err
	}
	hidden := entra.NamedLocation{ODataType: "#microsoft.graph.ipNamedLocation", ID: "mfaTrustedIPs", IsTrusted: new(true), IPRanges: []entra.IPRange{{CIDRAddress: "100.127.77.1/32"}}}
	g.tenant.supposed = g.Policies.Supposing(hidden)
	g.tenant.supposedLocations = append(slices.Clone(g.tenant.locations), hidden)
	risky, err := audit.Values[riskyUser](ctx, p, snapshot.RiskyUsers)
	if err != nil {
		return nil, err
	}
	// States are asked after reading: unreadable rows change them.
	g.tenant.policiesKnown = p.Status(snapshot.ConditionalAccessPolicies).State == snapshot.Complete
	g.tenant.strengthsKnown = p.Status(snapshot.AuthenticationStrengths).State == snapshot.Complete
	if p.Status(snapshot.NamedLocations).State != snapshot.Complete {
		g.tenant.locationsGap = gapLocations
	}
	g.sources = sources{
		dir: g.Directory, methods: g.Methods, held: g.Held, strong: strong, owned: owned, seen: seen, reach: g.Policies.Reach, activated: g.Policies.Activated(eligible),
		atRisk: riskLevels(risky, g.Directory), now: p.Now(), devices: deviceGaps(p, owned),
	}
	if pk := g.Methods.Passkeys; pk != nil {
		g.sources.scope = pk.InScope()
	}
	reachGap := gapGroups
	switch {
	case p.Status(snapshot.Groups).State == snapshot.Complete && p.Status(snapshot.GroupMembers).WholeInView() &&
		p.Status(snapshot.RoleAssignments).State != snapshot.Complete:
		reachGap = gapRoles
	case !p.Status(snapshot.Users).WholeInView():
		reachGap = gapUsers
	}
	g.sources.gaps = make([]gap, len(g.Policies.Reach))
	for i := range g.sources.gaps {
		g.sources.gaps[i] = reachGap
	}
	groups, err := audit.Get(ctx, p, population.Groups)
	if err != nil {
		return nil, err
	}
	g.sources.lanes = g.lanes(groups)
	g.tenant.reachGap = func(i int) gap { return g.sources.gaps[i] }
	return g, nil
}

// deviceGaps says which sections on devices were not read in full. Without Intune
// there are no managed devices, which is an answer too.
func deviceGaps(p *audit.Pass, owned *devices.Owned) gap {
	var g gap
	if !p.Status(snapshot.Devices).WholeInView() || owned.Ownerless {
		g |= gapDevices
	}
	if s := p.Status(snapshot.ManagedDevices); !s.WholeInView() && s.State != snapshot.Unlicensed {
		// What policies see is the directory's device.
		if g != 0 {
			g |= gapManagedDevices
		}
	}
	return g
}

func riskLevels(rows []riskyUser, dir *population.Directory) map[string]audit.Set {
	builders := map[string]*audit.Builder{}
	for _, r := range rows {
		n, known := dir.Ordinal(r.ID)
		level := strings.ToLower(r.Level)
		if state := strings.ToLower(r.State); !known || state != "atrisk" && state != "confirmedcompromised" || level == "" || level == "none" {
			continue
		}
		if builders[level] == nil {
			builders[level] = &audit.Builder{}
		}
		builders[level].Add(n)
	}
	sets := map[string]audit.Set{}
	for level, b := range builders {
		sets[level] = b.Set()
	}
	return sets
}
