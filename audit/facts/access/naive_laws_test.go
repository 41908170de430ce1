package access_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/entra"
)

// missing are the members that a scenario does not tell, or of a device not in
// full.
func missing(s object) []string {
	var list []string
	for _, name := range memberNames {
		device, isDevice := s[name].(object)
		partial := isDevice && device["registered"] != false && (device["registered"] == nil || len(device) < 1+len(attributes))
		if !given(s, name) || partial {
			list = append(list, name)
		}
	}
	return list
}

// filled is the scenario with some missing members told, save a few.
func (d dice) filled(s object, odds int, save ...string) object {
	s = maps.Clone(s)
	for _, name := range missing(s) {
		if !slices.Contains(save, name) && d.one(odds) {
			d.fill(s, name)
		}
	}
	return s
}

// What is said of a sign-in stays true whatever its missing members turn out to be,
// and no member is left out on which the verdict hangs.
func TestMissingMembers(t *testing.T) {
	check(t, 5, func(rt *rapid.T) { missingMembers(t, rt) })
}

func missingMembers(tb testing.TB, t *rapid.T) {
	d := dice{t}
	n := drawTenant(t)
	e := n.open(tb, t)
	s := d.scenario(n)
	before := e.decide(s)
	if before.Verdict != "undetermined" && len(before.Unknown) > 0 {
		t.Fatalf("%s, and yet %v could change it", before.Verdict, before.Unknown)
	}
	for _, name := range before.Unknown {
		if !slices.Contains(missing(s), name) {
			t.Fatalf("%s is not missing in %s", name, entra.MustEncode(s))
		}
	}
	for range 3 {
		full := d.filled(s, 1)
		if d.one(2) {
			full = d.filled(s, 2)
		}
		after := e.decide(full)
		if before.Verdict != "undetermined" && after.Verdict != before.Verdict {
			t.Fatalf("%s became %s: %s\n%s", before.Verdict, after.Verdict, entra.MustEncode(full), n.explain(s))
		}
		if before.Verdict == "undetermined" && after.Verdict != before.Verdict && len(before.Unknown) == 0 {
			t.Fatalf("nothing is named that could change the verdict: %s\n%s", entra.MustEncode(full), n.explain(s))
		}
		for i, p := range before.Policies {
			if q := after.Policies[i]; p.Applies != "unknown" && (q.Applies != p.Applies || !contains(q.Because, p.Because)) {
				t.Fatalf("%s became %s\nwith %s\n%s", show(p), show(q), entra.MustEncode(full), n.explain(s, i))
			}
		}
		other := d.filled(s, 1, before.Unknown...)
		if after := e.decide(other); after.Verdict != before.Verdict {
			t.Fatalf("%s became %s without %v: %s\n%s", before.Verdict, after.Verdict, before.Unknown, entra.MustEncode(other), n.explain(s))
		}
	}
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// copied is the tenant with policies of its own, to be changed.
func (n *naiveTenant) copied() *naiveTenant {
	c := *n
	c.sections = maps.Clone(n.sections)
	var policies []object
	if err := json.Unmarshal(entra.MustEncode(n.sections["conditionalAccessPolicies"]), &policies); err != nil {
		panic(err)
	}
	c.sections["conditionalAccessPolicies"] = policies
	return &c
}

// An exclude takes people, places and platforms out, never in.
func TestExcludeNeverAdds(t *testing.T) {
	check(t, 2, func(rt *rapid.T) {
		d := dice{rt}
		n := drawTenant(rt)
		more := n.copied()
		for _, p := range more.sections["conditionalAccessPolicies"] {
			d.exclude(p, len(n.sections["users"]))
		}
		s := d.scenario(n)
		before, after := n.open(t, rt).decide(s), more.open(t, rt).decide(s)
		worse := map[string]int{"no": 0, "unknown": 1, "yes": 2}
		for i, p := range before.Policies {
			if worse[after.Policies[i].Applies] > worse[p.Applies] {
				rt.Fatalf("%s\nbecame %s\n%s", show(p), show(after.Policies[i]), more.explain(s, i))
			}
		}
	})
}

// exclude adds one exclude to a part that has lists already.
func (d dice) exclude(p object, users int) {
	c, _ := p["conditions"].(object)
	add := func(part, list, id string) {
		if o, _ := c[part].(object); len(o) > 0 && (part == "users" || len(texts(o, "include"+list[len("exclude"):])) > 0) {
			old, _ := o[list].([]any)
			o[list] = append(old, id)
		}
	}
	switch rapid.IntRange(0, 5).Draw(d.t, "exclude") {
	case 0:
		add("users", "excludeUsers", d.pick(append(ids(userID, users), "GuestsOrExternalUsers", "LaterToken")...))
	case 1:
		add("users", "excludeGroups", d.pick(ids(groupID, 5)...))
	case 2:
		add("users", "excludeRoles", d.pick(ids(roleID, 3)...))
	case 3:
		add("platforms", "excludePlatforms", d.pick("android", "windows", "iOS", "laterPlatform"))
	case 4:
		add("locations", "excludeLocations", d.pick("AllTrusted", locationID(0), locationID(1), nobody))
	default:
		add("applications", "excludeApplications", d.pick(exchange, ownApp, "Office365", "LaterSuite"))
	}
}

// Policies are judged each for itself, and only enabled ones decide.
func TestPoliciesAreIndependent(t *testing.T) {
	check(t, 2, func(rt *rapid.T) {
		d := dice{rt}
		n := drawTenant(rt)
		other := n.copied()
		policies := rapid.Permutation(other.sections["conditionalAccessPolicies"]).Draw(rt, "order")
		policies = slices.DeleteFunc(policies, func(p object) bool {
			return (state(p) == "disabled" || state(p) == "reportonly") && d.one(2)
		})
		for range rapid.IntRange(0, 2).Draw(rt, "more") {
			p := d.policy(7+len(policies), len(n.sections["users"]))
			p["state"] = d.pick("enabledForReportingButNotEnforced", "disabled")
			policies = append(policies, p)
		}
		if other.sections["conditionalAccessPolicies"] = policies; len(policies) == 0 {
			return
		}
		s := d.scenario(n)
		before, after := n.open(t, rt).decide(s), other.open(t, rt).decide(s)
		if n.sections["conditionalAccessPolicies"] != nil && (before.Verdict != after.Verdict || !slices.Equal(before.Unknown, after.Unknown)) {
			rt.Fatalf("%s %v became %s %v\n%s", before.Verdict, before.Unknown, after.Verdict, after.Unknown, n.explain(s))
		}
	})
}
