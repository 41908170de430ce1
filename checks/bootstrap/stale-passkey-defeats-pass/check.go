// Package stalepasskeydefeatspass finds people who were issued a pass while an older
// passkey of theirs is still registered.
package stalepasskeydefeatspass

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-018.
var Check = &audit.Check{
	ID:       "PK-BOOT-018",
	Slug:     "stale-passkey-defeats-pass",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides}, {Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides}, {Section: snapshot.GroupMembers, Gap: audit.Hides},
		// Passes and the days of passkeys stand in the listing only.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Hides},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines}, {Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, bootstrap.Grounds},
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
	given, err := audit.Get(ctx, p, bootstrap.Grounds)
	if err != nil {
		return err
	}
	demands := given.RegisterDemands()
	if len(demands) == 0 {
		if p.Status(snapshot.ConditionalAccessPolicies).State == snapshot.Complete {
			p.NotApplicable("no enforced policy demands a strength of whoever registers security information")
		}
		return nil
	}
	var reached audit.Partly
	for _, d := range demands {
		reached = reached.Or(d.Reach)
	}
	reached = reached.Within(dir.People)
	both := held.Of(methods.TemporaryAccessPass).And(held.Of(methods.Passkey)).And(held.Asked)
	methods.LacksPeople(p, both.And(reached.Maybe), "a policy that demands a strength")
	var stale audit.Builder
	rows, undated := []audit.Evidence{}, 0
	var ids []string
	for n := range both.And(reached.Yes).All() {
		ids = append(ids, dir.Member(n).ID)
	}
	found, err := audit.RowsOf(ctx, p, snapshot.AuthenticationMethods, ids)
	if err != nil {
		return err
	}
	quoted := 0
	for n := range both.And(reached.Yes).All() {
		row := found[dir.Member(n).ID]
		issued, registered, answer := older(held, n, row.Raw)
		switch answer {
		case audit.Unsure:
			undated++
		case audit.Yes:
			stale.Add(n)
			if quoted++; quoted <= methods.QuotedPeople {
				rows = append(rows, audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, issued, "when the pass was issued"),
					audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, registered, "a passkey registered before that"))
			}
		}
	}
	if undated > 0 {
		p.Lacks(snapshot.AuthenticationMethods, audit.Hides, fmt.Sprintf("of %s with a pass and a passkey it is not told which is older", audit.PeoplePhrase(undated)))
	}
	people := stale.Set()
	if people.Empty() {
		return nil
	}
	f := audit.Finding{
		Certainty: audit.Possible,
		Message: fmt.Sprintf("%s issued a Temporary Access Pass after the last passkey was registered, and that passkey is still there. Where a strength is demanded, Entra may insist on the old "+
			"passkey instead of taking the pass (a public test matrix of 2026, COM2; no Microsoft document says so). If the passkey is lost, the pass does not help.",
			audit.PeopleDo(people.Count(), "was", "were")),
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: entra.MethodTemporaryAccessPass, Name: "Temporary Access Pass"},
		Affected: audit.People(people, dir),
		Evidence: rows,
		Fix:      []audit.Step{audit.Do("Ask whether the passkey is lost. If it is, delete it from the account's methods first, then issue a new pass.")},
	}
	for _, d := range demands {
		if d.Reach.Yes.And(people).Empty() {
			continue
		}
		f.Blockers = append(f.Blockers, d.ID)
		quotes, err := bootstrap.QuotePolicies(ctx, p, []string{d.ID}, false)
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, quotes...)
	}
	p.Report(f)
	return nil
}

// older tells whether the pass of an account was issued after every passkey it has
// was registered, with pointers to both times. A passkey registered later means that
// the pass, or something else, got the person in.
func older(held *methods.Held, n uint32, raw entra.Raw) (issued, registered string, answer audit.Tri) {
	pass, _ := held.Pass(n)
	issued = pass.Pointer + "/createdDateTime"
	at, err := time.Parse(time.RFC3339, entra.Text(raw, issued))
	if err != nil {
		issued = pass.Pointer + "/startDateTime"
		if at, err = time.Parse(time.RFC3339, entra.Text(raw, issued)); err != nil {
			return "", "", audit.Unsure
		}
	}
	answer = audit.Yes
	for _, k := range held.Passkeys(n) {
		when, err := time.Parse(time.RFC3339, entra.Text(raw, k.Pointer+"/createdDateTime"))
		switch {
		case err != nil:
			answer = answer.And(audit.Unsure)
		case !when.Before(at):
			return "", "", audit.No
		default:
			registered = k.Pointer + "/createdDateTime"
		}
	}
	return issued, registered, answer
}
