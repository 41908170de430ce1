package bootstrap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/methods"
)

// Stops is the fact that says which Conditional Access policies close a route to a
// passkey, for whom, and why.
var Stops = &audit.Fact[*Stopped]{
	Name:  "bootstrap.Stops",
	Doc:   "which Conditional Access policies close a route to a first passkey, for whom, and by which control",
	Facts: []audit.AnyFact{Reach},
	Derive: func(ctx context.Context, p *audit.Pass) (*Stopped, error) {
		r, err := audit.Get(ctx, p, Reach)
		if err != nil {
			return nil, err
		}
		return r.stopped(ctx)
	},
}

// Route is some of the ways to a passkey.
type Route string

const (
	// AnyRoute is all of them: people to whom it is closed are trapped.
	AnyRoute Route = "any"
	// AppRoute is inside Microsoft Authenticator, alone or with a pass.
	AppRoute Route = "app"
	// HomeRoute is alone, outside every IP location that the tenant names. Countries
	// play no part: people are where their country's policies let them be.
	HomeRoute Route = "home"
	// RemoteRoute is HomeRoute with the help of administrators.
	RemoteRoute Route = "remote"
)

// Stop is policies that close a route, each of which would have to give way.
type Stop struct {
	Route    Route
	Refusals []Refusal
	// People are those it is closed to, or whose policies the persona would have.
	People audit.Set
	// Persona is empty for the people of today.
	Persona Persona
	// Lane: a policy on the register action lets them in with a pass, were it not for
	// the others.
	Lane bool
	// Missing names what was not read and may open the route; where it is empty the
	// route is certainly closed.
	Missing    []string
	Confidence Confidence
	HangsOn    []string
}

// Refusal is a policy with what it refuses for.
type Refusal struct {
	Policy  string // its id
	Reasons []Reason
	// Demanded are the reasons of which each alone is enough.
	Demanded []Reason
	// Passkey: it demands a strength that a passkey meets and that neither a pass nor
	// a classic method does.
	Passkey bool
	// Located: it asks where the sign-in comes from.
	Located bool
}

// Has tells whether a policy refuses for a reason.
func (r *Refusal) Has(reason Reason) bool { return slices.Contains(r.Reasons, reason) }

// Stopped is everything that policies close.
type Stopped struct {
	*Result
	Stops []Stop
}

func (r *Result) stopped(ctx context.Context) (*Stopped, error) {
	out := &Stopped{Result: r}
	if !r.model.policiesKnown {
		return out, nil // every state is unknown, and says so
	}
	located := slices.ContainsFunc(r.model.policies, func(p policy) bool { return p.Conditional(conditionalaccess.Locations) })
	of := make([][]Stop, len(r.Classes))
	err := r.each(ctx, len(r.Classes), func(b *bench, i int) {
		c := &r.Classes[i]
		people := c.People
		if state := c.Verdict.State; state == OutOfScope || state == HasPasskey || people.Empty() || !c.person.inScope(harsh) {
			return
		}
		routes := []Route{AnyRoute, AppRoute}
		if located {
			routes = append(routes, HomeRoute)
		}
		for _, route := range routes {
			if route == AnyRoute && c.Verdict.State != Trapped && c.Verdict.State != Unknown {
				continue
			}
			of[i] = append(of[i], b.stops(c.person, route, people, "")...)
		}
	})
	if err != nil {
		return nil, err
	}
	personas, err := r.stoppedPersonas(ctx, located)
	if err != nil {
		return nil, err
	}
	out.Stops = mergeStops(append(of, personas...))
	return out, nil
}

// stoppedPersonas asks the same about people the tenant will meet. A new hire on
// site stands for remote ones too, save where only the place is in the way.
func (r *Result) stoppedPersonas(ctx context.Context, located bool) ([][]Stop, error) {
	populations := r.populations()
	of := make([][]Stop, len(populations))
	err := r.each(ctx, len(populations), func(b *bench, i int) {
		pop := populations[i]
		ask := func(who, as Persona, route Route) {
			if p := pop.person.as(as); p.inScope(harsh) {
				of[i] = append(of[i], b.stops(p, route, pop.members, who)...)
			}
		}
		ask(NewHireOnSite, NewHireOnSite, AnyRoute)
		ask(LostPhone, LostPhone, AnyRoute)
		ask(BYODPhoneOnly, BYODPhoneOnly, AnyRoute)
		if located {
			ask(NewHireRemote, NewHireOnSite, RemoteRoute)
		}
	})
	return of, err
}

// closed tells whether a person without a passkey that works has no way on the route
// that the engine is limited to.
func (e *engine) closed(p *person, r resolution) bool {
	for _, k := range p.keys {
		if e.usable(p, k).in(r) && e.m.goal.accepts(e.m.kindOfHeld(k)) && len(e.refusing(p, r, k.AAGUID)) == 0 {
			return false
		}
	}
	return e.way(p, r) == nil
}

// onRoute tells whether an attempt is on the route that the engine is limited to.
func (e *engine) onRoute(approach *attempt, at tryAt) bool {
	switch e.route {
	case AppRoute:
		return approach.surface == InApp
	case HomeRoute:
		return len(approach.steps) == 0 && !at.dismissed && !e.m.places[at.place].trusted
	case RemoteRoute:
		return !e.m.places[at.place].trusted
	default:
		return true
	}
}

// limit makes the bench look at one route only.
func (b *bench) limit(route Route) {
	b.route = route
	for _, e := range b.variants {
		e.route = route
	}
}

// stops finds the policies that close a route by themselves. Where something else
// would have to change as well, a passkey profile or the methods policy, they are
// not the cause.
func (b *bench) stops(p *person, route Route, people audit.Set, who Persona) []Stop {
	b.limit(route)
	defer b.limit(AnyRoute)
	if !b.closed(p, harsh) {
		return nil
	}
	certain := b.closed(p, kind)
	r := harsh
	sets := b.blockers(p, harsh)
	if sets == nil && certain {
		sets, r = b.blockers(p, kind), kind
	}
	var list []Stop
	for _, set := range sets {
		if slices.ContainsFunc(set, func(o int) bool { t := b.m.objects[o].Type; return t != PolicyBlocker && t != StrengthBlocker }) {
			continue
		}
		if refusals := b.refusalsBehind(p, r, set); len(refusals) > 0 {
			list = append(list, Stop{Route: route, Refusals: refusals, People: people, Persona: who, Confidence: High})
		}
	}
	if len(list) == 0 {
		return nil
	}
	var base Verdict
	base.Confidence = High
	if certain {
		b.hangs(p, &base)
	} else {
		base.Missing = b.missingOn(p)
	}
	lane := slices.ContainsFunc(b.m.policies, func(pol policy) bool {
		return pol.register && len(pol.strengths) > 0 && !slices.ContainsFunc(pol.strengths, b.passkeyOnly) && p.reach[pol.index].value == audit.Yes
	})
	for i := range list {
		list[i].Lane = lane
		list[i].Missing, list[i].Confidence, list[i].HangsOn = base.Missing, base.Confidence, base.HangsOn
	}
	return list
}

// refusalsBehind are the policies that refuse the way which opens when a set of
// objects changes.
func (e *engine) refusalsBehind(p *person, r resolution, set []int) []Refusal {
	var way *attempt
	e.changing(set, func() { way = e.way(p, r) })
	if way == nil {
		return nil
	}
	var list []Refusal
	for _, o := range e.policyObstacles(p, r, way, false) {
		if !slices.ContainsFunc(o.fixes, func(f int) bool { return slices.Contains(set, f) }) {
			continue
		}
		pol := &e.m.policies[o.fixes[0]]
		f := Refusal{Policy: pol.ID, Reasons: tidy(slices.Clone(o.reasons)), Located: pol.Conditional(conditionalaccess.Locations)}
		if cs := pol.Controls(); len(cs) > 0 && pol.Requires(cs[0]) || len(f.Reasons) == 1 {
			f.Demanded = f.Reasons
		}
		f.Passkey = f.Has(StrengthUnsatisfiable) && slices.ContainsFunc(pol.strengths, e.passkeyOnly) && !e.modelsOnly(p, r, o.fixes[0], way) && e.strengthCloses(p, r, o.fixes[0], set)
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Refusal) int { return strings.Compare(a.Policy, b.Policy) })
	return list
}

// modelsOnly tells whether it is for want of a model that a strength on resources refuses
// somebody who has a method: the wizard would offer the passkey, were there one that the
// profiles admit and that meets the strength.
func (e *engine) modelsOnly(p *person, r resolution, i int, way *attempt) bool {
	pol := &e.m.policies[i]
	if pol.register || e.m.switches.NoInterruptRegistration || !e.using(p, r, attempt{os: way.os, device: way.device}, withMethods).multifactor() {
		return false
	}
	return !slices.ContainsFunc(e.m.credentials, func(c credential) bool {
		meets := !slices.ContainsFunc(pol.strengths, func(s conditionalaccess.Control) bool { return e.admits(s, c.aaguid) == audit.No })
		return meets && slices.ContainsFunc(e.m.profiles, func(profile *methods.Profile) bool {
			return profile.AllowsRegistration(c.passkey(true)) != audit.No && p.profiles[slices.Index(e.m.profiles, profile)].value != audit.No
		})
	})
}

// strengthCloses tells whether the strengths of a policy would close the way without its
// other controls, where those are demanded beside them: with a lane for passes it may be a
// managed device alone that is wanting.
func (e *engine) strengthCloses(p *person, r resolution, i int, set []int) bool {
	pol := &e.m.policies[i]
	if !slices.ContainsFunc(pol.strengths, pol.Requires) || len(pol.Controls()) == len(pol.strengths) {
		return true
	}
	own := e.policyFixes(i)
	rest := slices.DeleteFunc(slices.Clone(set), func(o int) bool { return slices.Contains(own, o) })
	// Nothing that is remembered of the person holds with other controls.
	forget := func() { e.unchanged.of, e.altered.of = nil, nil }
	forget()
	defer forget()
	e.lenient = i + 1
	defer func() { e.lenient = 0 }()
	closed := false
	e.changing(rest, func() { closed = e.way(p, r) == nil })
	return closed
}

// passkeyOnly tells whether a strength is met with a passkey, and with nothing that
// people have before their first one: a pass, or a classic method and a password.
func (e *engine) passkeyOnly(c conditionalaccess.Control) bool {
	const before = password | push | softwareOath | hardwareOath | sms | voice | passes
	return e.admits(c, unnamed) != audit.No && c.Met(&conditionalaccess.SignIn{Using: e.names(before)}) == audit.No
}

// hangs notes with which switches the route would be open, and what else makes its
// being closed less than certain.
func (b *bench) hangs(p *person, v *Verdict) {
	for i, e := range b.turned() {
		if e.closed(p, harsh) {
			continue
		}
		v.HangsOn = append(v.HangsOn, switchList[i].name)
		if switchList[i].medium {
			v.lower(Medium)
		} else {
			v.lower(Low)
		}
	}
	if !b.closed(p, harsh|resolution(hiddenLegacy)) {
		v.HangsOn = append(v.HangsOn, "legacyMethodSettings")
		v.lower(Low)
	}
	if p.reportOnly {
		v.lower(Medium)
	}
}

// missingOn names the gaps that decide whether the route is closed.
func (b *bench) missingOn(p *person) []string {
	var names, all []string
	for g := gap(1); g < gapEnd; g <<= 1 {
		if !b.touches(p, g) && g != gapPolicies && g != b.m.locations && g != gapStrengths && g != gapMethodsPolicy {
			continue
		}
		if b.touches(p, g) {
			all = append(all, gapNames[g])
		}
		if b.closed(p, kind&^resolution(g)) || !b.closed(p, resolution(g)) {
			names = append(names, gapNames[g])
		}
	}
	if len(names) == 0 {
		names = all
	}
	slices.Sort(names)
	return names
}

// mergeStops joins what is the same for several classes.
func mergeStops(of [][]Stop) []Stop {
	at := map[string]int{}
	var list []Stop
	for _, stops := range of {
		for _, s := range stops {
			k := fmt.Sprint(s.Route, s.Refusals, s.Persona, s.Lane, s.Missing, s.Confidence, s.HangsOn)
			if i, seen := at[k]; seen {
				list[i].People = list[i].People.Or(s.People)
				continue
			}
			at[k] = len(list)
			list = append(list, s)
		}
	}
	return list
}

// Cause is a policy that closes routes, with everybody it closes them to.
type Cause struct {
	Policy  string
	Reasons []Reason
	// With are policies that would have to give way as well, for some of the people.
	With []string
	// People are those to whom it certainly closes a route; Unsure those to whom it
	// may, for the reasons in Missing.
	People, Unsure audit.Set
	Missing        []string
	// Personas meet it too, under the policies of some people.
	Personas   []Persona
	Under      audit.Set
	Confidence Confidence
	HangsOn    []string
}

// Causes gathers by policy the refusals that a question is about, in the order of
// the tenant's policies.
func (s *Stopped) Causes(about func(*Stop, *Refusal) bool) []Cause {
	byPolicy := map[string]*Cause{}
	for i := range s.Stops {
		stop := &s.Stops[i]
		for j := range stop.Refusals {
			f := &stop.Refusals[j]
			if !about(stop, f) {
				continue
			}
			c := byPolicy[f.Policy]
			if c == nil {
				c = &Cause{Policy: f.Policy, Confidence: High}
				byPolicy[f.Policy] = c
			}
			c.add(stop, f)
		}
	}
	var list []Cause
	for i := range s.model.policies {
		if c := byPolicy[s.model.policies[i].ID]; c != nil {
			delete(byPolicy, c.Policy)
			c.Unsure = c.Unsure.Minus(c.People)
			if !c.People.Empty() {
				// What is known of the people of today goes before what would become of others.
				c.Confidence, c.HangsOn = s.known(about, c.Policy)
			}
			c.Reasons, c.Missing, c.With = tidy(c.Reasons), distinct(c.Missing), distinct(c.With)
			c.HangsOn = inOrder(c.HangsOn)
			list = append(list, *c)
		}
	}
	return list
}

func (c *Cause) add(stop *Stop, f *Refusal) {
	switch {
	case len(stop.Missing) > 0:
		if stop.Persona == "" {
			c.Unsure, c.Missing = c.Unsure.Or(stop.People), append(c.Missing, stop.Missing...)
		}
		return
	case stop.Persona == "":
		c.People = c.People.Or(stop.People)
	default:
		if !slices.Contains(c.Personas, stop.Persona) {
			c.Personas = append(c.Personas, stop.Persona)
		}
		c.Under = c.Under.Or(stop.People)
	}
	c.Reasons = append(c.Reasons, f.Reasons...)
	c.Confidence, c.HangsOn = c.Confidence.Lower(stop.Confidence), append(c.HangsOn, stop.HangsOn...)
	for _, other := range stop.Refusals {
		if other.Policy != f.Policy {
			c.With = append(c.With, other.Policy)
		}
	}
}

// known is the confidence in what is said of the people of today.
func (s *Stopped) known(about func(*Stop, *Refusal) bool, policy string) (Confidence, []string) {
	confidence, hangsOn := High, []string(nil)
	for i := range s.Stops {
		stop := &s.Stops[i]
		if stop.Persona != "" || len(stop.Missing) > 0 {
			continue
		}
		for j := range stop.Refusals {
			if f := &stop.Refusals[j]; f.Policy == policy && about(stop, f) {
				confidence, hangsOn = confidence.Lower(stop.Confidence), append(hangsOn, stop.HangsOn...)
			}
		}
	}
	return confidence, hangsOn
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// inOrder are the names of switches in their order, each once.
func inOrder(names []string) []string {
	rank := func(name string) int {
		return slices.IndexFunc(switchList, func(s switchEntry) bool { return s.name == name })
	}
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	return slices.Compact(names)
}
