package csv

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// Findings is a sink that writes a line for every finding, accepted ones too, and one
// for every check that could not be judged, so that a gap is not taken for a pass.
type Findings struct {
	out    *csv.Writer
	sample int
}

// NewFindings writes to w; sample is how many members of each population are named,
// or report.AllMembers.
func NewFindings(w io.Writer, sample int) *Findings { return &Findings{csv.NewWriter(w), sample} }

// Begin implements audit.Sink.
func (s *Findings) Begin(audit.Header) error {
	return s.out.Write([]string{
		"check", "slug", "outcome", "severity", "certainty", "tentative", "accepted", "subjectType", "subjectId", "subject",
		"affected", "unit", "atLeast", "message", "fix", "fingerprint", "users",
	})
}

// Result implements audit.Sink.
func (s *Findings) Result(r audit.CheckResult) error {
	if r.Outcome != audit.Unknown {
		return nil
	}
	row := make([]string, 17)
	row[0], row[1], row[2], row[3], row[13] = r.Check.ID, r.Check.Slug, r.Outcome.String(), r.Severity.String(), r.Reason
	return s.write(row)
}

// Finding implements audit.Sink.
func (s *Findings) Finding(f audit.Finding) error {
	var fixes, users []string
	for _, step := range f.Fix {
		text := step.Change
		if effect := report.Effect(step); effect != "" {
			text += " (" + effect + ")"
		}
		fixes = append(fixes, text)
	}
	for m := range f.Affected.Members() {
		if len(users) == s.sample {
			break
		}
		users = append(users, m.UserPrincipalName)
	}
	return s.write([]string{
		f.Check.ID, f.Check.Slug, "finding", f.Severity.String(), f.Certainty.String(), strconv.FormatBool(f.Tentative),
		strconv.FormatBool(f.Accepted != nil), string(f.Subject.Type), f.Subject.ID, f.Subject.Name,
		strconv.Itoa(f.Affected.Count()), f.Affected.Unit(), strconv.FormatBool(f.Affected.AtLeast), f.Message,
		strings.Join(fixes, " / "), f.Fingerprint(), strings.Join(users, " "),
	})
}

func (s *Findings) write(row []string) error {
	for i := range row {
		row[i] = report.Disarm(row[i])
	}
	return s.out.Write(row)
}

// End implements audit.Sink.
func (s *Findings) End() error {
	s.out.Flush()
	return s.out.Error()
}
