package collect

import (
	_ "embed"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit/snapshot"
)

// permissionsFile has the ids of every permission that the catalogue names. They are
// those of the public cloud.
//
//go:embed permissions.json
var permissionsFile []byte

// PermissionTable is the file.
type PermissionTable struct {
	Source        string           `json:"source"`
	Date          string           `json:"date"`
	ResourceAppID string           `json:"resourceAppId"` // of Microsoft Graph
	Permissions   []PermissionInfo `json:"permissions"`
}

// PermissionInfo is one permission with its ids: as an app role, and as a scope that a
// person delegates.
type PermissionInfo struct {
	Name        string `json:"name"`
	Application string `json:"application"`
	Delegated   string `json:"delegated"`
	// AdminConsent tells whether only an administrator may delegate it. Application
	// permissions always need one.
	AdminConsent bool `json:"adminConsent"`
}

// Permissions reads the table of permissions.
func Permissions() (*PermissionTable, error) {
	t := &PermissionTable{}
	if err := json.Unmarshal(permissionsFile, t); err != nil {
		return nil, fmt.Errorf("reading the embedded permissions: %w", err)
	}
	return t, nil
}

// Find looks a permission up by its name.
func (t *PermissionTable) Find(name string) (PermissionInfo, bool) {
	i := slices.IndexFunc(t.Permissions, func(p PermissionInfo) bool { return p.Name == name })
	if i < 0 {
		return PermissionInfo{}, false
	}
	return t.Permissions[i], true
}

// Reading lists the sections to read where some are wanted: those, the ones that they
// require, and the organization, which every run asks for. nil stands for all.
func Reading(ids []snapshot.SectionID) []Section {
	list := Catalogue()
	o := Options{Optional: true}
	if ids != nil {
		o = Options{Sections: append([]snapshot.SectionID{snapshot.Organization}, ids...)}
	}
	wanted := o.wanted(list)
	return slices.DeleteFunc(list, func(s Section) bool { return !wanted[s.ID] })
}

// Grant is a permission to be granted, with the sections that cannot be read without.
type Grant struct {
	Name     string
	Sections []Section
}

// Optional tells whether only sections that are read on request need it.
func (g Grant) Optional() bool {
	return !slices.ContainsFunc(g.Sections, func(s Section) bool { return !s.Optional })
}

// Least finds the permissions to grant for some sections: for each the least
// privileged one, but none in whose place another does that is needed anyway. What
// optional sections need comes last and replaces nothing. delegated asks for what
// people delegate instead of what an app is granted.
func Least(sections []Section, delegated bool) []Grant {
	var chosen []string
	for _, optional := range []bool{false, true} {
		var needs []Permission
		for _, s := range sections {
			if s.Optional == optional {
				needs = append(needs, s.permissions(delegated)...)
			}
		}
		chosen = cover(needs, chosen)
	}
	var grants []Grant
	for _, name := range chosen {
		g := Grant{Name: name}
		for _, s := range sections {
			if slices.ContainsFunc(s.permissions(delegated), func(p Permission) bool { return p.first(chosen) == name }) {
				g.Sections = append(g.Sections, s)
			}
		}
		grants = append(grants, g)
	}
	return grants
}

func (s Section) permissions(delegated bool) []Permission {
	if delegated {
		return s.Delegated
	}
	return s.Application
}

// first is the least privileged of some permissions that is enough, empty if none is.
func (p Permission) first(of []string) string {
	for _, name := range p {
		if slices.Contains(of, name) {
			return name
		}
	}
	return ""
}

// cover adds to some permissions what else is needed.
func cover(needs []Permission, given []string) []string {
	list := slices.Clone(given)
	for _, p := range needs {
		if p.first(list) == "" {
			list = append(list, p[0])
		}
	}
	for _, name := range slices.Clone(list[len(given):]) {
		without := slices.DeleteFunc(slices.Clone(list), func(other string) bool { return other == name })
		if !slices.ContainsFunc(needs, func(p Permission) bool { return p.first(without) == "" }) {
			list = without
		}
	}
	return list
}

// RolesFor finds directory roles with which a person may read some sections, as few
// as they can be found one by one, each with the sections that it is for.
func RolesFor(sections []Section) []RoleGrant {
	left := slices.DeleteFunc(slices.Clone(sections), func(s Section) bool { return len(s.Roles) == 0 })
	var grants []RoleGrant
	for len(left) > 0 {
		best, most := "", 0
		for _, s := range left {
			for _, role := range s.Roles {
				if n := len(readableBy(left, role)); n > most {
					best, most = role, n
				}
			}
		}
		grants = append(grants, RoleGrant{best, readableBy(left, best)})
		left = slices.DeleteFunc(left, func(s Section) bool { return slices.Contains(s.Roles, best) })
	}
	return grants
}

// RoleGrant is a directory role with the sections that it lets a person read.
type RoleGrant struct {
	Role     string
	Sections []Section
}

func readableBy(sections []Section, role string) []Section {
	var list []Section
	for _, s := range sections {
		if slices.Contains(s.Roles, role) {
			list = append(list, s)
		}
	}
	return list
}
