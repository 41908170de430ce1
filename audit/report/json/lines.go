package json

import (
	"bufio"
	"io"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// membersPerLine bounds the members on one line of the stream.
const membersPerLine = 1000

// Lines is a sink that writes newline-delimited JSON: a header, a line per check,
// then each finding followed by its members in full, then what reports show beside
// the findings, then an end. Every line has a "type", so that readers can skip what
// they do not know.
type Lines struct {
	w      *bufio.Writer
	h      audit.Header
	beside *overview.Source
}

// NewLines writes to w. beside may be nil; reports made of the run then have findings
// and nothing else.
func NewLines(w io.Writer, beside *overview.Source) *Lines {
	return &Lines{w: bufio.NewWriterSize(w, 64<<10), beside: beside}
}

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
	Baseline *baseline     `json:"baseline,omitzero"`
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

type overviewLine struct {
	Type   string `json:"type"`
	Schema string `json:"schema"`
	*overview.Overview
}

type userLine struct {
	Type string `json:"type"`
	readiness.User
}

type passkeyLine struct {
	Type   string `json:"type"`
	Schema string `json:"schema"`
	overview.Passkey
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
	return l.w.WriteByte('\n')
}

// Begin implements audit.Sink.
func (l *Lines) Begin(h audit.Header) error {
	l.h = h
	return l.write(headerLine{"header", report.Schema, toolShape(h), tenantShape(h), snapshotOf(h),
		settingsOf(h.Settings), editionsOf(h.Data), fidoOf(h.FIDO), summaryOf(h.Summary), engineOf(h.Engine), logsOf(h.Logs), baselineOf(h.Baseline)})
}

// Result implements audit.Sink.
func (l *Lines) Result(r audit.CheckResult) error {
	return l.write(checkLine{"check", report.Schema, checkOf(r)})
}

// Finding implements audit.Sink.
func (l *Lines) Finding(f audit.Finding) error {
	line := findingLine{"finding", report.Schema, findingOf(f, 0).since(l.h, f.New)}
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
	if l.beside != nil && l.beside.Overview != nil {
		if err := l.overview(); err != nil {
			return err
		}
	}
	if err := l.write(endLine{"end", report.Schema, summaryOf(l.h.Summary)}); err != nil {
		return err
	}
	return l.w.Flush()
}

func (l *Lines) overview() error {
	if err := l.write(overviewLine{"overview", report.Schema, l.beside.Overview}); err != nil {
		return err
	}
	for u, err := range l.beside.Users {
		if err != nil {
			return err
		}
		if err := l.write(userLine{"user", u}); err != nil {
			return err
		}
	}
	for k, err := range l.beside.Passkeys {
		if err != nil {
			return err
		}
		if err := l.write(passkeyLine{"passkey", report.Schema, k}); err != nil {
			return err
		}
	}
	return nil
}
