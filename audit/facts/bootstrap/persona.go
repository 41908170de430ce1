package bootstrap

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
)

// Persona is somebody the tenant will meet, whoever works there today.
type Persona string

const (
	// NewHireRemote starts far from every trusted place, with a password and nothing
	// else.
	NewHireRemote Persona = "newHireRemote"
	// NewHireOnSite can go to a trusted place.
	NewHireOnSite Persona = "newHireOnSite"
	// LostPhone lost the phone with the passkey and every other method on it; all of it
	// is still registered.
	LostPhone Persona = "lostPhone"
	// BYODPhoneOnly has a phone of their own and no computer, and no method.
	BYODPhoneOnly Persona = "byodPhoneOnly"
	// NewLaptopOutOfBox sets up Windows Hello on a new computer at home, with a method
	// on the phone. What is asked is whether that set-up succeeds.
	NewLaptopOutOfBox Persona = "newLaptopOutOfBox"
	// RoleActivation activates a role for which they are eligible, with a method on the
	// phone and no passkey.
	RoleActivation Persona = "roleActivation"
)

// Personas lists them in the order of output.
var Personas = []Persona{NewHireRemote, NewHireOnSite, LostPhone, BYODPhoneOnly, NewLaptopOutOfBox, RoleActivation}

// PersonaVerdict is where a persona would stand under the policies of some people.
type PersonaVerdict struct {
	Persona Persona
	// Under are the people who have these policies today.
	Under   audit.Set
	Verdict Verdict
}

// population is people with the same policies, profiles and scopes, whatever they
// hold.
type policyPopulation struct {
	members audit.Set
	person  *person
	// activating are those of them who are eligible for a role that policies name, by
	// what reaches them once they activate it.
	activating []policyPopulation
}

// of are the people under whose policies a persona would be, by what policy says of it:
// only those who are eligible for a role can come to activate one.
func (p *policyPopulation) of(who Persona) []policyPopulation {
	if who == RoleActivation {
		return p.activating
	}
	return []policyPopulation{*p}
}

// Personas judges every persona under every distinct set of policies. Populations
// that come out the same are one.
func (r *Result) Personas(ctx context.Context) ([]PersonaVerdict, error) {
	populations := r.populations()
	type row struct{ verdicts []PersonaVerdict }
	rows := make([]row, len(populations))
	err := r.each(ctx, len(populations), func(b *bench, i int) {
		for _, who := range Personas {
			for _, pop := range populations[i].of(who) {
				p := pop.person.each(func(p *person) *person { return p.as(who) })
				rows[i].verdicts = append(rows[i].verdicts, PersonaVerdict{who, pop.members, b.persona(who, p)})
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var list []PersonaVerdict
	for _, row := range rows {
		list = append(list, row.verdicts...)
	}
	for _, who := range Personas {
		var of []weighted
		for i := range list {
			if list[i].Persona == who {
				of = append(of, weighted{&list[i].Verdict, list[i].Under.Count()})
			}
		}
		settle(of)
	}
	return mergePersonas(list), nil
}

// persona judges one; the new computer goes by the rules of its set-up.
func (b *bench) persona(who Persona, p *person) Verdict {
	if who == NewLaptopOutOfBox {
		return b.helloVerdict(p)
	}
	return b.inScope(p)
}

func (r *Result) populations() []policyPopulation {
	var all gathered
	within := map[string]*gathered{} // activating, by population
	for i := range r.Classes {
		c := &r.Classes[i]
		if c.People.Empty() {
			continue
		}
		k := c.person.policyKey()
		all.add(k, c)
		if c.person.activated == nil {
			continue
		}
		if within[k] == nil {
			within[k] = &gathered{}
		}
		within[k].add(string(appendFacts(nil, c.person.activated)), c)
	}
	list := all.populations()
	for i, k := range all.order {
		if g := within[k]; g != nil {
			list[i].activating = g.populations()
		}
	}
	return list
}

// gathered are people by a key that those who are alike share.
type gathered struct {
	order   []string
	persons map[string]*person
	members map[string][]audit.Set
}

func (g *gathered) add(key string, c *Class) {
	if g.persons == nil {
		g.persons, g.members = map[string]*person{}, map[string][]audit.Set{}
	}
	if g.persons[key] == nil {
		g.persons[key] = c.person
		g.order = append(g.order, key)
	}
	g.members[key] = append(g.members[key], c.People)
}

func (g *gathered) populations() []policyPopulation {
	list := make([]policyPopulation, len(g.order))
	for i, k := range g.order {
		list[i] = policyPopulation{members: audit.Union(g.members[k]...), person: g.persons[k]}
	}
	return list
}

// policyKey tells people apart by what policy says of them alone.
func (p *person) policyKey() string {
	b := appendFacts(appendFacts(nil, p.reach), p.profiles)
	b = appendFacts(b, []fact3{p.included, p.excluded, p.pass, p.authApp, p.oathApp, p.can[0], p.can[14]})
	for _, lane := range p.lanes {
		b = append(b, lane.policyKey()...)
	}
	return string(b)
}

func appendFacts(b []byte, list []fact3) []byte {
	for _, f := range list {
		b = append(b, byte(f.value), byte(f.on), byte(f.on>>8))
	}
	return b
}

// as is a persona under the policies of the person; nil where there is no such
// persona, because the person cannot become one.
func (p *person) as(who Persona) *person {
	q := *p
	q.keys, q.heldPass, q.reportOnly, q.risk = nil, 0, false, ""
	q.phones, q.systems, q.compliant, q.fit, q.hybrid, q.joined = none(), none(), none(), none(), false, false
	q.compliantJoined, q.compliantHybrid = false, false
	q.devicesKnown = holds
	for i := range q.can {
		if m := modes(1 << i); m&(password|federatedSingle) == 0 {
			q.can[i] = fails
		}
	}
	q.registered = fails
	switch who {
	case NewHireRemote:
		q.noPlaces = true
	case LostPhone:
		q.registered, q.stale, q.staleKey = holds, true, true
	case BYODPhoneOnly:
		q.phoneOnly = true
	case NewLaptopOutOfBox:
		q.gain(push, holds)
		q.registered = holds
		q.noPlaces = true
		q.systems = map[devices.OS]bool{devices.Windows: true}
	case RoleActivation:
		if p.activated == nil {
			return nil
		}
		q.reach = p.activated
		q.gain(push, holds)
		q.registered = holds
	}
	return &q
}

func none() map[devices.OS]bool { return map[devices.OS]bool{} }

// mergePersonas joins populations for which a persona comes out the same.
func mergePersonas(list []PersonaVerdict) []PersonaVerdict {
	var out []PersonaVerdict
	for _, who := range Personas {
		at := map[string]int{}
		for _, v := range list {
			if v.Persona != who {
				continue
			}
			k := v.Verdict.key()
			if i, seen := at[k]; seen {
				out[i].Under = out[i].Under.Or(v.Under)
				continue
			}
			at[k] = len(out)
			out = append(out, v)
		}
	}
	return out
}
