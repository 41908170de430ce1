package change

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// Requirement is a policy said in one line: what is demanded, of whom, where.
type Requirement struct {
	// What is one of Requirements.
	What string
	// For and Exclude are "all", "group:ID" or "user:ID"; all cannot be excluded.
	For, Exclude []string
	// Platforms are those of a platform condition; empty: every one.
	Platforms []string
	// Apps are app ids, Office365, MicrosoftAdminPortals, or all; empty: all resources.
	Apps []string
}

// Requirements lists what can be demanded.
var Requirements = []string{"phishing-resistant", "passwordless", "mfa", "compliant-device"}

// Platforms are those that policies name. Source: CSDL (Graph v1.0 metadata, 2026-08).
var Platforms = []string{"android", "iOS", "windows", "windowsPhone", "macOS", "linux"}

// Request makes the request that would add the policy.
func (q Requirement) Request() (Request, error) {
	users := map[string][]string{"includeUsers": {}, "excludeUsers": {}, "includeGroups": {}, "excludeGroups": {}, "includeRoles": {}, "excludeRoles": {}}
	for _, who := range q.For {
		if err := assign(users, "include", who); err != nil {
			return Request{}, err
		}
	}
	for _, who := range q.Exclude {
		if who == "all" {
			return Request{}, fmt.Errorf("everybody excluded leaves nobody")
		}
		if err := assign(users, "exclude", who); err != nil {
			return Request{}, err
		}
	}
	if len(q.For) == 0 {
		return Request{}, fmt.Errorf("say of whom: all, group:ID or user:ID")
	}
	apps := []string{"All"}
	for i, app := range q.Apps {
		switch {
		case strings.EqualFold(app, "all") && len(q.Apps) == 1:
		case strings.EqualFold(app, "all"):
			return Request{}, fmt.Errorf("all resources cannot stand beside others")
		default:
			if i == 0 {
				apps = nil
			}
			apps = append(apps, app)
		}
	}
	conditions := map[string]any{
		"users": users, "clientAppTypes": []string{"all"},
		"applications": map[string]any{"includeApplications": apps, "excludeApplications": []string{}, "includeUserActions": []string{}},
	}
	if len(q.Platforms) > 0 {
		var list []string
		for _, p := range q.Platforms {
			i := slices.IndexFunc(Platforms, func(known string) bool { return strings.EqualFold(known, p) })
			if i < 0 {
				return Request{}, fmt.Errorf("the platform %q is none of %s", p, strings.Join(Platforms, ", "))
			}
			list = append(list, Platforms[i])
		}
		conditions["platforms"] = map[string]any{"includePlatforms": list, "excludePlatforms": []string{}}
	}
	grant := map[string]any{"operator": "OR", "builtInControls": []string{}}
	switch q.What {
	case "phishing-resistant":
		grant["authenticationStrength"] = map[string]string{"id": entra.StrengthPhishingResistant}
	case "passwordless":
		grant["authenticationStrength"] = map[string]string{"id": entra.StrengthPasswordless}
	case "mfa":
		grant["builtInControls"] = []string{"mfa"}
	case "compliant-device":
		grant["builtInControls"] = []string{"compliantDevice"}
	default:
		return Request{}, fmt.Errorf("%q is none of %s", q.What, strings.Join(Requirements, ", "))
	}
	body, err := entra.Encode(map[string]any{
		"displayName": "Preview: " + q.What + " for " + strings.Join(q.For, ", "), "state": "enabled", "conditions": conditions, "grantControls": grant,
	})
	if err != nil {
		return Request{}, err
	}
	return Request{Name: "the requirement", Method: "POST", Path: []string{"identity", "conditionalAccess", "policies"}, Body: body}, nil
}

// assign puts one of whom a policy speaks into its lists.
func assign(users map[string][]string, list, who string) error {
	kind, id, _ := strings.Cut(who, ":")
	switch {
	case who == "all":
		users[list+"Users"] = append(users[list+"Users"], "All")
	case kind == "group" && id != "":
		users[list+"Groups"] = append(users[list+"Groups"], id)
	case kind == "user" && id != "":
		users[list+"Users"] = append(users[list+"Users"], id)
	default:
		return fmt.Errorf("%q is neither all, group:ID nor user:ID", who)
	}
	return nil
}

// Batch writes requests as the body of a $batch request. An object, which is no
// request, is written as it is.
func Batch(requests []Request) (entra.Raw, error) {
	type item struct {
		ID      string            `json:"id"`
		Method  string            `json:"method"`
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitzero"`
		Body    entra.Raw         `json:"body,omitzero"`
	}
	var items []item
	for i, r := range requests {
		if r.Method == "" {
			continue
		}
		it := item{ID: fmt.Sprint(i + 1), Method: r.Method, URL: r.URL(), Body: r.Body}
		if r.Body != nil {
			it.Headers = map[string]string{"Content-Type": "application/json"}
		}
		items = append(items, it)
	}
	return entra.Encode(map[string]any{"requests": items})
}
