package methods

import (
	"strings"

	"passkeyaudit/audit"
)

// Satisfiable tells whether some passkey could be registered through the profile:
// its types and attestation admit one, and its key restrictions are not an allow
// list without entries. Whether anybody owns such an authenticator plays no part.
func (p *Profile) Satisfiable() audit.Tri {
	var types audit.Tri
	switch t := p.types; {
	case t.deviceBound:
		types = audit.Yes
	case t.unknown, !t.synced:
		types = audit.Unsure
	default:
		// Synced passkeys cannot attest (PKC, concept-authentication-passkeys-fido2,
		// 2025-11-10).
		switch strings.ToLower(p.AttestationEnforcement) {
		case "disabled":
			types = audit.Yes
		case "registrationonly":
			types = audit.No
		}
	}
	return types.And(p.listSatisfiable())
}

func (p *Profile) listSatisfiable() audit.Tri {
	switch k := p.KeyRestrictions; {
	case k == nil:
		if p.restrictionsSaid {
			return audit.Yes
		}
		return audit.Unsure
	case k.IsEnforced != nil && !*k.IsEnforced, len(k.AAGUIDs) > 0:
		return audit.Yes
	case k.IsEnforced == nil:
		return audit.Unsure
	case strings.EqualFold(k.EnforcementType, "block"):
		return audit.Yes
	case strings.EqualFold(k.EnforcementType, "allow"):
		return audit.No
	default:
		return audit.Unsure
	}
}

// MayRegister are the accounts that policy lets register a passkey alone: in scope,
// self-service on, under a profile that something satisfies. Whether they can do
// the multifactor authentication that it takes, and what Conditional Access says,
// plays no part; neither that guests cannot register.
func (pk *Passkeys) MayRegister() audit.Partly {
	may := pk.InScope().And(pk.Under((*Profile).Satisfiable))
	switch pk.SelfService {
	case audit.Yes:
		return may
	case audit.No:
		return audit.Partly{}
	default:
		return unsure(may)
	}
}
