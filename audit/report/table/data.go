package table

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// data says by which data about passkeys was judged: with details always, without where
// some are not the program's own.
func (s *Sink) data(out *strings.Builder) {
	h := &s.header
	replaced := h.FIDO != nil
	for _, e := range h.Data {
		replaced = replaced || e.Replaced()
	}
	if !replaced && !s.opts.Details {
		return
	}
	fmt.Fprintln(out, s.paint(bold, "Data"))
	for _, e := range h.Data {
		text := e.String()
		if e.Outdated() {
			text += ", older than the program's own"
		}
		s.item(out, report.Plain(text))
	}
	if h.FIDO != nil {
		s.item(out, report.Plain(fmt.Sprintf("%s, %s", h.FIDO, audit.CountPhrase(h.FIDO.Count(), "model", "models"))))
	}
	fmt.Fprintln(out)
}

// shownUnknown is how many codes and activities are listed; JSON has all.
const shownUnknown = 5

// logs says what in the logs is not known; with details also how sign-ins ended.
func (s *Sink) logs(out *strings.Builder) {
	l := &s.header.Logs
	var items []string
	if s.opts.Details && l.SignIns > 0 {
		items = append(items, fmt.Sprintf("%s of sign-ins: %s", audit.CountPhrase(l.SignIns, "row", "rows"), listed(l.Classes, len(l.Classes))))
	}
	if len(l.UnknownCodes) > 0 {
		items = append(items, "sign-ins with an error code that is not known, which prove nothing: "+listed(l.UnknownCodes, shownUnknown))
	}
	if l.Uncoded > 0 {
		items = append(items, audit.CountPhrase(l.Uncoded, "sign-in has", "sign-ins have")+" no error code")
	}
	if len(l.UnknownActivities) > 0 {
		items = append(items, "records of methods whose activity is not known: "+listed(l.UnknownActivities, shownUnknown))
	}
	if len(items) == 0 {
		return
	}
	fmt.Fprintln(out, s.paint(bold, "Logs"))
	for _, text := range items {
		s.item(out, report.Plain(text))
	}
	fmt.Fprintln(out)
}

func listed(tallies []audit.Tally, most int) string {
	var parts []string
	for i, t := range tallies {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(tallies)-most, "other", "others"))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", t.Name, t.Rows))
	}
	return strings.Join(parts, ", ")
}
