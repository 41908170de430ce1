package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/report"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
)

// judgeOptions are the flags that every command which judges shares.
type judgeOptions struct {
	Format, Output string
	FailOn         string
	Checks         []string
	Sample         string
	Color          string
	Quiet, Verbose bool
	settingsOptions
	MDS string
}

func formats() []string { return []string{"table", "json", "ndjson"} }

func (o *judgeOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Format, "format", "table", "how to write the result: "+strings.Join(formats(), ", "))
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringVar(&o.FailOn, "fail-on", "high", "exit with 1 on findings of this severity or worse: critical, high, medium, low, info, never")
	f.StringSliceVar(&o.Checks, "checks", nil, "run only these checks: ids, slugs or families, separated by commas (all)")
	f.StringVar(&o.Sample, "sample", strconv.Itoa(report.DefaultSample), "how many people to list per finding: a number, or all")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "with each finding, its evidence and the first people")
	o.settingsOptions.flags(cmd)
	f.StringVar(&o.MDS, "mds", "", "also judge models by the FIDO Alliance's metadata in `FILE`, a signed MDS3 blob")
	cobra.CheckErr(cmd.MarkFlagFilename("mds"))
	complete(cmd, "format", formats()...)
	complete(cmd, "fail-on", "critical", "high", "medium", "low", "info", "never")
	complete(cmd, "color", "auto", "always", "never")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("checks", completeChecks))
}

func complete(cmd *cobra.Command, flag string, values ...string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}

func completeChecks(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, c := range checks.All() {
		names = append(names, c.ID+"\t"+c.Doc.Title, c.Slug+"\t"+c.Doc.Title)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// judging is judgeOptions after validation.
type judging struct {
	judgeOptions
	plan     *runner.Plan
	settings audit.Settings
	metadata *metadata
	failOn   audit.Severity // 0: never
	sample   int
	color    bool
}

// validate turns flags into values. Every error is the caller's mistake.
func (o judgeOptions) validate(d *Deps) (*judging, error) {
	j := &judging{judgeOptions: o}
	if !slices.Contains(formats(), o.Format) {
		return nil, usagef("--format %q is none of %s", o.Format, strings.Join(formats(), ", "))
	}
	var err error
	if o.FailOn != "never" {
		if j.failOn, err = audit.ParseSeverity(o.FailOn); err != nil {
			return nil, usagef("--fail-on: %w, never", err)
		}
	}
	if j.sample, err = strconv.Atoi(o.Sample); o.Sample == "all" {
		j.sample = report.AllMembers
	} else if err != nil || j.sample < 0 {
		return nil, usagef("--sample %q is neither a number nor all", o.Sample)
	}
	if j.color, err = d.IO.Color(o.Color); err != nil {
		return nil, usageError{err}
	}
	if o.Output != "" && o.Color == "auto" {
		j.color = false
	}
	if j.settings, err = o.settingsOptions.settings(); err != nil {
		return nil, err
	}
	if j.metadata, err = readMetadata(o.MDS); err != nil {
		return nil, err
	}
	chosen, err := selectChecks(o.Checks)
	if err != nil {
		return nil, err
	}
	j.plan, err = runner.New(chosen)
	return j, err
}

// selectChecks resolves ids, slugs and family names, in any letter case.
func selectChecks(names []string) ([]*audit.Check, error) {
	all := checks.All()
	if len(names) == 0 {
		return all, nil
	}
	var chosen []*audit.Check
	for _, name := range names {
		found := false
		for _, c := range all {
			family, short := c.Family()
			if slices.ContainsFunc([]string{c.ID, c.Slug, family, short}, func(n string) bool { return strings.EqualFold(n, name) }) {
				found = true
				if !slices.Contains(chosen, c) {
					chosen = append(chosen, c)
				}
			}
		}
		if !found {
			return nil, usagef("--checks: there is no check or family %q; 'passkeyaudit checks list' shows them", name)
		}
	}
	return chosen, nil
}

// openSnapshot opens the snapshot folder that --from names.
func openSnapshot(dir string) (*snapshot.Snapshot, error) {
	fsys, err := folder(dir)
	if err != nil {
		return nil, err
	}
	snap, err := snapshot.Open(fsys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return snap, nil
}

// folder gives access to what is inside a snapshot folder, and to nothing outside
// that a symbolic link in it may point to.
func folder(dir string) (fs.FS, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", dir)
	case err != nil:
		return nil, fmt.Errorf("opening the snapshot: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot: %w", err)
	}
	return root.FS(), nil
}

// judge runs the chosen checks on a snapshot, writes the result and returns the
// outcome as an error, nil for a clean run.
func judge(ctx context.Context, d *Deps, j *judging, snap *snapshot.Snapshot) error {
	run := audit.NewRunWith(snap, j.metadata.beside(j.settings, snap.TakenAt()))
	results, err := j.plan.Run(ctx, run, runner.Options{})
	if err != nil {
		return err
	}
	if counts := results.Count(); counts.Checks[audit.NotSelected] == len(results.Checks) {
		return usagef("%s turns off a section that each of the chosen checks needs: there is nothing left to judge", j.Config)
	}
	header, err := header(ctx, d, run)
	if err != nil {
		return err
	}
	err = writeResult(d, j.Output, func(w io.Writer) error { return results.Emit(header, j.sink(d, w)) })
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if !j.Quiet {
		warnOfSettings(d, header.Settings, results)
		warnOfData(d, run.Catalogue())
	}
	return j.outcome(results)
}

func header(ctx context.Context, d *Deps, run *audit.Run) (audit.Header, error) {
	snap := run.Snapshot()
	digest, err := run.Collected().Digest(ctx)
	if err != nil {
		return audit.Header{}, err
	}
	tenant, err := tenantOf(ctx, run.Collected())
	if err != nil {
		return audit.Header{}, err
	}
	headcount, err := audit.Evaluate(ctx, run, population.Headcount)
	if err != nil {
		return audit.Header{}, err
	}
	settings, err := settingsHeader(ctx, run)
	if err != nil {
		return audit.Header{}, err
	}
	engine, err := audit.Evaluate(ctx, run, replay.Agreement)
	if err != nil {
		return audit.Header{}, err
	}
	logs, err := audit.Evaluate(ctx, run, activity.Reading)
	if err != nil {
		return audit.Header{}, err
	}
	return audit.Header{
		Engine: *engine, Data: run.Catalogue().Editions(), FIDO: run.Catalogue().FIDO(), Logs: logs,
		Tool: audit.Tool{Name: "passkeyaudit", Version: d.Version}, Tenant: tenant, Scope: snap.Scope(),
		TakenAt: snap.Manifest().TakenAt, Digest: digest, Sections: snap.States(),
		Unreadable: snap.Unreadable(), Settings: settings, Summary: audit.Summary{Headcount: headcount},
	}, nil
}

// tenantOf names the tenant as its own organization object does, and where that
// was not read as the manifest does.
func tenantOf(ctx context.Context, snap *snapshot.Snapshot) (snapshot.Tenant, error) {
	tenant := snap.Manifest().Tenant
	org, raw, err := snapshot.SingletonObject[entra.Organization](ctx, snap, snapshot.Organization)
	if err != nil || raw == nil {
		return tenant, err
	}
	tenant.DisplayName = cmp.Or(org.DisplayName, tenant.DisplayName)
	for _, v := range org.VerifiedDomains {
		if v.IsDefault {
			tenant.DefaultDomain = v.Name
		}
	}
	return tenant, nil
}

func (j *judging) sink(d *Deps, w io.Writer) audit.Sink {
	switch j.Format {
	case "json":
		return reportjson.NewDocument(w, j.sample)
	case "ndjson":
		return reportjson.NewLines(w)
	default:
		return table.New(w, table.Options{Width: d.IO.Width, Color: j.color, Details: j.Verbose, Sample: j.sample})
	}
}

// outcome turns results into the exit code of the contract.
func (j *judging) outcome(r *runner.Results) error {
	counts := r.Count()
	if j.failOn > 0 {
		for severity, n := range counts.Findings {
			if severity >= j.failOn && n > 0 {
				return outcomeError{ExitFindings}
			}
		}
	}
	if counts.Checks[audit.Unknown] > 0 {
		return outcomeError{ExitIncomplete}
	}
	return nil
}

// writeResult writes to standard output, or to a file that appears only once it
// is whole. Reports name people, so the file is its owner's alone.
func writeResult(d *Deps, file string, write func(io.Writer) error) error {
	if file == "" || file == "-" {
		return write(d.IO.Out)
	}
	temp := file + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return os.Rename(temp, file)
}
