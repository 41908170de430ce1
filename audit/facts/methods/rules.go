package methods

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
)

// Attests tells whether registering a passkey through the profile wants a valid
// attestation. A value that is not known is Unsure.
func (p *Profile) Attests() audit.Tri {
	switch strings.ToLower(p.AttestationEnforcement) {
	case "registrationonly":
		return audit.Yes
	case "disabled":
		return audit.No
	default:
		return audit.Unsure
	}
}

// AttestationPointer leads to the member that decides about attestation.
func (p *Profile) AttestationPointer() string {
	if p.legacy {
		return p.Pointer + "/isAttestationEnforced"
	}
	return p.Pointer + "/attestationEnforcement"
}

// ListsSynced tells whether passkeyTypes names synced passkeys, and ListsDeviceBound
// the others. A list with a value that is not known, or with none, may.
func (p *Profile) ListsSynced() audit.Tri { return p.lists(p.types.synced) }

// ListsDeviceBound is described at ListsSynced.
func (p *Profile) ListsDeviceBound() audit.Tri { return p.lists(p.types.deviceBound) }

func (p *Profile) lists(named bool) audit.Tri {
	switch {
	case named:
		return audit.Yes
	case p.types.unknown, !p.types.deviceBound && !p.types.synced:
		return audit.Unsure
	default:
		return audit.No
	}
}

// AAGUIDs are the AAGUIDs a profile's key restrictions admit: all of them, only
// those listed, or all but those listed.
type AAGUIDs struct {
	// Known is false where the restrictions were not told, or are of a kind this
	// program does not know.
	Known bool
	// Enforced is true where a list decides.
	Enforced bool
	// Block is true for all but those listed.
	Block bool
	// Listed is in lower case, sorted, each once.
	Listed []string

	oddKind bool // of a kind that is neither allow nor block
}

// AAGUIDs states the profile's key restrictions as a set.
func (p *Profile) AAGUIDs() AAGUIDs {
	k := p.KeyRestrictions
	if k == nil {
		return AAGUIDs{Known: p.restrictionsSaid}
	}
	a := AAGUIDs{Known: k.IsEnforced != nil, Enforced: k.IsEnforced != nil && *k.IsEnforced, Listed: make([]string, len(k.AAGUIDs))}
	for i, id := range k.AAGUIDs {
		a.Listed[i] = strings.ToLower(id)
	}
	slices.Sort(a.Listed)
	a.Listed = slices.Compact(a.Listed)
	switch strings.ToLower(k.EnforcementType) {
	case "allow":
	case "block":
		a.Block = true
	default:
		a.oddKind = true
		a.Known = a.Known && !a.Enforced // what is not enforced needs no kind
	}
	return a
}

// Nothing tells whether no AAGUID is admitted: an allow list that is enforced and
// empty.
func (a AAGUIDs) Nothing() audit.Tri {
	switch {
	case a.oddKind && !a.Known:
		return audit.Unsure
	case a.Block, len(a.Listed) > 0:
		return audit.No
	case !a.Known:
		return audit.Unsure
	default:
		return audit.TriOf(a.Enforced)
	}
}

// Within tells whether every AAGUID that a admits is admitted by b.
func (a AAGUIDs) Within(b AAGUIDs) audit.Tri {
	if !a.Known || !b.Known {
		return audit.Unsure
	}
	listedInB := func(id string) bool { _, found := slices.BinarySearch(b.Listed, id); return found }
	listedInA := func(id string) bool { _, found := slices.BinarySearch(a.Listed, id); return found }
	switch {
	case !b.Enforced:
		return audit.Yes
	case a.Enforced && !a.Block && !b.Block:
		return audit.TriOf(!slices.ContainsFunc(a.Listed, func(id string) bool { return !listedInB(id) }))
	case a.Enforced && !a.Block:
		return audit.TriOf(!slices.ContainsFunc(a.Listed, listedInB))
	case !b.Block:
		// All AAGUIDs, or all but some, never fit into a list.
		return audit.No
	case !a.Enforced:
		return audit.TriOf(len(b.Listed) == 0)
	default:
		return audit.TriOf(!slices.ContainsFunc(b.Listed, func(id string) bool { return !listedInA(id) }))
	}
}
