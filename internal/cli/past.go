package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/history"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/runner"
)

// lastRun is the value of --baseline that stands for the last run in the file of
// --state.
const lastRun = "last"

// pastOptions are the flags that hold an audit against earlier ones.
type pastOptions struct {
	Baseline, State string
}

func (o *pastOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.Baseline, "baseline", "", "fail only on what is new since the stored run in `FILE` (json or ndjson); last: since the last run in --state")
	f.StringVar(&o.State, "state", "", "keep this run in `FILE`, SQLite; 'passkeyaudit history' lists what is in it")
	cobra.CheckErr(cmd.MarkFlagFilename("baseline", "json", "ndjson"))
	cobra.CheckErr(cmd.MarkFlagFilename("state"))
}

// past is pastOptions after validation.
type past struct {
	pastOptions
	run *history.Run // the baseline, where it is a file
}

// validate reads the baseline before anything is judged. Every error is the caller's
// mistake, or a file that cannot be read.
func (o pastOptions) validate() (past, error) {
	p := past{pastOptions: o}
	switch o.Baseline {
	case "":
		return p, nil
	case lastRun:
		if o.State == "" {
			return p, usagef("--baseline last takes the last run of a file: name it with --state")
		}
		return p, nil
	}
	stored, err := readStored(o.Baseline)
	if err != nil {
		return p, usagef("--baseline %s: %w", o.Baseline, err)
	}
	if stored.Run == nil {
		return p, usagef("--baseline %s: it lists people; give what audit wrote with --format json or ndjson", o.Baseline)
	}
	p.run = stored.Run
	return p, nil
}

func readStored(file string) (*history.Stored, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return history.Read(f)
}

// measure holds a run against the baseline; nil where there is none.
func (p *past) measure(ctx context.Context, h audit.Header, r *runner.Results) (*audit.Baseline, error) {
	run := p.run
	if p.Baseline == lastRun {
		var err error
		if run, err = p.last(ctx, h); err != nil {
			return nil, err
		}
	}
	if run == nil {
		return nil, nil
	}
	b, err := history.Measure(h, r, run)
	if err != nil {
		return nil, usageError{err}
	}
	return b, nil
}

func (p *past) last(ctx context.Context, h audit.Header) (run *history.Run, err error) {
	store, err := history.Open(ctx, p.State)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Before(ctx, h.Tenant.ID, h.TakenAt, h.Digest)
}

// kept makes of a run what the file of --state keeps, with where people stand; nil
// where none is kept.
func (p *past) kept(ctx context.Context, h audit.Header, run *audit.Run, r *runner.Results) (*history.Run, error) {
	if p.State == "" {
		return nil, nil
	}
	kept := history.Of(h, r, false)
	switch reach, err := audit.Evaluate(ctx, run, bootstrap.Reach); {
	case err == nil:
		kept.States = history.StatesOf(reach)
	default:
		if _, missing := errors.AsType[*audit.MissingError](err); !missing {
			return nil, fmt.Errorf("counting where people stand: %w", err)
		}
	}
	return kept, nil
}

// trend is how the tenant went up to a run; nil where none is kept, or none before.
func (p *past) trend(ctx context.Context, kept *history.Run) (out *overview.Trend, err error) {
	if kept == nil {
		return nil, nil
	}
	store, err := history.Open(ctx, p.State)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	t, err := store.Trend(ctx, kept)
	if err != nil {
		return nil, fmt.Errorf("reading past runs: %w", err)
	}
	if len(t.Moments) < 2 {
		return nil, nil
	}
	out = &overview.Trend{Earlier: t.Earlier}
	for _, m := range t.Moments {
		moment := overview.Moment{TakenAt: m.TakenAt, People: m.People, States: m.States, Findings: map[string]int{}, Unjudged: m.Unjudged}
		for _, severity := range audit.Severities() {
			moment.Findings[severity.String()] = m.Findings[severity]
		}
		for _, d := range m.Differs {
			moment.Differs = append(moment.Differs, overview.Difference(d))
		}
		out.Moments = append(out.Moments, moment)
	}
	return out, nil
}

// record keeps a run in the file of --state.
func (p *past) record(ctx context.Context, kept *history.Run) (err error) {
	if kept == nil {
		return nil
	}
	store, err := history.Open(ctx, p.State)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return store.Record(ctx, kept)
}
