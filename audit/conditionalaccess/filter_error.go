package conditionalaccess

import (
	"fmt"
	"unicode/utf8"
)

// FilterError says what is wrong with the rule of a device filter, and where.
type FilterError struct {
	Offset  int    // in bytes, from 0
	Column  int    // in characters, from 1
	Rule    string // the rule around the place, cut at both ends if it is long
	Problem string
}

func (e *FilterError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Problem) }

// excerptLength is how many bytes of a rule are quoted on either side of a fault.
const excerptLength = 40

func newFilterError(rule string, offset int, format string, args ...any) *FilterError {
	from, to := max(0, offset-excerptLength), min(len(rule), offset+excerptLength)
	for from > 0 && !utf8.RuneStart(rule[from]) {
		from--
	}
	for to < len(rule) && !utf8.RuneStart(rule[to]) {
		to++
	}
	excerpt := rule[from:to]
	if from > 0 {
		excerpt = "…" + excerpt
	}
	if to < len(rule) {
		excerpt += "…"
	}
	return &FilterError{
		Offset: offset, Column: utf8.RuneCountInString(rule[:offset]) + 1, Rule: excerpt, Problem: fmt.Sprintf(format, args...),
	}
}
