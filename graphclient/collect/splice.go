package collect

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/entra"
)

// splice puts a member at the end of an object and leaves every other byte as it
// is.
func splice(object entra.Raw, name string, value entra.Raw) (entra.Raw, error) {
	trimmed := bytes.TrimRight(object, " \t\r\n")
	if len(trimmed) == 0 || trimmed[len(trimmed)-1] != '}' || object.Kind() != '{' {
		return nil, fmt.Errorf("splice %s: not an object", name)
	}
	end := len(trimmed) - 1
	out := make(entra.Raw, 0, len(object)+len(name)+len(value)+4)
	out = append(out, object[:end]...)
	if before := bytes.TrimSpace(trimmed[:end]); len(before) > 1 {
		out = append(out, ',')
	}
	out = append(out, entra.MustEncode(name)...)
	out = append(out, ':')
	out = append(out, value...)
	return append(out, object[end:]...), nil
}

// replaceElement changes one element of a list that is a member of an object,
// the first that choose accepts, and leaves every other byte as it is. found is
// false if there is none.
func replaceElement(object entra.Raw, list string, choose func(entra.Raw) bool, change func(entra.Raw) (entra.Raw, error)) (out entra.Raw, found bool, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if object.Kind() != '{' {
		return object, false, nil
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, false, err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, false, err
		}
		if name.String() != list || d.PeekKind() != '[' {
			if err := d.SkipValue(); err != nil {
				return nil, false, err
			}
			continue
		}
		if _, err := d.ReadToken(); err != nil {
			return nil, false, err
		}
		for d.PeekKind() != ']' {
			v, err := d.ReadValue()
			if err != nil {
				return nil, false, err
			}
			if !choose(v) {
				continue
			}
			end := int(d.InputOffset())
			start := end - len(v)
			changed, err := change(v.Clone())
			if err != nil {
				return nil, false, err
			}
			out := make(entra.Raw, 0, len(object)+len(changed))
			out = append(out, object[:start]...)
			out = append(out, changed...)
			return append(out, object[end:]...), true, nil
		}
		return object, false, nil
	}
	return object, false, nil
}

// join writes values as a list.
func join(values []entra.Raw) entra.Raw {
	out := entra.Raw{'['}
	for i, v := range values {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, v...)
	}
	return append(out, ']')
}
