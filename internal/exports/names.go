package exports

import (
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// models are the types as which rows are judged. They say how Graph spells the
// members that matter, which of them are lists, and whether a row can be used.
var models = map[snapshot.SectionID]reflect.Type{
	snapshot.Organization:                reflect.TypeFor[entra.Organization](),
	snapshot.AuthenticationMethodsPolicy: reflect.TypeFor[entra.AuthenticationMethodsPolicy](),
	snapshot.AuthenticationStrengths:     reflect.TypeFor[entra.AuthenticationStrengthPolicy](),
	snapshot.ConditionalAccessPolicies:   reflect.TypeFor[entra.ConditionalAccessPolicy](),
	snapshot.NamedLocations:              reflect.TypeFor[entra.NamedLocation](),
	snapshot.SubscribedSkus:              reflect.TypeFor[entra.SubscribedSku](),
	snapshot.Domains:                     reflect.TypeFor[entra.Domain](),
	snapshot.RoleAssignments:             reflect.TypeFor[entra.RoleAssignment](),
	snapshot.RoleEligibility:             reflect.TypeFor[entra.RoleAssignment](),
	snapshot.Users:                       reflect.TypeFor[entra.User](),
	snapshot.Groups:                      reflect.TypeFor[entra.Group](),
	snapshot.GroupMembers:                reflect.TypeFor[entra.GroupMembers](),
	snapshot.UserRegistrationDetails:     reflect.TypeFor[entra.UserRegistrationDetails](),
	snapshot.AuthenticationMethods:       reflect.TypeFor[entra.UserMethods](),
}

// Types of what makes a row only together with others.
var (
	configurationModel = reflect.TypeFor[entra.AuthenticationMethodConfiguration]()
	methodModel        = reflect.TypeFor[entra.AuthenticationMethod]()
)

// field is a modelled member: Graph's spelling, and its Go type.
type field struct {
	name string
	typ  reflect.Type
}

// spelling knows the members of the modelled types, by their names in lower case.
type spelling struct {
	byType map[reflect.Type]map[string]field
	all    map[string]string
}

// newSpelling reads the json tags of the modelled types and of everything in them.
func newSpelling() *spelling {
	s := &spelling{byType: map[reflect.Type]map[string]field{}, all: map[string]string{}}
	for _, spec := range snapshot.Sections() {
		if t, ok := models[spec.ID]; ok {
			s.add(t)
		}
	}
	return s
}

func (s *spelling) add(t reflect.Type) {
	t = element(t)
	if t.Kind() != reflect.Struct || s.byType[t] != nil {
		return
	}
	fields := map[string]field{}
	s.byType[t] = fields
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue // embedded: the members that are not modelled
		}
		fields[strings.ToLower(name)] = field{name, f.Type}
		s.all[strings.ToLower(name)] = name
		s.add(f.Type)
	}
}

// element strips pointers and lists.
func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || isList(t) {
		t = t.Elem()
	}
	return t
}

var rawType = reflect.TypeFor[entra.Raw]()

// isList tells whether a modelled member is a list. A raw value is bytes in Go.
func isList(t reflect.Type) bool { return t.Kind() == reflect.Slice && t != rawType }

// rename turns the name of a member of a PowerShell object into Graph's: the
// spelling of the type at this place, else of any modelled type, else with a small
// first letter, which is what PowerShell's modules changed.
func (s *spelling) rename(name string, t reflect.Type) string {
	base, annotation, annotated := strings.Cut(name, "@")
	if base == "" || strings.HasPrefix(base, "#") {
		return name
	}
	lower := strings.ToLower(base)
	if f, ok := s.byType[t][lower]; ok && t != nil {
		base = f.name
	} else if known, ok := s.all[lower]; ok {
		base = known
	} else {
		r, n := utf8.DecodeRuneInString(base)
		base = string(unicode.ToLower(r)) + base[n:]
	}
	if annotated {
		return base + "@" + annotation
	}
	return base
}

// pascalCase tells whether the members of an object are named as PowerShell names
// properties: most of them begin with a capital letter.
func pascalCase(v *value) bool {
	upper, lower := 0, 0
	for _, m := range v.members {
		if strings.ContainsAny(m.name, "@#") {
			continue
		}
		switch r, _ := utf8.DecodeRuneInString(m.name); {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	return upper > lower
}
