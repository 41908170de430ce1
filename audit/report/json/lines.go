package json

import (
	"io"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// membersPerLine bounds the members on one line of the stream.
const membersPerLine = 1000

// Lines is a sink that writes newline-delimited JSON: a header, a line per check,
// then each finding followed by its members in full, then an end. Every line has a
// "type", so that readers can skip what they do not know.
type Lines struct {
	w io.Writer
	h audit.Header
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

type headerLine struct {
	Type     string        `json:"type"`
	Schema   string        `json:"schema"`
	Tool     tool          `json:"tool"`
	Tenant   tenant        `json:"tenant"`
	Snapshot snapshotShape `json:"snapshot"`
	Settings settings      `json:"settings"`
	Data     []edition     `json:"data"`
	FIDO     *fidoMetadata `json:"fidoMetadata,omitzero"`
	Summary  summary       `json:"summary"`
	Engine   engine        `json:"engine"`
	Logs     logs          `json:"logs"`
}

type checkLine struct {
	Type   string `json:"type"`
	Schema string `json:"schema"`
	check
}

type findingLine struct {
	Type   string `json:"type"`
	Schema string `json:"schema"`
	finding
}

type membersLine struct {
	Type        string   `json:"type"`
	Schema      string   `json:"schema"`
	Check       string   `json:"check"`
	Fingerprint string   `json:"fingerprint"`
	Users       []member `json:"users"`
}

type endLine struct {
	Type    string  `json:"type"`
	Schema  string  `json:"schema"`
	Summary summary `json:"summary"`
}

func (l *Lines) write(v any) error {
	if err := json.MarshalWrite(l.w, v, json.Deterministic(true)); err != nil {
		return err
	}
	_, err := io.WriteString(l.w, "\n")
	return err
}

// Begin implements audit.Sink.
func (l *Lines) Begin(h audit.Header) error {
	l.h = h
	return l.write(headerLine{"header", report.Schema, toolShape(h), tenantShape(h), snapshotOf(h),
		settingsOf(h.Settings), editionsOf(h.Data), fidoOf(h.FIDO), summaryOf(h.Summary), engineOf(h.Engine), logsOf(h.Logs)})
}

// Result implements audit.Sink.
func (l *Lines) Result(r audit.CheckResult) error {
	return l.write(checkLine{"check", report.Schema, checkOf(r)})
}

// Finding implements audit.Sink.
func (l *Lines) Finding(f audit.Finding) error {
	line := findingLine{"finding", report.Schema, findingOf(f, 0)}
	if err := l.write(line); err != nil {
		return err
	}
	members := membersLine{Type: "members", Schema: report.Schema, Check: f.Check.ID, Fingerprint: f.Fingerprint()}
	for m := range f.Affected.Members() {
		members.Users = append(members.Users, member(m))
		if len(members.Users) == membersPerLine {
			if err := l.write(members); err != nil {
				return err
			}
			members.Users = members.Users[:0]
		}
	}
	if len(members.Users) == 0 {
		return nil
	}
	return l.write(members)
}

// End implements audit.Sink.
func (l *Lines) End() error {
	return l.write(endLine{"end", report.Schema, summaryOf(l.h.Summary)})
}
