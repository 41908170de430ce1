package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/snapshot"
)

func newSnapshotCmd(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Look at a snapshot: what it holds, and whether it is whole; make one of exports, or a copy without names",
		Args:  cobra.NoArgs,
		Example: `  passkeyaudit snapshot info ./snapshot
  passkeyaudit snapshot verify ./snapshot
  passkeyaudit snapshot import ./export --out ./snapshot
  passkeyaudit snapshot redact ./snapshot --out ./copy`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSnapshotInfoCmd(d), newSnapshotVerifyCmd(d), newSnapshotImportCmd(d), newSnapshotRedactCmd(d))
	return cmd
}

func newSnapshotInfoCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "info DIR",
		Short: "Show what a snapshot holds: tenant, time, and the state of every section",
		Long: `Show what a snapshot holds: tenant, time, and the state of every section with the reason where it is not complete.
The files are not read; 'snapshot verify' does that.`,
		Example: "  passkeyaudit snapshot info ./snapshot",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return snapshotInfo(cmd.Context(), d, args[0]) },
	}
}

func snapshotInfo(_ context.Context, d *Deps, dir string) error {
	snap, err := openSnapshot(dir)
	if err != nil {
		return err
	}
	m := snap.Manifest()
	out := d.IO.Out
	fmt.Fprintf(out, "format   %s\n", m.Format)
	name := m.Tenant.ID
	if m.Tenant.DisplayName != "" {
		name += "  " + m.Tenant.DisplayName
	}
	if m.Tenant.DefaultDomain != "" {
		name += " (" + m.Tenant.DefaultDomain + ")"
	}
	fmt.Fprintf(out, "tenant   %s\n", report.Plain(name))
	if m.Cloud != "" {
		fmt.Fprintf(out, "cloud    %s\n", report.Plain(m.Cloud))
	}
	fmt.Fprintf(out, "scope    %s", m.Scope.Kind)
	if len(m.Scope.IDs) > 0 {
		fmt.Fprintf(out, " %s", report.Plain(strings.Join(m.Scope.IDs, ", ")))
	}
	fmt.Fprintf(out, "\ntaken    %s\n", report.UTC(m.TakenAt))
	if m.Pseudonymised {
		fmt.Fprintln(out, "names    pseudonyms: names, ids and addresses are not the tenant's own")
	}
	if m.Tool != nil {
		fmt.Fprintf(out, "by       %s %s\n", report.Plain(m.Tool.Name), report.Plain(m.Tool.Version))
	}
	fmt.Fprintln(out)
	var rows [][]string
	for _, spec := range snapshot.Sections() {
		st := snap.Status(spec.ID)
		objects, why := "-", st.Reason
		if st.Entry != nil && st.Entry.Objects != nil {
			objects = fmt.Sprint(*st.Entry.Objects)
		}
		if st.Entry != nil && st.Entry.Status != 0 {
			why = strings.TrimSpace(fmt.Sprintf("%s (%d %s)", why, st.Entry.Status, st.Entry.Code))
		}
		if st.Entry != nil && len(st.Entry.Needs) > 0 {
			why += " needs " + strings.Join(st.Entry.Needs, " or ")
		}
		rows = append(rows, []string{string(spec.ID), string(st.State), objects, report.Plain(strings.TrimSpace(why))})
	}
	return table.Plain(out, []string{"SECTION", "STATE", "OBJECTS", "WHY"}, rows)
}
