// Package syncednotaccepted finds registered synced passkeys that no profile of their
// owner accepts any more.
package syncednotaccepted

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SYNC-001.
var Check = &audit.Check{
	ID:       "PK-SYNC-001",
	Slug:     "synced-not-accepted",
	Doc:      audit.MustDoc(doc),
	Problem:  7,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	passkeys := policy.Passkeys
	scope := passkeys.InScope().Within(dir.People)
	if unknown := scope.Yes.Minus(held.Known()); !unknown.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides,
			fmt.Sprintf("whether %s a passkey is not known", audit.PeopleDo(unknown.Count(), "has", "have")))
	}
	rejected := func(n uint32, k methods.RegisteredPasskey) bool {
		allowed, why, _ := passkeys.SignIn(n, k.Credential)
		return strings.EqualFold(k.Type, "synced") && allowed == audit.No && why == methods.RejectedType
	}
	var found, reported, inferred, unsure, untyped, unplaced audit.Builder
	profiles := map[int]bool{}
	for n := range held.Of(methods.Passkey).And(scope.Possible()).All() {
		for _, k := range held.Passkeys(n) {
			allowed, why, guessed := passkeys.SignIn(n, k.Credential)
			switch {
			case allowed == audit.Yes, strings.EqualFold(k.Type, "deviceBound"), allowed == audit.No && why != methods.RejectedType:
				continue
			case k.Type == "":
				untyped.Add(n)
				continue
			case allowed != audit.No:
				unsure.Add(n)
				continue
			case !scope.Yes.Has(n):
				unplaced.Add(n)
				continue
			}
			found.Add(n)
			if !held.Asked.Has(n) {
				reported.Add(n)
			}
			if guessed {
				inferred.Add(n)
			}
			for i := range passkeys.Profiles {
				if passkeys.Profiles[i].Reach.Yes.Has(n) {
					profiles[i] = true
				}
			}
		}
	}
	if set := untyped.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether passkeys of %s are synced was not read", audit.PeoplePhrase(set.Count())))
	}
	if set := unsure.Set(); !set.Empty() {
		p.Lacks(snapshot.AuthenticationMethodsPolicy, audit.Hides, fmt.Sprintf("whether the profiles admit synced passkeys of %s is not known", audit.PeoplePhrase(set.Count())))
	}
	if set := unplaced.Set(); !set.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether %s in scope is not known", audit.PeopleDo(set.Count(), "is", "are")))
	}
	people := found.Set()
	if people.Empty() {
		return nil
	}
	var evidence []audit.Evidence
	var list []change.Request
	for i := range passkeys.Profiles {
		if profiles[i] {
			pr := &passkeys.Profiles[i]
			if both, ok := pr.ListTypes(methods.DeviceBound, methods.Synced); ok {
				list = append(list, both)
			}
			if pr.Attests() != audit.No {
				list = append(list, pr.Attest(false))
			}
			evidence = append(evidence, policy.Quote(pr.Pointer+"/passkeyTypes", pr.Label()+" does not list synced passkeys"))
		}
	}
	keys, err := methods.QuotePasskeyMember(ctx, p, dir, held, people, "passkeyType", "a registered synced passkey", rejected)
	if err != nil {
		return err
	}
	certainty, note := audit.Confirmed, ""
	if set := reported.Set(); !set.Empty() {
		certainty, note = audit.Likely, fmt.Sprintf(" Of %s only the registration report says so, which lags up to 36 hours.", audit.PeoplePhrase(set.Count()))
	}
	if !inferred.Set().Empty() {
		certainty = audit.Likely
		note += " Some of them are in a target that names no profile; that such a target means the Default profile is not documented."
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s a registered synced passkey, and no profile that applies to them lists the type synced: sign-in with it has stopped (PF, 2026-03-08).%s",
			audit.PeopleDo(people.Count(), "holds", "hold"), note),
		Subject:  passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: append(evidence, keys...),
		Fix: []audit.Step{
			audit.Edit("Decide whether synced passkeys are wanted. If so, list the type in the profiles that apply to these people, without attestation.", list...),
			audit.Do("If not, have them register a device-bound passkey, and delete the synced one in Entra and in its provider."),
		},
	})
	return nil
}
