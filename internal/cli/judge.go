package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
)

// judgeOptions are the flags that every command which judges shares.
type judgeOptions struct {
	FailOn string
	Checks []string
	Quiet  bool
	resultOptions
	settingsOptions
	MDS string
	pastOptions
}

func (o *judgeOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.FailOn, "fail-on", "high", "exit with 1 on findings of this severity or worse: critical, high, medium, low, info, never")
	f.StringSliceVar(&o.Checks, "checks", nil, "run only these checks: ids, slugs or families, separated by commas (all)")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.resultOptions.flags(cmd)
	o.settingsOptions.flags(cmd)
	o.pastOptions.flags(cmd)
	f.StringVar(&o.MDS, "mds", "", "also judge models by the FIDO Alliance's metadata in `FILE`, a signed MDS3 blob")
	cobra.CheckErr(cmd.MarkFlagFilename("mds"))
	complete(cmd, "fail-on", "critical", "high", "medium", "low", "info", "never")
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
	*rendering
	options  judgeOptions
	plan     *runner.Plan
	settings audit.Settings
	metadata *metadata
	past     past
	failOn   audit.Severity // 0: never
}

// validate turns flags into values. Every error is the caller's mistake.
func (o judgeOptions) validate(d *Deps) (*judging, error) {
	j := &judging{options: o}
	var err error
	if j.rendering, err = o.resultOptions.validate(d); err != nil {
		return nil, err
	}
	if o.FailOn != "never" {
		if j.failOn, err = audit.ParseSeverity(o.FailOn); err != nil {
			return nil, usagef("--fail-on: %w, never", err)
		}
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
	if j.past, err = o.pastOptions.validate(); err != nil {
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
	// What is found out of a large tenant stays; what it is found out with does not. Memory
	// for a third less of that costs nothing that could be measured.
	defer debug.SetGCPercent(debug.SetGCPercent(75))
	run := audit.NewRunWith(snap, j.metadata.beside(j.settings, snap.TakenAt()))
	results, err := j.plan.Run(ctx, run, runner.Options{})
	if err != nil {
		return err
	}
	if counts := results.Count(); counts.Checks[audit.NotSelected] == len(results.Checks) {
		return usagef("%s turns off a section that each of the chosen checks needs: there is nothing left to judge", j.options.Config)
	}
	if err := preview.Fixes(ctx, run, results.Findings); err != nil {
		return err
	}
	header, err := header(ctx, d, run)
	if err != nil {
		return err
	}
	if header.Baseline, err = j.past.measure(ctx, header, results); err != nil {
		return err
	}
	engine, err := audit.Evaluate(ctx, run, replay.Agreement)
	if err != nil {
		return err
	}
	header.Engine = *engine
	kept, err := j.past.kept(ctx, header, run, results)
	if err != nil {
		return err
	}
	beside, err := j.beside(ctx, run)
	if err != nil {
		return err
	}
	if beside != nil {
		if beside.Trend, err = j.past.trend(ctx, kept); err != nil {
			return err
		}
	}
	err = writeResult(d, j.Output, func(w io.Writer) error { return results.Emit(header, j.sink(d, w, beside)) })
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if !j.options.Quiet {
		warnOfSettings(d, header.Settings, results)
		warnOfData(d, run.Catalogue())
	}
	if err := j.past.record(ctx, kept); err != nil {
		return err
	}
	return j.outcome(results, header.Baseline)
}

// header says what a result is about.
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
	logs, err := audit.Evaluate(ctx, run, activity.Reading)
	if err != nil {
		return audit.Header{}, err
	}
	var metadata *catalogue.MetadataEdition
	if fido := run.Catalogue().FIDO(); fido != nil {
		metadata = &fido.MetadataEdition
	}
	return audit.Header{
		Data: run.Catalogue().Editions(), FIDO: metadata, Logs: logs,
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

// outcome turns results into the exit code of the contract. With a baseline only what
// is new since then fails a run.
func (j *judging) outcome(r *runner.Results, baseline *audit.Baseline) error {
	counts := r.Count()
	if j.failOn > 0 {
		findings := counts.Findings
		if baseline != nil {
			findings = baseline.New
		}
		for severity, n := range findings {
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
// is whole. Reports name people, so the file is its owner's alone. What is there and no
// file, such as a device or a pipe, is written to and not replaced.
func writeResult(d *Deps, file string, write func(io.Writer) error) error {
	if file == "" || file == "-" {
		return write(d.IO.Out)
	}
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		f, err := os.OpenFile(file, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
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
