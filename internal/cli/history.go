package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/history"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
)

type historyOptions struct {
	State, Tenant  string
	Format, Output string
}

func newHistoryCmd(d *Deps) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history --state FILE",
		Short: "List the audits that were kept with --state",
		Long: `List the audits that 'audit --state FILE' kept, the oldest snapshot of a tenant first: findings that counted, what was new
and what was fixed since the run before, and where people stood. The file names no people, save where a finding is about one
account.`,
		Example: `  passkeyaudit audit --from ./monday --state runs.db
  passkeyaudit history --state runs.db
  passkeyaudit history --state runs.db --tenant 11111111-2222-4333-8444-555555555555 --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runHistory(cmd.Context(), d, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.State, "state", "", "the `FILE` of runs")
	f.StringVar(&o.Tenant, "tenant", "", "only runs of the tenant with this `ID`")
	f.StringVar(&o.Format, "format", "table", "how to write: table, json")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	complete(cmd, "format", "table", "json")
	cobra.CheckErr(cmd.MarkFlagFilename("state"))
	return cmd
}

func runHistory(ctx context.Context, d *Deps, o historyOptions) (err error) {
	switch {
	case o.State == "":
		return usagef("name the file of runs with --state")
	case o.Format != "table" && o.Format != "json":
		return usagef("--format %q is neither table nor json", o.Format)
	}
	store, err := history.OpenExisting(ctx, o.State)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	runs, err := store.Runs(ctx, o.Tenant)
	if err != nil {
		return err
	}
	err = writeResult(d, o.Output, func(w io.Writer) error {
		if o.Format == "json" {
			return reportjson.History(w, runs)
		}
		return table.History(w, runs)
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}
