package cli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

// missing is what a collection did not get, and what to do about it.
type missing struct {
	parts []missingPart
	// refused: something has to be granted. signIn: the token is not taken any more.
	// waits: Graph did not answer, or not as it should.
	refused, signIn, waits bool
}

// missingPart is what is missing of a section, or of several for one reason.
type missingPart struct{ name, what string }

// notOffered are statuses by which a cloud, a version or a look-alike says that it does not
// have what was asked for. Asking again does not change that.
var notOffered = []int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}

// missingOf goes through the sections of a collection.
func missingOf(sections map[snapshot.SectionID]snapshot.SectionEntry) missing {
	var m missing
	var unasked []string
	for _, s := range collect.Catalogue() {
		e, there := sections[s.ID]
		spec, _ := snapshot.Spec(s.ID)
		if !there || !lacks(e.State, e.Reason) || e.State == snapshot.Unlicensed && spec.EmptyIfUnlicensed {
			continue
		}
		what := s.Without
		switch {
		case e.Reason == collect.ReasonUnauthenticated:
			m.signIn = true
			if e.State == snapshot.Denied {
				unasked = append(unasked, string(s.ID))
				continue
			}
		case e.State == snapshot.Denied:
			m.refused = true
		case e.State == snapshot.Unlicensed, e.State == snapshot.Partial && e.Unfinished == nil:
		case !e.State.HasRows() && slices.Contains(notOffered, e.Status):
			what += "; Graph does not offer it here"
		default:
			m.waits = true
		}
		if e.State == snapshot.Partial {
			what = "what was not read of it is unknown"
			if e.Objects != nil {
				what = audit.CountPhrase(*e.Objects, "object is", "objects are") + " there; what was not read is unknown"
			}
		}
		if len(e.Needs) > 0 {
			what += "; needs " + strings.Join(e.Needs, ", ")
		}
		m.parts = append(m.parts, missingPart{string(s.ID), what})
	}
	if len(unasked) > 0 {
		m.parts = append(m.parts, missingPart{"the rest", "nothing is known of " + strings.Join(unasked, ", ")})
	}
	return m
}

// text says it in lines of a width, with what to do at the end.
func (m missing) text(width int) string {
	if len(m.parts) == 0 {
		return ""
	}
	width = min(max(width, 60), 110)
	column := 0
	for _, p := range m.parts {
		column = max(column, len(p.name))
	}
	var b strings.Builder
	b.WriteString("Not everything was read, and what rests on it cannot be judged:\n")
	for _, p := range m.parts {
		name := p.name
		for _, line := range report.Wrap(report.Plain(p.what), width-column-4) {
			fmt.Fprintf(&b, "  %-*s  %s\n", column, name, line)
			name = ""
		}
	}
	var first []string
	if m.signIn {
		first = append(first, "Graph does not take the token any more, so sign in again.")
	}
	if m.refused {
		first = append(first, "Grant what is needed; 'passkeyaudit doctor' says whether it is a permission, a role or a licence.")
	}
	if m.signIn || m.refused || m.waits {
		when := "After that"
		if m.waits {
			when = "Once Graph answers as it should"
			if len(first) > 0 {
				when = "After that, and once Graph answers as it should"
			}
		}
		first = append(first, when+", the same command with --resume reads the rest.")
	}
	for _, line := range report.Wrap(strings.Join(first, " "), width) {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
