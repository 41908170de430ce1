package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/internal/config"
)

func newConfigCmd(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check a configuration file, and show the settings in force",
		Args:  cobra.NoArgs,
		Example: `  passkeyaudit config check passkeyaudit.yaml
  passkeyaudit config show --config passkeyaudit.yaml
  passkeyaudit config data supportMatrix > matrix.json`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheckCmd(d), newConfigShowCmd(d), newConfigDataCmd(d))
	return cmd
}

func newConfigCheckCmd(d *Deps) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Validate a configuration file and list every mistake with its line",
		Long: `Validate a configuration file. Every mistake is listed with line and column and what is allowed there; the exit code is
then 2. Whether accepted findings and named accounts exist is known only when a tenant is judged.`,
		Example: "  passkeyaudit config check passkeyaudit.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o := settingsOptions{Config: args[0]}
			settings, err := o.settings()
			if err != nil {
				return err
			}
			warnOfData(d, settings.Catalogue)
			_, err = fmt.Fprintf(d.IO.Out, "%s is valid. Digest %s\n", args[0], settings.Digest())
			return err
		},
	}
}

func newConfigShowCmd(d *Deps) *cobra.Command {
	var o settingsOptions
	var format string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show every setting in force and where it comes from",
		Example: `  passkeyaudit config show --config passkeyaudit.yaml
  passkeyaudit config show --format json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			c, err := o.read()
			if err != nil {
				return err
			}
			switch format {
			case "table":
				return showConfig(d, o.Config, c)
			case "json":
				return showConfigJSON(d, o.Config, c)
			default:
				return usagef("--format %q is neither table nor json", format)
			}
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&format, "format", "table", "how to write the settings: table, json")
	complete(cmd, "format", "table", "json")
	return cmd
}

func newConfigDataCmd(d *Deps) *cobra.Command {
	var names []string
	for _, part := range catalogue.Parts() {
		names = append(names, string(part))
	}
	return &cobra.Command{
		Use:   "data [" + strings.Join(names, "|") + "]",
		Short: "List the data about passkeys that the program carries, or write one file of it",
		Long: `List the files of data that the program carries and that a configuration can put newer ones in the place of. With a
name, write that file to standard output: the one to start a newer one from.`,
		Example: `  passkeyaudit config data
  passkeyaudit config data supportMatrix > matrix.json`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				var rows [][]string
				for _, e := range catalogue.BuiltIn().Editions() {
					rows = append(rows, []string{string(e.Part), e.Part.Title(), e.Name, e.Date})
				}
				return table.Plain(d.IO.Out, []string{"NAME", "HOLDS", "EDITION", "COMPILED"}, rows)
			}
			if !slices.Contains(names, args[0]) {
				return usagef("there are no data %q; there are %s", args[0], strings.Join(names, ", "))
			}
			_, err := d.IO.Out.Write(catalogue.BuiltInText(catalogue.Part(args[0])))
			return err
		},
	}
}

// configFile is the row that says which file was read: it comes from the flag.
func configFile(file string) shownValue {
	if file == "" {
		return shownValue{Key: "config", Value: "none", Source: "default"}
	}
	return shownValue{Key: "config", Value: file, Source: "flag"}
}

// configSchema is the value of "schema" in what is in force of a configuration.
const configSchema = "passkeyaudit.config/v1"

type configShape struct {
	Schema string       `json:"schema"`
	Digest string       `json:"digest"`
	Values []shownValue `json:"values"`
}

type shownValue struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"` // flag, file or default
	Line   int    `json:"line,omitzero"`
}

func shownValues(file string, c *config.Config) []shownValue {
	all := []shownValue{configFile(file)}
	for _, v := range c.Values(vocabulary()) {
		source := "default"
		if v.Line > 0 {
			source = "file"
		}
		all = append(all, shownValue{v.Key, v.Text, source, v.Line})
	}
	return all
}

func showConfig(d *Deps, file string, c *config.Config) error {
	var rows [][]string
	for _, v := range shownValues(file, c) {
		source := v.Source
		if v.Line > 0 {
			source = fmt.Sprintf("file, line %d", v.Line)
		}
		rows = append(rows, []string{report.Plain(v.Key), report.Plain(v.Value), source})
	}
	if err := table.Plain(d.IO.Out, []string{"SETTING", "VALUE", "SOURCE"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(d.IO.Out, "\nDigest %s\n", c.Settings.Digest())
	return err
}

func showConfigJSON(d *Deps, file string, c *config.Config) error {
	raw, err := entra.Encode(configShape{configSchema, c.Settings.Digest(), shownValues(file, c)})
	if err != nil {
		return err
	}
	if err := raw.Indent(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(d.IO.Out, "%s\n", raw)
	return err
}
