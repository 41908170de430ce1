package cli

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report/manual"
	"passkeyaudit/checks"
)

func newChecksCmd(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checks",
		Short: "List the checks, and explain one",
		Args:  cobra.NoArgs,
		Example: `  passkeyaudit checks list
  passkeyaudit checks explain PK-BOOT-001`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newChecksListCmd(d), newChecksExplainCmd(d), newChecksPagesCmd(d))
	return cmd
}

func newChecksListCmd(d *Deps) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List every check with severity, problem family and title",
		Example: "  passkeyaudit checks list\n  passkeyaudit checks list --format json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			switch format {
			case "table":
				return manual.List(d.IO.Out, sortedChecks(), d.IO.Width)
			case "json":
				return manual.ListJSON(d.IO.Out, sortedChecks())
			default:
				return usagef("--format %q is neither table nor json", format)
			}
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "how to write the list: table, json")
	complete(cmd, "format", "table", "json")
	return cmd
}

func newChecksExplainCmd(d *Deps) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "explain ID|SLUG",
		Short: "Explain one check: the risk, the rule and its sources, how to fix it, how to verify",
		Example: `  passkeyaudit checks explain PK-ATT-003
  passkeyaudit checks explain stranded-passkeys --format markdown`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeChecks,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := findCheck(args[0])
			if err != nil {
				return err
			}
			switch format {
			case "text":
				return manual.Text(d.IO.Out, c, d.IO.Width)
			case "markdown":
				return manual.Markdown(d.IO.Out, c)
			default:
				return usagef("--format %q is neither text nor markdown", format)
			}
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "how to write the page: text, markdown")
	complete(cmd, "format", "text", "markdown")
	return cmd
}

// newChecksPagesCmd writes the reference pages; it is for the Makefile.
func newChecksPagesCmd(*Deps) *cobra.Command {
	return &cobra.Command{
		Use:    "pages DIR",
		Short:  "Write a markdown page for every check, and an index",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, c := range sortedChecks() {
				err := writePage(filepath.Join(args[0], c.ID+".md"), func(w io.Writer) error { return manual.Markdown(w, c) })
				if err != nil {
					return err
				}
			}
			return writePage(filepath.Join(args[0], "README.md"), func(w io.Writer) error { return manual.Index(w, sortedChecks()) })
		},
	}
}

func writePage(file string, write func(io.Writer) error) error {
	var b strings.Builder
	if err := write(&b); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}

func sortedChecks() []*audit.Check {
	all := checks.All()
	slices.SortFunc(all, func(a, b *audit.Check) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

func findCheck(name string) (*audit.Check, error) {
	var near []string
	for _, c := range checks.All() {
		if strings.EqualFold(name, c.ID) || strings.EqualFold(name, c.Slug) {
			return c, nil
		}
		family, short := c.Family()
		if strings.Contains(c.Slug, strings.ToLower(name)) || strings.EqualFold(name, family) || strings.EqualFold(name, short) {
			near = append(near, c.ID+" "+c.Slug)
		}
	}
	if len(near) > 0 {
		return nil, usagef("there is no check %q; near it are %s", name, strings.Join(near, ", "))
	}
	return nil, usagef("there is no check %q; 'passkeyaudit checks list' shows them", name)
}
