package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

type evaluateOptions struct {
	From      string
	Scenarios string
	SignIn    string // id of a row of the log
	Format    string
	Output    string
	Explain   bool
	Lint      bool
	Verify    bool
	scenarioFlags
	liveOptions
	settingsOptions
	Quiet bool
}

func newEvaluateCmd(d *Deps) *cobra.Command {
	var o evaluateOptions
	cmd := &cobra.Command{
		Use:   "evaluate",
		Short: "Decide what Conditional Access demands of a sign-in, and say why",
		Long: `Decide what the Conditional Access policies demand of one sign-in described by flags, or of many read from a file
with one JSON object a line (- for standard input). What is not given is unknown, and the verdict says whether it
matters; with flags, risks and transfer method are taken as none.

Verdicts: granted; needs (something interactive is still to be done); blocked; undetermined (it depends on what
"unknown" names). Only enabled policies decide; report-only ones are shown as they would.

--verify asks Microsoft Graph's What-If the same, one sign-in a second, and shows where it differs on whether a
policy applies. Without a sign-in of your own it makes up some, of people whom the policies treat differently. It
needs a live tenant: alone, or beside --from for a snapshot of that tenant taken before. Exit code 1: they differ.`,
		Example: `  passkeyaudit evaluate --from ./snapshot --user alice@contoso.example --app 00000003-0000-0ff1-ce00-000000000000 \
    --client-app browser --platform android --ip 203.0.113.7 --country NL --device registered=false
  passkeyaudit evaluate --from ./snapshot --user alice@contoso.example --action registerSecurityInfo --explain
  passkeyaudit evaluate --from ./snapshot --scenarios sign-ins.ndjson > decisions.ndjson
  passkeyaudit evaluate --from ./snapshot --sign-in 4f9e1b6c-0d3a-4c1e-9a57-6d2b8e0f1a23 --explain
  passkeyaudit evaluate --from ./snapshot --lint
  passkeyaudit evaluate --verify --from ./snapshot --tenant-id contoso.onmicrosoft.com --auth azure-cli`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.From == "" && !o.given(cmd, d.IO.Getenv) {
				return usagef("say of which tenant: --from DIR for a snapshot, or --tenant-id and --auth for a live tenant")
			}
			if err := o.onlyWhatGoesTogether(cmd, d); err != nil {
				return err
			}
			return runEvaluate(cmd.Context(), d, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.From, "from", "", "use the snapshot in `DIR`: no credentials, no network")
	f.StringVar(&o.Scenarios, "scenarios", "", "read sign-ins from `FILE`, one JSON object a line; - is standard input")
	f.StringVar(&o.SignIn, "sign-in", "", "decide the recorded sign-in with this `ID` anew, and compare with the log")
	f.StringVar(&o.Format, "format", "", "how to write: table (one sign-in), json or ndjson (one object a line)")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.BoolVar(&o.Explain, "explain", false, "show every policy, also those that do not apply, with every reason")
	f.BoolVar(&o.Lint, "lint", false, "list what in the policies is not modelled, and stop")
	f.BoolVar(&o.Verify, "verify", false, "ask Graph's What-If the same, and show differences; needs a live tenant")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.scenarioFlags.flags(cmd)
	o.liveOptions.flags(cmd)
	o.settingsOptions.flags(cmd)
	complete(cmd, "format", "table", "json", "ndjson")
	cobra.CheckErr(cmd.MarkFlagDirname("from"))
	cmd.MarkFlagsMutuallyExclusive("scenarios", "user", "lint", "sign-in")
	cmd.MarkFlagsMutuallyExclusive("verify", "lint")
	cmd.MarkFlagsMutuallyExclusive("verify", "sign-in")
	return cmd
}

// onlyWhatGoesTogether checks what --from goes with: flags of a live tenant only with
// --verify, which needs them.
func (o *evaluateOptions) onlyWhatGoesTogether(cmd *cobra.Command, d *Deps) error {
	if o.From == "" {
		return nil
	}
	if o.Verify {
		for _, name := range []string{"save", "since", "beta-sign-ins"} {
			if cmd.Flags().Changed(name) {
				return usagef("--%s is of a run that collects, and --from names a snapshot that is there", name)
			}
		}
		if !o.given(cmd, d.IO.Getenv) {
			return usagef("--verify asks Microsoft Graph: say which tenant with --tenant-id and --auth")
		}
		return o.validate()
	}
	for _, name := range liveFlags {
		if cmd.Flags().Changed(name) {
			return usagef("--from judges a snapshot without any network; --%s is of a live tenant, and goes with --from only for --verify", name)
		}
	}
	return nil
}

func runEvaluate(ctx context.Context, d *Deps, o evaluateOptions) error {
	if !slices.Contains([]string{"", "table", "json", "ndjson"}, o.Format) {
		return usagef("--format %q is none of table, json, ndjson", o.Format)
	}
	var single *conditionalaccess.Scenario
	switch {
	case o.Lint, o.Scenarios != "", o.SignIn != "":
	case o.Verify && o.User == "":
	case o.User == "":
		return usagef("say which sign-in: --user with --app, --action or --context; --sign-in ID; or --scenarios FILE")
	default:
		s, err := o.scenarioFlags.scenario()
		if err != nil {
			return usageError{err}
		}
		single = &s
	}
	settings, err := o.settingsOptions.settings()
	if err != nil {
		return err
	}
	snap, cleanUp, err := o.open(ctx, d, o.From, o.Quiet)
	if err != nil {
		return err
	}
	defer cleanUp()
	e, err := newEvaluator(ctx, snap, settings)
	if err != nil {
		return err
	}
	differs := false
	err = writeResult(d, o.Output, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 64<<10)
		switch {
		case o.Verify:
			differs, err = e.verify(ctx, out, single, o, d)
		case o.Lint:
			err = e.lint(out, d.IO.Width)
		case single != nil:
			err = e.one(out, *single, o, d)
		case o.SignIn != "":
			err = e.recorded(ctx, out, o, d)
		default:
			err = e.many(ctx, out, d, o.Scenarios)
		}
		return errors.Join(err, out.Flush())
	})
	if err == nil && differs {
		err = outcomeError{ExitFindings}
	}
	return err
}

// evaluator answers scenarios on one snapshot.
type evaluator struct {
	run      *audit.Run
	snap     *snapshot.Snapshot
	dir      *population.Directory
	policies *access.Compiled
	modes    methods.ModeSets // nil where they could not be derived
	// usersComplete: whoever is not in the directory does not exist.
	usersComplete bool
	assumptions   []string
}

func newEvaluator(ctx context.Context, snap *snapshot.Snapshot, settings audit.Settings) (*evaluator, error) {
	run := audit.NewRunWith(snap, settings)
	e := &evaluator{run: run, snap: run.Snapshot()}
	var err error
	if e.dir, err = audit.Evaluate(ctx, run, population.Users); err != nil {
		return nil, err
	}
	if e.policies, err = audit.Evaluate(ctx, run, access.Policies); err != nil {
		return nil, err
	}
	// Without a methods policy nobody's methods can be judged; decisions can.
	if e.modes, err = audit.Evaluate(ctx, run, methods.Modes); err != nil {
		if _, missing := errors.AsType[*audit.MissingError](err); !missing {
			return nil, err
		}
	}
	e.usersComplete = e.snap.Status(snapshot.Users).State == snapshot.Complete
	e.assumptions = e.policies.Assumptions()
	return e, nil
}

// decide answers one scenario.
func (e *evaluator) decide(s *conditionalaccess.Scenario) (*conditionalaccess.Decision, conditionalaccess.DecisionShape, error) {
	ordinal, found := e.dir.Find(s.User)
	if !found && e.usersComplete {
		return nil, conditionalaccess.DecisionShape{}, fmt.Errorf("there is no user %q in the snapshot", s.User)
	}
	users := e.policies.Users(ordinal)
	if !found {
		users = e.anybody
	}
	d := e.policies.Evaluate(&s.SignIn, users)
	shape := d.Shape(s.ID)
	shape.Assumptions = append(shape.Assumptions, e.assumptions...)
	shape.Missing = e.missing(d)
	if len(d.Needs) > 0 {
		can := audit.Unsure
		if found && e.modes != nil {
			can = d.CanMeet(&s.SignIn, func(mode string) audit.Tri { return e.modes.Could(ordinal, mode) })
		}
		shape.CanMeet = can.String()
	}
	return d, shape, nil
}

// anybody answers for an account that may exist: a policy reaches it for certain
// only if it reaches everybody.
func (e *evaluator) anybody(i int) audit.Tri {
	reach := e.policies.Reach[i]
	switch {
	case reach.Yes.Equal(e.dir.All) && !e.dir.All.Empty():
		return audit.Yes
	case reach.Possible().Empty() && !e.dir.All.Empty():
		return audit.No
	default:
		return audit.Unsure
	}
}

// missing names the sections because of which something is unknown.
func (e *evaluator) missing(d *conditionalaccess.Decision) []string {
	var names []string
	lacks := func(ids ...snapshot.SectionID) {
		for _, id := range ids {
			if e.snap.Status(id).State != snapshot.Complete && !slices.Contains(names, string(id)) {
				names = append(names, string(id))
			}
		}
	}
	if d.Incomplete {
		lacks(snapshot.ConditionalAccessPolicies)
	}
	for i := range d.Policies {
		for _, c := range d.Policies[i].Unsure {
			switch c {
			case conditionalaccess.Users:
				lacks(snapshot.Users, snapshot.Groups, snapshot.GroupMembers, snapshot.RoleAssignments)
			case conditionalaccess.Locations:
				lacks(snapshot.NamedLocations)
			}
		}
		if len(d.Policies[i].UnknownControls) > 0 {
			lacks(snapshot.AuthenticationStrengths)
		}
	}
	slices.Sort(names)
	return names
}

// one answers a sign-in given by flags.
func (e *evaluator) one(w io.Writer, s conditionalaccess.Scenario, o evaluateOptions, d *Deps) error {
	decision, shape, err := e.decide(&s)
	if err != nil {
		return err
	}
	if o.SignIn == "" { // what a row of the log does not tell is unknown
		shape.Assumptions = append(shape.Assumptions, o.assumed()...)
	}
	if strings.HasSuffix(o.Format, "json") {
		return writeLine(w, shape)
	}
	return traceText(w, e, &s, decision, shape, o.Explain, d.IO.Width)
}

func writeLine(w io.Writer, v any) error {
	raw, err := entra.Encode(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

// many answers one scenario a line, in order.
func (e *evaluator) many(ctx context.Context, w io.Writer, d *Deps, file string) error {
	return eachScenario(ctx, d, file, func(s *conditionalaccess.Scenario) error {
		_, shape, err := e.decide(s)
		if err != nil {
			return err
		}
		return writeLine(w, shape)
	})
}

// eachScenario reads scenarios from a file, one a line. Errors name the line.
func eachScenario(ctx context.Context, d *Deps, file string, do func(*conditionalaccess.Scenario) error) error {
	in := d.IO.In
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("reading scenarios: %w", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), 1<<20)
	for n := 1; lines.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" {
			continue
		}
		s, err := conditionalaccess.ParseScenario(entra.Raw(text))
		if err == nil {
			err = do(&s)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", file, n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading scenarios from %s: %w", file, err)
	}
	return nil
}

// lint lists what in the policies is not modelled.
func (e *evaluator) lint(w io.Writer, width int) error {
	problems := e.policies.Problems()
	if len(problems) == 0 {
		fmt.Fprintf(w, "%s, everything in them is modelled.\n", audit.CountPhrase(len(e.policies.Policies), "policy", "policies"))
		return nil
	}
	last := ""
	for _, p := range problems {
		if name := p.Policy + " " + p.PolicyID; p.PolicyID != "" && name != last {
			fmt.Fprintln(w, report.Plain(strings.TrimSpace(name)))
			last = name
		}
		mark := "  - "
		for _, line := range report.Wrap(report.Plain(p.Where+": "+p.What), max(width, 60)-len(mark)) {
			fmt.Fprintln(w, mark+line)
			mark = "    "
		}
	}
	fmt.Fprintf(w, "\n%s in %s. What they touch is judged as unknown.\n", audit.CountPhrase(len(problems), "problem", "problems"),
		audit.CountPhrase(len(e.policies.Policies), "policy", "policies"))
	return nil
}
