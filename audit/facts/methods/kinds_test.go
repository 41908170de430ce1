package methods_test

import (
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
)

func TestKindOf(t *testing.T) {
	tests := []struct {
		odata, phone string
		want         methods.Kind
	}{
		{"#microsoft.graph.fido2AuthenticationMethod", "", methods.Passkey},
		{"microsoft.graph.fido2AuthenticationMethod", "", methods.Passkey},
		{"#fido2AuthenticationMethod", "", methods.Passkey},
		{"#microsoft.graph.windowsHelloForBusinessAuthenticationMethod", "", methods.WindowsHello},
		{"#microsoft.graph.platformCredentialAuthenticationMethod", "", methods.PlatformCredential},
		{"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod", "", methods.Authenticator},
		{"#microsoft.graph.passwordlessMicrosoftAuthenticatorAuthenticationMethod", "", methods.Authenticator},
		{"#microsoft.graph.softwareOathAuthenticationMethod", "", methods.SoftwareOath},
		{"#microsoft.graph.hardwareOathAuthenticationMethod", "", methods.HardwareOath},
		{"#microsoft.graph.phoneAuthenticationMethod", "mobile", methods.MobilePhone},
		{"#microsoft.graph.phoneAuthenticationMethod", "alternateMobile", methods.AlternatePhone},
		{"#microsoft.graph.phoneAuthenticationMethod", "Office", methods.OfficePhone},
		{"#microsoft.graph.phoneAuthenticationMethod", "", methods.Unrecognised},
		{"#microsoft.graph.phoneAuthenticationMethod", "satellite", methods.Unrecognised},
		{"#microsoft.graph.temporaryAccessPassAuthenticationMethod", "", methods.TemporaryAccessPass},
		{"#microsoft.graph.externalAuthenticationMethod", "", methods.ExternalMethod},
		{"#microsoft.graph.emailAuthenticationMethod", "", methods.Email},
		{"#microsoft.graph.passwordAuthenticationMethod", "", methods.Password},
		{"#microsoft.graph.qrCodePinAuthenticationMethod", "", methods.QRCode},
		{"#microsoft.graph.palmAuthenticationMethod", "", methods.Unrecognised},
		{"", "", methods.Unrecognised},
	}
	for _, tc := range tests {
		t.Run(tc.odata+"/"+tc.phone, func(t *testing.T) {
			if got := methods.KindOf(&entra.AuthenticationMethod{ODataType: tc.odata, PhoneType: tc.phone}); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestKindOfReported(t *testing.T) {
	tests := map[string]methods.Kind{
		"passKeyDeviceBound":                 methods.Passkey,
		"passKeyDeviceBoundAuthenticator":    methods.Passkey,
		"passKeyDeviceBoundWindowsHello":     methods.Passkey,
		"passKeySynced":                      methods.Passkey,
		"passKeyOfTheFuture":                 methods.Passkey,
		"fido2":                              methods.Passkey,
		"fido2SecurityKey":                   methods.Passkey,
		"FIDO2SecurityKey":                   methods.Passkey,
		"windowsHelloForBusiness":            methods.WindowsHello,
		"macOsSecureEnclaveKey":              methods.PlatformCredential,
		"microsoftAuthenticatorPush":         methods.Authenticator,
		"microsoftAuthenticatorPasswordless": methods.Authenticator,
		"softwareOneTimePasscode":            methods.SoftwareOath,
		"hardwareOneTimePasscode":            methods.HardwareOath,
		"mobilePhone":                        methods.MobilePhone,
		"alternateMobilePhone":               methods.AlternatePhone,
		"officePhone":                        methods.OfficePhone,
		"temporaryAccessPass":                methods.TemporaryAccessPass,
		"externalAuthMethod":                 methods.ExternalMethod,
		"email":                              methods.Email,
		"securityQuestion":                   methods.SecurityQuestion,
		"qrCode":                             methods.QRCode,
		"appPassword":                        methods.AppPassword,
		"palmVein":                           methods.Unrecognised,
		"":                                   methods.Unrecognised,
	}
	for value, want := range tests {
		t.Run(value, func(t *testing.T) {
			if got := methods.KindOfReported(value); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}
