package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// reader turns nodes into settings and collects what is wrong with them.
type reader struct {
	vocabulary Vocabulary
	config     Config
	problems   []Problem
}

// field is a key of a mapping and what reads its value. path names the value in
// what "config show" prints.
type field struct {
	key      string
	required bool
	read     func(r *reader, path string, n *yaml.Node)
}

func (r *reader) problem(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, Problem{n.Line, n.Column, fmt.Sprintf(format, args...)})
}

// from records where a value was set.
func (r *reader) from(path string, n *yaml.Node) { r.config.places[path] = place{n.Line, n.Column} }

// plain tells whether a node is itself a value. Anchors, aliases and tags would make
// a file mean something else than it seems to say.
func (r *reader) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.problem(n, "anchors and aliases are not supported: write the value out, in quotes if it starts with * or &")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.problem(n, "the tag %s is not supported", n.Tag)
		return false
	}
	return true
}

func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// entries calls do for every key of a mapping, each once. want says what the
// mapping holds. Nothing at all is an empty mapping.
func (r *reader) entries(n *yaml.Node, want string, do func(key string, at, value *yaml.Node)) {
	if !r.plain(n) || null(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s is wanted here, not %s", want, shape(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		at, value := n.Content[i], n.Content[i+1]
		key, ok := r.text(at, "a key")
		if !ok {
			continue
		}
		fold := strings.ToLower(key)
		if line := seen[fold]; line > 0 {
			r.problem(at, "%q stands on line %d already", key, line)
			continue
		}
		seen[fold] = at.Line
		do(key, at, value)
	}
}

// mapping reads a mapping with known keys.
func (r *reader) mapping(n *yaml.Node, path string, fields []field) {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	if path != "" {
		path += "."
	}
	present := map[string]bool{}
	r.entries(n, "a mapping with the keys "+strings.Join(keys, ", "), func(key string, at, value *yaml.Node) {
		i := slices.Index(keys, key)
		if i < 0 {
			r.problem(at, "%s", unknown("key", key, keys))
			return
		}
		present[key] = true
		fields[i].read(r, path+key, value)
	})
	for _, f := range fields {
		if f.required && !present[f.key] && (n.Kind == yaml.MappingNode || null(n)) {
			r.problem(n, "%s is missing here", f.key)
		}
	}
}

// items calls do for every element of a list. Nothing at all is an empty list.
func (r *reader) items(n *yaml.Node, want string, do func(i int, item *yaml.Node)) {
	if !r.plain(n) || null(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.problem(n, "a list of %s is wanted here, not %s", want, shape(n))
		return
	}
	for i, item := range n.Content {
		do(i, item)
	}
}

// text reads text that is not empty. Numbers are text too: ids may look like them.
func (r *reader) text(n *yaml.Node, want string) (string, bool) {
	switch {
	case !r.plain(n):
		return "", false
	case n.Kind != yaml.ScalarNode || null(n):
		r.problem(n, "%s is wanted here, not %s", want, shape(n))
		return "", false
	case n.Tag == "!!bool":
		r.problem(n, "%s is wanted here; put %s in quotes if it is meant as text", want, n.Value)
		return "", false
	}
	text := strings.TrimSpace(n.Value)
	if text == "" {
		r.problem(n, "%s is wanted here, not empty text", want)
		return "", false
	}
	return text, true
}

// oneOf reads one of some words; what names their kind.
func (r *reader) oneOf(n *yaml.Node, what string, words []string) (string, bool) {
	text, ok := r.text(n, "one of "+strings.Join(words, ", "))
	if ok && !slices.Contains(words, text) {
		r.problem(n, "%s", unknown(what, text, words))
		return "", false
	}
	return text, ok
}

// onOff reads a yes or no.
func (r *reader) onOff(n *yaml.Node) (on, ok bool) {
	if !r.plain(n) {
		return false, false
	}
	if n.Kind == yaml.ScalarNode {
		switch n.Value {
		case "true", "on":
			return true, true
		case "false", "off":
			return false, true
		}
	}
	r.problem(n, "one of true, false, on, off is wanted here, not %s", shape(n))
	return false, false
}

// shape says what a node is, for errors.
func shape(n *yaml.Node) string {
	switch {
	case null(n):
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%q", n.Value)
	}
}

// unknown says that a name is none of those allowed, and which is closest.
func unknown(what, name string, allowed []string) string {
	text := fmt.Sprintf("unknown %s %q", what, name)
	if near := nearest(name, allowed); near != "" {
		text += fmt.Sprintf("; did you mean %q?", near)
	}
	return text + " Allowed: " + strings.Join(allowed, ", ")
}
