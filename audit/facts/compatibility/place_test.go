package compatibility_test

import (
	"testing"
	"time"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/compatibility"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/methods"
)

func key(aaguid string) methods.RegisteredPasskey {
	return methods.RegisteredPasskey{Credential: methods.Credential{AAGUID: aaguid}}
}

const (
	yubiKey  = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	stranger = "12345678-1234-1234-1234-123456789abc"
)

func TestLook(t *testing.T) {
	browser := func(os devices.OS, version, name string) activity.Place {
		return activity.Place{OS: os, Version: version, Client: activity.BrowserClient, Browser: name}
	}
	app := func(os devices.OS, version, name string) activity.Place {
		return activity.Place{OS: os, Version: version, Client: activity.AppClient, App: name}
	}
	tests := []struct {
		name   string
		place  activity.Place
		aaguid string
		want   catalogue.Support
		fails  bool // for some passkey
		bound  bool
	}{
		{"firefox-on-android", browser(devices.Android, "16", "Firefox Mobile"), catalogue.AuthenticatorAndroid, catalogue.Unsupported, true, false},
		{"firefox-on-android-whatever-it-is", browser(devices.Android, "16", "Firefox Mobile"), "", catalogue.Unsupported, true, false},
		{"phone-beside-linux", browser(devices.Linux, "", "Firefox"), catalogue.AuthenticatorIOS, catalogue.Unsupported, true, false},
		{"key-at-linux", browser(devices.Linux, "", "Firefox"), yubiKey, catalogue.Supported, true, false},
		{"unknown-at-linux", browser(devices.Linux, "", "Firefox"), stranger, catalogue.SupportUnknown, true, false},
		{"chrome-on-android", browser(devices.Android, "16", "Chrome Mobile"), catalogue.AuthenticatorAndroid, catalogue.Supported, true, false}, // iCloud Keychain is not there
		{"windows-that-says-10", browser(devices.Windows, "", "Edge"), yubiKey, catalogue.SupportUnknown, true, false},
		{"windows-too-old", browser(devices.Windows, "17763", "Edge"), yubiKey, catalogue.Unsupported, true, false},
		{"hello-on-a-mac", browser(devices.MacOS, "", "Safari"), catalogue.WindowsHelloTPM, catalogue.SupportUnknown, false, true},
		{"no-browser-told", browser(devices.Android, "16", ""), yubiKey, catalogue.SupportUnknown, false, false},
		{"app-with-or-without-a-broker", app(devices.Android, "16", "Outlook"), yubiKey, catalogue.SupportUnknown, true, false},
		{"app-of-which-nobody-speaks", app(devices.Windows, "22631", "Contoso Ledger"), yubiKey, catalogue.SupportUnknown, true, false},
		{"no-system", browser("", "", "Edge"), catalogue.WindowsHelloTPM, catalogue.SupportUnknown, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := compatibility.NewAsker(catalogue.BuiltIn(), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
			got := a.Look(tt.place, key(tt.aaguid), 1)
			if got.Support != tt.want {
				t.Errorf("%s by %+v, %q", got.Support, got.Cell, got.Hangs)
			}
			if fails := a.Fails(tt.place); fails != tt.fails || got.Support == catalogue.Unsupported && !fails {
				t.Errorf("fails %v", fails)
			}
			if bound := a.Bound(key(tt.aaguid), tt.place.OS); bound != tt.bound {
				t.Errorf("bound %v", bound)
			}
		})
	}
}
