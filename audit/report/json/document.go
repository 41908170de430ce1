package json

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// Document is a sink that writes one JSON document when the run ends.
type Document struct {
	w      io.Writer
	sample int
	doc    document
}

type document struct {
	Schema   string        `json:"schema"`
	Tool     tool          `json:"tool"`
	Tenant   tenant        `json:"tenant"`
	Snapshot snapshotShape `json:"snapshot"`
	Settings settings      `json:"settings"`
	Data     []edition     `json:"data"`
	FIDO     *fidoMetadata `json:"fidoMetadata,omitzero"`
	Summary  summary       `json:"summary"`
	Checks   []check       `json:"checks"`
	Findings []finding     `json:"findings"`
	Engine   engine        `json:"engine"`
	Logs     logs          `json:"logs"`
}

// NewDocument writes to w; sample is how many members of each population are
// listed, or report.AllMembers.
func NewDocument(w io.Writer, sample int) *Document { return &Document{w: w, sample: sample} }

// Begin implements audit.Sink.
func (d *Document) Begin(h audit.Header) error {
	d.doc = document{
		Schema: report.Schema, Tool: toolShape(h), Tenant: tenantShape(h), Snapshot: snapshotOf(h),
		Settings: settingsOf(h.Settings), Data: editionsOf(h.Data), FIDO: fidoOf(h.FIDO), Summary: summaryOf(h.Summary), Checks: []check{}, Findings: []finding{},
		Engine: engineOf(h.Engine), Logs: logsOf(h.Logs),
	}
	return nil
}

// Result implements audit.Sink.
func (d *Document) Result(r audit.CheckResult) error {
	d.doc.Checks = append(d.doc.Checks, checkOf(r))
	return nil
}

// Finding implements audit.Sink.
func (d *Document) Finding(f audit.Finding) error {
	d.doc.Findings = append(d.doc.Findings, findingOf(f, d.sample))
	return nil
}

// End implements audit.Sink.
func (d *Document) End() error {
	if err := json.MarshalWrite(d.w, &d.doc, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(d.w, "\n")
	return err
}
