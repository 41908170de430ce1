package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report/csv"
	"passkeyaudit/audit/report/html"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/snapshot"
)

type readinessOptions struct {
	From           string
	Users          bool
	Format, Output string
	Waves          string
	World, Goal    string
	Rollout        string
	RolloutProfile string
	Assume         []string
	Color          string
	Quiet          bool
	settingsOptions
	liveOptions
	redactOptions
}

func newReadinessCmd(d *Deps) *cobra.Command {
	var o readinessOptions
	cmd := &cobra.Command{
		Use:   "readiness",
		Short: "Say who can get a passkey, who needs help, and who is trapped",
		Long: `Say for every person whether a way to a passkey exists: has one, can register one alone, needs a step of an
administrator, is trapped until a policy changes, or is out of scope. The search starts hard, with an unmanaged computer in
an untrusted place; what a way takes for granted beyond that is listed as its conditions.

Exit codes: 0; 2 wrong usage; 3 nobody could be judged, because users or the methods policy were not read; 4 failure.

--waves DIR writes who can go now, who needs a pass, a device or a place, and who needs a change of policy: a CSV file of people
for each, with object ids, department, country, roles and groups.

--users writes one line per account with the way, or with the fewest objects that must change to open one. --world judges
the tenant as if report-only policies were enforced, or after the end of text messages and calls.`,
		Example: `  passkeyaudit readiness --from ./snapshot
  passkeyaudit readiness --from ./snapshot --users --format csv --output people.csv
  passkeyaudit readiness --from ./snapshot --format html --output readiness.html
  passkeyaudit readiness --from ./snapshot --waves ./waves
  passkeyaudit readiness --from ./snapshot --world report-only
  passkeyaudit readiness --from ./snapshot --rollout all --goal portable
  passkeyaudit readiness --tenant-id contoso.onmicrosoft.com --auth azure-cli --assume capablePhone,bluetooth`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.From == "" && !o.given(cmd, d.IO.Getenv) {
				return usagef("say what to judge: --from DIR for a snapshot, or --tenant-id and --auth for a live tenant")
			}
			return runReadiness(cmd.Context(), d, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "judge the snapshot in `DIR`: no credentials, no network")
	f.BoolVar(&o.Users, "users", false, "write one line per account")
	f.StringVar(&o.Format, "format", "", "how to write: table, json, html; with --users ndjson, csv")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringVar(&o.Waves, "waves", "", "write the people of every wave into `DIR`, a CSV file each, and counts by department, country, role and group")
	f.StringVar(&o.World, "world", "today", "which policies are enforced: today, report-only, managed:POLICY-ID, after-2027-02-01")
	f.StringVar(&o.Goal, "goal", "any", "which passkeys count: "+strings.Join(goalNames(), ", "))
	f.StringVar(&o.Rollout, "rollout", "", "show people out of scope as after a roll-out to them: all, or group:ID[,group:ID]")
	f.StringVar(&o.RolloutProfile, "rollout-profile", "", "the passkey profile of the roll-out, by `ID` (the Default profile)")
	f.StringSliceVar(&o.Assume, "assume", nil, "take for granted for everybody: "+strings.Join(audit.Texts(bootstrap.Assumable), ", ")+", country:XX")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.settingsOptions.flags(cmd)
	o.liveOptions.flags(cmd)
	complete(cmd, "format", "table", "json", "html", "ndjson", "csv")
	o.redactOptions.flags(cmd)
	complete(cmd, "world", worldNames...)
	complete(cmd, "goal", goalNames()...)
	complete(cmd, "assume", audit.Texts(bootstrap.Assumable)...)
	complete(cmd, "color", "auto", "always", "never")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	cobra.CheckErr(cmd.MarkFlagDirname("waves"))
	exclusiveWithFrom(cmd)
	return cmd
}

var worldNames = []string{"today", "report-only", "after-2027-02-01"}

func goalNames() []string { return audit.Texts(bootstrap.Goals) }

// options turns flags into what is asked. Every error is the caller's mistake.
func (o *readinessOptions) options() (readiness.Options, error) {
	var out readiness.Options
	var err error
	if out.World, err = parseWorld(o.World); err != nil {
		return out, err
	}
	out.Goal = bootstrap.Goal(o.Goal)
	if !slices.Contains(bootstrap.Goals, out.Goal) {
		return out, usagef("--goal %q is none of %s", o.Goal, strings.Join(goalNames(), ", "))
	}
	for _, text := range o.Assume {
		c, err := bootstrap.ParseAssumption(text)
		if err != nil {
			return out, usagef("--assume: %w", err)
		}
		out.Assume = append(out.Assume, c)
	}
	out.RolloutProfile = o.RolloutProfile
	for _, part := range strings.FieldsFunc(o.Rollout, func(r rune) bool { return r == ',' }) {
		id, isGroup := strings.CutPrefix(part, "group:")
		switch {
		case part == "all":
			out.Rollout = true
		case isGroup && id != "":
			out.RolloutGroups = append(out.RolloutGroups, id)
		default:
			return out, usagef("--rollout %q is neither all nor group:ID", part)
		}
	}
	formats := []string{"", "table", "json", "html"}
	if o.Users {
		formats = []string{"", "ndjson", "csv"}
	}
	if !slices.Contains(formats, o.Format) {
		return out, usagef("--format %q is none of %s", o.Format, strings.Join(formats[1:], ", "))
	}
	return out, nil
}

func parseWorld(name string) (bootstrap.World, error) {
	w := bootstrap.World{Name: name}
	id, managed := strings.CutPrefix(name, "managed:")
	switch {
	case name == "today":
	case name == "report-only":
		w.ReportOnly = true
	case name == "after-2027-02-01":
		w.NoPhones = true
	case managed && id != "":
		w.Enforced = []string{id}
	default:
		return w, usagef("--world %q is none of today, report-only, managed:POLICY-ID, after-2027-02-01", name)
	}
	return w, nil
}

func runReadiness(ctx context.Context, d *Deps, o readinessOptions) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	color, err := d.IO.Color(o.Color)
	if err != nil {
		return usageError{err}
	}
	settings, err := o.settings()
	if err != nil {
		return err
	}
	snap, cleanUp, err := o.open(ctx, d, o.From, o.Quiet)
	if err != nil {
		return err
	}
	defer cleanUp()
	if !o.Quiet {
		warnOfData(d, settings.Catalogue)
	}
	snap, settings, cleanCopy, err := o.redacted(ctx, snap, settings)
	if err != nil {
		return err
	}
	defer cleanCopy()
	run := audit.NewRunWith(snap, settings)
	r, err := readiness.Judge(ctx, run, options, o.Users || o.Waves != "" || o.Format == "html")
	if err != nil {
		return err
	}
	if id := unknownPolicy(options.World, r); id != "" {
		return usagef("--world managed:%s: the snapshot has no report-only policy with this id", id)
	}
	if o.Waves != "" {
		if err := writeWaves(ctx, o.Waves, r, run); err != nil {
			return fmt.Errorf("writing the waves: %w", err)
		}
	}
	if o.Users {
		write := reportjson.Users
		if o.Format == "csv" {
			write = csv.Users
		}
		if err := writeResult(d, o.Output, func(w io.Writer) error { return write(w, r.Lines()) }); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		return judged(r, snap)
	}
	h, err := header(ctx, d, run)
	if err != nil {
		return err
	}
	if o.Format == "html" {
		beside, err := overview.Of(ctx, run, r)
		if err != nil {
			return err
		}
		if err := writeResult(d, o.Output, func(w io.Writer) error { return html.Readiness(w, h, beside) }); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
		return judged(r, snap)
	}
	summary, err := r.Summarise(ctx)
	if err != nil {
		return err
	}
	err = writeResult(d, o.Output, func(w io.Writer) error {
		if o.Format == "json" {
			return reportjson.Readiness(w, h, summary)
		}
		return table.Readiness(w, table.Options{Width: d.IO.Width, Color: color && o.Output == ""}, h, r, summary)
	})
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return judged(r, snap)
}

// judged ends a run with the exit code for incomplete where nobody could be judged.
func judged(r *readiness.Report, snap *snapshot.Snapshot) error {
	if r.Result == nil || !snap.Status(snapshot.Users).State.HasRows() {
		return outcomeError{ExitIncomplete}
	}
	return nil
}

// unknownPolicy is an id of the world that is no report-only policy's.
func unknownPolicy(w bootstrap.World, r *readiness.Report) string {
	if r.Result == nil {
		return ""
	}
	for _, id := range w.Enforced {
		known := slices.ContainsFunc(r.Result.Policies.Policies, func(p *conditionalaccess.Policy) bool {
			return p.State == conditionalaccess.ReportOnly && strings.EqualFold(p.ID, id)
		})
		if !known {
			return id
		}
	}
	return ""
}
