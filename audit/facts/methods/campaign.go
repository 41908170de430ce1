package methods

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// Campaign is the registration campaign as far as it is about passkeys.
type Campaign struct {
	// Reach are the accounts that its targets for passkeys reach while it is on. A
	// campaign that is not told, or has a state this program does not know, may
	// reach anybody, or those of its targets.
	Reach audit.Partly
	// Pointer leads to the campaign inside the policy object.
	Pointer string
	// Managed is Yes in state "default", which is Microsoft managed and counts as on.
	Managed audit.Tri
	// Told is false where the policy does not say what the campaign is.
	Told bool
	// Targets are the include targets for passkeys.
	Targets []Target
}

// Campaign resolves the registration campaign for passkeys. Source: CAM
// (how-to-mfa-registration-campaign, 2026-09-02).
func (e *Effective) Campaign() Campaign {
	c := Campaign{Pointer: "/registrationEnforcement/authenticationMethodsRegistrationCampaign"}
	r := e.Value.RegistrationEnforcement
	if r == nil || r.Campaign == nil {
		c.Reach.Maybe = e.all
		return c
	}
	c.Told = true
	var in audit.Partly
	for i, t := range r.Campaign.IncludeTargets {
		if strings.EqualFold(t.TargetedAuthenticationMethod, entra.MethodFido2) {
			one, reached := e.targets([]entra.AuthenticationMethodTarget{t}, "", false)
			one[0].Pointer = c.Pointer + "/includeTargets" + entra.Pointer(i)
			c.Targets, in = append(c.Targets, one[0]), in.Or(reached)
		}
	}
	_, out := e.targets(r.Campaign.ExcludeTargets, c.Pointer+"/excludeTargets", false)
	switch strings.ToLower(r.Campaign.State) {
	case "default":
		c.Managed, c.Reach = audit.Yes, in.Minus(out)
	case "enabled":
		c.Managed, c.Reach = audit.No, in.Minus(out)
	case "disabled":
		c.Managed = audit.No
	default:
		c.Reach = unsure(in.Minus(out))
	}
	return c
}

// nudgedProviders are the AAGUIDs of which an enforced allow list must have one for
// the Microsoft managed campaign to ask people under it: iCloud Keychain (also
// managed), Google Password Manager, Microsoft Authenticator (iOS, Android), the
// passkey in Windows Hello (hardware, VBS, software). CAM (2026-09-02) names the
// providers; the AAGUIDs are from AUT (2026-07-05), WIN (2026-02-18) and the
// community list of passkey providers.
var nudgedProviders = []string{
	"fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "dd4ec289-e01d-41c9-bb89-70fa845d4bf2",
	"ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4",
	"90a3ccdf-635c-4729-a248-9b709135078f", "de1e552d-db1d-4423-a619-566b625cdc84",
	"08987058-cadc-4b81-b6e1-30de50dcbe96", "9ddd1817-af5a-4672-a2b9-3e3dd95000a9", "6028b017-b1d4-4c02-b4b3-afcdafc96bb2",
}

// Nudged tells whether the Microsoft managed campaign asks people whom the profile
// applies to: always, unless an enforced allow list has none of the providers it
// counts. Block lists are ignored. Source: CAM (2026-09-02).
func (p *Profile) Nudged() audit.Tri {
	k := p.KeyRestrictions
	switch {
	case k == nil && p.restrictionsSaid:
		return audit.Yes
	case k == nil, k.IsEnforced == nil:
		return audit.Unsure
	case !*k.IsEnforced, strings.EqualFold(k.EnforcementType, "block"):
		return audit.Yes
	case !strings.EqualFold(k.EnforcementType, "allow"):
		return audit.Unsure
	default:
		return audit.TriOf(slices.ContainsFunc(k.AAGUIDs, func(a string) bool {
			return slices.Contains(nudgedProviders, strings.ToLower(a))
		}))
	}
}

// Under are the accounts to which a profile applies that has some property: certain
// where both are.
func (pk *Passkeys) Under(has func(*Profile) audit.Tri) audit.Partly {
	if pk.Mode == ProfilesUnread {
		return audit.Partly{Maybe: pk.Included.Possible()}
	}
	var all audit.Partly
	for i := range pk.Profiles {
		switch p := &pk.Profiles[i]; has(p) {
		case audit.Yes:
			all = all.Or(p.Reach)
		case audit.Unsure:
			all = all.Or(unsure(p.Reach))
		}
	}
	return all
}

// Named are the accounts that certainly have a profile which a target names: whose
// profile does not hang on the inference that a target without profiles means the
// Default profile.
func (pk *Passkeys) Named() audit.Set {
	var all audit.Set
	for i := range pk.Profiles {
		p := &pk.Profiles[i]
		all = all.Or(p.Reach.Yes.Minus(p.Inferred))
	}
	return all
}
