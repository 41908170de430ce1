// Package legacyclient finds clients that can do nothing with a passkey, in use by people
// of whom a phishing-resistant method is about to be demanded.
package legacyclient

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
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-COMP-002.
var Check = &audit.Check{
	ID:       "PK-COMP-002",
	Slug:     "legacy-client",
	Doc:      audit.MustDoc(doc),
	Problem:  8,
	Severity: audit.Low,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.RoleAssignments, Gap: audit.Hides},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Hides},
	},
	Facts: []audit.AnyFact{population.Users, access.Policies, activity.SignIns},
	Run:   run,
}

// kind is a kind of client that can do nothing with a passkey.
type kind int

const (
	none kind = iota
	legacyProtocol
	activeSync
	internetExplorer
	kindCount
)

var kindNames = [kindCount]string{"", "protocols of legacy authentication (IMAP, POP, SMTP and the like)", "Exchange ActiveSync", "Internet Explorer"}

// kindOf tells which a place is. Internet Explorer cannot do FIDO2 (MTX,
// concept-fido2-compatibility, 2025-05-12).
func kindOf(place activity.Place) kind {
	switch browser := strings.ToLower(place.Browser); {
	case place.Client == activity.LegacyClient:
		return legacyProtocol
	case place.Client == activity.ActiveSync:
		return activeSync
	case place.Client == activity.BrowserClient && (browser == "ie" || browser == "internet explorer"):
		return internetExplorer
	default:
		return none
	}
}

// used tells whether a sign-in that ended in some way shows that the person uses the
// client. One that a policy refused knew the password, and the client is still set up.
func used(c activity.Class) bool { return c == activity.Succeeded || c == activity.Refused }

// from is what policies see of a client.
type from struct {
	client activity.Client
	os     devices.OS
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	asked, asking := map[from]access.Asking{}, map[int]bool{}
	var found, perhaps, unsure, works audit.Builder
	var byKind [kindCount]audit.Builder
	for use := range log.Uses() {
		k := kindOf(use.Place)
		if k == none || !used(use.Class) || !dir.People.Has(use.Account) {
			continue
		}
		at := from{use.Place.Client, use.Place.OS}
		who, known := asked[at]
		if !known {
			who = policies.AsksResistant(at.signIn())
			asked[at] = who
			for _, i := range who.Policies {
				asking[i] = true
			}
		}
		switch {
		case who.Yes.Has(use.Account):
			found.Add(use.Account)
		case who.Perhaps.Has(use.Account):
			perhaps.Add(use.Account)
		case who.Unsure.Has(use.Account):
			unsure.Add(use.Account)
			continue
		default:
			continue
		}
		byKind[k].Add(use.Account)
		if use.Class == activity.Succeeded {
			works.Add(use.Account)
		}
	}
	people, certainty := found.Set(), audit.Confirmed
	if more := perhaps.Set().Minus(people); !more.Empty() {
		people, certainty = people.Or(more), audit.Likely
	}
	if set := unsure.Set().Minus(people); !set.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether a demand for a phishing-resistant method reaches the old clients of %s is not known", audit.PeoplePhrase(set.Count())))
	}
	policies.LacksStates(p)
	if people.Empty() {
		return nil
	}
	var by []int
	for i := range asking {
		if !policies.Reach[i].Yes.And(people).Empty() {
			by = append(by, i)
		}
	}
	slices.Sort(by)
	evidence, err := activity.QuotePlaces(ctx, p, dir, people, func(place activity.Place, class activity.Class) bool { return kindOf(place) != none && used(class) },
		[]string{"/clientAppUsed", "/status/errorCode"}, "a sign-in with a client that can do nothing with a passkey")
	if err != nil {
		return err
	}
	demands, err := policies.QuotePolicies(ctx, p, by, access.GrantPointer, "it asks for a phishing-resistant method")
	if err != nil {
		return err
	}
	states, err := policies.QuotePolicies(ctx, p, by, func(*entra.ConditionalAccessPolicy) string { return "/state" }, "whether it is enforced")
	if err != nil {
		return err
	}
	var parts []string
	for k := legacyProtocol; k < kindCount; k++ {
		if n := byKind[k].Set().Count(); n > 0 {
			parts = append(parts, fmt.Sprintf("%s: %d", kindNames[k], n))
		}
	}
	refused := ""
	if n := people.Minus(works.Set()).Count(); n > 0 {
		refused = fmt.Sprintf(" Of %s such sign-ins are refused already.", audit.PeoplePhrase(n))
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s, %s, with clients that can do nothing with a passkey (%s). They stop working where a phishing-resistant method is asked for: by %s.%s",
			audit.PeopleDo(people.Count(), "signs in", "sign in"), log.Window.Phrase(), strings.Join(parts, "; "), labels(policies, by), refused),
		Subject:  audit.Subject{Type: audit.SubjectTenant, Name: "Old clients"},
		Affected: audit.People(people, dir),
		Evidence: slices.Concat(evidence, demands, states),
		Blockers: ids(policies, by),
		Fix:      []audit.Step{audit.Do("Move these people to a current client, such as Outlook or a browser of the support matrix, before the demand is enforced. What sends mail by itself, such as a scanner, needs another way than a person's password.")},
	})
	return nil
}

// signIn is the sign-in of such a client, to its mail. What the log does not tell
// together with it is open.
func (at from) signIn() *conditionalaccess.SignIn {
	in := &conditionalaccess.SignIn{
		Target:        conditionalaccess.Target{Kind: conditionalaccess.App, ID: access.ExchangeOnline},
		ClientAppType: conditionalaccess.Is(string(at.client)), Device: conditionalaccess.Unregistered(),
		SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"), Transfer: conditionalaccess.Is("none"),
	}
	if at.os != "" {
		in.Platform = conditionalaccess.Is(string(at.os))
	}
	return in
}

// labels names policies, those that are not enforced as such.
func labels(c *access.Compiled, policies []int) string {
	const most = 4
	var parts []string
	for n, i := range policies {
		if n == most {
			parts = append(parts, audit.CountPhrase(len(policies)-most, "other", "others"))
			break
		}
		text := c.PolicyLabel(i)
		if c.ReportsOnly(i) {
			text += " (report-only)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func ids(c *access.Compiled, policies []int) []string {
	var all []string
	for _, i := range policies {
		all = append(all, c.Policies[i].ID)
	}
	return all
}
