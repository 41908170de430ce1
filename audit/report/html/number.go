package html

import (
	"strconv"
	"strings"

	"passkeyaudit/audit"
)

// number is one that is shown, with the place in the JSON that says the same: a
// document, "audit" or "overview", and a JSON pointer into it. The sum of several has
// them joined by a plus sign.
type number struct {
	At string
	N  int
}

func at(n int, document string, path ...any) number {
	var p strings.Builder
	p.WriteString(document + ":")
	for _, step := range path {
		p.WriteByte('/')
		switch step := step.(type) {
		case int:
			p.WriteString(strconv.Itoa(step))
		case string:
			p.WriteString(step)
		}
	}
	return number{p.String(), n}
}

func sum(numbers ...number) number {
	var out number
	for i, n := range numbers {
		if i > 0 {
			out.At += "+"
		}
		out.At += n.At
		out.N += n.N
	}
	return out
}

// Text is the number with its thousands apart.
func (n number) Text() string { return strings.TrimSpace(audit.CountPhrase(n.N, "", "")) }

// People is "person" or "people".
func (n number) People() string {
	if n.N == 1 {
		return "person"
	}
	return "people"
}

// Do picks the word that goes with the number.
func (n number) Do(one, many string) string {
	if n.N == 1 {
		return one
	}
	return many
}
