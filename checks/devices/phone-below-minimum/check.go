// Package phonebelowminimum finds people whose only phones are too old for a passkey in
// Microsoft Authenticator.
package phonebelowminimum

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-DEV-001.
var Check = &audit.Check{
	ID:       "PK-DEV-001",
	Slug:     "phone-below-minimum",
	Doc:      audit.MustDoc(doc),
	Problem:  2,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// What is not read of devices is said with Lacks.
		{Section: snapshot.Devices, Gap: audit.Refines},
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
		// A newer phone that only these show takes somebody off the list; they never
		// show all phones.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Listings, methods.Models, devices.Inventory, activity.SignIns},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	owned, err := audit.Get(ctx, p, devices.Inventory)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	models, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	devices.LacksDevices(p)
	may := mayKeep(applied)
	// A passkey in Authenticator was registered on a phone that could.
	better := models.With(catalogue.AuthenticatorAndroid).Or(models.With(catalogue.AuthenticatorIOS)).Or(said(log, devices.LevelEnough))
	old, untold := said(log, devices.LevelBelow), audit.Set{}
	for _, os := range []devices.OS{devices.Android, devices.IOS} {
		better = better.Or(owned.CapablePhone[os])
		old, untold = old.Or(owned.OldPhone[os]), untold.Or(owned.UntoldPhone[os])
	}
	suspects := may.Within(old.Minus(better))
	methods.LacksPeople(p, suspects.Maybe, "a profile that admits passkeys in Authenticator")
	records, err := devices.RecordsOf(ctx, p, dir, suspects.Yes, devices.PhoneSources()...)
	if err != nil {
		return err
	}
	var registered, signedIn list
	var unsure audit.Builder
	for n := range suspects.Yes.All() {
		switch v := judge(records[n]); {
		case v.better:
		case v.unsure:
			unsure.Add(n)
		case len(v.registered) > 0:
			registered.add(n, v.registered)
		case len(v.signedIn) > 0:
			signedIn.add(n, v.signedIn)
		}
	}
	lack := unsure.Set().Or(may.Possible().And(untold.Minus(better).Minus(old)))
	if !lack.Empty() {
		p.Lacks(snapshot.Devices, audit.Hides, fmt.Sprintf("which version the phones of %s have is not told", audit.PeoplePhrase(lack.Count())))
	}
	if people := registered.people.Set(); !people.Empty() {
		if err := report(ctx, p, policy, dir, people, registered.records, 0, "registered",
			"Phones that are not registered show nowhere."); err != nil {
			return err
		}
	}
	if people := signedIn.people.Set(); !people.Empty() {
		return report(ctx, p, policy, dir, people, signedIn.records, audit.Low, "sign-ins",
			"No phone of theirs that is in use is registered: this is what their sign-ins say of themselves.")
	}
	return nil
}

// mayKeep are the people in scope for whom some profile admits a passkey in
// Authenticator, on Android or on iOS.
func mayKeep(applied []methods.Applied) audit.Partly {
	var may audit.Partly
	for i := range applied {
		a := &applied[i]
		admits := audit.No
		for _, id := range []string{catalogue.AuthenticatorAndroid, catalogue.AuthenticatorIOS} {
			admits = admits.Or(a.AllowsRegistration(methods.Credential{AAGUID: id, Type: "deviceBound", Attest: audit.Yes}))
		}
		switch admits {
		case audit.Yes:
			may = may.Or(a.People)
		case audit.Unsure:
			may = may.Or(audit.Partly{Maybe: a.People.Possible()})
		}
	}
	return may
}

// said are the people with a successful sign-in from a phone whose version, as told
// there, is of a level.
func said(log *activity.SignInLog, level devices.Level) audit.Set {
	return log.Where(activity.Succeeded, func(place activity.Place) bool {
		return place.OS.Phone() && devices.PhoneLevel(place.OS, devices.ParseVersion(place.Version)) == level
	})
}

// list is people with the record that tells most of each.
type list struct {
	people  audit.Builder
	records []devices.Record
}

func (l *list) add(n uint32, records []devices.Record) {
	l.people.Add(n)
	l.records = append(l.records, records[0])
}

// verdict is what one person's records come to.
type verdict struct {
	better, unsure       bool
	registered, signedIn []devices.Record // phones below the minimum
}

func judge(records []devices.Record) (v verdict) {
	var apps, phones []devices.Record
	for _, r := range records {
		level := r.Level()
		switch {
		case r.By == devices.ByAuthenticator:
			apps = append(apps, r)
			continue
		case r.OS.Phone():
			phones = append(phones, r)
		}
		switch {
		case !r.OS.Phone(), r.Disabled, r.Shared, r.Form == devices.Appliance:
		case level == devices.LevelEnough:
			v.better = true
		case r.Form == devices.Tablet:
		case r.By >= devices.ByDirectory && r.Idle:
		case r.By >= devices.ByDirectory && level == devices.LevelUntold:
			v.unsure = true
		case level == devices.LevelUntold:
		case r.By >= devices.ByDirectory:
			v.registered = append(v.registered, r)
		default:
			v.signedIn = append(v.signedIn, r)
		}
	}
	// An Authenticator that is on none of these phones is on one of which nothing is
	// told.
	for i := range apps {
		if !slices.ContainsFunc(phones, func(r devices.Record) bool { return r.Runs(&apps[i]) }) {
			v.unsure = true
		}
	}
	return v
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, people audit.Set, records []devices.Record,
	severity audit.Severity, basis, note string) error {
	evidence, err := devices.QuoteVersions(ctx, p, records, "the version of the newest phone in evidence")
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Severity:  severity,
		Certainty: audit.Possible,
		Message: fmt.Sprintf("Of %s no phone is in evidence that can keep a passkey in Microsoft Authenticator, which takes Android %s, better 15, or iOS %s (AUT, 2026-07-05): %s. "+
			"Told by %s. %s Ask them: which phone do you use, which version does it show, and can it be updated?",
			audit.PeoplePhrase(people.Count()), devices.LeastAndroid, devices.LeastIOS, devices.Count(records), devices.CountEvidence(records), note),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: []string{basis},
		Fix: []audit.Step{audit.Do("Update or replace the phones before inviting these people to Authenticator, or give them something else to keep a passkey in: a security key, or Windows Hello. " +
			"Where a profile admits synced passkeys, iCloud Keychain takes iOS 16 and Google Password Manager Android 9 (PF, 2026-03-08).")},
	})
	return nil
}
