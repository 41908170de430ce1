package bootstrap

import "passkeyaudit/audit"

// gap is a source of what is not known about somebody.
type gap uint16

const (
	gapMethods gap = 1 << iota
	gapFederated
	gapCertificate
	gapExternal
	gapLegacy
	gapGroups
	gapRoles
	gapDevices
	gapManagedDevices
	gapPolicies
	gapLocations
	gapStrengths
	gapMethodsPolicy
	gapUsers
	gapEnd

	// hiddenLegacy are settings of old that Graph does not show, in a tenant that does
	// not say whether it still has them. They are taken to grant nothing, either way.
	hiddenLegacy = gapEnd

	allGaps = gapEnd - 1
)

// gapNames are how outputs call them: sections of the snapshot, or what Graph does
// not show.
var gapNames = map[gap]string{
	gapMethods:        "authenticationMethods",
	gapFederated:      "federatedMfa",
	gapCertificate:    "certificate",
	gapExternal:       "externalMfa",
	gapLegacy:         "legacyMethodSettings",
	gapGroups:         "groupMembers",
	gapRoles:          "roleAssignments",
	gapDevices:        "devices",
	gapManagedDevices: "managedDevices",
	gapPolicies:       "conditionalAccessPolicies",
	gapLocations:      "namedLocations",
	gapStrengths:      "authenticationStrengthPolicies",
	gapMethodsPolicy:  "authenticationMethodsPolicy",
	gapUsers:          "users",
}

// resolution settles every gap: those in it help the person, the others hurt.
type resolution gap

const (
	kind  = resolution(allGaps)
	harsh = resolution(0)
)

func (r resolution) helps(g gap) bool { return gap(r)&g == g }

// fact3 is something that holds, does not hold, or hangs on a gap.
type fact3 struct {
	value audit.Tri
	on    gap // where value is Unsure
}

var (
	holds = fact3{value: audit.Yes}
	fails = fact3{value: audit.No}
)

func hangs(on gap) fact3 { return fact3{audit.Unsure, on} }

func factOf(v audit.Tri, on gap) fact3 {
	if v == audit.Unsure {
		return hangs(on)
	}
	return fact3{value: v}
}

// in settles the fact where it being true helps the person.
func (f fact3) in(r resolution) bool {
	return f.value == audit.Yes || f.value == audit.Unsure && r.helps(f.on)
}

// or is the better of two facts.
func (f fact3) or(g fact3) fact3 {
	switch {
	case f.value == audit.Yes || g.value == audit.No:
		return f
	case g.value == audit.Yes || f.value == audit.No:
		return g
	default:
		return fact3{audit.Unsure, f.on | g.on}
	}
}

// and is the worse of two facts.
func (f fact3) and(g fact3) fact3 {
	switch {
	case f.value == audit.No || g.value == audit.Yes:
		return f
	case g.value == audit.No || f.value == audit.Yes:
		return g
	default:
		return fact3{audit.Unsure, f.on | g.on}
	}
}
