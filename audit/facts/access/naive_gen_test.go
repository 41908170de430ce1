package access_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

const (
	exchange        = "00000002-0000-0ff1-ce00-000000000000"
	teams           = "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"
	azurePortal     = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
	registrationApp = "6aa00308-ea33-4caa-90d6-ae905d8cb51b"
	ownApp          = "99999999-0000-4000-8000-00000000000a"
)

// dice draws from small choices, in which the usual comes first.
type dice struct{ t *rapid.T }

func (d dice) pick(list ...string) string { return rapid.SampledFrom(list).Draw(d.t, "pick") }

// one is true once in n times.
func (d dice) one(n int) bool { return rapid.IntRange(1, n).Draw(d.t, "one") == n }

// some is a list of up to most of the values, as JSON has it.
func (d dice) some(most int, values ...string) []any {
	list := []any{}
	for range rapid.IntRange(0, most).Draw(d.t, "some") {
		list = append(list, d.pick(values...))
	}
	return list
}

// maybe puts a member into an object: filled, empty, null or not at all.
func (d dice) maybe(o object, name string, value, empty any) {
	switch rapid.IntRange(0, 7).Draw(d.t, "maybe") {
	case 0, 1, 2, 3:
		o[name] = value
	case 4:
		o[name] = empty
	case 5:
		o[name] = nil
	}
}

// stranger sometimes adds a member that is not modelled, with or without meaning.
func (d dice) stranger(o object) {
	if d.one(40) {
		o[d.pick("laterMember", "note@odata.type", "otherMember")] = rapid.SampledFrom([]any{
			"text", true, []any{"a"}, object{"a": "b"}, nil, false, "", []any{}, object{},
		}).Draw(d.t, "stranger")
	}
}

// letters is an id in another letter case at times.
func (d dice) letters(id string) string {
	if d.one(5) {
		return strings.ToUpper(id)
	}
	return id
}

func userID(i int) string     { return fmt.Sprintf("aaaaaaaa-0000-4000-8000-00000000000%d", i) }
func groupID(i int) string    { return fmt.Sprintf("bbbbbbbb-0000-4000-8000-00000000000%d", i) }
func roleID(i int) string     { return fmt.Sprintf("cccccccc-0000-4000-8000-00000000000%d", i) }
func locationID(i int) string { return fmt.Sprintf("dddddddd-0000-4000-8000-00000000000%d", i) }
func strengthID(i int) string { return fmt.Sprintf("eeeeeeee-0000-4000-8000-00000000000%d", i) }

func ids(of func(int) string, count int) []string {
	var list []string
	for i := range count {
		list = append(list, of(i))
	}
	return list
}

// drawTenant makes a tenant: what policies name exists, was deleted, or was not
// read.
func drawTenant(t *rapid.T) *naiveTenant {
	d := dice{t}
	n := &naiveTenant{sections: map[string][]object{}, states: map[string]string{}}
	users := rapid.IntRange(3, 6).Draw(t, "users")
	for i := range users {
		n.add("users", d.user(i))
	}
	for i := range 5 {
		if !d.one(4) {
			n.add("groups", object{"id": d.letters(groupID(i)), "displayName": fmt.Sprint("Group ", i)})
		}
	}
	d.memberships(n, users)
	for range rapid.IntRange(0, 4).Draw(t, "assignments") {
		n.add("roleAssignments", d.assignment(users))
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "locations") {
		n.add("namedLocations", d.location(locationID(i)))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "strengths") {
		n.add("authenticationStrengthPolicies", d.strength(strengthID(i)))
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "policies") {
		n.add("conditionalAccessPolicies", d.policy(i, users))
	}
	d.state(n, "groups", 5)
	d.state(n, "groupMembers", 4)
	d.state(n, "roleAssignments", 5)
	d.state(n, "namedLocations", 6)
	d.state(n, "authenticationStrengthPolicies", 6)
	d.state(n, "conditionalAccessPolicies", 20)
	if n.states["groupMembers"] == "partial" && d.one(2) {
		n.incompleteIDs = []string{d.letters(groupID(0)), groupID(3), groupID(6)}
	}
	if d.one(8) {
		n.notFound = []string{d.letters(groupID(rapid.IntRange(0, 8).Draw(t, "gone")))}
	}
	return n
}

// memberships are rows of the groups that policies name, the first five, and of some
// that only stand inside others. Rows are closed or have direct members, which may be
// groups, in circles too; one group may have several rows.
func (d dice) memberships(n *naiveTenant, users int) {
	for i := range 8 {
		if d.one(4) {
			continue
		}
		for range rapid.IntRange(1, 2).Draw(d.t, "rows") {
			row := object{"groupId": d.letters(groupID(i)), "userIds": d.some(3, ids(userID, users+1)...)}
			switch d.pick("closed", "closed", "untold", "direct", "direct", "direct") {
			case "closed":
				row["transitive"] = true
			case "direct":
				row["transitive"] = false
				d.maybe(row, "groupIds", d.some(2, ids(groupID, 9)...), []any{})
				if d.one(3) {
					row["userIds"] = d.some(3, append(ids(userID, users), ids(groupID, 8)...)...)
				}
			}
			n.add("groupMembers", row)
		}
	}
}

func (n *naiveTenant) add(section string, o object) {
	n.sections[section] = append(n.sections[section], o)
}

// state makes a section partial, or unread and then without rows, once in odds
// times.
func (d dice) state(n *naiveTenant, section string, odds int) {
	if !d.one(odds) {
		return
	}
	n.states[section] = d.pick("partial", "denied", "notCollected")
	if n.states[section] != "partial" {
		delete(n.sections, section)
	}
}

func (d dice) user(i int) object {
	u := object{"id": d.letters(userID(i)), "accountEnabled": true, "userPrincipalName": fmt.Sprintf("user%d@contoso.example", i)}
	switch d.pick("member", "member", "untold", "guest", "internal guest", "external member") {
	case "member":
		u["userType"] = "Member"
	case "guest":
		u["userType"], u["userPrincipalName"] = "Guest", fmt.Sprintf("user%d_fabrikam.example#EXT#@contoso.example", i)
	case "internal guest":
		u["userType"] = "guest"
	case "external member":
		u["userType"], u["externalUserState"] = "Member", d.pick("Accepted", "PendingAcceptance")
	}
	return u
}

func (d dice) assignment(users int) object {
	a := object{"principalId": d.letters(d.pick(append(ids(userID, users), ids(groupID, 5)...)...))}
	a["id"] = fmt.Sprintf("%s-%d", a["principalId"], rapid.IntRange(0, 1<<30).Draw(d.t, "assignment"))
	a["roleDefinitionId"] = d.letters(roleID(rapid.IntRange(0, 2).Draw(d.t, "role")))
	if d.one(4) {
		a["roleDefinition"] = object{"templateId": roleID(rapid.IntRange(0, 2).Draw(d.t, "template"))}
		d.maybe(a["roleDefinition"].(object), "isBuiltIn", true, false)
	}
	if scope := d.pick("/", "/", "/", "/administrativeUnits/1", ""); scope != "" {
		a["directoryScopeId"] = scope
	}
	return a
}

var (
	addresses = []string{"203.0.113.7", "203.0.113.200", "198.51.100.1", "2001:db8::1", "2001:db8:1::1", "::ffff:203.0.113.7"}
	countries = []string{"NL", "DE", "nl", "", "US"}
)

func (d dice) location(id string) object {
	l := object{"id": d.letters(id), "displayName": "Location " + id}
	switch d.pick("ip", "ip", "country", "gps", "later") {
	case "ip":
		l["@odata.type"] = "#microsoft.graph.ipNamedLocation"
		ranges := []any{}
		for _, cidr := range d.some(2, "203.0.113.0/24", "203.0.113.0/25", "203.0.113.128/25", "2001:db8::/48", "2001:db8::/32", "198.51.100.1/32", "198.51.100.0/22", "::/0", "0.0.0.0/0", "nonsense", "203.0.113.7", "::ffff:203.0.113.0/120", "203.0.113.9/24") {
			ranges = append(ranges, object{"cidrAddress": cidr})
		}
		l["ipRanges"] = ranges
		d.maybe(l, "isTrusted", true, false)
	case "country":
		d.country(l)
		d.maybe(l, "countryLookupMethod", "clientIpAddress", "clientIpAddress")
	case "gps":
		d.country(l)
		l["countryLookupMethod"] = "authenticatorAppGps"
	default:
		l["@odata.type"] = "#microsoft.graph.compliantNetworkNamedLocation"
	}
	d.stranger(l)
	return l
}

func (d dice) country(l object) {
	l["@odata.type"] = "#microsoft.graph.countryNamedLocation"
	l["countriesAndRegions"] = d.some(2, "NL", "DE", "US")
	d.maybe(l, "includeUnknownCountriesAndRegions", true, false)
}

var (
	aaguids = []string{"90a3ccdf-635c-4729-a248-9b709135078f", "de1e552d-db1d-4423-a619-566b625cdc84"}
	modes   = []string{
		"password", "microsoftAuthenticatorPush", "sms", "fido2", "windowsHelloForBusiness", "temporaryAccessPassOneTime",
		"temporaryAccessPassMultiUse", "x509CertificateMultiFactor", "federatedSingleFactor", "deviceBasedPush", "externalAuthenticationMethod",
	}
	combinations = []string{
		"fido2", "windowsHelloForBusiness", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse", "password,sms",
		"password,microsoftAuthenticatorPush", "x509CertificateMultiFactor", "sms,federatedSingleFactor", "unknownFutureValue",
		"password,unknownFutureValue",
	}
)

// table says at random which modes somebody could use: many, few or none.
func (d dice) table() table {
	usable := rapid.SampledFrom([][]string{{"yes", "no", "unknown"}, {"yes", "yes", "yes", "unknown"}, {"no", "no", "no", "yes"}, {"no"}}).Draw(d.t, "usable")
	could := table{}
	for _, mode := range append(modes, "softwareOath", "hardwareOath", "voice", "x509CertificateSingleFactor", "federatedMultiFactor") {
		could[mode] = three(d.pick(usable...))
	}
	if d.one(2) {
		could["password"] = yes
	}
	return could
}

func (d dice) strength(id string) object {
	if d.one(8) { // a tenant lists the built-in strengths too
		id = "00000000-0000-0000-0000-000000000004"
	}
	s := object{"id": d.letters(id), "displayName": "Strength", "allowedCombinations": d.some(4, combinations...)}
	if d.one(2) {
		cfg := object{"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": "1", "appliesToCombinations": []any{"fido2"}, "allowedAAGUIDs": d.some(2, d.letters(aaguids[0]), aaguids[1])}
		certificates := object{"@odata.type": "#microsoft.graph.x509CertificateCombinationConfiguration", "id": "2", "appliesToCombinations": []any{"x509CertificateMultiFactor"}, "allowedIssuerSkis": d.some(1, "9A4248C6AC8C2931AB2A86537818E92E7B6C97B6"), "allowedPolicyOIDs": []any{}}
		for _, c := range []object{cfg, certificates} {
			if d.one(4) {
				d.maybe(c, "appliesToCombinations", []any{"password,sms", "fido2"}, []any{})
			}
			d.stranger(c)
		}
		s["combinationConfigurations"] = []any{cfg, certificates}
	}
	return s
}
