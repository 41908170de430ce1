package strictprofileoutvoted

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
)

// strictness is what a profile demands at registration, the strictest first. A
// profile that enforces attestation admits no synced passkey, whatever it lists.
type strictness int

const (
	notKnown strictness = iota
	// useless profiles enforce attestation and list synced passkeys only: nothing can
	// be registered, and nothing follows from that (PK-ATT-001).
	useless
	admitsNothing // the allow list is enforced and empty
	attested      // device-bound passkeys with attestation
	unattested    // device-bound passkeys without
	synced        // synced passkeys, with or without device-bound ones
)

func strictnessOf(p *methods.Profile) strictness {
	if p.AAGUIDs().Nothing() == audit.Yes {
		return admitsNothing
	}
	switch p.Attests() {
	case audit.Yes:
		switch p.ListsDeviceBound() {
		case audit.Yes:
			return attested
		case audit.No:
			return useless
		}
	case audit.No:
		switch p.ListsSynced() {
		case audit.Yes:
			return synced
		case audit.No:
			return unattested
		}
	}
	return notKnown
}

// stricter tells whether a is strict beside b: b demands less, or demands the same
// and admits, of types and AAGUIDs, all that a admits and more.
func stricter(a, b *methods.Profile) audit.Tri {
	sa, sb := strictnessOf(a), strictnessOf(b)
	switch {
	case sa == useless || sb == useless || sb == admitsNothing:
		return audit.No
	case sa == notKnown || sb == notKnown:
		return audit.Unsure
	case sa < sb && b.AAGUIDs().Known:
		return audit.Yes
	case sa > sb && a.AAGUIDs().Nothing() == audit.No:
		return audit.No
	case sa != sb:
		return audit.Unsure // restrictions that are not known may admit nothing
	default:
		return within(a, b).And(within(b, a).Not())
	}
}

// within tells whether b admits all types and AAGUIDs that a admits; both demand
// the same.
func within(a, b *methods.Profile) audit.Tri {
	return a.ListsDeviceBound().Not().Or(b.ListsDeviceBound()).And(a.AAGUIDs().Within(b.AAGUIDs()))
}

// extra says what b admits at registration and a does not, with the members that
// show it, relative to a profile.
func extra(a, b *methods.Profile) (what []string, members []string) {
	sa, sb := strictnessOf(a), strictnessOf(b)
	if sa == admitsNothing {
		return []string{"passkeys where it admits none"}, []string{"keyRestrictions"}
	}
	if sa == attested && sb > attested {
		what, members = append(what, "passkeys without attestation"), append(members, "attestation")
	}
	if sa < synced && sb == synced {
		what, members = append(what, "synced passkeys"), append(members, "passkeyTypes")
	}
	if sa == sb && a.ListsDeviceBound() == audit.No && b.ListsDeviceBound() == audit.Yes {
		what, members = append(what, "device-bound passkeys"), append(members, "passkeyTypes")
	}
	if b.AAGUIDs().Within(a.AAGUIDs()) == audit.No {
		what, members = append(what, "more models"), append(members, "keyRestrictions")
	}
	return what, members
}
