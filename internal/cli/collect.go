package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

type collectOptions struct {
	connectOptions
	Out    string
	User   string
	Groups []string
	Since  string
	Resume bool

	Checkpoint, LogTime time.Duration

	Beta     bool
	Checks   []string
	Plan     bool
	Accounts int
	Format   string

	Quiet bool
}

func newCollectCmd(d *Deps) *cobra.Command {
	var o collectOptions
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Read a tenant through Microsoft Graph into a snapshot",
		Long: `Read a tenant through Microsoft Graph into a new folder. Nothing is judged, and nothing is changed in the tenant:
only reads are sent. A section that may not be read, or needs a licence the tenant does not have, is recorded as such
and does not stop the others.

Requests keep below the limits of Graph. A run that is interrupted leaves a snapshot that can be read and, with
--resume, gone on with: slices that were read to their end are not read again. What was refused is then tried again
too, so that permissions can be granted in between. Resume within three days.

The snapshot holds names and sign-in data of people. It is readable by its owner only; keep it as you would keep an
export of the directory.`,
		Example: `  passkeyaudit collect --out ./snapshot --tenant-id contoso.onmicrosoft.com --auth azure-cli
  AZURE_CLIENT_SECRET=... passkeyaudit collect --out ./snapshot --tenant-id ID --client-id ID --auth client-secret
  passkeyaudit collect --plan --accounts 250000
  passkeyaudit collect --out ./snapshot --resume --tenant-id contoso.onmicrosoft.com --auth azure-cli
  passkeyaudit collect --out ./alice --user alice@contoso.example --since 14d --auth device-code --tenant-id ID --client-id ID`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Out == "" && !o.Plan {
				return usagef(`required flag(s) "out" not set: say where the snapshot goes, or give --plan`)
			}
			if o.Resume {
				for _, name := range []string{"user", "group", "since", "checks"} {
					if cmd.Flags().Changed(name) {
						return usagef("--resume goes on with what the interrupted run was asked for; leave out --%s", name)
					}
				}
			}
			return runCollect(cmd.Context(), d, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "write the snapshot to `DIR`, which must be new or empty unless resuming")
	f.BoolVar(&o.Resume, "resume", false, "go on with the interrupted run in --out; begin it if there is none")
	f.DurationVar(&o.Checkpoint, "checkpoint", collect.DefaultCheckpoint, "how often at least to make sure of what was read, at the end of a slice")
	f.DurationVar(&o.LogTime, "log-time", collect.DefaultLogTime, "how long at most to read sign-ins, and how long audits; the newest come first")
	f.StringVar(&o.User, "user", "", "only this user, by user principal name or object id")
	f.StringSliceVar(&o.Groups, "group", nil, "only the members of these groups, by object `ID`")
	f.StringVar(&o.Since, "since", "30d", "how far back to read sign-ins and audits, such as 7d or 12h")
	betaSignIns(cmd, &o.Beta)
	f.StringSliceVar(&o.Checks, "checks", nil, "only what these checks read: ids, slugs or families, separated by commas (everything)")
	f.BoolVar(&o.Plan, "plan", false, "collect nothing: say what would be asked, how long Graph's limits make it take, and what to grant")
	f.IntVar(&o.Accounts, "accounts", -1, "plan for `N` accounts, without asking Graph how many there are")
	f.StringVar(&o.Format, "format", "table", "how to write the plan: table, json")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.flags(cmd)
	cmd.MarkFlagsMutuallyExclusive("resume", "plan")
	complete(cmd, "format", "table", "json")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("checks", completeChecks))
	cobra.CheckErr(cmd.MarkFlagDirname("out"))
	cmd.MarkFlagsMutuallyExclusive("user", "group")
	return cmd
}

func runCollect(ctx context.Context, d *Deps, o collectOptions) error {
	if err := o.validate(); err != nil {
		return err
	}
	since, err := parseSince(o.Since)
	if err != nil {
		return err
	}
	if o.Checkpoint <= 0 || o.LogTime <= 0 {
		return usagef("--checkpoint and --log-time take a length of time such as 10s or 45m")
	}
	sections, err := sectionsOf(o.Checks)
	if err != nil {
		return err
	}
	opts := collect.Options{
		Dir: o.Out, Resume: o.Resume, Checkpoint: o.Checkpoint, LogTime: o.LogTime, Since: since, Scope: collect.Scope{User: o.User, Groups: o.Groups},
		Sections: sections, Optional: sections == nil, BetaSignIns: o.Beta,
	}
	if o.Format != "table" && o.Format != "json" {
		return usagef("--format %q is neither table nor json", o.Format)
	}
	if o.Plan {
		return planRun(ctx, d, o, opts)
	}
	p := newProgress(d.IO, o.Quiet)
	result, err := o.collect(ctx, d, p, opts)
	p.done()
	if err != nil {
		if result != nil && errors.Is(err, context.Canceled) {
			fmt.Fprintf(d.IO.Err, "%s holds the sections that were finished; the others are marked as not collected.\n"+
				"Go on with the same command and --resume.\n", o.Out)
		}
		return err
	}
	if !o.Quiet {
		summarize(d, o.Out, result)
	}
	return nil
}

// betaSignIns adds the flag that asks beta for the sign-in log.
func betaSignIns(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "beta-sign-ins", false, "read sign-ins from Graph's beta version, which names the methods people used")
}

// collect connects and fills a snapshot folder.
func (o *connectOptions) collect(ctx context.Context, d *Deps, p *progress, opts collect.Options) (*collect.Result, error) {
	client, err := o.connect(ctx, d, p)
	if err != nil {
		return nil, err
	}
	opts.Tool = snapshot.Tool{Name: "passkeyaudit", Version: d.Version}
	opts.Cloud, opts.TenantID = o.cloudName(), o.TenantID
	if opts.TenantID == "" {
		opts.TenantID = d.IO.Getenv("AZURE_TENANT_ID")
	}
	// Risky users are one request. Where Identity Protection may not be read, it is
	// refused and recorded like anything else.
	opts.Optional = opts.Sections == nil
	opts.Events = p.event
	// A run waits for Graph most of its time, so it can afford to collect its garbage
	// more often: memory is scarcer than time where audits are scheduled.
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	return collect.Run(ctx, client, opts)
}

// summarize says what a collection got.
func summarize(d *Deps, dir string, r *collect.Result) {
	counts := map[snapshot.State]int{}
	for _, entry := range r.Sections {
		counts[entry.State]++
	}
	var parts []string
	for _, state := range snapshot.States() {
		if n := counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	line := fmt.Sprintf("%s: %s, %s. Sections: %s.", dir, r.Tenant.ID,
		audit.CountPhrase(int(r.Requests), "request", "requests"), strings.Join(parts, ", "))
	fmt.Fprintln(d.IO.Err, fit(line, d.IO.ErrTerminal, d.IO.Width))
	fmt.Fprint(d.IO.Err, missingOf(r.Sections).text(d.IO.Width))
	fmt.Fprintf(d.IO.Err, "Judge it with: passkeyaudit audit --from %s\n", dir)
}

// parseSince reads a length of time in days or in Go's units.
func parseSince(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if length, err := time.ParseDuration(text); err == nil && length > 0 {
		return length, nil
	}
	return 0, usagef("--since %q is not a length of time such as 30d or 12h", text)
}
