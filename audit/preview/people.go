package preview

import (
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

// accounts sorts everybody.
func (p *Preview) accounts(b, a *side) {
	out := lockedOut(b, a)
	held := b.given.Held.Of(methods.Passkey)
	type pair struct{ before, after int }
	settled := map[pair]effect{} // of accounts without passkeys
	dir := b.given.Directory
	people := dir.People.Or(a.given.Directory.People)
	for n := range dir.All.All() {
		// Classes are asked before verdicts, which are large.
		k := pair{b.result.Index(n), a.result.Index(n)}
		if k.before < 0 && k.after < 0 {
			continue // out of scope, whatever policy says
		}
		locked := out.Has(n)
		if !held.Has(n) && k.before >= 0 && k.after >= 0 {
			e, known := settled[k]
			if !known {
				before, after := b.result.Of(n), a.result.Of(n)
				e = judged(&before, &after, 0, 0)
				settled[k] = e
			}
			if e == nothing && !locked {
				continue
			}
		}
		p.account(b, a, n, people.Has(n), locked)
	}
}

func (p *Preview) account(b, a *side, n uint32, person, locked bool) {
	before, after := b.result.Of(n), a.result.Of(n)
	_, usableBefore := b.result.CountPasskeys(n)
	_, usableAfter := a.result.CountPasskeys(n)
	e := judged(&before, &after, usableBefore, usableAfter)
	if locked && e != loses {
		e = worsens
	}
	if e == nothing {
		return
	}
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
func judged(before, after *bootstrap.Verdict, usableBefore, usableAfter int) effect {
	was, is := before.State, after.State
	switch {
	case usableBefore > 0 && usableAfter == 0, was == bootstrap.HasPasskey && is != bootstrap.HasPasskey && is != bootstrap.Unknown:
		return loses
	case is == bootstrap.Trapped && was != bootstrap.Trapped:
		return loses
	case rank(is) > rank(was):
		return worsens
	case usableAfter < usableBefore:
		return worsens
	case is == bootstrap.Unknown && was != bootstrap.Unknown:
		return nothing // of the trapped and of those out of scope: perhaps freed
	case rank(is) < rank(was), usableAfter > usableBefore:
		return gains
	case len(before.Conditions) == 0 && len(after.Conditions) > 0:
		return worsens
	case len(before.Conditions) > 0 && len(after.Conditions) == 0 && is != bootstrap.Unknown:
		return gains
	}
	return nothing
}

// rank orders states, the better first.
func rank(s bootstrap.State) int {
	return slices.Index([]bootstrap.State{
		bootstrap.HasPasskey, bootstrap.SelfService, bootstrap.NeedsAdminStep, bootstrap.Unknown, bootstrap.Trapped, bootstrap.OutOfScope,
	}, s)
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
	var stuck audit.Builder
	for n := range among.All() {
		if state := s.result.Of(n).State; state == bootstrap.Trapped || state == bootstrap.OutOfScope {
			stuck.Add(n)
		}
	}
	rest, within := stuck.Set(), s.registrable()
	var set audit.Builder
	in := anywhere()
	for i := range s.access.List {
		members := s.access.List[i].Members.And(rest)
		if members.Empty() {
			continue
		}
		d := s.access.Evaluate(&in, s.access.Users(s.access.List[i].First))
		for n := range members.All() {
			could := func(mode string) audit.Tri {
				can := s.modes.Could(n, mode)
				if scope, registers := within[mode]; can == audit.No && registers && scope.Has(n) {
					return audit.Unsure
				}
				return can
			}
			if d.CanMeet(&in, could) == audit.No {
				set.Add(n)
			}
		}
	}
	return set.Set()
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
