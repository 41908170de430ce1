// Package roleactivationtrap finds people who are eligible for a role and could not
// meet what policy asks of its holders once they activate it.
package roleactivationtrap

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-012.
var Check = &audit.Check{
	ID:       "PK-BOOT-012",
	Slug:     "role-activation-trap",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads: []audit.Read{
		// Somebody about whom something is not known is not counted.
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		{Section: snapshot.NamedLocations, Gap: audit.Hides},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Hides},
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.Groups, Gap: audit.Hides},
		{Section: snapshot.GroupMembers, Gap: audit.Hides},
		{Section: snapshot.RoleEligibility, Gap: audit.Hides},
		// Whoever holds the role already is asked for the strength every day.
		{Section: snapshot.RoleAssignments, Gap: audit.Hides},
		// The check says about how many people it could not tell what they hold.
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.UserRegistrationDetails, Gap: audit.Refines},
		{Section: snapshot.Domains, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, methods.Usable, privilege.Eligible, bootstrap.Reach},
	Run:   run,
}

// resources are those whose use a role is activated for. Source: APP
// (concept-conditional-access-cloud-apps, 2026-01-26).
var resources = []string{
	"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", // Azure portal, with the Entra admin center
	"797f4846-ba00-4fd7-ba43-dac1f8f63013", // Windows Azure Service Management API
	"00000002-0000-0ff1-ce00-000000000000", // Office 365 Exchange Online
}

// activation is who would be asked by which policies for a strength they cannot meet,
// once they activate a role.
type activation struct {
	role     string
	people   audit.Set
	policies []int
	wizard   audit.Set // may register alone what is asked for
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	r, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	eligible, err := audit.Get(ctx, p, privilege.Eligible)
	if err != nil {
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
	r.Policies.LacksStates(p)
	j := judge{r: r, holder: r.Holder(), eligible: eligible, after: r.Policies.Activated(eligible), demands: r.Policies.StrengthDemands()}
	list, untold := j.activations()
	if !untold.Empty() {
		unread := untold
		for _, set := range []audit.Set{dir.All.Minus(held.Known()), strong.Method.Maybe} {
			unread = unread.Minus(set)
		}
		strong.Lacking(p, untold.Minus(unread), dir, held, audit.PeoplePhrase)
		if !unread.Empty() {
			p.Lacks(snapshot.AuthenticationMethods, audit.Hides,
				fmt.Sprintf("whether %s what a role asks for is not known", audit.PeopleDo(unread.Count(), "meets", "meet")))
		}
	}
	for i := range list {
		if err := list[i].report(ctx, p, r, dir, held, eligible); err != nil {
			return err
		}
	}
	return nil
}

type judge struct {
	r        *bootstrap.Result
	holder   *bootstrap.Holder
	eligible *privilege.Holders
	after    []audit.Partly
	demands  []access.StrengthDemand
}

// activations lists, for every role that an enforced policy with a strength names, who
// is eligible and could not meet it. untold are those of whom that is not known.
func (j *judge) activations() (list []activation, untold audit.Set) {
	for _, d := range j.demands {
		for _, i := range d.Policies {
			def := j.r.Policies.Definition(i)
			if def.Conditions == nil || def.Conditions.Users == nil {
				continue
			}
			fresh := j.after[i].Minus(j.r.Policies.Reach[i]).Within(j.r.Directory.People)
			for _, role := range def.Conditions.Users.IncludeRoles {
				who := fresh.And(j.eligible.Of(role))
				caught, unsure, wizard := j.caught(d, i, who)
				untold = untold.Or(unsure)
				if caught.Empty() {
					continue
				}
				at := slices.IndexFunc(list, func(a activation) bool { return strings.EqualFold(a.role, role) })
				if at < 0 {
					at = len(list)
					list = append(list, activation{role: strings.ToLower(role)})
				}
				a := &list[at]
				a.people, a.wizard, a.policies = a.people.Or(caught), a.wizard.Or(wizard), append(a.policies, i)
			}
		}
	}
	return list, untold
}

// caught are those of some people who could not meet a policy at a resource, and are
// not asked for the same strength there already.
func (j *judge) caught(d access.StrengthDemand, policy int, who audit.Partly) (caught, unsure, wizard audit.Set) {
	for c := range j.r.Classes {
		class := &j.r.Classes[c]
		members := class.Members.And(who.Possible())
		if members.Empty() {
			continue
		}
		for _, app := range resources {
			// Whoever faces the strength there today is not surprised by it.
			surprised := members.Minus(j.facing(class, d, app))
			if surprised.Empty() {
				continue
			}
			switch j.holder.Meets(class, policy, app) {
			case audit.No:
				caught = caught.Or(surprised.And(who.Yes))
				unsure = unsure.Or(surprised.And(who.Maybe))
				if class.Verdict.State == bootstrap.SelfService {
					wizard = wizard.Or(surprised.And(who.Yes))
				}
			case audit.Unsure:
				unsure = unsure.Or(surprised)
			}
		}
	}
	return caught, unsure.Minus(caught), wizard
}

// facing are the members of a class of whom a policy asks the strength at a resource
// today, and who do not meet it.
func (j *judge) facing(class *bootstrap.Class, d access.StrengthDemand, app string) audit.Set {
	var who audit.Set
	for _, i := range d.Policies {
		if reached := class.Members.And(j.r.Policies.Reach[i].Yes); !reached.Empty() && j.holder.Meets(class, i, app) == audit.No {
			who = who.Or(reached)
		}
	}
	return who
}

func (a *activation) report(ctx context.Context, p *audit.Pass, r *bootstrap.Result, dir *population.Directory, held *methods.Held, eligible *privilege.Holders) error {
	evidence, err := r.Policies.QuotePolicies(ctx, p, a.policies, access.GrantPointer, "the policy asks for this strength of holders of the role")
	if err != nil {
		return err
	}
	rows, err := methods.QuoteHoldings(ctx, p, dir, held, a.people, "nothing here meets the strength")
	if err != nil {
		return err
	}
	ids := make([]string, len(a.policies))
	for i, at := range a.policies {
		ids[i] = r.Policies.Definition(at).ID
	}
	alone := "None of them has a way to a passkey without an administrator today."
	if n := a.wizard.Count(); n > 0 {
		alone = fmt.Sprintf("Of them, %s a way to a passkey without an administrator today.", audit.PeopleDo(n, "has", "have"))
	}
	name := eligible.Label(a.role)
	p.Report(audit.Finding{
		Message: fmt.Sprintf("%s nothing that meets what %s asks of holders of the role %s, for which they are eligible. Their daily sign-in works; the first one after they activate the role does not. %s",
			audit.PeopleDo(a.people.Count(), "holds", "hold"), strings.Join(r.Policies.PolicyLabels(ids), ", "), name, alone),
		Subject:  audit.Subject{Type: audit.SubjectRole, ID: a.role, Name: name},
		Affected: audit.People(a.people, dir),
		Evidence: append(evidence, rows...),
		Blockers: ids,
		Fix: []audit.Step{audit.Do("Have these people register a passkey before they activate the role, with a Temporary Access Pass where they have no method, " +
			"and make a phishing-resistant method part of becoming eligible.")},
	})
	return nil
}
