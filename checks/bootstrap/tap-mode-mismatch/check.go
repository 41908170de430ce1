// Package tapmodemismatch finds strengths that take only one kind of Temporary Access
// Pass where the other kind is issued.
package tapmodemismatch

import (
	"context"
	_ "embed"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-008.
var Check = &audit.Check{
	ID:       "PK-BOOT-008",
	Slug:     "tap-mode-mismatch",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.Medium,
	Reads:    bootstrap.Reads(),
	Facts:    []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, bootstrap.Stops},
	Run:      run,
}

type judgement struct {
	p       *audit.Pass
	policy  *methods.Effective
	tap     *methods.Method
	dir     *population.Directory
	held    *methods.Held
	stopped *bootstrap.Stopped
	// onlyOnce: every pass that is issued can be used once.
	onlyOnce bool
	// without are people in scope without a passkey that works.
	without audit.Set
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, dir, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	j := judgement{p: p, policy: policy, dir: dir, tap: policy.Method(entra.MethodTemporaryAccessPass)}
	switch {
	case j.tap == nil:
		return &audit.MissingError{Section: snapshot.AuthenticationMethodsPolicy, What: "the policy has no TemporaryAccessPass configuration"}
	case j.tap.Enabled == audit.No:
		p.NotApplicable("Temporary Access Pass is disabled")
		return nil
	}
	j.onlyOnce = j.tap.Config.IsUsableOnce != nil && *j.tap.Config.IsUsableOnce
	if j.held, err = audit.Get(ctx, p, methods.Holdings); err != nil {
		return err
	}
	if j.stopped, err = audit.Get(ctx, p, bootstrap.Stops); err != nil {
		return err
	}
	for _, s := range []bootstrap.State{bootstrap.SelfService, bootstrap.NeedsAdminStep, bootstrap.Trapped} {
		j.without = j.without.Or(j.stopped.People(s))
	}
	demands := j.stopped.RegisterDemands()
	for i := range demands {
		if err := j.demand(ctx, &demands[i], demands); err != nil {
			return err
		}
	}
	return nil
}

// demand judges one policy.
func (j *judgement) demand(ctx context.Context, d *bootstrap.RegisterDemand, all []bootstrap.RegisterDemand) error {
	switch {
	case d.Once == audit.Unsure || d.Many == audit.Unsure:
		j.p.Lacks(snapshot.AuthenticationStrengths, audit.Hides, fmt.Sprintf("whether a pass meets the strength of %q is not known", d.Name))
		return nil
	case d.Once == d.Many:
		return nil // both do, or neither: then it is no matter of the kind (PK-BOOT-004)
	}
	reach := d.Reach.Within(j.dir.People)
	if !d.Named {
		for _, other := range all {
			if other.Named {
				reach = reach.Minus(other.Reach)
			}
		}
	}
	kind, other := "one-time passes", "passes for several uses"
	if d.Many == audit.Yes {
		kind, other = other, kind
	}
	issued, unsure := j.issued(d, reach.Yes.And(j.without))
	methods.LacksPeople(j.p, reach.Maybe.And(j.without), fmt.Sprintf("the policy %q", d.Name))
	if !unsure.Empty() {
		bootstrap.Lacks(j.p, unsure, []string{string(snapshot.AuthenticationMethods)}, "holds a pass of a kind that the strength takes")
	}
	f := audit.Finding{
		Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: d.ID, Name: d.Name},
		Evidence: []audit.Evidence{j.policy.Quote(j.tap.Pointer+"/isUsableOnce", "which kinds of passes can be issued")},
	}
	takes := fmt.Sprintf("Of Temporary Access Passes, the strength that %q demands takes %s only", d.Name, kind)
	people := reach.Yes.And(j.without)
	var personas []bootstrap.Persona
	switch {
	case d.Many == audit.Yes && j.onlyOnce:
		if personas = j.trapped(d.ID); people.Empty() && len(personas) == 0 {
			return nil
		}
		f.Blockers, f.Affected = []string{"noneFits"}, audit.People(people, j.dir)
		f.Message = fmt.Sprintf("%s, and every pass that can be issued is one-time: none gets anybody in. %s.", takes, reachPhrase(people.Count(), personas))
	case !issued.Empty():
		f.Blockers, f.Affected = []string{"issuedDoesNotFit"}, audit.People(issued, j.dir)
		f.Message = fmt.Sprintf("%s, and %s one of the other kind, which is refused.", takes, audit.PeopleDo(issued.Count(), "holds", "hold"))
		quotes, err := j.quotePasses(ctx, issued)
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, quotes...)
	case j.onlyOnce || people.Empty():
		return nil
	default:
		f.Severity, f.Blockers, f.Affected = audit.Low, []string{"someFit"}, audit.People(people, j.dir)
		f.Message = fmt.Sprintf("%s, while %s can be issued too and would be refused. %s.", takes, other, reachPhrase(people.Count(), nil))
	}
	quotes, err := bootstrap.QuotePolicies(ctx, j.p, []string{d.ID}, false)
	if err != nil {
		return err
	}
	f.Evidence = append(f.Evidence, quotes...)
	var strengths []bootstrap.Blocker
	for _, id := range d.Strengths {
		strengths = append(strengths, bootstrap.Blocker{Type: bootstrap.StrengthBlocker, ID: id})
	}
	if quotes, err = j.stopped.QuoteBlockers(ctx, j.p, strengths, nil); err != nil {
		return err
	}
	f.Evidence = append(f.Evidence, quotes...)
	f.Fix = []audit.Step{
		bootstrap.GiveWay("List both temporaryAccessPassOneTime and temporaryAccessPassMultiUse in the strength.", strengths...),
		audit.Do("Or issue only " + kind + " to these people, and reissue passes of the other kind."),
	}
	j.p.Report(f)
	return nil
}

// issued are people who hold a pass that is usable and of the kind that is refused. A
// pass for several uses is refused as well where policy has come to want one-time
// ones. Source: TAP (howto-authentication-temporary-access-pass, 2025-03-04).
func (j *judgement) issued(d *bootstrap.RegisterDemand, people audit.Set) (certain, unsure audit.Set) {
	var yes, maybe audit.Builder
	for n := range people.And(j.held.Of(methods.TemporaryAccessPass)).All() {
		pass, known := j.held.Pass(n)
		fits := pass.UsableOnce.And(d.Once).Or(pass.UsableOnce.Not().And(d.Many))
		switch {
		case known && (pass.Usable == audit.No || fits == audit.Yes):
		case known && pass.Usable == audit.Yes && fits == audit.No:
			yes.Add(n)
		default:
			maybe.Add(n)
		}
	}
	return yes.Set(), maybe.Set()
}

// trapped are the personas for whom a policy is what leaves them no way.
func (j *judgement) trapped(id string) []bootstrap.Persona {
	var who []bootstrap.Persona
	for i := range j.stopped.Stops {
		s := &j.stopped.Stops[i]
		if s.Persona == "" || s.Route != bootstrap.AnyRoute || len(s.Missing) > 0 || slices.Contains(who, s.Persona) {
			continue
		}
		if slices.ContainsFunc(s.Refusals, func(f bootstrap.Refusal) bool { return f.Policy == id }) {
			who = append(who, s.Persona)
		}
	}
	return who
}

func reachPhrase(people int, personas []bootstrap.Persona) string {
	if people == 0 && len(personas) > 0 {
		return "Nobody without a passkey is reached today; " + bootstrap.Who(personas) + " would find no way"
	}
	return fmt.Sprintf("It reaches %s without a passkey", audit.PeoplePhrase(people))
}

func (j *judgement) quotePasses(ctx context.Context, people audit.Set) ([]audit.Evidence, error) {
	var ids []string
	var pointers []string
	for n := range people.All() {
		if len(ids) == methods.QuotedPeople {
			break
		}
		pass, _ := j.held.Pass(n)
		ids, pointers = append(ids, j.dir.Member(n).ID), append(pointers, pass.Pointer+"/isUsableOnce")
	}
	rows, err := audit.RowsOf(ctx, j.p, snapshot.AuthenticationMethods, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for i, id := range ids {
		if row, found := rows[id]; found {
			all = append(all, audit.Quote(snapshot.AuthenticationMethods, row.Key, row.Raw, pointers[i], "a pass of the kind that is refused"))
		}
	}
	return all, nil
}
