package exports

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what recognising an object came to: a kind, or why it is refused
// (perhaps although its kind is known), or neither where nothing was said either way.
type verdict struct {
	kind    *kind
	refused string
}

func no(format string, args ...any) verdict { return verdict{refused: fmt.Sprintf(format, args...)} }

// recognise decides what an object is. Its own @odata.type counts most, then the
// @odata.context it came under, then its members; the name of the member or folder
// that holds it only decides where these are silent.
func recognise(v *value, context string, named *kind) verdict {
	if code := v.get("error").get("code"); code != nil {
		return no("an error that Graph answered: %s", code.text())
	}
	if v.has("category", "properties") && v.hasAny("operationName", "resourceId") {
		return no("a record of the diagnostic logs (Azure Monitor), which writes members in another way than Graph")
	}
	if t := typeName(v); t != "" {
		return byType(t, v)
	}
	if own := v.get("@odata.context").text(); own != "" {
		context = own
	}
	if path := contextPath(context); path != "" && !neutral(path) {
		k := byContext(path)
		if k == nil {
			return no("a snapshot has no section for %s", path)
		}
		return k.accept(v)
	}
	for _, k := range kinds {
		if k.shape != nil && k.shape(v) {
			return k.accept(v)
		}
	}
	if named != nil && v.has(named.idName()) {
		return named.accept(v)
	}
	return verdict{}
}

// typeName is the @odata.type without namespace, in lower case. Published documents
// also write it without the @, the # or the namespace.
func typeName(v *value) string {
	t := v.get("@odata.type").text()
	if t == "" {
		t = v.get("odata.type").text()
	}
	if i := strings.LastIndexByte(t, '.'); i >= 0 {
		t = t[i+1:]
	}
	return strings.ToLower(strings.TrimPrefix(t, "#"))
}

func byType(t string, v *value) verdict {
	switch {
	case strings.HasSuffix(t, "authenticationmethodconfiguration"):
		return methodConfiguration.accept(v)
	case strings.HasSuffix(t, "authenticationmethod"):
		return registeredMethod.accept(v)
	}
	for _, k := range kinds {
		if slices.Contains(k.types, t) {
			return k.accept(v)
		}
	}
	// Role assignments have the same type in every provider.
	if t == "unifiedroleassignment" {
		return verdict{}
	}
	return no("a snapshot has no section for the type %s", t)
}

// accept checks that the object is whole enough to be used as what it says it is.
func (k *kind) accept(v *value) verdict {
	for _, name := range k.needs {
		if !v.has(name) {
			return verdict{kind: k, refused: fmt.Sprintf("%s without the member %q: a request body, or cut down by the exporter", k.noun, name)}
		}
	}
	return verdict{kind: k}
}

func (k *kind) idName() string {
	if k.key != "" {
		return k.key
	}
	return "id"
}

// contextPath takes the path out of an @odata.context such as
// https://graph.microsoft.com/v1.0/$metadata#users('1')/authentication/methods: in
// lower case, without keys, selected members and casts.
func contextPath(context string) string {
	_, path, found := strings.Cut(context, "$metadata#")
	if !found {
		return ""
	}
	var plain strings.Builder
	depth := 0
	for _, r := range strings.ToLower(path) {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth = max(0, depth-1)
		case depth == 0:
			plain.WriteRune(r)
		}
	}
	if rest, ok := strings.CutPrefix(strings.ToLower(path), "collection("); ok {
		return "collection of " + strings.TrimSuffix(strings.TrimPrefix(rest, "microsoft.graph."), ")")
	}
	parts := strings.FieldsFunc(plain.String(), func(r rune) bool { return r == '/' })
	parts = slices.DeleteFunc(parts, func(part string) bool { return part == "$entity" || strings.HasPrefix(part, "microsoft.graph.") })
	return strings.Join(parts, "/")
}

// neutral contexts say nothing about what an object is.
func neutral(path string) bool { return path == "directoryobjects" }

// byContext finds the kind of a context's path. "=" before a context asks for the
// whole path: users('1')/devices is not all devices.
func byContext(path string) *kind {
	for _, k := range kinds {
		for _, c := range k.contexts {
			whole, exact := strings.CutPrefix(c, "=")
			if exact && path == whole || !exact && (path == c || strings.HasSuffix(path, "/"+c)) {
				return k
			}
		}
	}
	return nil
}

// contextKey is the key after a collection in a context: the id in
// $metadata#users('id')/authentication/methods for "users".
func contextKey(context, collection string) string {
	_, path, _ := strings.Cut(context, "$metadata#")
	_, rest, found := strings.Cut(strings.ToLower(path), collection+"('")
	if !found {
		return ""
	}
	id, _, _ := strings.Cut(rest, "')")
	return id
}
