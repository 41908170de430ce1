package exports

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// kind is something an export can hold that a snapshot has a place for.
type kind struct {
	// section is where it goes. Entries of the methods policy, methods and members
	// are gathered first and make rows of their section later.
	section snapshot.SectionID
	noun    string
	// types are names of @odata.type without namespace, in lower case.
	types []string
	// contexts are ends of the path in @odata.context, in lower case, without keys.
	contexts []string
	// names are names under which exporters keep a collection of it, as a folder or as
	// a member of an object: lower case, letters only, folders joined by a slash.
	names []string
	// needs are members without which it is not taken whatever else it says it is:
	// they are missing in request bodies and fragments, and without them a policy
	// would be read as one without conditions.
	needs []string
	// shape recognises it by its members alone; nil if they are not enough.
	shape func(*value) bool
	// key is the member that identifies it, if that is not the section's key.
	key string
	// elsewhere is true if Graph answers with the same objects to other questions than
	// for the whole collection: members of a group are users too. A page then must
	// name the collection to count as all of it.
	elsewhere bool
	// filtered is true if exporters are known to keep only some of the collection in
	// the folder of that name.
	filtered bool
	// log is true for events, of which there is always a time span.
	log bool
}

// Kinds that are not rows by themselves.
var (
	methodConfiguration = &kind{
		section: snapshot.AuthenticationMethodsPolicy, noun: "an entry of the authentication methods policy",
		contexts: []string{"authenticationmethodconfigurations"},
		names:    []string{"authenticationmethodconfigurations"},
		needs:    []string{"state"},
		shape: func(v *value) bool {
			return v.has("id", "state") && v.hasAny("includeTargets", "excludeTargets") && slices.ContainsFunc(methodIDs(), func(id string) bool {
				return strings.EqualFold(id, v.get("id").text())
			})
		},
	}
	registeredMethod = &kind{section: snapshot.AuthenticationMethods, noun: "a registered authentication method"}
	userMethods      = &kind{
		section: snapshot.AuthenticationMethods, noun: "the methods of a user",
		shape: func(v *value) bool { return v.get("userId").text() != "" && v.get("value").isList() },
	}
	groupMembers = &kind{
		section: snapshot.GroupMembers, noun: "members of a group",
		shape: func(v *value) bool { return v.get("groupId").text() != "" && v.get("userIds").isList() },
	}
)

func methodIDs() []string {
	return []string{entra.MethodFido2, entra.MethodMicrosoftAuthenticator, entra.MethodSms, entra.MethodVoice, entra.MethodTemporaryAccessPass,
		entra.MethodSoftwareOath, entra.MethodHardwareOath, entra.MethodX509Certificate, entra.MethodEmail, entra.MethodQRCodePin}
}

func (v *value) isList() bool { return v != nil && v.kind == '[' }

// kinds is asked in this order.
var kinds = []*kind{
	userMethods, groupMembers, methodConfiguration,
	{
		section: snapshot.Organization, noun: "the organization", types: []string{"organization"}, contexts: []string{"organization"},
		names: []string{"organization"},
		shape: func(v *value) bool { return v.has("id", "verifiedDomains") },
	},
	{
		section: snapshot.AuthenticationMethodsPolicy, noun: "the authentication methods policy",
		types: []string{"authenticationmethodspolicy"}, contexts: []string{"authenticationmethodspolicy"}, names: []string{"authenticationmethodspolicy"},
		shape: func(v *value) bool {
			return v.get("authenticationMethodConfigurations").isList() || strings.EqualFold(v.get("id").text(), "authenticationMethodsPolicy")
		},
	},
	{
		section: snapshot.SecurityDefaults, noun: "the security defaults policy",
		types: []string{"identitysecuritydefaultsenforcementpolicy"}, contexts: []string{"identitysecuritydefaultsenforcementpolicy"},
		names: []string{"identitysecuritydefaultsenforcementpolicy", "securitydefaults"}, needs: []string{"isEnabled"},
		shape: func(v *value) bool {
			return v.has("isEnabled") && v.get("id").text() == "00000000-0000-0000-0000-000000000005"
		},
	},
	{
		section: snapshot.CrossTenantAccessPolicy, noun: "the default of the cross-tenant access policy",
		types: []string{"crosstenantaccesspolicyconfigurationdefault"}, contexts: []string{"crosstenantaccesspolicy/default"},
		names: []string{"crosstenantaccesspolicy/default"}, needs: []string{"inboundTrust"}, key: "-",
		shape: func(v *value) bool { return v.has("isServiceDefault", "inboundTrust") },
	},
	{
		section: snapshot.CrossTenantPartners, noun: "a partner of the cross-tenant access policy",
		types: []string{"crosstenantaccesspolicyconfigurationpartner"}, contexts: []string{"crosstenantaccesspolicy/partners"},
		names: []string{"crosstenantaccesspolicy/partners", "crosstenantpartners"},
		shape: func(v *value) bool {
			return v.has("tenantId") && v.hasAny("inboundTrust", "b2bCollaborationInbound") && !v.has("isServiceDefault")
		},
	},
	{
		section: snapshot.AuthenticationStrengths, noun: "an authentication strength",
		types: []string{"authenticationstrengthpolicy"}, contexts: []string{"authenticationstrengthpolicies", "authenticationstrength/policies"},
		names: []string{"authenticationstrengthpolicies", "authenticationstrengths"}, needs: []string{"allowedCombinations"},
		shape: func(v *value) bool { return v.has("id", "allowedCombinations") },
	},
	{
		section: snapshot.ConditionalAccessPolicies, noun: "a Conditional Access policy",
		types: []string{"conditionalaccesspolicy"}, contexts: []string{"conditionalaccess/policies", "policies/conditionalaccesspolicies"},
		names: []string{"policies/conditionalaccess", "conditional/accesspolicies", "conditionalaccess/policies", "conditionalaccesspolicies"},
		needs: []string{"state", "conditions"},
		shape: func(v *value) bool {
			return v.has("state", "conditions") && v.hasAny("grantControls", "sessionControls") && v.get("conditions").kind == '{'
		},
	},
	{
		section: snapshot.NamedLocations, noun: "a named location",
		types:    []string{"ipnamedlocation", "countrynamedlocation", "compliantnetworknamedlocation", "namedlocation"},
		contexts: []string{"namedlocations"}, names: []string{"namedlocations"},
		shape: func(v *value) bool { return v.has("displayName") && v.hasAny("ipRanges", "countriesAndRegions") },
	},
	{
		section: snapshot.SubscribedSkus, noun: "a licence of the tenant", types: []string{"subscribedsku"}, contexts: []string{"subscribedskus"},
		names: []string{"subscribedskus"},
		shape: func(v *value) bool {
			return v.has("skuId", "skuPartNumber") && v.hasAny("capabilityStatus", "servicePlans")
		},
	},
	{
		section: snapshot.Domains, noun: "a domain", types: []string{"domain"}, contexts: []string{"domains"}, names: []string{"domains"},
		shape: func(v *value) bool { return v.has("id", "authenticationType", "isVerified") },
	},
	{
		// Exchange, Intune and others have role assignments of the same shape, so a name is
		// needed beside it.
		section: snapshot.RoleAssignments, noun: "a role assignment",
		contexts: []string{"rolemanagement/directory/roleassignments"},
		names:    []string{"rolemanagement/directory/roleassignments"},
		needs:    []string{"principalId", "roleDefinitionId"}, elsewhere: true,
	},
	{
		section: snapshot.RoleEligibility, noun: "an eligible role assignment",
		types:    []string{"unifiedroleeligibilityschedule", "unifiedroleeligibilityscheduleinstance"},
		contexts: []string{"rolemanagement/directory/roleeligibilityschedules", "rolemanagement/directory/roleeligibilityscheduleinstances"},
		names: []string{"rolemanagement/directory/roleeligibilityschedules", "rolemanagement/directory/roleeligibilityscheduleinstances",
			"roleeligibilityschedules", "roleeligibilityscheduleinstances"},
		needs: []string{"principalId", "roleDefinitionId"}, elsewhere: true,
	},
	{
		section: snapshot.UserRegistrationDetails, noun: "a row of the registration report", types: []string{"userregistrationdetails"},
		contexts: []string{"userregistrationdetails"}, names: []string{"userregistrationdetails"},
		shape: func(v *value) bool { return v.has("methodsRegistered", "isMfaRegistered") },
	},
	{
		section: snapshot.SignIns, noun: "a sign-in", types: []string{"signin"}, contexts: []string{"auditlogs/signins"}, names: []string{"signins"},
		needs: []string{"createdDateTime"}, log: true,
		shape: func(v *value) bool {
			return v.has("createdDateTime", "status") && v.hasAny("appliedConditionalAccessPolicies", "clientAppUsed", "conditionalAccessStatus")
		},
	},
	{
		section: snapshot.DirectoryAudits, noun: "an audit event", types: []string{"directoryaudit"}, contexts: []string{"auditlogs/directoryaudits"},
		names: []string{"directoryaudits"}, needs: []string{"activityDateTime"}, log: true,
		shape: func(v *value) bool { return v.has("activityDisplayName", "activityDateTime") },
	},
	{
		section: snapshot.RiskyUsers, noun: "a risky user", types: []string{"riskyuser"}, contexts: []string{"riskyusers"}, names: []string{"riskyusers"},
		shape: func(v *value) bool { return v.has("riskLevel", "riskState", "riskLastUpdatedDateTime") },
	},
	{
		section: snapshot.ManagedDevices, noun: "an Intune device", types: []string{"manageddevice"},
		contexts: []string{"devicemanagement/manageddevices", "manageddevices"}, names: []string{"manageddevices"}, elsewhere: true,
		shape: func(v *value) bool { return v.has("azureADDeviceId") && v.hasAny("complianceState", "managementAgent") },
	},
	{
		section: snapshot.Users, noun: "a user", types: []string{"user"}, contexts: []string{"=users"}, names: []string{"users"},
		elsewhere: true, filtered: true,
		shape: func(v *value) bool {
			return v.has("userPrincipalName") && !v.hasAny("userId", "appId", "isMfaRegistered", "isRegistered", "riskState", "deviceId", "azureADDeviceId", "activityDateTime")
		},
	},
	{
		section: snapshot.Groups, noun: "a group", types: []string{"group"}, contexts: []string{"=groups"}, names: []string{"groups"},
		elsewhere: true, filtered: true,
		shape: func(v *value) bool { return v.has("displayName", "securityEnabled") && !v.has("userPrincipalName") },
	},
	{
		section: snapshot.ServicePrincipals, noun: "a service principal", types: []string{"serviceprincipal"}, contexts: []string{"=serviceprincipals"},
		names: []string{"serviceprincipals"}, needs: []string{"appId"}, elsewhere: true,
		shape: func(v *value) bool { return v.has("appId", "servicePrincipalType") },
	},
	{
		section: snapshot.Devices, noun: "a directory device", types: []string{"device"}, contexts: []string{"=devices"}, names: []string{"devices"},
		elsewhere: true,
		shape: func(v *value) bool {
			return v.has("deviceId") && v.hasAny("operatingSystem", "deviceVersion", "trustType") && !v.hasAny("azureADDeviceId", "userId", "appId")
		},
	},
}

// kindOf gives the kind whose rows a section holds.
func kindOf(id snapshot.SectionID) *kind {
	for _, k := range kinds {
		if k.section == id && k != methodConfiguration {
			return k
		}
	}
	return nil
}

// byName finds the kind of which a folder or a member holds a collection.
func byName(path []string) *kind {
	joined := "/" + strings.Join(path, "/")
	for _, k := range kinds {
		if slices.ContainsFunc(k.names, func(name string) bool { return strings.HasSuffix(joined, "/"+name) }) {
			return k
		}
	}
	return nil
}

// byMember is byName for members of a wrapper, which may also be named for a section.
func byMember(path []string) *kind {
	for _, k := range kinds {
		if strings.EqualFold(string(k.section), path[len(path)-1]) && k == kindOf(k.section) {
			return k
		}
	}
	return byName(path)
}

// plainName reduces a folder's or a member's name to lower-case letters, so that
// conditional_access_policies and ConditionalAccessPolicies are the same.
func plainName(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, name))
}
