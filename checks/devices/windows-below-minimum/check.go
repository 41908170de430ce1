// Package windowsbelowminimum finds people at joined Windows computers that are older
// than passkeys take.
package windowsbelowminimum

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-DEV-004.
var Check = &audit.Check{
	ID:       "PK-DEV-004",
	Slug:     "windows-below-minimum",
	Doc:      audit.MustDoc(doc),
	Problem:  8,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Only the directory tells how a computer is joined.
		{Section: snapshot.Devices, Gap: audit.Hides},
		// Intune may know a newer build; what was not read is said with Lacks.
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, devices.Inventory},
	Run:   run,
}

// joins are the kinds of join, those that must be new before the one that should.
var joins = []struct {
	trust       devices.Trust
	name, takes string
	least       devices.Version
}{
	{devices.Hybrid, "hybrid", "hybrid joined ones take Windows 10 2004", devices.LeastWindowsHybrid},
	{devices.Joined, "joined", "those joined to Entra work best from Windows 10 1903", devices.LeastWindowsJoined},
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	owned, err := audit.Get(ctx, p, devices.Inventory)
	if err != nil {
		return err
	}
	if s := p.Status(snapshot.ManagedDevices).State; s != snapshot.Complete && s != snapshot.Unlicensed {
		p.Lacks(snapshot.ManagedDevices, audit.Either, "Intune may know other builds of the computers, and others whose they are")
	}
	scope := policy.Passkeys.InScope().Within(dir.People)
	if n := scope.Possible().And(owned.UntoldWindows.Minus(owned.OldWindows)).Count(); n > 0 {
		p.Lacks(snapshot.Devices, audit.Hides, fmt.Sprintf("which build the computers of %s have is not told", audit.PeoplePhrase(n)))
	}
	if owned.OldUnowned > 0 {
		p.Lacks(snapshot.Devices, audit.Hides, fmt.Sprintf("whose %s are is not told", audit.CountPhrase(owned.OldUnowned, "old computer", "old computers")))
	}
	suspects := scope.Within(owned.OldWindows)
	methods.LacksPeople(p, suspects.Maybe, "the method")
	records, err := devices.RecordsOf(ctx, p, dir, suspects.Yes, snapshot.Devices, snapshot.ManagedDevices)
	if err != nil {
		return err
	}
	var reported audit.Set
	for _, join := range joins {
		var people audit.Builder
		var found []devices.Record
		for n := range suspects.Yes.Minus(reported).All() {
			i := slices.IndexFunc(records[n], func(r devices.Record) bool {
				return r.OS == devices.Windows && r.Trust == join.trust && !r.Shared && !r.Disabled && !r.Idle && r.Level() == devices.LevelBelow
			})
			if i >= 0 {
				people.Add(n)
				found = append(found, records[n][i])
			}
		}
		set := people.Set()
		if set.Empty() {
			continue
		}
		reported = reported.Or(set)
		evidence, err := devices.QuoteVersions(ctx, p, found, "the build of a computer in use")
		if err != nil {
			return err
		}
		p.Report(audit.Finding{
			Certainty: audit.Likely,
			Message: fmt.Sprintf("%s at a Windows computer that is too old for passkeys: %s, build %d (PF, 2026-03-08). In use are %s, told by %s.",
				audit.PeopleDo(set.Count(), "works", "work"), join.takes, join.least.Build, devices.Count(found), devices.CountEvidence(found)),
			Subject:  policy.Passkeys.Subject(),
			Affected: audit.People(set, dir),
			Evidence: evidence,
			Blockers: []string{join.name},
			Fix:      []audit.Step{audit.Do("Update Windows on these computers, or replace them.")},
		})
	}
	return nil
}
