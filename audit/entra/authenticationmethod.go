package entra

import "strings"

// UserMethods is a row the collector makes of /users/{id}/authentication/methods:
// what one asked user has registered, or the refusal.
type UserMethods struct {
	UserID  string                 `json:"userId"`
	Methods []AuthenticationMethod `json:"value"`
	Error   *UserMethodsError      `json:"error"`
}

// UserMethodsError says why a user's methods could not be read.
type UserMethodsError struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
}

// AuthenticationMethod is one registered method: the union of Graph's derived
// types, told apart by ODataType.
type AuthenticationMethod struct {
	ODataType string `json:"@odata.type"`
	ID        string `json:"id"`

	// DisplayName is the name the owner gave to a passkey, or that of a device.
	DisplayName     string `json:"displayName"`
	CreatedDateTime string `json:"createdDateTime"`

	// fido2AuthenticationMethod
	AAGUID           string `json:"aaGuid"`
	Model            string `json:"model"`
	AttestationLevel string `json:"attestationLevel"` // attested, notAttested
	PasskeyType      string `json:"passkeyType"`      // deviceBound, synced; one value, unlike a profile's flags
	LastUsedDateTime string `json:"lastUsedDateTime"` // beta only

	// microsoftAuthenticatorAuthenticationMethod
	DeviceTag       string `json:"deviceTag"` // SoftwareTokenActivated: also shows codes
	PhoneAppVersion string `json:"phoneAppVersion"`

	// windowsHelloForBusiness and platformCredential
	KeyStrength string `json:"keyStrength"` // normal, weak, unknown
	Platform    string `json:"platform"`    // platformCredential: windows, macOS, iOS, android, linux

	// externalAuthenticationMethod
	ConfigurationID string `json:"configurationId"` // the entry of the methods policy

	// phoneAuthenticationMethod
	PhoneType      string `json:"phoneType"` // mobile, alternateMobile, office
	SmsSignInState string `json:"smsSignInState"`

	// temporaryAccessPassAuthenticationMethod
	IsUsable              *bool  `json:"isUsable"`
	IsUsableOnce          *bool  `json:"isUsableOnce"`
	MethodUsabilityReason string `json:"methodUsabilityReason"`
	StartDateTime         string `json:"startDateTime"`
	LifetimeInMinutes     *int   `json:"lifetimeInMinutes"`
}

// Kind is the type name without namespace and without "AuthenticationMethod",
// such as "fido2" or "temporaryAccessPass". Some published documents leave out
// the leading '#' or the namespace.
func (m *AuthenticationMethod) Kind() string {
	t := m.ODataType
	if i := strings.LastIndexByte(t, '.'); i >= 0 {
		t = t[i+1:]
	}
	return strings.TrimSuffix(strings.TrimPrefix(t, "#"), "AuthenticationMethod")
}

// UserRegistrationDetails is a row of the registration report. The report lags
// by up to 36 hours and omits disabled and soft-deleted users.
type UserRegistrationDetails struct {
	ID                string   `json:"id"`
	UserPrincipalName string   `json:"userPrincipalName"`
	IsMfaCapable      *bool    `json:"isMfaCapable"`      // registered and allowed by policy
	IsMfaRegistered   *bool    `json:"isMfaRegistered"`   // whatever policy says
	MethodsRegistered []string `json:"methodsRegistered"` // plain texts; values drift

	IsPasswordlessCapable *bool  `json:"isPasswordlessCapable"`
	LastUpdatedDateTime   string `json:"lastUpdatedDateTime"` // of this row

	IsSystemPreferredAuthenticationMethodEnabled *bool `json:"isSystemPreferredAuthenticationMethodEnabled"`
	// SystemPreferredAuthenticationMethods has spellings of its own: Fido2,
	// PhoneAppNotification.
	SystemPreferredAuthenticationMethods []string `json:"systemPreferredAuthenticationMethods"`
}
