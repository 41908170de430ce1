// Package hellocontainerclash finds people who may register a Windows passkey only, and
// whose Windows Hello for Business credential stands in its way.
package hellocontainerclash

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-DEV-005.
var Check = &audit.Check{
	ID:       "PK-DEV-005",
	Slug:     "hello-container-clash",
	Doc:      audit.MustDoc(doc),
	Problem:  5,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// A passkey that was not read may be one that works.
		{Section: snapshot.AuthenticationMethods},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings},
	Run:   run,
}

// windows are the models of passkeys in Windows Hello. Source: WIN
// (how-to-authentication-entra-passkeys-on-windows, 2026-02-18).
var windows = []string{catalogue.WindowsHelloTPM, catalogue.WindowsHelloVBS, catalogue.WindowsHelloSoftware}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, applied, err := methods.AppliedProfiles(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return err
	}
	var only []*methods.Applied
	var bound, free audit.Partly
	for i := range applied {
		a := &applied[i]
		switch others, admits := admitsOthers(a), admitsWindows(a); {
		case others == audit.No && admits == audit.Yes:
			only = append(only, a)
			bound = bound.Or(a.People)
		case others == audit.No && admits == audit.No:
			// It admits nothing; another profile may.
		case others == audit.Yes:
			free = free.Or(a.People)
		default:
			bound, free = bound.Or(audit.Partly{Maybe: a.People.Possible()}), free.Or(audit.Partly{Maybe: a.People.Possible()})
			if !a.People.Possible().And(held.Of(methods.WindowsHello)).Empty() && len(a.AAGUIDs().Listed) > 0 && onlyWindows(a.AAGUIDs().Listed) {
				methods.LacksRule(p, a, "a passkey type or the key restriction")
			}
		}
	}
	who := bound.Minus(free).Within(held.Of(methods.WindowsHello))
	works := working(policy, held, who.Possible())
	if unsure := works.Maybe.And(who.Yes); !unsure.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether a passkey of %s works is not known", audit.PeoplePhrase(unsure.Count())))
	}
	who = who.Minus(works)
	people := who.Yes
	if len(only) > 0 {
		methods.LacksPeople(p, who.Maybe.Minus(works.Maybe), only[0].Label())
	}
	if people.Empty() {
		return nil
	}
	evidence, err := methods.QuoteHoldings(ctx, p, dir, held, people, "Windows Hello for Business is among what is registered")
	if err != nil {
		return err
	}
	var said []string
	subject, note := policy.Passkeys.Subject(), ""
	var quotes []audit.Evidence
	for _, a := range only {
		if a.People.Yes.And(people).Empty() {
			continue
		}
		said = append(said, a.Label())
		subject = a.Subject(policy.Passkeys)
		quotes = append(quotes, policy.Quote(a.Pointer+"/keyRestrictions", "models of Windows Hello and no others are admitted"))
		if _, n := a.Inference(people); n != "" {
			note = n
		}
	}
	if len(said) > 1 {
		subject = policy.Passkeys.Subject()
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s no passkey that works and may register none but one in Windows Hello (%s), while a Windows Hello for Business credential of the same account exists. "+
			"Where both would be in one container, that is on one computer, registration fails and says that the passkey exists already (WIN, 2026-02-18, a preview; "+
			"the rule may end beyond 50 platform credentials). On which computer the credential is, this audit does not read. Ask them: on which computer do you register, and do you sign in to Windows there with Hello?%s",
			audit.PeopleDo(people.Count(), "has", "have"), strings.Join(said, ", "), note),
		Subject:  subject,
		Affected: audit.People(people, dir),
		Evidence: append(quotes, evidence...),
		Fix: []audit.Step{audit.Do("Leave them with Windows Hello for Business, which is phishing-resistant by itself and not governed by passkey profiles, " +
			"or admit another kind of passkey in the profile for other devices.")},
	})
	return nil
}

// working are the accounts with a passkey that policy lets them sign in with.
func working(policy *methods.Effective, held *methods.Held, people audit.Set) audit.Partly {
	var yes, maybe audit.Builder
	for n := range people.All() {
		answer := audit.No
		for _, k := range held.Passkeys(n) {
			allowed, _, _ := policy.Passkeys.SignIn(n, k.Credential)
			answer = answer.Or(allowed)
		}
		switch answer {
		case audit.Yes:
			yes.Add(n)
		case audit.Unsure:
			maybe.Add(n)
		}
	}
	return audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}
}

// admitsOthers tells whether a profile admits anything besides Windows Hello.
func admitsOthers(a *methods.Applied) audit.Tri {
	ids := a.AAGUIDs()
	switch {
	case !ids.Known:
		return audit.Unsure
	case ids.Enforced && !ids.Block && onlyWindows(ids.Listed):
		return audit.No
	default:
		return audit.Yes
	}
}

// admitsWindows tells whether some passkey in Windows Hello can be registered through
// a profile: not attested, and device-bound.
func admitsWindows(a *methods.Applied) audit.Tri {
	admits := audit.No
	for _, id := range windows {
		admits = admits.Or(a.AllowsRegistration(methods.Credential{AAGUID: id, Type: "deviceBound", Attest: audit.No}))
	}
	return admits
}

// onlyWindows tells whether a list names models of Windows Hello and no others.
func onlyWindows(listed []string) bool {
	for _, id := range listed {
		if id != catalogue.WindowsHelloTPM && id != catalogue.WindowsHelloVBS && id != catalogue.WindowsHelloSoftware {
			return false
		}
	}
	return true
}
