package devices_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// directoryRow and intuneRow are rows of a device of one account; members stand at
// their end, and win.
func directoryRow(owner, os, version, members string) string {
	owners := ""
	if owner != "" {
		owners = fmt.Sprintf(`{"id":%q}`, owner)
	}
	row := fmt.Sprintf(`"id":"o-%s","deviceId":"D","operatingSystem":%q,"operatingSystemVersion":%q`, strings.ReplaceAll(owner+os+version, " ", ""), os, version)
	if !strings.Contains(members, "registeredOwners") {
		row += `,"registeredOwners":[` + owners + `],"registeredUsers":[]`
	}
	return "{" + row + members + "}"
}

func intuneRow(owner, os, version, members string) string {
	return fmt.Sprintf(`{"id":"m-%s","userId":%q,"operatingSystem":%q,"osVersion":%q%s}`, owner+os, owner, os, version, members)
}

const untoldOwners = `,"registeredOwners":null`

func TestInventory(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).With(snapshot.Devices).With(snapshot.ManagedDevices)
	directory := func(rows ...string) factstest.Tenant { return base.With(snapshot.Devices, rows...) }
	intune := func(rows ...string) factstest.Tenant { return base.With(snapshot.ManagedDevices, rows...) }
	both := func(d, m string) factstest.Tenant {
		return base.With(snapshot.Devices, d).With(snapshot.ManagedDevices, m)
	}
	joined, hybrid := `,"trustType":"AzureAd"`, `,"trustType":"ServerAd"`
	of := func(set func(*devices.Owned) audit.Set) func(*devices.Owned) audit.Set { return set }
	capable := of(func(o *devices.Owned) audit.Set {
		return o.CapablePhone[devices.Android].Or(o.CapablePhone[devices.IOS])
	})
	old := of(func(o *devices.Owned) audit.Set { return o.OldPhone[devices.Android].Or(o.OldPhone[devices.IOS]) })
	untold := of(func(o *devices.Owned) audit.Set { return o.UntoldPhone[devices.Android].Or(o.UntoldPhone[devices.IOS]) })
	oldWindows := of(func(o *devices.Owned) audit.Set { return o.OldWindows })
	untoldWindows := of(func(o *devices.Owned) audit.Set { return o.UntoldWindows })
	work := of(func(o *devices.Owned) audit.Set { return o.WorkProfile })
	beside := of(func(o *devices.Owned) audit.Set { return o.BesideProfile })
	tests := map[string]struct {
		tenant factstest.Tenant
		set    func(*devices.Owned) audit.Set
		want   string
	}{
		"capable-spelled-out":   {directory(directoryRow("a", "Android", "Android 14 (patch 2024-05-01)", "")), capable, "a"},
		"capable-tablet":        {directory(directoryRow("a", "iPadOS", "17.2", "")), capable, "a"},
		"capable-silent":        {directory(directoryRow("a", "Android", "15", `,"approximateLastSignInDateTime":"2024-01-01T00:00:00Z"`)), capable, "a"},
		"capable-by-intune":     {both(directoryRow("a", "Android", "13", ""), intuneRow("a", "Android", "15", `,"azureADDeviceId":"d"`)), capable, "a"},
		"capable-not-disabled":  {directory(directoryRow("a", "Android", "15", `,"accountEnabled":false`)), capable, ""},
		"capable-not-shared":    {directory(directoryRow("a", "Android", "15", `,"profileType":"Shared"`)), capable, ""},
		"capable-not-staged":    {intune(intuneRow("a", "Android", "15", `,"deviceEnrollmentType":"deviceEnrollmentManager"`)), capable, ""},
		"capable-not-appliance": {directory(directoryRow("a", "AndroidAOSP", "15", "")), capable, ""},
		"old":                   {directory(directoryRow("a", "IPhone", "16.7.10", "")), old, "a"},
		"old-by-intune":         {intune(intuneRow("a", "iOS", "16.7", "")), old, "a"},
		"old-not-tablet":        {directory(directoryRow("a", "Android", "13", `,"model":"SM-T970"`)), old, ""},
		"old-not-silent":        {directory(directoryRow("a", "Android", "13", `,"approximateLastSignInDateTime":"2026-06-01T00:00:00Z"`)), old, ""},
		"old-just-in-use":       {directory(directoryRow("a", "Android", "13", `,"approximateLastSignInDateTime":"2026-09-01T00:00:00Z"`)), old, "a"},
		"old-not-untold":        {directory(directoryRow("a", "Android", "", "")), old, ""},
		"untold":                {directory(directoryRow("a", "Android", "", ""), directoryRow("b", "iOS", "unknown", "")), untold, "a b"},
		"untold-not-silent":     {directory(directoryRow("a", "Android", "", `,"approximateLastSignInDateTime":"2026-06-01T00:00:00Z"`)), untold, ""},
		"windows":               {directory(directoryRow("a", "Windows", "10.0.18363.1", hybrid)), oldWindows, "a"},
		"windows-joined":        {directory(directoryRow("a", "Windows", "10.0.18363.1", joined)), oldWindows, ""},
		"windows-registered":    {directory(directoryRow("a", "Windows", "10.0.17134.1", `,"trustType":"Workplace"`)), oldWindows, ""},
		"windows-server":        {directory(directoryRow("a", "Windows Server 2016", "10.0.14393.1", hybrid)), oldWindows, ""},
		"windows-build-of-intune": {both(directoryRow("a", "Windows", "", hybrid), intuneRow("a", "Windows", "10.0.17763.1", `,"azureADDeviceId":"d"`)),
			oldWindows, "a"},
		"windows-owner-of-intune": {both(directoryRow("", "Windows", "10.0.17763.1", hybrid+untoldOwners), intuneRow("b", "Windows", "10.0.17763.1", `,"azureADDeviceId":"d"`)),
			oldWindows, "b"},
		"windows-owner-of-directory": {both(directoryRow("a", "Windows", "", hybrid), intuneRow("", "Windows", "10.0.17763.1", `,"azureADDeviceId":"d"`)),
			oldWindows, "a"},
		"windows-another":        {both(directoryRow("a", "Windows", "", hybrid), intuneRow("b", "Windows", "10.0.17763.1", `,"azureADDeviceId":"e"`)), oldWindows, ""},
		"windows-untold":         {directory(directoryRow("a", "Windows", "10.0", joined)), untoldWindows, "a"},
		"windows-told-by-intune": {both(directoryRow("a", "Windows", "10.0", joined), intuneRow("a", "Windows", "10.0.26100.1", `,"azureADDeviceId":"d"`)), untoldWindows, ""},
		"work-profile":           {directory(directoryRow("a", "AndroidForWork", "15", ""), directoryRow("b", "Android", "15", `,"displayName":"b_AndroidForWork_1"`)), work, "a b"},
		"work-profile-company":   {intune(intuneRow("a", "Android", "15", `,"deviceEnrollmentType":"androidEnterpriseCorporateWorkProfile"`)), work, "a"},
		"work-profile-not-fully": {directory(directoryRow("a", "AndroidEnterprise", "15", "")), work, ""},
		"beside":                 {directory(directoryRow("a", "Android", "15", ""), directoryRow("b", "AndroidEnterprise", "15", "")), beside, "a"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := tc.tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			if got := factstest.Names(dir, tc.set(factstest.Get(t, run, devices.Inventory))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	t.Run("owner-untold", func(t *testing.T) {
		o := factstest.Get(t, directory(directoryRow("", "Windows", "10.0.17763.1", hybrid+untoldOwners)).Run(t), devices.Inventory)
		if o.OldUnowned != 1 || o.Ownerless || !o.Complete {
			t.Errorf("got %d, %v, %v", o.OldUnowned, o.Ownerless, o.Complete)
		}
		o = factstest.Get(t, directory(directoryRow("", "Windows", "10.0.17763.1", hybrid)).Run(t), devices.Inventory)
		if o.OldUnowned != 0 {
			t.Errorf("a computer told to be nobody's counts")
		}
	})
	t.Run("evidence", func(t *testing.T) {
		run := both(directoryRow("a", "Android", "15", ""), intuneRow("b", "Android", "15", "")).Run(t)
		dir := factstest.Get(t, run, population.Users)
		o := factstest.Get(t, run, devices.Inventory)
		for id, want := range map[string]devices.Strength{"a": devices.ByDirectory, "b": devices.ByIntune} {
			n, _ := dir.Ordinal(id)
			if got := o.Evidence(devices.Android, n); got != want || o.Evidence(devices.IOS, n) != devices.NoEvidence {
				t.Errorf("%s: got %s, want %s", id, got, want)
			}
		}
	})
}

// recorded is a check that asks for the records of everybody and writes them down.
func recorded(t *testing.T, tenant factstest.Tenant, sections ...snapshot.SectionID) string {
	t.Helper()
	var lines []string
	fact := &audit.Fact[bool]{
		Name:  "test.records",
		Reads: []audit.Read{{Section: snapshot.Devices}, {Section: snapshot.ManagedDevices}, {Section: snapshot.AuthenticationMethods}, {Section: snapshot.SignIns}},
		Facts: []audit.AnyFact{population.Users, methods.Listings, devices.Inventory},
		Derive: func(ctx context.Context, p *audit.Pass) (bool, error) {
			dir, err := audit.Get(ctx, p, population.Users)
			if err != nil {
				return false, err
			}
			records, err := devices.RecordsOf(ctx, p, dir, dir.All, sections...)
			for n := range dir.All.All() {
				for _, r := range records[n] {
					lines = append(lines, fmt.Sprintf("%s %s %s by %s%s", dir.Member(n).ID, r.OS, r.Version, r.By, r.VersionPointer))
				}
			}
			return true, err
		},
	}
	factstest.Get(t, tenant.Run(t), fact)
	return strings.Join(lines, "; ")
}

func TestRecordsOf(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).With(snapshot.Devices).With(snapshot.ManagedDevices).
		With(snapshot.AuthenticationMethods).With(snapshot.SignIns)
	signIn := func(members string) string {
		return `{"id":"s","createdDateTime":"2026-11-18T08:00:00Z","userId":"a","status":{"errorCode":0},` + members + `}`
	}
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string
	}{
		"nothing": {base, ""},
		"one-device-of-both": {base.With(snapshot.Devices, directoryRow("a", "Android", "13", "")).With(snapshot.ManagedDevices, intuneRow("a", "Android", "15", `,"azureADDeviceId":"d"`)),
			"a Android 15 by Intune/osVersion"},
		"intune-without-version": {base.With(snapshot.Devices, directoryRow("a", "Android", "13", "")).With(snapshot.ManagedDevices, intuneRow("a", "Android", "", `,"azureADDeviceId":"d"`)),
			"a Android 13 by the directory/operatingSystemVersion"},
		"two-devices": {base.With(snapshot.Devices, directoryRow("a", "Android", "13", "")).With(snapshot.ManagedDevices, intuneRow("a", "Android", "15", `,"azureADDeviceId":"e"`)),
			"a Android 15 by Intune/osVersion; a Android 13 by the directory/operatingSystemVersion"},
		"zero-ids-are-no-ids": {base.With(snapshot.Devices, strings.Replace(directoryRow("a", "Android", "13", ""), `"D"`, `"00000000-0000-0000-0000-000000000000"`, 1)).
			With(snapshot.ManagedDevices, intuneRow("a", "Android", "15", `,"azureADDeviceId":"00000000-0000-0000-0000-000000000000"`)),
			"a Android 15 by Intune/osVersion; a Android 13 by the directory/operatingSystemVersion"},
		"owner-and-user": {base.With(snapshot.Devices, directoryRow("a", "Windows", "10.0.1", `,"registeredOwners":[{"id":"a"}],"registeredUsers":[{"id":"b"}]`)).
			With(snapshot.ManagedDevices, intuneRow("a", "Windows", "10.0.2", `,"azureADDeviceId":"d"`)),
			"a Windows 10.0.2 by Intune/osVersion; b Windows 10.0.2 by Intune/osVersion"},
		"authenticator": {base.With(snapshot.AuthenticationMethods, `{"userId":"a","value":[{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","displayName":"Pixel 9","phoneAppVersion":"6.2507.4749"}]}`),
			"a Android not told by a registered Authenticator/value/0/phoneAppVersion"},
		"sign-in": {base.With(snapshot.SignIns, signIn(`"deviceDetail":{"operatingSystem":"Ios 17.1"}`)), "a iOS 17.1 by a sign-in/deviceDetail/operatingSystem"},
		"user-agent": {base.With(snapshot.SignIns, signIn(`"deviceDetail":{"operatingSystem":"Windows10"},"userAgent":"x Windows NT 10.0.22631; y"`)),
			"a Windows 10.0.22631 by a user agent/userAgent"},
		"user-agent-frozen": {base.With(snapshot.SignIns, signIn(`"deviceDetail":{"operatingSystem":"Windows10"},"userAgent":"x Windows NT 10.0; y"`)),
			"a Windows not told by a sign-in"},
		"failed": {base.With(snapshot.SignIns, strings.Replace(signIn(`"deviceDetail":{"operatingSystem":"Ios 17.1"}`), `"errorCode":0`, `"errorCode":50126`, 1)), ""},
		"strongest-first": {base.With(snapshot.Devices, directoryRow("a", "iOS", "16", "")).With(snapshot.SignIns, signIn(`"deviceDetail":{"operatingSystem":"Ios 17.1"}`)),
			"a iOS 16 by the directory/operatingSystemVersion; a iOS 17.1 by a sign-in/deviceDetail/operatingSystem"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := recorded(t, tc.tenant, devices.PhoneSources()...); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
