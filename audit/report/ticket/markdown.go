// Package ticket renders an investigation for where help desks keep it: Markdown to
// paste into a ticket, and a page of HTML that needs nothing else. Text of the tenant is
// escaped in both.
package ticket

import (
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/report"
)

// Markdown writes plain words for the person first, then a short block for the
// administrator.
func Markdown(w io.Writer, p report.Person) error {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# %s", escape(p.Title))
	line("")
	line("%s", escape(p.Headline))
	line("")
	line("## Message to the person")
	line("")
	for _, l := range strings.Split(p.Message, "\n") {
		item, is := strings.CutPrefix(l, "- ")
		switch {
		case l == "":
			line(">")
		case is:
			line("> - %s", escape(item))
		default:
			line("> %s", escape(l))
		}
	}
	line("")
	line("## For the administrator")
	line("")
	line("%s  ", escape(p.Where))
	line("%s", escape(p.Standing))
	steps(line, p.Do)
	if len(p.Ask) > 0 {
		line("")
		for _, q := range p.Ask {
			line("- Ask: %s", escape(q.Text))
		}
	}
	for _, h := range p.Why {
		line("")
		line("**%s**: %s. %s", escape(h.Title), escape(h.Verdict), escape(h.Text))
		line("")
		for _, e := range h.Evidence {
			line("- %s", escape(e))
		}
	}
	if len(p.Attempts) > 0 {
		line("")
		for _, a := range p.Attempts {
			line("- %s", escape(a.Text))
			for _, policy := range a.Policies {
				line("  - %s", escape(policy))
			}
		}
	}
	if len(p.Notes) > 0 {
		line("")
		for _, n := range p.Notes {
			line("- %s", escape(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func steps(line func(string, ...any), list []investigate.Action) {
	if len(list) > 0 {
		line("")
	}
	for i, a := range list {
		text := a.Do
		if a.Where != "" {
			text += " Where: " + a.Where + "."
		}
		if a.Device != "" {
			text += " On: " + a.Device + "."
		}
		line("%d. %s: %s", i+1, escape(string(a.Who)), escape(text))
	}
}

// escape keeps text of the tenant from being markup: characters that mean something in
// Markdown or HTML get a backslash or an entity, and nobody is mentioned.
func escape(text string) string {
	return strings.NewReplacer(
		"\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "#", "\\#", "|", "\\|", "~", "\\~", "!", "\\!",
		"&", "&amp;", "<", "&lt;", ">", "&gt;", "@", "&#64;",
	).Replace(text)
}
