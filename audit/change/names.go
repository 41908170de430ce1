package change

import (
	"fmt"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

type referenceKind string

const (
	groupReference    referenceKind = "group"
	userReference     referenceKind = "user"
	locationReference referenceKind = "named location"
	strengthReference referenceKind = "authentication strength"
)

func (e *editor) named(kind referenceKind, from string, ids ...string) {
	for _, id := range ids {
		e.names = append(e.names, reference{e.request, kind, id, from})
	}
}

// policyNames notes what a policy names, to be looked up once all is changed.
func (e *editor) policyNames(p *entra.ConditionalAccessPolicy) {
	from := label("the policy", p.DisplayName, p.ID)
	if u := p.Conditions.Users; u != nil {
		e.named(groupReference, from, u.IncludeGroups...)
		e.named(groupReference, from, u.ExcludeGroups...)
		e.named(userReference, from, u.IncludeUsers...)
		e.named(userReference, from, u.ExcludeUsers...)
	}
	if l := p.Conditions.Locations; l != nil {
		e.named(locationReference, from, l.IncludeLocations...)
		e.named(locationReference, from, l.ExcludeLocations...)
	}
	if g := p.GrantControls; g != nil && g.AuthenticationStrength != nil && g.AuthenticationStrength.ID != "" {
		e.named(strengthReference, from, g.AuthenticationStrength.ID)
	}
}

// words that stand where ids stand, and ids that are no object of their own.
var words = map[referenceKind][]string{
	groupReference:    {"00000000-0000-0000-0000-000000000000"},
	userReference:     {"All", "None", "GuestsOrExternalUsers", "AllAgentIdUsers"},
	locationReference: {"All", "AllTrusted", "00000000-0000-0000-0000-000000000000"},
	strengthReference: {entra.StrengthMultifactor, entra.StrengthPasswordless, entra.StrengthPhishingResistant},
}

var sectionOf = map[referenceKind]snapshot.SectionID{
	groupReference: snapshot.Groups, userReference: snapshot.Users,
	locationReference: snapshot.NamedLocations, strengthReference: snapshot.AuthenticationStrengths,
}

// checkNames refuses a change that names an object which the snapshot does not have,
// where it did not name it before. A snapshot holds only the groups that something
// names: of others nobody knows who is in them, and they would look deleted.
func (e *editor) checkNames() error {
	before := map[string]bool{}
	for _, id := range []snapshot.SectionID{snapshot.ConditionalAccessPolicies, snapshot.AuthenticationMethodsPolicy} {
		for row, err := range e.stored.Rows(e.ctx, id) {
			if err != nil {
				return err
			}
			before[strings.ToLower(string(row.Raw))] = true
		}
	}
	wasNamed := func(id string) bool {
		for text := range before {
			if strings.Contains(text, `"`+strings.ToLower(id)+`"`) {
				return true
			}
		}
		return false
	}
	there, err := e.existing()
	if err != nil {
		return err
	}
	for _, n := range e.names {
		section := sectionOf[n.kind]
		switch {
		case isWord(n) || there[section][strings.ToLower(n.id)] || wasNamed(n.id):
		case n.kind == groupReference:
			return &Error{n.request, fmt.Errorf("%s would name the group %s, which the snapshot does not have: only groups that something names are collected, so who is in it is not known", n.from, n.id)}
		case e.complete(section):
			return &Error{n.request, fmt.Errorf("%s would name the %s %s, which does not exist", n.from, n.kind, n.id)}
		}
	}
	return nil
}

// existing are the keys of named objects that there are, by section. Each section is
// searched once: a policy may name thousands of accounts.
func (e *editor) existing() (map[snapshot.SectionID]map[string]bool, error) {
	there, asked := map[snapshot.SectionID]map[string]bool{}, map[snapshot.SectionID][]string{}
	for _, n := range e.names {
		section, key := sectionOf[n.kind], strings.ToLower(n.id)
		if there[section] == nil {
			there[section] = map[string]bool{}
		}
		if rows, edited := e.edits[section][key]; edited {
			there[section][key] = len(rows) > 0
		} else if !isWord(n) {
			asked[section] = append(asked[section], key)
		}
	}
	for section, keys := range asked {
		rows, err := e.stored.FindAll(e.ctx, section, keys)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			spec, _ := snapshot.Spec(section)
			there[section][strings.ToLower(entra.Text(row.Raw, entra.Pointer(spec.Key)))] = true
		}
	}
	return there, nil
}

func isWord(n reference) bool {
	for _, w := range words[n.kind] {
		if strings.EqualFold(w, n.id) {
			return true
		}
	}
	return false
}
