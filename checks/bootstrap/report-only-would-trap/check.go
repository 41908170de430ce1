// Package reportonlywouldtrap finds report-only policies that would leave people no
// way to a passkey once they are enforced.
package reportonlywouldtrap

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
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

// Check is PK-BOOT-009.
var Check = &audit.Check{
	ID:       "PK-BOOT-009",
	Slug:     "report-only-would-trap",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads:    bootstrap.Reads(),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, bootstrap.ReportOnly},
	Run:      run,
}

// managedDelay is how many days after it appears Microsoft enforces a policy of its
// own at the earliest. Source: MMP (managed-policies, 2025-11-06).
const managedDelay = 45

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	enforced, err := audit.Get(ctx, p, bootstrap.ReportOnly)
	if err != nil {
		return err
	}
	bootstrap.Lacks(p, enforced.Unsure, enforced.Missing, "would be trapped if report-only policies were enforced")
	for i := range enforced.Traps {
		t := &enforced.Traps[i]
		f := audit.Finding{
			Certainty: t.Confidence.Certainty(),
			Affected:  audit.People(t.People, dir),
			Blockers:  t.Policies,
		}
		if f.Evidence, err = bootstrap.QuotePolicies(ctx, p, t.Policies, false); err != nil {
			return err
		}
		rows, err := audit.RowsOf(ctx, p, snapshot.ConditionalAccessPolicies, t.Policies)
		if err != nil {
			return err
		}
		var names, notes []string
		managed := true
		for _, id := range t.Policies {
			names = append(names, fmt.Sprintf("%q", enforced.PolicyName(id)))
			row, read := rows[id]
			if read {
				f.Evidence = append(f.Evidence, audit.Quote(snapshot.ConditionalAccessPolicies, row.Key, row.Raw, "/state", "it is not enforced yet"))
			}
			if !enforced.Managed(id) {
				managed = false
				continue
			}
			e := audit.Quote(snapshot.ConditionalAccessPolicies, row.Key, row.Raw, "/createdDateTime", "when it appeared")
			notes = append(notes, managedNote(enforced.PolicyName(id), entra.Text(row.Raw, "/createdDateTime")))
			if !e.Absent {
				f.Evidence = append(f.Evidence, e)
			}
		}
		if managed {
			f.Severity = audit.High
			f.Certainty = min(f.Certainty, audit.Likely)
		}
		f.Subject = audit.Subject{Type: audit.SubjectPolicy, ID: t.Policies[0], Name: enforced.PolicyName(t.Policies[0])}
		if len(names) > 1 {
			f.Subject = audit.Subject{Type: audit.SubjectClass, ID: strings.Join(t.Policies, "+"), Name: "Trapped by " + strings.Join(names, " and ")}
		}
		who := "nobody in scope today"
		if n := t.People.Count(); n > 0 {
			who = audit.PeoplePhrase(n) + " with a way to a passkey today"
		}
		f.Message = fmt.Sprintf("Enforcing %s would trap %s.", strings.Join(names, " and "), who)
		if len(t.Personas) > 0 {
			f.Message += fmt.Sprintf(" Under the policies of %s, it would trap %s.", audit.PeoplePhrase(t.Under.Count()), bootstrap.Who(t.Personas))
		}
		if len(notes) > 0 {
			f.Message += " " + strings.Join(notes, " ")
		}
		f.Message += enforced.Caveat(t.HangsOn)
		f.Fix = []audit.Step{audit.Do("Before it is enforced, have these people register a passkey, or open a lane: a strength on the user action Register security information that lists " +
			"Temporary Access Pass. Or exclude a group of people who have no passkey yet.")}
		p.Report(f)
	}
	return nil
}

// managedNote says when Microsoft may enforce a policy that appeared at some time.
func managedNote(name, created string) string {
	when := "when it appeared is not told"
	if at, err := time.Parse(time.RFC3339, created); err == nil {
		when = "that is from " + at.UTC().AddDate(0, 0, managedDelay).Format(time.DateOnly)
	}
	return fmt.Sprintf("By its name %q is one of Microsoft's, which Graph does not mark; these are enforced without anybody's doing, %d days after they appear at the earliest (MMP, 2025-11-06): %s.", name, managedDelay, when)
}
