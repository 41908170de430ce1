package tenantgen

import "fmt"

const (
	strengthMFA       = "00000000-0000-0000-0000-000000000002"
	strengthResistant = "00000000-0000-0000-0000-000000000004"
)

const (
	enabled    = "enabled"
	reportOnly = "enabledForReportingButNotEnforced"
	disabled   = "disabled"
)

// adminRoles are the roles of Microsoft's template for administrators that somebody
// here holds.
var adminRoles = func() []string {
	var ids []string
	for _, r := range directoryRoles {
		ids = append(ids, r.template)
	}
	return ids
}()

// policy is what differs from a Conditional Access policy without conditions.
// Groups are named by key; those that a tenant does not have fall away.
type policy struct {
	name, state string

	users, exceptUsers   []string
	groups, exceptGroups []string
	roles, exceptRoles   []string
	guests               bool

	apps, exceptApps []string
	action           string
	context          string
	conditions       object

	operator string
	controls []string
	strength string // id of a strength
	session  object
}

func (t *tenant) policyObject(i int, p policy) object {
	included := t.groups(p.groups...)
	users := p.users
	if len(included)+len(users)+len(p.roles) == 0 && !p.guests {
		users = texts("All")
	}
	var guests any
	if p.guests {
		guests = object{
			"guestOrExternalUserTypes": "internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider",
			"externalTenants":          object{"@odata.type": "#microsoft.graph.conditionalAccessAllExternalTenants", "membershipKind": "all"},
		}
	}
	actions, contexts := texts(), texts()
	if p.action != "" {
		actions = texts(p.action)
	}
	if p.context != "" {
		contexts = texts(p.context)
	}
	conditions := object{
		"userRiskLevels": texts(), "signInRiskLevels": texts(), "clientAppTypes": texts("all"), "servicePrincipalRiskLevels": texts(),
		"insiderRiskLevels": nil, "platforms": nil, "locations": nil, "devices": nil, "clientApplications": nil, "authenticationFlows": nil,
		"applications": object{
			"includeApplications": texts(p.apps...), "excludeApplications": texts(p.exceptApps...), "includeUserActions": actions,
			"includeAuthenticationContextClassReferences": contexts, "applicationFilter": nil,
		},
		"users": object{
			"includeUsers": texts(users...), "excludeUsers": texts(p.exceptUsers...), "includeGroups": included,
			"excludeGroups": t.groups(p.exceptGroups...), "includeRoles": texts(p.roles...), "excludeRoles": texts(p.exceptRoles...),
			"includeGuestsOrExternalUsers": guests, "excludeGuestsOrExternalUsers": nil,
		},
	}
	for name, value := range p.conditions {
		conditions[name] = value
	}
	var grant, session, strength any
	if p.operator != "" {
		for _, s := range t.strengths() {
			if s["id"] == p.strength {
				strength = s
			}
		}
		grant = object{
			"operator": p.operator, "builtInControls": texts(p.controls...), "customAuthenticationFactors": texts(), "termsOfUse": texts(),
			"authenticationStrength": strength,
		}
	}
	if p.session != nil {
		session = p.session
	}
	return object{
		"id": t.guid(ofPolicy, uint64(i)), "templateId": nil, "displayName": fmt.Sprintf("CA%03d %s", i+1, p.name), "state": p.state,
		"createdDateTime":  t.past(900, 200, uint64(ofPolicy), uint64(i)).Format("2006-01-02T15:04:05Z"),
		"modifiedDateTime": t.past(190, 20, uint64(ofPolicy), uint64(i), 1).Format("2006-01-02T15:04:05Z"),
		"conditions":       conditions, "grantControls": grant, "sessionControls": session,
	}
}

func (t *tenant) policyRows(add appender) error {
	list := t.policies()
	for i, p := range list[:t.Policies] {
		if err := addObject(add, t.policyObject(i, p)); err != nil {
			return err
		}
	}
	return nil
}

func every(value, kind, interval any) object {
	return object{"signInFrequency": object{
		"value": value, "type": kind, "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": interval, "isEnabled": true,
	}}
}

func platforms(include ...string) object {
	return object{"platforms": object{"includePlatforms": include, "excludePlatforms": texts()}}
}

func locations(include, exclude []string) object {
	return object{"locations": object{"includeLocations": include, "excludeLocations": exclude}}
}

const (
	registerSecurityInfo = "urn:user:registersecurityinfo"
	registerDevice       = "urn:user:registerdevice"
)

// policies are the policies of the largest tenant; smaller ones have the first.
func (t *tenant) policies() []policy {
	all, office365 := texts("All"), texts("Office365")
	emergencies := texts("emergency")
	list := []policy{
		{name: "Everybody: multifactor authentication", state: enabled, users: all, exceptGroups: texts("emergency", "unattended"),
			exceptRoles: texts(syncTemplate), apps: all, operator: "OR", controls: texts("mfa")},
		{name: "Administrators: phishing-resistant", state: enabled, roles: adminRoles, exceptGroups: emergencies, apps: all,
			operator: "OR", strength: strengthResistant},
		{name: "Everybody: block legacy authentication", state: enabled, users: all, exceptGroups: texts("emergency", "legacy"), apps: all,
			conditions: object{"clientAppTypes": texts("exchangeActiveSync", "other")}, operator: "OR", controls: texts("block")},
		{name: "Members: security info only with MFA outside the offices", state: enabled, users: all, exceptUsers: texts("GuestsOrExternalUsers"),
			exceptGroups: emergencies, action: registerSecurityInfo, conditions: locations(all, texts("AllTrusted")), operator: "OR", controls: texts("mfa")},
		{name: "Everybody: fresh MFA on risky sign-ins", state: enabled, users: all, exceptGroups: emergencies, apps: all,
			conditions: object{"signInRiskLevels": texts("high", "medium")}, operator: "OR", controls: texts("mfa"), session: every(nil, nil, "everyTime")},
		{name: "Everybody: password change at high user risk", state: enabled, users: all, exceptGroups: emergencies, apps: all,
			conditions: object{"userRiskLevels": texts("high")}, operator: "AND", controls: texts("mfa", "passwordChange"), session: every(nil, nil, "everyTime")},
		{name: "Office staff: managed computers for Office 365", state: enabled, groups: texts("office"), exceptGroups: texts("emergency", "byod"),
			apps: office365, conditions: platforms("windows", "macOS"), operator: "OR", controls: texts("compliantDevice", "domainJoinedDevice")},
		{name: "Finance systems: security keys", state: enabled, groups: texts("finance"), exceptGroups: emergencies, apps: texts(t.app(0)),
			operator: "OR", strength: t.strengthID(0)},
		{name: "Everybody: phishing-resistant (report-only)", state: reportOnly, users: all, exceptGroups: emergencies, apps: all,
			operator: "OR", strength: strengthResistant},
		{name: "Everybody: block device code flow", state: enabled, users: all, exceptGroups: emergencies, apps: all,
			conditions: object{"authenticationFlows": object{"transferMethods": "deviceCodeFlow"}}, operator: "OR", controls: texts("block")},
		{name: "Guests: multifactor authentication", state: enabled, guests: true, apps: all, operator: "OR", controls: texts("mfa")},
		{name: "Phones: protected apps for Office 365", state: enabled, users: all, exceptGroups: texts("emergency", "unattended"), apps: office365,
			conditions: object{
				"clientAppTypes": texts("mobileAppsAndDesktopClients"), "platforms": platforms("android", "iOS")["platforms"],
			}, operator: "OR", controls: texts("compliantDevice", "compliantApplication")},
		{name: "Wave 1: phishing-resistant", state: enabled, groups: texts("wave1"), exceptGroups: texts("emergency", "paused"), apps: office365,
			operator: "OR", strength: strengthResistant},
		{name: "Shop floor: security info from the factories only", state: enabled, groups: texts("floor"), exceptGroups: texts("emergency", "travellers"),
			action: registerSecurityInfo, conditions: locations(all, texts(t.locationID(0), t.locationID(1), t.locationID(4))), operator: "OR", controls: texts("block")},
		{name: "Everybody: block countries we do not work in", state: enabled, users: all, exceptGroups: texts("emergency", "travellers"), apps: all,
			conditions: locations(all, texts(t.countriesID(0))), operator: "OR", controls: texts("block")},
		{name: "Admin portals: sign in every eight hours", state: enabled, users: all, exceptGroups: emergencies, apps: texts("MicrosoftAdminPortals"),
			session: every(8, "hours", "timeBased")},
		{name: "Contractors: terms and MFA from outside", state: enabled, groups: texts("contractors"), apps: all, conditions: locations(all, texts("AllTrusted")),
			operator: "AND", controls: texts("mfa", "compliantDevice")},
		{name: "Devices: MFA to join", state: enabled, users: all, exceptGroups: emergencies, action: registerDevice, operator: "OR", controls: texts("mfa")},
		{name: "Executives: compliant device everywhere", state: enabled, groups: texts("executives"), apps: all, operator: "AND", controls: texts("mfa", "compliantDevice")},
		{name: "Sensitive data: context c1", state: enabled, users: all, exceptGroups: emergencies, context: "c1", operator: "OR", strength: strengthResistant},
		{name: "Virtual desktops: no persistent browser", state: enabled, groups: texts("vdi"), apps: all,
			session: object{"persistentBrowser": object{"mode": "never", "isEnabled": true}}},
		{name: "Insider risk: block downloads", state: reportOnly, users: all, exceptGroups: emergencies, apps: office365,
			conditions: object{"insiderRiskLevels": "elevated"}, operator: "OR", controls: texts("block")},
		{name: "Source code: company laptops", state: enabled, groups: texts("engineering"), exceptGroups: emergencies, apps: texts(t.app(1)),
			conditions: object{"devices": object{"deviceFilter": object{"mode": "exclude", "rule": `device.deviceOwnership -eq "Company" -and device.isCompliant -eq True`}}},
			operator:   "OR", controls: texts("block")},
		{name: "Wave 2: phishing-resistant", state: enabled, groups: texts("wave2"), exceptGroups: texts("emergency", "paused"), apps: office365,
			operator: "OR", strength: t.strengthID(1)},
	}
	// The rest is what grows in large companies: one more application, or one more
	// part of the company, each with demands of its own.
	parts := texts("people", "managers", "europe", "americas", "asia", "wave3", "byod", "hybrid", "premium", "wave4", "employees", "contractors",
		"finance", "engineering", "sms", "authenticator", "passes", "everybody")
	for i := 0; len(list) < maxPolicies; i++ {
		part := parts[i%len(parts)]
		p := policy{
			name: fmt.Sprintf("Application %d for %s", i+1, part), state: enabled, groups: texts(part), exceptGroups: emergencies, apps: texts(t.app(2 + i)), operator: "OR",
		}
		switch i % 7 {
		case 0:
			p.controls = texts("mfa")
		case 1:
			p.controls, p.conditions = texts("compliantDevice", "domainJoinedDevice"), platforms("windows")
		case 2:
			p.strength, p.exceptGroups = strengthMFA, texts("emergency", "travellers")
		case 3:
			p.controls, p.conditions = texts("block"), locations(all, texts("AllTrusted", t.locationID(i%len(countries))))
		case 4:
			p.strength = t.strengthID(1)
		case 5:
			p.operator, p.session = "", every(12, "hours", "timeBased")
		case 6:
			p.controls, p.conditions = texts("mfa"), object{"signInRiskLevels": texts("high")}
		}
		switch i % 9 {
		case 4:
			p.state = reportOnly
		case 8:
			p.state = disabled
		}
		list = append(list, p)
	}
	return list
}

func (t *tenant) app(i int) string { return t.guid(ofPolicy, 1<<41, uint64(i)) }

func (t *tenant) strengthID(i int) string { return t.guid(ofPolicy, 1<<42, uint64(i)) }

// strengths are the built-in ones and two of the company's own.
func (t *tenant) strengths() []object {
	strength := func(id, kind, name string, restrictions []object, combinations ...string) object {
		return object{
			"id": id, "createdDateTime": "2021-12-01T00:00:00Z", "modifiedDateTime": "2021-12-01T00:00:00Z", "displayName": name, "description": name,
			"policyType": kind, "requirementsSatisfied": "mfa", "allowedCombinations": combinations, "combinationConfigurations": restrictions,
		}
	}
	return []object{
		strength(strengthMFA, "builtIn", "Multifactor authentication", none(),
			"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse",
			"password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath", "password,x509CertificateSingleFactor",
			"password,x509CertificateMultiFactor", "password,sms", "password,voice", "federatedMultiFactor", "microsoftAuthenticatorPush,federatedSingleFactor",
			"softwareOath,federatedSingleFactor", "hardwareOath,federatedSingleFactor", "sms,federatedSingleFactor", "voice,federatedSingleFactor"),
		strength("00000000-0000-0000-0000-000000000003", "builtIn", "Passwordless MFA", none(),
			"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"),
		strength(strengthResistant, "builtIn", "Phishing-resistant MFA", none(), "windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"),
		strength(t.strengthID(0), "custom", "Security keys for finance systems", []object{{
			"@odata.type": "#microsoft.graph.fido2CombinationConfiguration", "id": t.guid(ofPolicy, 1<<43),
			"appliesToCombinations": texts("fido2"), "allowedAAGUIDs": texts(yubiKeyNFC52, yubiKeyNFC57, yubiKeyFIPS),
		}}, "fido2"),
		strength(t.strengthID(1), "custom", "Onboarding: pass or phishing-resistant", none(),
			"windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"),
	}
}

func (t *tenant) strengthRows(add appender) error { return addObjects(add, t.strengths()) }

func (t *tenant) locationID(i int) string { return t.guid(ofPolicy, 1<<44, uint64(i)) }

func (t *tenant) countriesID(i int) string { return t.guid(ofPolicy, 1<<45, uint64(i)) }

func (t *tenant) locationRows(add appender) error {
	var list []object
	var codes []string
	for i, c := range countries {
		codes = append(codes, c.code)
		list = append(list, object{
			"@odata.type": "#microsoft.graph.ipNamedLocation", "id": t.locationID(i), "displayName": "Offices " + c.name,
			"createdDateTime": "2024-08-05T00:00:00Z", "modifiedDateTime": "2025-02-11T00:00:00Z", "isTrusted": true,
			"ipRanges": []object{{"@odata.type": "#microsoft.graph.iPv4CidrRange", "cidrAddress": c.network}},
		})
	}
	list = append(list, object{
		"@odata.type": "#microsoft.graph.countryNamedLocation", "id": t.countriesID(0), "displayName": "Countries we work in",
		"createdDateTime": "2024-08-05T00:00:00Z", "modifiedDateTime": "2025-02-11T00:00:00Z", "countriesAndRegions": codes,
		"countryLookupMethod": "clientIpAddress", "includeUnknownCountriesAndRegions": false,
	})
	return addObjects(add, list)
}
