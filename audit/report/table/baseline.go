package table

import (
	"cmp"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// sinceBaseline lists what the baseline had and the run has not, and what to bear in
// mind when the two are compared.
func (s *Sink) sinceBaseline(out *strings.Builder) {
	b := s.Header.Baseline
	if b == nil {
		return
	}
	fmt.Fprintln(out, s.paint(bold, "Since the baseline of "+report.UTC(b.TakenAt)))
	if len(b.Fixed)+len(b.Unsettled)+len(b.Caveats) == 0 {
		s.item(out, "nothing is fixed")
	}
	for _, f := range b.Fixed {
		s.item(out, "fixed: "+pastText(f))
	}
	for _, f := range b.Unsettled {
		s.item(out, "could not be judged this time: "+pastText(f))
	}
	for _, c := range b.Caveats {
		s.item(out, report.Plain(c))
	}
	fmt.Fprintln(out)
}

func pastText(f audit.Past) string {
	return report.Plain(fmt.Sprintf("%s %s (%s), %s", f.Check, f.Slug, f.Severity, cmp.Or(f.Subject.Name, f.Subject.ID, string(f.Subject.Type))))
}
