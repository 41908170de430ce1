// Package phoneonlypasskeysatdesks finds people who sign in at computers and whose only
// usable passkey is on a phone.
package phoneonlypasskeysatdesks

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

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

// Check is PK-XDEV-001.
var Check = &audit.Check{
	ID:       "PK-XDEV-001",
	Slug:     "phone-only-passkeys-at-desks",
	Doc:      audit.MustDoc(doc),
	Problem:  3,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// A method that was not read may be one that works without the phone.
		{Section: snapshot.AuthenticationMethods},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.OnPhone, activity.Platforms},
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
	onPhone, err := audit.Get(ctx, p, methods.OnPhone)
	if err != nil {
		return err
	}
	seen, err := audit.Get(ctx, p, activity.Platforms)
	if err != nil {
		return err
	}
	var atDesks audit.Set
	for _, os := range devices.Systems {
		if !os.Phone() {
			atDesks = atDesks.Or(seen[os])
		}
	}
	who := onPhone.Within(dir.People.And(atDesks))
	if !who.Maybe.Empty() {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether the only passkey of %s who sign in at computers is on a phone is not known", audit.PeoplePhrase(who.Maybe.Count())))
	}
	people := who.Yes
	if people.Empty() {
		return nil
	}
	var systems []string
	for _, os := range devices.Systems {
		if n := seen[os].And(people).Count(); n > 0 && !os.Phone() {
			systems = append(systems, fmt.Sprintf("%s: %d", os, n))
		}
	}
	evidence, err := methods.QuotePasskeys(ctx, p, dir, held, people, "the only passkey the person can use is in Authenticator on a phone",
		func(_ uint32, k methods.RegisteredPasskey) bool { return k.InAuthenticator() })
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s in from computers (%s), and their only phishing-resistant method is a passkey in Authenticator. At a computer it works through Bluetooth and the internet, "+
			"on both devices, to %s: none of that is in Graph. Ask: is Bluetooth on at these computers, and are the hosts reachable from their networks without inspection?",
			audit.PeopleDo(people.Count(), "signs", "sign"), strings.Join(systems, ", "), hosts(p.Catalogue())),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Fix: []audit.Step{audit.Do("Give them a second method for the desk: a passkey in Windows Hello, Windows Hello for Business, Platform SSO or a security key. Otherwise see that Bluetooth is allowed " +
			"at computers and phones, at least for FIDO authenticators, and that the hosts are let through.")},
	})
	return nil
}

// hosts lists what phones have to reach, with where that stands.
func hosts(known *catalogue.Catalogue) string {
	var names, sources []string
	for _, h := range known.Hosts() {
		names = append(names, h.Host)
		if source := h.Source.Cite(); !slices.Contains(sources, source) {
			sources = append(sources, source)
		}
	}
	if e := known.Edition(catalogue.SupportMatrix); e.Replaced() {
		sources = append(sources, e.String())
	}
	return fmt.Sprintf("%s (%s)", strings.Join(names, ", "), strings.Join(sources, "; "))
}
