package collect_test

import (
	"fmt"
	"strings"
)

const tenantID = "5b0e6f0c-7f0f-4b53-9a53-2f0c1d6e8a41"

const (
	premiumSku = `{"id":"s1","skuPartNumber":"EMSPREMIUM","capabilityStatus":"Enabled","servicePlans":[{"servicePlanName":"AAD_PREMIUM","provisioningStatus":"Success"},{"servicePlanName":"AAD_PREMIUM_P2","provisioningStatus":"Success"},{"servicePlanName":"INTUNE_A","provisioningStatus":"Success"}]}`
	freeSku    = `{"id":"s2","skuPartNumber":"O365","capabilityStatus":"Enabled","servicePlans":[{"servicePlanName":"EXCHANGE_S","provisioningStatus":"Success"},{"servicePlanName":"INTUNE_O365","provisioningStatus":"Success"}]}`
)

func userRow(n int) string {
	return fmt.Sprintf(`{"id":"%s","userPrincipalName":"user%d@contoso.example","displayName":"Us\u0065r %d","userType":"Member","accountEnabled":true,"identities":[]}`, userID(n), n, n)
}

func groupRow(n int) string {
	return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.group","id":"%s","displayName":"Group %d"}`, groupID(n), n)
}

func targets(ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, `{"id":"`+id+`","targetType":"group"}`)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// full is a tenant of which every section is recorded, complete but for what
// tells otherwise in entries.
func full() tenant {
	return tenant{
		entries: map[string]string{},
		files: map[string]string{
			"organization": `{"id":"` + tenantID + `","displayName":"Contoso","verifiedDomains":[{"name":"contoso.example","isDefault":true}],"n":1.50}`,
			"authenticationMethodsPolicy": `{"@odata.context":"x","id":"authenticationMethodsPolicy","registrationEnforcement":{"authenticationMethodsRegistrationCampaign":{"includeTargets":` +
				targets(groupID(3), "all_users") + `,"excludeTargets":[]}},"authenticationMethodConfigurations":[` +
				`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","includeTargets":` + targets("all_users") +
				`,"excludeTargets":` + targets(groupID(4)) + `,"passkeyProfiles":[{"id":"p1","passkeyTypes":"deviceBound,synced"}]},` +
				`{"id":"MicrosoftAuthenticator","featureSettings":{"displayAppInformationRequiredState":{"includeTarget":{"id":"` + groupID(5) + `","targetType":"group"},` +
				`"excludeTarget":{"id":"00000000-0000-0000-0000-000000000000","targetType":"group"}}},"includeTargets":` + targets(groupID(9)) + `}]}`,
			"securityDefaults":               `{"id":"00000000-0000-0000-0000-000000000005","isEnabled":false}`,
			"crossTenantAccessPolicy":        `{"inboundTrust":{"isMfaAccepted":true}}`,
			"crossTenantPartners":            lines(`{"tenantId":"t2"}`, `{"tenantId":"t3"}`),
			"authenticationStrengthPolicies": lines(`{"id":"s1","policyType":"builtIn","combinationConfigurations":[]}`, `{"id":"s2","policyType":"custom"}`),
			"conditionalAccessPolicies": lines(
				`{"id":"c1","state":"enabled","conditions":{"users":{"includeGroups":["`+groupID(1)+`"],"excludeGroups":["`+groupID(2)+`","not-a-guid"]}}}`,
				`{"id":"c2","state":"disabled","conditions":{"users":{"includeUsers":["All"]}}}`),
			"namedLocations":    lines(`{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"n1"}`),
			"servicePrincipals": lines(`{"id":"sp1","appId":"ea890292-c8c8-4433-b5ea-b09d0668e1a6","displayName":"Azure Credential Configuration Endpoint Service"}`),
			"subscribedSkus":    lines(premiumSku),
			"domains": lines(`{"id":"contoso.example","authenticationType":"Managed"}`,
				`{"id":"fed.example","authenticationType":"Federated","federationConfiguration":[{"id":"f1","federatedIdpMfaBehavior":"enforceMfaByFederatedIdp"}]}`),
			"roleAssignments": lines(`{"id":"r1","principalId":"`+userID(1)+`","roleDefinitionId":"d1","directoryScopeId":"/","roleDefinition":{"id":"d1","templateId":"d1"}}`,
				`{"id":"r2","principalId":"`+groupID(6)+`","roleDefinitionId":"d1","directoryScopeId":"/"}`),
			"roleEligibility": lines(`{"id":"e1","principalId":"` + userID(2) + `","roleDefinitionId":"d1"}`),
			"users":           lines(userRow(1), userRow(2), userRow(3), userRow(4), userRow(5)),
			"riskyUsers":      lines(`{"id":"` + userID(2) + `","riskLevel":"high"}`),
			"groups":          lines(groupRow(1), groupRow(2), groupRow(3), groupRow(4), groupRow(5), groupRow(6)),
			"groupMembers": lines(`{"groupId":"`+groupID(1)+`","transitive":true,"userIds":["`+userID(3)+`","`+userID(1)+`","`+userID(2)+`"]}`,
				`{"groupId":"`+groupID(2)+`","transitive":true,"userIds":["`+userID(5)+`"]}`,
				`{"groupId":"`+groupID(6)+`","transitive":true,"userIds":["`+userID(4)+`"]}`),
			"userRegistrationDetails": lines(`{"id":"`+userID(1)+`","userPrincipalName":"user1@contoso.example","methodsRegistered":["passKeyDeviceBound"]}`,
				`{"id":"`+userID(2)+`","userPrincipalName":"user2@contoso.example","methodsRegistered":[]}`),
			"authenticationMethods": lines(`{"userId":"`+userID(1)+`","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k1"}]}`,
				`{"userId":"`+userID(2)+`","value":[]}`, `{"userId":"`+userID(3)+`","value":[]}`, `{"userId":"`+userID(5)+`","value":[]}`),
			"devices": lines(`{"id":"d1","registeredOwners":[{"@odata.type":"#microsoft.graph.user","id":"`+userID(1)+`"}]}`, `{"id":"d2","registeredOwners":[]}`, `{"id":"d3","registeredOwners":[]}`),
			"managedDevices": lines(`{"id":"m1","azureADDeviceId":"x","userId":"`+userID(1)+`","operatingSystem":"Windows"}`,
				`{"id":"m2","userId":"`+userID(2)+`","operatingSystem":"iOS"}`),
			"signIns": lines(signIn("si5", "2026-11-21T10:00:00.5Z", 1), signIn("si4", "2026-11-20T11:00:00Z", 2),
				signIn("si3", "2026-11-20T10:00:00Z", 1), signIn("si2", "2026-11-19T10:00:00Z", 3), signIn("si1", "2026-11-01T10:00:00Z", 1)),
			"directoryAudits": lines(audit("a1", "2026-11-20T10:00:00Z", "Authentication Methods", "User registered security info", 1),
				audit("a2", "2026-11-21T10:00:00Z", "Device Registration Service", "Add Passkey (device-bound)", 1),
				audit("a3", "2026-11-21T11:00:00Z", "Device Registration Service", "Delete Passkey (device-bound)", 2)),
		},
	}
}

func signIn(id, at string, user int) string {
	return fmt.Sprintf(`{"id":"%s","createdDateTime":"%s","userId":"%s","status":{"errorCode":0}}`, id, at, userID(user))
}

func audit(id, at, service, activity string, user int) string {
	return fmt.Sprintf(`{"id":"%s","activityDateTime":"%s","loggedByService":"%s","activityDisplayName":"%s","initiatedBy":{"user":{"id":"%s"}},"targetResources":[{"id":null,"userPrincipalName":"user%d@contoso.example"}]}`,
		id, at, service, activity, userID(user), user)
}

// with replaces files; an empty content takes the section away.
func (tn tenant) with(pairs ...string) tenant {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			delete(tn.files, pairs[i])
		} else {
			tn.files[pairs[i]] = pairs[i+1]
		}
	}
	return tn
}

// state gives a section an entry, and takes its rows away unless the state has
// some.
func (tn tenant) state(id, entry string) tenant {
	tn.entries[id] = entry
	if !strings.Contains(entry, `"partial"`) && !strings.Contains(entry, `"complete"`) {
		delete(tn.files, id)
	}
	return tn
}
