// Package crossdevicefailures finds networks from which several people who need their
// phone for a passkey did not get to the end of a sign-in.
package crossdevicefailures

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-XDEV-002.
var Check = &audit.Check{
	ID:       "PK-XDEV-002",
	Slug:     "cross-device-failures",
	Doc:      audit.MustDoc(doc),
	Problem:  3,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		// A method that was not read may be one that works without the phone.
		{Section: snapshot.AuthenticationMethods},
		// The report only tells who should have been asked for their passkeys.
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		// A leg that was not read may have ended the attempt with success.
		{Section: snapshot.SignIns},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.OnPhone, activity.SignIns},
	Run:   run,
}

// leastPeople is how many people make a pattern.
const leastPeople = 2

// unfinished are the codes of being asked for something that then did not come. 50089
// is the time having run out.
var unfinished = map[int]bool{50074: true, 50076: true, 50089: true}

// from is a place of attempts.
type from struct {
	network string
	os      devices.OS
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	onPhone, err := audit.Get(ctx, p, methods.OnPhone)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	who := onPhone.Within(dir.People)
	people, events := map[from]*audit.Builder{}, map[from][]activity.Event{}
	var unsure audit.Builder
	for e := range log.Events(activity.Unfinished) {
		network := networkOf(e.IP)
		if !unfinished[e.Code] || e.Place.OS == "" || e.Place.OS.Phone() || network == "" {
			continue
		}
		switch who.Has(e.Account) {
		case audit.No:
			continue
		case audit.Unsure:
			unsure.Add(e.Account)
			continue
		}
		at := from{network, e.Place.OS}
		if people[at] == nil {
			people[at] = &audit.Builder{}
		}
		people[at].Add(e.Account)
		if list := events[at]; len(list) == 0 || list[len(list)-1].Account != e.Account {
			events[at] = append(list, e)
		}
	}
	if set := unsure.Set(); set.Count() > 0 {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("whether %s who did not finish a sign-in their phone for it is not known", audit.PeopleDo(set.Count(), "needs", "need")))
	}
	type pattern struct {
		from
		people audit.Set
	}
	var patterns []pattern
	for at, b := range people {
		if set := b.Set(); set.Count() >= leastPeople {
			patterns = append(patterns, pattern{at, set})
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	slices.SortFunc(patterns, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(b.people.Count(), a.people.Count()), cmp.Compare(a.network, b.network), cmp.Compare(a.os, b.os))
	})
	var all audit.Set
	var said, blockers []string
	var quoted []activity.Event
	const most = 4
	for i, pt := range patterns {
		all = all.Or(pt.people)
		blockers = append(blockers, pt.network+" "+string(pt.os))
		if i < most {
			said = append(said, fmt.Sprintf("%s from %s: %s", pt.network, pt.os, audit.PeoplePhrase(pt.people.Count())))
			quoted = append(quoted, events[pt.from][:leastPeople]...)
		}
	}
	if len(patterns) > most {
		said = append(said, audit.CountPhrase(len(patterns)-most, "other network", "other networks"))
	}
	evidence, err := activity.QuoteEvents(ctx, p, quoted, func(e activity.Event, row audit.KeyedRow) []audit.Evidence {
		return []audit.Evidence{
			audit.Quote(snapshot.SignIns, row.Key, row.Raw, entra.Pointer("status", "errorCode"), "the person was asked for a method, and the log has no more of this sign-in"),
			audit.Quote(snapshot.SignIns, row.Key, row.Raw, "/ipAddress", "from this network"),
		}
	})
	if err != nil {
		return err
	}
	p.Report(audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("Sign-ins at computers that were never finished, of people whose only phishing-resistant method is on a phone: %s. A code that hangs leaves no row, and a window that was closed leaves the same one. "+
			"Ask them: did the phone say \"connecting\"? Is Bluetooth on at both, and what does the proxy of that network do with cable.ua5v.com and cable.auth.com?", strings.Join(said, "; ")),
		Subject:  policy.Passkeys.Subject(),
		Affected: audit.People(all, dir),
		Evidence: evidence,
		Blockers: blockers,
		Fix: []audit.Step{audit.Do("Try it once from that network. If it hangs: allow Bluetooth for FIDO authenticators, let the hosts through without inspection, or give these people a passkey that works at the desk " +
			"without the phone.")},
	})
	return nil
}

// networkOf is the network of an address: an IPv4 address, which is usually that of a
// whole site, or the /48 of an IPv6 one. Empty for what is no address.
func networkOf(text string) string {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	addr = addr.Unmap()
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.WithZone("").Prefix(48)
	if err != nil {
		return ""
	}
	return prefix.String()
}
