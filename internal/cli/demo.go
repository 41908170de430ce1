package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
)

func newDemoCmd(d *Deps) *cobra.Command {
	var o judgeOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Audit the built-in demo tenant: no tenant, no credentials",
		Long: `Run the checks on a recorded tenant that comes with the program: a fictional company of some 400 people with
planted problems. It shows what an audit of your own tenant would look like, exit code included: there are findings of severity
high, so it is 1 unless --fail-on says otherwise.`,
		Example: `  passkeyaudit demo
  passkeyaudit demo --verbose --checks attestation
  passkeyaudit demo --format html --output report.html`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), d, o) },
	}
	o.flags(cmd)
	return cmd
}

func runDemo(ctx context.Context, d *Deps, o judgeOptions) error {
	j, err := o.validate(d)
	if err != nil {
		return err
	}
	snap, err := snapshot.Open(fixtures.Demo())
	if err != nil {
		return fmt.Errorf("the demo tenant: %w", err)
	}
	err = judge(ctx, d, j, snap)
	if d.IO.ErrTerminal && !o.Quiet && o.Format == "table" {
		fmt.Fprint(d.IO.Err, `
This was a made-up company. Next:
  passkeyaudit demo -v                    whom it hits, and by what evidence
  passkeyaudit checks explain PK-ATT-003  the rule behind a finding
  passkeyaudit audit --help               your own tenant
`)
	}
	return err
}
