package cli

import (
	"context"
	"errors"
	"fmt"
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
	Beta   bool
	Quiet  bool
}

func newCollectCmd(d *Deps) *cobra.Command {
	var o collectOptions
	cmd := &cobra.Command{
		Use:   "collect",
		Short: "Read a tenant through Microsoft Graph into a snapshot",
		Long: `Read a tenant through Microsoft Graph into a new folder. Nothing is judged, and nothing is changed in the tenant:
only reads are sent. A section that may not be read, or needs a licence the tenant does not have, is recorded as such
and does not stop the others.

The snapshot holds names and sign-in data of people. It is readable by its owner only; keep it as you would keep an
export of the directory.`,
		Example: `  passkeyaudit collect --out ./snapshot --tenant-id contoso.onmicrosoft.com --auth azure-cli
  AZURE_CLIENT_SECRET=... passkeyaudit collect --out ./snapshot --tenant-id ID --client-id ID --auth client-secret
  passkeyaudit collect --out ./alice --user alice@contoso.example --since 14d --auth device-code --tenant-id ID --client-id ID`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCollect(cmd.Context(), d, o) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "write the snapshot to `DIR`, which must be new or empty")
	f.StringVar(&o.User, "user", "", "only this user, by user principal name or object id")
	f.StringSliceVar(&o.Groups, "group", nil, "only the members of these groups, by object `ID`")
	f.StringVar(&o.Since, "since", "30d", "how far back to read sign-ins and audits, such as 7d or 12h")
	betaSignIns(cmd, &o.Beta)
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.flags(cmd)
	cobra.CheckErr(cmd.MarkFlagRequired("out"))
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
	p := newProgress(d.IO, o.Quiet)
	result, err := o.collect(ctx, d, p, collect.Options{
		Dir: o.Out, Since: since, BetaSignIns: o.Beta, Scope: collect.Scope{User: o.User, Groups: o.Groups},
	})
	p.done()
	if err != nil {
		if result != nil && errors.Is(err, context.Canceled) {
			fmt.Fprintf(d.IO.Err, "%s holds the sections that were finished; the others are marked as not collected.\n", o.Out)
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
	opts.Optional = true
	opts.Events = p.event
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
	fmt.Fprintf(d.IO.Err, "%s: %s, %s. Sections: %s.\n", dir, r.Tenant.ID,
		audit.CountPhrase(int(r.Requests), "request", "requests"), strings.Join(parts, ", "))
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
