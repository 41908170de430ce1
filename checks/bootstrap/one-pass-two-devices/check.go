// Package onepasstwodevices finds people whose way needs a pass on two devices where
// every pass can be used once.
package onepasstwodevices

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-020.
var Check = &audit.Check{
	ID:       "PK-BOOT-020",
	Slug:     "one-pass-two-devices",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads:    bootstrap.Reads(),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, bootstrap.Reach},
	Run:      run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	tap := policy.Method(entra.MethodTemporaryAccessPass)
	switch {
	case tap == nil:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no TemporaryAccessPass configuration"}
	case tap.Enabled == audit.No:
		p.NotApplicable("Temporary Access Pass is disabled")
		return nil
	case tap.Config.IsUsableOnce == nil || !*tap.Config.IsUsableOnce:
		return nil // passes for several uses can be issued
	}
	reach, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	var people, unsure audit.Set
	var missing []string
	confidence := bootstrap.Medium
	for i := range reach.Classes {
		v, members := &reach.Classes[i].Verdict, reach.Classes[i].People
		switch {
		case members.Empty():
		case v.State == bootstrap.Unknown:
			unsure, missing = unsure.Or(members), append(missing, v.Missing...)
		case twice(v):
			people, confidence = people.Or(members), confidence.Lower(reach.Classes[i].Firmness())
		}
	}
	slices.Sort(missing)
	bootstrap.Lacks(p, unsure, slices.Compact(missing), "needs a pass on two devices")
	f := audit.Finding{
		Certainty: confidence.Certainty(),
		Subject:   audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodTemporaryAccessPass, Name: "Temporary Access Pass"},
		Affected:  audit.People(people, dir),
		Evidence:  []audit.Evidence{policy.Quote(tap.Pointer+"/isUsableOnce", "every pass can be used once")},
		Blockers:  []string{"isUsableOnce"},
		Fix: []audit.Step{
			audit.Edit("Allow passes for several uses with a short lifetime (isUsableOnce false) and issue one to these people.", change.PatchMethod(entra.MethodTemporaryAccessPass, change.Body{"isUsableOnce": false})),
			audit.Do("Or issue a second pass when they get to the phone, or give them a security key, which needs one sign-in."),
		},
	}
	const why = "signs in to Security info on a computer and then finishes in Authenticator on the phone (REG, 2026-07-05), while every pass can be used once: the second sign-in is refused."
	if people.Empty() {
		who, under, err := personas(ctx, reach)
		if err != nil || len(who) == 0 {
			return err
		}
		f.Message = fmt.Sprintf("Under the policies of %s, the cheapest way of %s with a Temporary Access Pass %s", audit.PeoplePhrase(under.Count()), bootstrap.Who(who), why)
	} else {
		f.Message = fmt.Sprintf("The cheapest way of %s to a passkey needs a Temporary Access Pass and %s", audit.PeoplePhrase(people.Count()), why)
	}
	f.Message += " Whether the phone takes the passkey over without a sign-in of its own is not settled."
	p.Report(f)
	return nil
}

// twice tells whether a way needs a new pass on a computer and ends on a phone.
func twice(v *bootstrap.Verdict) bool {
	return v.State == bootstrap.NeedsAdminStep && slices.Contains(v.Steps, bootstrap.IssuePass) && v.Path.Credential == bootstrap.AuthenticatorCredential &&
		v.Path.Surface == bootstrap.CrossDevice
}

func personas(ctx context.Context, reach *bootstrap.Result) (who []bootstrap.Persona, under audit.Set, err error) {
	list, err := reach.Personas(ctx)
	if err != nil {
		return nil, under, err
	}
	for i := range list {
		if twice(&list[i].Verdict) {
			under = under.Or(list[i].Under)
			if !slices.Contains(who, list[i].Persona) {
				who = append(who, list[i].Persona)
			}
		}
	}
	return who, under, nil
}
