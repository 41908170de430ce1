package entra

// ConditionalAccessPolicy is the part of a policy that says whom it reaches and
// which strength it demands.
type ConditionalAccessPolicy struct {
	ID            string                       `json:"id"`
	DisplayName   string                       `json:"displayName"`
	State         string                       `json:"state"` // enabled, disabled, enabledForReportingButNotEnforced
	Conditions    *ConditionalAccessConditions `json:"conditions"`
	GrantControls *ConditionalAccessGrant      `json:"grantControls"`
}

// ConditionalAccessConditions are the conditions of a policy.
type ConditionalAccessConditions struct {
	Users *ConditionalAccessUsers `json:"users"`
}

// ConditionalAccessUsers says whom a policy reaches: any include, and no exclude.
type ConditionalAccessUsers struct {
	IncludeUsers  []string `json:"includeUsers"`
	ExcludeUsers  []string `json:"excludeUsers"`
	IncludeGroups []string `json:"includeGroups"`
	ExcludeGroups []string `json:"excludeGroups"`
	IncludeRoles  []string `json:"includeRoles"`
	ExcludeRoles  []string `json:"excludeRoles"`

	IncludeGuestsOrExternalUsers *ConditionalAccessGuests `json:"includeGuestsOrExternalUsers"`
	ExcludeGuestsOrExternalUsers *ConditionalAccessGuests `json:"excludeGuestsOrExternalUsers"`
}

// ConditionalAccessGuests selects guests by kind and home tenant.
type ConditionalAccessGuests struct {
	GuestOrExternalUserTypes Flags `json:"guestOrExternalUserTypes"`
}

// ConditionalAccessGrant are the grant controls of a policy.
type ConditionalAccessGrant struct {
	Operator               string                        `json:"operator"`
	BuiltInControls        []string                      `json:"builtInControls"`
	AuthenticationStrength *AuthenticationStrengthPolicy `json:"authenticationStrength"`
}

// AuthenticationStrengthPolicy is an authentication strength. Inside a
// Conditional Access policy it may come with nothing but its id.
type AuthenticationStrengthPolicy struct {
	ID                  string   `json:"id"`
	DisplayName         string   `json:"displayName"`
	PolicyType          string   `json:"policyType"`
	AllowedCombinations []string `json:"allowedCombinations"`
}

// StrengthPhishingResistant is the id of the built-in Phishing-resistant MFA
// strength; its name is spelled in two ways, so only the id is safe to match.
const StrengthPhishingResistant = "00000000-0000-0000-0000-000000000004"

// PhishingResistant tells whether every allowed combination is one of the three
// that the built-in Phishing-resistant MFA strength has. known is false where
// the combinations were not given and the id is not the built-in one. Source:
// STR (concept-authentication-strengths, 2025-03-04).
func (s *AuthenticationStrengthPolicy) PhishingResistant() (resistant, known bool) {
	if len(s.AllowedCombinations) == 0 {
		return s.ID == StrengthPhishingResistant, s.ID == StrengthPhishingResistant
	}
	for _, c := range s.AllowedCombinations {
		switch c {
		case "windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor":
		default:
			return false, true
		}
	}
	return true, true
}
