// Package peopleoutsidescope finds people whom no include target of the passkey
// method reaches.
package peopleoutsidescope

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-SCOPE-002.
var Check = &audit.Check{
	ID:       "PK-SCOPE-002",
	Slug:     "people-outside-scope",
	Doc:      audit.MustDoc(doc),
	Problem:  1,
	Severity: audit.Info,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		// Somebody whose membership is not known is not counted as outside.
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, access.PhishingResistant},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	demands, err := audit.Get(ctx, p, access.PhishingResistant)
	if err != nil {
		return err
	}
	passkeys := policy.Passkeys
	if unsure := dir.People.And(passkeys.Included.Maybe); !unsure.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides,
			fmt.Sprintf("whether %s to a target group is not known", audit.PeopleDo(unsure.Count(), "belongs", "belong")))
	}
	outside := dir.People.Minus(passkeys.Included.Possible())
	targets := policy.Quote(passkeys.Pointer+"/includeTargets", "no include target reaches these people")

	var demanded audit.Set
	var names, ids []string
	evidence := []audit.Evidence{targets}
	for _, d := range demands {
		hit := outside.And(d.Reach.Yes)
		if hit.Empty() {
			continue
		}
		demanded = demanded.Or(hit)
		names, ids = append(names, fmt.Sprintf("%q", d.Policy.DisplayName)), append(ids, d.Policy.ID)
		evidence = append(evidence, audit.Quote(snapshot.ConditionalAccessPolicies, d.Policy.ID, d.Raw,
			"/grantControls/authenticationStrength/id", "the policy demands a phishing-resistant strength of some of them"))
	}
	report := func(people audit.Set, severity audit.Severity, evidence []audit.Evidence, blockers []string, fix, one, many, because string) {
		if people.Empty() {
			return
		}
		p.Report(audit.Finding{
			Severity: severity,
			Message:  audit.PeopleDo(people.Count(), one, many) + " " + because,
			Subject:  passkeys.Subject(),
			Affected: audit.People(people, dir),
			Evidence: evidence,
			Blockers: blockers,
			Fix:      []audit.Step{audit.Include(fix, people)},
		})
	}
	const include = "Add a group with these people to the include targets of the passkey method"
	report(demanded, audit.High, evidence, ids,
		include+", or leave them out of the policies named above until they are in scope.",
		"must", "must", "sign in with a phishing-resistant method, but no include target of the passkey method reaches them. The demand comes from "+
			strings.Join(names, ", ")+".")

	campaign := policy.Campaign()
	nudged := outside.And(campaign.Reach.Yes).Minus(demanded)
	report(nudged, audit.High, []audit.Evidence{targets, policy.Quote(campaign.Pointer+"/includeTargets", "the targets of the registration campaign reach these people")},
		[]string{"registrationCampaign"},
		include+", or take them out of the registration campaign.",
		"is", "are", "reached by the registration campaign for passkeys, but by no include target of the passkey method: they cannot register one, and the campaign leaves them out.")

	report(outside.Minus(demanded).Minus(nudged), audit.Info, []audit.Evidence{targets}, nil,
		include+" when it is their turn.",
		"is", "are", "outside the scope of the passkey method: no include target reaches them.")
	return nil
}
