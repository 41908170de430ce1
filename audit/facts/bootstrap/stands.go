package bootstrap

import (
	"context"
	"slices"

	"passkeyaudit/audit"
)

// Stands is where everybody stands in one world, without what it rests on. That is all
// a trial of a change asks for, and costs a fraction of Judge.
type Stands struct {
	List    []Stand
	classOf []int32
}

// Stand is where people stand whom nothing tells apart.
type Stand struct {
	State State
	// Conditional: the way takes something for granted.
	Conditional bool
}

// Index is the position in List of an account, -1 for disabled accounts and guests, who
// are out of scope.
func (s *Stands) Index(ordinal uint32) int { return int(s.classOf[ordinal]) }

// At is the stand at a position that Index gave.
func (s *Stands) At(i int) Stand {
	if i < 0 {
		return Stand{State: OutOfScope}
	}
	return s.List[i]
}

// Of is where one account stands.
func (s *Stands) Of(ordinal uint32) Stand { return s.At(s.Index(ordinal)) }

// In are the accounts in one of some states, apart from those that are out of scope
// whatever policy says.
func (s *Stands) In(states ...State) audit.Set {
	in := make([]bool, len(s.List))
	for i := range s.List {
		in[i] = slices.Contains(states, s.List[i].State)
	}
	return audit.SetWhere(len(s.classOf), func(n uint32) bool { return s.classOf[n] >= 0 && in[s.classOf[n]] })
}

// Stand says where everybody stands in the tenant after a change; before is the tenant
// before it.
func (g *Given) Stand(ctx context.Context, o Options, before *Result) (*Stands, error) {
	r := g.divide(o, before.parts)
	s := &Stands{make([]Stand, len(r.Classes)), r.classOf}
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) { s.List[i] = b.brief(r.Classes[i].person) })
	return s, err
}

// Stands are those of a judged world.
func (r *Result) Stands() *Stands {
	s := &Stands{make([]Stand, len(r.Classes)), r.classOf}
	for i := range r.Classes {
		v := &r.Classes[i].Verdict
		s.List[i] = Stand{v.State, len(v.Conditions) > 0}
	}
	return s
}

// brief is inScope without the reasons.
func (b *bench) brief(p *person) Stand {
	switch on := b.m.method.value; {
	case on == audit.No, !p.inScope(kind):
		return Stand{State: OutOfScope}
	case on == audit.Unsure, !p.inScope(harsh):
		return Stand{State: Unknown}
	}
	bad := b.judge(p, harsh)
	if (b.m.uncertain || b.hazy(p)) && b.judge(p, kind).state != bad.state {
		return Stand{State: Unknown}
	}
	return Stand{bad.state, bad.way != nil && len(bad.way.conditions) > 0}
}

// Opens are those of some people out of scope who would have a way to a passkey if the
// method reached them, and those of whom that is not known.
func (r *Result) Opens(ctx context.Context, people audit.Set) (audit.Partly, error) {
	after := make([]State, len(r.Classes))
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if after[i] = c.Verdict.State; after[i] == OutOfScope && !c.People.And(people).Empty() {
			after[i] = b.state(c.person)
		}
	})
	var yes, maybe []audit.Set
	for i, state := range after {
		c := &r.Classes[i]
		switch some := c.People.And(people); {
		case state == Unknown:
			maybe = append(maybe, some)
		case c.Verdict.State == OutOfScope && Open(state):
			yes = append(yes, some)
		}
	}
	return audit.Partly{Yes: audit.Union(yes...), Maybe: audit.Union(maybe...)}, err
}
