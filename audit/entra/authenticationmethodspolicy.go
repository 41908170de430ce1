package entra

import "strings"

// AuthenticationMethodsPolicy is the singleton /policies/authenticationMethodsPolicy.
type AuthenticationMethodsPolicy struct {
	ID                      string                              `json:"id"`
	PolicyMigrationState    string                              `json:"policyMigrationState"` // empty: null or absent
	Configurations          []AuthenticationMethodConfiguration `json:"authenticationMethodConfigurations"`
	RegistrationEnforcement *RegistrationEnforcement            `json:"registrationEnforcement"`
}

// Ids of the entries of a methods policy. Graph sends them in this spelling and
// matches them in any case.
const (
	MethodFido2                  = "Fido2"
	MethodMicrosoftAuthenticator = "MicrosoftAuthenticator"
	MethodSms                    = "Sms"
	MethodVoice                  = "Voice"
	MethodTemporaryAccessPass    = "TemporaryAccessPass"
	MethodSoftwareOath           = "SoftwareOath"
	MethodHardwareOath           = "HardwareOath"
	MethodX509Certificate        = "X509Certificate"
	MethodEmail                  = "Email"
	MethodQRCodePin              = "QRCodePin"
)

// AuthenticationMethodConfiguration is one entry of the policy. Graph has a
// derived type for each method; this is their union.
type AuthenticationMethodConfiguration struct {
	ODataType      string                       `json:"@odata.type"`
	ID             string                       `json:"id"`
	State          string                       `json:"state"` // enabled, disabled
	IncludeTargets []AuthenticationMethodTarget `json:"includeTargets"`
	ExcludeTargets []AuthenticationMethodTarget `json:"excludeTargets"`

	// Fido2
	IsSelfServiceRegistrationAllowed *bool             `json:"isSelfServiceRegistrationAllowed"`
	IsAttestationEnforced            *bool             `json:"isAttestationEnforced"` // legacy, stops 2027-10-15
	KeyRestrictions                  *KeyRestrictions  `json:"keyRestrictions"`       // legacy, stops 2027-10-15
	DefaultPasskeyProfile            string            `json:"defaultPasskeyProfile"`
	PasskeyProfiles                  *[]PasskeyProfile `json:"passkeyProfiles"` // nil: null or absent

	// MicrosoftAuthenticator
	IsSoftwareOathEnabled *bool `json:"isSoftwareOathEnabled"`
	// Voice
	IsOfficePhoneAllowed *bool `json:"isOfficePhoneAllowed"`
	// TemporaryAccessPass
	IsUsableOnce *bool `json:"isUsableOnce"`
	// X509Certificate
	AuthenticationModeConfiguration *X509AuthenticationModeConfiguration `json:"authenticationModeConfiguration"`
}

// Is compares the entry's id in any letter case.
func (c *AuthenticationMethodConfiguration) Is(id string) bool { return strings.EqualFold(c.ID, id) }

// External tells whether the entry is an external authentication method; those
// have a GUID as id.
func (c *AuthenticationMethodConfiguration) External() bool {
	return strings.HasSuffix(strings.ToLower(c.ODataType), "externalauthenticationmethodconfiguration")
}

// AllUsers is the target id that stands for every user of the tenant.
const AllUsers = "all_users"

// AuthenticationMethodTarget is an include or exclude target of a method.
type AuthenticationMethodTarget struct {
	ID         string `json:"id"`
	TargetType string `json:"targetType"` // group; user in old entries
	// AllowedPasskeyProfiles lists profile ids on a Fido2 include target.
	AllowedPasskeyProfiles []string `json:"allowedPasskeyProfiles"`
	// AuthenticationMode of MicrosoftAuthenticator targets: any, push, deviceBasedPush.
	AuthenticationMode string `json:"authenticationMode"`
	// TargetedAuthenticationMethod of registration campaign targets.
	TargetedAuthenticationMethod string `json:"targetedAuthenticationMethod"`
}

// KeyRestrictions allow or block passkeys by AAGUID.
type KeyRestrictions struct {
	IsEnforced      *bool    `json:"isEnforced"`
	EnforcementType string   `json:"enforcementType"` // allow, block
	AAGUIDs         []string `json:"aaGuids"`
}

// PasskeyProfile is a named set of rules for passkeys (v1.0, 2026-08 schema).
type PasskeyProfile struct {
	ID                     string           `json:"id"`
	Name                   string           `json:"name"`
	PasskeyTypes           Flags            `json:"passkeyTypes"`           // deviceBound, synced
	AttestationEnforcement string           `json:"attestationEnforcement"` // disabled, registrationOnly
	KeyRestrictions        *KeyRestrictions `json:"keyRestrictions"`
}

// RegistrationEnforcement holds the registration campaign.
type RegistrationEnforcement struct {
	Campaign *RegistrationCampaign `json:"authenticationMethodsRegistrationCampaign"`
}

// RegistrationCampaign nudges people into registering a method.
type RegistrationCampaign struct {
	State          string                       `json:"state"` // default (Microsoft managed), enabled, disabled
	IncludeTargets []AuthenticationMethodTarget `json:"includeTargets"`
	ExcludeTargets []AuthenticationMethodTarget `json:"excludeTargets"`
}

// X509AuthenticationModeConfiguration says whether a certificate counts as one
// factor or several.
type X509AuthenticationModeConfiguration struct {
	DefaultMode string                       `json:"x509CertificateAuthenticationDefaultMode"`
	Rules       []X509AuthenticationModeRule `json:"rules"`
}

// X509AuthenticationModeRule overrides the mode for some certificates.
type X509AuthenticationModeRule struct {
	Mode string `json:"x509CertificateAuthenticationMode"`
}

// X509MultiFactor is the mode in which a certificate alone is multi-factor.
const X509MultiFactor = "x509CertificateMultiFactor"
