// Package authenticatorononeplatform finds key restrictions that admit the passkey of
// Microsoft Authenticator on one platform and not on the other.
package authenticatorononeplatform

import (
	"context"
	_ "embed"
	"fmt"
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

// Check is PK-ATT-002.
var Check = &audit.Check{
	ID:       "PK-ATT-002",
	Slug:     "authenticator-on-one-platform",
	Doc:      audit.MustDoc(doc),
	Problem:  2,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Where people were seen decides about the severity only.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.Devices, Gap: audit.Refines},
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines},
		// Of somebody known from the report alone, no passkey's AAGUID is known.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Listings, methods.Models, devices.Inventory, devices.Phones},
	Run:   run,
}

// app is the Authenticator of one platform.
type app struct {
	platform devices.OS
	aaguid   string
	phone    string
}

var (
	android = app{devices.Android, catalogue.AuthenticatorAndroid, "an Android phone"}
	ios     = app{devices.IOS, catalogue.AuthenticatorIOS, "an iPhone or iPad"}
)

func (a app) credential() methods.Credential {
	return methods.Credential{AAGUID: a.aaguid, Type: "deviceBound"}
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	var reported audit.Set
	for i := range applied {
		a := &applied[i]
		admitted, missing := android, ios
		forAndroid, forIOS := a.AllowsSignIn(android.credential()), a.AllowsSignIn(ios.credential())
		switch {
		case forAndroid == audit.Yes && forIOS == audit.No:
		case forAndroid == audit.No && forIOS == audit.Yes:
			admitted, missing = ios, android
		case forAndroid == forIOS && (forAndroid != audit.Unsure || !namesOne(a)):
			continue
		default:
			methods.LacksRule(p, a, "a passkey type or the key restriction")
			continue
		}
		left := a.People.Minus(elsewhere(applied, missing))
		methods.LacksPeople(p, left.Maybe, a.Label()+" without another that admits Authenticator for "+string(missing.platform))
		people := left.Yes.Minus(reported)
		if people.Empty() {
			continue
		}
		if err := report(ctx, p, policy, dir, a, admitted, missing, people); err != nil {
			return err
		}
		reported = reported.Or(people)
	}
	return nil
}

// namesOne tells whether the list holds one of the two AAGUIDs and not the other: then
// restrictions of any kind treat them differently, and whatever is not known about
// the profile matters.
func namesOne(a *methods.Applied) bool {
	if a.KeyRestrictions == nil {
		return false
	}
	var hasAndroid, hasIOS bool
	for _, id := range a.KeyRestrictions.AAGUIDs {
		hasAndroid = hasAndroid || strings.EqualFold(id, android.aaguid)
		hasIOS = hasIOS || strings.EqualFold(id, ios.aaguid)
	}
	return hasAndroid != hasIOS
}

// elsewhere are the people to whom a profile applies that admits the app.
func elsewhere(applied []methods.Applied, missing app) audit.Partly {
	var all audit.Partly
	for i := range applied {
		switch o := &applied[i]; o.AllowsSignIn(missing.credential()) {
		case audit.Yes:
			all = all.Or(o.People)
		case audit.Unsure:
			all = all.Or(audit.Partly{Maybe: o.People.Possible()})
		}
	}
	return all
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, a *methods.Applied, admitted, missing app, people audit.Set) error {
	registered, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	phones, err := audit.Get(ctx, p, devices.Phones)
	if err != nil {
		return err
	}
	// Whoever holds a passkey of the app that is not admitted is in the outage list of
	// PK-ATT-003: it has stopped working.
	people = people.Minus(registered.With(missing.aaguid))
	certainty, note := a.Inference(people)
	say := func(people audit.Set, severity audit.Severity, certainty audit.Certainty, evidence []audit.Evidence, blockers []string, who string) {
		p.Report(audit.Finding{
			Severity:  severity,
			Certainty: certainty,
			Message: fmt.Sprintf("The key restrictions of %s admit the passkey of Microsoft Authenticator for %s but not that for %s (%s): %s%s",
				a.Label(), admitted.platform, missing.platform, missing.aaguid, who, note),
			Subject:  a.Subject(policy.Passkeys),
			Affected: audit.People(people, dir),
			Evidence: append([]audit.Evidence{policy.Quote(a.Pointer+"/keyRestrictions", "the two AAGUIDs of Authenticator are treated differently")}, evidence...),
			Blockers: append([]string{missing.aaguid}, blockers...),
			Fix: []audit.Step{audit.Edit(fmt.Sprintf("Admit %s in the profile as well, unless it is meant that %s cannot be used.",
				missing.aaguid, missing.phone), a.Admit(missing.aaguid))},
		})
	}
	seen := people.And(phones.On(missing.platform))
	if !seen.Empty() {
		evidence, err := devices.QuotePhones(ctx, p, dir, phones, missing.platform, seen)
		if err != nil {
			return err
		}
		// That the app's version tells the platform is inferred.
		firm := phones.In(missing.platform, snapshot.Devices).Or(phones.In(missing.platform, snapshot.ManagedDevices)).Or(phones.In(missing.platform, snapshot.SignIns))
		how := certainty
		if !seen.Minus(firm).Empty() {
			how = audit.Likely
		}
		say(seen, audit.High, how, evidence, []string{"seen"}, fmt.Sprintf("%s seen with %s and cannot register a passkey in Authenticator there. Seen in %s.",
			audit.PeopleDo(seen.Count(), "was", "were"), missing.phone, sources(phones, missing.platform, seen)))
	}
	if others := people.Minus(seen); !others.Empty() {
		say(others, audit.Medium, certainty, nil, nil, fmt.Sprintf("of %s, whoever uses %s cannot register a passkey in Authenticator there. None of them was seen with one; %s.",
			audit.PeoplePhrase(others.Count()), missing.phone, looked(p)))
	}
	return nil
}

// sourceNames are the sections for people.
var sourceNames = []struct {
	section snapshot.SectionID
	name    string
}{
	{snapshot.AuthenticationMethods, "registered Authenticators"},
	{snapshot.Devices, "directory devices"},
	{snapshot.ManagedDevices, "Intune devices"},
	{snapshot.SignIns, "successful sign-ins"},
}

func sources(phones *devices.Seen, platform devices.OS, people audit.Set) string {
	var parts []string
	for _, s := range sourceNames {
		if n := phones.In(platform, s.section).And(people).Count(); n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", s.name, n))
		}
	}
	return strings.Join(parts, ", ")
}

// looked says where people were looked for, and which places were not read in full.
func looked(p *audit.Pass) string {
	var read, missing []string
	for _, s := range sourceNames {
		switch p.Status(s.section).State {
		case snapshot.Complete:
			read = append(read, s.name)
		default:
			missing = append(missing, s.name)
		}
	}
	text := "looked through were " + strings.Join(read, ", ")
	if len(read) == 0 {
		text = "nothing that shows phones was read in full"
	}
	if len(missing) > 0 && len(read) > 0 {
		text += "; not read in full: " + strings.Join(missing, ", ")
	}
	return text
}
