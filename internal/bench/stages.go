package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

// stages are those that run inside this program, in the order of the report.
var stages = map[string]func(context.Context, *snapshot.Snapshot) ([]measured, error){
	"digest": measureDigest,
	"facts":  measureFacts,
	"checks": measureChecks,

	"log-fold":   measureLogFold,
	"log-replay": measureLogReplay,
}

func measureStage(ctx context.Context, stage, dir string) ([]measured, error) {
	if command, ok := strings.CutPrefix(stage, floorOf); ok {
		return measureFloor(ctx, command, dir)
	}
	if args, ok := commands[stage]; ok {
		return measureCommand(ctx, stage, append(slices.Clone(args), "--from", dir))
	}
	if stage == "decode" {
		return measureDecode(ctx, dir)
	}
	work, ok := stages[stage]
	if stage == "log-floor" {
		work, ok = func(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
			return measureLogFloor(ctx, snap, dir)
		}, true
	}
	if !ok {
		return nil, fmt.Errorf("there is no stage %q", stage)
	}
	var snap *snapshot.Snapshot
	opened, err := measure("open", func() (string, error) {
		var err error
		snap, err = snapshot.Open(os.DirFS(dir))
		return "", err
	})
	if err != nil {
		return nil, err
	}
	found, err := work(ctx, snap)
	if stage == "digest" {
		found = append([]measured{opened}, found...)
	}
	return found, err
}

// floorOf begins the name of the stage that measures the floor of a command.
const floorOf = "floor of "

// commands are the commands that are measured, with what they are asked.
var commands = map[string][]string{
	"audit":     {"audit", "--format", "json", "--quiet", "--fail-on", "never"},
	"readiness": {"readiness", "--users", "--quiet"},
}

// measureCommand runs a command inside this program, so that it can be profiled. What
// it writes is counted and thrown away.
func measureCommand(ctx context.Context, name string, args []string) ([]measured, error) {
	m, err := measure(name, func() (string, error) {
		var out counter
		streams := &term.IO{In: strings.NewReader(""), Out: &out, Err: os.Stderr, Width: 80, Getenv: os.Getenv}
		if code := cli.Main(ctx, cli.Deps{IO: streams, Version: "bench"}, args); code == cli.ExitUsage || code == cli.ExitRuntime {
			return "", fmt.Errorf("%s ended with %d", name, code)
		}
		return fmt.Sprintf("%d MB written", out/1e6), nil
	})
	return []measured{m}, err
}

// counter counts bytes.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func measureDigest(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
	m, err := measure("digest", func() (string, error) {
		_, err := snap.Digest(ctx)
		return "", err
	})
	return []measured{m}, err
}

// derive measures one fact; what it builds on has been derived before.
func derive[T any](f *audit.Fact[T], note func(T) string) func(context.Context, *audit.Run) (measured, error) {
	return func(ctx context.Context, run *audit.Run) (measured, error) {
		return measure("fact "+f.Name, func() (string, error) {
			v, err := audit.Evaluate(ctx, run, f)
			if err != nil || note == nil {
				return "", err
			}
			return note(v), nil
		})
	}
}

func measureFacts(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
	run := audit.NewRun(snap)
	var all []measured
	for _, fact := range []func(context.Context, *audit.Run) (measured, error){
		derive(population.Users, func(d *population.Directory) string {
			return fmt.Sprintf("%d accounts, %d people", d.All.Count(), d.People.Count())
		}),
		derive(population.Groups, func(m *population.Memberships) string { return fmt.Sprintf("%d groups", m.GroupRows) }),
		derive(methods.Policy, nil),
		derive(methods.Holdings, func(h *methods.Held) string { return fmt.Sprintf("%d asked", h.Asked.Count()) }),
		derive(methods.Usable, nil),
		derive(methods.Modes, nil),
		derive(privilege.Roles, nil),
		derive(devices.Inventory, nil),
		derive(access.Policies, func(c *access.Compiled) string { return fmt.Sprintf("%d policies", len(c.Policies)) }),
		derive(access.Classes, func(c *access.Classed) string { return fmt.Sprintf("%d classes", len(c.List)) }),
		derive(bootstrap.Grounds, nil),
		derive(bootstrap.Reach, func(r *bootstrap.Result) string { return fmt.Sprintf("%d classes", len(r.Classes)) }),
		derive(bootstrap.Audiences, nil),
		derive(bootstrap.Stops, nil),
		derive(bootstrap.ReportOnly, nil),
	} {
		m, err := fact(ctx, run)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// measureChecks runs the checks one by one; each derives the facts that none before
// it needed.
func measureChecks(ctx context.Context, snap *snapshot.Snapshot) ([]measured, error) {
	run := audit.NewRun(snap)
	var all []measured
	for _, c := range checks.All() {
		m, err := measure("check "+c.ID, func() (string, error) {
			rec := run.Execute(ctx, c)
			return audit.CountPhrase(len(rec.Findings), "finding", "findings"), rec.Err
		})
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// sectionsOf are the sections that a command uses: those that its checks, or its facts,
// read.
func sectionsOf(command string) ([]snapshot.SectionID, error) {
	used := checks.All()
	if command == "readiness" {
		people := *used[0]
		people.Reads, people.Facts = nil, []audit.AnyFact{population.Users, bootstrap.Grounds}
		used = []*audit.Check{&people}
	}
	plan, err := runner.New(used)
	if err != nil {
		return nil, err
	}
	return plan.Sections(), nil
}
