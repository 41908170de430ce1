package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

// top are the keys of a configuration.
func top() []field {
	return []field{
		{key: "accept", read: readAccept},
		{key: "severity", read: readSeverity},
		{key: "sections", read: readSections},
		{key: "emergencyAccounts", read: readEmergencyAccounts},
		{key: "bootstrapGroups", read: readBootstrapGroups},
		{key: "lanes", read: func(r *reader, path string, n *yaml.Node) { r.mapping(n, path, laneFields()) }},
		{key: "kinds", read: readKinds},
		{key: "switches", read: readSwitches},
		{key: "assume", read: readAssume},
		{key: "data", read: func(r *reader, path string, n *yaml.Node) { r.mapping(n, path, dataFields()) }},
	}
}

func dataFields() []field {
	var fields []field
	for _, part := range catalogue.Parts() {
		fields = append(fields, field{key: string(part), read: func(r *reader, path string, n *yaml.Node) {
			if file, ok := r.text(n, "the path of a file"); ok {
				put(&r.config.Data, part, file)
				r.from(path, n)
			}
		}})
	}
	return fields
}

func laneFields() []field {
	lane := func(of func(*audit.Lanes) *bool) func(*reader, string, *yaml.Node) {
		return func(r *reader, path string, n *yaml.Node) {
			if on, ok := r.onOff(n); ok {
				*of(&r.config.Settings.Lanes) = on
				r.from(path, n)
			}
		}
	}
	return []field{
		{key: "provisioning", read: lane(func(l *audit.Lanes) *bool { return &l.Provisioning })},
		{key: "enrolDevice", read: lane(func(l *audit.Lanes) *bool { return &l.EnrolDevice })},
	}
}

// fingerprint is the form of audit.Finding.Fingerprint.
var fingerprint = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)

func acceptFields(a *audit.Acceptance) []field {
	return []field{
		{key: "check", required: true, read: func(r *reader, _ string, n *yaml.Node) { a.Check, _ = r.check(n) }},
		{key: "fingerprint", read: func(r *reader, _ string, n *yaml.Node) {
			text, ok := r.text(n, "a fingerprint")
			if ok && !fingerprint.MatchString(text) {
				r.problem(n, "%q is no fingerprint: copy the 32 hexadecimal digits from a report", text)
			}
			a.Fingerprint = strings.ToLower(text)
		}},
		{key: "reason", required: true, read: func(r *reader, _ string, n *yaml.Node) { a.Reason, _ = r.text(n, "the reason, in words") }},
		{key: "expires", read: func(r *reader, _ string, n *yaml.Node) {
			text, ok := r.text(n, "a date like 2027-01-31")
			if !ok {
				return
			}
			var err error
			if a.Expires, err = time.Parse(time.DateOnly, text); err != nil {
				r.problem(n, "%q is no date like 2027-01-31", text)
			}
		}},
	}
}

func readAccept(r *reader, path string, n *yaml.Node) {
	lines := map[string]int{}
	r.items(n, "accepted findings", func(i int, item *yaml.Node) {
		var a audit.Acceptance
		before := len(r.problems)
		r.mapping(item, path, acceptFields(&a))
		if len(r.problems) > before {
			return
		}
		id := a.Check + " " + a.Fingerprint
		if line := lines[id]; line > 0 {
			r.problem(item, "the same is accepted on line %d already", line)
			return
		}
		lines[id] = item.Line
		r.config.Settings.Accept = append(r.config.Settings.Accept, a)
		r.from(element(path, len(r.config.Settings.Accept)-1), item)
	})
}

func readSeverity(r *reader, path string, n *yaml.Node) {
	var names []string
	for _, s := range audit.Severities() {
		names = append(names, s.String())
	}
	r.entries(n, "a mapping from checks to severities", func(key string, at, value *yaml.Node) {
		check, known := r.check(at)
		name, ok := r.oneOf(value, "severity", names)
		if !known || !ok {
			return
		}
		if _, twice := r.config.Settings.Severity[check]; twice {
			r.problem(at, "%s has a severity already, by its id or slug", key)
			return
		}
		severity, _ := audit.ParseSeverity(name)
		put(&r.config.Settings.Severity, check, severity)
		r.from(path+"."+check, value)
	})
}

func readSections(r *reader, path string, n *yaml.Node) {
	var names []string
	for _, spec := range snapshot.Sections() {
		names = append(names, string(spec.ID))
	}
	r.entries(n, "a mapping from sections to off", func(key string, at, value *yaml.Node) {
		if !slices.Contains(names, key) {
			r.problem(at, "%s", unknown("section", key, names))
			return
		}
		if on, ok := r.onOff(value); ok && !on {
			r.config.Settings.SectionsOff = append(r.config.Settings.SectionsOff, snapshot.SectionID(key))
			r.from(path+"."+key, value)
		}
	})
}

func readEmergencyAccounts(r *reader, path string, n *yaml.Node) {
	r.names(n, path, "object ids or user principal names", &r.config.Settings.EmergencyAccounts)
}

func readBootstrapGroups(r *reader, path string, n *yaml.Node) {
	r.names(n, path, "object ids of groups", &r.config.Settings.BootstrapGroups)
}

// names reads a list of ids or names, each once and none of them a pattern.
func (r *reader) names(n *yaml.Node, path, want string, list *[]string) {
	lines := map[string]int{}
	r.items(n, want, func(_ int, item *yaml.Node) {
		name, ok := r.text(item, "one of the "+want)
		switch fold := strings.ToLower(name); {
		case !ok:
		case strings.ContainsAny(name, "* \t\n"):
			r.problem(item, "%q is none of the %s, which have neither * nor spaces", name, want)
		case lines[fold] > 0:
			r.problem(item, "%q stands on line %d already", name, lines[fold])
		default:
			lines[fold] = item.Line
			*list = append(*list, name)
			r.from(element(path, len(*list)-1), item)
		}
	})
}

func readKinds(r *reader, path string, n *yaml.Node) {
	var kinds []string
	for _, k := range audit.AccountKinds() {
		kinds = append(kinds, string(k))
	}
	r.entries(n, "a mapping from accounts to kinds", func(key string, at, value *yaml.Node) {
		if strings.ContainsAny(key, " \t\n") {
			r.problem(at, "%q is neither an object id, nor a user principal name, nor a pattern with *", key)
			return
		}
		if kind, ok := r.oneOf(value, "kind", kinds); ok {
			put(&r.config.Settings.Kinds, key, audit.AccountKind(kind))
			r.from(path+"."+key, value)
		}
	})
}

func readSwitches(r *reader, path string, n *yaml.Node) {
	r.entries(n, "a mapping from switches to true or false", func(key string, at, value *yaml.Node) {
		if !slices.Contains(r.vocabulary.Switches, key) {
			r.problem(at, "%s", unknown("switch", key, r.vocabulary.Switches))
			return
		}
		if on, ok := r.onOff(value); ok {
			put(&r.config.Settings.Switches, key, on)
			r.from(path+"."+key, value)
		}
	})
}

// assumable are the conditions that may be assumed for everybody, countries apart.
var assumable = []string{"capablePhone", "securityKey", "syncedProvider", "trustedLocation", "bluetooth"}

var country = regexp.MustCompile(`^country:[A-Z]{2}$`)

func readAssume(r *reader, path string, n *yaml.Node) {
	lines := map[string]int{}
	r.items(n, "conditions", func(_ int, item *yaml.Node) {
		name, ok := r.text(item, "a condition")
		switch {
		case !ok:
		case lines[name] > 0:
			r.problem(item, "%q stands on line %d already", name, lines[name])
		case name == "compliantDevice" || name == "hybridDevice":
			r.problem(item, "%s may not be assumed: it takes a device in the snapshot. Allowed: %s, country:XX", name, strings.Join(assumable, ", "))
		case strings.HasPrefix(name, "country:") && !country.MatchString(name):
			r.problem(item, "%q does not name a country by its two capital letters, like country:NL", name)
		case !country.MatchString(name) && !slices.Contains(assumable, name):
			r.problem(item, "%s, country:XX", unknown("condition", name, assumable))
		default:
			lines[name] = item.Line
			r.config.Settings.Assume = append(r.config.Settings.Assume, name)
			r.from(element(path, len(r.config.Settings.Assume)-1), item)
		}
	})
}

// check resolves the id or slug of a check, in any letter case, to its id.
func (r *reader) check(n *yaml.Node) (string, bool) {
	name, ok := r.text(n, "the id or slug of a check")
	if !ok {
		return "", false
	}
	var names []string
	for _, c := range r.vocabulary.Checks {
		if strings.EqualFold(name, c.ID) || strings.EqualFold(name, c.Slug) {
			return c.ID, true
		}
		names = append(names, c.ID, c.Slug)
	}
	text := fmt.Sprintf("there is no check %q", name)
	if near := nearest(name, names); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	r.problem(n, "%s 'passkeyaudit checks list' shows them", text)
	return "", false
}

// contradictions looks for accounts that are said to be two things.
func (r *reader) contradictions() {
	emergency := map[string]int{}
	for i, name := range r.config.Settings.EmergencyAccounts {
		emergency[strings.ToLower(name)] = r.config.places[element("emergencyAccounts", i)].line
	}
	for name, kind := range r.config.Settings.Kinds {
		if line := emergency[strings.ToLower(name)]; line > 0 && kind != audit.KindEmergency {
			at := r.config.places["kinds."+name]
			r.problems = append(r.problems, Problem{at.line, at.column,
				fmt.Sprintf("%q is %s here and an emergency account on line %d", name, kind, line)})
		}
	}
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func put[K comparable, V any](m *map[K]V, key K, value V) {
	if *m == nil {
		*m = map[K]V{}
	}
	(*m)[key] = value
}
