package entra

import "strings"

// ConditionalAccessPolicy is a Conditional Access policy. Members this package
// does not model are kept in the Unmodelled fields: a policy that uses one is
// judged as unknown, never as if the member were not there.
type ConditionalAccessPolicy struct {
	ID              string                       `json:"id"`
	DisplayName     string                       `json:"displayName"`
	State           string                       `json:"state"` // enabled, disabled, enabledForReportingButNotEnforced
	Conditions      *ConditionalAccessConditions `json:"conditions"`
	GrantControls   *ConditionalAccessGrant      `json:"grantControls"`
	SessionControls Raw                          `json:"sessionControls"`
	Unmodelled      Raw                          `json:",embed"`
}

// ConditionalAccessConditions are the conditions of a policy. An absent, null or
// empty one matches everything.
type ConditionalAccessConditions struct {
	Users                      *ConditionalAccessUsers        `json:"users"`
	Applications               *ConditionalAccessApplications `json:"applications"`
	ClientAppTypes             []string                       `json:"clientAppTypes"`
	Platforms                  *ConditionalAccessPlatforms    `json:"platforms"`
	Locations                  *ConditionalAccessLocations    `json:"locations"`
	Devices                    *ConditionalAccessDevices      `json:"devices"`
	SignInRiskLevels           []string                       `json:"signInRiskLevels"`
	UserRiskLevels             []string                       `json:"userRiskLevels"`
	InsiderRiskLevels          Flags                          `json:"insiderRiskLevels"`
	ServicePrincipalRiskLevels []string                       `json:"servicePrincipalRiskLevels"` // workload identities only
	AuthenticationFlows        *ConditionalAccessFlows        `json:"authenticationFlows"`
	ClientApplications         Raw                            `json:"clientApplications"` // workload identities only
	Unmodelled                 Raw                            `json:",embed"`
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
	Unmodelled                   Raw                      `json:",embed"`
}

// ConditionalAccessGuests selects guests by kind and home tenant.
type ConditionalAccessGuests struct {
	GuestOrExternalUserTypes Flags            `json:"guestOrExternalUserTypes"`
	ExternalTenants          *ExternalTenants `json:"externalTenants"` // nil: all
	Unmodelled               Raw              `json:",embed"`
}

// ExternalTenants are the home tenants a guest condition is limited to.
type ExternalTenants struct {
	ODataType      string   `json:"@odata.type"`
	MembershipKind string   `json:"membershipKind"` // all, enumerated
	Members        []string `json:"members"`
	Unmodelled     Raw      `json:",embed"`
}

// ConditionalAccessApplications is the target of a policy: resources, user
// actions or authentication contexts.
type ConditionalAccessApplications struct {
	IncludeApplications []string           `json:"includeApplications"` // app ids, All, None, Office365, MicrosoftAdminPortals
	ExcludeApplications []string           `json:"excludeApplications"`
	IncludeUserActions  []string           `json:"includeUserActions"`
	IncludeAuthContexts []string           `json:"includeAuthenticationContextClassReferences"`
	ApplicationFilter   *ConditionalFilter `json:"applicationFilter"`
	Unmodelled          Raw                `json:",embed"`
}

// ConditionalFilter is a rule over attributes of applications or devices.
type ConditionalFilter struct {
	Mode string `json:"mode"` // include, exclude
	Rule string `json:"rule"`

	Unmodelled Raw `json:",embed"`
}

// ConditionalAccessPlatforms limits a policy to platforms.
type ConditionalAccessPlatforms struct {
	IncludePlatforms []string `json:"includePlatforms"` // android, iOS, windows, windowsPhone, macOS, linux, all
	ExcludePlatforms []string `json:"excludePlatforms"`
	Unmodelled       Raw      `json:",embed"`
}

// ConditionalAccessLocations limits a policy to places.
type ConditionalAccessLocations struct {
	IncludeLocations []string `json:"includeLocations"` // named location ids, All, AllTrusted
	ExcludeLocations []string `json:"excludeLocations"`
	Unmodelled       Raw      `json:",embed"`
}

// ConditionalAccessDevices limits a policy to devices.
type ConditionalAccessDevices struct {
	DeviceFilter *ConditionalFilter `json:"deviceFilter"`
	Unmodelled   Raw                `json:",embed"`
}

// ConditionalAccessFlows limits a policy to ways of transferring a sign-in.
type ConditionalAccessFlows struct {
	TransferMethods Flags `json:"transferMethods"` // deviceCodeFlow, authenticationTransfer
	Unmodelled      Raw   `json:",embed"`
}

// ConditionalAccessGrant are the grant controls of a policy.
type ConditionalAccessGrant struct {
	Operator                    string                        `json:"operator"` // AND, OR
	BuiltInControls             []string                      `json:"builtInControls"`
	CustomAuthenticationFactors []string                      `json:"customAuthenticationFactors"`
	TermsOfUse                  []string                      `json:"termsOfUse"`
	AuthenticationStrength      *AuthenticationStrengthPolicy `json:"authenticationStrength"`
	Unmodelled                  Raw                           `json:",embed"`
}

// AuthenticationStrengthPolicy is an authentication strength. Inside a
// Conditional Access policy it may come with nothing but its id.
type AuthenticationStrengthPolicy struct {
	ID                        string                     `json:"id"`
	DisplayName               string                     `json:"displayName"`
	PolicyType                string                     `json:"policyType"`
	AllowedCombinations       []string                   `json:"allowedCombinations"`
	CombinationConfigurations []CombinationConfiguration `json:"combinationConfigurations"`
}

// CombinationConfiguration narrows some combinations of a strength: passkeys by
// AAGUID, certificates by issuer or policy.
type CombinationConfiguration struct {
	ODataType             string   `json:"@odata.type"`
	ID                    string   `json:"id"`
	AppliesToCombinations []string `json:"appliesToCombinations"`
	AllowedAAGUIDs        []string `json:"allowedAAGUIDs"`
	AllowedIssuerSkis     []string `json:"allowedIssuerSkis"`
	AllowedPolicyOIDs     []string `json:"allowedPolicyOIDs"`
	Unmodelled            Raw      `json:",embed"`
}

// NamedLocation is a place: IP ranges, or countries.
type NamedLocation struct {
	ODataType   string    `json:"@odata.type"`
	ID          string    `json:"id"`
	DisplayName string    `json:"displayName"`
	IsTrusted   *bool     `json:"isTrusted"` // IP ranges only
	IPRanges    []IPRange `json:"ipRanges"`

	CountriesAndRegions               []string `json:"countriesAndRegions"`
	IncludeUnknownCountriesAndRegions *bool    `json:"includeUnknownCountriesAndRegions"`
	CountryLookupMethod               string   `json:"countryLookupMethod"` // clientIpAddress, authenticatorAppGps
	Unmodelled                        Raw      `json:",embed"`
}

// Every tells whether a choice of home tenants is no choice: it says all, or
// nothing. Source: CSDL (Graph v1.0 metadata, 2026-08).
func (t *ExternalTenants) Every() bool {
	if t == nil || strings.EqualFold(t.MembershipKind, "all") {
		return true
	}
	return t.MembershipKind == "" && len(t.Members) == 0 && !strings.Contains(strings.ToLower(t.ODataType), "enumerated")
}

// IPRange is a range of addresses in CIDR form, IPv4 or IPv6.
type IPRange struct {
	CIDRAddress string `json:"cidrAddress"`
}

// Ids of the built-in strengths. Their names are spelled in several ways, so only
// the ids are safe to match.
const (
	StrengthMultifactor       = "00000000-0000-0000-0000-000000000002"
	StrengthPasswordless      = "00000000-0000-0000-0000-000000000003"
	StrengthPhishingResistant = "00000000-0000-0000-0000-000000000004"
)

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
