package json

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// baseline is the earlier run that a run is held against.
type baseline struct {
	TakenAt   string         `json:"takenAt"`
	Digest    string         `json:"digest"`
	New       map[string]int `json:"new"`
	Fixed     []past         `json:"fixed"`
	Unsettled []past         `json:"unsettled"`
	Caveats   []string       `json:"caveats"`
}

// past is a finding of the baseline that this run has not.
type past struct {
	Check       string  `json:"check"`
	Slug        string  `json:"slug"`
	Severity    string  `json:"severity"`
	Fingerprint string  `json:"fingerprint"`
	Subject     subject `json:"subject"`
	Message     string  `json:"message"`
}

func baselineOf(b *audit.Baseline) *baseline {
	if b == nil {
		return nil
	}
	out := &baseline{
		TakenAt: report.UTC(b.TakenAt), Digest: b.Digest, New: map[string]int{},
		Fixed: pastOf(b.Fixed), Unsettled: pastOf(b.Unsettled), Caveats: append([]string{}, b.Caveats...),
	}
	for _, sev := range audit.Severities() {
		out.New[sev.String()] = b.New[sev]
	}
	return out
}

func pastOf(list []audit.Past) []past {
	out := []past{}
	for _, f := range list {
		out = append(out, past{f.Check, f.Slug, f.Severity, f.Fingerprint, subject{string(f.Subject.Type), f.Subject.ID, f.Subject.Name}, f.Message})
	}
	return out
}

// since marks a finding as new, or not, where the run has a baseline.
func (f finding) since(h audit.Header, is bool) finding {
	if h.Baseline != nil {
		f.New = &is
	}
	return f
}

func baselineFrom(b *baseline) (*audit.Baseline, error) {
	if b == nil {
		return nil, nil
	}
	out := &audit.Baseline{
		TakenAt: b.TakenAt, Digest: b.Digest, New: map[audit.Severity]int{},
		Fixed: pastFrom(b.Fixed), Unsettled: pastFrom(b.Unsettled), Caveats: b.Caveats,
	}
	for name, n := range b.New {
		sev, err := audit.ParseSeverity(name)
		if err != nil {
			return nil, err
		}
		out.New[sev] = n
	}
	return out, nil
}

func pastFrom(list []past) []audit.Past {
	var out []audit.Past
	for _, f := range list {
		out = append(out, audit.Past{
			Check: f.Check, Slug: f.Slug, Severity: f.Severity, Fingerprint: f.Fingerprint, Message: f.Message,
			Subject: audit.Subject{Type: audit.SubjectType(f.Subject.Type), ID: f.Subject.ID, Name: f.Subject.Name},
		})
	}
	return out
}
