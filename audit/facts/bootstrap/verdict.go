package bootstrap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// Verdict is where somebody stands, and what that rests on.
type Verdict struct {
	State      State
	Conditions []Condition
	Steps      []Step
	// BlockedBy are the fewest objects that must all change to open a way, of the
	// trapped. Empty where no change of these objects does.
	BlockedBy []Blocker
	Reasons   []Reason
	// Missing names sections, or things that Graph does not show, because of which the
	// state is unknown.
	Missing    []string
	Confidence Confidence
	// HangsOn names the switches with which the state would be another one, and what
	// else it hangs on that Graph does not show.
	HangsOn []string
	Path    *Path
	// Group is the id of the group that the step addToGroup is about.
	Group string
	// Alternatives are ways beside the path that the configuration offers.
	Alternatives []Step

	opens []opening // of the trapped: the smallest sets, from which BlockedBy is chosen
	// countries are those that Conditions cannot tell from the one it names.
	countries []string
}

// opening is a smallest set of objects that opens a way, with the obstacles on that
// way.
type opening struct {
	set     []Blocker
	reasons []Reason
}

// Path is the cheapest way.
type Path struct {
	Credential CredentialKind
	Portable   bool
	Surface    Surface
	Platform   string // the system of the device that the person signs in on
}

// bench judges people in a model and its variants with one switch turned.
type bench struct {
	*engine
	variants []*engine // by switch, once somebody asked for them
}

func newBench(m *model) *bench { return &bench{engine: newEngine(m)} }

// turned are the engines of the variants, by switch. Who only asks where people stand
// does without them.
func (b *bench) turned() []*engine {
	for i := len(b.variants); i < len(switchList); i++ {
		e := newEngine(b.m.with(b.m.switches.turned(i)))
		e.route = b.route
		b.variants = append(b.variants, e)
	}
	return b.variants
}

// verdict judges a person who is in scope of the method, or would be.
func (b *bench) verdict(p *person) Verdict {
	bad := b.judge(p, harsh)
	good := bad
	if b.m.uncertain || b.hazy(p) {
		good = b.judge(p, kind)
	}
	v := Verdict{State: bad.state, Confidence: High}
	if good.state != bad.state {
		v.State, v.Confidence = Unknown, Low
		v.Missing = b.missing(p)
		if bad.state == NeedsAdminStep || bad.state == Trapped {
			v.Reasons = b.reasonsIf(p, bad)
		}
		return v
	}
	b.describe(p, &v, bad)
	if v.State == Trapped && !b.m.policiesKnown {
		v.lower(Medium) // what else stands in the way is not known, only that something does
	}
	for i, e := range b.turned() {
		if !couldMatter(i, bad) {
			continue
		}
		if got := e.judge(p, harsh); got.state != bad.state {
			v.HangsOn = append(v.HangsOn, switchList[i].name)
			if switchList[i].medium {
				v.lower(Medium)
			} else {
				v.lower(Low)
			}
		}
	}
	if bad.state != SelfService && bad.state != HasPasskey && b.hides(p) && b.judge(p, harsh|resolution(hiddenLegacy)).state != bad.state {
		v.HangsOn = append(v.HangsOn, "legacyMethodSettings")
		v.lower(Low)
	}
	if bad.way != nil && bad.way.credential.kind == WindowsCredential && p.has(hello, kind) {
		v.HangsOn = append(v.HangsOn, helloContainer)
		v.lower(Low)
	}
	if len(v.Conditions) > 0 || p.nested {
		v.lower(Medium)
	}
	return v
}

// helloContainer stands in hangsOn where the cheapest way is a passkey in Windows Hello
// of somebody who has Windows Hello for Business: in one container there is room for
// one of them (WIN, how-to-authentication-entra-passkeys-on-windows, 2026-02-18), and
// whose is where is not known.
const helloContainer = "helloContainer"

// reasonsIf are those of a state, should it turn out to be the one.
func (b *bench) reasonsIf(p *person, s stand) []Reason {
	v := Verdict{State: s.state}
	b.describe(p, &v, s)
	settle([]weighted{{&v, 1}})
	return v.Reasons
}

// describe fills what follows from a state.
func (b *bench) describe(p *person, v *Verdict, s stand) {
	switch s.state {
	case Trapped:
		sets, r := b.blockers(p, harsh), harsh
		if sets == nil {
			sets, r = b.blockers(p, kind), kind
		}
		for _, set := range sets {
			v.opens = append(v.opens, opening{b.named(set), b.obstaclesOf(p, r, set)})
		}
		if len(sets) == 0 {
			for _, o := range b.cheapestObstacles(p, harsh) {
				v.Reasons = append(v.Reasons, o.reasons...)
			}
			v.Reasons = tidy(v.Reasons)
		}
	case SelfService, NeedsAdminStep:
		w := s.way
		v.Conditions, v.Steps = slices.Clone(w.conditions), slices.Clone(w.steps)
		slices.Sort(v.Conditions)
		surface := w.surface
		if w.credential.kind == AuthenticatorCredential && (surface == SecurityInfo || surface == Interrupt) && !phoneSystem(w.os) {
			surface = CrossDevice
		}
		v.Path = &Path{Credential: w.credential.kind, Portable: w.credential.kind.Portable(), Surface: surface, Platform: string(w.os)}
		if at := b.m.places[w.place]; len(at.countries) > 0 {
			v.countries = at.countries
		}
		if s.state == NeedsAdminStep {
			v.Reasons = b.stepReasons(p, harsh, w)
			if w.lane != nil {
				v.Group = w.lane.group
			}
		}
	}
	if len(p.keys) > 0 && !b.anyUsable(p, kind) && s.state != HasPasskey && s.state != SelfService {
		v.Reasons = tidy(append(v.Reasons, PasskeyNotAllowedAnymore))
	}
	v.Alternatives = b.alternatives(p, harsh, s.state)
}

func (v *Verdict) lower(to Confidence) {
	rank := map[Confidence]int{High: 2, Medium: 1, Low: 0}
	if rank[to] < rank[v.Confidence] {
		v.Confidence = to
	}
}

// named gives the objects of a set, by id.
func (b *bench) named(set []int) []Blocker {
	list := make([]Blocker, len(set))
	for i, o := range set {
		list[i] = b.m.objects[o]
	}
	slices.SortFunc(list, func(a, b Blocker) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.ID), strings.ToLower(b.ID)), strings.Compare(string(a.Type), string(b.Type)))
	})
	return list
}

// missing names the gaps that make the difference: those with which the state
// changes, all others settled one way or the other.
func (b *bench) missing(p *person) []string {
	var names []string
	good, bad := b.judge(p, kind).state, b.judge(p, harsh).state
	for g := gap(1); g < gapEnd; g <<= 1 {
		if !b.touches(p, g) && !(g == gapPolicies || g == b.m.locations || g == gapStrengths || g == gapMethodsPolicy) {
			continue
		}
		if b.judge(p, kind&^resolution(g)).state != good || b.judge(p, resolution(g)).state != bad {
			names = append(names, gapNames[g])
		}
	}
	if len(names) == 0 {
		names = b.together(p, good)
	}
	slices.Sort(names)
	return names
}

// couldMatter tells whether a switch can change a state at all: one that opens ways
// does nothing for somebody who has one, one that closes ways nothing for somebody
// whose way is another.
func couldMatter(i int, s stand) bool {
	w := s.way
	switch switchList[i].name {
	case "noInterruptRegistration":
		return w != nil && w.surface == Interrupt
	case "credentialResourceIgnored":
		return w != nil && w.surface == InApp
	case "mfaBlocksFirstMethod":
		return w != nil && w.auth == withFirst
	case "helloUnderAllResources":
		return w != nil && (w.auth == withHello || w.auth == withPassHello || w.auth == withNewHello)
	default:
		return s.state != HasPasskey && s.state != SelfService
	}
}

// hazy tells whether something about the person is not known.
func (b *bench) hazy(p *person) bool { return b.touches(p, gap(allGaps)) }

// hides tells whether something about the person hangs on settings that Graph does
// not show.
func (b *bench) hides(p *person) bool { return b.touches(p, hiddenLegacy) }

// together names gaps none of which makes the difference alone: as few as are enough
// to lose the state that comes out where all of them help.
func (b *bench) together(p *person, good State) []string {
	lost := allGaps
	for g := gap(1); g < gapEnd; g <<= 1 {
		if b.judge(p, kind&^resolution(lost&^g)).state != good {
			lost &^= g
		}
	}
	var names []string
	for g := gap(1); g < gapEnd; g <<= 1 {
		if lost&g != 0 {
			names = append(names, gapNames[g])
		}
	}
	return names
}

// touches tells whether something about the person hangs on a gap.
func (b *bench) touches(p *person, g gap) bool {
	on := func(f fact3) bool { return f.value == audit.Unsure && f.on&g != 0 }
	return slices.ContainsFunc(p.reach, on) || slices.ContainsFunc(p.profiles, on) || slices.ContainsFunc(p.can[:], on) ||
		slices.ContainsFunc(p.keys, func(k heldKey) bool {
			return on(k.held) || on(b.usable(p, k)) || k.AAGUID == unnamed && g&gapMethods != 0
		}) ||
		slices.ContainsFunc(p.lanes, func(lane *person) bool { return b.touches(lane, g) }) ||
		slices.ContainsFunc([]fact3{p.included, p.excluded, p.pass, p.authApp, p.oathApp, p.registered, p.devicesKnown}, on)
}

// At is the verdict for somebody in a country: of countries that no policy tells
// apart, the condition names that one.
func (v Verdict) At(country string) Verdict {
	if !v.NamesCountry(country) {
		return v
	}
	v.Conditions = slices.Clone(v.Conditions)
	for i, c := range v.Conditions {
		if c == inCountry(v.countries[0]) {
			v.Conditions[i] = inCountry(country)
		}
	}
	slices.Sort(v.Conditions)
	return v
}

// NamesCountry tells whether the verdict for somebody in a country names that one, of
// several that no policy tells apart.
func (v *Verdict) NamesCountry(country string) bool {
	return country != "" && len(v.countries) >= 2 && slices.Contains(v.countries, country)
}

// key is the same for verdicts that say the same.
func (v *Verdict) key() string {
	return fmt.Sprint(v.State, v.Conditions, v.Steps, v.BlockedBy, v.Reasons, v.Missing, v.Confidence, v.HangsOn, v.Group, pathOf(v))
}

func pathOf(v *Verdict) Path {
	if v.Path == nil {
		return Path{}
	}
	return *v.Path
}
