package activity

import "strings"

// KeyID gives the id of a passkey one form, by which the method of a user and the
// records of the audit log can be matched; empty for a text that is no such id. The
// log writes base64 with padding; a method's id is the same in the alphabet for
// addresses, with a digit at its end that counts the padding left out. Source: KQL
// (Microsoft's blog on auditing FIDO2 sign-in, techcommunity 4509702).
func KeyID(text string) string {
	text = strings.TrimSpace(text)
	if len(text) < 16 || strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(alphabet, r) }) {
		return ""
	}
	if body := strings.TrimRight(text, "="); body != text {
		return plainAlphabet(body)
	}
	if n := len(text) - 1; text[n] >= '0' && text[n] <= '2' && (n+int(text[n]-'0'))%4 == 0 {
		return plainAlphabet(text[:n])
	}
	return plainAlphabet(text)
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_="

func plainAlphabet(text string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(text) }
