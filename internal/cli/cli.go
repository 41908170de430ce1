// Package cli holds the commands. They are thin: flags are parsed into an options
// struct, validated, and handed to a plain function; everything that judges,
// collects or renders lives in other packages.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/report"
	"passkeyaudit/graphclient"
	"passkeyaudit/internal/term"
)

// Deps is what commands need from outside.
type Deps struct {
	IO *term.IO
	// Version of the program; empty takes it from the build.
	Version string
	// Retry is how reads of Graph are tried again; the zero value takes the defaults.
	Retry graphclient.Retry
	// Transport carries requests to Graph and to the authority; nil is the network.
	Transport http.RoundTripper
}

// Main runs the command line and returns the exit code.
func Main(ctx context.Context, deps Deps, args []string) int {
	deps.Version = cmp.Or(deps.Version, buildVersion())
	started := false
	root := newRootCmd(&deps)
	onRun(root, func() { started = true })
	root.SetArgs(args)
	root.SetIn(deps.IO.In)
	root.SetOut(deps.IO.Out)
	root.SetErr(deps.IO.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !started {
		// cobra found the mistake: an unknown command or flag, a wrong argument, flags
		// that exclude each other.
		err = usageError{err}
	}
	return finish(deps.IO, err)
}

// onRun has a function called before any command does its own work.
func onRun(cmd *cobra.Command, started func()) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			started()
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		onRun(sub, started)
	}
}

// finish says what went wrong, if anything, and picks the exit code.
func finish(io *term.IO, err error) int {
	var outcome outcomeError
	var usage usageError
	switch {
	case err == nil:
		return ExitClean
	case errors.As(err, &outcome):
		return outcome.code
	case errors.As(err, &usage):
		fmt.Fprintf(io.Err, "passkeyaudit: %s\nRun 'passkeyaudit help' or add --help to a command to see what it takes.\n", plain(err))
		return ExitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(io.Err, "passkeyaudit: interrupted")
		return ExitRuntime
	default:
		for line := range strings.SplitSeq("passkeyaudit: "+plain(err), "\n") {
			fmt.Fprintln(io.Err, fit(line, io.ErrTerminal, io.Width))
		}
		if hint := hintFor(err); hint != "" {
			fmt.Fprintln(io.Err, fit(hint, io.ErrTerminal, io.Width))
		}
		return ExitRuntime
	}
}

// plain makes an error safe to show: it may quote what a snapshot or a server says.
// Several errors stay on lines of their own.
func plain(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = report.Plain(line)
	}
	return strings.Join(lines, "\n")
}

func buildVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newRootCmd(d *Deps) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "passkeyaudit",
		Short: "Find out who can register and use a passkey in a Microsoft Entra tenant, and what stops the others",
		Long: `passkeyaudit reads the authentication methods policy, Conditional Access policies, users and their
methods from Microsoft Graph into a snapshot, judges the snapshot, and reports findings with evidence.
It only ever reads. A snapshot can be judged again, offline, at any time.`,
		Example: `  passkeyaudit audit --from ./snapshot
  passkeyaudit audit --from ./snapshot --format json --output report.json`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.CompletionOptions.HiddenDefaultCmd = false
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.AddCommand(newAuditCmd(d), newCollectCmd(d), newDemoCmd(d), newDoctorCmd(d), newEvaluateCmd(d), newReadinessCmd(d), newInvestigateCmd(d), newPreviewCmd(d), newRenderCmd(d), newDiffCmd(d), newHistoryCmd(d), newSimulateCmd(d), newChecksCmd(d), newPermissionsCmd(d), newSnapshotCmd(d), newConfigCmd(d), newVersionCmd(d))
	return cmd
}
