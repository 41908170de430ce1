package bootstrap

import (
	"iter"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/devices"
)

// attempt is one way to try: where, on what, how the person signs in, and what is
// registered.
type attempt struct {
	surface    Surface
	place      int
	os         devices.OS
	device     deviceKind
	credential credential
	auth       auth
	enrols     bool    // the computer is enrolled before
	lane       *person // the person in the bootstrap group of this way; nil: none
	dismissed  bool    // the risk of the account was dismissed before

	conditions []Condition
	steps      []Step
	cost       int
}

// auth is how the person signs in where the passkey is registered.
type auth uint8

const (
	withMethods   auth = iota // with what the person has
	withPass                  // with a pass the person holds
	withNewMulti              // with a new pass for several uses
	withNewOnce               // with a new pass for one use
	withFirst                 // with a classic method registered after a password alone
	withPassword              // with the password alone, where that is enough
	withHello                 // with Windows Hello, set up before with what the person has
	withPassHello             // with Windows Hello, set up with the pass the person holds
	withNewHello              // with Windows Hello, set up with a new pass
)

// attempts yields what a person could try, the cheapest first, as far as the engine
// looks at it. What is yielded is good until the next; whole makes it last. Lists are
// remembered and shared: few things about people decide what they can try.
func (e *engine) attempts(p *person, r resolution) iter.Seq[*attempt] {
	list := e.tries(p, r)
	return func(yield func(*attempt) bool) {
		var a attempt
		for _, at := range list.order {
			if !e.onRoute(&list.approaches[at.approach], at) {
				continue
			}
			if a = list.at(at); !yield(&a) {
				return
			}
		}
	}
}

func (e *engine) tries(p *person, r resolution) *tryList {
	return e.tried.get(e.attemptKey(p, r), func() *tryList { return e.allAttempts(p, r) })
}

// whole is an attempt that lasts, with what its place takes for granted.
func (e *engine) whole(a *attempt) *attempt {
	b := *a
	at := &e.m.places[b.place]
	if at.trusted {
		e.assume(&b, TrustedPlace, at.cost)
	}
	if len(at.countries) > 0 {
		e.assume(&b, inCountry(at.country), costCountry)
	}
	if b.dismissed {
		b.cost += costDismissRisk
	}
	return &b
}

// tryList is what people can try: approaches, each of them in several places. There are
// many, so what an attempt of one does not share with the others takes four bytes.
type tryList struct {
	approaches []attempt
	dismissing [][]Step // the steps of each approach after the risk was dismissed
	order      []tryAt  // the cheapest first
	// group is the same for approaches that policies cannot tell apart: they differ in
	// the passkey.
	group  []int
	groups int
}

func (l *tryList) at(at tryAt) attempt {
	a := l.approaches[at.approach]
	a.place, a.dismissed = int(at.place), at.dismissed
	if at.dismissed {
		a.steps = l.dismissing[at.approach]
	}
	return a
}

type tryAt struct {
	approach  uint16
	place     uint8
	dismissed bool
}

// attemptKey is all of a person that the list of attempts depends on.
type attemptKey struct {
	computers, compliant, fit, phones   [len(devices.Systems)]bool
	compliantJoined, compliantHybrid    bool
	hybrid, joined, hoped, hello        bool
	multi, passes, registers            bool
	keys                                bool
	firstFactor, classic, stale, atRisk bool
	noPlaces, phoneOnly                 bool
	portable                            bool
}

func (e *engine) attemptKey(p *person, r resolution) attemptKey {
	k := attemptKey{
		hybrid: p.hybrid, joined: p.joined, hoped: e.deviceHoped(p, r), hello: p.has(hello, r), passes: e.heldPasses(p, r) != 0, keys: len(p.keys) > 0,
		registers: p.registered.value == audit.Yes, classic: p.authApp.in(r) || p.oathApp.in(r), stale: p.stale, atRisk: p.risk != "",
		compliantJoined: p.compliantJoined, compliantHybrid: p.compliantHybrid, noPlaces: p.noPlaces, phoneOnly: p.phoneOnly, portable: e.portable,
	}
	for i, os := range devices.Systems {
		k.computers[i], k.compliant[i], k.fit[i], k.phones[i] = p.systems[os], p.compliant[os], p.fit[os], p.phones[os]
	}
	have := e.using(p, r, attempt{}, withMethods)
	k.multi, k.firstFactor = have.multifactor(), have&(password|federatedSingle) != 0
	return k
}

// allAttempts lists them anew. What cannot be tried at all is left out: a phone where
// there is none, a device that is not in evidence.
func (e *engine) allAttempts(p *person, r resolution) *tryList {
	list := &tryList{approaches: e.signIns(p, r)}
	risky := p.risk != "" && e.m.risk
	placeCosts := make([]int, len(e.m.places))
	for i := range e.m.places {
		placeCosts[i] = e.whole(&attempt{place: i}).cost
	}
	groups := map[refusalKey]int{}
	var byCost [][]tryAt
	add := func(cost int, at tryAt) {
		for len(byCost) <= cost {
			byCost = append(byCost, nil)
		}
		byCost[cost] = append(byCost[cost], at)
	}
	for i := range list.approaches {
		a := &list.approaches[i]
		k := e.refusalKey(p, harsh, a)
		if _, known := groups[k]; !known {
			groups[k] = len(groups)
		}
		list.group = append(list.group, groups[k])
		if risky {
			list.dismissing = append(list.dismissing, append(slices.Clone(a.steps), DismissRisk))
		}
		for j := range e.m.places {
			if e.m.places[j].trusted && p.noPlaces {
				continue
			}
			at := tryAt{approach: uint16(i), place: uint8(j)}
			add(a.cost+placeCosts[j], at)
			if risky {
				at.dismissed = true
				add(a.cost+placeCosts[j]+costDismissRisk, at)
			}
		}
	}
	list.order, list.groups = slices.Concat(byCost...), len(groups)
	return list
}

// assume notes that an attempt takes something for granted. What the options take
// for granted for everybody costs nothing and is not said again.
func (e *engine) assume(a *attempt, c Condition, cost int) {
	if !slices.Contains(a.conditions, c) && !slices.Contains(e.m.assumed, c) {
		a.conditions = append(slices.Clone(a.conditions), c)
		a.cost += cost
	}
}

// signIns combines device, surface, passkey and sign-in, without the place.
func (e *engine) signIns(p *person, r resolution) []attempt {
	var list []attempt
	for _, a := range e.stands(p, r) {
		for _, how := range e.auths(p, r, a) {
			b := a
			switch how {
			case withPass:
				e.assume(&b, ValidPass, costValidPass)
			case withHello:
				b.cost += costHello
			case withPassHello:
				e.assume(&b, ValidPass, costValidPass)
				b.cost += costHello
			case withNewHello:
				b.steps = append(slices.Clone(a.steps), IssuePass)
				b.cost += costIssuePass + costHello
			case withNewMulti, withNewOnce:
				b.steps = append(slices.Clone(a.steps), IssuePass)
				b.cost += costIssuePass
				if how == withNewOnce {
					b.cost++
				}
				if p.stale {
					c := b
					c.steps, c.auth = append(slices.Clone(a.steps), DeleteStale, IssuePass), how
					c.cost += costDeleteStale
					list = append(list, c)
				}
			case withFirst:
				e.assume(&b, PasswordOnlyFirstRegistration, costPasswordOnly)
				if !e.phoneKnown(p, r) {
					e.assume(&b, CapablePhone, costCapablePhone)
				}
			case withPassword:
				e.assume(&b, PasswordOnlyFirstRegistration, costPasswordOnly)
			}
			b.auth = how
			list = append(list, b)
		}
	}
	return list
}

// stands lists device, surface and passkey.
func (e *engine) stands(p *person, r resolution) []attempt {
	var list []attempt
	add := func(a attempt, conditions []Condition, cost int) {
		for _, c := range e.m.credentials {
			if !e.accepts(c.kind) {
				continue
			}
			b := a
			b.credential, b.conditions, b.cost = c, conditions, cost
			switch {
			case a.surface == InApp:
				if c.kind != AuthenticatorCredential || c.os != a.os {
					continue
				}
			case phoneSystem(a.os):
				// In the browser of a phone: what that phone keeps. New security keys cannot
				// be registered there. Sources: REG (how-to-register-passkey-authenticator,
				// 2026-07-05), MTX (concept-fido2-compatibility, 2025-05-12).
				switch {
				case c.kind == SyncedCredential:
					e.assume(&b, SyncedProvider, costSyncedProvider)
				case c.kind != AuthenticatorCredential || c.os != a.os:
					continue
				}
			case c.kind == KeyCredential:
				e.assume(&b, SecurityKey, costSecurityKey)
			case c.kind == SyncedCredential:
				e.assume(&b, SyncedProvider, costSyncedProvider)
			case c.kind == WindowsCredential:
				if a.os != devices.Windows {
					continue
				}
				b.cost += costNotPortable
			case c.kind == AuthenticatorCredential:
				if !e.phone(p, r, c.os, &b) {
					continue
				}
				e.assume(&b, Bluetooth, costBluetooth)
			}
			list = append(list, b)
		}
	}
	if !p.phoneOnly {
		for _, d := range e.computers(p, r) {
			for _, s := range []Surface{SecurityInfo, Interrupt} {
				a := attempt{surface: s, os: d.os, device: d.kind, enrols: d.enrols}
				if d.enrols {
					a.steps = []Step{EnrolDevice}
				}
				cost := d.cost
				if s == Interrupt {
					cost += costInterrupt
				}
				add(a, d.conditions, cost)
			}
		}
	}
	if p.phoneOnly {
		// Whoever has a computer is better served there.
		for _, os := range []devices.OS{devices.IOS, devices.Android} {
			for _, s := range []Surface{SecurityInfo, Interrupt} {
				a := attempt{surface: s, os: os}
				if e.phone(p, r, os, &a) {
					if s == Interrupt {
						a.cost += costInterrupt
					}
					add(a, a.conditions, a.cost+costBrowser)
				}
			}
		}
	}
	for _, os := range []devices.OS{devices.IOS, devices.Android} {
		a := attempt{surface: InApp, os: os}
		if e.phone(p, r, os, &a) {
			add(a, a.conditions, a.cost)
		}
		// The compliant phone is the one that is to keep the passkey: one that is known to be
		// too old is of no use, whatever other phone there may be.
		if p.fit[os] || e.deviceHoped(p, r) {
			a := attempt{surface: InApp, os: os, device: compliantDevice}
			if e.phone(p, r, os, &a) {
				e.assume(&a, CompliantDevice, costCompliantDevice)
				add(a, a.conditions, a.cost)
			}
		}
	}
	return list
}

func phoneSystem(os devices.OS) bool { return os == devices.IOS || os == devices.Android }

// computer is a computer to sign in on.
type computer struct {
	os         devices.OS
	kind       deviceKind
	conditions []Condition
	cost       int
	enrols     bool
}

// computers lists the computers to try: an unmanaged one, which everybody is taken
// to have, then those in evidence. Of which system the unmanaged one is follows from
// what is in evidence; Windows where nothing is.
func (e *engine) computers(p *person, r resolution) []computer {
	var list []computer
	seen := false
	for _, os := range []devices.OS{devices.Windows, devices.MacOS, devices.Linux} {
		if p.systems[os] {
			list, seen = append(list, computer{os: os}), true
		}
	}
	if !seen {
		list = append(list, computer{os: devices.Windows})
	}
	for _, os := range []devices.OS{devices.Windows, devices.MacOS, devices.Linux} {
		if !p.compliant[os] {
			continue
		}
		for _, kind := range p.compliantKinds(os) {
			c := computer{os: os, kind: kind, conditions: []Condition{CompliantDevice}, cost: costCompliantDevice}
			if kind == compliantHybrid {
				c.conditions, c.cost = append(c.conditions, HybridDevice), c.cost+costHybridDevice
			}
			list = append(list, c)
		}
	}
	switch {
	case p.hybrid:
		list = append(list, computer{os: devices.Windows, kind: hybridDevice, conditions: []Condition{HybridDevice}, cost: costHybridDevice})
	case e.deviceHoped(p, r):
		list = append(list,
			computer{os: devices.Windows, kind: compliantDevice, conditions: []Condition{CompliantDevice}, cost: costCompliantDevice},
			computer{os: devices.Windows, kind: hybridDevice, conditions: []Condition{HybridDevice}, cost: costHybridDevice})
	}
	if e.m.lanes.EnrolDevice && !p.compliant[devices.Windows] {
		list = append(list, computer{os: devices.Windows, kind: compliantDevice, cost: costEnrolDevice, enrols: true})
	}
	if p.has(hello, r) || p.joined {
		os := devices.Windows
		if p.systems[devices.MacOS] && !p.systems[devices.Windows] {
			os = devices.MacOS
		}
		kind := helloDevice
		if os == devices.Windows && p.joined && !p.hybrid {
			kind = helloJoined
		}
		list = append(list, computer{os: os, kind: kind})
	}
	return list
}

// compliantKinds are the kinds of compliant devices that the person has of a system. How one
// is joined is told of Windows computers only.
func (p *person) compliantKinds(os devices.OS) []deviceKind {
	var list []deviceKind
	if os == devices.Windows && p.compliantJoined {
		list = append(list, compliantJoined)
	} else {
		// Also of one that is hybrid joined: mostly that does not matter, and then it is not
		// among the conditions.
		list = append(list, compliantDevice)
	}
	if os == devices.Windows && p.compliantHybrid {
		list = append(list, compliantHybrid)
	}
	return list
}

// deviceHoped tells whether there may be a device that was not read.
func (e *engine) deviceHoped(p *person, r resolution) bool {
	return p.devicesKnown.value == audit.Unsure && r.helps(p.devicesKnown.on)
}

// phone adds what it takes to use a phone of a system: nothing where a capable one
// is in evidence.
func (e *engine) phone(p *person, r resolution, os devices.OS, a *attempt) bool {
	switch {
	case p.phones[os]:
	case p.phones[devices.IOS] || p.phones[devices.Android]:
		return false // the phone is known to be of the other system
	default:
		e.assume(a, CapablePhone, costCapablePhone)
	}
	return true
}

func (e *engine) phoneKnown(p *person, _ resolution) bool {
	return p.phones[devices.IOS] || p.phones[devices.Android]
}

// auths lists the ways to sign in that are open to the person on a device, whether
// or not policy accepts them.
func (e *engine) auths(p *person, r resolution, a attempt) []auth {
	var list []auth
	have := e.using(p, r, a, withMethods)
	// With a registered passkey that policy no longer admits, a change of policy is a way
	// to sign in.
	if have.multifactor() || len(p.keys) > 0 {
		list = append(list, withMethods)
	}
	if e.heldPasses(p, r) != 0 {
		list = append(list, withPass)
	}
	list = append(list, withNewMulti, withNewOnce)
	if p.joined && a.os == devices.Windows && a.surface != InApp && a.device != unmanaged && !a.enrols && have&hello == 0 && !p.stale {
		if have.multifactor() {
			list = append(list, withHello)
		}
		if e.heldPasses(p, r) != 0 {
			list = append(list, withPassHello)
		}
		list = append(list, withNewHello)
	}
	if !have.multifactor() && p.registered.value != audit.Yes && !p.stale && have&(password|federatedSingle) != 0 {
		if p.authApp.in(r) || p.oathApp.in(r) {
			list = append(list, withFirst)
		}
		if e.m.switches.PasswordOnlyBootstrap {
			list = append(list, withPassword)
		}
	}
	return list
}

// heldPasses are the passes that the person holds and may use.
func (e *engine) heldPasses(p *person, r resolution) modes {
	m := e.own(p, r).modes & passes
	if e.changed(PassBlocker, entra.MethodTemporaryAccessPass) {
		m |= p.heldPass
	}
	return m
}

// using are the modes that a way of signing in completes.
func (e *engine) using(p *person, r resolution, a attempt, how auth) modes {
	own := e.own(p, r)
	m := own.modes &^ passes
	if own.usable {
		m |= fido2
	}
	// Windows Hello is a way to sign in on its own device only (STR,
	// concept-authentication-strengths, 2025-03-04).
	if a.device == unmanaged || a.surface == InApp || a.enrols {
		m &^= hello
	}
	switch how {
	case withHello:
		m |= hello
	case withPassHello:
		m |= hello | e.heldPasses(p, r)
	case withNewHello:
		m |= hello | passMany | passOnce
	case withPass:
		m |= e.heldPasses(p, r)
	case withNewMulti:
		m |= passMany
	case withNewOnce:
		m |= passOnce
	case withFirst:
		if p.authApp.in(r) {
			m |= push
		}
		if p.oathApp.in(r) {
			m |= softwareOath
		}
	}
	return m
}
