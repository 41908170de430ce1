package methods

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// Mode tells which rules decide about a passkey.
type Mode int

const (
	// ProfilesUnread: the policy uses profiles, but they were not read.
	ProfilesUnread Mode = iota
	// Profiles: passkey profiles decide, the top-level settings are a mirror.
	Profiles
	// Legacy: the tenant has no profiles; the top-level settings decide.
	Legacy
)

// Passkeys is the Fido2 entry with the profiles that apply to each account.
type Passkeys struct {
	*Method
	Mode Mode
	// Profiles are the rules in force; in legacy mode one made of the top-level
	// settings.
	Profiles []Profile
	// SelfService tells whether people may register passkeys themselves. It holds
	// for the whole tenant, not for a profile.
	SelfService audit.Tri
}

// Profile is a passkey profile with the accounts it applies to.
type Profile struct {
	entra.PasskeyProfile
	Pointer string // to the profile, or in legacy mode to the Fido2 entry
	// Reach are the accounts with an include target that names the profile.
	Reach audit.Partly
	// Inferred are accounts it applies to only because their target names no
	// profile while profiles exist; that such a target means the Default profile is
	// an inference.
	Inferred audit.Set

	types            types
	legacy           bool
	restrictionsSaid bool // the absence of key restrictions means that there are none
}

// Label names the profile for people.
func (p *Profile) Label() string {
	switch {
	case p.legacy:
		return "the passkey method"
	case p.Name != "":
		return fmt.Sprintf("the profile %q", p.Name)
	default:
		return "the profile " + p.ID
	}
}

// defaultProfileID is the id of the profile every tenant in profile mode has.
const defaultProfileID = "00000000-0000-0000-0000-000000000001"

// DefaultProfileID names the profile that is taken to apply to a target without
// profiles.
func (pk *Passkeys) DefaultProfileID() string {
	return cmp.Or(pk.Config.DefaultPasskeyProfile, defaultProfileID)
}

// Profile finds a profile by id, in any letter case; nil if there is none, or the
// profiles were not read.
func (pk *Passkeys) Profile(id string) *Profile {
	for i := range pk.Profiles {
		if p := &pk.Profiles[i]; !p.legacy && strings.EqualFold(p.ID, id) {
			return p
		}
	}
	return nil
}

func newPasskeys(m *Method, takenAt string) *Passkeys {
	pk := &Passkeys{Method: m}
	c := m.Config
	if c.IsSelfServiceRegistrationAllowed != nil {
		pk.SelfService = audit.TriOf(*c.IsSelfServiceRegistrationAllowed)
	}
	namesProfiles := c.DefaultPasskeyProfile != "" || slices.ContainsFunc(m.Include, func(t Target) bool {
		return len(t.AllowedPasskeyProfiles) > 0
	})
	switch {
	case c.PasskeyProfiles != nil && len(*c.PasskeyProfiles) > 0:
		pk.Mode = Profiles
		pk.addProfiles()
	case namesProfiles:
		pk.Mode = ProfilesUnread
	default:
		pk.Mode = Legacy
		pk.Profiles = []Profile{legacyProfile(m, takenAt)}
	}
	return pk
}

func (pk *Passkeys) addProfiles() {
	fallback := pk.DefaultProfileID()
	for i, p := range *pk.Config.PasskeyProfiles {
		profile := Profile{
			PasskeyProfile: p, Pointer: pk.Pointer + entra.Pointer("passkeyProfiles", i),
			types: typesOf(p.PasskeyTypes), restrictionsSaid: true,
		}
		var inferred audit.Partly
		for _, t := range pk.Include {
			switch {
			case slices.ContainsFunc(t.AllowedPasskeyProfiles, func(id string) bool { return strings.EqualFold(id, p.ID) }):
				profile.Reach = profile.Reach.Or(t.Members)
			case len(t.AllowedPasskeyProfiles) == 0 && strings.EqualFold(p.ID, fallback):
				inferred = inferred.Or(t.Members)
			}
		}
		profile.Inferred = inferred.Possible().Minus(profile.Reach.Yes)
		profile.Reach = profile.Reach.Or(inferred)
		pk.Profiles = append(pk.Profiles, profile)
	}
}

// legacyProfile states the top-level settings as a profile: attestation off
// admits both types, on admits device-bound passkeys only. Source: PF
// (how-to-authentication-passkeys-fido2, 2026-03-08).
func legacyProfile(m *Method, takenAt string) Profile {
	p := Profile{
		PasskeyProfile:   entra.PasskeyProfile{KeyRestrictions: m.Config.KeyRestrictions},
		Pointer:          m.Pointer,
		Reach:            m.Included,
		legacy:           true,
		restrictionsSaid: !Reached(takenAt, LegacyMembersEnd),
	}
	switch attested := m.Config.IsAttestationEnforced; {
	case attested == nil && Reached(takenAt, LegacyMembersEnd):
	case attested == nil || !*attested:
		p.PasskeyTypes, p.AttestationEnforcement = deviceBound+","+synced, "disabled"
	default:
		p.PasskeyTypes, p.AttestationEnforcement = deviceBound, "registrationOnly"
	}
	p.types = typesOf(p.PasskeyTypes)
	return p
}

// The values of passkeyTypes and passkeyType.
const (
	deviceBound = "deviceBound"
	synced      = "synced"
)

// types is passkeyTypes taken apart. A value that is not known may stand for
// either type.
type types struct{ deviceBound, synced, unknown bool }

func typesOf(f entra.Flags) types {
	var t types
	for _, m := range f.Members() {
		switch {
		case strings.EqualFold(m, deviceBound):
			t.deviceBound = true
		case strings.EqualFold(m, synced):
			t.synced = true
		default:
			t.unknown = true
		}
	}
	return t
}

// Credential is a passkey as the policy sees it.
type Credential struct {
	AAGUID string    // empty: not known
	Type   string    // deviceBound, synced; empty: not known
	Attest audit.Tri // it came with a valid attestation
}

// AllowsType tells whether the profile admits the credential's type. It holds at
// registration and at every sign-in (PF 2026-03-08; for deviceBound by analogy).
func (p *Profile) AllowsType(c Credential) audit.Tri {
	isDeviceBound := equalFold(c.Type, deviceBound)
	isSynced := !isDeviceBound && equalFold(c.Type, synced)
	t := p.types
	switch {
	case isDeviceBound && t.deviceBound, isSynced && t.synced, c.Type == "" && t.deviceBound && t.synced:
		return audit.Yes
	case !isDeviceBound && !isSynced, t.unknown, !t.deviceBound && !t.synced:
		return audit.Unsure
	case p.legacy:
		// Whether attestation of the legacy settings also stops synced passkeys that
		// are already registered is not documented.
		return audit.Unsure
	default:
		return audit.No
	}
}

// AllowsAAGUID tells whether the profile's key restrictions admit the
// credential's AAGUID, at registration and at every sign-in (PF 2026-03-08).
// Restrictions that are not enforced are inert.
func (p *Profile) AllowsAAGUID(c Credential) audit.Tri {
	k := p.KeyRestrictions
	if k == nil {
		if p.restrictionsSaid {
			return audit.Yes
		}
		return audit.Unsure
	}
	if k.IsEnforced == nil {
		return audit.Unsure
	}
	if !*k.IsEnforced {
		return audit.Yes
	}
	if c.AAGUID == "" && len(k.AAGUIDs) > 0 {
		return audit.Unsure
	}
	listed := slices.ContainsFunc(k.AAGUIDs, func(a string) bool { return equalFold(a, c.AAGUID) })
	switch strings.ToLower(k.EnforcementType) {
	case "allow":
		return audit.TriOf(listed)
	case "block":
		return audit.TriOf(!listed)
	default:
		return audit.Unsure
	}
}

// equalFold is strings.EqualFold, faster where the texts are the same, as they mostly are.
func equalFold(a, b string) bool { return a == b || strings.EqualFold(a, b) }

// AllowsRegistration tells whether the profile, by itself, admits registering the
// credential: type, AAGUID and, where enforced, attestation.
func (p *Profile) AllowsRegistration(c Credential) audit.Tri {
	var attested audit.Tri
	switch strings.ToLower(p.AttestationEnforcement) {
	case "disabled":
		attested = audit.Yes
	case "registrationonly":
		attested = c.Attest
		if strings.EqualFold(c.Type, synced) {
			attested = audit.No // synced passkeys cannot attest
		}
	}
	return p.AllowsType(c).And(p.AllowsAAGUID(c)).And(attested)
}

// AllowsSignIn tells whether the profile, by itself, admits signing in with the
// credential. Attestation is a registration-time test only.
func (p *Profile) AllowsSignIn(c Credential) audit.Tri {
	return p.AllowsType(c).And(p.AllowsAAGUID(c))
}

// Rejection is why no profile admits a credential.
type Rejection int

const (
	NotRejected Rejection = iota
	// RejectedAAGUID: some profile of the person admits the type, none the AAGUID.
	RejectedAAGUID
	// RejectedType: no profile of the person admits the type.
	RejectedType
	// RejectedNoProfile: no profile that exists applies to the person.
	RejectedNoProfile
)

// SignIn tells whether an account that is in scope may sign in with a credential:
// one profile must admit it by itself; rules of two profiles never combine.
// inferred is true where the answer rests on an inference: that a target without
// profiles means the Default profile, or that a target whose profiles do not exist
// admits nothing (a profile cannot be deleted while a target uses it, PF
// 2026-03-08).
func (pk *Passkeys) SignIn(ordinal uint32, c Credential) (allowed audit.Tri, why Rejection, inferred bool) {
	if pk.Mode == ProfilesUnread {
		return audit.Unsure, NotRejected, false
	}
	allowed, why = audit.No, RejectedNoProfile
	named := audit.No // the answer without inferred profiles
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		applies := p.applies(ordinal)
		if applies == audit.No {
			continue
		}
		admits := applies.And(p.AllowsSignIn(c))
		allowed = allowed.Or(admits)
		if p.Inferred.Has(ordinal) {
			inferred = true
		} else {
			named = named.Or(admits)
		}
		switch {
		case p.AllowsType(c) != audit.No:
			why = RejectedAAGUID
		case why == RejectedNoProfile:
			why = RejectedType
		}
	}
	inferred = inferred && named != audit.Yes
	switch {
	case allowed != audit.No:
		why = NotRejected
	case why == RejectedNoProfile:
		inferred = pk.Mode == Profiles
	}
	return allowed, why, inferred
}

func (p *Profile) applies(ordinal uint32) audit.Tri {
	switch {
	case p.Reach.Yes.Has(ordinal):
		return audit.Yes
	case p.Reach.Maybe.Has(ordinal):
		return audit.Unsure
	default:
		return audit.No
	}
}
