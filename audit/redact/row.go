package redact

import (
	"bytes"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// place is where a value stands.
type place struct {
	section snapshot.SectionID
	// parents are the names of the members around it, the innermost last.
	parents []string
	name    string
	// unknown: it is inside a member that is not modelled.
	unknown bool
	// official: the object around it is one that Microsoft made, with the name it gave.
	official bool
	// key is the text of the member "key" beside it.
	key string
}

func (p place) in(parent string) bool {
	return len(p.parents) > 0 && p.parents[len(p.parents)-1] == parent
}

// value maps one value.
func (r *Redactor) value(p place, v entra.Raw) entra.Raw {
	switch v.Kind() {
	case '{':
		return r.object(p, v)
	case '[':
		var b bytes.Buffer
		b.WriteByte('[')
		n := 0
		for e := range entra.Elements(v) {
			if n > 0 {
				b.WriteByte(',')
			}
			b.Write(r.value(p, e))
			n++
		}
		b.WriteByte(']')
		return b.Bytes()
	case '"':
		var text string
		if entra.Decode(v, &text) != nil {
			return entra.MustEncode("")
		}
		return entra.MustEncode(r.text(p, text))
	case '0':
		return r.number(p, v)
	default:
		return v
	}
}

func (r *Redactor) object(p place, v entra.Raw) entra.Raw {
	inner := place{section: p.section, unknown: p.unknown, parents: append(p.parents[:len(p.parents):len(p.parents)], p.name)}
	inner.official = string(lookup(v, "/isBuiltIn")) == "true" || entra.Text(v, "/policyType") == "builtIn"
	inner.key = entra.Text(v, "/key")
	var b bytes.Buffer
	b.WriteByte('{')
	n := 0
	seen := map[string]bool{}
	for name, member := range entra.Members(v) {
		at := inner
		at.name = name
		_, modelled := classes()[name]
		at.unknown = inner.unknown && !modelled || !modelled && !strings.Contains(name, "@odata.")
		if inner.unknown {
			at.unknown = true
		}
		to := r.memberName(inner, name, modelled)
		if seen[to] {
			continue // two names that differ in letter case only, of a member nobody knows
		}
		seen[to] = true
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(entra.MustEncode(to))
		b.WriteByte(':')
		b.Write(r.value(at, member))
		n++
	}
	b.WriteByte('}')
	return b.Bytes()
}

// memberName maps the name of a member. Names are Graph's and stay, but not those inside
// a member that nobody knows: there a person may be the name.
func (r *Redactor) memberName(p place, name string, modelled bool) string {
	switch {
	case modelled:
		return name
	case strings.Contains(name, "@odata.") && strings.LastIndex(name, "@") == strings.Index(name, "@odata."):
		if before, after, _ := strings.Cut(name, "@"); before != "" {
			return r.memberName(p, before, classes()[before] != unmodelled) + "@" + after
		}
		return name
	case p.unknown || !propertyForm.MatchString(name) || guidIn.MatchString(name) || addressIn.MatchString(name):
		return r.name(name)
	default:
		return name
	}
}

func (r *Redactor) number(p place, v entra.Raw) entra.Raw {
	text := string(v)
	if !p.unknown && classes()[p.name] == numeric || len(text) <= 3 && !strings.ContainsAny(text, ".eE") {
		return v
	}
	if strings.ContainsAny(text, ".eE") {
		return entra.Raw("0") // a place on earth, or a measure
	}
	sign, digits := "", text
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	return entra.Raw(sign + r.secret.digits(digits))
}

// text maps a text by where it stands.
func (r *Redactor) text(p place, text string) string {
	r.section, r.versions = p.section, strings.Contains(strings.ToLower(p.name), "version")
	if p.unknown && isTime(text) && !strings.HasSuffix(p.name, "DateTime") {
		return r.secret.word("time", text) // a birthday, for all we know
	}
	if p.unknown || text == "" {
		return r.name(text)
	}
	if p.name != "@odata.type" && strings.Contains(p.name, "@odata.") {
		return "removed" // a link, with ids in it
	}
	switch p.name {
	case "displayName", "userDisplayName", "deviceName":
		return r.shown(p, text)
	case "rule":
		return r.filterRule(text)
	case "directoryScopeId":
		if unit, is := strings.CutPrefix(text, "/administrativeUnits/"); is {
			return "/administrativeUnits/" + r.name(unit)
		}
		if text == "/" {
			return text
		}
	case "issuer":
		return r.domain(text)
	case "id", "name":
		if p.section == snapshot.Domains && len(p.parents) == 1 || p.in("verifiedDomains") {
			if p.name == "id" || p.in("verifiedDomains") {
				return r.domain(text)
			}
		}
		if p.section == snapshot.AuthenticationMethods && p.in("value") {
			if to, is := r.keyID(text); is {
				return to
			}
		}
		if p.name == "id" && p.in("roleDefinition") {
			return text
		}
	case "state", "city":
		if p.in("location") {
			return r.name(text)
		}
	case "value", "oldValue", "newValue":
		if p.section == snapshot.DirectoryAudits {
			return r.audited(p, text)
		}
	}
	switch classes()[p.name] {
	case vocabulary:
		if inVocabulary(text) {
			return text
		}
	case wording:
		return r.wording(text)
	case publicID:
		if guidForm.MatchString(text) {
			return text
		}
	}
	if reserved()[strings.ToLower(text)] || contextForm.MatchString(text) {
		return text
	}
	return r.name(text)
}

// shown maps a display name.
func (r *Redactor) shown(p place, text string) string {
	switch {
	case p.official && p.in("roleDefinition"), p.official && p.section == snapshot.AuthenticationStrengths, p.official && p.in("authenticationStrength"):
		return text
	case p.in("modifiedProperties") && propertyForm.MatchString(text):
		return text
	case p.in("app"), p.section == snapshot.ServicePrincipals:
		return r.wording(text)
	case p.section == snapshot.DirectoryAudits:
		if to, is := r.keyID(text); is {
			return to
		}
		return r.mentions(text) + r.displayName(text)
	case strings.Contains(strings.ToLower(text), workProfile):
		return r.displayName(text) + workProfile
	default:
		return r.displayName(text)
	}
}

// workProfile is what Intune writes into the name of a device that is the work profile of
// a private phone, in lower case; it tells what the device is and stays.
const workProfile = "_androidforwork"

// mentions are the words of a target's name by which changes of passkey settings are
// told; they stay.
func (r *Redactor) mentions(text string) string {
	lower := strings.ToLower(text)
	for _, word := range []string{"fido2", "passkey", "registrationcampaign", "registrationenforcement"} {
		if strings.Contains(lower, word) {
			return word + " "
		}
	}
	return ""
}

// audited maps a value of the audit log: JSON inside a text, a key's model, a key's id.
func (r *Redactor) audited(p place, text string) string {
	if strings.EqualFold(p.key, "aaguid") && guidForm.MatchString(text) {
		return text
	}
	if strings.EqualFold(p.key, "authenticationmethod") {
		return r.wording(text)
	}
	if inner := entra.Raw(text); strings.ContainsAny(text[:1], `[{"`) && inner.IsValid() {
		if inner.Kind() == '"' {
			var once string
			if entra.Decode(inner, &once) == nil && once != "" {
				return string(entra.MustEncode(r.audited(p, once)))
			}
			return text
		}
		inside := p
		inside.name, inside.parents = "value", append(p.parents[:len(p.parents):len(p.parents)], p.name)
		return string(r.value(inside, inner))
	}
	if to, is := r.keyID(text); is && !words()[strings.ToLower(text)] {
		return to
	}
	if words()[strings.ToLower(text)] || oneWord(text) {
		return text
	}
	return r.mentions(text) + r.name(text)
}

// oneWord tells whether a value is one of the few words that verdicts look for.
func oneWord(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "multiple", "multi", "multiuse", "onetime", "once", "single", "true", "false":
		return true
	}
	return false
}

func lookup(v entra.Raw, pointer string) entra.Raw {
	found, _ := entra.Lookup(v, pointer)
	return found
}
