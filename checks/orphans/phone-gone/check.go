// Package phonegone finds passkeys in Authenticator whose phone may be gone.
package phonegone

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-ORPH-004.
var Check = &audit.Check{
	ID:       "PK-ORPH-004",
	Slug:     "phone-gone",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		{Section: snapshot.DirectoryAudits, Gap: audit.Hides},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		// Without the list of devices nothing follows from one that is not on it.
		{Section: snapshot.Devices, Gap: audit.Hides},
		// The report names neither model nor time.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, activity.SignIns, activity.Changes, methods.Holdings, methods.Models},
	Run:   run,
}

// sign is what speaks for a phone being gone.
type sign struct {
	change *activity.Change
	phone  *activity.Phone
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	models, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return err
	}
	holders := models.With(catalogue.AuthenticatorAndroid).Or(models.With(catalogue.AuthenticatorIOS)).And(dir.People)
	deleted := changes.With(authenticatorDeleted).And(holders)
	missing, err := missingPhones(ctx, p, holders)
	if err != nil {
		return err
	}
	suspects := deleted
	for n := range missing {
		suspects = suspects.Or(audit.SetOf(n))
	}
	passkeys, err := methods.DatedPasskeys(ctx, p, dir, held, suspects)
	if err != nil {
		return err
	}
	var people, undated audit.Builder
	var removed []activity.Change
	var phones []activity.Phone
	proof := map[uint32]map[string]bool{}
	for n := range suspects.All() {
		for _, k := range passkeys[n] {
			if !k.InAuthenticator() {
				continue
			}
			if k.Created.IsZero() {
				undated.Add(n)
				continue
			}
			s := goneSince(k, changes.Of(n), missing[n])
			if s.change == nil && s.phone == nil {
				continue
			}
			if proof[n] == nil {
				proof[n] = map[string]bool{}
				people.Add(n)
				if s.change != nil {
					removed = append(removed, *s.change)
				} else {
					phones = append(phones, *s.phone)
				}
			}
			proof[n][k.Pointer] = true
		}
	}
	set := people.Set()
	if unsure := undated.Set().Minus(set); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("when passkeys of %s were registered is not told", audit.PeoplePhrase(unsure.Count())))
	}
	if set.Empty() {
		return nil
	}
	evidence, err := quote(ctx, p, removed, phones)
	if err != nil {
		return err
	}
	keys, err := methods.QuotePasskeyMember(ctx, p, dir, held, set, "createdDateTime", "a passkey in Authenticator, registered before that, is still there",
		func(n uint32, k methods.RegisteredPasskey) bool { return proof[n][k.Pointer] })
	if err != nil {
		return err
	}
	var said []string
	if len(removed) > 0 {
		said = append(said, "of "+audit.PeoplePhrase(len(removed))+" an Authenticator entry was deleted after the passkey had been registered")
	}
	if len(phones) > 0 {
		said = append(said, "of "+audit.PeoplePhrase(len(phones))+" a registered phone that signed in is no longer among the tenant's devices")
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s a passkey in Authenticator on a phone that may be gone: %s. Such a passkey is never restored on another phone, and Entra goes on listing it. "+
			"Ask them: do you still have the phone on which you registered it, with the same Authenticator?",
			audit.PeopleDo(set.Count(), "has", "have"), strings.Join(said, "; ")),
		Subject:  audit.Subject{Type: audit.SubjectTenant},
		Affected: audit.People(set, dir),
		Evidence: append(evidence, keys...),
		Fix: []audit.Step{{Change: "If the phone is gone, have a passkey registered on the new one, and delete the old one in Entra. Delete it before a Temporary Access Pass is " +
			"issued: while it is registered Entra may insist on it."}},
	})
	return nil
}

func authenticatorDeleted(c activity.Change) bool {
	return c.What == activity.Deleted && c.Method == activity.AuthenticatorMethod
}

// missingPhones are the registered phones that some accounts signed in from and that
// the directory does not hold any more.
func missingPhones(ctx context.Context, p *audit.Pass, of audit.Set) (map[uint32][]activity.Phone, error) {
	if p.Status(snapshot.Devices).State != snapshot.Complete {
		return nil, nil
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for n := range of.All() {
		for _, phone := range log.Phones(n) {
			seen[phone.DeviceID] = true
		}
	}
	if len(seen) == 0 {
		return nil, nil
	}
	for o, err := range audit.Objects[entra.Device](ctx, p, snapshot.Devices) {
		if err != nil {
			return nil, err
		}
		delete(seen, strings.ToLower(o.Value.DeviceID))
	}
	missing := map[uint32][]activity.Phone{}
	for n := range of.All() {
		for _, phone := range log.Phones(n) {
			if seen[phone.DeviceID] {
				missing[n] = append(missing[n], phone)
			}
		}
	}
	return missing, nil
}

// goneSince finds what speaks for the phone of a passkey being gone: an Authenticator
// entry deleted after the passkey was registered, or a phone of its platform, from
// before, that is no longer there.
func goneSince(k methods.Dated, changes []activity.Change, missing []activity.Phone) sign {
	for i := range changes {
		if c := &changes[i]; authenticatorDeleted(*c) && c.At.After(k.Created) {
			return sign{change: c}
		}
	}
	platform := devices.Android
	if strings.EqualFold(k.AAGUID, catalogue.AuthenticatorIOS) {
		platform = devices.IOS
	}
	for i := range missing {
		if ph := &missing[i]; ph.OS == platform && ph.Last.After(k.Created) {
			return sign{phone: ph}
		}
	}
	return sign{}
}

func quote(ctx context.Context, p *audit.Pass, removed []activity.Change, phones []activity.Phone) ([]audit.Evidence, error) {
	evidence, err := activity.QuoteChanges(ctx, p, removed[:min(len(removed), methods.QuotedPeople)], func(_ activity.Change, row audit.KeyedRow) []audit.Evidence {
		return []audit.Evidence{
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/resultReason", "an Authenticator entry was deleted"),
			audit.Quote(snapshot.DirectoryAudits, row.Key, row.Raw, "/activityDateTime", "when it was deleted"),
		}
	})
	if err != nil {
		return nil, err
	}
	phones = phones[:min(len(phones), methods.QuotedPeople)]
	ids := make([]string, len(phones))
	for i, ph := range phones {
		ids[i] = ph.Row
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.SignIns, ids)
	if err != nil {
		return nil, err
	}
	for _, ph := range phones {
		if row, found := rows[ph.Row]; found {
			evidence = append(evidence, audit.Quote(snapshot.SignIns, row.Key, row.Raw, "/deviceDetail/deviceId", "the last sign-in from a phone that is no longer among the devices"))
		}
	}
	return evidence, nil
}
