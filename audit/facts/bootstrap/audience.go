package bootstrap

import (
	"context"
	"slices"

	"passkeyaudit/audit"
)

// Audiences is the fact that says what would become of personas under the policies
// that people have today. Somebody who activates a role is not among them.
var Audiences = &audit.Fact[[]Audience]{
	Name:  "bootstrap.Audiences",
	Doc:   "people under the same policies, with where a new hire, or somebody who lost a phone, would stand there",
	Facts: []audit.AnyFact{Reach},
	Derive: func(ctx context.Context, p *audit.Pass) ([]Audience, error) {
		r, err := audit.Get(ctx, p, Reach)
		if err != nil {
			return nil, err
		}
		return r.Audiences(ctx)
	},
}

// Audience is people under the same policies, profiles and scopes.
type Audience struct {
	Members  audit.Set
	Personas []Standing
}

// Standing is where a persona would stand in an audience.
type Standing struct {
	Persona Persona
	Verdict Verdict
	// Enforcing are the ids of the policies behind the trap, of one that is trapped.
	Enforcing []string
	// Enforced tells whether it is these policies that trap: without any there would
	// be a way.
	Enforced bool
}

// Audiences judges every persona under every distinct set of policies that people
// have. It differs from Personas in keeping apart what comes out the same, and in
// saying which policies are behind a trap.
func (r *Result) Audiences(ctx context.Context) ([]Audience, error) {
	populations := r.populations()
	list := make([]Audience, len(populations))
	err := r.each(ctx, len(populations), func(b *bench, i int) {
		list[i].Members = populations[i].members
		for _, who := range Personas {
			if who == RoleActivation {
				continue // few of an audience can become it; see Personas
			}
			p := populations[i].person.as(who)
			s := Standing{Persona: who, Verdict: b.persona(who, p)}
			switch {
			case s.Verdict.State != Trapped:
			case who == NewLaptopOutOfBox:
				b.settleHello(p, &s)
			default:
				b.enforcement(p, &s)
			}
			list[i].Personas = append(list[i].Personas, s)
		}
	})
	if err != nil {
		return nil, err
	}
	for _, who := range Personas {
		var of []weighted
		for i := range list {
			for j := range list[i].Personas {
				if s := &list[i].Personas[j]; s.Persona == who {
					of = append(of, weighted{&s.Verdict, list[i].Members.Count()})
				}
			}
		}
		settle(of)
	}
	return list, nil
}

// enforcement finds the policies behind a trap: those that some smallest change would
// have to touch, and the fewest others that trap together with no policy beside them.
func (b *bench) enforcement(p *person, s *Standing) {
	var all, refusing []int
	for i, o := range b.m.objects {
		if o.Type == PolicyBlocker {
			all = append(all, i)
		}
	}
	trapped := func(enforced []int) (is bool) {
		without := slices.DeleteFunc(slices.Clone(all), func(o int) bool { return slices.Contains(enforced, o) })
		b.changing(without, func() { is = b.judge(p, harsh).state == Trapped })
		return is
	}
	if s.Enforced = !trapped(nil); !s.Enforced {
		return
	}
	for a := range b.attempts(p, harsh) {
		for _, o := range b.obstacles(p, harsh, a) {
			for _, f := range o.fixes {
				if b.m.objects[f].Type == PolicyBlocker && !slices.Contains(refusing, f) {
					refusing = append(refusing, f)
				}
			}
		}
	}
	slices.Sort(refusing)
	core := all
	if trapped(refusing) {
		core = refusing
	}
	for _, o := range slices.Clone(core) {
		if fewer := slices.DeleteFunc(slices.Clone(core), func(c int) bool { return c == o }); trapped(fewer) {
			core = fewer
		}
	}
	s.Enforcing = b.ids(core)
	for _, o := range s.Verdict.opens {
		for _, blocker := range o.set {
			if blocker.Type == PolicyBlocker && slices.ContainsFunc(refusing, func(f int) bool { return b.m.objects[f] == blocker }) {
				s.Enforcing = append(s.Enforcing, blocker.ID)
			}
		}
	}
	slices.Sort(s.Enforcing)
	s.Enforcing = slices.Compact(s.Enforcing)
}

// ids are those of some objects, sorted.
func (b *bench) ids(objects []int) []string {
	var list []string
	for _, o := range objects {
		list = append(list, b.m.objects[o].ID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// settleHello makes a trap of the set-up of Windows Hello certain, or not: it was
// found with everything that is not known taken to hurt.
func (b *bench) settleHello(p *person, s *Standing) {
	var policies []int
	for _, how := range []auth{withMethods, withNewMulti, withNewOnce} {
		a := attempt{surface: Hello, os: "windows", auth: how}
		if how == withMethods && !b.using(p, kind, a, how).multifactor() {
			continue
		}
		if how != withMethods {
			if _, met := b.passObstacle(p, kind, &a); met {
				continue
			}
		}
		refused := b.helloRefusals(p, kind, &a)
		if len(refused) == 0 {
			s.Verdict = Verdict{State: Unknown, Confidence: Low, Missing: b.helloMissing(p)}
			return
		}
		for _, o := range refused {
			if len(o.fixes) > 0 && b.m.objects[o.fixes[0]].Type == PolicyBlocker && !slices.Contains(policies, o.fixes[0]) {
				policies = append(policies, o.fixes[0])
			}
		}
	}
	s.Enforcing, s.Enforced = b.ids(policies), len(policies) > 0
}

// helloMissing names the gaps because of which it is not known whether policies on
// the register action apply.
func (b *bench) helloMissing(p *person) []string {
	s := b.scene(b.sceneOf(p, &attempt{surface: Hello, os: "windows"}))
	var gaps gap
	for i := range b.m.policies {
		if b.m.policies[i].register && b.reach(p, i).value.And(s.match[i]) == audit.Unsure {
			gaps |= b.why(p, s, i)
		}
	}
	for _, f := range []fact3{b.m.passOn, b.m.passMany, p.pass} {
		if f.value == audit.Unsure {
			gaps |= f.on
		}
	}
	var names []string
	for g := gap(1); g < gapEnd; g <<= 1 {
		if gaps&g != 0 {
			names = append(names, gapNames[g])
		}
	}
	return names
}

// Trapped tells whether the persona is caught by policies that are enforced.
func (s *Standing) Trapped() bool { return s.Verdict.State == Trapped && s.Enforced }
