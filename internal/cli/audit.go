package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

type auditOptions struct {
	From string
	liveOptions
	judgeOptions
	redactOptions
}

// liveOptions are the flags with which a judging command collects first.
type liveOptions struct {
	connectOptions
	Save  string
	Since string
	Beta  bool
	// sections are those to collect; nil stands for all.
	sections []snapshot.SectionID
}

func (o *liveOptions) flags(cmd *cobra.Command) {
	o.connectOptions.flags(cmd)
	cmd.Flags().StringVar(&o.Save, "save", "", "keep the collected snapshot in `DIR` (it is removed otherwise)")
	cmd.Flags().StringVar(&o.Since, "since", "30d", "how far back to read sign-ins and audits, such as 7d or 12h")
	betaSignIns(cmd, &o.Beta)
	cobra.CheckErr(cmd.MarkFlagDirname("save"))
}

func newAuditCmd(d *Deps) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Run the checks and report findings with evidence",
		Long: `Run the checks on a snapshot, or on a live tenant, and report findings: what is wrong, whom it hits, the evidence,
and what to do. A live run collects a snapshot first and judges that; --save keeps it.

Exit codes: 0 clean; 1 findings at or above --fail-on; 2 wrong usage; 3 some selected check could not be
judged; 4 failure, nothing trustworthy was produced.`,
		Example: `  passkeyaudit audit --from ./snapshot
  passkeyaudit audit --tenant-id contoso.onmicrosoft.com --auth azure-cli --save ./snapshot
  passkeyaudit audit --from ./snapshot --checks scope,PK-BOOT-001 --fail-on medium
  passkeyaudit audit --from ./snapshot --mds mds.jwt
  passkeyaudit audit --from ./snapshot --format html --output report.html
  passkeyaudit audit --from ./snapshot --format ndjson --output run.ndjson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.From == "" && !o.given(cmd, d.IO.Getenv) {
				return usagef("say what to judge: --from DIR for a snapshot, or --tenant-id and --auth for a live tenant")
			}
			return runAudit(cmd.Context(), d, o)
		},
	}
	cmd.Flags().StringVar(&o.From, "from", "", "judge the snapshot in `DIR`: no credentials, no network")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	o.judgeOptions.flags(cmd)
	o.liveOptions.flags(cmd)
	o.redactOptions.flags(cmd)
	exclusiveWithFrom(cmd)
	return cmd
}

func runAudit(ctx context.Context, d *Deps, o auditOptions) error {
	j, err := o.judgeOptions.validate(d)
	if err != nil {
		return err
	}
	if o.sections, err = sectionsOf(o.Checks); err != nil {
		return err
	}
	snap, cleanUp, err := o.open(ctx, d, o.From, o.Quiet)
	if err != nil {
		return err
	}
	snap, settings, cleanCopy, err := o.redacted(ctx, snap, j.settings)
	if err != nil {
		return errors.Join(err, cleanUp())
	}
	j.settings = settings
	return errors.Join(judge(ctx, d, j, snap), cleanCopy(), cleanUp())
}

// open opens the snapshot in from, or collects one if there is none.
func (o *liveOptions) open(ctx context.Context, d *Deps, from string, quiet bool) (snap *snapshot.Snapshot, cleanUp func() error, err error) {
	if from == "" {
		return o.collectFirst(ctx, d, quiet)
	}
	snap, err = openSnapshot(from)
	return snap, func() error { return nil }, err
}

// collectFirst reads a live tenant into a folder and opens it. cleanUp removes the
// folder unless it is to be kept: it holds personal data.
func (o *liveOptions) collectFirst(ctx context.Context, d *Deps, quiet bool) (snap *snapshot.Snapshot, cleanUp func() error, err error) {
	return o.collectInto(ctx, d, quiet, collect.Options{})
}

// collectInto is collectFirst of a part of the tenant.
func (o *liveOptions) collectInto(ctx context.Context, d *Deps, quiet bool, opts collect.Options) (snap *snapshot.Snapshot, cleanUp func() error, err error) {
	if err := o.validate(); err != nil {
		return nil, nil, err
	}
	since, err := parseSince(o.Since)
	if err != nil {
		return nil, nil, err
	}
	dir, cleanUp := o.Save, func() error { return nil }
	if dir == "" {
		if dir, err = os.MkdirTemp("", "passkeyaudit-*"); err != nil {
			return nil, nil, fmt.Errorf("making a folder for the snapshot: %w", err)
		}
		cleanUp = func() error { return os.RemoveAll(dir) }
	}
	p := newProgress(d.IO, quiet)
	opts.Dir, opts.Since, opts.BetaSignIns, opts.Sections = dir, since, o.Beta, o.sections
	_, err = o.collect(ctx, d, p, opts)
	p.done()
	if err == nil {
		snap, err = openSnapshot(dir)
	}
	if err != nil {
		return nil, nil, errors.Join(err, cleanUp())
	}
	return snap, cleanUp, nil
}
