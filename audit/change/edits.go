package change

import (
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// Body is what a request says, by member. Values are what JSON has.
type Body map[string]any

// PatchMethod changes settings of an authentication method. Graph wants the type of the
// method in the body. Source: CSDL (Graph v1.0 metadata, 2026-08).
func PatchMethod(id string, body Body) Request {
	name := strings.ToLower(id[:1]) + id[1:]
	typed := Body{"@odata.type": "#microsoft.graph." + name + "AuthenticationMethodConfiguration"}
	maps.Copy(typed, body)
	return request("PATCH", typed, "policies", "authenticationMethodsPolicy", configurations, name)
}

// PatchProfile changes a passkey profile.
func PatchProfile(id string, body Body) Request {
	return request("PATCH", body, "policies", "authenticationMethodsPolicy", configurations, "fido2", "passkeyProfiles", id)
}

// PatchPolicy changes a Conditional Access policy.
func PatchPolicy(id string, body Body) Request {
	return request("PATCH", body, "identity", "conditionalAccess", "policies", id)
}

// AddPolicy adds one.
func AddPolicy(body Body) Request {
	return request("POST", body, "identity", "conditionalAccess", "policies")
}

func request(method string, body Body, path ...string) Request {
	return Request{Name: method + " /" + strings.Join(path, "/"), Method: method, Path: path, Body: entra.MustEncode(body)}
}

// ExcludeApplication leaves one more resource out of a policy.
func ExcludeApplication(p *entra.ConditionalAccessPolicy, app string) Request {
	var excluded []string
	if c := p.Conditions; c != nil && c.Applications != nil {
		excluded = c.Applications.ExcludeApplications
	}
	return PatchPolicy(p.ID, Body{"conditions": Body{"applications": Body{"excludeApplications": append(slices.Clone(excluded), app)}}})
}

// ExcludeUsers leaves more accounts out of a policy.
func ExcludeUsers(p *entra.ConditionalAccessPolicy, ids []string) Request {
	var excluded []string
	if c := p.Conditions; c != nil && c.Users != nil {
		excluded = c.Users.ExcludeUsers
	}
	return PatchPolicy(p.ID, Body{"conditions": Body{"users": Body{"excludeUsers": append(slices.Clone(excluded), ids...)}}})
}

// DemandMFA has a policy demand multifactor authentication and nothing else.
func DemandMFA(p *entra.ConditionalAccessPolicy) Request {
	return PatchPolicy(p.ID, Body{"grantControls": Body{
		"operator": "OR", "builtInControls": []string{"mfa"}, "authenticationStrength": nil,
		"customAuthenticationFactors": []string{}, "termsOfUse": []string{},
	}})
}
