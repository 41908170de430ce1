package graphclient

import (
	"net/url"
	"strings"
	"unicode"
)

// redactPath makes an escaped URL path fit for errors and logs: whoever a user
// path names stays out unless named by object id, which means nothing outside
// the tenant.
func redactPath(path string) string {
	segments := strings.Split(path, "/")
	afterUsers := false
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			plain = s
		}
		name, _, keyed := strings.Cut(plain, "(")
		switch {
		case afterUsers && !isGUID(plain) && !strings.HasPrefix(plain, "$"):
			segments[i] = "{id}"
		case keyed && strings.EqualFold(name, "users"):
			segments[i] = name + "({id})"
		case strings.ContainsAny(plain, "@#'"), hasControl(plain):
			segments[i] = "{id}"
		}
		afterUsers = strings.EqualFold(plain, "users")
	}
	return strings.Join(segments, "/")
}

// isGUID reports whether s has the shape of a directory object id.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if r != '-' {
				return false
			}
		case '0' <= r && r <= '9', 'a' <= r && r <= 'f', 'A' <= r && r <= 'F':
		default:
			return false
		}
	}
	return true
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// oneLine makes text from the network fit for a terminal: no control characters,
// no more than limit bytes.
func oneLine(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

// requestID takes a request id from an answer, and nothing that does not look like
// one: what stands between here and Graph may repeat anything in its place.
func requestID(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return !('0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '-')
	}) {
		return ""
	}
	return s
}
