package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
)

// Value is one setting in force. Line is where the file sets it, 0 for a default.
type Value struct {
	Key, Text string
	Line      int
}

// Values lists every setting, in the order of the documentation.
func (c *Config) Values(v Vocabulary) []Value {
	s := c.Settings
	var all []Value
	add := func(key, text string) { all = append(all, Value{key, text, c.places[key].line}) }
	list := func(key string, n int, item func(i int) string) {
		for i := range n {
			add(element(key, i), item(i))
		}
		if n == 0 {
			add(key, "none")
		}
	}
	list("accept", len(s.Accept), func(i int) string { return acceptText(s.Accept[i]) })
	table(add, "severity", s.Severity)
	for _, id := range s.SectionsOff {
		add("sections."+string(id), "off")
	}
	if len(s.SectionsOff) == 0 {
		add("sections", "all on")
	}
	list("emergencyAccounts", len(s.EmergencyAccounts), func(i int) string { return s.EmergencyAccounts[i] })
	list("bootstrapGroups", len(s.BootstrapGroups), func(i int) string { return s.BootstrapGroups[i] })
	add("lanes.provisioning", fmt.Sprint(s.Lanes.Provisioning))
	add("lanes.enrolDevice", fmt.Sprint(s.Lanes.EnrolDevice))
	table(add, "kinds", s.Kinds)
	for _, name := range v.Switches {
		add("switches."+name, fmt.Sprint(s.Switches[name]))
	}
	list("assume", len(s.Assume), func(i int) string { return s.Assume[i] })
	known := cmp.Or(s.Catalogue, catalogue.BuiltIn())
	for _, part := range catalogue.Parts() {
		add("data."+string(part), known.Edition(part).String())
	}
	return all
}

func table[V any](add func(key, text string), key string, m map[string]V) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		add(key+"."+name, fmt.Sprint(m[name]))
	}
	if len(m) == 0 {
		add(key, "none")
	}
}

func acceptText(a audit.Acceptance) string {
	text := a.Check
	if a.Fingerprint != "" {
		text += " " + a.Fingerprint
	}
	if date := a.ExpiresDate(); date != "" {
		text += " until " + date
	}
	return text + ": " + a.Reason
}
