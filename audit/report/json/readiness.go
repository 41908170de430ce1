package json

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

type readinessShape struct {
	Schema   string         `json:"schema"`
	Tool     tool           `json:"tool"`
	Tenant   tenant         `json:"tenant"`
	Snapshot snapshotDigest `json:"snapshot"`
	*readiness.Summary
}

type snapshotDigest struct {
	TakenAt string `json:"takenAt"`
	Digest  string `json:"digest"`
}

// Readiness writes a tenant's readiness as one document.
func Readiness(w io.Writer, h audit.Header, s *readiness.Summary) error {
	shape := readinessShape{readiness.Schema, toolShape(h), tenantShape(h), snapshotDigest{report.UTC(h.TakenAt), h.Digest}, s}
	if err := json.MarshalWrite(w, &shape, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
