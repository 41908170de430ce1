package main

import (
	"context"
	"fmt"
	"os"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
)

// stages are those that run inside this program, in the order of the report.
var stages = map[string]func(context.Context, *snapshot.Snapshot) ([]measured, error){
	"digest": measureDigest,
	"facts":  measureFacts,
	"checks": measureChecks,
}

func measureStage(ctx context.Context, stage, dir string) ([]measured, error) {
	if stage == "floor" {
		return measureFloor(ctx, dir)
	}
	if stage == "decode" {
		return measureDecode(ctx, dir)
	}
	work, ok := stages[stage]
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
		derive(access.Policies, func(c *access.Compiled) string { return fmt.Sprintf("%d policies", len(c.Policies)) }),
		derive(access.Classes, func(c *access.Classed) string { return fmt.Sprintf("%d classes", len(c.List)) }),
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

// judgedSections are the sections that the checks read.
func judgedSections() ([]snapshot.SectionID, error) {
	plan, err := runner.New(checks.All())
	if err != nil {
		return nil, err
	}
	return plan.Sections(), nil
}
