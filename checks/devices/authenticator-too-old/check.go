// Package authenticatortooold finds people whose Microsoft Authenticator is older than
// a profile for both types of passkeys takes.
package authenticatortooold

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-DEV-002.
var Check = &audit.Check{
	ID:       "PK-DEV-002",
	Slug:     "authenticator-too-old",
	Doc:      audit.MustDoc(doc),
	Problem:  2,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Methods that were not read may be a newer Authenticator on another phone.
		{Section: snapshot.AuthenticationMethods},
		// A newer version that only a sign-in shows takes somebody off the list.
		{Section: snapshot.SignIns, Gap: audit.Refines},
		{Section: snapshot.Devices, Gap: audit.Refines},
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Listings, devices.Inventory, devices.Phones},
	Run:   run,
}

// app is Authenticator on one platform.
type app struct {
	os     devices.OS
	aaguid string
	least  devices.Version
}

var apps = []app{
	{devices.Android, catalogue.AuthenticatorAndroid, devices.LeastAppAndroid},
	{devices.IOS, catalogue.AuthenticatorIOS, devices.LeastAppIOS},
}

func (a app) credential() methods.Credential {
	return methods.Credential{AAGUID: a.aaguid, Type: "deviceBound"}
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	if policy.Passkeys.Mode == methods.Legacy {
		p.NotApplicable("the least versions are about passkey profiles, of which the tenant has none")
		return nil
	}
	seen, err := audit.Get(ctx, p, devices.Phones)
	if err != nil {
		return err
	}
	var reported [2]audit.Set
	for i := range applied {
		a := &applied[i]
		for k, of := range apps {
			admits := a.ListsDeviceBound().And(a.ListsSynced()).And(a.AllowsSignIn(of.credential()))
			old, unsure := tooOld(seen, of.os)
			switch {
			case admits == audit.No:
				continue
			case admits == audit.Unsure:
				if !old.And(a.People.Possible()).Empty() {
					methods.LacksRule(p, a, "a passkey type or the key restriction")
				}
				continue
			}
			methods.LacksPeople(p, a.People.Maybe.And(old), a.Label())
			if open := a.People.Possible().And(unsure); !open.Empty() {
				p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("which version or platform an Authenticator of %s has is not told", audit.PeoplePhrase(open.Count())))
			}
			people := a.People.Yes.And(old).Minus(reported[k])
			if people.Empty() {
				continue
			}
			reported[k] = reported[k].Or(people)
			if err := report(ctx, p, policy, dir, a, of, people); err != nil {
				return err
			}
		}
	}
	return nil
}

// tooOld are the accounts all of whose Authenticators on a platform are older than the
// least, and those of whom that is not known.
func tooOld(seen *devices.Seen, os devices.OS) (old, unsure audit.Set) {
	below, enough := seen.App(os, devices.LevelBelow), seen.App(os, devices.LevelEnough)
	untold := seen.App(os, devices.LevelUntold).Or(seen.Unplaced)
	return below.Minus(enough).Minus(untold), untold.Minus(enough)
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, a *methods.Applied, of app, people audit.Set) error {
	records, err := devices.RecordsOf(ctx, p, dir, people, snapshot.AuthenticationMethods)
	if err != nil {
		return err
	}
	var quoted []devices.Record
	versions := map[devices.Version]int{}
	for n := range people.All() {
		i := slices.IndexFunc(records[n], func(r devices.Record) bool {
			return r.OS == of.os && devices.AppLevel(of.os, r.App) == devices.LevelBelow
		})
		if i >= 0 {
			versions[records[n][i].App]++
			quoted = append(quoted, records[n][i])
		}
	}
	evidence, err := devices.QuoteVersions(ctx, p, quoted, "the version of Authenticator, as Entra last had it")
	if err != nil {
		return err
	}
	certainty, means := audit.Possible, "admits Authenticator, without naming it"
	if names(a, of.aaguid) {
		certainty, means = audit.Likely, "names Authenticator"
	}
	_, note := a.Inference(people)
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s Microsoft Authenticator on %s older than %s (%s), under %s, which allows device-bound and synced passkeys and %s: such a profile takes at least that version (PF, 2026-03-08). "+
			"The version is the one Entra last had. Ask them: which version does Authenticator show now?%s",
			audit.PeopleDo(people.Count(), "has", "have"), of.os, of.least, spread(versions), a.Label(), means, note),
		Subject:  a.Subject(policy.Passkeys),
		Affected: audit.People(people, dir),
		Evidence: append([]audit.Evidence{
			policy.Quote(a.Pointer+"/passkeyTypes", "the profile allows both types"),
		}, evidence...),
		Blockers: []string{of.aaguid},
		Fix:      []audit.Step{audit.Do("Have them update Authenticator before they register a passkey; on managed phones push the update.")},
	})
	return nil
}

// names tells whether the profile has the app's AAGUID on an allow list.
func names(a *methods.Applied, aaguid string) bool {
	ids := a.AAGUIDs()
	return ids.Known && ids.Enforced && !ids.Block && slices.Contains(ids.Listed, strings.ToLower(aaguid))
}

// mostVersions is how many versions a message names.
const mostVersions = 4

func spread(versions map[devices.Version]int) string {
	var list []devices.Version
	for v := range versions {
		list = append(list, v)
	}
	slices.SortFunc(list, devices.Version.Compare)
	var parts []string
	for _, v := range list[:min(len(list), mostVersions)] {
		parts = append(parts, fmt.Sprintf("%s: %d", v, versions[v]))
	}
	if more := len(list) - mostVersions; more > 0 {
		parts = append(parts, fmt.Sprintf("%d other versions", more))
	}
	return strings.Join(parts, ", ")
}
