package access

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// Question asks which sign-ins policies let pass: those of somebody who has done
// some methods and no others, by whatever way the policies tell apart.
type Question struct {
	Target conditionalaccess.Target
	// Using are the methods done, as strengths name them.
	Using []string
	// Devices are tried one by one where a policy tells devices apart; else only the
	// first, which should be the one that meets most controls.
	Devices []LabelledDevice
	// Elsewhere leaves out sign-ins from named networks.
	Elsewhere bool
	// Transfers limits the ways of transferring a sign-in that are tried, which are all
	// there are, and none.
	Transfers []string
	// Waive takes some controls as met; nil takes none.
	Waive func(*conditionalaccess.Policy, conditionalaccess.Control) bool
}

// LabelledDevice is a device with a name for people.
type LabelledDevice struct {
	Label  string
	Device conditionalaccess.Device
}

// Way is one value of one condition that policies tell apart.
type Way struct {
	Condition conditionalaccess.Condition
	Label     string
	set       func(*conditionalaccess.SignIn)
	misses    []bool // by policy: the value alone keeps the policy from applying
}

// Coverage is which sign-ins of a question which policy stops.
type Coverage struct {
	ways   [][]Way // by condition
	points [][]int // the index of the way, by condition
	rows   []row
}

// row is all points at which the policies do the same.
type row struct {
	stops  []audit.Tri // by policy
	points []int
}

// mostPoints bounds the sign-ins that are tried. Beyond it, ways that keep the same
// policies from applying are tried once.
const mostPoints = 1 << 16

// Coverage tries every combination of what the policies that could stop a sign-in
// tell apart. A policy stops one that it applies to and whose controls are not met; a
// block stops it too.
func (c *Compiled) Coverage(q Question) *Coverage {
	base := conditionalaccess.SignIn{
		Target: q.Target, Using: q.Using, ApprovedApp: audit.Yes, AppProtection: audit.Yes,
	}
	if len(q.Devices) == 0 {
		q.Devices = []LabelledDevice{{Device: conditionalaccess.Unregistered()}}
	}
	base.Device = q.Devices[0].Device
	var stopping []int
	for i, p := range c.Policies {
		if p.State != conditionalaccess.Disabled && p.State != conditionalaccess.ReportOnly && c.satisfied(q, p, &base) != audit.Yes {
			stopping = append(stopping, i)
		}
	}
	cov := &Coverage{ways: c.waysFor(q, stopping)}
	alone := conditionalaccess.SignIn{Target: q.Target}
	points := 1
	for _, ways := range cov.ways {
		for k := range ways {
			in := alone
			ways[k].set(&in)
			for _, p := range c.Policies {
				ways[k].misses = append(ways[k].misses, p.Matches(&in) == audit.No)
			}
		}
		points *= len(ways)
	}
	if points > mostPoints {
		for d := range cov.ways {
			cov.ways[d] = slices.CompactFunc(sortedByMisses(cov.ways[d]), func(a, b Way) bool { return slices.Equal(a.misses, b.misses) })
		}
	}
	cov.points = product(cov.ways)
	index := map[string]int{}
	for k, point := range cov.points {
		in := base
		for d, w := range point {
			cov.ways[d][w].set(&in)
		}
		stops := make([]audit.Tri, len(c.Policies))
		key := make([]byte, len(c.Policies))
		for i := range c.Policies {
			stops[i] = audit.No
			if slices.Contains(stopping, i) {
				stops[i] = c.Policies[i].Matches(&in).And(c.satisfied(q, c.Policies[i], &in).Not())
			}
			key[i] = byte(stops[i])
		}
		at, seen := index[string(key)]
		if !seen {
			at = len(cov.rows)
			index[string(key)] = at
			cov.rows = append(cov.rows, row{stops: stops})
		}
		cov.rows[at].points = append(cov.rows[at].points, k)
	}
	return cov
}

func (c *Compiled) satisfied(q Question, p *conditionalaccess.Policy, in *conditionalaccess.SignIn) audit.Tri {
	if q.Waive == nil {
		return p.Satisfied(in, nil)
	}
	return p.Satisfied(in, func(control conditionalaccess.Control) bool { return q.Waive(p, control) })
}

// Open gives the kinds of sign-ins that no policy stops, and those of which that is
// not known, for somebody whom some policies reach. A kind is a number for Points.
func (cov *Coverage) Open(users func(i int) audit.Tri) (open, unsure []int) {
	for k, r := range cov.rows {
		stopped := audit.No
		for i, s := range r.stops {
			if s != audit.No {
				stopped = stopped.Or(s.And(users(i)))
			}
		}
		switch stopped {
		case audit.No:
			open = append(open, k)
		case audit.Unsure:
			unsure = append(unsure, k)
		}
	}
	return open, unsure
}

// Points are the sign-ins of one kind, numbers for Misses.
func (cov *Coverage) Points(kind int) []int { return cov.rows[kind].points }

// Stops tells whether a policy stops a kind of sign-ins of people whom it reaches.
func (cov *Coverage) Stops(kind, policy int) audit.Tri { return cov.rows[kind].stops[policy] }

// Misses gives the ways by which a sign-in alone keeps a policy from applying; none
// if the policy's own conditions do not.
func (cov *Coverage) Misses(policy, point int) []Way {
	var list []Way
	for d, w := range cov.points[point] {
		if way := cov.ways[d][w]; way.misses[policy] {
			list = append(list, way)
		}
	}
	return list
}

func sortedByMisses(ways []Way) []Way {
	key := func(w Way) string {
		var b strings.Builder
		for _, m := range w.misses {
			b.WriteByte(map[bool]byte{false: '0', true: '1'}[m])
		}
		return b.String()
	}
	slices.SortStableFunc(ways, func(a, b Way) int { return strings.Compare(key(a), key(b)) })
	return ways
}

// product is all combinations.
func product(ways [][]Way) [][]int {
	all := [][]int{nil}
	for _, list := range ways {
		var next [][]int
		for _, p := range all {
			for w := range list {
				next = append(next, append(slices.Clone(p), w))
			}
		}
		all = next
	}
	return all
}

// texts makes ways of the values of one text.
func texts(cond conditionalaccess.Condition, of func(*conditionalaccess.SignIn) *conditionalaccess.Input, labelled ...string) []Way {
	var list []Way
	for i := 0; i < len(labelled); i += 2 {
		value := labelled[i]
		list = append(list, Way{Condition: cond, Label: labelled[i+1], set: func(s *conditionalaccess.SignIn) { *of(s) = conditionalaccess.Is(value) }})
	}
	return list
}

// waysFor gives the values of every condition, and one where no policy that could
// stop a sign-in has the condition.
func (c *Compiled) waysFor(q Question, stopping []int) [][]Way {
	var all [][]Way
	add := func(cond conditionalaccess.Condition, list []Way) {
		told := slices.ContainsFunc(stopping, func(i int) bool { return c.Policies[i].Conditional(cond) })
		if !told {
			list = list[:1]
		}
		all = append(all, list)
	}
	type signIn = conditionalaccess.SignIn
	type input = *conditionalaccess.Input
	if q.Target.Kind == conditionalaccess.App {
		all = append(all, c.resources(q, stopping))
	}
	add(conditionalaccess.ClientAppTypes, texts(conditionalaccess.ClientAppTypes, func(s *signIn) input { return &s.ClientAppType },
		"browser", "browsers", "mobileAppsAndDesktopClients", "desktop and mobile apps", "exchangeActiveSync", "Exchange ActiveSync", "other", "legacy clients"))
	add(conditionalaccess.Platforms, texts(conditionalaccess.Platforms, func(s *signIn) input { return &s.Platform },
		"windows", "Windows", "macOS", "macOS", "iOS", "iOS", "android", "Android", "linux", "Linux", "windowsPhone", "Windows Phone", "", "systems that Entra does not recognise"))
	add(conditionalaccess.Locations, c.placesFor(q, stopping))
	add(conditionalaccess.SignInRisk, texts(conditionalaccess.SignInRisk, func(s *signIn) input { return &s.SignInRisk },
		"none", "sign-ins without risk", "low", "sign-ins at low risk", "medium", "sign-ins at medium risk", "high", "sign-ins at high risk"))
	add(conditionalaccess.UserRisk, texts(conditionalaccess.UserRisk, func(s *signIn) input { return &s.UserRisk },
		"none", "people at no risk", "low", "people at low risk", "medium", "people at medium risk", "high", "people at high risk"))
	add(conditionalaccess.InsiderRisk, texts(conditionalaccess.InsiderRisk, func(s *signIn) input { return &s.InsiderRisk },
		"none", "people without insider risk", "minor", "people at minor insider risk", "moderate", "people at moderate insider risk", "elevated", "people at elevated insider risk"))
	transfers := texts(conditionalaccess.AuthenticationFlows, func(s *signIn) input { return &s.Transfer },
		"none", "sign-ins without a transfer", "deviceCodeFlow", "device code flow", "authenticationTransfer", "authentication transfer")
	if len(q.Transfers) > 0 {
		transfers = slices.DeleteFunc(transfers, func(w Way) bool {
			var in signIn
			w.set(&in)
			return !slices.Contains(q.Transfers, in.Transfer.Text)
		})
	}
	add(conditionalaccess.AuthenticationFlows, transfers)
	var devices []Way
	for _, d := range q.Devices {
		devices = append(devices, Way{Condition: conditionalaccess.Devices, Label: d.Label, set: func(s *signIn) { s.Device = d.Device }})
	}
	add(conditionalaccess.Devices, devices)
	return all
}

// Examples of the resources that the names of suites stand for: Exchange Online and
// the portals. Source: APP (concept-conditional-access-cloud-apps, 2026-01-26).
var suiteExamples = map[string]string{
	"office365":             "00000002-0000-0ff1-ce00-000000000000",
	"microsoftadminportals": "c44b4083-3bb0-49c1-b47d-974e53cbdf3c",
}

// resources are the resource asked about and those that policies on all resources
// exclude.
func (c *Compiled) resources(q Question, stopping []int) []Way {
	way := func(id, label string) Way {
		return Way{Condition: conditionalaccess.Applications, Label: label, set: func(s *conditionalaccess.SignIn) {
			s.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: id}
		}}
	}
	list := []Way{way(q.Target.ID, "other resources")}
	seen := map[string]bool{}
	for _, i := range stopping {
		conditions := c.policies[i].Conditions
		if conditions == nil || conditions.Applications == nil {
			continue
		}
		a := conditions.Applications
		if !slices.ContainsFunc(a.IncludeApplications, func(id string) bool { return strings.EqualFold(id, "All") }) {
			continue
		}
		for _, name := range a.ExcludeApplications {
			id := strings.ToLower(name)
			if seen[id] || id == "none" {
				continue
			}
			seen[id] = true
			if example := suiteExamples[id]; example != "" {
				id = example
			}
			list = append(list, way(id, name))
		}
	}
	return list
}

// placesFor are a place of every named location that the policies name, and one
// outside all of them.
func (c *Compiled) placesFor(q Question, stopping []int) []Way {
	outside, other := c.elsewhere()
	place := func(label string, ip netip.Addr, country conditionalaccess.Input) Way {
		return Way{Condition: conditionalaccess.Locations, Label: label, set: func(s *conditionalaccess.SignIn) { s.IP, s.Country = ip, country }}
	}
	list := []Way{place("places without a name", outside, conditionalaccess.Is(other))}
	named, trusted := map[string]bool{}, false
	for _, i := range stopping {
		if conditions := c.policies[i].Conditions; conditions != nil && conditions.Locations != nil {
			for _, id := range slices.Concat(conditions.Locations.IncludeLocations, conditions.Locations.ExcludeLocations) {
				named[strings.ToLower(id)] = true
				trusted = trusted || strings.EqualFold(id, "AllTrusted")
			}
		}
	}
	countries := false
	for i := range c.tenant.Locations {
		l := &c.tenant.Locations[i]
		isTrusted := l.IsTrusted != nil && *l.IsTrusted
		if !named[strings.ToLower(l.ID)] && !(trusted && isTrusted) {
			continue
		}
		if len(l.CountriesAndRegions) > 0 {
			countries = true
			list = append(list, place(placeLabel(l), outside, conditionalaccess.Is(strings.ToUpper(l.CountriesAndRegions[0]))))
			continue
		}
		if q.Elsewhere {
			continue
		}
		for _, r := range l.IPRanges {
			if prefix, err := netip.ParsePrefix(r.CIDRAddress); err == nil {
				// In which country a named network is, is not told.
				list = append(list, place(placeLabel(l), prefix.Masked().Addr(), conditionalaccess.Input{}))
				break
			}
		}
	}
	if countries {
		list = append(list, place("addresses without a country", outside, conditionalaccess.Is("")))
	}
	return list
}

// Elsewhere puts a sign-in outside all named locations.
func (c *Compiled) Elsewhere(in *conditionalaccess.SignIn) {
	address, country := c.elsewhere()
	in.IP, in.Country = address, conditionalaccess.Is(country)
}

// elsewhere is an address in no named network, and a country that no location lists.
func (c *Compiled) elsewhere() (netip.Addr, string) {
	ranges, taken := []netip.Prefix{}, map[string]bool{}
	for i := range c.tenant.Locations {
		l := &c.tenant.Locations[i]
		for _, r := range l.IPRanges {
			if prefix, err := netip.ParsePrefix(r.CIDRAddress); err == nil {
				ranges = append(ranges, prefix)
			}
		}
		for _, country := range l.CountriesAndRegions {
			taken[strings.ToUpper(country)] = true
		}
	}
	// ZZ and XA to XZ are assigned to no country (ISO 3166-1, user-assigned codes).
	other := "ZZ"
	for c := 'A'; c <= 'Z' && taken[other]; c++ {
		other = "X" + string(c)
	}
	return outsideOf(ranges), other
}

func placeLabel(l *entra.NamedLocation) string {
	return fmt.Sprintf("the place %q", cmp.Or(l.DisplayName, l.ID))
}

// outsideOf is an address in none of some ranges; addresses set aside for
// documentation come first (RFC 5737, RFC 3849).
func outsideOf(ranges []netip.Prefix) netip.Addr {
	in := func(a netip.Addr) bool {
		return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Contains(a) })
	}
	for _, text := range []string{"203.0.113.77", "198.51.100.77", "192.0.2.77", "2001:db8::77", "100.64.0.77", "1.2.3.4", "2001:db8:ffff::77"} {
		if a := netip.MustParseAddr(text); !in(a) {
			return a
		}
	}
	for _, r := range ranges {
		if a := lastOf(r).Next(); a.IsValid() && !in(a) {
			return a
		}
	}
	return netip.Addr{}
}

func lastOf(r netip.Prefix) netip.Addr {
	b := r.Masked().Addr().AsSlice()
	for i := r.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
