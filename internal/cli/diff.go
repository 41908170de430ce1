package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/history"
	"passkeyaudit/audit/report"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

type diffOptions struct {
	Format, Output string
	Checks         []string
	Sample, Color  string
	FailOn         string
	settingsOptions
}

func newDiffCmd(d *Deps) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two snapshots or two stored runs: new, fixed, who moved, which edits explain it",
		Long: `Compare two snapshots, or two stored runs, of one tenant; A is the earlier one. A stored run is what audit wrote with --format
json or ndjson. Two files of 'readiness --users --format ndjson' are compared too: who stands elsewhere than before.

Two snapshots are judged by the same settings and say most: new and fixed findings, people who moved between states, and the
edits of policies between the two. Each edit is taken back in the later snapshot and the tenant judged again: people who
would stand as before without it moved because of it.

Exit codes: 0; 1 with --fail-on and a new finding as bad as that; 2 wrong usage; 4 failure.`,
		Example: `  passkeyaudit diff ./monday ./friday
  passkeyaudit diff monday.ndjson friday.ndjson --format json
  passkeyaudit diff ./monday ./friday --checks bootstrap --fail-on high`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return runDiff(cmd.Context(), d, o, args[0], args[1]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Format, "format", "table", "how to write: table, json")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringSliceVar(&o.Checks, "checks", nil, "of two snapshots, run only these checks: ids, slugs or families, separated by commas (all)")
	f.StringVar(&o.Sample, "sample", strconv.Itoa(report.DefaultSample), "how many people to list: a number, or all")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.StringVar(&o.FailOn, "fail-on", "never", "exit with 1 on new findings of this severity or worse: critical, high, medium, low, info, never")
	o.settingsOptions.flags(cmd)
	complete(cmd, "format", "table", "json")
	complete(cmd, "color", "auto", "always", "never")
	complete(cmd, "fail-on", "critical", "high", "medium", "low", "info", "never")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("checks", completeChecks))
	return cmd
}

// diffing is diffOptions after validation.
type diffing struct {
	diffOptions
	plan     *runner.Plan
	settings audit.Settings
	failOn   audit.Severity // 0: never
	sample   int
	color    bool
}

func (o diffOptions) validate(d *Deps) (*diffing, error) {
	j := &diffing{diffOptions: o}
	if !slices.Contains([]string{"table", "json"}, o.Format) {
		return nil, usagef("--format %q is neither table nor json", o.Format)
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
	j.color = j.color && (o.Output == "" || o.Color == "always")
	if j.settings, err = o.settings(); err != nil {
		return nil, err
	}
	chosen, err := selectChecks(o.Checks)
	if err != nil {
		return nil, err
	}
	j.plan, err = runner.New(chosen)
	return j, err
}

func runDiff(ctx context.Context, d *Deps, o diffOptions, before, after string) error {
	j, err := o.validate(d)
	if err != nil {
		return err
	}
	compare := j.files
	switch a, b := isFolder(before), isFolder(after); {
	case a && b:
		compare = j.snapshots
	case a != b:
		return usagef("one of %s and %s is a snapshot and the other is none: compare two snapshots, or two stored runs", before, after)
	case o.Config != "" || len(o.Checks) > 0:
		return usagef("stored runs were judged already: --config and --checks are for two snapshots")
	}
	found, err := compare(ctx, d, before, after)
	if err != nil {
		return err
	}
	err = writeResult(d, o.Output, func(w io.Writer) error {
		if o.Format == "json" {
			return reportjson.Diff(w, d.Version, found, j.sample)
		}
		return table.Diff(w, table.Options{Width: d.IO.Width, Color: j.color, Sample: j.sample}, found)
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if j.failOn > 0 && found.Findings != nil {
		for _, f := range found.Findings.New {
			if s, err := audit.ParseSeverity(f.Severity); err == nil && s >= j.failOn {
				return outcomeError{ExitFindings}
			}
		}
	}
	return nil
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// files compares two stored runs, or two lists of people.
func (j *diffing) files(_ context.Context, _ *Deps, before, after string) (*history.Diff, error) {
	var stored [2]*history.Stored
	for i, file := range []string{before, after} {
		var err error
		if stored[i], err = readStored(file); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
	}
	b, a := stored[0], stored[1]
	switch {
	case b.Run != nil && a.Run != nil:
		found, err := history.Compare(b.Run, a.Run)
		if err != nil {
			return nil, usageError{err}
		}
		return found, nil
	case b.Run == nil && a.Run == nil:
		return &history.Diff{Before: history.Side{Kind: "people"}, After: history.Side{Kind: "people"}, People: history.ComparePeople(b.People, a.People)}, nil
	default:
		return nil, usagef("one of %s and %s lists people and the other findings: compare like with like", before, after)
	}
}

// snapshots judges two snapshots and compares them.
func (j *diffing) snapshots(ctx context.Context, d *Deps, before, after string) (*history.Diff, error) {
	b, err := j.judge(ctx, d, before)
	if err != nil {
		return nil, err
	}
	a, err := j.judge(ctx, d, after)
	if err != nil {
		return nil, err
	}
	found, err := history.Compare(b.kept, a.kept)
	if err != nil {
		return nil, usageError{err}
	}
	found.Before.Kind, found.After.Kind = "snapshot", "snapshot"
	if b.reach != nil && a.reach != nil {
		found.People = history.ComparePeople(history.PeopleOf(b.reach), history.PeopleOf(a.reach))
	} else {
		found.Caveats = append(found.Caveats, "where people stood cannot be told of both: users or the methods policy were not read")
	}
	edits, caveats, err := history.Edits(ctx, b.run.Snapshot(), a.run.Snapshot())
	if err != nil {
		return nil, err
	}
	found.Edits = edits
	found.Caveats = append(found.Caveats, caveats...)
	return found, found.Explain(ctx, a.run)
}

// judgedSnapshot is one side of a comparison.
type judgedSnapshot struct {
	run   *audit.Run
	kept  *history.Run
	reach *bootstrap.Result // nil where nobody could be judged
}

func (j *diffing) judge(ctx context.Context, d *Deps, dir string) (*judgedSnapshot, error) {
	snap, err := openSnapshot(dir)
	if err != nil {
		return nil, err
	}
	out := &judgedSnapshot{run: audit.NewRunWith(snap, j.settings)}
	results, err := j.plan.Run(ctx, out.run, runner.Options{})
	if err != nil {
		return nil, err
	}
	h, err := header(ctx, d, out.run)
	if err != nil {
		return nil, err
	}
	out.kept = history.Of(h, results, true)
	out.reach, err = audit.Evaluate(ctx, out.run, bootstrap.Reach)
	if _, missing := errors.AsType[*audit.MissingError](err); missing {
		err = nil
	}
	if !snap.Status(snapshot.Users).State.HasRows() {
		out.reach = nil
	}
	return out, err
}
