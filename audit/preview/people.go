package preview

import (
	"iter"
	"maps"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
)

// effect is what a change does to somebody.
type effect uint8

const (
	nothing effect = iota
	loses
	gains
	worsens
)

// affected yields the accounts that a change does something to, in the order of
// ordinals; out are those whom it locks out.
func affected(b, a *side, out audit.Set) iter.Seq2[uint32, effect] {
	held := b.given.Held.Of(methods.Passkey)
	type pair struct{ before, after int }
	settled := map[pair]effect{} // of accounts without passkeys
	last, lastEffect := pair{-2, -2}, nothing
	return func(yield func(uint32, effect) bool) {
		for n := range b.given.Directory.All.All() {
			k := pair{b.stands.Index(n), a.stands.Index(n)}
			if k.before < 0 && k.after < 0 {
				continue // out of scope, whatever policy says
			}
			var e effect
			switch known := false; {
			case held.Has(n):
				before, after := b.stands.At(k.before), a.stands.At(k.after)
				e = judged(before, after, b.given.UsablePasskeys(n), a.given.UsablePasskeys(n))
			case k == last:
				e = lastEffect
			default:
				if e, known = settled[k]; !known {
					e = judged(b.stands.At(k.before), a.stands.At(k.after), 0, 0)
					settled[k] = e
				}
				last, lastEffect = k, e
			}
			if out.Has(n) && e != loses {
				e = worsens
			}
			if e != nothing && !yield(n, e) {
				return
			}
		}
	}
}

// accounts sorts everybody.
func (p *Preview) accounts(b, a *side) {
	out := lockedOut(b, a)
	people := b.given.Directory.People.Or(a.given.Directory.People)
	for n, e := range affected(b, a, out) {
		p.account(b, a, n, e, people.Has(n), out.Has(n))
	}
}

func (p *Preview) account(b, a *side, n uint32, e effect, person, locked bool) {
	before, after := b.result.Of(n), a.result.Of(n)
	usableBefore, usableAfter := b.given.UsablePasskeys(n), a.given.UsablePasskeys(n)
	m := b.given.Directory.Member(n)
	row := Account{
		ID: m.ID, UserPrincipalName: m.UserPrincipalName, Kind: kindOf(b.given.Directory, n), Before: before.State, After: after.State,
		Reasons: slices.Clone(after.Reasons), BlockedBy: after.BlockedBy, UsableBefore: usableBefore, UsableAfter: usableAfter, LockedOut: locked,
	}
	if len(before.Conditions) == 0 {
		row.Conditions = after.Conditions
	}
	if e != gains {
		row.Reasons = because(row.Reasons, &before, &after, usableBefore, usableAfter, locked)
	}
	lists := &p.Others
	if person {
		lists = &p.People
	}
	switch e {
	case loses:
		lists.Loses = append(lists.Loses, row)
	case gains:
		lists.Gains = append(lists.Gains, row)
	case worsens:
		lists.Worsens = append(lists.Worsens, row)
	}
}

// judged tells what becomes of somebody. What turns unknown is no loss that could be
// counted, and no gain.
func judged(before, after bootstrap.Stand, usableBefore, usableAfter int) effect {
	was, is := before.State, after.State
	switch {
	case usableBefore > 0 && usableAfter == 0, was == bootstrap.HasPasskey && is != bootstrap.HasPasskey && is != bootstrap.Unknown:
		return loses
	case is == bootstrap.Trapped && was != bootstrap.Trapped:
		return loses
	case bootstrap.Rank(is) > bootstrap.Rank(was):
		return worsens
	case usableAfter < usableBefore:
		return worsens
	case is == bootstrap.Unknown && was != bootstrap.Unknown:
		return nothing // of the trapped and of those out of scope: perhaps freed
	case bootstrap.Rank(is) < bootstrap.Rank(was), usableAfter > usableBefore:
		return gains
	case !before.Conditional && after.Conditional:
		return worsens
	case before.Conditional && !after.Conditional && is != bootstrap.Unknown:
		return gains
	}
	return nothing
}

// because adds to the obstacles on the way why a passkey that worked no longer does,
// and what cannot be met at sign-in.
func because(reasons []bootstrap.Reason, before, after *bootstrap.Verdict, usableBefore, usableAfter int, locked bool) []bootstrap.Reason {
	switch {
	case usableAfter < usableBefore && after.State != bootstrap.OutOfScope:
		reasons = append(reasons, bootstrap.PasskeyNotAllowedAnymore)
	case before.State == bootstrap.HasPasskey && after.State != bootstrap.OutOfScope && usableAfter > 0 && after.State != before.State:
		// Policy still accepts the passkey; a strength of everyday sign-ins does not.
		reasons = append(reasons, bootstrap.StrengthUnsatisfiable)
	}
	if locked {
		reasons = append(reasons, bootstrap.StrengthUnsatisfiable)
	}
	slices.Sort(reasons)
	return slices.Compact(reasons)
}

// lockedOut are the people who are not shut out today, and for whom afterwards,
// whatever the device and the place, a sign-in to Office 365 demands something that they
// do not hold and have no way to register.
func lockedOut(b, a *side) audit.Set {
	after := a.shutOut(a.given.Directory.People)
	return after.Minus(b.shutOut(after))
}

// shutOut are those of some people who certainly cannot sign in.
func (s *side) shutOut(among audit.Set) audit.Set {
	rest := among.Minus(s.stands.In(bootstrap.HasPasskey, bootstrap.SelfService, bootstrap.NeedsAdminStep, bootstrap.Unknown))
	if rest.Empty() {
		return rest
	}
	can := newAble(s)
	in := anywhere()
	var sets []audit.Set
	for i := range s.access.List {
		if members := s.access.List[i].Members.And(rest); !members.Empty() {
			d := s.access.Evaluate(&in, s.access.Users(s.access.List[i].First))
			sets = append(sets, can.not(members, func(could func(string) audit.Tri) bool { return d.CanMeet(&in, could) == audit.No }))
		}
	}
	return audit.Union(sets...)
}

// able knows who could use which mode, now or after registering it.
type able struct {
	modes  methods.ModeSets
	within map[string]audit.Set
	// perhaps are by mode who may have it, or register it. Classes are many, and each asks.
	perhaps map[string]audit.Set
}

func newAble(s *side) *able { return &able{s.modes, s.registrable(), map[string]audit.Set{}} }

// not are those of some people whom a question about modes refuses. It is asked once for
// all whom the modes that it looks at do not tell apart: people are divided by a mode
// when it asks for it.
func (a *able) not(people audit.Set, refuses func(could func(mode string) audit.Tri) bool) audit.Set {
	type answers map[string]audit.Tri
	var ask func(people audit.Set, known answers) audit.Set
	ask = func(people audit.Set, known answers) audit.Set {
		next := ""
		no := refuses(func(mode string) audit.Tri {
			v, asked := known[mode]
			if !asked && next == "" {
				next = mode
			}
			if !asked {
				return audit.Unsure
			}
			return v
		})
		switch {
		case no:
			return people
		case next == "":
			return audit.Set{}
		}
		var sets []audit.Set
		for v, some := range a.divide(people, next) {
			if !some.Empty() {
				branch := maps.Clone(known)
				branch[next] = v
				sets = append(sets, ask(some, branch))
			}
		}
		return audit.Union(sets...)
	}
	return ask(people, answers{})
}

// divide tells of some people who could use a mode, who perhaps, and who not.
func (a *able) divide(people audit.Set, mode string) map[audit.Tri]audit.Set {
	set := a.modes[mode]
	perhaps, known := a.perhaps[mode]
	if !known {
		perhaps = set.Maybe.Or(a.within[mode]).Minus(set.Yes)
		a.perhaps[mode] = perhaps
	}
	yes, maybe := set.Yes.And(people), perhaps.And(people)
	return map[audit.Tri]audit.Set{audit.Yes: yes, audit.Unsure: maybe, audit.No: people.Minus(yes).Minus(maybe)}
}

// registrable says of modes that people may come to have without a passkey, by
// registering in the middle of a sign-in or by being given a pass, who may. Source: CMB
// (concept-registration-mfa-sspr-combined, 2024-10-01).
func (s *side) registrable() map[string]audit.Set {
	out := map[string]audit.Set{}
	for mode, id := range map[string]string{
		"microsoftAuthenticatorPush": entra.MethodMicrosoftAuthenticator, "deviceBasedPush": entra.MethodMicrosoftAuthenticator,
		"softwareOath": entra.MethodSoftwareOath, "sms": entra.MethodSms, "voice": entra.MethodVoice,
		"temporaryAccessPassOneTime": entra.MethodTemporaryAccessPass, "temporaryAccessPassMultiUse": entra.MethodTemporaryAccessPass,
	} {
		m := s.given.Methods.Method(id)
		switch {
		// Settings of old, which Graph does not show, may grant it.
		case s.given.Methods.MigrationComplete != audit.Yes, m == nil:
			out[mode] = s.given.Directory.All
		default:
			out[mode] = m.InScope().Possible()
		}
		if mode == "softwareOath" {
			out[mode] = out[mode].Or(s.given.Methods.AuthenticatorCodes().Possible())
		}
	}
	return out
}
