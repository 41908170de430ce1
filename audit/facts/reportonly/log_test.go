package reportonly_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/devices"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/reportonly"
	"passkeyaudit/audit/snapshot"
)

func row(user, os, device string, code int, policies string) string {
	return fmt.Sprintf(`{"id":"%s%s%d","userId":%q,"appDisplayName":"Outlook","clientAppUsed":"Browser","status":{"errorCode":%d},"deviceDetail":{"deviceId":%q,"operatingSystem":%q},"appliedConditionalAccessPolicies":%s}`,
		user, os, code, user, code, device, os, policies)
}

func result(id, result string) string {
	return fmt.Sprintf(`[{"id":%q,"displayName":"Policy %s","result":%q}]`, id, strings.ToUpper(id), result)
}

func TestLog(t *testing.T) {
	users := []string{`{"id":"a","userPrincipalName":"a@x","accountEnabled":true}`, `{"id":"b","userPrincipalName":"b@x","accountEnabled":true}`}
	for name, tc := range map[string]struct {
		rows []string
		want string
	}{
		"met":                  {[]string{row("a", "Windows10", "", 0, result("p", "reportOnlySuccess"))}, "p: a windows Outlook browser 1/0/0"},
		"interrupted":          {[]string{row("a", "Ios 17", "d", 0, result("p", "reportOnlyInterrupted"))}, "p: a iOS Outlook browser 0/1/0"},
		"failed":               {[]string{row("a", "Linux", "", 0, result("p", "reportOnlyFailure"))}, "p: a linux Outlook browser 0/0/1"},
		"asked-first-then-met": {[]string{row("a", "Windows10", "", 50074, result("p", "reportOnlyInterrupted")), row("a", "Windows10", "", 0, result("p", "reportOnlySuccess"))}, "p: a windows Outlook browser 1/0/0"},
		"met-in-a-failed-one":  {[]string{row("a", "Windows10", "", 53003, result("p", "reportOnlySuccess"))}, "p: a windows Outlook browser 1/0/0"},
		"not-applied":          {[]string{row("a", "Windows10", "", 0, result("p", "reportOnlyNotApplied"))}, ""},
		"enforced":             {[]string{row("a", "Windows10", "", 0, result("p", "success"))}, ""},
		"not-told":             {[]string{row("a", "Windows10", "", 0, "null")}, ""},
		"stranger":             {[]string{row("c", "Windows10", "", 0, result("p", "reportOnlySuccess"))}, ""},
		"two-policies-and-people": {
			[]string{row("b", "MacOs", "", 0, result("q", "reportOnlySuccess")), row("a", "", "", 0, result("p", "reportOnlySuccess"))},
			"p: a  Outlook browser 1/0/0; q: b macOS Outlook browser 1/0/0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := factstest.Tenant{}.With(snapshot.Users, users...).With(snapshot.SignIns, tc.rows...)
			run := tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			var got []string
			for _, p := range factstest.Get(t, run, reportonly.Log).Policies {
				for r := range p.Results() {
					got = append(got, fmt.Sprintf("%s: %s %s %s %s %d/%d/%d", p.ID, dir.Member(r.Account).ID, string(r.Combination.OS), r.Combination.App, r.Combination.Client, r.Met, r.Interrupted, r.Failed))
				}
			}
			if text := strings.Join(got, "; "); text != tc.want {
				t.Errorf("got %q, want %q", text, tc.want)
			}
		})
	}
}

// What a device says of itself, and what only the client does, are told apart; a sign-in
// that failed shows nothing.
func TestSystems(t *testing.T) {
	tenant := factstest.Tenant{}.
		With(snapshot.Users, `{"id":"a","userPrincipalName":"a@x","accountEnabled":true}`, `{"id":"b","userPrincipalName":"b@x","accountEnabled":true}`).
		With(snapshot.SignIns, row("a", "Ios 17", "d", 0, "[]"), row("a", "Windows10", "", 0, "[]"), row("b", "Android 15", "", 50126, "[]"))
	run := tenant.Run(t)
	log, dir := factstest.Get(t, run, reportonly.Log), factstest.Get(t, run, population.Users)
	for name, tc := range map[string]struct{ got, want string }{
		"registered": {factstest.Names(dir, log.Registered[devices.IOS]), "a"},
		"claimed":    {factstest.Names(dir, log.Claimed[devices.Windows]), "a"},
		"not-both":   {factstest.Names(dir, log.Claimed[devices.IOS]), ""},
		"failed":     {factstest.Names(dir, log.Claimed[devices.Android].Or(log.Registered[devices.Android])), ""},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %q, want %q", name, tc.got, tc.want)
		}
	}
}
