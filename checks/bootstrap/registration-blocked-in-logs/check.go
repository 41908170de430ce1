// Package registrationblockedinlogs finds people whom a policy kept from registering
// security information, by what the sign-in log says.
package registrationblockedinlogs

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-017.
var Check = &audit.Check{
	ID:       "PK-BOOT-017",
	Slug:     "registration-blocked-in-logs",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.SignIns, Gap: audit.Hides},
		// Who registered a passkey later is left out; policies that are no longer enforced
		// are. Without either the refusal stands in the log all the same.
		{Section: snapshot.DirectoryAudits, Gap: audit.Refines},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, activity.SignIns, activity.Changes},
	Run:   run,
}

// cause is the policies that together refused.
type cause struct {
	policies []activity.Refusal // sorted by id
	people   audit.Builder
	certain  bool
	places   map[string]*audit.Builder
	events   []activity.Event // one a person
}

// quotedEvents is how many sign-ins are quoted for each cause.
const quotedEvents = 3

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	log, err := audit.Get(ctx, p, activity.SignIns)
	if err != nil {
		return err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return err
	}
	gone, err := noLongerEnforced(ctx, p)
	if err != nil {
		return err
	}
	causes := map[string]*cause{}
	for e := range log.Events(activity.RegistrationRefused) {
		if e.Recovered || !dir.People.Has(e.Account) || slices.ContainsFunc(e.Refusing, func(r activity.Refusal) bool { return gone(r.ID) }) {
			continue
		}
		if _, registered := changes.Last(e.Account, func(c activity.Change) bool { return c.IsPasskey(activity.Registered) && c.At.After(e.At) }); registered {
			continue
		}
		slices.SortFunc(e.Refusing, func(a, b activity.Refusal) int { return cmp.Compare(a.ID, b.ID) })
		key := ids(e.Refusing)
		c := causes[key]
		if c == nil {
			c = &cause{policies: e.Refusing, certain: true, places: map[string]*audit.Builder{}}
			causes[key] = c
		}
		c.people.Add(e.Account)
		c.certain = c.certain && (e.Code == 53010 || e.Code == 53004 || e.Code == 54010)
		place := cmp.Or(e.App, e.AppID, "an app that is not named") + " on " + cmp.Or(osName(e), "a system that is not told")
		if c.places[place] == nil {
			c.places[place] = &audit.Builder{}
		}
		c.places[place].Add(e.Account)
		if n := len(c.events); n == 0 || c.events[n-1].Account != e.Account {
			c.events = append(c.events, e)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(causes)) {
		if err := report(ctx, p, dir, log, key, causes[key]); err != nil {
			return err
		}
	}
	return nil
}

func osName(e activity.Event) string {
	if e.Place.OS == "" {
		return ""
	}
	return e.Place.OS.String()
}

func report(ctx context.Context, p *audit.Pass, dir *population.Directory, log *activity.SignInLog, key string, c *cause) error {
	people := c.people.Set()
	evidence, err := activity.QuoteEvents(ctx, p, c.events[:min(len(c.events), quotedEvents)], func(e activity.Event, row audit.KeyedRow) []audit.Evidence {
		list := []audit.Evidence{audit.Quote(snapshot.SignIns, row.Key, row.Raw, entra.Pointer("status", "errorCode"), "a policy ended a sign-in for registering security information")}
		for _, r := range e.Refusing {
			list = append(list, audit.Quote(snapshot.SignIns, row.Key, row.Raw, entra.Pointer("appliedConditionalAccessPolicies", r.Index, "displayName"), "a policy that was not met"))
		}
		return append(list, audit.Quote(snapshot.SignIns, row.Key, row.Raw, "/resourceDisplayName", "what was asked for"))
	})
	if err != nil {
		return err
	}
	subject := audit.Subject{Type: audit.SubjectClass, ID: key, Name: names(c.policies)}
	by := names(c.policies)
	switch len(c.policies) {
	case 0:
		subject = audit.Subject{Type: audit.SubjectTenant}
		by = "policies that the log does not name"
	case 1:
		subject = audit.Subject{Type: audit.SubjectPolicy, ID: c.policies[0].ID, Name: c.policies[0].Name}
	}
	certainty, note := audit.Confirmed, ""
	if !c.certain {
		certainty = audit.Likely
		note = " That it was for registering is told by what was asked for: the log does not name the action."
	}
	p.Report(audit.Finding{
		Certainty: certainty,
		Message: fmt.Sprintf("%s by %s when they wanted to register security information, %s: %s.%s",
			audit.PeopleDo(people.Count(), "was stopped", "were stopped"), by, log.Window.Phrase(), places(c.places), note),
		Subject:  subject,
		Affected: audit.People(people, dir),
		Evidence: evidence,
		Blockers: []string{key},
		Fix: []audit.Step{audit.Do("See with 'passkeyaudit evaluate --sign-in' what the sign-in lacked. Give these people a way that the policy admits, such as a Temporary Access Pass, a place or a managed device, " +
			"or a policy for registration that can be met without the passkey that is to be registered.")},
	})
	return nil
}

// noLongerEnforced tells of policies whether they do not refuse anybody today: they
// were deleted, or are off. Where the policies were not read in full, none is.
func noLongerEnforced(ctx context.Context, p *audit.Pass) (func(id string) bool, error) {
	enforced := map[string]bool{}
	for o, err := range audit.Objects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies) {
		if err != nil {
			return nil, err
		}
		v := &o.Value
		off := strings.EqualFold(v.State, "disabled") || strings.EqualFold(v.State, "enabledForReportingButNotEnforced")
		enforced[strings.ToLower(v.ID)] = !off
	}
	complete := p.Status(snapshot.ConditionalAccessPolicies).State == snapshot.Complete
	return func(id string) bool {
		on, there := enforced[strings.ToLower(id)]
		return !on && (there || complete && !strings.EqualFold(id, "SecurityDefaults"))
	}, nil
}

func ids(policies []activity.Refusal) string {
	list := make([]string, len(policies))
	for i, r := range policies {
		list[i] = r.ID
	}
	return strings.Join(list, "+")
}

func names(policies []activity.Refusal) string {
	list := make([]string, len(policies))
	for i, r := range policies {
		list[i] = cmp.Or(r.Name, r.ID)
	}
	slices.Sort(list)
	return strings.Join(list, " and ")
}

// places lists from where, the most people first.
func places(by map[string]*audit.Builder) string {
	type place struct {
		name  string
		count int
	}
	var list []place
	for name, b := range by {
		list = append(list, place{name, b.Set().Count()})
	}
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name)) })
	const most = 4
	var parts []string
	for i, pl := range list {
		if i == most {
			parts = append(parts, audit.CountPhrase(len(list)-most, "other place", "other places"))
			break
		}
		parts = append(parts, fmt.Sprintf("%s: %d", pl.name, pl.count))
	}
	return strings.Join(parts, ", ")
}
