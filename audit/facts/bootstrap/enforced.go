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

// Trap is report-only policies whose enforcement leaves people no way: one of them, or
// some that do so only together.
type Trap struct {
	World    World
	Policies []string // by id
	People   audit.Set
	// Personas would be trapped too, under the policies of some people.
	Personas   []Persona
	Under      audit.Set
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
	// Classes are told apart by what matters in their world: for these worlds people are
	// divided anew, by all that would be enforced, and stand where they stand today.
	o := r.Options
	o.World = worlds[0]
	wide, err := r.Given.Judge(ctx, o)
	if err != nil {
		return nil, err
	}
	for i := range wide.Classes {
		for n := range wide.Classes[i].Members.All() {
			wide.Classes[i].Verdict = r.Of(n)
			break
		}
	}
	wide.Options, wide.model = r.Options, r.model
	out.Result, r = wide, wide
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
	var added []int // positions in the model
	for i, p := range m.policies {
		if p.State == conditionalaccess.ReportOnly {
			added = append(added, i)
		}
	}
	reached := func(p *person) bool {
		return slices.ContainsFunc(added, func(i int) bool { return p.reach[m.policies[i].index].value != audit.No })
	}
	v := &Result{Given: r.Given, Options: o, model: m}
	found, unsure := make([]*trapped, len(r.Classes)), make([][]string, len(r.Classes))
	err := v.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if !free(c.Verdict.State) || !reached(c.person) || c.People.Empty() {
			return
		}
		switch b.state(c.person) {
		case Trapped:
			found[i] = &trapped{b.verdict(c.person), b.trapSets(c.person, added)}
			found[i].verdict.Confidence = found[i].verdict.firmness(c.ReportOnly)
		case Unknown:
			unsure[i] = b.verdict(c.person).Missing
		}
	})
	if err != nil {
		return err
	}
	after, err := e.personaStates(ctx, m, populations, reached)
	if err != nil {
		return err
	}
	personas := make([][]*trapped, len(populations))
	err = v.each(ctx, len(populations), func(b *bench, i int) {
		personas[i] = make([]*trapped, len(after[i]))
		for j := range after[i] {
			if free(before[i][j]) && after[i][j] == Trapped {
				p := populations[i].person.as(asked[j])
				personas[i][j] = &trapped{b.verdict(p), b.trapSets(p, added)}
				personas[i][j].verdict.Confidence = personas[i][j].verdict.firmness(false)
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range r.Classes {
		people := r.Classes[i].People
		if found[i] != nil {
			e.add(w, m, found[i], people, "", audit.Set{})
		}
		if unsure[i] != nil {
			e.Unsure = e.Unsure.Or(people)
			for _, name := range unsure[i] {
				missing[name] = true
			}
		}
	}
	for i := range personas {
		for j, t := range personas[i] {
			if t != nil {
				e.add(w, m, t, audit.Set{}, asked[j], populations[i].members)
			}
		}
	}
	return nil
}

func free(s State) bool { return s == HasPasskey || s == SelfService || s == NeedsAdminStep }

// trapSets are the policies of those added whose enforcement traps a person: each
// that does so alone, or where none does a smallest set that does together.
func (b *bench) trapSets(p *person, added []int) [][]int {
	var reaching []int
	for _, i := range added {
		if b.reach(p, i).value != audit.No {
			reaching = append(reaching, i)
		}
	}
	trapped := func(enforced []int) bool {
		off := slices.DeleteFunc(slices.Clone(added), func(i int) bool { return slices.Contains(enforced, i) })
		state := Unknown
		b.changing(off, func() { state = b.state(p) })
		return state == Trapped
	}
	var sets [][]int
	for _, i := range reaching {
		if trapped([]int{i}) {
			sets = append(sets, []int{i})
		}
	}
	if len(sets) > 0 {
		return sets
	}
	for _, i := range slices.Clone(reaching) {
		fewer := slices.DeleteFunc(slices.Clone(reaching), func(j int) bool { return j == i })
		if trapped(fewer) {
			reaching = fewer
		}
	}
	return [][]int{reaching}
}

// add joins a verdict to the traps of its policies.
func (e *Enforced) add(w World, m *model, t *trapped, people audit.Set, who Persona, under audit.Set) {
	for _, set := range t.sets {
		var ids []string
		for _, i := range set {
			ids = append(ids, m.policies[i].ID)
		}
		slices.Sort(ids)
		i := slices.IndexFunc(e.Traps, func(t Trap) bool { return slices.Equal(t.Policies, ids) })
		if i < 0 {
			i = len(e.Traps)
			e.Traps = append(e.Traps, Trap{World: w, Policies: ids, Confidence: High})
		}
		trap := &e.Traps[i]
		if who != "" && !trap.People.Empty() {
			// What is known of the people of today goes before what would become of others.
			t.verdict.Confidence, t.verdict.HangsOn = High, nil
		}
		trap.People, trap.Under = trap.People.Or(people), trap.Under.Or(under)
		if who != "" && !slices.Contains(trap.Personas, who) {
			trap.Personas = append(trap.Personas, who)
		}
		trap.Confidence, trap.HangsOn = trap.Confidence.Lower(t.verdict.Confidence), inOrder(append(trap.HangsOn, t.verdict.HangsOn...))
	}
}

// trapped is a verdict of somebody whom a world traps, with the policies that do.
type trapped struct {
	verdict Verdict
	sets    [][]int
}
