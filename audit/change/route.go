package change

import (
	"errors"
	"fmt"
	"strings"
)

// routes are what is understood, by path. "*" is any step, which is handed over.
var routes = []struct {
	path string
	do   func(e *editor, r Request, ids []string) (string, error)
}{
	{"identity/conditionalAccess/policies", (*editor).policies},
	{"identity/conditionalAccess/policies/*", (*editor).policy},
	{"policies/conditionalAccessPolicies", (*editor).policies},
	{"policies/conditionalAccessPolicies/*", (*editor).policy},
	{"identity/conditionalAccess/namedLocations", (*editor).locations},
	{"identity/conditionalAccess/namedLocations/*", (*editor).location},
	{"policies/authenticationMethodsPolicy", (*editor).methodsPolicy},
	{"policies/authenticationMethodsPolicy/authenticationMethodConfigurations", (*editor).methods},
	{"policies/authenticationMethodsPolicy/authenticationMethodConfigurations/*", (*editor).method},
	{"policies/authenticationMethodsPolicy/authenticationMethodConfigurations/*/passkeyProfiles", (*editor).profiles},
	{"policies/authenticationMethodsPolicy/authenticationMethodConfigurations/*/passkeyProfiles/*", (*editor).profile},
	{"policies/authenticationStrengthPolicies", (*editor).strengths},
	{"policies/authenticationStrengthPolicies/*", (*editor).strength},
	{"policies/authenticationStrengthPolicies/*/updateAllowedCombinations", (*editor).combinations},
	{"policies/authenticationStrengthPolicies/*/combinationConfigurations", (*editor).configurations},
	{"policies/authenticationStrengthPolicies/*/combinationConfigurations/*", (*editor).configuration},
	{"identity/conditionalAccess/authenticationStrength/policies", (*editor).strengths},
	{"identity/conditionalAccess/authenticationStrength/policies/*", (*editor).strength},
	{"identity/conditionalAccess/authenticationStrength/policies/*/updateAllowedCombinations", (*editor).combinations},
	{"identity/conditionalAccess/authenticationStrength/policies/*/combinationConfigurations", (*editor).configurations},
	{"identity/conditionalAccess/authenticationStrength/policies/*/combinationConfigurations/*", (*editor).configuration},
	{"groups/*", (*editor).group},
	{"groups/*/members/$ref", (*editor).addMember},
	{"groups/*/members/*/$ref", (*editor).removeMember},
	{"users/*", (*editor).user},
}

// do carries out one request and says in words what it changes.
func (e *editor) do(r Request) (string, error) {
	if r.Method == "" {
		return e.object(r)
	}
	for _, route := range routes {
		if ids, ok := match(strings.Split(route.path, "/"), r.Path); ok {
			return route.do(e, r, ids)
		}
	}
	return "", errors.New("changes of this kind cannot be previewed; docs/preview.md lists those that can")
}

// match compares a path with a route, in any letter case. Actions may stand with
// their namespace.
func match(route, path []string) (ids []string, ok bool) {
	if len(route) != len(path) {
		return nil, false
	}
	for i, step := range route {
		switch {
		case step == "*" && path[i] == "$ref":
			return nil, false
		case step == "*":
			ids = append(ids, path[i])
		case !strings.EqualFold(step, strings.TrimPrefix(path[i], "microsoft.graph.")):
			return nil, false
		}
	}
	return ids, true
}

func unsupported(r Request) error {
	return fmt.Errorf("the method %s is not taken here", r.Method)
}

// object puts an object where one of its kind and id is, or adds it.
func (e *editor) object(r Request) (string, error) {
	o := parseObject(r.Body)
	kind := strings.ToLower(o.text("@odata.type") + " " + o.text("@odata.context"))
	has := func(names ...string) bool {
		for _, name := range names {
			if o.at(name) >= 0 {
				return true
			}
		}
		return false
	}
	switch {
	case strings.Contains(kind, "methodconfiguration"):
		return e.wholeMethod(r)
	case strings.Contains(kind, "authenticationmethodspolicy") || has("authenticationMethodConfigurations"):
		return e.methodsPolicy(Request{Name: r.Name, Method: "PUT", Body: r.Body}, nil)
	case strings.Contains(kind, "authenticationstrengthpolicy") || has("allowedCombinations"):
		return e.wholeStrength(r)
	case strings.Contains(kind, "namedlocation") || has("ipRanges", "countriesAndRegions"):
		return e.wholeLocation(r)
	case strings.Contains(kind, "conditionalaccesspolicy") || has("conditions", "grantControls"):
		return e.wholePolicy(r)
	}
	return "", errors.New(`it is neither a request (it has no "method" and "url") nor a policy, methods policy, strength or named location that can be told by its members; give it an "@odata.type"`)
}
