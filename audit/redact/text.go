package redact

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"passkeyaudit/audit/entra"
)

var (
	guidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	guidIn   = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
	dateForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	// vocabularyForm is what a word of Microsoft's looks like, or several after commas.
	vocabularyForm = regexp.MustCompile(`^[#]?[A-Za-z0-9][A-Za-z0-9_.,:/ ()+-]{0,119}$`)
	contextForm    = regexp.MustCompile(`^(c[0-9]{1,2}|urn:user:[a-z]+)$`)
	propertyForm   = regexp.MustCompile(`^[A-Za-z0-9_. ()-]{1,80}$`)
	keyForm        = regexp.MustCompile(`^[A-Za-z0-9+/_-]{15,}={0,2}[0-9]?$`)
	addressIn      = regexp.MustCompile(`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|[0-9a-fA-F]{1,4}:[0-9a-fA-F:]{3,}`)
)

// builtIn are ids that Microsoft gives everywhere: of strengths, of the Default profile,
// and of devices that are none.
func builtIn(guid string) bool { return strings.HasPrefix(guid, "00000000-0000-0000-0000-") }

// isTime tells whether a text is a time, which says of nobody who they are.
func isTime(text string) bool {
	if dateForm.MatchString(text) {
		return true
	}
	if len(text) < len("2026-11-22T00:00:00Z") || len(text) > 40 || text[4] != '-' {
		return false
	}
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// inVocabulary tells whether a text may be a word of Microsoft's.
func inVocabulary(text string) bool {
	return vocabularyForm.MatchString(text) && !guidIn.MatchString(text) && !addressIn.MatchString(text)
}

// name is the pseudonym of any text. Parts that device filters look for keep their place,
// so that what began with one still does.
func (r *Redactor) name(text string) string {
	switch {
	case strings.TrimSpace(text) == "":
		return text
	case isTime(text):
		return text
	case guidForm.MatchString(text):
		if builtIn(text) || r.public[strings.ToLower(text)] {
			return text
		}
		return r.secret.guid(text)
	}
	if to, is := r.address(text); is {
		return to
	}
	if inner := entra.Raw(text); strings.ContainsAny(text[:1], `[{"`) && inner.IsValid() {
		return string(r.value(place{section: r.section, unknown: true}, inner))
	}
	if local, domain, is := strings.Cut(text, "@"); is && domain != "" && !strings.ContainsAny(text, " /\t\n") {
		return r.mail(text, local, domain)
	}
	var b strings.Builder
	for len(text) > 0 {
		piece, marked := r.untilPart(text)
		use := "text"
		if marked {
			use = "part"
		}
		b.WriteString(r.secret.word(use, piece))
		if text = text[len(piece):]; text != "" {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// untilPart cuts a part that a device filter looks for off the start of a text, or what
// stands before the next one.
func (r *Redactor) untilPart(text string) (piece string, marked bool) {
	lower := strings.ToLower(text)
	if len(lower) != len(text) {
		return text, false
	}
	at := len(text)
	for _, part := range r.parts { // the longest first
		switch i := strings.Index(lower, part); {
		case i == 0:
			return text[:len(part)], true
		case i > 0 && i < at:
			at = i
		}
	}
	return text[:at], false
}

// address maps an address, one with a port, or a range.
func (r *Redactor) address(text string) (to string, is bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return r.secret.address(a).String(), true
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return r.secret.network(p).String(), true
	}
	if p, err := netip.ParseAddrPort(text); err == nil {
		return netip.AddrPortFrom(r.secret.address(p.Addr()), p.Port()).String(), true
	}
	return "", false
}

// accountWords are those at the start of a name by which accounts are told from people,
// the longest first. They say what an account is for, and stay.
var accountWords = []string{
	"emergency-access", "emergency access", "emergencyaccess", "break-glass", "break glass", "breakglass", "serviceaccount", "meetingroom", "conference",
	"emergency", "equipment", "confroom", "service", "shared", "sync_", "room", "svc",
}

// kept is the word at the start of an account's name that stays, with what parts it from
// the rest.
func kept(name string) string {
	lower := strings.ToLower(name)
	for _, w := range accountWords {
		if !strings.HasPrefix(lower, w) {
			continue
		}
		switch rest := name[len(w):]; {
		case strings.HasSuffix(w, "_"):
			return w
		case rest == "":
			return w + "-"
		case rest[0] >= '0' && rest[0] <= '9':
			return w + "0"
		case strings.IndexByte("-_. ", rest[0]) >= 0:
			return w + rest[:1]
		}
	}
	return ""
}

// mail is the pseudonym of an address or user principal name. What says that it is a
// guest's, or an account of no person, stays.
func (r *Redactor) mail(whole, local, domain string) string {
	out := kept(local) + "u" + r.secret.word("mail", whole)
	if i := strings.LastIndex(whole, "@"); i >= 0 {
		domain = whole[i+1:]
	}
	if strings.Contains(strings.ToUpper(whole), "#EXT#") {
		out += "#EXT#"
	}
	return out + "@" + r.domain(domain)
}

// domain is the pseudonym of a domain. Domains below another stay below it.
func (r *Redactor) domain(domain string) string {
	domain = strings.ToLower(domain)
	end := ""
	for _, suffix := range []string{".onmicrosoft.com", ".onmicrosoft.example"} {
		if strings.HasSuffix(domain, suffix) {
			domain, end = strings.TrimSuffix(domain, suffix), suffix
		}
	}
	labels := strings.Split(domain, ".")
	if end == "" {
		end = ".example"
		if len(labels) > 1 {
			labels = labels[:len(labels)-1]
		}
	}
	for i := range labels {
		labels[i] = "d" + r.secret.word("domain", strings.Join(labels[i:], ".")+end)
	}
	return strings.Join(labels, ".") + end
}

// displayName is the pseudonym of a name that people see.
func (r *Redactor) displayName(text string) string {
	lower := strings.ToLower(text)
	lead := kept(strings.TrimSpace(text))
	switch {
	case strings.HasPrefix(lower, "microsoft-managed"):
		lead = "Microsoft-managed: "
	case strings.Contains(lower, "synchronization service account"):
		lead = "Synchronization Service Account "
	case strings.Contains(lower, "iphone"):
		lead = "iPhone "
	case strings.Contains(lower, "ipad"):
		lead = "iPad "
	}
	return lead + r.name(text)
}

// wording keeps the words of a text that Microsoft's services write, and numbers of
// versions; any other word becomes a pseudonym.
func (r *Redactor) wording(text string) string {
	if guidIn.MatchString(text) || strings.Contains(text, "@") || strings.TrimSpace(text) == "" {
		return r.name(text)
	}
	text = r.addressesIn(text)
	var b strings.Builder
	class := func(c rune) int {
		switch {
		case c >= '0' && c <= '9':
			return 1
		case unicode.IsLetter(c), unicode.IsMark(c), unicode.IsNumber(c):
			return 2
		}
		return 0
	}
	for len(text) > 0 {
		first := class([]rune(text[:min(len(text), 4)])[0])
		end := strings.IndexFunc(text, func(c rune) bool {
			return class(c) != first && (first != 2 || class(c) != 1)
		})
		if end < 0 {
			end = len(text)
		}
		token := text[:end]
		text = text[end:]
		switch {
		case first == 2 && !r.word(token):
			b.WriteString(r.secret.word("word", token))
		case first == 1 && len(token) > 6:
			b.WriteString(r.secret.digits(token))
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}

// word tells whether a word may stay: one of the list, also with digits behind it.
func (r *Redactor) word(token string) bool {
	lower := strings.ToLower(token)
	return words()[lower] || words()[strings.TrimRight(lower, "0123456789")]
}

// addressesIn maps addresses inside a text. Four numbers after a slash are a version, as
// in Chrome/120.0.0.0.
func (r *Redactor) addressesIn(text string) string {
	if r.versions {
		return text
	}
	var b strings.Builder
	from := 0
	for _, at := range addressIn.FindAllStringIndex(text, -1) {
		if at[0] > 0 && text[at[0]-1] == '/' {
			continue
		}
		if to, is := r.address(text[at[0]:at[1]]); is {
			b.WriteString(text[from:at[0]] + to)
			from = at[1]
		}
	}
	return b.String() + text[from:]
}

// keyID is the pseudonym of a passkey's id; false where a text is none. The log writes
// base64 with padding, a method's id is the same in the alphabet for addresses with a
// digit that counts the padding left out.
func (r *Redactor) keyID(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if guidForm.MatchString(text) || !keyForm.MatchString(text) {
		return "", false
	}
	canonical := strings.TrimRight(text, "=")
	if n := len(text) - 1; canonical == text && text[n] >= '0' && text[n] <= '2' && (n+int(text[n]-'0'))%4 == 0 {
		canonical = text[:n]
	}
	return r.secret.keyID(strings.NewReplacer("-", "+", "_", "/").Replace(canonical)), true
}

// filterRule maps the values of a device filter that name devices. Operators that look
// for a part of a text keep working: collectParts has their values.
func (r *Redactor) filterRule(rule string) string {
	return quoted.ReplaceAllStringFunc(rule, func(m string) string {
		parts := quoted.FindStringSubmatch(m)
		property, values := strings.ToLower(parts[1]), parts[3]
		if !namesDevices(property) {
			if inVocabulary(strings.Trim(values, `"`)) {
				return m
			}
		}
		mapped := literal.ReplaceAllStringFunc(values, func(l string) string {
			text := l[1 : len(l)-1]
			if !namesDevices(property) && inVocabulary(text) {
				return l
			}
			return l[:1] + r.name(text) + l[len(l)-1:]
		})
		return "device." + parts[1] + " -" + parts[2] + " " + mapped
	})
}

var (
	quoted  = regexp.MustCompile(`(?i)device\.(\w+)\s+-(\w+)\s+("[^"]*"|'[^']*'|\[[^\]]*\])`)
	literal = regexp.MustCompile(`"[^"]*"|'[^']*'`)
)

// namesDevices tells whether a property of device filters may name a device, a person or
// something of the tenant.
func namesDevices(property string) bool {
	return !slices.Contains([]string{"trusttype", "operatingsystem", "operatingsystemversion", "iscompliant", "deviceownership", "profiletype", "model", "manufacturer", "mdmappid"}, property)
}
