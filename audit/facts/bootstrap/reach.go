package bootstrap

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/population"
)

// Reach is the fact that says for everybody, today, whether there is a way to a
// passkey.
var Reach = &audit.Fact[*Result]{
	Name:  "bootstrap.Reach",
	Doc:   "for every enabled account whether a way to a first passkey exists, or what closes it",
	Facts: []audit.AnyFact{Grounds},
	Derive: func(ctx context.Context, p *audit.Pass) (*Result, error) {
		g, err := audit.Get(ctx, p, Grounds)
		if err != nil {
			return nil, err
		}
		return g.Judge(ctx, g.Settled(Options{World: Today}))
	},
}

// Settled adds to options what the administrators of the tenant said: lanes, switches
// and what may be assumed. An assumption that is none was refused where it was read.
func (g *Given) Settled(o Options) Options {
	s := g.settings
	o.Lanes.Provisioning = o.Lanes.Provisioning || s.Lanes.Provisioning
	o.Lanes.EnrolDevice = o.Lanes.EnrolDevice || s.Lanes.EnrolDevice
	for name, on := range s.Switches {
		o.Switches.Set(name, on)
	}
	for _, text := range s.Assume {
		if c, err := ParseAssumption(text); err == nil {
			o.Assume = append(o.Assume, c)
		}
	}
	return o
}

// Result is where everybody stands in one world.
type Result struct {
	*Given
	Options Options
	// Classes divide the enabled accounts that are not guests.
	Classes []Class

	classOf []int32 // by ordinal; -1 for accounts in no class
	parts   *partition
	model   *model
}

// Class is accounts that nothing tells apart on the way to a passkey.
type Class struct {
	Members audit.Set
	People  audit.Set // the members that are people
	Verdict Verdict
	// ReportOnly: what they hold is known from the registration report only.
	ReportOnly bool

	person *person
}

// Judge says where everybody stands.
func (g *Given) Judge(ctx context.Context, o Options) (*Result, error) {
	r := g.divide(o, nil)
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		if c.Verdict = b.inScope(c.person); c.ReportOnly {
			c.Verdict.lower(Medium)
		}
	})
	if err != nil {
		return nil, err
	}
	r.settleBlockers()
	return r, nil
}

// divide makes the classes, which nobody has judged yet: from those of the same tenant
// before a change, where there are such, with fewer accounts looked at.
func (g *Given) divide(o Options, before *partition) *Result {
	src := g.sources
	src.noPhone, src.lanes = o.World.NoPhones, slices.Clone(src.lanes)
	for i := range src.lanes {
		src.lanes[i].noPhone = src.noPhone
	}
	m := newModel(&g.tenant, o)
	within := src.dir.Enabled.Minus(src.dir.Guests)
	traits := src.traits(m.tellsApart(len(g.Policies.Policies)))
	var parts *partition
	if before != nil {
		parts = before.refine(within, traits)
	}
	if parts == nil {
		parts = divide(within, src.dir.All.Count(), traits)
	}
	classes := parts.people(traits, src.blank)
	r := &Result{Given: g, Options: o, model: m, parts: parts, Classes: make([]Class, len(classes)), classOf: make([]int32, src.dir.All.Count())}
	for i := range r.classOf {
		r.classOf[i] = -1
	}
	for i, c := range classes {
		r.Classes[i] = Class{Members: c.members, People: c.members.And(src.dir.People), person: c.person, ReportOnly: c.person.reportOnly}
		for n := range c.members.All() {
			r.classOf[n] = int32(i)
		}
	}
	return r
}

// tellsApart says of every policy of the compiled set whether people are told apart by
// it: whether it can stand in anybody's way.
func (m *model) tellsApart(policies int) []bool {
	list := make([]bool, policies)
	for _, p := range m.policies {
		list[p.index] = true
	}
	return list
}

// each runs f for every index, in parallel, with a bench for each worker.
func (r *Result) each(ctx context.Context, n int, f func(b *bench, i int)) error {
	const chunk = 16
	work := make(chan int)
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n/chunk+1) {
		wg.Go(func() {
			b := r.model.bench()
			defer r.model.rest(b)
			for from := range work {
				for i := from; i < min(from+chunk, n) && ctx.Err() == nil; i++ {
					f(b, i)
				}
			}
		})
	}
	for from := 0; from < n && ctx.Err() == nil; from += chunk {
		work <- from
	}
	close(work)
	wg.Wait()
	return ctx.Err()
}

// inScope judges a person, who may be out of scope of the method.
func (b *bench) inScope(p *person) Verdict {
	on := b.m.method
	switch {
	case on.value == audit.No, !p.inScope(kind):
		return b.outOfScope(p)
	case on.value == audit.Unsure || !p.inScope(harsh):
		v := b.verdict(p)
		v.State, v.Confidence, v.Path, v.Conditions, v.Steps, v.opens = Unknown, Low, nil, nil, nil, nil
		if on.value == audit.Unsure {
			v.Missing = append(v.Missing, gapNames[on.on])
		}
		for _, f := range []fact3{p.included, p.excluded} {
			if f.value == audit.Unsure {
				v.Missing = append(v.Missing, gapNames[f.on])
			}
		}
		slices.Sort(v.Missing)
		v.Missing = slices.Compact(v.Missing)
		return v
	default:
		return b.verdict(p)
	}
}

func (b *bench) outOfScope(p *person) Verdict {
	return Verdict{State: OutOfScope, Confidence: High, Reasons: scopeReasons(b.m.method, p.included, p.excluded)}
}

// scopeReasons are why the method does not reach somebody.
func scopeReasons(method, included, excluded fact3) []Reason {
	var list []Reason
	if method.value == audit.No {
		list = append(list, MethodDisabled)
	}
	if excluded.value == audit.Yes {
		list = append(list, Excluded)
	}
	if included.value == audit.No {
		list = append(list, NotTargeted)
	}
	return tidy(list)
}

// settleBlockers chooses what blocks every trapped class.
func (r *Result) settleBlockers() {
	list := make([]weighted, 0, len(r.Classes))
	for i := range r.Classes {
		list = append(list, weighted{&r.Classes[i].Verdict, r.Classes[i].People.Count()})
	}
	settle(list)
}

// weighted is a verdict on so many people.
type weighted struct {
	*Verdict
	people int
}

// settle chooses for everybody who is trapped, of the smallest sets that open a way,
// the one that frees the most people; of several, the one with the lower ids.
func settle(list []weighted) {
	frees := map[string]int{}
	for _, v := range list {
		for _, o := range v.opens {
			frees[blockerKey(o.set)] += v.people
		}
	}
	for _, v := range list {
		if len(v.opens) == 0 {
			continue
		}
		best := slices.MinFunc(v.opens, func(a, b opening) int {
			ka, kb := blockerKey(a.set), blockerKey(b.set)
			return cmp.Or(frees[kb]-frees[ka], strings.Compare(ka, kb))
		})
		v.BlockedBy, v.Reasons = best.set, tidy(append(v.Reasons, best.reasons...))
	}
}

// blockerKey orders sets by ids, then by types.
func blockerKey(set []Blocker) string {
	var ids, types strings.Builder
	for _, b := range set {
		ids.WriteString(strings.ToLower(b.ID) + "\x00")
		types.WriteString(string(b.Type) + "\x00")
	}
	return ids.String() + "\x01" + types.String()
}

// Of is where one account stands. Disabled accounts and guests are out of scope
// whatever policy says. Sources: PF (how-to-authentication-passkeys-fido2,
// 2026-03-08).
func (r *Result) Of(ordinal uint32) Verdict {
	if i := r.classOf[ordinal]; i >= 0 {
		return r.Classes[i].Verdict.At(r.Directory.Country(ordinal))
	}
	v, _ := Beyond(r.Directory, ordinal)
	// Where the policy has no entry for passkeys, nothing is known of scope.
	included, excluded := hangs(gapMethodsPolicy), hangs(gapMethodsPolicy)
	if pk := r.Methods.Passkeys; pk != nil {
		included, excluded = factOf(pk.Included.Has(ordinal), gapGroups), factOf(pk.Excluded.Has(ordinal), gapGroups)
	}
	v.Reasons = tidy(append(v.Reasons, scopeReasons(r.model.method, included, excluded)...))
	return v
}

// Beyond tells of a disabled account, or a guest's, that it is out of scope: it is so even
// where the methods policy was not read.
func Beyond(dir *population.Directory, ordinal uint32) (Verdict, bool) {
	v := Verdict{State: OutOfScope, Confidence: High}
	if !dir.Enabled.Has(ordinal) {
		v.Reasons = append(v.Reasons, AccountDisabled)
	}
	if dir.Guests.Has(ordinal) {
		v.Reasons = append(v.Reasons, Guest)
	}
	return v, len(v.Reasons) > 0
}

// ClassOf gives the class of an account, nil for those in none.
func (r *Result) ClassOf(ordinal uint32) *Class {
	if i := r.classOf[ordinal]; i >= 0 {
		return &r.Classes[i]
	}
	return nil
}

// Index is the position in Classes of the class of an account, -1 for accounts in
// none.
func (r *Result) Index(ordinal uint32) int { return int(r.classOf[ordinal]) }

// CountPasskeys counts an account's registered passkeys, and those that policy
// certainly accepts at sign-in.
func (r *Result) CountPasskeys(ordinal uint32) (registered, usable int) {
	return len(r.Held.Passkeys(ordinal)), r.UsablePasskeys(ordinal)
}

// UsablePasskeys counts an account's passkeys that policy certainly accepts at sign-in.
func (g *Given) UsablePasskeys(ordinal uint32) int {
	usable := 0
	for _, k := range g.Held.Passkeys(ordinal) {
		if g.sources.usable(ordinal, k.Credential) == audit.Yes {
			usable++
		}
	}
	return usable
}

// Owned is who has which devices in evidence.
func (g *Given) Owned() *devices.Owned { return g.sources.owned }
