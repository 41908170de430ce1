package table

import (
	"fmt"
	"strings"

	"passkeyaudit/audit/report"
)

// acceptedFindings lists what somebody decided to live with, and why.
func (s *Sink) acceptedFindings(out *strings.Builder) {
	if len(s.Accepted) == 0 {
		return
	}
	fmt.Fprintln(out, s.paint(bold, "Accepted"))
	for _, f := range s.Accepted {
		text := fmt.Sprintf("%s %s, %s. %s", f.Check.ID, f.Check.Slug, f.Severity, f.Message)
		if note := report.Caveat(f); note != "" {
			text += " (" + note + ")"
		}
		until := "Accepted without end: "
		if date := f.Accepted.ExpiresDate(); date != "" {
			until = "Accepted until " + date + ": "
		}
		s.item(out, report.Plain(text+" "+until+f.Accepted.Reason))
		if s.opts.Details {
			s.item(out, "fingerprint "+f.Fingerprint())
		}
	}
	fmt.Fprintln(out)
}

// mostAccounts is how many accounts that nobody has are listed.
const mostAccounts = 5

// settings says by what other than the data the run was judged; nothing where that
// is nothing.
func (s *Sink) settings(out *strings.Builder) {
	h := s.Header.Settings
	if h.Default {
		return
	}
	fmt.Fprintln(out, s.paint(bold, "Settings"))
	s.item(out, "judged by a configuration with the digest "+h.Digest)
	for _, id := range h.SectionsOff {
		s.item(out, fmt.Sprintf("section %s is off: judged as if it had not been collected", id))
	}
	for _, r := range s.Results {
		if r.Severity != r.Check.Severity {
			s.item(out, fmt.Sprintf("%s %s is %s instead of %s", r.Check.ID, r.Check.Slug, r.Severity, r.Check.Severity))
		}
	}
	for _, a := range h.AcceptExpired {
		s.item(out, report.Plain(report.ExpiredPhrase(a)+": "+a.Reason))
	}
	for _, a := range h.AcceptUnmatched {
		s.item(out, report.Plain(report.UnmatchedPhrase(a)+": "+a.Reason))
	}
	for i, name := range h.AccountsNotFound {
		if i == mostAccounts {
			s.item(out, fmt.Sprintf("… and %d more", len(h.AccountsNotFound)-i))
			break
		}
		s.item(out, "there is no account "+report.Plain(name))
	}
	fmt.Fprintln(out)
}
