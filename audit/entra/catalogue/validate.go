package catalogue

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"passkeyaudit/audit/entra"
)

// FileError is what is wrong with a file of data.
type FileError struct {
	File     string
	Problems []string // each with the member it is about, as a JSON pointer
}

func (e *FileError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = e.File + ": " + p
	}
	return strings.Join(lines, "\n")
}

// mostProblems is how many are listed.
const mostProblems = 20

// rule is what is wanted of one member.
type rule struct {
	name     string
	kind     kind
	required bool
	oneOf    []string
	pattern  *regexp.Regexp
}

type kind string

const (
	text    kind = "text"
	number  kind = "a whole number"
	truth   kind = "true or false"
	words   kind = "a list of texts"
	objects kind = "a list of objects"
	named   kind = "an object"
)

var (
	dayForm    = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
	monthForm  = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$|^$`)
	aaguidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// headRules are the members every file has.
func headRules(p Part) []rule {
	return []rule{
		{name: "schema", kind: text, required: true, oneOf: []string{p.schema()}}, {name: "edition", kind: text, required: true},
		{name: "compiled", kind: text, required: true, pattern: dayForm}, {name: "about", kind: text},
		{name: "sources", kind: named, required: true},
	}
}

var sourceRules = []rule{
	{name: "document", kind: text, required: true}, {name: "date", kind: text, pattern: monthForm},
	{name: "weight", kind: text, required: true, oneOf: []string{string(Documented), string(Community), string(Unverified)}},
	{name: "stale", kind: truth}, {name: "via", kind: text}, {name: "licence", kind: text},
}

// listRules are the lists of each part with what their entries hold.
var listRules = map[Part]map[string][]rule{
	SupportMatrix: {
		"cells": {
			{name: "id", kind: text, required: true},
			{name: "os", kind: text, required: true, oneOf: []string{"Windows", "macOS", "iOS", "Android", "ChromeOS", "Linux", "any"}},
			{name: "osVersionMin", kind: text},
			{name: "surface", kind: text, required: true, oneOf: []string{
				"browser", "nativeAppBroker", "nativeAppNoBroker", "nativeAppWAM", "browser+WAM", "provider", "authenticatorApp", "osSignIn", "rdp", "other", "any"}},
			{name: "client", kind: text, required: true}, {name: "clientVersionMin", kind: text},
			{name: "authenticator", kind: text, required: true, pattern: regexp.MustCompile(`^(any|securityKey|authenticatorPasskey|windowsHelloPasskey|synced:[A-Za-z]+)$`)},
			{name: "operation", kind: text, required: true, oneOf: []string{"signIn", "registration", "registration+signIn"}},
			{name: "flow", kind: text, required: true, oneOf: []string{"sameDevice", "crossDevice", "inAppVerified", "any"}},
			{name: "supported", kind: text, required: true, oneOf: []string{"yes", "no", "conditional", "notApplicable", "unknown"}},
			{name: "conditions", kind: words}, {name: "notes", kind: text}, {name: "source", kind: text, required: true},
		},
		"minimumVersions": {{name: "what", kind: text, required: true}, {name: "min", kind: text, required: true}, {name: "source", kind: text, required: true}},
		"hosts": {
			{name: "platform", kind: text, required: true, oneOf: []string{"android", "ios"}}, {name: "host", kind: text, required: true},
			{name: "source", kind: text, required: true},
		},
		"campaignSilence": {
			{name: "credential", kind: text, required: true}, {name: "platform", kind: text, required: true}, {name: "suppresses", kind: truth, required: true},
			{name: "source", kind: text, required: true},
		},
	},
	AAGUIDs: {
		"models": {
			{name: "aaguid", kind: text, required: true, pattern: aaguidForm}, {name: "name", kind: text, required: true}, {name: "vendor", kind: text},
			{name: "kind", kind: text, required: true, oneOf: []string{string(SecurityKey), string(Platform), string(App), string(PasswordManager), string(Browser)}},
			{name: "platform", kind: text, oneOf: []string{"", "android", "iOS", "windows"}},
			{name: "passkeyType", kind: text, required: true, oneOf: []string{"deviceBound", "synced", "unknown"}},
			{name: "attestation", kind: text, required: true, oneOf: []string{
				string(AttestationEligible), string(AttestationSupported), string(AttestationNotSupported), string(AttestationUndocumented), string(AttestationUnknown)}},
			{name: "keyStorage", kind: text}, {name: "campaign", kind: truth}, {name: "source", kind: text, required: true},
		},
	},
	SignInErrors: {
		"codes": {
			{name: "code", kind: number, required: true}, {name: "name", kind: text}, {name: "meaning", kind: text, required: true},
			{name: "category", kind: text, required: true, oneOf: []string{
				"policy-blocked", "needs-registration", "fido-failure", "tap", "user-cancelled", "mfa-failed", "device", "password", "other"}},
			{name: "stage", kind: text, required: true, oneOf: []string{"sign-in", "registration", "both"}}, {name: "interrupt", kind: truth},
			{name: "relevance", kind: text}, {name: "source", kind: text, required: true},
		},
	},
}

// keyOf is the member by which entries of a list are told apart.
var keyOf = map[string]string{"cells": "id", "models": "aaguid", "codes": "code"}

// extraRules are further members of one part.
var extraRules = map[Part][]rule{AAGUIDs: {{name: "fidoMetadataVersion", kind: number}}}

// validate reports everything that is wrong with a file of data; nil for nothing.
func validate(p Part, file string, raw []byte) error {
	v := &validator{}
	v.file(p, raw)
	if len(v.problems) == 0 {
		return nil
	}
	if n := len(v.problems) - mostProblems; n > 0 {
		v.problems = append(v.problems[:mostProblems], fmt.Sprintf("… and %d more", n))
	}
	return &FileError{File: file, Problems: v.problems}
}

type validator struct {
	problems []string
	sources  map[string]bool
}

func (v *validator) problem(pointer, format string, args ...any) {
	v.problems = append(v.problems, pointer+": "+fmt.Sprintf(format, args...))
}

func (v *validator) file(p Part, raw []byte) {
	if err := entra.CheckSyntax(raw); err != nil {
		v.problems = append(v.problems, err.Error())
		return
	}
	if k := entra.Raw(raw).Kind(); k != '{' {
		v.problems = append(v.problems, "an object is wanted, not "+shape(raw))
		return
	}
	// Of another kind of file everything would be wrong.
	if schema := entra.Text(raw, "/schema"); schema != p.schema() {
		v.problem("/schema", "%q is wanted, for a %s, not %q", p.schema(), p.Title(), schema)
		return
	}
	lists := listRules[p]
	rules := slices.Concat(headRules(p), extraRules[p])
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		rules = append(rules, rule{name: name, kind: objects, required: true})
	}
	v.object("", raw, rules)
	v.sources = map[string]bool{}
	if sources, found := entra.Lookup(raw, "/sources"); found && sources.Kind() == '{' {
		for key, source := range entra.Members(sources) {
			v.sources[key] = true
			v.object(entra.Pointer("sources", key), source, sourceRules)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		list, found := entra.Lookup(raw, entra.Pointer(name))
		if !found || list.Kind() != '[' {
			continue
		}
		seen, i := map[string]int{}, 0
		for entry := range entra.Elements(list) {
			at := entra.Pointer(name, i)
			v.object(at, entry, lists[name])
			if key := keyOf[name]; key != "" {
				if value, found := entra.Lookup(entry, entra.Pointer(key)); found {
					if first, twice := seen[string(value)]; twice {
						v.problem(at+entra.Pointer(key), "%s stands at %s already", value, entra.Pointer(name, first))
					} else {
						seen[string(value)] = i
					}
				}
			}
			i++
		}
		if i == 0 && keyOf[name] != "" {
			v.problem(entra.Pointer(name), "the list is empty")
		}
	}
}

// object checks the members of one object. A member that no rule names is most likely
// misspelt.
func (v *validator) object(at string, raw entra.Raw, rules []rule) {
	if raw.Kind() != '{' {
		v.problem(at, "an object is wanted, not %s", shape(raw))
		return
	}
	present := map[string]bool{}
	for name, value := range entra.Members(raw) {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
		if i < 0 {
			names := make([]string, len(rules))
			for j, r := range rules {
				names[j] = r.name
			}
			v.problem(at+entra.Pointer(name), "there is no such member; allowed: %s", strings.Join(names, ", "))
			continue
		}
		present[name] = true
		v.value(at+entra.Pointer(name), value, rules[i])
	}
	for _, r := range rules {
		if r.required && !present[r.name] {
			v.problem(at+entra.Pointer(r.name), "the member is missing; %s is wanted", r.kind)
		}
	}
}

func (v *validator) value(at string, raw entra.Raw, r rule) {
	kinds := map[kind]string{text: `"`, number: "0", truth: "tf", words: "[", objects: "[", named: "{"}
	if !strings.ContainsRune(kinds[r.kind], rune(raw.Kind())) {
		v.problem(at, "%s is wanted, not %s", r.kind, shape(raw))
		return
	}
	switch r.kind {
	case number:
		if _, err := strconv.ParseInt(string(raw), 10, 32); err != nil {
			v.problem(at, "a whole number is wanted, not %s", raw)
		}
	case words:
		i := 0
		for e := range entra.Elements(raw) {
			if e.Kind() != '"' {
				v.problem(at+entra.Pointer(i), "text is wanted, not %s", shape(e))
			}
			i++
		}
	case text:
		value := entra.Text(raw, "")
		switch {
		case r.required && strings.TrimSpace(value) == "":
			v.problem(at, "the text is empty")
		case len(r.oneOf) > 0 && !slices.Contains(r.oneOf, value):
			v.problem(at, "%q is none of %s", value, strings.Trim(strings.Join(r.oneOf, ", "), ", "))
		case r.pattern != nil && !r.pattern.MatchString(value):
			v.problem(at, "%q is not of the form %s", value, r.pattern)
		case r.name == "source" && !v.sources[value]:
			v.problem(at, "%q is not among the sources of the file", value)
		}
	}
}

// shape says what a value is.
func shape(raw entra.Raw) string {
	switch raw.Kind() {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 'n':
		return "null"
	}
	if len(raw) > 60 {
		return string(raw[:57]) + "…"
	}
	return string(raw)
}
