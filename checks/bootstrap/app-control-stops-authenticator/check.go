// Package appcontrolstopsauthenticator finds policies whose controls on apps keep
// people from registering a passkey inside Microsoft Authenticator.
package appcontrolstopsauthenticator

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-007.
var Check = &audit.Check{
	ID:       "PK-BOOT-007",
	Slug:     "app-control-stops-authenticator",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads:    bootstrap.Reads(audit.Read{Section: snapshot.ServicePrincipals, Gap: audit.Refines}),
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
	provisioned, evidence, err := registrationResource(ctx, p)
	if err != nil {
		return err
	}
	for _, c := range stopped.Causes(byApp) {
		bootstrap.Lacks(p, c.Unsure, c.Missing, "stopped inside Microsoft Authenticator by a control on apps")
		if c.People.Empty() && len(c.Personas) == 0 {
			continue
		}
		f, err := stopped.Finding(ctx, p, &c)
		if err != nil {
			return err
		}
		who := "Nobody in scope without a passkey is stopped by that today."
		if n := c.People.Count(); n > 0 {
			who = audit.PeopleDo(n, "is", "are") + " stopped by that." + stopped.Stuck(c.People)
		}
		f.Message = fmt.Sprintf("%q wants an approved or protected app, which Microsoft Authenticator is not: registering a passkey inside it fails. %s%s %s",
			stopped.PolicyName(c.Policy), who, stopped.Note(&c), provisioned)
		f.Evidence = append(f.Evidence, evidence...)
		f.Fix = append(f.Fix, stopped.ExcludeRegistration("Instead of lifting it: exclude the resource Microsoft Authenticator Credential Registration ("+bootstrap.CredentialRegistration+") from it, after creating the service principal if there is none.", c.Policy))
		p.Report(f)
	}
	return nil
}

// byApp tells whether a control on apps is what a policy stops people in the app by:
// alone, or where the alternative is a managed phone, which they do not have.
func byApp(s *bootstrap.Stop, f *bootstrap.Refusal) bool {
	if s.Route != bootstrap.AppRoute && s.Route != bootstrap.AnyRoute {
		return false
	}
	others := slices.ContainsFunc(f.Reasons, func(r bootstrap.Reason) bool {
		return r != bootstrap.AppControlUnsatisfiable && r != bootstrap.DeviceControlUnsatisfiable
	})
	return slices.Contains(f.Demanded, bootstrap.AppControlUnsatisfiable) || f.Has(bootstrap.AppControlUnsatisfiable) && !others
}

// registrationResource says whether the resource that could be excluded exists in the
// tenant.
func registrationResource(ctx context.Context, p *audit.Pass) (string, []audit.Evidence, error) {
	const name = "The resource to exclude, Microsoft Authenticator Credential Registration,"
	list, err := audit.QuotedObjects[entra.ServicePrincipal](ctx, p, snapshot.ServicePrincipals)
	if err != nil {
		return "", nil, err
	}
	for _, s := range list {
		if strings.EqualFold(s.Value.AppID, bootstrap.CredentialRegistration) {
			return name + " is there.", []audit.Evidence{audit.Quote(snapshot.ServicePrincipals, s.Value.ID, s.Raw, "/appId", "the resource to exclude is there")}, nil
		}
	}
	if p.Status(snapshot.ServicePrincipals).State != snapshot.Complete {
		return "Whether the resource to exclude, Microsoft Authenticator Credential Registration, exists in the tenant was not read.", nil, nil
	}
	return name + " does not exist in the tenant and has to be created as a service principal first.",
		[]audit.Evidence{audit.Examined(snapshot.ServicePrincipals, len(list), "the resource to exclude is not among them")}, nil
}
