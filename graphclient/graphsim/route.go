package graphsim

import (
	"net/http"
	"strings"

	"passkeyaudit/audit/snapshot"
)

// resource answers the requests to one path. options lists the query options it
// understands.
type resource struct {
	path    string // {…} stands for any one segment
	post    bool
	options options
	answer  func(*call) (*answer, error)
}

func collectionAt(path string, col *collection) resource {
	return resource{path: path, options: col.options, answer: func(c *call) (*answer, error) { return c.collectionPage(col) }}
}

func singletonAt(path string, id snapshot.SectionID) resource {
	return resource{path: path, options: optSelect, answer: func(c *call) (*answer, error) { return c.singleton(id) }}
}

func entityAt(path string, id snapshot.SectionID) resource {
	return resource{path: path, options: optSelect, answer: func(c *call) (*answer, error) { return c.entity(id, "id") }}
}

func methodsAt(path, odataType string) resource {
	return resource{path: path, answer: func(c *call) (*answer, error) { return c.userMethods(odataType) }}
}

// resources is searched in order. Paths are matched in any letter case, as Graph
// does.
var resources []resource

func init() { // not an initial value, because batches refer to the list again
	resources = []resource{
		{path: "$batch", post: true, answer: (*call).batch},
		collectionAt("organization", &organizationList),
		collectionAt("subscribedSkus", &skuList),
		collectionAt("domains", &domainList),
		{path: "domains/{id}/federationConfiguration", answer: (*call).federation},

		singletonAt("policies/authenticationMethodsPolicy", snapshot.AuthenticationMethodsPolicy),
		{path: "policies/authenticationMethodsPolicy/authenticationMethodConfigurations", options: optSelect | optExpand, answer: (*call).methodConfigurations},
		{path: "policies/authenticationMethodsPolicy/authenticationMethodConfigurations/{id}", options: optSelect | optExpand, answer: (*call).methodConfiguration},
		singletonAt("policies/identitySecurityDefaultsEnforcementPolicy", snapshot.SecurityDefaults),
		singletonAt("policies/crossTenantAccessPolicy/default", snapshot.CrossTenantAccessPolicy),
		collectionAt("policies/crossTenantAccessPolicy/partners", &partnerList),
		collectionAt("policies/authenticationStrengthPolicies", &strengthList),
		collectionAt("identity/conditionalAccess/authenticationStrength/policies", &strengthList),
		collectionAt("identity/conditionalAccess/policies", &policyList),
		entityAt("identity/conditionalAccess/policies/{id}", snapshot.ConditionalAccessPolicies),
		{path: "identity/conditionalAccess/evaluate", post: true, answer: (*call).whatIf},
		collectionAt("identity/conditionalAccess/namedLocations", &locationList),
		entityAt("identity/conditionalAccess/namedLocations/{id}", snapshot.NamedLocations),

		collectionAt("roleManagement/directory/roleAssignments", &roleAssignmentList),
		collectionAt("roleManagement/directory/roleEligibilityScheduleInstances", &roleEligibilityList),
		collectionAt("roleManagement/directory/roleEligibilitySchedules", &roleEligibilityList),
		collectionAt("servicePrincipals", &servicePrincipalList),

		collectionAt("users", &userList),
		{path: "users/$count", options: optFilter, answer: (*call).userCount},
		{path: "users/{id}", options: optSelect, answer: (*call).user},
		methodsAt("users/{id}/authentication/methods", ""),
		methodsAt("users/{id}/authentication/fido2Methods", "fido2AuthenticationMethod"),
		methodsAt("users/{id}/authentication/temporaryAccessPassMethods", "temporaryAccessPassAuthenticationMethod"),
		methodsAt("users/{id}/authentication/microsoftAuthenticatorMethods", "microsoftAuthenticatorAuthenticationMethod"),
		methodsAt("users/{id}/authentication/windowsHelloForBusinessMethods", "windowsHelloForBusinessAuthenticationMethod"),
		{path: "users/{id}/transitiveMemberOf", options: optSelect | optTop | optCount | optSkipToken, answer: (*call).memberOf},
		{path: "users/{id}/transitiveMemberOf/microsoft.graph.group", options: optSelect | optTop | optCount | optSkipToken, answer: (*call).memberOf},
		{path: "users/{id}/registeredDevices", options: optSelect | optTop | optCount | optSkipToken, answer: (*call).registeredDevices},
		{path: "users/{id}/checkMemberGroups", post: true, answer: (*call).checkMemberGroups},
		{path: "users/{id}/getMemberGroups", post: true, answer: (*call).getMemberGroups},
		{path: "directoryObjects/getByIds", post: true, answer: (*call).getByIDs},

		collectionAt("groups", &groupList),
		{path: "groups/$count", answer: (*call).groupCount},
		entityAt("groups/{id}", snapshot.Groups),
		{path: "groups/{id}/transitiveMembers", options: memberOptions, answer: (*call).allMembers},
		{path: "groups/{id}/transitiveMembers/microsoft.graph.user", options: memberOptions, answer: (*call).userMembers},

		collectionAt("identityProtection/riskyUsers", &riskyUserList),
		collectionAt("reports/authenticationMethods/userRegistrationDetails", &registrationList),
		collectionAt("devices", &deviceList),
		{path: "devices/$count", answer: (*call).deviceCount},
		entityAt("devices/{id}", snapshot.Devices),
		collectionAt("deviceManagement/managedDevices", &managedDeviceList),
		collectionAt("auditLogs/signIns", &signInList),
		collectionAt("auditLogs/directoryAudits", &directoryAuditList),
	}
}

// route finds the resource of a call and asks it.
func (c *call) route() (*answer, error) {
	known := false
	for i := range resources {
		r := &resources[i]
		params, ok := match(r.path, c.segments)
		if !ok {
			continue
		}
		known = true
		if r.post != (c.method == http.MethodPost) || !r.post && c.method != http.MethodGet {
			continue
		}
		if r.post && c.bodyErr != nil {
			return nil, badRequest("Unable to read JSON request payload: %v.", c.bodyErr)
		}
		var err error
		c.params = params
		if c.query, err = parseQuery(c.rawQuery, r.options); err != nil {
			return nil, err
		}
		return r.answer(c)
	}
	if known || c.method != http.MethodGet {
		return nil, fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	}
	return nil, badRequest("Resource not found for the path '%s'. The simulator serves what a snapshot can hold.", strings.Join(c.segments, "/"))
}

func match(pattern string, segments []string) (params []string, ok bool) {
	n := 0
	for part := range strings.SplitSeq(pattern, "/") {
		if n == len(segments) {
			return nil, false
		}
		if part == "{id}" {
			if segments[n] == "" || strings.HasPrefix(segments[n], "$") {
				return nil, false
			}
			params = append(params, segments[n])
		} else if !strings.EqualFold(part, segments[n]) {
			return nil, false
		}
		n++
	}
	return params, n == len(segments)
}
