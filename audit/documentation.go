package audit

import (
	"errors"
	"fmt"
	"strings"
)

// Doc is a check's documentation, parsed from the doc.md beside its code. Every
// place that explains the check (terminal, web page, SARIF rule) uses it.
type Doc struct {
	Title      string // one sentence
	Risk       string // what happens if nothing is done
	Why        string // what the check looks at and by which rule
	Raised     string // the rule by which a finding's severity may differ; may be empty
	Fix        string
	Verify     string // how to see that the fix worked
	References []Reference
	Controls   []string // ids of benchmark controls
}

// Reference is a source of a rule.
type Reference struct {
	Key  string // short name used in messages, such as PF
	Text string // document and date
	URL  string // may be empty
}

func (r Reference) String() string {
	if r.URL == "" {
		return r.Text
	}
	return r.Text + " " + r.URL
}

// MustDoc parses a doc.md; it panics if the text is not in the form, which every
// run of the program would show.
func MustDoc(text string) Doc {
	d, err := ParseDoc(text)
	if err != nil {
		panic("doc.md: " + err.Error())
	}
	return d
}

// ParseDoc parses a doc.md: a title line "# …", then sections "## Risk", "## Why",
// "## Severity" (optional), "## Fix", "## Verify", "## References" and
// "## Controls" (optional). References are list items "KEY: text <url>".
func ParseDoc(text string) (Doc, error) {
	var d Doc
	parts := strings.Split("\n"+strings.ReplaceAll(text, "\r\n", "\n"), "\n## ")
	head := strings.TrimSpace(parts[0])
	title, ok := strings.CutPrefix(head, "# ")
	if !ok || strings.Contains(title, "\n") {
		return d, errors.New("it must start with one line \"# title\" followed by sections")
	}
	d.Title = title
	texts := map[string]*string{"Risk": &d.Risk, "Why": &d.Why, "Severity": &d.Raised, "Fix": &d.Fix, "Verify": &d.Verify}
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, "\n")
		name, body = strings.TrimSpace(name), strings.TrimSpace(body)
		switch {
		case name == "References":
			refs, err := parseReferences(body)
			if err != nil {
				return d, err
			}
			d.References = refs
		case name == "Controls":
			for _, item := range listItems(body) {
				if id, _, _ := strings.Cut(item, " "); id != "" {
					d.Controls = append(d.Controls, id)
				}
			}
		case texts[name] != nil:
			*texts[name] = body
		default:
			return d, fmt.Errorf("section %q is not known", name)
		}
	}
	return d, d.complete()
}

func (d *Doc) complete() error {
	for name, text := range map[string]string{"Title": d.Title, "Risk": d.Risk, "Why": d.Why, "Fix": d.Fix, "Verify": d.Verify} {
		if text == "" {
			return fmt.Errorf("the documentation lacks %s", name)
		}
	}
	if len(d.References) == 0 {
		return errors.New("the documentation lacks References")
	}
	return nil
}

func parseReferences(body string) ([]Reference, error) {
	var refs []Reference
	for _, item := range listItems(body) {
		key, text, ok := strings.Cut(item, ": ")
		if !ok {
			return nil, fmt.Errorf("reference %q is not of the form \"KEY: text, date <url>\"", item)
		}
		r := Reference{Key: key, Text: strings.TrimSpace(text)}
		if before, url, ok := strings.Cut(r.Text, " <"); ok {
			r.Text, r.URL = before, strings.TrimSuffix(url, ">")
		}
		refs = append(refs, r)
	}
	return refs, nil
}

func listItems(body string) []string {
	var items []string
	for line := range strings.SplitSeq(body, "\n") {
		if item, ok := strings.CutPrefix(line, "- "); ok {
			items = append(items, strings.TrimSpace(item))
		} else if len(items) > 0 && strings.TrimSpace(line) != "" {
			items[len(items)-1] += " " + strings.TrimSpace(line)
		}
	}
	return items
}
