package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// unmodelled lists the members of an object that nobody models and that say
// something: annotations, null, false and empty values do not.
func unmodelled(raw entra.Raw) []string {
	var names []string
	for name, value := range entra.Members(raw) {
		if strings.ContainsAny(name, "@#") || says(value) == "" {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// says is empty for values that set nothing.
func says(value entra.Raw) string {
	switch value.Kind() {
	case 'n', 'f':
		return ""
	case '"':
		if string(value) == `""` {
			return ""
		}
	case '[':
		for v := range entra.Elements(value) {
			if says(v) != "" {
				return "list"
			}
		}
		return ""
	case '{':
		return strings.Join(unmodelled(value), ",")
	}
	return string(value)
}

// harmless are members of policies and locations that change nothing about whom they
// hit.
var harmless = []string{"templateId", "createdDateTime", "modifiedDateTime", "deletedDateTime", "description"}
