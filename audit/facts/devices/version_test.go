package devices_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/devices"
)

func TestParseVersion(t *testing.T) {
	tests := map[string]string{
		"14": "14", "14.0": "14", "14.0.0.0": "14", "Android 14 (patch 2024-05-01)": "14", "Android 14 (2024)": "14", " 17.5.1 ": "17.5.1", "16.7 (20H19)": "16.7",
		"10.0.26100.7171": "10.0.26100.7171", "10.0 (19045)": "10.0.19045", "6.3 (9600)": "6.3.9600", "10.0": "10", "6.2507.4749": "6.2507.4749",
		"Windows 10 Enterprise": "10", "15.": "15", "15.x": "15", "1.2.3.4.5": "1.2.3.4", "99999999": "not told", "14.99999999": "14",
		"": "not told", "Unknown": "not told", "0": "not told", "0.0.0.0": "not told",
	}
	for text, want := range tests {
		if got := devices.ParseVersion(text).String(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestVersionsReadBack: what is written of a version reads as the same one, and the
// order of versions is that of their numbers.
func TestVersionsReadBack(t *testing.T) {
	draw := rapid.Custom(func(t *rapid.T) devices.Version {
		n := rapid.SliceOfN(rapid.Uint16Range(0, 40), 4, 4).Draw(t, "numbers")
		return devices.Version{Major: n[0], Minor: n[1], Build: n[2], Revision: n[3]}
	})
	rapid.Check(t, func(t *rapid.T) {
		v, w := draw.Draw(t, "v"), draw.Draw(t, "w")
		if got := devices.ParseVersion("Android " + v.String()); got != v {
			t.Fatalf("%v reads back as %v", v, got)
		}
		if v.Compare(w) != -w.Compare(v) || v.Compare(v) != 0 {
			t.Fatalf("%v and %v have no order", v, w)
		}
	})
}

func TestLevels(t *testing.T) {
	phone := func(os devices.OS) func(string) devices.Level {
		return func(v string) devices.Level { return devices.PhoneLevel(os, devices.ParseVersion(v)) }
	}
	windows := func(trust devices.Trust) func(string) devices.Level {
		return func(v string) devices.Level { return devices.WindowsLevel(trust, devices.ParseVersion(v)) }
	}
	app := func(os devices.OS) func(string) devices.Level {
		return func(v string) devices.Level { return devices.AppLevel(os, devices.ParseVersion(v)) }
	}
	tests := map[string]struct {
		level                 func(string) devices.Level
		below, enough, untold string
	}{
		"android":     {phone(devices.Android), "13 4.4.2 13.9.9", "14 14.0 15 16", "- Unknown"},
		"ios":         {phone(devices.IOS), "16.7.10 9.3", "17 17.0.1 26.1", "-"},
		"computers":   {phone(devices.Windows), "", "", "10.0.17763"},
		"joined":      {windows(devices.Joined), "10.0.17763.1 6.1.7601 6.3", "10.0.18362 10.0.26100.1 10.0.18363", "10.0 10 -"},
		"hybrid":      {windows(devices.Hybrid), "10.0.18363.1 10.0.18362", "10.0.19041 10.0.22631", "10.0 -"},
		"registered":  {windows(devices.Registered), "", "", "10.0.17763 10.0.26100"},
		"unknown":     {windows(devices.TrustUnknown), "", "", "10.0.17763"},
		"app-android": {app(devices.Android), "6.2502.1023 6.2507.4748", "6.2507.4749 6.2511.1", "-"},
		"app-ios":     {app(devices.IOS), "6.8.20 6.7.99", "6.8.37 6.9.1", "-"},
	}
	for name, tc := range tests {
		for want, list := range map[devices.Level]string{devices.LevelBelow: tc.below, devices.LevelEnough: tc.enough, devices.LevelUntold: tc.untold} {
			for v := range strings.FieldsSeq(list) {
				if got := tc.level(v); got != want {
					t.Errorf("%s %s: got %d, want %d", name, v, got, want)
				}
			}
		}
	}
}

// TestMinimumAgrees holds the least versions against the catalogue.
func TestMinimumAgrees(t *testing.T) {
	builds := map[string]uint16{"1903": 18362, "2004": 19041}
	want := map[string]string{
		"Authenticator passkey, iOS": devices.LeastIOS.String(), "Authenticator passkey, Android": devices.LeastAndroid.String(),
		"Microsoft Authenticator app iOS when a profile that allows both types targets it": devices.LeastAppIOS.String(),
		"Microsoft Authenticator app Android, same condition":                              devices.LeastAppAndroid.String(),
		"Windows, Entra joined, best experience for passkeys":                              devices.LeastWindowsJoined.String(),
		"Windows, hybrid joined": devices.LeastWindowsHybrid.String(),
	}
	for _, m := range catalogue.BuiltIn().MinimumVersions() {
		least, here := want[m.What]
		if !here {
			continue
		}
		delete(want, m.What)
		got := devices.ParseVersion(m.Min)
		if release, found := strings.CutPrefix(m.Min, "10 "); found {
			got = devices.Version{Major: 10, Build: builds[release]}
		}
		if got.String() != least {
			t.Errorf("%s: the catalogue says %q, this package %s", m.What, m.Min, least)
		}
	}
	for what := range want {
		t.Errorf("the catalogue has no %q", what)
	}
}

func TestSaidVersion(t *testing.T) {
	tests := map[string]struct {
		os            devices.OS
		system, agent string
		want          string
		by            devices.Strength
	}{
		"windows-frozen":      {devices.Windows, "Windows10", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0", "", devices.NoEvidence},
		"windows-11-by-name":  {devices.Windows, "Windows 11", "", "", devices.NoEvidence},
		"windows-build":       {devices.Windows, "Windows 10.0.22631.4", "", "22631", devices.BySignIn},
		"windows-agent-build": {devices.Windows, "Windows10", "Office/16.0 (Windows NT 10.0.19045; x)", "19045", devices.ByUserAgent},
		"windows-web-view":    {devices.Windows, "Windows10", "Mozilla/5.0 Edge/18.22631", "22631", devices.ByUserAgent},
		"windows-web-short":   {devices.Windows, "Windows10", "Mozilla/5.0 Edge/18.17", "", devices.NoEvidence},
		"ios":                 {devices.IOS, "Ios 17.1", "CPU iPhone OS 16_6 like Mac OS X", "17.1", devices.BySignIn},
		"ios-agent":           {devices.IOS, "Ios", "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6_1 like Mac OS X)", "16.6.1", devices.ByUserAgent},
		"ipad-agent":          {devices.IOS, "Ios", "Mozilla/5.0 (iPad; CPU OS 17_2 like Mac OS X)", "17.2", devices.ByUserAgent},
		"android":             {devices.Android, "Android 13", "", "13", devices.BySignIn},
		"android-frozen":      {devices.Android, "Android 10", "Mozilla/5.0 (Linux; Android 10; K) Chrome/142.0", "", devices.NoEvidence},
		"android-agent":       {devices.Android, "Android", "Dalvik/2.1.0 (Linux; U; Android 13; SM-A525F)", "13", devices.ByUserAgent},
		"mac-frozen":          {devices.MacOS, "MacOs 10.15.7", "", "", devices.NoEvidence},
		"mac":                 {devices.MacOS, "MacOs 14.5", "", "14.5", devices.BySignIn},
		"linux":               {devices.Linux, "Linux 6.1", "", "", devices.NoEvidence},
	}
	for name, tc := range tests {
		if got, by := devices.SaidVersion(tc.os, tc.system, tc.agent); got != tc.want || by != tc.by {
			t.Errorf("%s: got %q by %s, want %q by %s", name, got, by, tc.want, tc.by)
		}
	}
}

func TestRuns(t *testing.T) {
	tests := map[string]struct {
		os               devices.OS
		model, name, app string
		on               devices.OS
		want             bool
	}{
		"same":              {devices.Android, "Pixel 9", "", "Pixel 9", devices.Android, true},
		"maker-and-shop":    {devices.Android, "Galaxy A52", "", "SM-A525F", devices.Android, true},
		"shop-and-maker":    {devices.Android, "A525F", "Galaxy A52", "A52", devices.Android, true},
		"two-models":        {devices.Android, "SM-A525F", "", "Pixel 9", devices.Android, false},
		"two-iphones":       {devices.IOS, "iPhone 8", "", "iPhone 15", devices.IOS, false},
		"plain-name":        {devices.IOS, "iPhone 8", "Work", "Sandeep's iPhone", devices.IOS, true},
		"no-model":          {devices.Android, "", "", "Pixel 9", devices.Android, true},
		"other-system":      {devices.Android, "", "", "iPhone", devices.IOS, false},
		"unknown-system":    {devices.Android, "Pixel 9", "", "", "", true},
		"named-by-its-user": {devices.Android, "SM-A525F", "Pixel 9 of Bo", "Pixel 9", devices.Android, true},
	}
	for name, tc := range tests {
		r, app := devices.Record{OS: tc.os, Model: tc.model, Name: tc.name}, devices.Record{OS: tc.on, Name: tc.app}
		if got := r.Runs(&app); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
