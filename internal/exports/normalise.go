package exports

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// change is a kind of normalisation, for the account of what was done.
type change int

const (
	changedNames change = iota
	changedDates
	changedNulls
	changedLists
	changedLifted
	changedTypes
	changedIDs
	changes
)

// phrase words a change with the number of times it was made.
func (c change) phrase(n int) string {
	switch c {
	case changedNames:
		return plural(n, "object had", "objects had") + " PowerShell's PascalCase names; they have Graph's now"
	case changedDates:
		return plural(n, "date", "dates") + " written as /Date(…)/ became RFC 3339"
	case changedNulls:
		return plural(n, "object", "objects") + " in which every member was null became null"
	case changedLists:
		return plural(n, "list", "lists") + " that PowerShell had unwrapped became lists again"
	case changedLifted:
		return plural(n, "object had", "objects had") + " members in AdditionalProperties; they moved up to where Graph has them"
	case changedTypes:
		return plural(n, "member", "members") + " odata.type became @odata.type"
	default:
		return plural(n, "Conditional Access policy", "Conditional Access policies") + " without id got one made from the name"
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// errCutOff reports an object that PowerShell did not write in full.
var errCutOff = errors.New("cut off by PowerShell's ConvertTo-Json, which wrote a type name or joined text in place of deeper members; export it again with -Depth 20")

// normaliser puts right what exporting did to Graph's objects, and nothing else.
type normaliser struct {
	spelling *spelling
	count    [changes]int
}

// row normalises an object that is of the modelled type t, or of none if t is nil.
func (n *normaliser) row(v *value, t reflect.Type) error {
	pascal := pascalCase(v)
	if pascal {
		n.count[changedNames]++
	}
	return n.object(v, t, pascal)
}

func (n *normaliser) object(v *value, t reflect.Type, pascal bool) error {
	if pascal {
		if err := n.lift(v); err != nil {
			return err
		}
	}
	seen := make(map[string]bool, len(v.members))
	for i := range v.members {
		m := &v.members[i]
		if m.name == "odata.type" {
			m.name = "@odata.type"
			n.count[changedTypes]++
		}
		if pascal {
			m.name = n.spelling.rename(m.name, t)
		}
		if seen[m.name] {
			return fmt.Errorf("it has the member %q twice, in two spellings", m.name)
		}
		seen[m.name] = true
		var inner reflect.Type
		if t != nil {
			if f, ok := n.spelling.byType[t][strings.ToLower(m.name)]; ok {
				inner = f.typ
			}
		}
		// Its members are named by the tenant.
		deep := pascal && !strings.EqualFold(m.name, "customSecurityAttributes")
		child, err := n.value(m.value, inner, deep)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		m.value = child
	}
	return nil
}

// value normalises one member. t is its modelled type, nil if it has none.
func (n *normaliser) value(v *value, t reflect.Type, pascal bool) (*value, error) {
	if t != nil {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if isList(t) {
			var err error
			if v, err = n.asList(v); err != nil {
				return nil, err
			}
		}
	}
	switch v.kind {
	case '[':
		var elem reflect.Type
		if t != nil && isList(t) {
			elem = t.Elem()
		}
		for i, item := range v.items {
			child, err := n.value(item, elem, pascal)
			if err != nil {
				return nil, err
			}
			v.items[i] = child
		}
		return v, nil
	case '{':
		if date, ok := dateObject(v); ok {
			n.count[changedDates]++
			return quoted(date), nil
		}
		var inner reflect.Type
		if t != nil && t.Kind() == reflect.Struct {
			inner = t
		}
		if err := n.object(v, inner, pascal); err != nil {
			return nil, err
		}
		if pascal && len(v.members) > 0 && !slices.ContainsFunc(v.members, func(m member) bool { return !m.value.isNull() }) {
			n.count[changedNulls]++
			return null(), nil
		}
		return v, nil
	case '"':
		text := v.text()
		if cutOff(text) {
			return nil, errCutOff
		}
		if date, ok := powerShellDate(text); ok {
			n.count[changedDates]++
			return quoted(date), nil
		}
	}
	return v, nil
}

// asList gives a modelled list back its brackets. PowerShell unwraps lists of one,
// and Windows PowerShell may write a list as an object with value and Count.
func (n *normaliser) asList(v *value) (*value, error) {
	switch v.kind {
	case '[', 'n':
		return v, nil
	case '{':
		if inner := v.get("value"); inner != nil && inner.kind == '[' && len(v.members) == 2 && v.has("Count") {
			n.count[changedLists]++
			return inner, nil
		}
	case '"':
		// Below the depth it was told, Windows PowerShell joins a list with spaces and
		// writes an empty one as no text at all. No id and no value of an enumeration
		// has a space.
		if text := v.text(); text == "" || strings.ContainsAny(text, " \t\r\n") {
			return nil, errCutOff
		}
	}
	n.count[changedLists]++
	return list(v), nil
}

// lift moves the members that PowerShell's models do not know from
// AdditionalProperties to the object they belong to.
func (n *normaliser) lift(v *value) error {
	i := slices.IndexFunc(v.members, func(m member) bool { return m.name == "AdditionalProperties" })
	if i < 0 || v.members[i].value.kind != '{' {
		return nil
	}
	extra := v.members[i].value.members
	v.members = slices.Delete(v.members, i, i+1)
	if len(extra) == 0 {
		return nil
	}
	n.count[changedLifted]++
	for _, m := range extra {
		j := slices.IndexFunc(v.members, func(old member) bool { return strings.EqualFold(old.name, m.name) })
		switch {
		case j < 0:
			v.members = append(v.members, m)
		case v.members[j].value.isNull():
			v.members[j] = m
		case !m.value.isNull() && string(v.members[j].value.raw()) != string(m.value.raw()):
			return fmt.Errorf("the member %q differs between the object and its AdditionalProperties", m.name)
		}
	}
	return nil
}

// cutOff recognises what ConvertTo-Json writes in place of an object that lies
// deeper than it was told to go.
func cutOff(text string) bool {
	return strings.HasPrefix(text, "Microsoft.Graph.PowerShell.Models.") || strings.HasPrefix(text, "System.Collections.") ||
		text == "System.Object[]" || strings.HasPrefix(text, "@{") && strings.HasSuffix(text, "}")
}

var powerShellDatePattern = regexp.MustCompile(`^\\?/Date\((-?\d{1,16})([+-]\d{4})?\)\\?/$`)

// powerShellDate reads Windows PowerShell's form of a date: milliseconds since
// 1970 in UTC. An offset in it is for show.
func powerShellDate(text string) (string, bool) {
	m := powerShellDatePattern.FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	ms, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return "", false
	}
	t := time.UnixMilli(ms).UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return "", false
	}
	return t.Format(time.RFC3339Nano), true
}

// dateObject recognises the object that Windows PowerShell makes of a date that it
// has looked at: {"value":"/Date(…)/","DateTime":"…"}, with or without DisplayHint.
func dateObject(v *value) (string, bool) {
	if len(v.members) > 3 || !v.has("value", "DateTime") {
		return "", false
	}
	return powerShellDate(v.get("value").text())
}
