package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/graphclient/graphsim"
)

type simulateOptions struct {
	From     string
	Listen   string
	CAOut    string
	Secret   string
	Throttle int
	Limits   bool
	Faults   []string
	WhatIf   string
	Seed     uint64
	Quiet    bool
}

func newSimulateCmd(d *Deps) *cobra.Command {
	var o simulateOptions
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a snapshot as a Microsoft Graph look-alike on this computer",
		Long: `Serve a snapshot as a look-alike of Microsoft Graph and of its sign-in service, over TLS on a loopback address. Any
command that collects can be pointed at it; so can other Graph clients. It runs until it is interrupted.

The addresses, and the file with the certificate to trust, are printed on standard output. Any client id and any
secret are accepted, unless --client-secret names one.

--limits keeps Graph's own limits, bucket by bucket; --throttle N answers every Nth request with 429 once.

--fault PATH=WHAT makes requests fail. PATH is part of their path, tied to its start by a leading slash and to its
end by a trailing one. After WHAT come *TIMES and, each after a semicolon, after=N (let N requests through first),
chance=PERCENT (by --seed), retry-after=SECONDS, retry-date=SECONDS, pause=MILLISECONDS. WHAT is a status such as 503,
with a code if wanted (403:Authorization_RequestDenied), or one of

` + faultList() + `

What-If (POST identity/conditionalAccess/evaluate) is answered by a plain reading of the recorded policies. --what-if
FILE makes it say something else of single policies: a JSON list of {"userId", "policyId", "policyApplies",
"analysisReasons"}.`,
		Example: `  passkeyaudit simulate --from ./snapshot
  passkeyaudit simulate --demo --throttle 10
  passkeyaudit simulate --demo --limits
  passkeyaudit simulate --from ./snapshot --fault 'auditLogs/signIns=504*2' --fault 'users=truncate;chance=10' --seed 7`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSimulate(cmd.Context(), d, o, cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "serve the snapshot in `DIR`")
	f.Bool("demo", false, "serve the built-in demo tenant")
	f.StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback `ADDRESS` to listen on; port 0 picks a free one")
	f.StringVar(&o.CAOut, "ca-out", "", "write the certificate to trust to `FILE` (a temporary file)")
	f.StringVar(&o.Secret, "client-secret", "", "accept only this client `SECRET`")
	f.IntVar(&o.Throttle, "throttle", 0, "answer every `N`th request with 429 once")
	f.BoolVar(&o.Limits, "limits", false, "keep Graph's limits: refuse what is above them")
	f.Uint64Var(&o.Seed, "seed", 0, "decides which faults happen by chance")
	f.StringArrayVar(&o.Faults, "fault", nil, "make a path fail: `PATH=WHAT[*TIMES][;OPTION]`; may be repeated")
	f.StringVar(&o.WhatIf, "what-if", "", "answers of What-If to give instead, from `FILE`")
	cmd.MarkFlagsOneRequired("from", "demo")
	cmd.MarkFlagsMutuallyExclusive("from", "demo")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	return cmd
}

// faultList lists the faults for people.
func faultList() string {
	var b strings.Builder
	for _, f := range graphsim.Faults() {
		fmt.Fprintf(&b, "  %-18s %s\n", f.Kind, f.Does)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func runSimulate(ctx context.Context, d *Deps, o simulateOptions, cmd *cobra.Command) error {
	options := graphsim.Options{ClientSecret: o.Secret, ThrottleEvery: o.Throttle, Limits: o.Limits, Seed: o.Seed}
	if o.Throttle < 0 {
		return usagef("--throttle %d: give a positive number", o.Throttle)
	}
	for _, text := range o.Faults {
		fault, err := graphsim.ParseFault(text)
		if err != nil {
			return usagef("--fault: %w", err)
		}
		options.Faults = append(options.Faults, fault)
	}
	var snap *snapshot.Snapshot
	var err error
	if o.WhatIf != "" {
		text, err := os.ReadFile(o.WhatIf)
		if err == nil {
			options.WhatIf, err = graphsim.ParseWhatIf(text)
		}
		if err != nil {
			return usagef("--what-if: %w", err)
		}
	}
	if demo, _ := cmd.Flags().GetBool("demo"); demo {
		snap, err = snapshot.Open(fixtures.Demo())
	} else {
		snap, err = openSnapshot(o.From)
	}
	if err != nil {
		return err
	}
	server, err := graphsim.New(snap, options)
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx, o.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	caFile, cleanUp, err := writeCA(o.CAOut, listener.CAPEM)
	if err != nil {
		return err
	}
	defer cleanUp()

	tenant := snap.Manifest().Tenant.ID
	fmt.Fprintf(d.IO.Out, "graph-url: %s\nauthority-url: %s\nca-file: %s\ntenant-id: %s\n", listener.URL, listener.URL, caFile, tenant)
	secret := o.Secret
	if secret == "" {
		secret = "any"
	}
	fmt.Fprintf(d.IO.Err, "\nIn another terminal:\n\n  AZURE_CLIENT_SECRET=%s passkeyaudit audit --auth client-secret --tenant-id %s --client-id any \\\n"+
		"    --graph-url %s --authority-url %s --ca-file %s\n\nCtrl-C ends it.\n",
		secret, tenant, listener.URL, listener.URL, caFile)
	<-ctx.Done()
	return nil
}

// writeCA puts the certificate where clients find it; a temporary file is removed
// at the end.
func writeCA(file string, pem []byte) (name string, cleanUp func(), err error) {
	if file != "" {
		abs, err := filepath.Abs(file)
		if err != nil {
			return "", nil, err
		}
		return abs, func() {}, os.WriteFile(abs, pem, fs.FileMode(0o600))
	}
	f, err := os.CreateTemp("", "passkeyaudit-simulate-*.pem")
	if err != nil {
		return "", nil, err
	}
	if _, err = f.Write(pem); err == nil {
		err = f.Close()
	}
	return f.Name(), func() { os.Remove(f.Name()) }, err
}
