package graphsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	maxFilter      = 32 << 10 // bytes; longer URLs do not reach Graph either
	maxFilterDepth = 64
)

// parseFilter reads the part of OData's $filter language that Graph's own
// documentation uses: eq ne gt ge lt le in, startswith endswith contains, and or
// not, parentheses, any and all. Source:
// https://learn.microsoft.com/graph/filter-query-parameter
func parseFilter(text string) (predicate, error) {
	if len(text) > maxFilter {
		return nil, fmt.Errorf("longer than %d bytes", maxFilter)
	}
	tokens, err := scanFilter(text)
	if err != nil {
		return nil, err
	}
	p := filterParser{tokens: tokens}
	result, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.at("") {
		return nil, p.unexpected("and, or, or the end")
	}
	return result, nil
}

// filterToken is one token; quoted tokens hold the text without the quotes.
type filterToken struct {
	text   string
	quoted bool
}

func scanFilter(s string) ([]filterToken, error) {
	var tokens []filterToken
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case strings.IndexByte("(),:", c) >= 0:
			tokens = append(tokens, filterToken{text: string(c)})
			i++
		case c == '\'':
			text, n, err := scanQuoted(s[i:])
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, filterToken{text: text, quoted: true})
			i += n
		case isWordByte(c):
			j := i
			// The colons of a time belong to it; that of a lambda follows a name.
			digit := c >= '0' && c <= '9'
			for j < len(s) && (isWordByte(s[j]) || digit && s[j] == ':') {
				j++
			}
			tokens = append(tokens, filterToken{text: s[i:j]})
			i = j
		default:
			return nil, fmt.Errorf("unexpected character %q", c)
		}
	}
	return tokens, nil
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '/' || c == '-' || c == '+' || c == '.' || c == '@'
}

func scanQuoted(s string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return b.String(), i + 1, nil
	}
	return "", 0, fmt.Errorf("a quoted text does not end")
}

type filterParser struct {
	tokens   []filterToken
	pos      int
	depth    int
	variable string // the element's name inside any and all
}

// at tells whether the next token is the given word or mark; "" is the end.
func (p *filterParser) at(text string) bool {
	if p.pos == len(p.tokens) {
		return text == ""
	}
	t := p.tokens[p.pos]
	return text != "" && !t.quoted && strings.EqualFold(t.text, text)
}

func (p *filterParser) take(text string) bool {
	if !p.at(text) {
		return false
	}
	p.pos++
	return true
}

func (p *filterParser) expect(text string) error {
	if !p.take(text) {
		return p.unexpected(strconv.Quote(text))
	}
	return nil
}

func (p *filterParser) unexpected(want string) error {
	if p.pos == len(p.tokens) {
		return fmt.Errorf("%s is missing at the end", want)
	}
	return fmt.Errorf("%q stands where %s should be", p.tokens[p.pos].text, want)
}

func (p *filterParser) or() (predicate, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxFilterDepth)
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && p.take("or") {
		var right predicate
		right, err = p.and()
		left = logical{left: left, right: right}
	}
	return left, err
}

func (p *filterParser) and() (predicate, error) {
	left, err := p.unary()
	for err == nil && p.take("and") {
		var right predicate
		right, err = p.unary()
		left = logical{and: true, left: left, right: right}
	}
	return left, err
}

func (p *filterParser) unary() (predicate, error) {
	not := p.take("not")
	var result predicate
	var err error
	if p.take("(") {
		result, err = p.or()
		if err == nil {
			err = p.expect(")")
		}
	} else {
		result, err = p.test()
	}
	if err == nil && not {
		result = negation{result}
	}
	return result, err
}

// test reads a comparison, a membership, a function call or a quantifier.
func (p *filterParser) test() (predicate, error) {
	if p.pos == len(p.tokens) || p.tokens[p.pos].quoted {
		return nil, p.unexpected("a property name")
	}
	word := p.tokens[p.pos].text
	if strings.IndexByte("(),:", word[0]) >= 0 {
		return nil, p.unexpected("a property name")
	}
	p.pos++
	if p.take("(") {
		return p.call(word)
	}
	path, err := p.path(word)
	if err != nil {
		return nil, err
	}
	if p.take("in") {
		return p.in(path)
	}
	for _, op := range []string{"eq", "ne", "gt", "ge", "lt", "le"} {
		if p.take(op) {
			value, err := p.literal()
			return comparison{path, op, value}, err
		}
	}
	return nil, p.unexpected("one of eq, ne, gt, ge, lt, le, in")
}

func (p *filterParser) call(word string) (predicate, error) {
	name := strings.ToLower(word)
	switch name {
	case "startswith", "endswith", "contains":
		return p.textTest(name)
	}
	if i := strings.LastIndexByte(word, '/'); i > 0 && (name[i:] == "/any" || name[i:] == "/all") {
		return p.quantifier(word[:i], name[i:] == "/all")
	}
	return nil, fmt.Errorf("the function %q is none of startswith, endswith, contains, any, all", word)
}

func (p *filterParser) textTest(function string) (predicate, error) {
	if p.pos == len(p.tokens) || p.tokens[p.pos].quoted {
		return nil, p.unexpected("a property name")
	}
	path, err := p.path(p.tokens[p.pos].text)
	if err != nil {
		return nil, err
	}
	p.pos++
	if err := p.expect(","); err != nil {
		return nil, err
	}
	if p.pos == len(p.tokens) || !p.tokens[p.pos].quoted {
		return nil, p.unexpected("a quoted text")
	}
	text := strings.ToLower(p.tokens[p.pos].text)
	p.pos++
	return textTest{function, path, text}, p.expect(")")
}

func (p *filterParser) quantifier(word string, all bool) (predicate, error) {
	path, err := p.path(word)
	if err != nil {
		return nil, err
	}
	if p.variable != "" {
		return nil, fmt.Errorf("any or all inside any or all")
	}
	if p.pos == len(p.tokens) || p.tokens[p.pos].quoted || !isName(p.tokens[p.pos].text) {
		return nil, p.unexpected("the name of the element")
	}
	p.variable = p.tokens[p.pos].text
	p.pos++
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	of, err := p.or()
	if err != nil {
		return nil, err
	}
	p.variable = ""
	return quantifier{path, all, of}, p.expect(")")
}

func (p *filterParser) in(path []string) (predicate, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	m := membership{path: path}
	for {
		value, err := p.literal()
		if err != nil {
			return nil, err
		}
		m.values = append(m.values, value)
		if p.take(")") {
			return m, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// path splits a property path. Inside any and all it starts with the element.
func (p *filterParser) path(word string) ([]string, error) {
	path := strings.Split(word, "/")
	for _, step := range path {
		if !isName(step) {
			return nil, fmt.Errorf("%q is not a property name", word)
		}
	}
	if p.variable == "" {
		return path, nil
	}
	if path[0] != p.variable {
		return nil, fmt.Errorf("%q does not start with the element %q", word, p.variable)
	}
	if len(path) == 1 {
		return []string{""}, nil
	}
	return path[1:], nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func (p *filterParser) literal() (literal, error) {
	if p.pos == len(p.tokens) {
		return literal{}, p.unexpected("a value")
	}
	t := p.tokens[p.pos]
	if !t.quoted && strings.IndexByte("(),:", t.text[0]) >= 0 {
		return literal{}, p.unexpected("a value")
	}
	p.pos++
	if t.quoted {
		return literal{kind: '"', text: t.text}, nil
	}
	switch t.text {
	case "true":
		return literal{kind: 't'}, nil
	case "false":
		return literal{kind: 'f'}, nil
	case "null":
		return literal{kind: 'n'}, nil
	}
	if when, err := time.Parse(time.RFC3339, t.text); err == nil {
		return literal{kind: '"', text: t.text, time: when}, nil
	}
	if c := t.text[0]; c >= '0' && c <= '9' || c == '-' {
		if n, err := strconv.ParseFloat(t.text, 64); err == nil {
			return literal{kind: '0', number: n}, nil
		}
	}
	if isGUID(t.text) {
		return literal{kind: '"', text: t.text}, nil
	}
	return literal{}, fmt.Errorf("%q is not a quoted text, number, time, id, true, false or null", t.text)
}

func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
			continue
		}
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}
