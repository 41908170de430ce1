// Package junit renders an audit as JUnit XML, for pipelines that show test results:
// a test case for every check.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
)

// Sink writes when the run ends.
//
// A check that failed is a failure, if a finding of it counts: one that is neither
// tentative nor accepted. A check that could not be judged is an error: most pipelines
// take skipped test cases for passed ones. A check that does not apply, or that the
// configuration left without a section, is skipped.
type Sink struct {
	report.Gather
	w io.Writer
}

// New writes to w.
func New(w io.Writer) *Sink { return &Sink{w: w} }

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"`
	Skipped    int        `xml:"skipped,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testcase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type testcase struct {
	Name      string  `xml:"name,attr"`
	Classname string  `xml:"classname,attr"`
	Failure   *detail `xml:"failure"`
	Error     *detail `xml:"error"`
	Skipped   *detail `xml:"skipped"`
	Out       string  `xml:"system-out,omitempty"`
}

type detail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// End implements audit.Sink.
func (s *Sink) End() error {
	byCheck := map[string][]audit.Finding{}
	for _, f := range s.Findings {
		byCheck[f.Check.ID] = append(byCheck[f.Check.ID], f)
	}
	accepted := map[string]int{}
	for _, f := range s.Accepted {
		accepted[f.Check.ID]++
	}
	out := suite{
		Name: report.TenantName(s.Header), Timestamp: strings.TrimSuffix(report.UTC(s.Header.TakenAt), "Z"),
		Properties: []property{
			{"tool", s.Header.Tool.Name + " " + s.Header.Tool.Version}, {"snapshot", s.Header.Digest}, {"settings", s.Header.Settings.Digest},
		},
	}
	for _, r := range s.Results {
		family, _ := r.Check.Family()
		c := testcase{Name: r.Check.ID + " " + r.Check.Slug, Classname: s.Header.Tool.Name + "." + family}
		findings := byCheck[r.Check.ID]
		switch counted := count(findings); {
		case r.Outcome == audit.Unknown:
			out.Errors++
			c.Error = &detail{Message: report.Plain(r.Reason), Type: "unknown", Text: text(findings)}
		case r.Outcome == audit.NotApplicable || r.Outcome == audit.NotSelected:
			out.Skipped++
			c.Skipped = &detail{Message: report.Plain(r.Reason)}
		case counted > 0:
			out.Failures++
			c.Failure = &detail{Message: audit.CountPhrase(counted, "finding", "findings") + ": " + report.Plain(r.Check.Doc.Title),
				Type: worst(findings).String(), Text: text(findings)}
		case accepted[r.Check.ID] > 0:
			c.Out = audit.CountPhrase(accepted[r.Check.ID], "finding is", "findings are") + " accepted"
		}
		out.Cases = append(out.Cases, c)
	}
	out.Tests = len(out.Cases)
	all := suites{
		Name: s.Header.Tool.Name, Tests: out.Tests, Failures: out.Failures, Errors: out.Errors, Skipped: out.Skipped,
		Suites: []suite{out},
	}
	if _, err := io.WriteString(s.w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(s.w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(s.w, "\n")
	return err
}

func count(findings []audit.Finding) int {
	n := 0
	for _, f := range findings {
		if !f.Tentative {
			n++
		}
	}
	return n
}

func worst(findings []audit.Finding) audit.Severity {
	var w audit.Severity
	for _, f := range findings {
		w = max(w, f.Severity)
	}
	return w
}

func text(findings []audit.Finding) string {
	var out strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&out, "\n%s, %s: %s", f.Severity, report.Affected(f.Affected), report.Plain(f.Message))
		if note := report.Caveat(f); note != "" {
			fmt.Fprintf(&out, " (%s)", note)
		}
		for _, step := range f.Fix {
			fmt.Fprintf(&out, "\n  → %s", report.Plain(step.Change))
		}
		fmt.Fprintf(&out, "\n  fingerprint %s\n", f.Fingerprint())
	}
	return out.String()
}
