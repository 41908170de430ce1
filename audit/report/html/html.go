package html

import (
	"io"

	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/report"
)

type Sink struct {
	report.Gather
	w      io.Writer
	sample int
	beside *overview.Source
}

func New(w io.Writer, sample int, beside *overview.Source) *Sink {
	return &Sink{w: w, sample: sample, beside: beside}
}
func (s *Sink) End() error { return nil }
