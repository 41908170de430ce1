package catalogue_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/tri"
	"pgregory.net/rapid"
)

var asked = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

func TestLook(t *testing.T) {
	const (
		yes     = catalogue.Supported
		no      = catalogue.Unsupported
		unknown = catalogue.SupportUnknown
	)
	tests := []struct {
		name  string
		q     catalogue.Question
		want  catalogue.Support
		cell  string
		stale bool
		hangs string // something that an open answer hangs on
	}{
		{"edge-on-new-windows", catalogue.Question{OS: "Windows", OSVersion: "11 22H2", Surface: "browser", Client: "Edge", ClientVersion: "142.0.0", Authenticator: "securityKey", Flow: "sameDevice"}, yes, "c002", true, ""},
		{"edge-of-old", catalogue.Question{OS: "Windows", OSVersion: "10 1909", Surface: "browser", Client: "Edge", ClientVersion: "18.17763"}, no, "c002", true, "Edge Chromium-based"},
		// Browsers say 10 of every Windows since: that is no version.
		{"windows-that-says-10", catalogue.Question{OS: "Windows", OSVersion: "10", Surface: "browser", Client: "Chrome", ClientVersion: "142", Authenticator: "securityKey", Flow: "sameDevice"}, unknown, "c001", true, "whether it is Windows 10 1903"},
		{"windows-by-build", catalogue.Question{OS: "windows", OSVersion: "17763", Surface: "browser", Client: "Chrome", ClientVersion: "142"}, no, "c001", true, "Windows 10 1903 or later is wanted"},
		{"firefox-on-android", catalogue.Question{OS: "Android", Surface: "browser", Client: "Firefox Mobile", At: asked}, no, "c023", true, ""},
		{"firefox-on-android-with-a-key", catalogue.Question{OS: "Android", Surface: "browser", Client: "Firefox Mobile", Authenticator: "securityKey", Flow: "crossDevice"}, no, "c023", true, ""},
		{"firefox-on-linux-any", catalogue.Question{OS: "Linux", Surface: "browser", Client: "Firefox"}, unknown, "c025", true, "the authenticator"},
		{"firefox-on-linux-phone", catalogue.Question{OS: "Linux", Surface: "browser", Client: "Firefox", Authenticator: "authenticatorPasskey", Flow: "crossDevice"}, no, "c025", true, ""},
		{"firefox-on-linux-key", catalogue.Question{OS: "Linux", Surface: "browser", Client: "Firefox", Authenticator: "securityKey", Flow: "sameDevice"}, yes, "c015", true, ""},
		{"opera", catalogue.Question{OS: "Windows", Surface: "browser", Client: "Opera", Authenticator: "windowsHelloPasskey", Flow: "sameDevice"}, unknown, "", false, ""},
		{"safari-on-windows", catalogue.Question{OS: "Windows", Surface: "browser", Client: "Safari", Authenticator: "securityKey"}, unknown, "c004", true, ""},
		{"no-such-system", catalogue.Question{OS: "BeOS", Surface: "browser", Client: "Edge"}, unknown, "", false, ""},
		{"system-not-told", catalogue.Question{Surface: "browser", Client: "Edge"}, unknown, "", false, "the operating system"},
		{"old-iphone", catalogue.Question{OS: "iOS", OSVersion: "13.7", Surface: "browser", Client: "Mobile Safari", Authenticator: "authenticatorPasskey", Flow: "crossDevice", Passkeys: 1}, no, "c020", true, "iOS 14.3"},
		{"iphone-many-passkeys", catalogue.Question{OS: "iOS", OSVersion: "26.1", Surface: "browser", Client: "Mobile Safari", Authenticator: "authenticatorPasskey", Flow: "sameDevice", Passkeys: 5}, unknown, "c026", true, "passkeysOnAccount"},
		{"iphone-one-passkey", catalogue.Question{OS: "iOS", OSVersion: "26.1", Surface: "browser", Client: "Mobile Safari", Authenticator: "authenticatorPasskey", Flow: "sameDevice", Passkeys: 1}, yes, "c020", true, ""},
		{"keychain-on-windows-here", catalogue.Question{OS: "Windows", OSVersion: "11", Surface: "browser", Client: "Chrome", ClientVersion: "142", Authenticator: "synced:appleICloudKeychain", Flow: "sameDevice"}, no, "c086", false, ""},
		{"keychain-on-windows-somehow", catalogue.Question{OS: "Windows", OSVersion: "11", Surface: "browser", Client: "Chrome", ClientVersion: "142", Authenticator: "synced:appleICloudKeychain"}, unknown, "c086", false, "same device or across"},
		{"google-in-edge", catalogue.Question{OS: "Windows", OSVersion: "11", Surface: "browser", Client: "Edge", ClientVersion: "142", Authenticator: "synced:googlePasswordManager", Flow: "sameDevice"}, unknown, "c002", true, "provider"},
		{"google-in-chrome", catalogue.Question{OS: "Windows", OSVersion: "11", Surface: "browser", Client: "Chrome", ClientVersion: "142", Authenticator: "synced:googlePasswordManager", Flow: "sameDevice"}, yes, "c090", false, ""},
		{"office-on-android", catalogue.Question{OS: "Android", OSVersion: "16", Surface: "nativeAppNoBroker", Client: "Outlook", Authenticator: "securityKey"}, no, "c078", true, ""},
		{"office-on-android-broker-not-told", catalogue.Question{OS: "Android", OSVersion: "16", Client: "Outlook", Authenticator: "securityKey"}, unknown, "c078", true, "with a broker or without"},
		{"new-key-on-mac", catalogue.Question{OS: "macOS", Surface: "BROWSER", Client: "firefox", Operation: "registration", Authenticator: "securitykey", Flow: "samedevice"}, no, "c028", true, ""},
		{"lock-screen", catalogue.Question{OS: "Windows", Surface: "osSignIn", Client: "Windows lock screen", Authenticator: "windowsHelloPasskey", Flow: "sameDevice", At: asked}, no, "c112", false, ""},
		// The page is of February 2026: two years later it explains and no longer proves.
		{"lock-screen-later", catalogue.Question{OS: "Windows", Surface: "osSignIn", Client: "Windows lock screen", Authenticator: "windowsHelloPasskey", Flow: "sameDevice", At: asked.AddDate(2, 0, 0)}, no, "c112", true, ""},
		{"some-phones-cannot", catalogue.Question{OS: "Android", OSVersion: "16", Surface: "authenticatorApp", Client: "Microsoft Authenticator", Authenticator: "authenticatorPasskey", Operation: "registration", Flow: "sameDevice"}, yes, "c102", false, "unless: no secure hardware"},
	}
	m := catalogue.BuiltIn().Matrix()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := m.Look(tt.q)
			cell := ""
			if got.Cell != nil {
				cell = got.Cell.ID
			}
			if got.Support != tt.want || cell != tt.cell || got.Stale != tt.stale {
				t.Errorf("got %s by %q, stale %v, hangs on %q", got.Support, cell, got.Stale, got.Hangs)
			}
			if !slices.ContainsFunc(got.Hangs, func(h string) bool { return strings.Contains(h, tt.hangs) }) && tt.hangs != "" {
				t.Errorf("it hangs on %q", got.Hangs)
			}
			if cite := got.Cite(); !strings.Contains(cite, "support matrix 2026-11 of 2026-11-22") || cell != "" && !strings.Contains(cite, cell) {
				t.Errorf("cited as %q", cite)
			}
		})
	}
}

// TestLookLessKnown: leaving a member open never turns an answer into its opposite, and
// an answer that is given with it open is the answer whatever it is.
func TestLookLessKnown(t *testing.T) {
	m := catalogue.BuiltIn().Matrix()
	word := func(values ...string) *rapid.Generator[string] { return rapid.SampledFrom(values) }
	rapid.Check(t, func(t *rapid.T) {
		q := catalogue.Question{
			OS:            word("Windows", "macOS", "iOS", "Android", "ChromeOS", "Linux").Draw(t, "os"),
			OSVersion:     word("", "10 1809", "11 22H2", "12", "26.1").Draw(t, "version"),
			Surface:       word("browser", "nativeAppBroker", "nativeAppNoBroker", "nativeAppWAM", "authenticatorApp", "osSignIn").Draw(t, "surface"),
			Client:        word("Chrome", "Edge", "Firefox", "Safari", "Outlook", "Opera", "Microsoft apps").Draw(t, "client"),
			ClientVersion: word("", "60", "142").Draw(t, "clientVersion"),
			Authenticator: word("securityKey", "authenticatorPasskey", "windowsHelloPasskey", "synced:appleICloudKeychain", "synced:otherPasskeyProvider").Draw(t, "authenticator"),
			Flow:          word("sameDevice", "crossDevice").Draw(t, "flow"),
			Operation:     word("signIn", "registration").Draw(t, "operation"),
			Passkeys:      rapid.IntRange(0, 5).Draw(t, "passkeys"),
		}
		known := m.Look(q)
		open := q
		for i, f := range []*string{&open.OSVersion, &open.ClientVersion, &open.Surface, &open.Client, &open.Authenticator, &open.Flow} {
			if rapid.Bool().Draw(t, string(rune('a'+i))) {
				*f = ""
			}
		}
		less := m.Look(open)
		if less.Support != catalogue.SupportUnknown && less.Support != known.Support {
			t.Fatalf("%+v is %s, but %+v is %s (%+v)", open, less.Support, q, known.Support, less.Cell)
		}
	})
}

func TestAtLeast(t *testing.T) {
	for _, tt := range []struct {
		os, version, least string
		want               tri.Value
	}{
		{"Windows", "10 1909", "10 1903", tri.Yes}, {"Windows", "10 1809", "10 1903", tri.No}, {"Windows", "10", "10 1903", tri.Unsure},
		{"windows", "11", "10 1903", tri.Yes}, {"Windows", "22631", "11 22H2", tri.Yes}, {"Windows", "10.0.19045.3803", "11 22h2", tri.No}, {"Windows", "7", "10 1903", tri.No},
		{"Windows", "", "10 1903", tri.Unsure}, {"Windows", "11", "12 30H1", tri.Unsure}, {"Windows", "XP", "10", tri.Unsure},
		{"iOS", "17", "17", tri.Yes}, {"iOS", "16.7.2", "17", tri.No}, {"iOS", "17", "17.1", tri.Unsure}, {"iOS", "17", "17.0", tri.Yes}, {"iOS", "17.1.1", "17.1", tri.Yes},
		{"Android", "x", "13", tri.Unsure}, {"macOS", "15.2", "", tri.Yes}, {"macOS", "-1", "11", tri.Unsure},
	} {
		if got := catalogue.AtLeast(tt.os, tt.version, tt.least); got != tt.want {
			t.Errorf("%s %q at least %q: %s", tt.os, tt.version, tt.least, got)
		}
	}
}

func TestAuthenticator(t *testing.T) {
	for aaguid, want := range map[string]string{
		catalogue.AuthenticatorIOS: "authenticatorPasskey", catalogue.WindowsHelloVBS: "windowsHelloPasskey",
		catalogue.ICloudKeychain: "synced:appleICloudKeychain", catalogue.GooglePasswordManager: "synced:googlePasswordManager",
		"bada5566-a7aa-401f-bd96-45619a55120d": "synced:otherPasskeyProvider", "50a45b0c-80e7-f944-bf29-f552bfa2e048": "securityKey",
		"b5397666-4885-aa6b-cebf-e52262a439a2": "", // a browser, of which nobody says what it keeps
	} {
		if got := catalogue.BuiltIn().ModelOf(aaguid).Authenticator(); got != want {
			t.Errorf("%s: %q", aaguid, got)
		}
	}
}
