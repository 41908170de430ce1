package graphsim

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// predicate is a parsed $filter.
type predicate interface {
	// match tells whether a row fits.
	match(row jsontext.Value) bool
	// advanced tells whether directory objects are filtered this way only with
	// ConsistencyLevel: eventual and $count=true. Source:
	// https://learn.microsoft.com/graph/aad-advanced-queries
	advanced() bool
}

type logical struct {
	and         bool
	left, right predicate
}

func (l logical) match(row jsontext.Value) bool {
	if l.and {
		return l.left.match(row) && l.right.match(row)
	}
	return l.left.match(row) || l.right.match(row)
}

func (l logical) advanced() bool { return l.left.advanced() || l.right.advanced() }

type negation struct{ of predicate }

func (n negation) match(row jsontext.Value) bool { return !n.of.match(row) }
func (n negation) advanced() bool                { return true }

// comparison is `path operator literal`.
type comparison struct {
	path     []string
	operator string // eq ne gt ge lt le
	value    literal
}

func (c comparison) advanced() bool { return c.operator == "ne" }

func (c comparison) match(row jsontext.Value) bool {
	v, ok := lookup(row, c.path...)
	if !ok {
		v = jsontext.Value("null")
	}
	order, comparable := c.value.compare(v)
	switch c.operator {
	case "eq":
		return comparable && order == 0
	case "ne":
		return !comparable || order != 0
	case "gt":
		return comparable && order > 0
	case "ge":
		return comparable && order >= 0
	case "lt":
		return comparable && order < 0
	default:
		return comparable && order <= 0
	}
}

// membership is `path in (literal, …)`.
type membership struct {
	path   []string
	values []literal
}

func (m membership) advanced() bool { return false }

func (m membership) match(row jsontext.Value) bool {
	v, ok := lookup(row, m.path...)
	if !ok {
		return false
	}
	for _, l := range m.values {
		if order, comparable := l.compare(v); comparable && order == 0 {
			return true
		}
	}
	return false
}

// textTest is a function of two texts, such as startswith(path,'x').
type textTest struct {
	function string // startswith endswith contains
	path     []string
	text     string // lower case
}

func (t textTest) advanced() bool { return t.function != "startswith" }

func (t textTest) match(row jsontext.Value) bool {
	text := strings.ToLower(textMember(row, t.path...))
	switch t.function {
	case "startswith":
		return strings.HasPrefix(text, t.text)
	case "endswith":
		return strings.HasSuffix(text, t.text)
	default:
		return strings.Contains(text, t.text)
	}
}

// quantifier is `path/any(x: …)` or `path/all(x: …)`. Inside, the element is the
// single member "" of a row made for it, or the row itself if it is an object.
type quantifier struct {
	path []string
	all  bool
	of   predicate
}

func (q quantifier) advanced() bool { return q.of.advanced() }

func (q quantifier) match(row jsontext.Value) bool {
	list, ok := lookup(row, q.path...)
	if !ok {
		return false
	}
	result := q.all
	_ = eachElement(list, func(v jsontext.Value) bool { // rows are checked when they are read
		if v.Kind() != '{' {
			v = jsontext.Value(`{"":` + string(v) + `}`)
		}
		if q.of.match(v) != q.all {
			result = !q.all
			return false
		}
		return true
	})
	return result
}

// literal is a constant of a filter.
type literal struct {
	kind   jsontext.Kind // '"' '0' 't' 'f' 'n'
	text   string
	number float64
	time   time.Time // set if the text is an unquoted time
}

// compare orders v, a member of a row, against the literal. comparable is false
// if they are of different kinds. Text is compared without regard to case, as
// the directory does.
func (l literal) compare(v jsontext.Value) (order int, comparable bool) {
	if v.Kind() != l.kind {
		return 0, false
	}
	switch l.kind {
	case '0':
		n, err := strconv.ParseFloat(string(v), 64)
		if err != nil {
			return 0, false
		}
		switch {
		case n < l.number:
			return -1, true
		case n > l.number:
			return 1, true
		}
		return 0, true
	case '"':
		text := unquote(v)
		if !l.time.IsZero() {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return 0, false
			}
			return t.Compare(l.time), true
		}
		return strings.Compare(strings.ToLower(text), strings.ToLower(l.text)), true
	default: // true, false and null have one value each
		return 0, true
	}
}

// indexed tells whether equal to the literal means the same text but for case.
func (l literal) indexed() bool { return l.kind == '"' && l.time.IsZero() }

// keys lists the values one of which the top-level member has to have for a row
// to match. ok is false if the predicate does not limit the member.
func keys(p predicate, member string) (values []string, ok bool) {
	switch p := p.(type) {
	case logical:
		left, okLeft := keys(p.left, member)
		right, okRight := keys(p.right, member)
		switch {
		case !p.and:
			return append(left, right...), okLeft && okRight
		case okLeft:
			return left, true
		default:
			return right, okRight
		}
	case comparison:
		if p.operator == "eq" && len(p.path) == 1 && p.path[0] == member && p.value.indexed() {
			return []string{p.value.text}, true
		}
	case membership:
		if len(p.path) != 1 || p.path[0] != member {
			return nil, false
		}
		for _, l := range p.values {
			if !l.indexed() {
				return nil, false
			}
			values = append(values, l.text)
		}
		return values, true
	}
	return nil, false
}
