package bootstrap

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
)

// sources is what traits are made from.
type sources struct {
	dir     *population.Directory
	methods *methods.Effective
	held    *methods.Held
	strong  *methods.Strong
	owned   *devices.Owned
	seen    map[devices.OS]audit.Set // who signed in from a system
	scope   audit.Partly             // of the Passkey (FIDO2) method
	reach   []audit.Partly           // by policy of the compiled set
	// activated is reach once every eligible role is active.
	activated []audit.Partly
	gaps      []gap // why a policy's reach may not be known
	atRisk    map[string]audit.Set
	group     string    // the group that everybody is taken to be in; empty: none
	there     audit.Set // who is in it today
	lanes     []sources // as if everybody were in each bootstrap group
	noPhone   bool      // text messages and calls have ended in this world
	devices   gap       // which sections on devices were not read in full
	now       string
}

// blank is a person about whom nothing is known yet.
func (s *sources) blank() *person {
	p := &person{
		reach: make([]fact3, len(s.reach)), profiles: make([]fact3, s.profileCount()),
		phones: map[devices.OS]bool{}, systems: map[devices.OS]bool{}, compliant: map[devices.OS]bool{}, fit: map[devices.OS]bool{},
		devicesKnown: holds,
	}
	p.group = s.group
	for i := range s.lanes {
		p.lanes = append(p.lanes, s.lanes[i].blank())
	}
	if s.devices != 0 {
		p.devicesKnown = hangs(s.devices)
	}
	for i := range p.reach {
		p.reach[i] = fails
	}
	for i := range p.can {
		p.can[i] = fails
	}
	p.included, p.excluded, p.pass, p.authApp, p.oathApp, p.registered = fails, fails, fails, fails, fails, fails
	return p
}

func (s *sources) profileCount() int {
	if s.methods.Passkeys == nil {
		return 0
	}
	return len(s.methods.Passkeys.Profiles)
}

// traits lists everything that may tell people apart.
func (s *sources) traits(matters []bool) []trait {
	var list []trait
	add := func(set audit.Partly, fit func(*person, audit.Tri)) { list = append(list, trait{set, fit}) }
	s.policyTraits(add, matters)
	s.activationTraits(add, matters)
	s.scopeTraits(add)
	s.methodTraits(add)
	s.keyTraits(add)
	s.deviceTraits(add)
	for _, level := range slices.Sorted(maps.Keys(s.atRisk)) {
		add(audit.Certainly(s.atRisk[level]), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.risk = level
			}
		})
	}
	add(audit.Certainly(s.there), func(p *person, v audit.Tri) { p.there = v == audit.Yes })
	for i := range s.lanes {
		for _, t := range s.lanes[i].traits(matters) {
			add(t.set, func(p *person, v audit.Tri) { t.fit(p.lanes[i], v) })
		}
	}
	return list
}

// activationTraits are the policies that would reach people once they activate roles.
func (s *sources) activationTraits(add adder, matters []bool) {
	for i, reach := range s.activated {
		if !matters[i] || reach.Yes.Equal(s.reach[i].Yes) && reach.Maybe.Equal(s.reach[i].Maybe) {
			continue
		}
		add(reach, func(p *person, v audit.Tri) {
			f := factOf(v, s.gaps[i])
			if f == p.reach[i] {
				return
			}
			if p.activated == nil {
				p.activated = slices.Clone(p.reach)
			}
			p.activated[i] = f
		})
	}
}

type adder func(audit.Partly, func(*person, audit.Tri))

func (s *sources) policyTraits(add adder, matters []bool) {
	var sets []audit.Partly
	var of [][]int
	for i, reach := range s.reach {
		if !matters[i] {
			continue
		}
		j := slices.IndexFunc(sets, func(q audit.Partly) bool { return q.Yes.Equal(reach.Yes) && q.Maybe.Equal(reach.Maybe) })
		if j < 0 {
			j = len(sets)
			sets, of = append(sets, reach), append(of, nil)
		}
		of[j] = append(of[j], i)
	}
	for j, set := range sets {
		add(set, func(p *person, v audit.Tri) {
			for _, i := range of[j] {
				p.reach[i] = factOf(v, s.gaps[i])
			}
		})
	}
}

func (s *sources) scopeTraits(add adder) {
	if pk := s.methods.Passkeys; pk != nil {
		add(pk.Included, func(p *person, v audit.Tri) { p.included = factOf(v, gapGroups) })
		add(pk.Excluded, func(p *person, v audit.Tri) { p.excluded = factOf(v, gapGroups) })
		add(audit.Certainly(nestedOnly(pk.Include)), func(p *person, v audit.Tri) { p.nested = v == audit.Yes })
		for i := range pk.Profiles {
			add(pk.Profiles[i].Reach, func(p *person, v audit.Tri) { p.profiles[i] = factOf(v, gapGroups) })
		}
	} else {
		add(audit.Partly{Maybe: s.dir.All}, func(p *person, v audit.Tri) { p.included = hangs(gapMethodsPolicy) })
	}
	add(s.inScopeOfPasses(), func(p *person, v audit.Tri) { p.pass = factOf(v, gapGroups) })
	legacy := s.legacy()
	// In the settings of old, which Graph does not show, these may be on for anybody.
	app := s.scoped(entra.MethodMicrosoftAuthenticator)
	add(app, func(p *person, v audit.Tri) { p.authApp = factOf(v, gapGroups).or(legacy) })
	add(s.scoped(entra.MethodSoftwareOath).Or(s.methods.AuthenticatorCodes()), func(p *person, v audit.Tri) { p.oathApp = factOf(v, gapGroups).or(legacy) })
}

// nestedOnly are the accounts that targets reach through a group inside a group and
// in no other way. That nested groups count is not stated for this policy (PF,
// how-to-authentication-passkeys-fido2, 2026-03-08).
func nestedOnly(targets []methods.Target) audit.Set {
	var nested, plain audit.Set
	for _, t := range targets {
		if t.Group == nil {
			plain = plain.Or(t.Members.Yes)
			continue
		}
		nested = nested.Or(t.Group.Inner)
		plain = plain.Or(t.Members.Yes.Minus(t.Group.Inner))
	}
	return nested.Minus(plain)
}

// legacy is whether methods may be granted by settings that Graph does not show:
// where the policy says that migration is not complete. Source: MAN
// (concept-authentication-methods-manage, 2025-03-04).
func (s *sources) legacy() fact3 {
	switch s.methods.MigrationComplete {
	case audit.No:
		return hangs(gapLegacy)
	case audit.Unsure:
		return hangs(hiddenLegacy)
	default:
		return fails
	}
}

// scoped are the accounts that may use a method by the methods policy.
func (s *sources) scoped(id string) audit.Partly {
	if m := s.methods.Method(id); m != nil {
		return m.InScope()
	}
	return audit.Partly{}
}

// inScopeOfPasses are the accounts that the targets of passes reach, whether or not
// passes are enabled.
func (s *sources) inScopeOfPasses() audit.Partly {
	m := s.methods.Method(entra.MethodTemporaryAccessPass)
	if m == nil {
		return audit.Certainly(s.dir.All)
	}
	return m.Included.Minus(m.Excluded)
}

// methodTraits are what people hold and may use.
func (s *sources) methodTraits(add adder) {
	legacy := s.legacy()
	known := s.held.Known()
	unknown := s.dir.All.Minus(known).Or(s.held.Of(methods.Unrecognised))
	// A method held, by the policy entry that allows it; nil: no entry governs it.
	hold := func(m modes, kindOf methods.Kind, scope *audit.Partly) {
		held := s.held.Of(kindOf)
		if scope == nil {
			add(audit.Certainly(held), func(p *person, v audit.Tri) {
				if v == audit.Yes {
					p.gain(m, holds)
				}
			})
			return
		}
		add(scope.Within(held), func(p *person, v audit.Tri) {
			if v != audit.No {
				p.gain(m, factOf(v, gapGroups))
			}
		})
		if legacy.value != audit.No {
			add(audit.Certainly(held), func(p *person, v audit.Tri) {
				if v == audit.Yes {
					p.gain(m, legacy)
				}
			})
		}
	}
	app, code := s.scoped(entra.MethodMicrosoftAuthenticator), s.scoped(entra.MethodSoftwareOath).Or(s.methods.AuthenticatorCodes())
	// Whether Authenticator is set up for signing in without a password is not told: it
	// is taken not to be.
	hold(push, methods.Authenticator, &app)
	hold(softwareOath, methods.SoftwareOath, &code)
	token := s.scoped(entra.MethodHardwareOath)
	hold(hardwareOath, methods.HardwareOath, &token)
	if !s.noPhone {
		text, call := s.scoped(entra.MethodSms), s.scoped(entra.MethodVoice)
		hold(sms, methods.MobilePhone, &text)
		hold(voice, methods.MobilePhone, &call)
		hold(voice, methods.AlternatePhone, &call)
		office := s.methods.OfficePhones()
		hold(voice, methods.OfficePhone, &office)
	}
	hold(hello, methods.WindowsHello, nil)
	hold(hello, methods.PlatformCredential, nil)
	add(audit.Certainly(s.held.Of(methods.ExternalMethod)), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.gain(external, hangs(gapExternal))
		}
	})
	add(audit.Certainly(unknown), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.gain(push|softwareOath|hello|sms, hangs(gapMethods))
			p.keys = append(p.keys, heldKey{held: hangs(gapMethods)})
			p.registered = p.registered.or(hangs(gapMethods))
		}
	})
	add(audit.Certainly(s.held.Reported.Minus(s.held.Asked)), func(p *person, v audit.Tri) { p.reportOnly = v == audit.Yes })
	s.firstFactorTraits(add)
	once, many := s.methods.PassKinds(s.held, s.strong.Pass)
	add(once.Within(known), func(p *person, v audit.Tri) { p.gain(passOnce, factOf(v, gapMethods)) })
	add(many.Within(known), func(p *person, v audit.Tri) { p.gain(passMany, factOf(v, gapMethods)) })
	for m, held := range s.heldPasses() {
		add(audit.Certainly(held), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.heldPass |= m
			}
		})
	}
	add(s.strong.Method.Within(known), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.registered = holds
		}
	})
}

// heldPasses are the accounts with a pass that can be used now, by its kind, were the
// policy of passes to let them.
func (s *sources) heldPasses() map[modes]audit.Set {
	var once, many audit.Builder
	for n := range s.held.Of(methods.TemporaryAccessPass).And(s.held.Asked).All() {
		switch pass, _ := s.held.Pass(n); {
		case pass.Usable != audit.Yes:
		case pass.UsableOnce == audit.Yes:
			once.Add(n)
		case pass.UsableOnce == audit.No:
			many.Add(n)
		}
	}
	return map[modes]audit.Set{passOnce: once.Set(), passMany: many.Set()}
}

// firstFactorTraits are what stands in for a password, and what may stand in for a
// second factor without Graph showing it.
func (s *sources) firstFactorTraits(add adder) {
	add(audit.Certainly(s.strong.Unseen["federatedMfa"]), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.gain(federatedSingle, holds)
			p.gain(federatedMulti|password, hangs(gapFederated))
			return
		}
		p.gain(password, holds)
	})
	add(audit.Certainly(s.strong.Unseen["certificate"]), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.gain(certificateMulti|certificateSingle, hangs(gapCertificate))
		}
	})
	add(audit.Certainly(s.strong.Unseen["externalMfa"]), func(p *person, v audit.Tri) {
		if v == audit.Yes {
			p.gain(external, hangs(gapExternal))
		}
	})
}

// gain adds modes to what the person can do.
func (p *person) gain(m modes, f fact3) {
	for i := range modeNames {
		if m&(1<<i) != 0 {
			p.can[i] = p.can[i].or(f)
		}
	}
}

// keyTraits are registered passkeys, by what policy can tell of them.
func (s *sources) keyTraits(add adder) {
	byKey := map[methods.Credential]*audit.Builder{}
	for n := range s.held.Of(methods.Passkey).All() {
		for _, k := range s.held.Passkeys(n) {
			c := methods.Credential{AAGUID: strings.ToLower(k.AAGUID), Type: strings.ToLower(k.Type)}
			if byKey[c] == nil {
				byKey[c] = &audit.Builder{}
			}
			byKey[c].Add(n)
		}
	}
	keys := slices.SortedFunc(maps.Keys(byKey), func(a, b methods.Credential) int {
		return cmp.Or(strings.Compare(a.AAGUID, b.AAGUID), strings.Compare(a.Type, b.Type))
	})
	for _, c := range keys {
		add(audit.Certainly(byKey[c].Set()), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.keys = append(p.keys, heldKey{c, holds})
			}
		})
	}
}

// usable tells whether policy lets an account sign in with a passkey.
func (s *sources) usable(n uint32, c methods.Credential) audit.Tri {
	pk := s.methods.Passkeys
	if pk == nil {
		return audit.Unsure
	}
	allowed, _, _ := pk.SignIn(n, c)
	return allowed.And(s.scope.Has(n))
}

func (s *sources) deviceTraits(add adder) {
	for _, os := range devices.Systems {
		add(audit.Certainly(s.owned.Of[os].Or(s.seen[os])), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.systems[os] = true
			}
		})
		add(audit.Certainly(s.owned.Compliant[os]), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.compliant[os] = true
			}
		})
		add(audit.Certainly(s.owned.CompliantFit[os]), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.fit[os] = true
			}
		})
		add(audit.Certainly(s.owned.CapablePhone[os]), func(p *person, v audit.Tri) {
			if v == audit.Yes {
				p.phones[os] = true
			}
		})
	}
	add(audit.Certainly(s.owned.Hybrid), func(p *person, v audit.Tri) { p.hybrid = v == audit.Yes })
	add(audit.Certainly(s.owned.CompliantJoined), func(p *person, v audit.Tri) { p.compliantJoined = v == audit.Yes })
	add(audit.Certainly(s.owned.CompliantHybrid), func(p *person, v audit.Tri) { p.compliantHybrid = v == audit.Yes })
	add(audit.Certainly(s.owned.Joined), func(p *person, v audit.Tri) { p.joined = v == audit.Yes })
}
