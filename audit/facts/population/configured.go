package population

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// configured are the kinds that the settings give. Emergency accounts go before
// kinds; of several kinds for one account its object id goes before its user principal name, and both go before
// patterns; of patterns the one with the most characters counts, then the first in
// alphabetical order. Letter case never matters.
type configured struct {
	// By object id or user principal name in lower case.
	emergency, exact map[string]Kind
	patterns         []pattern       // in the order in which they count
	found            map[string]bool // the keys of emergency and exact that an account had
}

type pattern struct {
	parts []string // the text between asterisks, in lower case
	kind  Kind
}

// newConfigured is nil where nothing is configured, so that a million accounts need
// no second look.
func newConfigured(s audit.Settings) *configured {
	if len(s.Kinds)+len(s.EmergencyAccounts) == 0 {
		return nil
	}
	c := &configured{emergency: map[string]Kind{}, exact: map[string]Kind{}, found: map[string]bool{}}
	names := slices.SortedFunc(maps.Keys(s.Kinds), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(strings.ToLower(a), strings.ToLower(b)))
	})
	for _, name := range names {
		key, kind := strings.ToLower(name), s.Kinds[name]
		if strings.Contains(key, "*") {
			c.patterns = append(c.patterns, pattern{strings.Split(key, "*"), kind})
		} else {
			c.exact[key] = kind
		}
	}
	for _, name := range s.EmergencyAccounts {
		c.emergency[strings.ToLower(name)] = Emergency
	}
	return c
}

// kindOf is the configured kind of an account, empty if there is none.
func (c *configured) kindOf(id, upn string) Kind {
	if c == nil {
		return ""
	}
	id, upn = strings.ToLower(id), strings.ToLower(upn)
	var named Kind
	for _, list := range []map[string]Kind{c.emergency, c.exact} {
		for _, name := range []string{id, upn} {
			if kind, ok := list[name]; ok {
				c.found[name] = true
				named = cmp.Or(named, kind)
			}
		}
	}
	if named != "" {
		return named
	}
	for _, p := range c.patterns {
		if p.matches(upn) {
			return p.kind
		}
	}
	return ""
}

// notFound lists the accounts that are named and that nobody is.
func (c *configured) notFound() []string {
	if c == nil {
		return nil
	}
	var names []string
	for _, list := range []map[string]Kind{c.emergency, c.exact} {
		for name := range list {
			if !c.found[name] {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// matches compares text in lower case with the pattern as a whole.
func (p pattern) matches(text string) bool {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	rest, ok := strings.CutPrefix(text, first)
	if !ok {
		return false
	}
	if rest, ok = strings.CutSuffix(rest, last); !ok {
		return false
	}
	for _, part := range p.parts[1 : len(p.parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return true
}
