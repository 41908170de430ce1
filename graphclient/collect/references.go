package collect

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit/entra"
)

// references are the ids that policies and roles name and that may be groups, in
// lower case. The value is true for ids that a policy takes for a group: such a
// one that does not exist is a finding, while the holder of a role may just be a
// user or an app.
type references map[string]bool

func (r references) addGroup(id string) {
	if id, ok := groupID(id); ok {
		r[id] = true
	}
}

func (r references) addPrincipal(id string) {
	if id, ok := groupID(id); ok && !r[id] {
		r[id] = false
	}
}

// groupID leaves out what stands for no group: words such as all_users, and the
// zero GUID by which some policies say "none".
func groupID(id string) (string, bool) {
	k, ok := parseGUID(id)
	return strings.ToLower(id), ok && k != idKey{}
}

func (r references) addConditionalAccess(raw entra.Raw) {
	var p entra.ConditionalAccessPolicy
	if entra.Decode(raw, &p) != nil || p.Conditions == nil || p.Conditions.Users == nil {
		return
	}
	for _, id := range slices.Concat(p.Conditions.Users.IncludeGroups, p.Conditions.Users.ExcludeGroups) {
		r.addGroup(id)
	}
}

// addPolicyTargets takes every target of the methods policy, wherever it stands:
// of methods, of the registration campaign, of single features.
func (r references) addPolicyTargets(policy entra.Raw) {
	var v any
	if json.Unmarshal(policy, &v) == nil {
		r.walk(v)
	}
}

func (r references) walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			r.walk(e)
		}
	case map[string]any:
		id, _ := v["id"].(string)
		if kind, ok := v["targetType"].(string); ok && strings.EqualFold(kind, "group") {
			r.addGroup(id)
		}
		for _, e := range v {
			r.walk(e)
		}
	}
}

// ids lists what to resolve, in order; known leaves out role holders that are
// known to be no groups.
func (r references) ids(known func(id string) bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r)), func(id string) bool { return !r[id] && known(id) })
}
