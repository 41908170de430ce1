package access_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"
)

var filterRules = []string{
	`device.isCompliant -eq True`, `device.isCompliant -ne True`, `device.trustType -eq "ServerAD"`, `device.operatingSystem -startsWith "Win"`,
	`device.trustType -ne "Workplace" -and device.model -contains "X"`, `device.extensionAttribute1 -eq "paw"`,
	`device.extensionAttribute1 -ne "paw" -or device.deviceOwnership -eq "Company"`, `device.physicalIds -contains "[OrderId]:kiosk"`,
	`device.model -in ["X1","X2"]`, `-not (device.isCompliant -eq True)`, `device.nonsense -eq "x"`, `device.model -eq`,
}

// policy is any policy: every condition filled, empty, null or absent.
func (d dice) policy(i, users int) object {
	p := object{"id": fmt.Sprintf("ffffffff-0000-4000-8000-00000000000%d", i), "displayName": fmt.Sprint("Policy ", i)}
	p["state"] = d.pick("enabled", "enabled", "enabled", "enabled", "enabled", "enabled", "Enabled", "disabled", "enabledForReportingButNotEnforced", "laterState")
	if d.one(40) {
		delete(p, "state")
	}
	c := object{}
	if d.one(3) {
		d.maybe(c, "clientAppTypes", d.some(4, "browser", "mobileAppsAndDesktopClients", "all", "exchangeActiveSync", "other", "easSupported", "laterClient"), []any{})
	}
	if d.one(3) {
		d.maybe(c, "platforms", d.lists("Platforms", "all", "android", "iOS", "windows", "linux", "macos", "laterPlatform"), object{})
	}
	if d.one(3) {
		d.maybe(c, "locations", d.lists("Locations", "All", "AllTrusted", locationID(0), locationID(1), d.letters(locationID(2)), locationID(3), nobody), object{"includeLocations": []any{}, "excludeLocations": nil})
	}
	if d.one(4) {
		d.maybe(c, "devices", object{"deviceFilter": object{"mode": d.pick("include", "exclude", "Exclude", "laterMode"), "rule": d.pick(filterRules...)}}, object{"deviceFilter": nil})
	}
	risks := []string{"low", "medium", "high", "none", "hidden", "high", "laterLevel"}
	if d.one(3) {
		d.maybe(c, "signInRiskLevels", d.some(6, risks...), []any{})
	}
	if d.one(3) {
		d.maybe(c, "userRiskLevels", d.some(3, risks...), []any{})
	}
	if d.one(4) {
		d.maybe(c, "insiderRiskLevels", d.pick("minor", "moderate,elevated", "minor, moderate, elevated", "laterLevel", "none,minor,moderate,elevated"), "")
	}
	if d.one(4) {
		d.maybe(c, "authenticationFlows", object{"transferMethods": d.pick("deviceCodeFlow", "deviceCodeFlow,authenticationTransfer", "laterFlow", "none", "")}, object{})
	}
	c["users"], c["applications"] = d.usersPart(users), d.applications()
	parts := []object{p, c}
	for _, name := range []string{"users", "applications", "platforms", "locations", "devices", "authenticationFlows"} {
		if part, _ := c[name].(object); part != nil {
			parts = append(parts, part)
		}
	}
	for _, part := range parts {
		d.stranger(part)
	}
	if p["conditions"] = c; d.one(60) {
		c["users"] = nil
	}
	if d.one(60) {
		c["applications"] = nil
	}
	if p["grantControls"] = d.grant(); d.one(6) {
		d.maybe(p, "grantControls", object{}, nil)
	}
	return p
}

// lists is a part with an include and an exclude list.
func (d dice) lists(of string, values ...string) object {
	o := object{}
	d.maybe(o, "include"+of, d.some(3, values...), []any{})
	d.maybe(o, "exclude"+of, d.some(2, values[1:]...), []any{})
	return o
}

func (d dice) usersPart(users int) object {
	u := object{}
	if u["includeUsers"] = []any{"All"}; d.one(3) {
		u["includeUsers"] = d.some(2, append(ids(userID, users+1), "None", "GuestsOrExternalUsers", "all", "AllAgentIdUsers", "LaterToken", "unknownFutureValue")...)
	}
	groups := append(ids(groupID, 5), nobody)
	roles := ids(roleID, 4)
	for _, kind := range []string{"include", "exclude"} {
		if d.one(3) {
			d.maybe(u, kind+"Groups", d.some(2, groups...), []any{})
		}
		if d.one(3) {
			d.maybe(u, kind+"Roles", d.some(2, roles...), []any{})
		}
		if d.one(4) {
			d.maybe(u, kind+"GuestsOrExternalUsers", d.guestChoice(), nil)
		}
	}
	if d.one(3) {
		d.maybe(u, "excludeUsers", d.some(2, append(ids(userID, users), d.letters(userID(0)), "GuestsOrExternalUsers")...), []any{})
	}
	return u
}

func (d dice) guestChoice() object {
	g := object{"guestOrExternalUserTypes": d.pick("internalGuest", "b2bCollaborationGuest,b2bCollaborationMember", "b2bCollaborationMember", "internalGuest,b2bDirectConnectUser", "serviceProvider,otherExternalUser", "laterKind", "none")}
	tenants := object{}
	d.maybe(tenants, "membershipKind", d.pick("all", "enumerated", "laterKind"), "enumerated")
	d.maybe(tenants, "members", []any{"t"}, []any{})
	if d.one(3) {
		tenants["@odata.type"] = d.pick("#microsoft.graph.conditionalAccessEnumeratedExternalTenants", "#microsoft.graph.conditionalAccessAllExternalTenants")
	}
	d.maybe(g, "externalTenants", tenants, object{})
	return g
}

func (d dice) applications() object {
	a := object{}
	apps := []string{exchange, teams, azurePortal, registrationApp, ownApp, "Office365", "MicrosoftAdminPortals", "None", "LaterSuite", "unknownFutureValue"}
	switch d.pick("all", "all", "all", "all", "all", "apps", "apps", "actions", "contexts", "empty") {
	case "all":
		a["includeApplications"] = []any{"All"}
	case "apps":
		a["includeApplications"] = append(d.some(2, apps...), d.pick(apps...))
	case "actions":
		a["includeUserActions"] = append(d.some(1, "urn:user:registerdevice", "urn:user:accountrecovery"), d.pick("urn:user:registersecurityinfo", "urn:user:registerdevice"))
	case "contexts":
		a["includeAuthenticationContextClassReferences"] = append(d.some(1, "c1", "c2"), d.pick("c1", "C3"))
	}
	if d.one(3) {
		d.maybe(a, "excludeApplications", d.some(2, apps...), []any{})
	}
	if d.one(12) {
		a["applicationFilter"] = object{"mode": d.pick("include", "exclude", "laterMode"), "rule": `CustomSecurityAttribute.a_b -eq "x"`}
	}
	return a
}

func (d dice) grant() object {
	g := object{}
	if operator := d.pick("OR", "AND", "or", "OR", "AND", "LATER", ""); operator != "" {
		g["operator"] = operator
	}
	controls := []string{"mfa", "mfa", "mfa", "mfa", "block", "compliantDevice", "compliantDevice", "domainJoinedDevice", "approvedApplication", "compliantApplication", "passwordChange", "riskRemediation", "unknownFutureValue"}
	if g["builtInControls"] = append(d.some(1, controls...), d.pick(controls...)); d.one(3) {
		d.maybe(g, "builtInControls", d.some(2, controls...), []any{})
	}
	if d.one(3) {
		s := object{"id": d.letters(d.pick(strengthID(0), strengthID(1), strengthID(2), "00000000-0000-0000-0000-000000000002", "00000000-0000-0000-0000-000000000004"))}
		if d.one(4) {
			s["allowedCombinations"] = d.some(3, combinations...)
		}
		if d.one(8) {
			s = object{"displayName": "Without an id"}
		}
		d.maybe(g, "authenticationStrength", s, object{"id": nil})
	}
	if d.one(8) {
		g["termsOfUse"] = d.some(1, "terms")
	}
	if d.one(12) {
		g["customAuthenticationFactors"] = d.some(1, "factor")
	}
	d.stranger(g)
	return g
}

// values are what members of a scenario may be.
var values = map[string][]string{
	"clientAppType": {"browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"},
	"platform":      {"android", "iOS", "windows", "macOS", "linux", "chromeOS"},
	"ipAddress":     addresses, "country": countries,
	"signInRisk": {"none", "low", "medium", "high", "hidden"}, "userRisk": {"none", "low", "medium", "high"},
	"insiderRisk": {"none", "minor", "moderate", "elevated"}, "transferMethod": {"none", "deviceCodeFlow", "authenticationTransfer"},
	"aaguid": aaguids,
}

var memberNames = []string{"clientAppType", "platform", "ipAddress", "country", "signInRisk", "userRisk", "insiderRisk", "transferMethod", "aaguid", "device", "approvedApp", "appProtection"}

// scenario is a sign-in of somebody in the tenant, with members missing.
func (d dice) scenario(n *naiveTenant) object {
	s := object{"id": "s"}
	u := rapid.SampledFrom(n.sections["users"]).Draw(d.t, "user")
	s["user"] = d.letters(d.pick(text(u, "id"), text(u, "userPrincipalName")))
	switch d.pick("app", "app", "app", "app", "app", "register", "register", "device", "context") {
	case "app":
		s["target"] = object{"app": d.letters(d.pick(exchange, teams, azurePortal, registrationApp, ownApp))}
	case "register":
		s["target"] = object{"userAction": "registerSecurityInfo"}
	case "device":
		s["target"] = object{"userAction": "registerDevice"}
	default:
		s["target"] = object{"authenticationContext": d.pick("c1", "c2", "c3")}
	}
	for _, name := range memberNames {
		switch {
		case !d.one(4):
			d.fill(s, name)
		case d.one(3):
			s[name] = nil
		case values[name] != nil && name != "ipAddress" && d.one(4):
			s[name] = "unknownFutureValue"
		}
	}
	if device, _ := s["device"].(object); device["registered"] != false && d.one(2) {
		for _, name := range slices.Sorted(maps.Keys(device)) {
			if d.one(4) {
				delete(device, name)
			}
		}
	}
	if !d.one(3) {
		s["using"] = d.some(3, modes...)
	}
	return s
}

// fill gives a missing member any value; of a device what is not told.
func (d dice) fill(s object, name string) {
	switch {
	case name == "device":
		s["device"] = d.device(s["device"])
	case values[name] == nil:
		s[name] = d.one(2)
	default:
		s[name] = d.pick(values[name]...)
	}
}

var attributes = map[string][]any{
	"trustType":           {"AzureAD", "ServerAD", "Workplace", nil},
	"operatingSystem":     {"Windows", "Android", nil},
	"model":               {"X1", "Y", nil},
	"deviceOwnership":     {"Company", "Personal", nil},
	"mdmAppId":            {"0000000a-0000-0000-c000-000000000000", "54b943f8-d761-4f8d-951e-9cea1846db5a", nil},
	"extensionAttribute1": {"paw", "kiosk", nil},
	"physicalIds":         {[]any{"[OrderId]:kiosk"}, []any{}, nil},
	"isCompliant":         {true, false, nil},
}

var attributeNames = []string{"trustType", "operatingSystem", "model", "deviceOwnership", "mdmAppId", "extensionAttribute1", "physicalIds", "isCompliant"}

func (d dice) device(told any) object {
	old, _ := told.(object)
	if len(old) == 0 && d.one(3) || old["registered"] == false {
		return object{"registered": false}
	}
	o := object{"registered": true}
	for _, name := range attributeNames {
		if v, has := old[name]; has {
			o[name] = v
			continue
		}
		o[name] = rapid.SampledFrom(attributes[name]).Draw(d.t, name)
	}
	return o
}
