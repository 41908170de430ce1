package conditionalaccess

import (
	"strings"
	"unicode/utf8"
)

// Filter is the rule of a device filter, parsed. Whether devices it matches are
// included or excluded is said by the policy, not by the rule.
//
// Sources: DEV (concept-condition-filters-for-devices, 2026-03-24) for properties,
// operators, null and the reading of extension attributes; DYN, the rules of
// dynamic groups (groups-dynamic-membership), to which DEV refers for the syntax:
// precedence, -not, null as a value, quotes in strings, letter case. That a filter
// follows DYN in all of this is likely rather than stated.
type Filter struct {
	root      filterNode
	extension bool // whether it uses an extension attribute
}

type filterNodeKind uint8

const (
	nodeCompare filterNodeKind = iota
	nodeNot                    // of its one part
	nodeAnd                    // of two parts or more, none of them nodeAnd
	nodeOr                     // of two parts or more, none of them nodeOr
)

type filterNode struct {
	kind  filterNodeKind
	parts []filterNode

	// Of a comparison:
	property deviceProperty
	op       filterOp
	null     bool     // compares with null, not with values
	values   []string // one, unless op is -in or -notIn
	folded   []string // the same for comparing
}

// ParseFilter parses the rule of a device filter. An error is a [*FilterError].
func ParseFilter(rule string) (*Filter, error) {
	if length := utf8.RuneCountInString(rule); length > maxFilterLength {
		offset, seen := 0, 0
		for offset = range rule {
			if seen == maxFilterLength {
				break
			}
			seen++
		}
		return nil, newFilterError(rule, offset, "the rule has %d characters; at most %d are allowed", length, maxFilterLength)
	}
	root, err := parseRule(rule)
	if err != nil {
		return nil, err
	}
	f := &Filter{root: root}
	root.each(func(n *filterNode) { f.extension = f.extension || n.property.extension() })
	return f, nil
}

// Properties are the properties that the rule uses, as DEV spells them, without
// "device.", sorted.
func (f *Filter) Properties() []string { return f.root.properties() }

// String is the rule in one fixed spelling, which parses to the same filter. It
// may be longer than the rule was, in rare cases longer than ParseFilter takes.
func (f *Filter) String() string {
	var b strings.Builder
	f.root.write(&b)
	return b.String()
}

// each calls fn for every comparison.
func (n *filterNode) each(fn func(*filterNode)) {
	if n.kind == nodeCompare {
		fn(n)
	}
	for i := range n.parts {
		n.parts[i].each(fn)
	}
}

func (n *filterNode) write(b *strings.Builder) {
	switch n.kind {
	case nodeNot:
		b.WriteString("-not (")
		n.parts[0].write(b)
		b.WriteByte(')')
	case nodeAnd, nodeOr:
		join := " -and "
		if n.kind == nodeOr {
			join = " -or "
		}
		for i := range n.parts {
			part := &n.parts[i]
			if i > 0 {
				b.WriteString(join)
			}
			if n.kind == nodeAnd && part.kind == nodeOr {
				b.WriteByte('(')
				part.write(b)
				b.WriteByte(')')
				continue
			}
			part.write(b)
		}
	default:
		n.writeComparison(b)
	}
}

// quoteFilterValue puts a string in double quotes as the lexer reads them.
func quoteFilterValue(v string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(v, "`", "``"), `"`, "`\"") + `"`
}

// writeComparison quotes every value: quoted and bare ones mean the same.
func (n *filterNode) writeComparison(b *strings.Builder) {
	b.WriteString("device." + n.property.String() + " " + n.op.String() + " ")
	if n.null {
		b.WriteString("null")
		return
	}
	list := n.op.positive() == opIn
	if list {
		b.WriteByte('[')
	}
	for i, v := range n.values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteFilterValue(v))
	}
	if list {
		b.WriteByte(']')
	}
}
