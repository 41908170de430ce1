package bootstrap

import (
	"fmt"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// person is everything the search knows of a class of people.
type person struct {
	// reach says of every policy of the model whether its user assignment includes
	// the person.
	reach []fact3
	// scope, included and excluded are about the Passkey (FIDO2) method.
	included, excluded fact3
	profiles           []fact3 // which profiles apply

	can   [32]fact3 // by mode: held and allowed
	keys  []heldKey // registered passkeys
	stale bool      // methods are registered that are lost
	// staleKey: a passkey is among them.
	staleKey bool

	// heldPass is the pass that is held and can be used now, whatever the policy of
	// passes says.
	heldPass   modes
	pass       fact3 // in scope of passes
	authApp    fact3 // may register Authenticator for approving sign-ins
	oathApp    fact3 // may register a one-time passcode app
	registered fact3 // a method that counts as multifactor authentication is registered

	phones    map[devices.OS]bool
	systems   map[devices.OS]bool // seen: in evidence, or signed in from
	compliant map[devices.OS]bool
	fit       map[devices.OS]bool // a compliant phone that may keep a passkey in Authenticator
	// compliantJoined and compliantHybrid: a compliant Windows computer is joined to Entra
	// alone, or to Active Directory as well.
	compliantJoined, compliantHybrid bool
	// oneSystem: what is asked is about the systems in evidence alone.
	oneSystem    bool
	hybrid       bool
	joined       bool  // a Windows computer joined to Entra
	nested       bool  // in scope through a group inside a group only
	devicesKnown fact3 // holds where every device of the person is listed
	risk         string
	reportOnly   bool // what is held is known from the registration report only

	// activated is reach once a role is activated for which the person is eligible; nil
	// for people who are eligible for none that a policy names.
	activated []fact3

	// lanes are the person as a member of each bootstrap group.
	lanes []*person
	group string // of a person in a lane: the group
	there bool   // of a person in a lane: in the group today

	// noPlaces: the person cannot go to a trusted place (a remote new hire).
	noPlaces bool
	// phoneOnly: there is no computer.
	phoneOnly bool
}

// heldKey is a registered passkey.
type heldKey struct {
	methods.Credential
	held fact3 // hangs on a gap where it is not known whether there is one
}

func (p *person) has(m modes, r resolution) bool {
	for i := range modeNames {
		if m&(1<<i) != 0 && p.can[i].in(r) {
			return true
		}
	}
	return false
}

// modes are what the person can do, with gaps settled.
func (p *person) modes(r resolution) modes {
	var m modes
	for i := range modeNames {
		if p.can[i].in(r) {
			m |= 1 << i
		}
	}
	return m
}

// reached is the person as if in scope of the method, with one profile.
func (p *person) reached(profile int) *person {
	q := *p
	q.included, q.excluded = holds, fails
	q.profiles = make([]fact3, len(p.profiles))
	for i := range q.profiles {
		q.profiles[i] = fails
	}
	if profile < len(q.profiles) {
		q.profiles[profile] = holds
	}
	return &q
}

// lost is the person after losing every passkey and everything on the phone. What
// is registered stays registered until somebody deletes it.
func (p *person) lost() *person {
	q := *p
	q.keys, q.heldPass = nil, 0
	for i := range modeNames {
		if m := modes(1 << i); m&(phoneBound|passes) != 0 {
			q.can[i] = fails
		}
	}
	q.stale = p.registered.value != audit.No
	q.staleKey = len(p.keys) > 0
	q.phones = nil
	return &q
}

// key is the same for people whom the search cannot tell apart.
func (p *person) key() string {
	return fmt.Sprint(p.policyKey(), p.activated, p.can, p.keys, p.stale, p.staleKey, p.registered, p.phones, p.systems, p.compliant, p.fit, p.compliantJoined, p.compliantHybrid,
		p.hybrid, p.joined, p.nested, p.devicesKnown, p.risk, p.reportOnly, p.noPlaces, p.phoneOnly)
}
