package methods

import (
	"strings"

	"passkeyaudit/audit/entra"
)

// Kind is a kind of registered method.
type Kind string

const (
	Passkey             Kind = "passkey"
	WindowsHello        Kind = "windowsHelloForBusiness"
	PlatformCredential  Kind = "platformCredential"
	Authenticator       Kind = "microsoftAuthenticator"
	SoftwareOath        Kind = "softwareOath"
	HardwareOath        Kind = "hardwareOath"
	MobilePhone         Kind = "mobilePhone"
	AlternatePhone      Kind = "alternateMobilePhone"
	OfficePhone         Kind = "officePhone"
	TemporaryAccessPass Kind = "temporaryAccessPass"
	ExternalMethod      Kind = "externalAuthenticationMethod"
	Email               Kind = "email"
	SecurityQuestion    Kind = "securityQuestion"
	Password            Kind = "password"
	QRCode              Kind = "qrCode"
	AppPassword         Kind = "appPassword"
	// Unrecognised is a method this program does not know. It may count.
	Unrecognised Kind = "unrecognised"
)

// phone tells whether the method is a phone that Microsoft texts or calls.
func (k Kind) phone() bool { return k == MobilePhone || k == AlternatePhone || k == OfficePhone }

// Worth says whether a method can open the registration of a passkey, which
// wants multifactor authentication from the last minutes.
type Worth int

const (
	// WorthUnknown: nobody documents it, or the method is not known.
	WorthUnknown Worth = iota
	// WorthNothing: it never satisfies multifactor authentication.
	WorthNothing
	// WorthStrong: it does, by itself or after a password.
	WorthStrong
)

// kinds is the bootstrap value of every method, with its names in the per-user
// listing and in the registration report. Sources: SYS
// (concept-system-preferred-authentication, 2026-04-15), STR
// (concept-authentication-strengths, 2025-03-04), SMS (concept-sms-voice-retirement,
// 2026-06-10); names from Graph v1.0 metadata (2026-08) and live reports (2026-07).
var kinds = []struct {
	kind     Kind
	listing  string   // Graph type without namespace and "AuthenticationMethod"
	reported []string // methodsRegistered, in lower case
	worth    Worth
}{
	{Passkey, "fido2", []string{"passkeydevicebound", "passkeydeviceboundauthenticator", "passkeydeviceboundwindowshello", "passkeysynced", "fido2", "fido2securitykey", "fido"}, WorthStrong},
	{WindowsHello, "windowsHelloForBusiness", []string{"windowshelloforbusiness"}, WorthStrong},
	{PlatformCredential, "platformCredential", []string{"macossecureenclavekey"}, WorthStrong},
	{Authenticator, "microsoftAuthenticator", []string{"microsoftauthenticatorpush", "microsoftauthenticatorpasswordless", "appnotification"}, WorthStrong},
	{SoftwareOath, "softwareOath", []string{"softwareonetimepasscode", "appcode"}, WorthStrong},
	{HardwareOath, "hardwareOath", []string{"hardwareonetimepasscode"}, WorthStrong},
	{MobilePhone, "", []string{"mobilephone"}, WorthStrong},
	{AlternatePhone, "", []string{"alternatemobilephone"}, WorthStrong},
	{OfficePhone, "", []string{"officephone"}, WorthStrong},
	{TemporaryAccessPass, "temporaryAccessPass", []string{"temporaryaccesspass"}, WorthStrong},
	{ExternalMethod, "external", []string{"externalauthmethod"}, WorthUnknown},
	{Email, "email", []string{"email"}, WorthNothing},
	{SecurityQuestion, "", []string{"securityquestion"}, WorthNothing},
	{Password, "password", nil, WorthNothing},
	{QRCode, "qrCodePin", []string{"qrcode"}, WorthNothing},
	{AppPassword, "", []string{"apppassword"}, WorthNothing},
}

// worthOf is the bootstrap value of a kind.
func worthOf(kind Kind) Worth {
	for i := range kinds {
		if kinds[i].kind == kind {
			return kinds[i].worth
		}
	}
	return WorthUnknown
}

// KindOf names the kind of a listed method.
func KindOf(m *entra.AuthenticationMethod) Kind {
	kind := m.Kind()
	if strings.EqualFold(kind, "phone") {
		switch strings.ToLower(m.PhoneType) {
		case "mobile":
			return MobilePhone
		case "alternatemobile":
			return AlternatePhone
		case "office":
			return OfficePhone
		}
		return Unrecognised
	}
	// The type was once "passwordlessMicrosoftAuthenticatorAuthenticationMethod".
	if strings.EqualFold(kind, "passwordlessMicrosoftAuthenticator") {
		return Authenticator
	}
	for i := range kinds {
		if kinds[i].listing != "" && strings.EqualFold(kinds[i].listing, kind) {
			return kinds[i].kind
		}
	}
	return Unrecognised
}

// KindOfReported names the kind behind a value of methodsRegistered. Values drift:
// any that starts like a passkey is one.
func KindOfReported(value string) Kind {
	value = strings.ToLower(value)
	for i := range kinds {
		for _, r := range kinds[i].reported {
			if r == value {
				return kinds[i].kind
			}
		}
	}
	if strings.HasPrefix(value, "passkey") || strings.HasPrefix(value, "fido2") {
		return Passkey
	}
	return Unrecognised
}

// reportedType is the passkey type that a report value names.
func reportedType(value string) string {
	switch value = strings.ToLower(value); {
	case strings.HasPrefix(value, "passkeysynced"):
		return synced
	case strings.HasPrefix(value, "passkeydevicebound"):
		return deviceBound
	default:
		return "" // older names cover both
	}
}
