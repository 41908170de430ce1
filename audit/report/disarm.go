package report

import (
	"strings"
	"unicode/utf8"
)

// Disarm keeps a spreadsheet from taking text of the tenant for a formula: what starts
// like one gets an apostrophe before it, and what a terminal would obey is taken out.
// Source: OWASP, CSV injection; the wide forms of the signs are taken for them in some
// languages.
func Disarm(text string) string {
	text = Plain(text)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, " \u00a0\uFFFD"))
	if strings.ContainsRune("=+-@|%＝＋－＠", first) {
		return "'" + text
	}
	return text
}
