package conditionalaccess

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxFilterLength is the longest rule that Entra takes, in characters [DEV].
	maxFilterLength = 3072
	// maxFilterDepth keeps the recursion of parser and matcher short. It is ours.
	maxFilterDepth = 100
)

// The grammar, with the precedence of dynamic rules [DYN]:
//
//	or         = and { "-or" and }
//	and        = not { "-and" not }
//	not        = "-not" not | "(" or ")" | comparison
//	comparison = "device." property operator ( value | "[" value { "," value } "]" )
type filterParser struct {
	lexer filterLexer
	token filterToken // the next one
	depth int
}

// parseRule parses without looking at the length, which String may exceed.
func parseRule(rule string) (filterNode, *FilterError) {
	if !utf8.ValidString(rule) {
		at := strings.IndexRune(rule, utf8.RuneError)
		return filterNode{}, newFilterError(rule, max(at, 0), "the rule is not valid UTF-8")
	}
	p := filterParser{lexer: filterLexer{rule: rule}}
	if err := p.advance(); err != nil {
		return filterNode{}, err
	}
	if p.token.kind == tokenEnd {
		return filterNode{}, newFilterError(rule, 0, "the rule is empty")
	}
	n, err := p.or()
	if err != nil {
		return filterNode{}, err
	}
	if p.token.kind != tokenEnd {
		return filterNode{}, p.fault("-and, -or or the end of the rule is expected here, not %s", p.token)
	}
	return n, nil
}

func (p *filterParser) advance() (err *FilterError) {
	p.token, err = p.lexer.next()
	return err
}

// fault is an error at the next token.
func (p *filterParser) fault(format string, args ...any) *FilterError {
	return newFilterError(p.lexer.rule, p.token.offset, format, args...)
}

func (p *filterParser) or() (filterNode, *FilterError) { return p.series("or", nodeOr, p.and) }

func (p *filterParser) and() (filterNode, *FilterError) { return p.series("and", nodeAnd, p.not) }

// series reads parts joined by one keyword. Parts that are such a series
// themselves, in parentheses, dissolve in it: that changes no answer.
func (p *filterParser) series(word string, kind filterNodeKind, part func() (filterNode, *FilterError)) (filterNode, *FilterError) {
	var parts []filterNode
	for {
		n, err := part()
		if err != nil {
			return filterNode{}, err
		}
		if n.kind == kind {
			parts = append(parts, n.parts...)
		} else {
			parts = append(parts, n)
		}
		if !p.token.keyword(word) {
			break
		}
		if err := p.advance(); err != nil {
			return filterNode{}, err
		}
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return filterNode{kind: kind, parts: parts}, nil
}

// not also reads parentheses. Those right after -not are not a level of their own:
// String always writes them.
func (p *filterParser) not() (filterNode, *FilterError) {
	negated := p.token.keyword("not")
	if !negated && !p.token.is("(") {
		return p.comparison()
	}
	if p.depth == maxFilterDepth {
		return filterNode{}, p.fault("parentheses and -not are nested more than %d deep", maxFilterDepth)
	}
	p.depth++
	defer func() { p.depth-- }()
	if negated {
		if err := p.advance(); err != nil {
			return filterNode{}, err
		}
	}
	part := p.not
	if p.token.is("(") {
		part = p.group
	}
	n, err := part()
	if err != nil || !negated {
		return n, err
	}
	return filterNode{kind: nodeNot, parts: []filterNode{n}}, nil
}

func (p *filterParser) group() (filterNode, *FilterError) {
	open := p.token.offset
	if err := p.advance(); err != nil {
		return filterNode{}, err
	}
	n, err := p.or()
	if err != nil {
		return filterNode{}, err
	}
	if p.token.kind == tokenEnd {
		return filterNode{}, newFilterError(p.lexer.rule, open, "this parenthesis is not closed")
	}
	if !p.token.is(")") {
		return filterNode{}, p.fault("-and, -or or a closing parenthesis is expected here, not %s", p.token)
	}
	return n, p.advance()
}

func (p *filterParser) comparison() (filterNode, *FilterError) {
	var n filterNode
	const prefix = "device."
	if p.token.kind != tokenWord || len(p.token.text) < len(prefix) || !strings.EqualFold(p.token.text[:len(prefix)], prefix) {
		return n, p.fault(`a comparison such as device.trustType -eq "ServerAD" is expected here, not %s`, p.token)
	}
	var err error
	if n.property, err = propertyByName(p.token.text[len(prefix):]); err != nil {
		return n, p.fault("%s is no property of devices; the properties are %s", p.token, propertyList())
	}
	if err := p.advance(); err != nil {
		return n, err
	}
	if p.token.kind != tokenWord {
		return n, p.fault("an operator is expected after device.%s, not %s", n.property, p.token)
	}
	var ok bool
	if n.op, ok = filterOpByWord(p.token.text); !ok {
		return n, p.fault("%s is no operator of device filters; the operators are %s", p.token, strings.Join(filterOpNames[:], ", "))
	}
	if n.property.collection() && n.op.positive() != opContains {
		return n, p.fault("device.%s is a collection: it takes -contains and -notContains, not %s", n.property, n.op)
	}
	if err := p.advance(); err != nil {
		return n, err
	}
	if n.op.positive() == opIn {
		return p.list(n)
	}
	if p.token.is("[") {
		return n, p.fault("%s takes one value, not a list", n.op)
	}
	if p.null() {
		if n.op.positive() != opEq {
			return n, p.fault("null is for -eq and -ne, not for %s", n.op)
		}
		n.null = true
		return n, p.advance()
	}
	if err := p.value(&n); err != nil {
		return n, err
	}
	return n, nil
}

// null tells whether the next token is the null of dynamic rules. In quotes it is
// a string [DYN].
func (p *filterParser) null() bool {
	return p.token.kind == tokenWord && strings.EqualFold(strings.TrimPrefix(p.token.text, "$"), "null")
}

func (p *filterParser) list(n filterNode) (filterNode, *FilterError) {
	if !p.token.is("[") {
		return n, p.fault(`%s takes a list such as ["a", "b"], not %s`, n.op, p.token)
	}
	open := p.token.offset
	for {
		if err := p.advance(); err != nil {
			return n, err
		}
		if p.null() {
			return n, p.fault("null is for -eq and -ne, not for lists")
		}
		if err := p.value(&n); err != nil {
			return n, err
		}
		switch {
		case p.token.is("]"):
			return n, p.advance()
		case p.token.kind == tokenEnd:
			return n, newFilterError(p.lexer.rule, open, "this list is not closed")
		case !p.token.is(","):
			return n, p.fault("a comma or the end of the list is expected here, not %s", p.token)
		}
	}
}

// value reads one value. A bare word may be anything but an operator: its hyphen
// shows that the value was forgotten, unless it is the sign of a number.
func (p *filterParser) value(n *filterNode) *FilterError {
	t := p.token
	operator := t.kind == tokenWord && t.text[0] == '-' && (len(t.text) == 1 || t.text[1] < '0' || t.text[1] > '9')
	if t.kind != tokenWord && t.kind != tokenQuoted || operator {
		return p.fault("a value is expected here, not %s", t)
	}
	n.values = append(n.values, t.text)
	n.folded = append(n.folded, foldCase(t.text))
	return p.advance()
}

// properties are the names of what the node uses, sorted, each once.
func (n *filterNode) properties() []string {
	var names []string
	n.each(func(n *filterNode) { names = append(names, n.property.String()) })
	slices.Sort(names)
	return slices.Compact(names)
}
