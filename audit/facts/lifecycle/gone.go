package lifecycle

import (
	"context"
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

// GoneFromDevice is the fact that finds passkeys in Authenticator whose phone may be
// gone.
var GoneFromDevice = &audit.Fact[*Dated]{
	Name: "lifecycle.GoneFromDevice",
	Doc:  "whose passkey in Authenticator was registered before a sign that the phone is gone",
	Reads: []audit.Read{
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		// Without the list of devices nothing follows from one that is not on it.
		{Section: snapshot.Devices, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, activity.SignIns, activity.Changes, methods.Holdings, methods.Models},
	Derive: deriveGone,
}

// Dated are cases that hang on when passkeys were registered.
type Dated struct {
	Cases
	// Undated are the accounts with a passkey of which that is not told.
	Undated audit.Set
}

func deriveGone(ctx context.Context, p *audit.Pass) (*Dated, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return nil, err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return nil, err
	}
	models, err := audit.Get(ctx, p, methods.Models)
	if err != nil {
		return nil, err
	}
	holders := models.With(catalogue.AuthenticatorAndroid).Or(models.With(catalogue.AuthenticatorIOS))
	missing, err := missingPhones(ctx, p, holders)
	if err != nil {
		return nil, err
	}
	var b audit.Builder
	for n := range missing {
		b.Add(n)
	}
	suspects := changes.With(authenticatorDeleted).And(holders).Or(b.Set())
	passkeys, err := methods.DatedPasskeys(ctx, p, dir, held, suspects)
	if err != nil {
		return nil, err
	}
	out, undated := &Dated{Cases: newCases()}, audit.Builder{}
	for n := range suspects.All() {
		for _, k := range passkeys[n] {
			if !k.InAuthenticator() {
				continue
			}
			if k.Created.IsZero() {
				undated.Add(n)
				continue
			}
			if c, found := gone(k, changes.Of(n), missing[n]); found {
				c.Account = n
				c.Chain = inOrder(append(c.Chain, passkeyLink(dir, n, k, "a passkey in Authenticator, registered before that, is still there")))
				out.add(c)
			}
		}
	}
	out.Undated = undated.Set()
	return out, nil
}

func passkeyLink(dir *population.Directory, n uint32, k methods.Dated, means string) Link {
	return Link{k.Created, snapshot.AuthenticationMethods, dir.Member(n).ID, k.Pointer + "/createdDateTime", means}
}

func authenticatorDeleted(c activity.Change) bool {
	return c.What == activity.Deleted && c.Method == activity.AuthenticatorMethod
}

// gone finds what speaks for the phone of a passkey being gone: an Authenticator entry
// deleted after the passkey was registered, or a phone of its platform that signed in
// since and is no longer there.
func gone(k methods.Dated, changes []activity.Change, missing []activity.Phone) (Case, bool) {
	c := Case{Kind: Gone, Certainty: audit.Possible, Passkey: k.Pointer}
	for _, d := range changes {
		if authenticatorDeleted(d) && d.At.After(k.Created) {
			c.Cause = AppDeleted
			c.Chain = []Link{{d.At, snapshot.DirectoryAudits, d.Row, "/resultReason", "an Authenticator entry was deleted" + byOther(d)}}
			c.Competing = []string{"the entry was deleted and the phone is still there, with the passkey on it"}
			return c, true
		}
	}
	platform := devices.Android
	if strings.EqualFold(k.AAGUID, catalogue.AuthenticatorIOS) {
		platform = devices.IOS
	}
	for _, ph := range missing {
		if ph.OS == platform && ph.Last.After(k.Created) {
			c.Cause = PhoneMissing
			c.Chain = []Link{{ph.Last, snapshot.SignIns, ph.Row, "/deviceDetail/deviceId", "the last sign-in from a phone that is no longer among the devices"}}
			c.Competing = []string{"the phone was removed from the directory and is still in use", "the passkey is on another phone than the one that is gone"}
			return c, true
		}
	}
	return c, false
}

// missingPhones are the registered phones that some accounts signed in from and that
// the directory does not hold any more. Where not all devices are in view, they are
// those of which the view knows that.
func missingPhones(ctx context.Context, p *audit.Pass, of audit.Set) (map[uint32][]activity.Phone, error) {
	whole := p.Status(snapshot.Devices).State == snapshot.Complete
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for n := range of.All() {
		for _, phone := range log.Phones(n) {
			if whole || p.Absent(snapshot.Devices, phone.DeviceID) {
				seen[phone.DeviceID] = true
			}
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
