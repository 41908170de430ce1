package change

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// object is a JSON object being edited. Members keep their order and spelling.
type object struct {
	names  []string
	values []entra.Raw
}

func parseObject(raw entra.Raw) *object {
	o := &object{}
	for name, value := range entra.Members(raw) {
		o.names, o.values = append(o.names, name), append(o.values, value)
	}
	return o
}

func (o *object) at(name string) int { return slices.Index(o.names, name) }

// get is a member, nil where there is none.
func (o *object) get(name string) entra.Raw {
	if i := o.at(name); i >= 0 {
		return o.values[i]
	}
	return nil
}

func (o *object) text(name string) string { return text(o.get(name)) }

// set replaces a member, or adds it at the end.
func (o *object) set(name string, value entra.Raw) {
	if i := o.at(name); i >= 0 {
		o.values[i] = value
		return
	}
	o.names, o.values = append(o.names, name), append(o.values, value)
}

func (o *object) delete(name string) {
	if i := o.at(name); i >= 0 {
		o.names, o.values = slices.Delete(o.names, i, i+1), slices.Delete(o.values, i, i+1)
	}
}

func (o *object) raw() entra.Raw {
	out := entra.Raw("{")
	for i, name := range o.names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, entra.MustEncode(name)...), ':'), o.values[i]...)
	}
	return append(out, '}')
}

func listOf(elements []entra.Raw) entra.Raw {
	out := entra.Raw("[")
	for i, e := range elements {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, e...)
	}
	return append(out, ']')
}

func elements(raw entra.Raw) []entra.Raw { return slices.Collect(entra.Elements(raw)) }

// text is a JSON string, empty for anything else.
func text(raw entra.Raw) string { return entra.Text(raw, "") }

// texts are the strings of a list.
func texts(raw entra.Raw) []string {
	var list []string
	for e := range entra.Elements(raw) {
		if e.Kind() == '"' {
			list = append(list, text(e))
		}
	}
	return list
}

func isNull(raw entra.Raw) bool { return len(raw) == 0 || raw.Kind() == 'n' }

// says tells whether a value holds anything: not null, an empty text, list or object.
func says(raw entra.Raw) bool {
	switch raw.Kind() {
	case 'n', 0:
		return false
	case '"':
		return text(raw) != ""
	case '[':
		return len(elements(raw)) > 0
	case '{':
		return len(parseObject(raw).names) > 0
	default:
		return true
	}
}

// find is the element of a list of objects with an id in any letter case, -1 for
// none.
func find(list []entra.Raw, id string) int {
	return slices.IndexFunc(list, func(e entra.Raw) bool { return strings.EqualFold(entra.Text(e, "/id"), id) })
}

// merger patches objects the way Graph does.
type merger struct {
	// whole are members that name another object, by path such as
	// "grantControls.authenticationStrength": they are replaced and never merged.
	whole []string
	// documented are objects of which Microsoft's pages show that members left out
	// stay as they are.
	documented []string
	// kept collects the paths of members that stay because nothing was said of them,
	// where that is not documented.
	kept []string
}

// patch lays a request's body over what is there: members that are given replace,
// null clears, lists replace, objects are patched in the same way.
//
// Graph documents that members left out keep their values, and shows it for a member
// of conditions (Update conditionalAccessPolicy, v1.0, stored 2023); that objects
// further down are patched too is what OData says of PATCH (OData 4.01 part 1,
// 11.4.9.3) and no page of Microsoft's shows. What was kept on its word is noted.
func (m *merger) patch(old, body entra.Raw, path string) entra.Raw {
	if old.Kind() != '{' || body.Kind() != '{' || slices.Contains(m.whole, path) {
		return body
	}
	o, b := parseObject(old), parseObject(body)
	if path != "" && !slices.Contains(m.documented, path) {
		for i, name := range o.names {
			if b.at(name) < 0 && !strings.Contains(name, "@odata") && says(o.values[i]) {
				m.kept = append(m.kept, path+"."+name)
			}
		}
	}
	for i, name := range b.names {
		below := name
		if path != "" {
			below = path + "." + name
		}
		if held := o.get(name); held != nil {
			o.set(name, m.patch(held, b.values[i], below))
		} else {
			o.set(name, b.values[i])
		}
	}
	return o.raw()
}
