package graphsim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// matchDevice tells whether a device filter is true of a device, of which members
// that are not given are null. It knows -eq, -ne, -in, -notIn, -contains and
// -startsWith with their negations, -and, -or, -not and parentheses.
func matchDevice(rule string, device jsontext.Value) (bool, error) {
	p := deviceRule{tokens: deviceTokens(rule), device: device}
	v, err := p.or()
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is left over", p.tokens[0])
	}
	return v, err
}

type deviceRule struct {
	tokens []string
	device jsontext.Value
}

// deviceTokens cuts a rule at spaces and around brackets; quoted texts stay whole,
// with their first quote.
func deviceTokens(rule string) (tokens []string) {
	for rule = strings.TrimSpace(rule); rule != ""; rule = strings.TrimSpace(rule) {
		n := 1
		switch c := rule[0]; {
		case strings.IndexByte("()[],", c) >= 0:
		case c == '"' || c == '\'':
			end := strings.IndexByte(rule[1:], c)
			if end < 0 {
				return append(tokens, rule)
			}
			tokens = append(tokens, rule[:end+1])
			rule = rule[end+2:]
			continue
		default:
			if n = strings.IndexAny(rule, " \t()[],"); n < 0 {
				n = len(rule)
			}
		}
		tokens = append(tokens, rule[:n])
		rule = rule[n:]
	}
	return tokens
}

func (p *deviceRule) take(words ...string) bool {
	if len(p.tokens) == 0 || !containsFold(words, strings.TrimPrefix(p.tokens[0], "-")) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *deviceRule) or() (bool, error) {
	v, err := p.and()
	for err == nil && p.take("or") {
		var w bool
		w, err = p.and()
		v = v || w
	}
	return v, err
}

func (p *deviceRule) and() (bool, error) {
	v, err := p.term()
	for err == nil && p.take("and") {
		var w bool
		w, err = p.term()
		v = v && w
	}
	return v, err
}

func (p *deviceRule) term() (bool, error) {
	if p.take("not") {
		v, err := p.term()
		return !v, err
	}
	if p.take("(") {
		v, err := p.or()
		if err == nil && !p.take(")") {
			err = errors.New("a bracket is not closed")
		}
		return v, err
	}
	if len(p.tokens) < 3 {
		return false, errors.New("the rule ends in the middle")
	}
	name, operator := p.tokens[0], strings.ToLower(strings.TrimPrefix(p.tokens[1], "-"))
	p.tokens = p.tokens[2:]
	var values []string
	if p.take("[") {
		for len(p.tokens) > 0 && !p.take("]") {
			if !p.take(",") {
				values = append(values, deviceWord(p.tokens[0]))
				p.tokens = p.tokens[1:]
			}
		}
	} else {
		values = append(values, deviceWord(p.tokens[0]))
		p.tokens = p.tokens[1:]
	}
	return p.compare(strings.TrimPrefix(name, "device."), operator, values)
}

// deviceWord is a value without the quote that marks it. What-If says EntraID where
// filters say AzureAD.
func deviceWord(token string) string {
	token = strings.ToLower(strings.TrimLeft(token, `"'`))
	if token == "entraid" {
		return "azuread"
	}
	return token
}

func equal(a, b string) bool { return a == b }

func (p *deviceRule) compare(name, operator string, values []string) (bool, error) {
	got, known := "", false
	_ = eachMember(p.device, func(n, v jsontext.Value) bool { // no device has no members
		if strings.EqualFold(unquote(n), name) && v.Kind() != 'n' {
			got, known = deviceWord(string(v)), true
			if v.Kind() == '"' {
				got = deviceWord(unquote(v))
			}
		}
		return true
	})
	positive := strings.TrimPrefix(operator, "not")
	if operator == "ne" {
		positive = "eq"
	}
	compare := map[string]func(got, value string) bool{
		"eq": equal, "in": equal, "contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix,
	}[positive]
	if compare == nil {
		return false, fmt.Errorf("the operator %q is not known", operator)
	}
	is := false
	for _, value := range values {
		is = is || known && compare(got, value) // every comparison with null is false
	}
	return is == (positive == operator), nil
}
