// Package html renders an audit, or readiness alone, as one page that needs nothing
// else: no network, no other file, no server. It answers three questions first (can we
// roll out, who is stuck, which change helps most) and has the evidence below.
//
// Every number that a reader sees is one of the JSON documents, and says which in its
// data-n attribute; a test reads both.
package html

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/report"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var styleText string

//go:embed page.js
var scriptText string

// Sink writes when the run ends.
type Sink struct {
	w        io.Writer
	sample   int
	beside   *overview.Source
	header   audit.Header
	results  []audit.CheckResult
	findings []numbered
}

// numbered is a finding with its place in the JSON document.
type numbered struct {
	audit.Finding
	at int
}

// New writes to w; sample is how many people are listed for each finding, or
// report.AllMembers. Without beside the page has findings and nothing else.
func New(w io.Writer, sample int, beside *overview.Source) *Sink {
	if beside == nil {
		beside = &overview.Source{}
	}
	return &Sink{w: w, sample: sample, beside: beside}
}

// Readiness writes the page without findings.
func Readiness(w io.Writer, h audit.Header, beside *overview.Source) error {
	s := New(w, 0, beside)
	s.header = h
	return s.End()
}

// Begin implements audit.Sink.
func (s *Sink) Begin(h audit.Header) error { s.header = h; return nil }

// Result implements audit.Sink.
func (s *Sink) Result(r audit.CheckResult) error { s.results = append(s.results, r); return nil }

// Finding implements audit.Sink.
func (s *Sink) Finding(f audit.Finding) error {
	s.findings = append(s.findings, numbered{f, len(s.findings)})
	return nil
}

// End implements audit.Sink.
func (s *Sink) End() error {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("the template of the page: %w", err)
	}
	slices.SortStableFunc(s.findings, func(a, b numbered) int { return report.CompareFindings(a.Finding, b.Finding) })
	v, err := s.view()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.w, 64<<10)
	if err := t.ExecuteTemplate(out, "top", v); err != nil {
		return err
	}
	// The data of the table may be large; they are written past the template.
	if _, err := io.WriteString(out, `<script type="application/json" id="people-data">`); err != nil {
		return err
	}
	if err := v.People.write(out); err != nil {
		return err
	}
	if _, err := io.WriteString(out, "</script>\n"); err != nil {
		return err
	}
	if err := t.ExecuteTemplate(out, "bottom", v); err != nil {
		return err
	}
	return out.Flush()
}

// csp is the page's content security policy: nothing is loaded from anywhere, and only
// the page's own style and script count. Whatever might slip in with a name runs not.
func csp() string {
	digest := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + digest(styleText) + "; script-src " + digest(scriptText) + "; base-uri 'none'; form-action 'none'"
}
