package cli

import (
	"context"

	"github.com/spf13/cobra"
)

type auditOptions struct {
	From string
	judgeOptions
}

func newAuditCmd(d *Deps) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Run the checks and report findings with evidence",
		Long: `Run the checks on a snapshot and report findings: what is wrong, whom it hits, the evidence, and what to do.

Exit codes: 0 clean; 1 findings at or above --fail-on; 2 wrong usage; 3 some selected check could not be
judged; 4 failure, nothing trustworthy was produced.`,
		Example: `  passkeyaudit audit --from ./snapshot
  passkeyaudit audit --from ./snapshot --checks scope,PK-BOOT-001 --fail-on medium
  passkeyaudit audit --from ./snapshot --format ndjson --output run.ndjson`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runAudit(cmd.Context(), d, o) },
	}
	cmd.Flags().StringVar(&o.From, "from", "", "judge the snapshot in `DIR`: no credentials, no network")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	o.flags(cmd)
	return cmd
}

func runAudit(ctx context.Context, d *Deps, o auditOptions) error {
	j, err := o.validate(d)
	if err != nil {
		return err
	}
	if o.From == "" {
		return usagef("say what to judge: --from DIR")
	}
	snap, err := openSnapshot(o.From)
	if err != nil {
		return err
	}
	return judge(ctx, d, j, snap)
}
