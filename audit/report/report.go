// Package report holds what the renderers of results share. Each form of output
// is a package below this one that implements audit.Sink.
package report

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit"
)

// Schema is the value of "schema" in every JSON form of an audit.
const Schema = "passkeyaudit.report/v1"

// AllMembers, as a sample size, lists every member of a population.
const AllMembers = -1

// DefaultSample is how many members of a population are listed unless told
// otherwise.
const DefaultSample = 20

// Plain makes text from a tenant safe to show on a terminal: display names may
// hold escape sequences, line breaks or characters that reverse the direction of
// what follows.
func Plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == unicode.ReplacementChar:
			return '\uFFFD'
		}
		return r
	}, text)
}

// UTC writes a time of the snapshot as RFC 3339 in UTC; a text that is no time
// stays as it is.
func UTC(text string) string {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Outcomes lists the outcomes in the order in which they are shown.
func Outcomes() []audit.Outcome {
	return []audit.Outcome{audit.Passed, audit.Failed, audit.Unknown, audit.NotApplicable, audit.NotSelected}
}

// Wrap breaks text at white space into lines of at most width columns. A longer
// word gets a line of its own.
func Wrap(text string, width int) []string {
	var lines []string
	var line strings.Builder
	n := 0
	for _, word := range strings.Fields(text) {
		w := utf8.RuneCountInString(word)
		if n > 0 && n+1+w > width {
			lines = append(lines, line.String())
			line.Reset()
			n = 0
		}
		if n > 0 {
			line.WriteByte(' ')
			n++
		}
		line.WriteString(word)
		n += w
	}
	if n > 0 || len(lines) == 0 {
		lines = append(lines, line.String())
	}
	return lines
}
