package platformwithoutmethod

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/compatibility"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

// holder tells for each person and system whether some phishing-resistant method works.
type holder struct {
	held   *methods.Held
	policy *methods.Effective
	ask    *compatibility.Asker
	scope  audit.Partly
	// any are the accounts with some phishing-resistant method, usable or not.
	any audit.Set
}

// bound are the methods that stay in a computer, with its system.
var bound = []struct {
	kind methods.Kind
	os   devices.OS
}{{methods.WindowsHello, devices.Windows}, {methods.PlatformCredential, devices.MacOS}}

// standing is what is known of the methods of one account at one place.
type standing struct {
	works   audit.Tri
	certain bool // the account has a method that it may use, wherever that works
	perhaps bool // it has one of which that is not known
}

// stuck finds, by system, the people who signed in from it and have phishing-resistant
// methods of which none works there; and those of whom that is not known.
func (h *holder) stuck(log *activity.SignInLog, people audit.Set) (stuck, unsure map[devices.OS]audit.Set) {
	type at struct {
		account uint32
		os      devices.OS
	}
	seen := map[at]standing{}
	for use := range log.Uses() {
		if use.Class != activity.Succeeded || !modern(use.Place) || !people.Has(use.Account) || !h.any.Has(use.Account) {
			continue
		}
		key, s := at{use.Account, use.Place.OS}, h.standing(use.Account, use.Place)
		// It may work in one browser of a system and not in another.
		if old, before := seen[key]; before {
			s.works = s.works.Or(old.works)
		}
		seen[key] = s
	}
	var builders [2]map[devices.OS]*audit.Builder
	for i := range builders {
		builders[i] = map[devices.OS]*audit.Builder{}
		for _, os := range devices.Systems {
			builders[i][os] = &audit.Builder{}
		}
	}
	for key, s := range seen {
		switch {
		case s.works == audit.Yes:
		case s.works == audit.No && s.certain:
			builders[0][key.os].Add(key.account)
		case s.certain || s.perhaps:
			builders[1][key.os].Add(key.account)
		}
	}
	stuck, unsure = map[devices.OS]audit.Set{}, map[devices.OS]audit.Set{}
	for _, os := range devices.Systems {
		stuck[os], unsure[os] = builders[0][os].Set(), builders[1][os].Set()
	}
	return stuck, unsure
}

// standing looks at the methods of one account. Windows Hello for Business and Platform
// SSO stay in their computer; a security key, a phone and a synced passkey go along, unless
// the support matrix says that they do not work there.
func (h *holder) standing(n uint32, place activity.Place) standing {
	s := standing{works: audit.No}
	for _, b := range bound {
		if h.held.Of(b.kind).Has(n) {
			s.certain = true
			s.works = s.works.Or(audit.TriOf(place.OS == b.os))
		}
	}
	yes, maybe := h.policy.UsablePasskeys(h.held, h.scope.Has(n), n)
	s.certain, s.perhaps = s.certain || len(yes) > 0, len(maybe) > 0
	for _, k := range yes {
		s.works = s.works.Or(h.there(place, k, len(yes)+len(maybe)))
	}
	for _, k := range maybe {
		s.works = s.works.Or(h.there(place, k, len(yes)+len(maybe)).And(audit.Unsure))
	}
	return s
}

// there tells whether a passkey can be of use at a place: what is not known to fail
// counts, save where it is not known what keeps it. A stale cell of the matrix is not
// enough to say that it fails.
func (h *holder) there(place activity.Place, k methods.RegisteredPasskey, passkeys int) audit.Tri {
	answer := h.ask.Look(place, k, passkeys)
	switch {
	case h.ask.Bound(k, place.OS), answer.Support == catalogue.Unsupported && !answer.Stale:
		return audit.No
	case k.AAGUID == "":
		return audit.Unsure
	default:
		return audit.Yes
	}
}
