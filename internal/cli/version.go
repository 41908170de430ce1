package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

func newVersionCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, and the formats it reads and writes",
		Example: "  passkeyaudit version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(d.IO.Out, "passkeyaudit %s (%s, %s/%s)\nsnapshot format %s\nreport schema %s\n",
				d.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH, snapshot.Format, report.Schema)
			return err
		},
	}
}
