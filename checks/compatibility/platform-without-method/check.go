// Package platformwithoutmethod finds systems that people sign in from and on which none
// of their phishing-resistant methods works.
package platformwithoutmethod

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/compatibility"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-COMP-003.
var Check = &audit.Check{
	ID:       "PK-COMP-003",
	Slug:     "platform-without-method",
	Doc:      audit.MustDoc(doc),
	Problem:  8,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// A method that was not read may be one that works there.
		{Section: snapshot.AuthenticationMethods},
		// The report only tells who should have been asked for their methods.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		// Policies only tell how much it matters.
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, methods.Modes, activity.SignIns, access.Policies},
	Run:   run,
}

// modern tells whether a client could use a phishing-resistant method at all; the others
// are another check's.
func modern(place activity.Place) bool {
	return place.OS != "" && (place.Client == activity.BrowserClient || place.Client == activity.AppClient)
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
	strong, err := audit.Get(ctx, p, methods.Usable)
	if err != nil {
		return err
	}
	modes, err := audit.Get(ctx, p, methods.Modes)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	at, err := entra.ParseTime(p.Now())
	if err != nil {
		return err
	}
	// A certificate works anywhere, and Graph does not show who has one; neither does it
	// tell what a method of a kind not known can do.
	elsewhere := strong.Unseen["certificate"].Or(held.Of(methods.Unrecognised)).Or(dir.All.Minus(held.Known()))
	h := &holder{held: held, policy: policy, ask: compatibility.NewAsker(p.Catalogue(), at), scope: policy.Passkeys.InScope(),
		any: held.Of(methods.Passkey).Or(held.Of(methods.WindowsHello)).Or(held.Of(methods.PlatformCredential)),
	}
	stuck, unsure := h.stuck(log, dir.People)
	for _, os := range devices.Systems {
		if set := unsure[os].Or(stuck[os].And(elsewhere)); !set.Empty() {
			p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether %s who sign in from %s a phishing-resistant method that works there is not known", audit.PeopleDo(set.Count(), "has", "have"), os))
		}
	}
	// What else people can be asked for today.
	var fallback audit.Set
	for _, mode := range []string{"microsoftAuthenticatorPush", "softwareOath", "hardwareOath", "sms", "voice", "federatedMultiFactor", "externalAuthenticationMethod"} {
		fallback = fallback.Or(modes[mode].Possible())
	}
	for _, os := range devices.Systems {
		people := stuck[os].Minus(elsewhere)
		if people.Empty() {
			continue
		}
		asked := policies.AsksResistant(signIn(os))
		needed := people.And(asked.Yes.Or(asked.Perhaps))
		bare := people.Minus(fallback).Minus(needed)
		for _, one := range []struct {
			people   audit.Set
			severity audit.Severity
			blocker  string
			message  string
			policies []int
		}{
			{needed, audit.Medium, "asked", " A phishing-resistant method is asked of them there, or will be: by %s.", asked.Policies},
			{bare, audit.Medium, "bare", " They have no other strong method either.", nil},
			{people.Minus(needed).Minus(bare), audit.Info, "fallback", " Today they can fall back to another method there; with a demand for a phishing-resistant one they could not.", nil},
		} {
			if one.people.Empty() {
				continue
			}
			if err := report(ctx, p, policy, dir, held, policies, os, one.people, one.severity, one.blocker, one.message, one.policies); err != nil {
				return err
			}
		}
	}
	return nil
}

// signIn is an ordinary sign-in from a system.
func signIn(os devices.OS) *conditionalaccess.SignIn {
	return &conditionalaccess.SignIn{
		Target:        conditionalaccess.Target{Kind: conditionalaccess.App, ID: access.ExchangeOnline},
		ClientAppType: conditionalaccess.Is("browser"), Platform: conditionalaccess.Is(string(os)), Device: conditionalaccess.Unregistered(),
		SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"), Transfer: conditionalaccess.Is("none"),
	}
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, held *methods.Held, policies *access.Compiled, os devices.OS,
	people audit.Set, severity audit.Severity, blocker, note string, by []int) error {
	evidence, err := activity.QuotePlaces(ctx, p, dir, people, func(place activity.Place, class activity.Class) bool {
		return class == activity.Succeeded && place.OS == os && modern(place)
	}, []string{"/deviceDetail/operatingSystem"}, "a sign-in from "+os.String()+" that succeeded")
	if err != nil {
		return err
	}
	has, err := methods.QuoteHoldings(ctx, p, dir, held, people, "what the person has")
	if err != nil {
		return err
	}
	if strings.Contains(note, "%s") {
		var names []string
		for _, i := range by {
			if !policies.Reach[i].Yes.And(people).Empty() {
				name := policies.PolicyLabel(i)
				if policies.ReportsOnly(i) {
					name += " (report-only)"
				}
				names = append(names, name)
			}
		}
		note = fmt.Sprintf(note, strings.Join(names, ", "))
	}
	p.Report(audit.Finding{
		Severity: severity,
		Message: fmt.Sprintf("%s in from %s, where none of the phishing-resistant methods they have works.%s",
			audit.PeopleDo(people.Count(), "signs", "sign"), os, note),
		Subject: policy.Passkeys.Subject(), Affected: audit.People(people, dir), Evidence: slices.Concat(evidence, has),
		Blockers: []string{string(os), blocker},
		Fix:      []audit.Step{audit.Do(fmt.Sprintf("Give them a second method that goes along to %s: a security key, or a passkey in Authenticator on their phone.", os))},
	})
	return nil
}
