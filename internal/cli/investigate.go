package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/report"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/report/table"
	"passkeyaudit/audit/report/ticket"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/graphclient/collect"
)

type investigateOptions struct {
	From         string
	Demo         bool
	PoliciesFrom string
	Ask          bool
	Format       string
	Output       string
	Color        string
	Quiet        bool
	answers      map[string]*string // by flag
	settingsOptions
	liveOptions
}

// answerFlags are the flags of answers, in the order of the runbook.
var answerFlags = []struct{ name, usage string }{
	{"symptom", "what the person says, in their words"},
	{"stage", "where it fails: " + strings.Join(audit.Texts(investigate.Stages), ", ")},
	{"os", "on which system: " + strings.Join(audit.Texts(investigate.Systems), ", ")},
	{"os-version", "which version of it, such as 14 or 17.5"},
	{"browser", "in which browser"},
	{"app", "in which native app"},
	{"authenticator", "what the passkey is in: " + strings.Join(audit.Texts(investigate.Authenticators), ", ")},
	{"provider", "which provider keeps it, such as \"iCloud Keychain\""},
	{"flow", "on the device where the person signs in, or on another: " + strings.Join(audit.Texts(investigate.Flows), ", ")},
	{"profile", "in which profile of an Android phone: " + strings.Join(audit.Texts(investigate.Profiles), ", ")},
	{"bluetooth", "whether Bluetooth is on at both ends: " + strings.Join(audit.Texts(investigate.BluetoothAnswers), ", ")},
	{"error", "the `CODE` that was shown, such as AADSTS135010"},
	{"at", "`TIME` of the attempt, such as 2026-11-20T09:15:00Z, or its day"},
	{"correlation-id", "the correlation `ID` that was shown"},
}

func newInvestigateCmd(d *Deps) *cobra.Command {
	o := investigateOptions{answers: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "investigate UPN|ID",
		Short: "Say why one person's passkey does not work, and what to do, where, on which device",
		Long: `Say of one person at which stage it fails, which of the eight problems with passkeys it is, what to do, where and on
which device, and what to write to the person. Every sentence rests on evidence in the tenant or on an answer; what
Microsoft Graph does not show (Bluetooth, a QR code that hangs, the hardware in a phone) is asked, never asserted.

Answers narrow it: each has a flag, and --ask asks those that would change the ranking most, until none would. Without
--from it reads this one person from Graph, in some 20 requests; help desks that may not read policies take those from
another snapshot with --policies-from.

Exit codes: 0 whatever comes out; 2 wrong usage, or a name that is not that of exactly one account; 3 the person could not
be judged, because users or the methods policy were not read; 4 failure.`,
		Example: `  passkeyaudit investigate alice@contoso.example --from ./snapshot
  passkeyaudit investigate alice@contoso.example --from ./snapshot --symptom "It keeps saying connecting to your device"
  passkeyaudit investigate alice@contoso.example --from ./snapshot --os android --os-version 13 --authenticator authenticator
  passkeyaudit investigate alice@contoso.example --auth azure-cli --tenant-id contoso.onmicrosoft.com --ask
  passkeyaudit investigate alice@contoso.example --auth azure-cli --policies-from ./weekly --format markdown`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.From == "" && !o.Demo && !o.given(cmd, d.IO.Getenv) {
				return usagef("say where to look: --from DIR for a snapshot, --demo, or --tenant-id and --auth for a live tenant")
			}
			return runInvestigate(cmd.Context(), d, o, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "use the snapshot in `DIR`: no credentials, no network")
	f.BoolVar(&o.Demo, "demo", false, "use the built-in demo tenant")
	f.StringVar(&o.PoliciesFrom, "policies-from", "", "read policies and groups from the snapshot in `DIR`")
	f.BoolVar(&o.Ask, "ask", false, "ask what would change the ranking most, one question after the other")
	f.StringVar(&o.Format, "format", "table", "how to write: table, json, markdown, html")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.StringVar(&o.Color, "color", "auto", "colours: auto, always, never")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	for _, flag := range answerFlags {
		o.answers[flag.name] = f.String(flag.name, "", flag.usage)
	}
	o.settingsOptions.flags(cmd)
	o.liveOptions.flags(cmd)
	complete(cmd, "format", investigateFormats...)
	complete(cmd, "color", "auto", "always", "never")
	complete(cmd, "stage", audit.Texts(investigate.Stages)...)
	complete(cmd, "os", audit.Texts(investigate.Systems)...)
	complete(cmd, "authenticator", audit.Texts(investigate.Authenticators)...)
	complete(cmd, "flow", audit.Texts(investigate.Flows)...)
	complete(cmd, "profile", audit.Texts(investigate.Profiles)...)
	complete(cmd, "bluetooth", audit.Texts(investigate.BluetoothAnswers)...)
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	cobra.CheckErr(cmd.MarkFlagDirname("policies-from"))
	exclusiveWithFrom(cmd)
	cmd.MarkFlagsMutuallyExclusive("from", "demo")
	return cmd
}

var investigateFormats = []string{"table", "json", "markdown", "html"}

// investigating is investigateOptions after validation.
type investigating struct {
	investigateOptions
	answers  investigate.Answers
	settings audit.Settings
	policies *snapshot.Snapshot // of --policies-from; nil without it
	color    bool
}

func (o investigateOptions) validate(d *Deps) (*investigating, error) {
	in := &investigating{investigateOptions: o}
	if !slices.Contains(investigateFormats, o.Format) {
		return nil, usagef("--format %q is none of %s", o.Format, strings.Join(investigateFormats, ", "))
	}
	for _, flag := range answerFlags {
		if text := *o.answers[flag.name]; text != "" {
			if err := in.answers.Set(flag.name, text); err != nil {
				return nil, usagef("--%s: %w", flag.name, err)
			}
		}
	}
	var err error
	if in.color, err = d.IO.Color(o.Color); err != nil {
		return nil, usageError{err}
	}
	in.color = in.color && o.Output == ""
	if in.settings, err = o.settingsOptions.settings(); err != nil {
		return nil, err
	}
	if o.PoliciesFrom != "" {
		if in.policies, err = openSnapshot(o.PoliciesFrom); err != nil {
			return nil, err
		}
	}
	return in, nil
}

func runInvestigate(ctx context.Context, d *Deps, o investigateOptions, name string) error {
	in, err := o.validate(d)
	if err != nil {
		return err
	}
	snap, cleanUp, err := in.openInvestigated(ctx, d, name)
	if err != nil {
		return err
	}
	return errors.Join(in.investigate(ctx, d, snap, name), cleanUp())
}

// openInvestigated opens the tenant in which somebody is looked for; a live one is read
// for this person only.
func (in *investigating) openInvestigated(ctx context.Context, d *Deps, name string) (*snapshot.Snapshot, func() error, error) {
	if in.Demo {
		snap, err := snapshot.Open(fixtures.Demo())
		return snap, func() error { return nil }, err
	}
	if in.From != "" {
		return in.open(ctx, d, in.From, in.Quiet)
	}
	opts := collect.Options{Scope: collect.Scope{User: name}}
	if in.policies != nil {
		ids, err := investigate.NamedGroups(ctx, in.policies)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", in.PoliciesFrom, err)
		}
		opts.Scope.NamedGroups = ids
	}
	snap, cleanUp, err := in.collectInto(ctx, d, in.Quiet, opts)
	if missing, is := errors.AsType[*collect.NotFoundError](err); is {
		return nil, nil, usageError{&investigate.NotFoundError{Name: name, Why: missing.Error() + ", nor would a deleted account be found; give the user principal name or the object id", Near: missing.Near}}
	}
	return snap, cleanUp, err
}

func (in *investigating) investigate(ctx context.Context, d *Deps, snap *snapshot.Snapshot, name string) error {
	var source *investigate.PolicySource
	if in.policies != nil {
		var err error
		if snap, source, err = investigate.WithPolicies(ctx, snap, in.policies); err != nil {
			return err
		}
	}
	who, err := investigate.Find(ctx, snap, name)
	if missing, is := errors.AsType[*investigate.NotFoundError](err); is {
		if missing.Unread {
			fmt.Fprintln(d.IO.Err, "passkeyaudit: "+plain(missing))
			return outcomeError{ExitIncomplete}
		}
		return usageError{missing}
	}
	if err != nil {
		return err
	}
	if who.By != "" && !in.Quiet {
		fmt.Fprintln(d.IO.Err, report.Plain(fmt.Sprintf("%s is %s: %s.", name, who.UserPrincipalName, who.By)))
	}
	var others []*snapshot.Snapshot
	if source != nil && source.Memberships {
		others = append(others, in.policies)
	}
	view, err := investigate.Open(ctx, snap, who, others...)
	if err != nil {
		return err
	}
	run := audit.NewRunWith(view, in.settings)
	dossier, err := investigate.Read(ctx, run)
	if err != nil {
		return err
	}
	if in.Ask {
		if err := in.ask(d, dossier); err != nil {
			return err
		}
	}
	found := investigate.Judge(dossier, in.answers)
	found.PolicyAge = source
	if err := in.write(ctx, d, run, found); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if dossier.Unjudged {
		return outcomeError{ExitIncomplete}
	}
	return nil
}

func (in *investigating) write(ctx context.Context, d *Deps, run *audit.Run, found *investigate.Investigation) error {
	tenant, err := tenantOf(ctx, run.Snapshot())
	if err != nil {
		return err
	}
	return writeResult(d, in.Output, func(w io.Writer) error {
		if in.Format == "json" {
			return reportjson.Person(w, audit.Header{
				Tool: audit.Tool{Name: "passkeyaudit", Version: d.Version}, Tenant: tenant, Scope: run.Snapshot().Scope(), TakenAt: run.Snapshot().Manifest().TakenAt,
			}, found)
		}
		name := tenant.ID
		if tenant.DisplayName != "" {
			name = tenant.DisplayName
		}
		person := report.NewPerson(found, name)
		switch in.Format {
		case "markdown":
			return ticket.Markdown(w, person)
		case "html":
			return ticket.HTML(w, person)
		default:
			return table.Person(w, table.Options{Width: d.IO.Width, Color: in.color}, person)
		}
	})
}

// ask walks the questions that would change the ranking most. They are plain lines on
// standard error, and answers are lines of standard input: that works without colours,
// over any connection, and in scripts.
func (in *investigating) ask(d *Deps, dossier *investigate.Dossier) error {
	lines := bufio.NewScanner(d.IO.In)
	skipped := map[string]bool{}
	var given []string
	for {
		q := investigate.Ask(dossier, in.answers, skipped)
		if q == nil {
			fmt.Fprintln(d.IO.Err, "No further answer would change the ranking.")
			break
		}
		fmt.Fprintln(d.IO.Err, report.Plain(q.Text))
		for i, choice := range q.Choices {
			fmt.Fprintf(d.IO.Err, "  %d  %s\n", i+1, choice)
		}
		fmt.Fprint(d.IO.Err, "Answer, or nothing if it is not known: ")
		if !lines.Scan() {
			fmt.Fprintln(d.IO.Err)
			break
		}
		text := strings.TrimSpace(lines.Text())
		if !d.IO.InTerminal {
			fmt.Fprintln(d.IO.Err, report.Plain(text))
		}
		if text == "" {
			skipped[q.ID] = true
			continue
		}
		if n := choiceNumber(text, len(q.Choices)); n > 0 {
			text = q.Choices[n-1]
		}
		if err := in.answers.Set(q.Flag, text); err != nil {
			fmt.Fprintln(d.IO.Err, "That is no answer: "+report.Plain(err.Error())+".")
			continue
		}
		given = append(given, "--"+q.Flag+" "+shellQuoted(text))
	}
	if len(given) > 0 && !in.Quiet {
		fmt.Fprintln(d.IO.Err, "The same without asking: "+report.Plain(strings.Join(given, " ")))
	}
	return lines.Err()
}

// choiceNumber reads the number of a choice; 0 if it is none.
func choiceNumber(text string, choices int) int {
	if len(text) == 1 && text[0] >= '1' && int(text[0]-'0') <= choices {
		return int(text[0] - '0')
	}
	return 0
}

func shellQuoted(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:_", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
