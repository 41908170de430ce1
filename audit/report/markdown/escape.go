package markdown

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"passkeyaudit/audit/report"
)

// Escape makes text of the tenant plain in Markdown as GitHub renders it: no markup, no
// HTML, no table cells, no links of its own, and nobody is mentioned and no issue
// referred to. An empty comment parts what GitHub would put together; it renders as
// nothing.
func Escape(text string) string {
	const part = "<!-- -->"
	text = report.Plain(text)
	var out strings.Builder
	before := rune(0)
	for i, r := range text {
		switch {
		case r == '&':
			out.WriteString("&amp;")
		case r == '<':
			out.WriteString("&lt;")
		case r == '>':
			out.WriteString("&gt;")
		case (r == '@' || r == '#') && !word(before):
			if r == '#' {
				out.WriteByte('\\')
			}
			out.WriteRune(r)
			out.WriteString(part)
		case r == ':' && strings.HasPrefix(text[i:], "://"):
			out.WriteString(":" + part)
		case r == '.' && i >= 3 && strings.EqualFold(text[i-3:i], "www"):
			out.WriteString("." + part)
		case strings.ContainsRune("\\`*_{}[]()!|~$", r), r == '#':
			out.WriteByte('\\')
			out.WriteRune(r)
		case strings.ContainsRune("-+=", r) && before == 0:
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '.' && digits(text[:i]):
			out.WriteString("\\.")
		default:
			out.WriteRune(r)
		}
		before = r
	}
	return out.String()
}

// word tells whether an @ after a character is part of an address.
func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// digits tells whether text is nothing but digits: with a dot after it, at the start
// of a line, it would begin a list.
func digits(text string) bool {
	return text != "" && utf8.RuneCountInString(text) < 10 && strings.Trim(text, "0123456789") == ""
}
