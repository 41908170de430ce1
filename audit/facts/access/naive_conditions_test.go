package access_test

import (
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// word is a name among ids that is none this file knows: unmodelled.
func word(id string) bool { return !strings.Contains(id, "-") }

// parseRange reads a range, or one address. IPv4 in the form of IPv6 is IPv4.
func parseRange(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, err
		}
		return addr.Unmap().Prefix(addr.Unmap().BitLen())
	}
	prefix, err := netip.ParsePrefix(text)
	if strings.HasPrefix(text, "::ffff:") && err == nil {
		return prefix.Addr().Unmap().Prefix(prefix.Bits() - 96)
	}
	return prefix, err
}

// targetCondition: exactly one of resources, user actions and contexts. The name
// is that of the kind which the policy has.
func targetCondition(p, scenario object) (three, string) {
	a := child(p, "conditions", "applications")
	resources, actions, contexts := texts(a, "includeApplications"), texts(a, "includeUserActions"),
		texts(a, "includeAuthenticationContextClassReferences")
	rule, mode := text(a, "applicationFilter", "rule"), strings.ToLower(text(a, "applicationFilter", "mode"))
	hasResources := len(resources) > 0 || rule != "" && mode != "exclude"
	has := "applications"
	switch {
	case hasResources:
	case len(actions) > 0:
		has = "userActions"
	case len(contexts) > 0:
		has = "authenticationContext"
	}
	switch action := text(scenario, "target", "userAction"); {
	case action != "":
		if listed(actions, "urn:user:"+action) {
			return yes, "userActions"
		}
		// EVA example 3 and STH: all resources, whatever is excluded, match too.
		if listed(resources, "All") {
			return yes, "applications"
		}
		return no, has
	}
	if c := text(scenario, "target", "authenticationContext"); c != "" {
		// EVA example 2: a context is not matched by all resources.
		if len(contexts) > 0 {
			return truth(listed(contexts, c)), "authenticationContext"
		}
		return no, has
	}
	if !hasResources {
		return no, has
	}
	app := text(scenario, "target", "app")
	in, out := []three{}, []three{}
	for _, id := range resources {
		in = append(in, resource(id, app, true))
	}
	for _, id := range texts(a, "excludeApplications") {
		out = append(out, resource(id, app, false))
	}
	if rule != "" { // attributes of applications are not in a snapshot
		if mode != "exclude" {
			in = append(in, unknown)
		}
		if mode != "include" {
			out = append(out, unknown)
		}
	}
	return allOf(anyOf(in...), opposite(anyOf(out...))), "applications"
}

// inSuite and notInSuite are what is known of the suites; they grow (APP).
var (
	inSuite = map[string][]string{
		"office365":             {exchange, teams},
		"microsoftadminportals": {azurePortal},
	}
	notInSuite = map[string][]string{
		"office365":             {azurePortal, registrationApp},
		"microsoftadminportals": {exchange, registrationApp, teams},
	}
)

// resource tells whether an element of a list of resources is or holds an app
// (GAP).
func resource(id, app string, include bool) three {
	suite := strings.ToLower(id)
	switch {
	case include && suite == "all":
		return yes
	case suite == "none":
		return no
	case inSuite[suite] != nil:
		switch {
		case listed(inSuite[suite], app):
			return yes
		case listed(notInSuite[suite], app):
			return no
		}
		return unknown
	case word(id):
		return unknown
	}
	return truth(strings.EqualFold(id, app))
}

// inList is exact membership (CND). A word that is none of the known values may
// stand for anything that is not listed.
func inList(list []string, value string, known ...string) three {
	if listed(list, value) {
		return yes
	}
	for _, v := range list {
		if !listed(known, v) {
			return unknown
		}
	}
	return no
}

// clientAppCondition: an empty list counts as all.
func clientAppCondition(p, scenario object) three {
	types := texts(p, "conditions", "clientAppTypes")
	if len(types) == 0 || listed(types, "all") {
		return yes
	}
	known := []string{"browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"}
	var answers []three
	for _, s := range completions(scenario, "clientAppType", known...) {
		a := inList(types, text(s, "clientAppType"), append(known, "easSupported")...)
		// Which Exchange ActiveSync clients are supported is not documented.
		if a == no && listed(types, "easSupported") && strings.EqualFold(text(s, "clientAppType"), "exchangeActiveSync") {
			a = unknown
		}
		answers = append(answers, a)
	}
	return same(answers)
}

// platformCondition: "all" also matches platforms nobody knows (CSDL, CND).
func platformCondition(p, scenario object) three {
	include, exclude := texts(p, "conditions", "platforms", "includePlatforms"), texts(p, "conditions", "platforms", "excludePlatforms")
	known := []string{"android", "iOS", "windows", "windowsPhone", "macOS", "linux"}
	var answers []three
	for _, s := range completions(scenario, "platform", slices.Concat(known, include, exclude, []string{"chromeOS"})...) {
		platform := text(s, "platform")
		in := anyOf(truth(len(include) == 0 || listed(include, "all")), inList(include, platform, known...))
		out := anyOf(truth(listed(exclude, "all")), inList(exclude, platform, known...))
		answers = append(answers, allOf(in, opposite(out)))
	}
	return same(answers)
}

// riskCondition: exact membership, ["high"] does not match medium (CND).
func riskCondition(p, scenario object, levels, member string, known ...string) three {
	list := flags(p, "conditions", levels)
	if len(list) == 0 {
		return yes
	}
	var answers []three
	for _, s := range completions(scenario, member, known...) {
		answers = append(answers, inList(list, text(s, member), known...))
	}
	return same(answers)
}

// flowCondition: matches if the sign-in used one of the methods.
func flowCondition(p, scenario object) three {
	list := flags(p, "conditions", "authenticationFlows", "transferMethods")
	if len(list) == 0 {
		return yes
	}
	known := []string{"none", "deviceCodeFlow", "authenticationTransfer"}
	var answers []three
	for _, s := range completions(scenario, "transferMethod", known...) {
		answer := inList(list, text(s, "transferMethod"), known...)
		if len(list) == 1 && list[0] == "none" && answer == no { // or nothing is configured
			answer = unknown
		}
		answers = append(answers, answer)
	}
	return same(answers)
}

// locationCondition (NET): any include and no exclude, over every place where the
// sign-in may be.
func (n *naiveTenant) locationCondition(p, scenario object) three {
	include, exclude := texts(p, "conditions", "locations", "includeLocations"), texts(p, "conditions", "locations", "excludeLocations")
	if len(include) == 0 && len(exclude) == 0 {
		return yes
	}
	var answers []three
	addresses, countries := n.whereabouts()
	for _, s := range completions(scenario, "ipAddress", addresses...) {
		for _, s := range completions(s, "country", countries...) {
			in, out := []three{truth(len(include) == 0)}, []three{}
			for _, id := range include {
				in = append(in, n.at(id, s))
			}
			for _, id := range exclude {
				out = append(out, n.at(id, s))
			}
			answers = append(answers, allOf(anyOf(in...), opposite(anyOf(out...))))
		}
	}
	return same(answers)
}

// at tells whether a sign-in comes from a location.
func (n *naiveTenant) at(id string, scenario object) three {
	rows := n.sections["namedLocations"]
	switch {
	case strings.EqualFold(id, "All"):
		return yes
	case strings.EqualFold(id, "AllTrusted"):
		answers := []three{truth(false)}
		for _, l := range rows {
			if child(l, "isTrusted") == true && strings.HasSuffix(text(l, "@odata.type"), "ipNamedLocation") {
				answers = append(answers, inPlace(l, scenario))
			}
		}
		if !n.complete("namedLocations") {
			answers = append(answers, unknown)
		}
		return anyOf(answers...)
	case id == nobody: // trusted addresses of legacy settings, assumed absent
		return no
	}
	for _, l := range rows {
		if strings.EqualFold(text(l, "id"), id) {
			return inPlace(l, scenario)
		}
	}
	return unknown
}

// inPlace: an address in any range; a country by address. The position of a phone
// is not in a sign-in.
func inPlace(l, scenario object) three {
	switch kind := text(l, "@odata.type"); {
	case len(strangers(l, "location")) > 0: // what else it says nobody knows
		known := object{}
		for name, value := range l {
			if listed(modelled["location"], name) || name == "@odata.type" {
				known[name] = value
			}
		}
		return anyOf(inPlace(known, scenario), unknown)
	case strings.HasSuffix(kind, "ipNamedLocation"):
		ip, answer := netip.MustParseAddr(text(scenario, "ipAddress")).Unmap(), no
		ranges, _ := child(l, "ipRanges").([]any)
		for _, r := range ranges {
			prefix, err := parseRange(text(r, "cidrAddress"))
			if err != nil {
				answer = anyOf(answer, unknown)
				continue
			}
			answer = anyOf(answer, truth(prefix.Contains(ip)))
		}
		return answer
	case strings.HasSuffix(kind, "countryNamedLocation") && text(l, "countryLookupMethod") != "authenticatorAppGps":
		if text(scenario, "country") == "" {
			return truth(child(l, "includeUnknownCountriesAndRegions") == true)
		}
		return truth(listed(texts(l, "countriesAndRegions"), text(scenario, "country")))
	}
	return unknown
}

// whereabouts are addresses and countries such that every location is told from
// every other: the ends of all ranges with their neighbours.
func (n *naiveTenant) whereabouts() (addresses, countries []string) {
	addresses, countries = []string{"192.0.2.99", "2001:db8:ffff::9"}, []string{"", "ZZ"}
	for _, l := range n.sections["namedLocations"] {
		countries = append(countries, texts(l, "countriesAndRegions")...)
		ranges, _ := child(l, "ipRanges").([]any)
		for _, r := range ranges {
			prefix, err := parseRange(text(r, "cidrAddress"))
			if err != nil {
				continue
			}
			first := prefix.Masked().Addr()
			last := first
			for bytes, i := first.AsSlice(), prefix.Bits(); i < first.BitLen(); i++ {
				bytes[i/8] |= 0x80 >> (i % 8)
				last, _ = netip.AddrFromSlice(bytes)
			}
			for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
				if a.IsValid() {
					addresses = append(addresses, a.String())
				}
			}
		}
	}
	return addresses, countries
}

// deviceCondition (DEV): include applies where the rule is true, exclude skips.
func deviceCondition(p, scenario object) three {
	rule := text(p, "conditions", "devices", "deviceFilter", "rule")
	if rule == "" {
		return yes
	}
	filter, err := conditionalaccess.ParseFilter(rule)
	if err != nil {
		return unknown
	}
	matches := three(filter.Match(naiveDevice(scenario)).String())
	switch strings.ToLower(text(p, "conditions", "devices", "deviceFilter", "mode")) {
	case "include":
		return matches
	case "exclude":
		return opposite(matches)
	}
	return unknown
}

// naiveDevice is the scenario's device for filters.
func naiveDevice(scenario object) conditionalaccess.Device {
	device, _ := scenario["device"].(object)
	if device["registered"] == false {
		return conditionalaccess.Unregistered()
	}
	d := conditionalaccess.Device{}
	for _, value := range device {
		if value != nil { // only registered devices have attributes
			d = conditionalaccess.NewDevice()
		}
	}
	must := func(next conditionalaccess.Device, err error) {
		if err != nil {
			panic(err)
		}
		d = next
	}
	for name, value := range device {
		switch v := value.(type) {
		case bool:
			if name != "registered" {
				must(d.With(name, conditionalaccess.Text(map[bool]string{true: "True", false: "False"}[v])))
			}
		case string:
			must(d.With(name, conditionalaccess.Text(v)))
		case nil:
			switch name {
			case "registered":
			case "physicalIds":
				must(d.WithList(name, nil))
			default:
				must(d.With(name, conditionalaccess.Null()))
			}
		case []any:
			must(d.WithList(name, texts(device, name)))
		}
	}
	return d
}

// modelled are the members that conditions and their parts have.
var modelled = map[string][]string{
	"":             {"id", "displayName", "state", "conditions", "grantControls", "sessionControls", "templateId", "createdDateTime", "modifiedDateTime", "deletedDateTime", "description"},
	"conditions":   {"users", "applications", "clientAppTypes", "platforms", "locations", "devices", "signInRiskLevels", "userRiskLevels", "insiderRiskLevels", "servicePrincipalRiskLevels", "authenticationFlows", "clientApplications"},
	"users":        {"includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles", "includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"},
	"applications": {"includeApplications", "excludeApplications", "includeUserActions", "includeAuthenticationContextClassReferences", "applicationFilter"},
	"platforms":    {"includePlatforms", "excludePlatforms"},
	"locations":    {"includeLocations", "excludeLocations"},
	"devices":      {"deviceFilter"}, "authenticationFlows": {"transferMethods"},
	"location":      {"id", "displayName", "isTrusted", "ipRanges", "countriesAndRegions", "includeUnknownCountriesAndRegions", "countryLookupMethod"},
	"configuration": {"id", "appliesToCombinations", "allowedAAGUIDs", "allowedIssuerSkis", "allowedPolicyOIDs"},
	"grantControls": {"operator", "builtInControls", "customAuthenticationFactors", "termsOfUse", "authenticationStrength"},
}

// strangers are the members of a part that are not modelled and say something.
func strangers(part any, name string) []string {
	var found []string
	o, _ := part.(object)
	for member, value := range o {
		if listed(modelled[name], member) || strings.ContainsAny(member, "@#") {
			continue
		}
		if raw := string(entra.MustEncode(value)); !slices.Contains([]string{"null", "false", `""`, "[]", "{}"}, raw) {
			found = append(found, member)
		}
	}
	return found
}

// unmodelledMembers are where a policy says something that is not modelled.
func unmodelledMembers(p object) []string {
	list := strangers(p, "")
	for _, member := range strangers(p["conditions"], "conditions") {
		list = append(list, "conditions."+member)
	}
	for _, name := range []string{"users", "applications", "platforms", "locations", "devices", "authenticationFlows"} {
		for _, member := range strangers(child(p, "conditions", name), name) {
			list = append(list, "conditions."+name+"."+member)
		}
	}
	return list
}
