// Package registrationneedsmanageddevice finds policies that want a managed device
// where people register their passkey with one that is not.
package registrationneedsmanageddevice

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-005.
var Check = &audit.Check{
	ID:       "PK-BOOT-005",
	Slug:     "registration-needs-managed-device",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads:    bootstrap.Reads(audit.Read{Section: snapshot.Devices, Gap: audit.Refines}),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, bootstrap.Stops},
	Run:      run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, _, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	stopped, err := audit.Get(ctx, p, bootstrap.Stops)
	if err != nil {
		return err
	}
	for _, c := range stopped.Causes(byDevice) {
		bootstrap.Lacks(p, c.Unsure, c.Missing, "stopped by "+stopped.Label(bootstrap.Blocker{Type: bootstrap.PolicyBlocker, ID: c.Policy})+" for want of a managed device")
		if c.People.Empty() && len(c.Personas) == 0 {
			continue
		}
		f, err := stopped.Finding(ctx, p, &c)
		if err != nil {
			return err
		}
		who := "Nobody in scope without a passkey is stopped by that today."
		if n := c.People.Count(); n > 0 {
			who = fmt.Sprintf("%s no such phone, and cannot register inside Microsoft Authenticator.%s", audit.PeopleDo(n, "has", "have"), stopped.Stuck(c.People))
		}
		f.Message = fmt.Sprintf("%q wants a managed device where a passkey is registered. %s%s", stopped.PolicyName(c.Policy), who, stopped.Note(&c))
		f.Fix = append(f.Fix,
			stopped.ExcludeRegistration("Instead of lifting it: exclude the resource Microsoft Authenticator Credential Registration ("+bootstrap.CredentialRegistration+"), which has to exist as a service principal first.", c.Policy),
			audit.Do("Or let people register on a managed computer, or enrol their phones."))
		p.Report(f)
	}
	return nil
}

// byDevice tells whether a device control alone is enough for a policy to stop people
// in the app, or to leave them no way at all.
func byDevice(s *bootstrap.Stop, f *bootstrap.Refusal) bool {
	return (s.Route == bootstrap.AppRoute || s.Route == bootstrap.AnyRoute) && slices.Contains(f.Demanded, bootstrap.DeviceControlUnsatisfiable)
}
