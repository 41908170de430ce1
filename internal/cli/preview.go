package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
)

type previewOptions struct {
	From, Change   string
	Demo           bool
	Require        string
	For, Exclude   []string
	Platforms      []string
	Apps           []string
	ShowChange     bool
	FailOnLoss     bool
	Format, Output string
	Goal, Sample   string
	Color          string
	Quiet          bool
	settingsOptions
	liveOptions
}

func newPreviewCmd(d *Deps) *cobra.Command {
	var o previewOptions
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Say what a change would do before it is made: who loses, who gains, which sign-ins fail",
		Long: `Make a change on the snapshot in memory and judge the tenant before and after: who loses a usable passkey or becomes
trapped, who is freed, who stands worse otherwise, and which recorded sign-ins would have been blocked or interrupted.
Nothing is sent to the tenant.

--change reads what one would send to Microsoft Graph: a $batch body, a request {"method","url","body"}, a list of them, one
a line; or the Graph objects as they shall be (policies, the methods policy, strengths, named locations). A request that is
not understood whole is an error. --require writes the policy itself, in one line.

The exit code is 0 whatever the change does; with --fail-on-loss it is 1 where people lose a passkey, become trapped or could
not sign in any more.`,
		Example: `  passkeyaudit preview --from ./snapshot --require phishing-resistant --for all
  passkeyaudit preview --from ./snapshot --require mfa --for group:5f2c9a10-… --platform windows,macOS --exclude group:0d1e…
  passkeyaudit preview --from ./snapshot --change change.json
  echo '{"method":"PATCH","url":"/identity/conditionalAccess/policies/0a1b…","body":{"state":"enabled"}}' |
    passkeyaudit preview --from ./snapshot --change - --format json
  passkeyaudit preview --demo --require phishing-resistant --for all --show-change`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.From == "" && !o.Demo && !o.given(cmd, d.IO.Getenv) {
				return usagef("say of which tenant: --from DIR for a snapshot, --demo, or --tenant-id and --auth for a live tenant")
			}
			return runPreview(cmd.Context(), d, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "use the snapshot in `DIR`: no credentials, no network")
	f.BoolVar(&o.Demo, "demo", false, "use the built-in demo tenant")
	f.StringVar(&o.Change, "change", "", "the change, in `FILE`; - is standard input")
	f.StringVar(&o.Require, "require", "", "a new policy that demands: "+strings.Join(change.Requirements, ", "))
	f.StringSliceVar(&o.For, "for", nil, "with --require, of whom: all, group:ID, user:ID")
	f.StringSliceVar(&o.Exclude, "exclude", nil, "with --require, but not of: group:ID, user:ID")
	f.StringSliceVar(&o.Platforms, "platform", nil, "with --require, on: "+strings.Join(change.Platforms, ", ")+" (every one)")
	f.StringSliceVar(&o.Apps, "app", nil, "with --require, for: app ids, Office365, MicrosoftAdminPortals, all (all)")
	f.BoolVar(&o.ShowChange, "show-change", false, "show the change as the Graph $batch request that would make it")
	f.BoolVar(&o.FailOnLoss, "fail-on-loss", false, "exit with 1 where people lose a passkey, become trapped or are locked out")
	f.StringVar(&o.Format, "format", "table", "how to write: table, json, ndjson (a line for everybody it touches)")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringVar(&o.Goal, "goal", "any", "which passkeys count: "+strings.Join(goalNames(), ", "))
	f.StringVar(&o.Sample, "sample", "", "how many accounts to list of each kind: a number, or all (table 20, json all)")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.settingsOptions.flags(cmd)
	o.liveOptions.flags(cmd)
	complete(cmd, "require", change.Requirements...)
	complete(cmd, "for", "all", "group:", "user:")
	complete(cmd, "exclude", "group:", "user:")
	complete(cmd, "platform", change.Platforms...)
	complete(cmd, "app", "all", "Office365", "MicrosoftAdminPortals")
	complete(cmd, "format", "table", "json", "ndjson")
	complete(cmd, "goal", goalNames()...)
	complete(cmd, "color", "auto", "always", "never")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	cobra.CheckErr(cmd.MarkFlagFilename("change", "json", "ndjson"))
	exclusiveWithFrom(cmd)
	cmd.MarkFlagsMutuallyExclusive("change", "require")
	cmd.MarkFlagsMutuallyExclusive("from", "demo")
	return cmd
}

// previewing is previewOptions after validation.
type previewing struct {
	previewOptions
	requests []change.Request
	goal     bootstrap.Goal
	sample   int
	color    bool
	settings audit.Settings
}

// validate turns flags into values. Every error is the caller's mistake.
func (o previewOptions) validate(d *Deps) (*previewing, error) {
	p := &previewing{previewOptions: o, goal: bootstrap.Goal(o.Goal)}
	if !slices.Contains([]string{"table", "json", "ndjson"}, o.Format) {
		return nil, usagef("--format %q is none of table, json, ndjson", o.Format)
	}
	if !slices.Contains(bootstrap.Goals, p.goal) {
		return nil, usagef("--goal %q is none of %s", o.Goal, strings.Join(goalNames(), ", "))
	}
	var err error
	switch p.sample, err = strconv.Atoi(o.Sample); {
	case o.Sample == "all" || o.Sample == "" && o.Format != "table":
		p.sample = report.AllMembers
	case o.Sample == "":
		p.sample = report.DefaultSample
	case err != nil || p.sample < 0:
		return nil, usagef("--sample %q is neither a number nor all", o.Sample)
	}
	if p.color, err = d.IO.Color(o.Color); err != nil {
		return nil, usageError{err}
	}
	p.color = p.color && o.Output == ""
	if p.settings, err = o.settingsOptions.settings(); err != nil {
		return nil, err
	}
	if !o.Quiet {
		warnOfData(d, p.settings.Catalogue)
	}
	switch {
	case o.Require != "":
		r, err := change.Requirement{What: o.Require, For: o.For, Exclude: o.Exclude, Platforms: o.Platforms, Apps: o.Apps}.Request()
		if err != nil {
			return nil, usagef("--require: %w", err)
		}
		p.requests = []change.Request{r}
	case len(o.For)+len(o.Exclude)+len(o.Platforms)+len(o.Apps) > 0:
		return nil, usagef("--for, --exclude, --platform and --app belong to --require")
	case o.Change == "":
		return nil, usagef("say what would change: --change FILE, or --require WHAT --for WHOM")
	default:
		if p.requests, err = readChange(d, o.Change); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func readChange(d *Deps, file string) ([]change.Request, error) {
	in := d.IO.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("reading the change: %w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, change.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the change: %w", err)
	}
	if len(data) > change.MaxBytes {
		return nil, usagef("the change is larger than %d MiB", change.MaxBytes>>20)
	}
	requests, err := change.Parse(data)
	if err != nil {
		return nil, usagef("%s: %w", file, err)
	}
	return requests, nil
}

// openPreviewed opens the tenant of a preview.
func (p *previewing) openPreviewed(ctx context.Context, d *Deps) (*snapshot.Snapshot, func() error, error) {
	if p.Demo {
		snap, err := snapshot.Open(fixtures.Demo())
		return snap, func() error { return nil }, err
	}
	return p.open(ctx, d, p.From, p.Quiet)
}

func runPreview(ctx context.Context, d *Deps, o previewOptions) error {
	p, err := o.validate(d)
	if err != nil {
		return err
	}
	snap, cleanUp, err := p.openPreviewed(ctx, d)
	if err != nil {
		return err
	}
	defer cleanUp()
	applied, err := change.Apply(ctx, snap, p.requests)
	if mistake, is := errors.AsType[*change.Error](err); is {
		return usageError{mistake}
	}
	if err != nil {
		return err
	}
	before := audit.NewRunWith(snap, p.settings)
	found, err := preview.Compare(ctx, before, applied.Snapshot, bootstrap.Options{World: bootstrap.Today, Goal: p.goal})
	if missing, is := errors.AsType[*audit.MissingError](err); is {
		return fmt.Errorf("nobody can be judged, before or after: %w", missing)
	}
	if err != nil {
		return err
	}
	if err := p.write(ctx, d, before, applied, found); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if p.FailOnLoss && len(found.People.Loses)+found.People.LockedOut() > 0 {
		return outcomeError{ExitFindings}
	}
	return nil
}

func (p *previewing) write(ctx context.Context, d *Deps, before *audit.Run, applied *change.Applied, found *preview.Preview) error {
	h, err := header(ctx, d, before)
	if err != nil {
		return err
	}
	digest, err := applied.Snapshot.Digest(ctx)
	if err != nil {
		return err
	}
	then, err := audit.Evaluate(ctx, found.After, bootstrap.Grounds)
	if err != nil {
		return err
	}
	notes, err := unmodelled(ctx, before, found.After)
	if err != nil {
		return err
	}
	notes = append(slices.Clone(applied.Notes), notes...)
	var requests entra.Raw
	if p.ShowChange {
		if requests, err = change.Batch(p.requests); err != nil {
			return err
		}
	}
	return writeResult(d, p.Output, func(w io.Writer) error {
		switch p.Format {
		case "json":
			return reportjson.Preview(w, h, reportjson.PreviewContext{
				Steps: applied.Steps, Notes: notes, Requests: requests, Digest: digest, Goal: p.goal, Sample: p.sample,
			}, found)
		case "ndjson":
			return reportjson.PreviewLines(w, found)
		}
		names := &readiness.Report{Result: &bootstrap.Result{Given: then}}
		return table.Preview(w, table.Options{Width: d.IO.Width, Color: p.color, Sample: p.sample}, h, table.PreviewContext{
			Steps: applied.Steps, Notes: notes, Requests: requests, Goal: p.goal, Label: names.Label, Control: then.Policies.Label,
		}, found)
	})
}

// unmodelled lists what only the changed policies hold that is not modelled, and so
// is judged as unknown.
func unmodelled(ctx context.Context, before, after *audit.Run) ([]string, error) {
	b, err := audit.Evaluate(ctx, before, access.Policies)
	if err != nil {
		return nil, err
	}
	a, err := audit.Evaluate(ctx, after, access.Policies)
	if err != nil {
		return nil, err
	}
	known := map[conditionalaccess.Problem]bool{}
	for _, p := range b.Problems() {
		known[p] = true
	}
	var list []string
	for _, p := range a.Problems() {
		if !known[p] {
			list = append(list, fmt.Sprintf("%s %s: %s, so it is judged as unknown", p.Policy, p.Where, p.What))
		}
	}
	return list, nil
}
