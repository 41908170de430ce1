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
		out = append(out, past{f.Check, f.Severity, f.Fingerprint, subject{string(f.Subject.Type), f.Subject.ID, f.Subject.Name}, f.Message})
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
