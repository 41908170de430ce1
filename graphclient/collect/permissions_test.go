package collect_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

// Every permission that the catalogue names, alternatives too, has ids, and nothing
// else is in the table.
func TestPermissionTable(t *testing.T) {
	table, err := collect.Permissions()
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, s := range collect.Catalogue() {
		if s.Without == "" {
			t.Errorf("%s does not say what is lost without it", s.ID)
		}
		for _, needs := range [][]collect.Permission{s.Application, s.Delegated} {
			for _, alternatives := range needs {
				for _, name := range alternatives {
					named[name] = true
				}
			}
		}
	}
	guid := regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	ids := map[string]bool{}
	for _, p := range table.Permissions {
		if !named[p.Name] {
			t.Errorf("%s is in the table and nobody needs it", p.Name)
		}
		delete(named, p.Name)
		for _, id := range []string{p.Application, p.Delegated} {
			if !guid.MatchString(id) || ids[id] {
				t.Errorf("%s: %q is no id, or that of another permission", p.Name, id)
			}
			ids[id] = true
		}
	}
	for name := range named {
		t.Errorf("%s has no ids", name)
	}
	if table.Source == "" || table.Date == "" || !guid.MatchString(table.ResourceAppID) {
		t.Errorf("source %q, date %q, resource %q", table.Source, table.Date, table.ResourceAppID)
	}
}

func TestLeast(t *testing.T) {
	section := func(id string, optional bool, needs ...collect.Permission) collect.Section {
		return collect.Section{ID: snapshot.SectionID(id), Optional: optional, Application: needs}
	}
	type needs = collect.Permission
	for name, tc := range map[string]struct {
		sections []collect.Section
		want     string
	}{
		"nothing":                   {nil, ""},
		"least":                     {[]collect.Section{section("a", false, needs{"Narrow", "Broad"})}, "Narrow(a)"},
		"broader-needed-anyway":     {[]collect.Section{section("a", false, needs{"Narrow", "Broad"}), section("b", false, needs{"Broad"})}, "Broad(a b)"},
		"two-of-one":                {[]collect.Section{section("a", false, needs{"X"}, needs{"Y"})}, "X(a) Y(a)"},
		"narrow-is-enough-for-both": {[]collect.Section{section("a", false, needs{"Broad"}), section("b", false, needs{"Narrow"})}, "Broad(a) Narrow(b)"},
		"optional-replaces-nothing": {[]collect.Section{section("a", true, needs{"Broad"}), section("b", false, needs{"Narrow", "Broad"})}, "Narrow(b) Broad(a)*"},
		"optional-is-covered":       {[]collect.Section{section("a", true, needs{"Narrow", "Broad"}), section("b", false, needs{"Broad"})}, "Broad(a b)"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, grants(collect.Least(tc.sections, false))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func grants(list []collect.Grant) string {
	var texts []string
	for _, g := range list {
		var ids []string
		for _, s := range g.Sections {
			ids = append(ids, string(s.ID))
		}
		text := g.Name + "(" + strings.Join(ids, " ") + ")"
		if g.Optional() {
			text += "*"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

func TestLeastForSomeSections(t *testing.T) {
	sections := collect.Reading([]snapshot.SectionID{snapshot.AuthenticationMethodsPolicy, snapshot.Users})
	want := "Organization.Read.All(organization) Policy.Read.AuthenticationMethod(authenticationMethodsPolicy) User.Read.All(users)"
	if diff := cmp.Diff(want, grants(collect.Least(sections, false))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Members need the groups, and those the policies that name them.
	var ids []string
	for _, s := range collect.Reading([]snapshot.SectionID{snapshot.GroupMembers}) {
		ids = append(ids, string(s.ID))
	}
	if diff := cmp.Diff("organization authenticationMethodsPolicy conditionalAccessPolicies groups groupMembers", strings.Join(ids, " ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := len(collect.Reading(nil)), len(snapshot.Sections()); got != want {
		t.Errorf("%d sections, want all %d", got, want)
	}
}

func TestRolesFor(t *testing.T) {
	section := func(id string, roles ...string) collect.Section {
		return collect.Section{ID: snapshot.SectionID(id), Roles: roles}
	}
	var texts []string
	for _, g := range collect.RolesFor([]collect.Section{section("a"), section("b", "Small", "Large"), section("c", "Large"), section("d", "Other")}) {
		texts = append(texts, g.Role+" "+string(g.Sections[0].ID))
	}
	if diff := cmp.Diff([]string{"Large b", "Other d"}, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := collect.RolesFor(collect.Catalogue()); len(got) != 1 || got[0].Role != "Global Reader" {
		t.Errorf("one role reads everything: got %v", got)
	}
}
