package bootstrap

import "strings"

// State is where somebody stands on the way to a passkey.
type State string

const (
	HasPasskey     State = "has-passkey"
	SelfService    State = "self-service"     // a way without any administrator
	NeedsAdminStep State = "needs-admin-step" // the cheapest way needs one
	Trapped        State = "trapped"          // no way without a change of policy
	OutOfScope     State = "out-of-scope"
	Unknown        State = "unknown" // filling a gap one way or the other would change it
)

// States lists them in the order of output.
var States = []State{HasPasskey, SelfService, NeedsAdminStep, Trapped, OutOfScope, Unknown}

// Condition is a fact that a way takes for granted beyond an unmanaged computer with
// a supported browser in an untrusted place.
type Condition string

const (
	CapablePhone   Condition = "capablePhone"
	SecurityKey    Condition = "securityKey"
	SyncedProvider Condition = "syncedProvider"
	TrustedPlace   Condition = "trustedLocation"
	// CompliantDevice and HybridDevice are never assumed: the snapshot has the device.
	CompliantDevice Condition = "compliantDevice"
	HybridDevice    Condition = "hybridDevice"
	Bluetooth       Condition = "bluetooth"
	// ValidPass: the person holds a Temporary Access Pass that is usable now.
	ValidPass Condition = "validPass"
	// PasswordOnlyFirstRegistration: a classic method is registered after nothing but
	// a password, as anybody could who knows it.
	PasswordOnlyFirstRegistration Condition = "passwordOnlyFirstRegistration"
)

// inCountry is the condition that the person is in a country.
func inCountry(code string) Condition { return Condition("country:" + strings.ToUpper(code)) }

// Step is something an administrator does on the way.
type Step string

const (
	IssuePass         Step = "issueTemporaryAccessPass"
	DeleteStale       Step = "deleteStaleMethods"
	DismissRisk       Step = "dismissUserRisk"
	ProvisionKey      Step = "provisionSecurityKey"
	AddToGroup        Step = "addToGroup"
	EnrolDevice       Step = "enrolDevice"
	ActivateRoleFirst Step = "activateRole"
)

// Reason is an obstacle on the cheapest or the blocked way.
type Reason string

const (
	MethodDisabled              Reason = "methodDisabled"
	NotTargeted                 Reason = "notTargeted"
	Excluded                    Reason = "excluded"
	Guest                       Reason = "guest"
	AccountDisabled             Reason = "accountDisabled"
	SelfServiceOff              Reason = "selfServiceOff"
	NoBootstrapMethod           Reason = "noBootstrapMethod"
	TapDisabled                 Reason = "tapDisabled"
	TapNotInScope               Reason = "tapNotInScope"
	ProfileRejects              Reason = "profileRejects"
	AttestationRequired         Reason = "attestationRequired"
	RegistrationBlockedByPolicy Reason = "registrationBlockedByPolicy"
	StrengthUnsatisfiable       Reason = "strengthUnsatisfiable"
	DeviceControlUnsatisfiable  Reason = "deviceControlUnsatisfiable"
	AppControlUnsatisfiable     Reason = "appControlUnsatisfiable"
	LocationBlocked             Reason = "locationBlocked"
	RiskBlocked                 Reason = "riskBlocked"
	PasskeyNotAllowedAnymore    Reason = "passkeyNotAllowedAnymore"
)

// Surface is where Entra lets people register a passkey.
type Surface string

const (
	Interrupt    Surface = "S1" // the wizard in the middle of another sign-in
	SecurityInfo Surface = "S2" // Security info, on a computer
	InApp        Surface = "S3" // inside Microsoft Authenticator
	CrossDevice  Surface = "S4" // from a computer onto a phone, by QR code
	Hello        Surface = "S5" // Windows Hello for Business or Platform SSO set-up
	Provisioning Surface = "S6" // by an administrator
)

// CredentialKind is a kind of passkey.
type CredentialKind string

const (
	KeyCredential           CredentialKind = "securityKey"
	AuthenticatorCredential CredentialKind = "authenticator"
	SyncedCredential        CredentialKind = "synced"
	WindowsCredential       CredentialKind = "windows"
)

// Portable tells whether the passkey can be used on more than one computer.
func (k CredentialKind) Portable() bool { return k != WindowsCredential }

// BlockerType is a type of object that can stand in the way.
type BlockerType string

const (
	PolicyBlocker   BlockerType = "conditionalAccessPolicy"
	MethodBlocker   BlockerType = "passkeyMethod"
	ProfileBlocker  BlockerType = "passkeyProfile"
	PassBlocker     BlockerType = "temporaryAccessPassPolicy"
	StrengthBlocker BlockerType = "authenticationStrength"
)

// Blocker is an object that has to change. A Conditional Access policy changes by no
// longer applying to the person, a passkey profile by admitting every passkey, the
// method by being enabled with self-service, the policy of passes by letting the
// person have either kind, a custom strength by admitting what the person can do.
type Blocker struct {
	Type BlockerType `json:"type"`
	ID   string      `json:"id"`
}

// Confidence is how much a state rests on what is not settled.
type Confidence string

const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// Goal limits which passkeys count as one.
type Goal string

const (
	AnyGoal           Goal = "any"
	PortableGoal      Goal = "portable" // a Windows Hello passkey lives on one computer
	AuthenticatorGoal Goal = "authenticator"
	SecurityKeyGoal   Goal = "securityKey"
)

// Goals lists them in the order of help texts.
var Goals = []Goal{AnyGoal, PortableGoal, AuthenticatorGoal, SecurityKeyGoal}

func (g Goal) accepts(k CredentialKind) bool {
	switch g {
	case PortableGoal:
		return k.Portable()
	case AuthenticatorGoal:
		return k == AuthenticatorCredential
	case SecurityKeyGoal:
		return k == KeyCredential
	default:
		return true
	}
}
