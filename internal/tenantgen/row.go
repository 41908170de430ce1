package tenantgen

import (
	"strconv"
	"time"

	"passkeyaudit/audit/entra"
)

// row builds a JSON object member by member, in the order of the calls. It is
// used again and again: a million rows would otherwise be mostly allocation. Texts
// must need no escaping, which holds for everything this package makes up.
type row struct{ b []byte }

func (r *row) start() *row { r.b = append(r.b[:0], '{'); return r }

func (r *row) name(name string) *row {
	if last := r.b[len(r.b)-1]; last != '{' {
		r.b = append(r.b, ',')
	}
	r.b = append(r.b, '"')
	r.b = append(r.b, name...)
	r.b = append(r.b, '"', ':')
	return r
}

func (r *row) text(name, value string) *row {
	r.name(name)
	r.b = append(r.b, '"')
	r.b = append(r.b, value...)
	r.b = append(r.b, '"')
	return r
}

// orNull writes null for the empty text, as Graph does for what is not set.
func (r *row) orNull(name, value string) *row {
	if value == "" {
		return r.raw(name, "null")
	}
	return r.text(name, value)
}

func (r *row) raw(name, value string) *row {
	r.name(name)
	r.b = append(r.b, value...)
	return r
}

func (r *row) flag(name string, value bool) *row {
	r.name(name)
	r.b = strconv.AppendBool(r.b, value)
	return r
}

func (r *row) number(name string, value int) *row {
	r.name(name)
	r.b = strconv.AppendInt(r.b, int64(value), 10)
	return r
}

func (r *row) time(name string, at time.Time) *row {
	r.name(name)
	r.b = append(r.b, '"')
	r.b = at.UTC().AppendFormat(r.b, time.RFC3339)
	r.b = append(r.b, '"')
	return r
}

func (r *row) texts(name string, values ...string) *row {
	r.open(name, '[')
	for i, v := range values {
		if i > 0 {
			r.b = append(r.b, ',')
		}
		r.b = append(r.b, '"')
		r.b = append(r.b, v...)
		r.b = append(r.b, '"')
	}
	return r.close(']')
}

// open begins a member that is an object or a list; close ends it.
func (r *row) open(name string, bracket byte) *row {
	r.name(name)
	r.b = append(r.b, bracket)
	return r
}

func (r *row) close(bracket byte) *row { r.b = append(r.b, bracket); return r }

// item begins an object in a list.
func (r *row) item() *row {
	if last := r.b[len(r.b)-1]; last != '[' {
		r.b = append(r.b, ',')
	}
	r.b = append(r.b, '{')
	return r
}

// end finishes the row. It is valid until the next start.
func (r *row) end() entra.Raw { r.b = append(r.b, '}'); return r.b }

// object is a small object whose order of members does not matter.
type object map[string]any

func (o object) row() (entra.Raw, error) { return entra.Encode(o) }

// none is an empty list; a nil one would be null.
func none() []object { return []object{} }

func texts(s ...string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
