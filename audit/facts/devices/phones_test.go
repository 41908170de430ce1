package devices_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestOSOf(t *testing.T) {
	tests := map[string]devices.OS{
		"iOS": devices.IOS, "IPhone": devices.IOS, "Ios 18.2.1": devices.IOS, "iPadOS": devices.IOS, "IPad": devices.IOS,
		"Android": devices.Android, "AndroidEnterprise": devices.Android, "Android 16": devices.Android, "ANDROIDFORWORK": devices.Android,
		"MacOs": devices.MacOS, "MacMDM": devices.MacOS, "Windows10": devices.Windows, "Windows 10": devices.Windows, "WindowsPhone": "",
		"Linux": devices.Linux, "": "", "Unknown": "",
	}
	for name, want := range tests {
		if got := devices.OSOf(name); got != want {
			t.Errorf("%q: got %q", name, got)
		}
	}
}

func TestPhones(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b"))
	app := func(user, name, version string) string {
		return fmt.Sprintf(`{"userId":%q,"value":[{"@odata.type":"#microsoft.graph.passwordAuthenticationMethod"},`+
			`{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","displayName":%q,"phoneAppVersion":%q}]}`, user, name, version)
	}
	methods := func(rows ...string) factstest.Tenant { return base.With(snapshot.AuthenticationMethods, rows...) }
	device := func(owner, os, more string) factstest.Tenant {
		return base.With(snapshot.Devices, fmt.Sprintf(`{"id":"d","operatingSystem":%q,"registeredOwners":[{"id":%q}]%s}`, os, owner, more))
	}
	signIn := func(members string) factstest.Tenant {
		return base.With(snapshot.SignIns, `{"id":"s","userId":"B",`+members+`}`)
	}
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string // on Android; on iOS
	}{
		"nothing-read":         {base, "; "},
		"app-android":          {methods(app("a", "Pixel 9", "6.2507.4749")), "a; "},
		"app-ios":              {methods(app("A", "Work phone", "6.8.37")), "; a"},
		"app-ios-by-name":      {methods(app("a", "Sandeep's iPhone", "")), "; a"},
		"app-disagrees":        {methods(app("a", "My iPhone case", "6.2507.4749")), "; "},
		"app-odd-version":      {methods(app("a", "SM-G981B", "6.500.1")), "; "},
		"app-no-version":       {methods(app("a", "NO_DEVICE", "")), "; "},
		"refused":              {methods(`{"userId":"a","error":{"status":429,"code":"x"}}`), "; "},
		"other-method":         {methods(`{"userId":"a","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","displayName":"iPhone"}]}`), "; "},
		"device-owner":         {device("b", "IPhone", ""), "; b"},
		"device-user":          {device("gone", "Android", `,"registeredUsers":[{"id":"b"}]`), "b; "},
		"device-disabled":      {device("b", "IPhone", `,"accountEnabled":false`), "; "},
		"device-computer":      {device("b", "Windows", ""), "; "},
		"managed":              {base.With(snapshot.ManagedDevices, `{"id":"m","userId":"a","operatingSystem":"iOS"}`), "; a"},
		"managed-of-nobody":    {base.With(snapshot.ManagedDevices, `{"id":"m","userId":"","operatingSystem":"iOS"}`), "; "},
		"sign-in":              {signIn(`"status":{"errorCode":0},"deviceDetail":{"operatingSystem":"Ios 17.1"}`), "; b"},
		"sign-in-failed":       {signIn(`"status":{"errorCode":50126},"deviceDetail":{"operatingSystem":"Ios 17.1"}`), "; "},
		"sign-in-without-code": {signIn(`"deviceDetail":{"operatingSystem":"Ios 17.1"}`), "; "},
		"sign-in-app": {signIn(`"status":{"errorCode":0},"deviceDetail":{"operatingSystem":"Windows10"},"authenticationAppDeviceDetails":{"operatingSystem":"Android 15"}`),
			"b; "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := tc.tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			seen := factstest.Get(t, run, devices.Phones)
			got := strings.Join([]string{factstest.Names(dir, seen.On(devices.Android)), factstest.Names(dir, seen.On(devices.IOS))}, "; ")
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
