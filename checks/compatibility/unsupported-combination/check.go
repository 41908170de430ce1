// Package unsupportedcombination finds people with passkeys who sign in from systems,
// browsers and apps in which passkeys are not supported.
package unsupportedcombination

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/compatibility"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-COMP-001.
var Check = &audit.Check{
	ID:       "PK-COMP-001",
	Slug:     "unsupported-combination",
	Doc:      audit.MustDoc(doc),
	Problem:  8,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Of somebody whose passkeys were not listed nothing is said that another passkey
		// could refute.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, activity.SignIns},
	Run:   run,
}

// tells tells whether a sign-in that ended in some way shows that the person uses the
// place. A wrong password may be anybody's, and a policy that refused a place has seen to
// it.
func tells(c activity.Class) bool {
	switch c {
	case activity.Succeeded, activity.Unfinished, activity.KeyUnknown, activity.PasskeyFailed, activity.MFAFailed:
		return true
	}
	return false
}

// combination is a system with a browser or an app, and the cell of the matrix that
// speaks against it.
type combination struct {
	os     devices.OS
	client string
	cell   string
}

func (c combination) String() string { return fmt.Sprintf("%s on %s", c.client, c.os) }

// users are those of a combination.
type users struct {
	answer catalogue.Answer
	people audit.Builder
	places map[activity.Place]bool
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
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	at, err := entra.ParseTime(p.Now())
	if err != nil {
		return err
	}
	ask := compatibility.NewAsker(p.Catalogue(), at)
	scope := policy.Passkeys.InScope()
	found := map[combination]*users{}
	var unsure, unread audit.Builder
	for use := range log.Uses() {
		n, place := use.Account, use.Place
		if !tells(use.Class) || place.OS == "" || place.Client != activity.BrowserClient && place.Client != activity.AppClient || !dir.People.Has(n) || !ask.Fails(place) {
			continue
		}
		if !held.Known().Has(n) {
			if ask.Look(place, methods.RegisteredPasskey{}, 0).Support == catalogue.Unsupported {
				unread.Add(n)
			}
			continue
		}
		yes, maybe := policy.UsablePasskeys(held, scope.Has(n), n)
		answer, against := refusing(ask, place, slices.Concat(yes, maybe))
		switch {
		case !against:
		case len(yes) == 0:
			unsure.Add(n)
		default:
			at := combination{place.OS, cmp.Or(place.Browser, place.App), answer.Cell.ID}
			if place.Client != activity.BrowserClient {
				at.client = place.App
			}
			if found[at] == nil {
				found[at] = &users{answer: answer, places: map[activity.Place]bool{}}
			}
			found[at].people.Add(n)
			found[at].places[place] = true
		}
	}
	if set := unread.Set(); !set.Empty() {
		p.Lacks(snapshot.UserRegistrationDetails, audit.Hides, fmt.Sprintf("whether %s a passkey is not known, and they sign in where none is supported", audit.PeopleDo(set.Count(), "has", "have")))
	}
	if set := unsure.Set(); !set.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether %s use the passkeys they have is not known, and they sign in where none is supported", audit.PeopleDo(set.Count(), "may", "may")))
	}
	for at, u := range found {
		if err := report(ctx, p, policy, dir, at, u); err != nil {
			return err
		}
	}
	return nil
}

// refusing tells whether a place supports none of some passkeys, of those at least that
// are not bound to another system: that is another check's.
func refusing(ask *compatibility.Asker, place activity.Place, keys []methods.RegisteredPasskey) (catalogue.Answer, bool) {
	var answer catalogue.Answer
	some := false
	for _, k := range keys {
		if ask.Bound(k, place.OS) {
			continue
		}
		a := ask.Look(place, k, len(keys))
		if a.Support != catalogue.Unsupported {
			return answer, false
		}
		// An answer that can be relied on speaks for all.
		if !some || answer.Stale && !a.Stale {
			answer, some = a, true
		}
	}
	return answer, some
}

func report(ctx context.Context, p *audit.Pass, policy *methods.Effective, dir *population.Directory, at combination, u *users) error {
	people := u.people.Set()
	evidence, err := activity.QuotePlaces(ctx, p, dir, people, func(place activity.Place, class activity.Class) bool { return tells(class) && u.places[place] },
		[]string{"/deviceDetail/operatingSystem", "/deviceDetail/browser", "/appDisplayName"}, "a sign-in from "+at.String())
	if err != nil {
		return err
	}
	f := audit.Finding{
		Certainty: audit.Likely,
		Subject:   policy.Passkeys.Subject(), Affected: audit.People(people, dir), Evidence: evidence,
		Blockers: []string{string(at.os), at.client, at.cell},
		Fix:      []audit.Step{audit.Do(fmt.Sprintf("Tell them what works on %s: a browser of the support matrix. Before a phishing-resistant method is demanded, see that they have moved.", at.os))},
	}
	ask := ""
	if u.answer.Stale {
		f.Severity, f.Certainty = audit.Info, audit.Possible
		ask = " An edition that old explains trouble and proves none: ask one of them to try it."
	}
	f.Message = fmt.Sprintf("%s in with %s, where passkeys are not supported by the %s.%s",
		audit.PeopleDo(people.Count(), "with a passkey signs", "with passkeys sign"), at, u.answer.Cite(), ask)
	p.Report(f)
	return nil
}
