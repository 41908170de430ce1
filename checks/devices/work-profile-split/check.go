// Package workprofilesplit finds people with an Android work profile beside a personal
// one: a passkey lives in one of them.
package workprofilesplit

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

// Check is PK-DEV-003.
var Check = &audit.Check{
	ID:       "PK-DEV-003",
	Slug:     "work-profile-split",
	Doc:      audit.MustDoc(doc),
	Problem:  6,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Without devices no work profile is seen at all.
		{Section: snapshot.Devices, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// Intune only adds work profiles that the directory does not tell.
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Listings, methods.Models, methods.Holdings, devices.Inventory, devices.Phones},
	Run:   run,
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
	models, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	if s := p.Status(snapshot.ManagedDevices).State; s != snapshot.Complete && s != snapshot.Unlicensed {
		p.Lacks(snapshot.ManagedDevices, audit.Hides, "people may have a work profile that was not read")
	}
	inScope := policy.Passkeys.InScope().Within(dir.People.And(owned.WorkProfile))
	methods.LacksPeople(p, inScope.Maybe, "the method")
	records, err := devices.RecordsOf(ctx, p, dir, inScope.Yes, snapshot.Devices, snapshot.ManagedDevices, snapshot.AuthenticationMethods)
	if err != nil {
		return err
	}
	withPasskey := models.With(catalogue.AuthenticatorAndroid)
	var people audit.Builder
	var quoted []devices.Record
	var both, apps int
	for n := range inScope.Yes.All() {
		s := judge(records[n])
		if s.profile == nil || s.beside == nil && s.apps < 2 && !withPasskey.Has(n) {
			continue
		}
		people.Add(n)
		quoted = append(quoted, *s.profile)
		if s.beside != nil {
			both++
			quoted = append(quoted, *s.beside)
		}
		if s.apps > 1 {
			apps++
		}
	}
	set := people.Set()
	if set.Empty() {
		return nil
	}
	evidence, err := devices.QuoteRecords(ctx, p, quoted[:min(len(quoted), 2*methods.QuotedPeople)], func(r devices.Record) (string, string) {
		if r.InWorkProfile {
			return r.SystemPointer, "a work profile"
		}
		return r.SystemPointer, "the same phone, registered outside of the work profile"
	})
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	keys := set.And(withPasskey)
	quotes, err := methods.QuotePasskeys(ctx, p, dir, held, keys, "a passkey in Authenticator on Android, in one of the two profiles",
		func(_ uint32, k methods.RegisteredPasskey) bool {
			return strings.EqualFold(k.AAGUID, catalogue.AuthenticatorAndroid)
		})
	if err != nil {
		return err
	}
	var signs []string
	for _, sign := range []struct {
		n    int
		what string
	}{
		{both, "the phone registered outside of it as well"},
		{apps, "Authenticator registered more than once"},
		{keys.Count(), "a passkey in Authenticator on Android"},
	} {
		if sign.n > 0 {
			signs = append(signs, fmt.Sprintf("%s: %d", sign.what, sign.n))
		}
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s an Android work profile beside the personal one (%s). The two profiles are apart: a passkey in Authenticator is in the one where it was registered, "+
			"and apps and browsers of the other do not find it (AUT, 2026-07-05; FAQ, 2026-03-26). In which one it is, is not in Graph. Ask them: does the Authenticator with the passkey carry the briefcase, "+
			"and from which profile do you sign in?",
			audit.PeopleDo(set.Count(), "has", "have"), strings.Join(signs, ", ")),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(set, dir),
		Evidence: append(evidence, quotes...),
		Fix:      []audit.Step{audit.Do("Tell them in which profile work apps sign in, and have the passkey registered there; who signs in from both needs one in each.")},
	})
	return nil
}

// split is what one person's records say of profiles.
type split struct {
	profile, beside *devices.Record
	// apps counts registered Authenticators that may be on the phone.
	apps int
}

func judge(records []devices.Record) (s split) {
	for i := range records {
		r := &records[i]
		if r.InWorkProfile && !r.Disabled && s.profile == nil {
			s.profile = r
		}
	}
	if s.profile == nil {
		return s
	}
	for i := range records {
		r := &records[i]
		switch {
		case r.By == devices.ByAuthenticator && r.OS != devices.IOS && s.profile.Runs(r):
			s.apps++
		case r.Beside && !r.Disabled && s.beside == nil && sameModel(s.profile, r):
			s.beside = r
		}
	}
	return s
}

// sameModel tells whether two registrations may be of one phone.
func sameModel(a, b *devices.Record) bool {
	return a.Model == "" || b.Model == "" || strings.EqualFold(a.Model, b.Model)
}
