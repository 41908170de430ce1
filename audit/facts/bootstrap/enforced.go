package bootstrap

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
)

// ReportOnly is the fact that says whom report-only policies would trap if they were
// enforced: all of them, and each of Microsoft's alone, since those are enforced
// without anybody doing it.
var ReportOnly = &audit.Fact[*Enforced]{
	Name:  "bootstrap.ReportOnly",
	Doc:   "who is free today and would be trapped if report-only policies were enforced",
	Facts: []audit.AnyFact{Reach},
	Derive: func(ctx context.Context, p *audit.Pass) (*Enforced, error) {
		r, err := audit.Get(ctx, p, Reach)
		if err != nil {
			return nil, err
		}
		return r.enforced(ctx)
	},
}

// Enforced is what becomes of people who are free today in worlds in which more
// policies are enforced.
type Enforced struct {
	*Result
	// Policies are the report-only policies, by id.
	Policies []string
	Traps    []Trap
	// Unsure are people of whom it is not known, for the reasons in Missing.
	Unsure  audit.Set
	Missing []string
}

// Trap is report-only policies that would leave people no way together.
type Trap struct {
	World    World
	Policies []string // by id
	People   audit.Set
	// Personas would be trapped too, under the policies of some people.
	Personas   []Persona
	Under      audit.Set
	Reasons    []Reason
	Confidence Confidence
	HangsOn    []string
}

// Managed tells whether a policy is one of Microsoft's. Graph has no mark of that
// (metadata of 2026-08); their names begin alike (MMP, managed-policies, 2025-11-06).
func (g *Given) Managed(id string) bool {
	return strings.HasPrefix(strings.ToLower(g.PolicyName(id)), "microsoft-managed")
}

func (r *Result) enforced(ctx context.Context) (*Enforced, error) {
	out := &Enforced{Result: r}
	worlds := []World{{Name: "report-only", ReportOnly: true}}
	for _, p := range r.Given.Policies.Policies {
		if p.State == conditionalaccess.ReportOnly {
			out.Policies = append(out.Policies, p.ID)
		}
	}
	if len(out.Policies) == 0 || !r.model.policiesKnown {
		return out, nil
	}
	if len(out.Policies) > 1 {
		for _, id := range out.Policies {
			if r.Managed(id) {
				worlds = append(worlds, World{Name: "managed:" + id, Enforced: []string{id}})
			}
		}
	}
	populations := r.populations()
	before, err := r.personaStates(ctx, r.model, populations, nil)
	if err != nil {
		return nil, err
	}
	missing := map[string]bool{}
	for _, w := range worlds {
		if err := out.judge(ctx, w, populations, before, missing); err != nil {
			return nil, err
		}
	}
	for m := range missing {
		out.Missing = append(out.Missing, m)
	}
	slices.Sort(out.Missing)
	return out, nil
}

// asked are the personas about whom enforcement is asked: those for whom a way is
// searched by the same rules as for people.
var asked = []Persona{NewHireRemote, NewHireOnSite, LostPhone, BYODPhoneOnly}

// personaStates says where personas stand under each population; nil where a
// population is not asked about.
func (r *Result) personaStates(ctx context.Context, m *model, populations []policyPopulation, only func(*person) bool) ([][]State, error) {
	states := make([][]State, len(populations))
	v := &Result{Given: r.Given, Options: r.Options, model: m}
	err := v.each(ctx, len(populations), func(b *bench, i int) {
		if only != nil && !only(populations[i].person) {
			return
		}
		for _, who := range asked {
			p := populations[i].person.as(who)
			state := OutOfScope
			if p.inScope(harsh) {
				state = b.state(p)
			}
			states[i] = append(states[i], state)
		}
	})
	return states, err
}

// judge adds whom a world traps.
func (e *Enforced) judge(ctx context.Context, w World, populations []policyPopulation, before [][]State, missing map[string]bool) error {
	r := e.Result
	o := r.Options
	o.World = w
	m := newModel(&r.tenant, o)
	added := map[string]bool{}
	var indices []int
	for i, p := range r.Given.Policies.Policies {
		if p.State == conditionalaccess.ReportOnly && w.enforces(p) == audit.Yes {
			added[p.ID], indices = true, append(indices, i)
		}
	}
	reached := func(p *person) bool {
		return slices.ContainsFunc(indices, func(i int) bool { return p.reach[i].value != audit.No })
	}
	v := &Result{Given: r.Given, Options: o, model: m}
	found, unsure := make([]*Verdict, len(r.Classes)), make([]*Verdict, len(r.Classes))
	err := v.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if !free(c.Verdict.State) || !reached(c.person) || c.Members.And(r.Directory.People).Empty() {
			return
		}
		switch b.state(c.person) {
		case Trapped:
			got := b.verdict(c.person)
			got.through(added)
			if c.ReportOnly {
				got.lower(Medium)
			}
			found[i] = &got
		case Unknown:
			got := b.verdict(c.person)
			unsure[i] = &got
		}
	})
	if err != nil {
		return err
	}
	after, err := e.personaStates(ctx, m, populations, reached)
	if err != nil {
		return err
	}
	trapped := make([][]*Verdict, len(populations))
	err = v.each(ctx, len(populations), func(b *bench, i int) {
		for j := range after[i] {
			if free(before[i][j]) && after[i][j] == Trapped {
				got := b.verdict(populations[i].person.as(asked[j]))
				got.through(added)
				if trapped[i] == nil {
					trapped[i] = make([]*Verdict, len(asked))
				}
				trapped[i][j] = &got
			}
		}
	})
	if err != nil {
		return err
	}
	var all []weighted
	for i, got := range found {
		if got != nil {
			all = append(all, weighted{got, r.Classes[i].Members.And(r.Directory.People).Count()})
		}
	}
	for i := range trapped {
		for _, got := range trapped[i] {
			if got != nil {
				all = append(all, weighted{got, 0})
			}
		}
	}
	settle(all)
	for i, got := range found {
		if got != nil {
			e.add(w, got, indices, r.Classes[i].Members.And(r.Directory.People), "", audit.Set{})
		}
		if unsure[i] != nil {
			e.Unsure = e.Unsure.Or(r.Classes[i].Members.And(r.Directory.People))
			for _, name := range unsure[i].Missing {
				missing[name] = true
			}
		}
	}
	for i := range trapped {
		for j, got := range trapped[i] {
			if got != nil {
				e.add(w, got, indices, audit.Set{}, asked[j], populations[i].members)
			}
		}
	}
	return nil
}

func free(s State) bool { return s == HasPasskey || s == SelfService || s == NeedsAdminStep }

// through keeps the ways to open that are made of some policies alone, if there are
// any.
func (v *Verdict) through(policies map[string]bool) {
	v.opens = slices.DeleteFunc(v.opens, func(o opening) bool {
		return slices.ContainsFunc(o.set, func(b Blocker) bool { return b.Type != PolicyBlocker || !policies[b.ID] })
	})
}

// add joins a verdict to the trap of its policies. Where no small set of the new
// policies opens a way, all of them are taken together.
func (e *Enforced) add(w World, v *Verdict, indices []int, people audit.Set, who Persona, under audit.Set) {
	var ids []string
	for _, b := range v.BlockedBy {
		ids = append(ids, b.ID)
	}
	if len(ids) == 0 {
		for _, i := range indices {
			ids = append(ids, e.Result.Given.Policies.Policies[i].ID)
		}
	}
	slices.Sort(ids)
	i := slices.IndexFunc(e.Traps, func(t Trap) bool { return slices.Equal(t.Policies, ids) })
	if i < 0 {
		i = len(e.Traps)
		e.Traps = append(e.Traps, Trap{World: w, Policies: ids, Confidence: High})
	}
	t := &e.Traps[i]
	t.People, t.Under = t.People.Or(people), t.Under.Or(under)
	if who != "" && !slices.Contains(t.Personas, who) {
		t.Personas = append(t.Personas, who)
	}
	t.Reasons = tidy(append(t.Reasons, v.Reasons...))
	if who == "" || t.People.Empty() {
		t.Confidence, t.HangsOn = t.Confidence.Lower(v.Confidence), inOrder(append(t.HangsOn, v.HangsOn...))
	}
}

