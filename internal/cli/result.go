package cli

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/report/csv"
	"passkeyaudit/audit/report/html"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/junit"
	"passkeyaudit/audit/report/markdown"
	"passkeyaudit/audit/report/sarif"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/report/xlsx"
)

// resultOptions are the flags that say how the result of an audit is written.
type resultOptions struct {
	Format, Output string
	Sample         string
	Color          string
	Verbose        bool
}

// formats are those of an audit, whether it was just made or stored.
func formats() []string {
	return []string{"table", "json", "ndjson", "html", "csv", "xlsx", "sarif", "junit", "markdown"}
}

func (o *resultOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Format, "format", "table", "how to write the result: "+strings.Join(formats(), ", "))
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringVar(&o.Sample, "sample", strconv.Itoa(report.DefaultSample), "how many people to list per finding: a number, or all")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "with each finding, its evidence and the first people")
	complete(cmd, "format", formats()...)
	complete(cmd, "color", "auto", "always", "never")
}

// rendering is resultOptions after validation.
type rendering struct {
	resultOptions
	sample int
	color  bool
}

func (o resultOptions) validate(d *Deps) (*rendering, error) {
	r := &rendering{resultOptions: o}
	if !slices.Contains(formats(), o.Format) {
		return nil, usagef("--format %q is none of %s", o.Format, strings.Join(formats(), ", "))
	}
	var err error
	if r.sample, err = strconv.Atoi(o.Sample); o.Sample == "all" {
		r.sample = report.AllMembers
	} else if err != nil || r.sample < 0 {
		return nil, usagef("--sample %q is neither a number nor all", o.Sample)
	}
	if r.color, err = d.IO.Color(o.Color); err != nil {
		return nil, usageError{err}
	}
	if o.Output != "" && o.Color == "auto" {
		r.color = false
	}
	return r, notToTerminal(d, o.Format, o.Output)
}

// notToTerminal refuses to write a workbook to where somebody is looking.
func notToTerminal(d *Deps, format, output string) error {
	if format == "xlsx" && d.IO.OutTerminal && (output == "" || output == "-") {
		return usagef("--format xlsx writes a workbook, not text: say where with --output FILE")
	}
	return nil
}

// beside works out what the format shows beside the findings; nil for one that shows
// nothing.
func (r *rendering) beside(ctx context.Context, run *audit.Run) (*overview.Source, error) {
	if !slices.Contains([]string{"ndjson", "html", "xlsx"}, r.Format) {
		return nil, nil
	}
	judged, err := readiness.Judge(ctx, run, readiness.Options{Options: bootstrap.Options{World: bootstrap.Today}}, true)
	if err != nil {
		return nil, err
	}
	return overview.Of(ctx, run, judged)
}

func (r *rendering) sink(d *Deps, w io.Writer, beside *overview.Source) audit.Sink {
	switch r.Format {
	case "json":
		return reportjson.NewDocument(w, r.sample)
	case "ndjson":
		return reportjson.NewLines(w, beside)
	case "html":
		return html.New(w, r.sample, beside)
	case "csv":
		return csv.NewFindings(w, r.sample)
	case "xlsx":
		return xlsx.New(w, r.sample, beside)
	case "sarif":
		return sarif.New(w, r.sample)
	case "junit":
		return junit.New(w)
	case "markdown":
		return markdown.New(w, r.sample)
	default:
		return table.New(w, table.Options{Width: d.IO.Width, Color: r.color, Details: r.Verbose, Sample: r.sample})
	}
}
