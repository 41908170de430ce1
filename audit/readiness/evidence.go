package readiness

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/reportonly"
	"passkeyaudit/audit/snapshot"
)

// claimed tags a system that nothing shows but what a client said of itself at a sign-in,
// the user agent. It is no section.
const claimed snapshot.SectionID = "userAgent"

// evidenceOrder is what shows that somebody uses a system, the strongest first: a
// credential that lives there, a managed device, a device of the directory, a sign-in from
// a registered device, and a sign-in from something that says it is one.
var evidenceOrder = [...]snapshot.SectionID{snapshot.AuthenticationMethods, snapshot.ManagedDevices, snapshot.Devices, snapshot.SignIns, claimed}

// evidence is who is seen on a system, by what shows it.
type evidence map[devices.OS]map[snapshot.SectionID]audit.Set

// gatherEvidence puts together where people are seen.
func (r *Report) gatherEvidence(ctx context.Context, run *audit.Run) error {
	var err error
	if r.trial, err = audit.Evaluate(ctx, run, reportonly.Log); err != nil {
		return err
	}
	models, err := audit.Evaluate(ctx, run, methods.Models)
	if err != nil {
		return err
	}
	phones, err := audit.Evaluate(ctx, run, devices.Phones)
	if err != nil {
		return err
	}
	owned, held := r.Result.Owned(), r.Result.Held
	r.seen = evidence{}
	for _, os := range devices.Systems {
		r.seen[os] = map[snapshot.SectionID]audit.Set{
			snapshot.ManagedDevices: owned.Managed[os], snapshot.Devices: owned.Of[os], snapshot.SignIns: r.trial.Registered[os], claimed: r.trial.Claimed[os],
		}
	}
	// Hello is set up on a Windows computer, a platform credential on a Mac, and a passkey
	// in Authenticator on the phone of its model.
	r.seen[devices.Windows][snapshot.AuthenticationMethods] = held.Of(methods.WindowsHello).Or(models.With(catalogue.WindowsHelloTPM)).
		Or(models.With(catalogue.WindowsHelloVBS)).Or(models.With(catalogue.WindowsHelloSoftware))
	r.seen[devices.MacOS][snapshot.AuthenticationMethods] = held.Of(methods.PlatformCredential)
	r.seen[devices.IOS][snapshot.AuthenticationMethods] = models.With(catalogue.AuthenticatorIOS).Or(phones.In(devices.IOS, snapshot.AuthenticationMethods))
	r.seen[devices.Android][snapshot.AuthenticationMethods] = models.With(catalogue.AuthenticatorAndroid).Or(phones.In(devices.Android, snapshot.AuthenticationMethods))
	return nil
}

// anywhere are the accounts seen on each system by something.
func (e evidence) anywhere() map[devices.OS]audit.Set {
	all := map[devices.OS]audit.Set{}
	for os, by := range e {
		for _, set := range by {
			all[os] = all[os].Or(set)
		}
	}
	return all
}
