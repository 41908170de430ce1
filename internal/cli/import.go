package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
	"passkeyaudit/internal/exports"
)

type importOptions struct {
	Out      string
	TenantID string
	TakenAt  string
	Complete []string
	Quiet    bool
	Verbose  bool
}

func newSnapshotImportCmd(d *Deps) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import SOURCE... --out DIR",
		Short: "Make a snapshot of exports that other tools have made",
		Long: `Make a snapshot of what other tools have exported from a tenant: folders with one JSON file an object (as EntraExporter
writes them), pages and single objects of Microsoft Graph, lists and lines of JSON, PowerShell objects, or a zip
archive of such files. No sign-in, no network; the sources are only read.

What an object is follows from what it says, never from the name of its file. A section is complete only where the
source is plainly a whole collection: a page of Graph that names no next one, or an exporter's folder for it. Single
files and bare lists make it partial, and checks that need all of it are unknown; --complete says that you know it
to be all. Everything that could not be placed is listed with the reason.`,
		Example: `  passkeyaudit snapshot import ./EntraExport --out ./snapshot --taken-at 2026-11-20T09:00:00Z
  passkeyaudit snapshot import policies.json methods.json --out ./snapshot --tenant-id ID --taken-at 2026-11-20T09:00:00Z
  passkeyaudit snapshot import export.zip --out ./snapshot --complete conditionalAccessPolicies,namedLocations`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return snapshotImport(cmd.Context(), d, args, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "write the snapshot to `DIR`, which must be new or empty")
	f.StringVar(&o.TenantID, "tenant-id", "", "the tenant's `GUID`, if the export does not say it; objects that name another tenant are left out")
	f.StringVar(&o.TakenAt, "taken-at", "", "when the export was made, as RFC 3339 `TIME`; every verdict is judged at it (the export's own dates)")
	f.StringSliceVar(&o.Complete, "complete", nil, "these `SECTION`s are all there is, although the export does not show it")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no hints")
	f.BoolVarP(&o.Verbose, "verbose", "v", false, "list every file, not only the first ones")
	cobra.CheckErr(cmd.MarkFlagRequired("out"))
	cobra.CheckErr(cmd.MarkFlagDirname("out"))
	complete(cmd, "complete", sectionNames()...)
	return cmd
}

func sectionNames() []string {
	var names []string
	for _, spec := range snapshot.Sections() {
		names = append(names, string(spec.ID))
	}
	return names
}

func snapshotImport(ctx context.Context, d *Deps, sources []string, o importOptions) error {
	opts := exports.Options{
		Sources: sources, Dir: o.Out, TenantID: o.TenantID, TakenAt: o.TakenAt,
		Tool: snapshot.Tool{Name: "passkeyaudit", Version: d.Version},
	}
	for _, name := range o.Complete {
		opts.Complete = append(opts.Complete, snapshot.SectionID(name))
	}
	result, err := exports.Import(ctx, opts)
	if _, ok := errors.AsType[*exports.OptionError](err); ok {
		return usageError{err}
	}
	if result == nil {
		return err
	}
	told := importReport{d: d, result: result, verbose: o.Verbose}
	if err != nil {
		told.refused()
		return err
	}
	if err := told.write(ctx, o.Out); err != nil {
		return err
	}
	if !o.Quiet {
		fmt.Fprintf(d.IO.Err, "Judge it with: passkeyaudit audit --from %s\n", o.Out)
	}
	return nil
}

// importReport says what an import came to.
type importReport struct {
	d       *Deps
	result  *exports.Result
	verbose bool
}

func (r *importReport) write(ctx context.Context, dir string) error {
	out := r.d.IO.Out
	name := r.result.Tenant.ID
	if r.result.Tenant.DisplayName != "" {
		name += "  " + report.Plain(r.result.Tenant.DisplayName)
	}
	fmt.Fprintf(out, "tenant   %s\n", name)
	fmt.Fprintf(out, "taken    %s\n", report.UTC(r.result.TakenAt))
	r.paragraph("         ", "("+r.result.TakenFrom+")")
	fmt.Fprintln(out)
	var rows [][]string
	var missing []string
	for _, s := range r.result.Sections {
		if !s.State.HasRows() {
			label := string(s.ID)
			if s.Reason != "" && s.Reason != notInExport {
				label += " (" + s.Reason + ")"
			}
			missing = append(missing, label)
			continue
		}
		rows = append(rows, []string{string(s.ID), string(s.State), fmt.Sprint(s.Objects), audit.CountPhrase(len(s.From), "file", "files")})
	}
	if err := table.Plain(out, []string{"SECTION", "STATE", "OBJECTS", "FROM"}, rows); err != nil {
		return err
	}
	r.sources()
	r.refused()
	if len(r.result.Changes) > 0 {
		fmt.Fprint(out, "\nPut right on the way:\n")
		for _, change := range r.result.Changes {
			r.item(change + ".")
		}
	}
	if len(missing) > 0 {
		fmt.Fprint(out, "\nNot collected:\n")
		r.paragraph("  ", strings.Join(missing, ", ")+".")
	}
	return r.checks(ctx, dir)
}

// notInExport is the usual reason of a section that is not collected.
const notInExport = "not in the export"

// fewFiles is how many files are listed in one place unless asked for all.
const fewFiles = 3

// sources lists for each section which files it came from, and why it is partial.
func (r *importReport) sources() {
	fmt.Fprint(r.d.IO.Out, "\nWhere it came from:\n")
	for _, s := range r.result.Sections {
		if !s.State.HasRows() {
			continue
		}
		text := fmt.Sprintf("%s: %s", s.ID, r.names(s.From))
		if s.Repeated > 0 {
			text += fmt.Sprintf("; %s came again with the same content", audit.CountPhrase(s.Repeated, "object", "objects"))
		}
		r.item(text)
		if s.Reason != "" {
			r.paragraph("      ", fmt.Sprintf("%s: %s.", s.State, s.Reason))
		}
	}
}

// refused lists what was not taken, by reason.
func (r *importReport) refused() {
	if len(r.result.Refused) == 0 {
		return
	}
	byReason := map[string][]string{}
	var reasons []string
	for _, x := range r.result.Refused {
		if byReason[x.Why] == nil {
			reasons = append(reasons, x.Why)
		}
		place := x.File
		if x.Pointer != "" {
			place += " (" + x.Pointer + ")"
		}
		byReason[x.Why] = append(byReason[x.Why], place)
	}
	fmt.Fprint(r.d.IO.Out, "\nNot taken:\n")
	for _, why := range reasons {
		r.item(why + ":")
		r.paragraph("      ", r.names(byReason[why]))
	}
}

// names lists files, only the first few unless all are asked for.
func (r *importReport) names(files []string) string {
	if r.verbose || len(files) <= fewFiles+1 {
		return strings.Join(files, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(files[:fewFiles], ", "), len(files)-fewFiles)
}

// checks says which checks cannot be judged on the snapshot, by trying.
func (r *importReport) checks(ctx context.Context, dir string) error {
	snap, err := openSnapshot(dir)
	if err != nil {
		return err
	}
	plan, err := runner.New(checks.All())
	if err != nil {
		return err
	}
	results, err := plan.Run(ctx, audit.NewRun(snap), runner.Options{})
	if err != nil {
		return err
	}
	out := r.d.IO.Out
	var unknown []audit.CheckResult
	for _, c := range results.Checks {
		if c.Outcome == audit.Unknown {
			unknown = append(unknown, c)
		}
	}
	fmt.Fprintf(out, "\n%d of %s can be judged on it.", len(results.Checks)-len(unknown), audit.CountPhrase(len(results.Checks), "check", "checks"))
	if len(unknown) == 0 {
		fmt.Fprintln(out)
		return nil
	}
	fmt.Fprintln(out, " Unknown, for want of what is named:")
	for _, c := range unknown {
		var missing []string
		for _, id := range c.Missing {
			missing = append(missing, string(id))
		}
		r.item(fmt.Sprintf("%s %s: %s", c.Check.ID, c.Check.Slug, cmp.Or(strings.Join(missing, ", "), c.Reason)))
	}
	return nil
}

func (r *importReport) item(text string) {
	mark := "  - "
	for _, line := range report.Wrap(report.Plain(text), max(r.d.IO.Width, 60)-len(mark)) {
		fmt.Fprintln(r.d.IO.Out, mark+line)
		mark = "    "
	}
}

func (r *importReport) paragraph(indent, text string) {
	for _, line := range report.Wrap(report.Plain(text), max(r.d.IO.Width, 60)-len(indent)) {
		fmt.Fprintln(r.d.IO.Out, indent+line)
	}
}
