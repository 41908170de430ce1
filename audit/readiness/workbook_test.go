package readiness_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/snapshot"
)

const trialMethods = `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[` +
	`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001",` +
	`"includeTargets":[{"targetType":"group","id":"all_users","allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001"]}],"excludeTargets":[],` +
	`"passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default","passkeyTypes":"deviceBound","attestationEnforcement":"disabled","keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":["2fc0579f-8113-47ea-b116-bb5a8db9202a"]}}]},` +
	`{"id":"MicrosoftAuthenticator","state":"enabled","includeTargets":[{"targetType":"group","id":"all_users"}],"excludeTargets":[]},` +
	`{"id":"TemporaryAccessPass","state":"disabled","includeTargets":[],"excludeTargets":[]},` +
	`{"id":"Sms","state":"disabled","includeTargets":[],"excludeTargets":[]},{"id":"Voice","state":"disabled","includeTargets":[],"excludeTargets":[]},{"id":"SoftwareOath","state":"disabled","includeTargets":[],"excludeTargets":[]}]}`

const (
	aKey     = `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k","aaGuid":"2fc0579f-8113-47ea-b116-bb5a8db9202a","passkeyType":"deviceBound"}`
	aHello   = `{"@odata.type":"#microsoft.graph.windowsHelloForBusinessAuthenticationMethod","id":"h"}`
	aPush    = `{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"a"}`
	onTrial  = `{"id":"trial","displayName":"Phishing-resistant","state":"enabledForReportingButNotEnforced","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}}}`
	stopping = `{"id":"stop","displayName":"Managed app only","state":"enabled","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["stopped"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":["compliantApplication"]}}`
)

// signIn is a row of the log.
type signIn struct {
	user, os, browser, agent, app, client, device, result string
	code                                                  int
}

func (s signIn) row(n int) string {
	row := map[string]any{
		"id": fmt.Sprint("s", n), "createdDateTime": "2026-11-20T10:00:00Z", "userId": s.user, "appDisplayName": s.app, "clientAppUsed": s.client, "userAgent": s.agent,
		"status":                           map[string]any{"errorCode": s.code},
		"deviceDetail":                     map[string]any{"deviceId": s.device, "operatingSystem": s.os, "browser": s.browser},
		"appliedConditionalAccessPolicies": []any{map[string]any{"id": "trial", "displayName": "Phishing-resistant", "result": s.result}},
	}
	text, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// The workbook: Microsoft's rules on readiness for phishing-resistant methods, by the
// sign-in log alone. Enrolment goes by the version that the user agent tells, enforcement
// by at least one report-only success on the system. Source: the "Phishing-resistant
// passwordless deployment" workbook of Microsoft Entra and its page.
type workbook struct{ enrol, enforce string }

var safari = regexp.MustCompile(`Version/(\d+)\.(\d+).* Safari`)

func oracle(log []signIn, user, os string) workbook {
	var w workbook
	kinds := map[string]bool{}
	for _, s := range log {
		if s.user != user || !strings.HasPrefix(strings.ToLower(s.os), strings.ToLower(os)) {
			continue
		}
		if s.result == "reportOnlySuccess" {
			w.enforce = "ready"
		}
		version, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(s.os))
		switch os {
		case "windows":
			kinds["hello"], kinds["key"] = kinds["hello"] || version >= 10, kinds["key"] || version >= 10
			kinds["authenticator"] = kinds["authenticator"] || version >= 11
		case "ios":
			kinds["authenticator"], kinds["key"] = kinds["authenticator"] || version >= 17, kinds["key"] || version >= 16
		case "android":
			kinds["authenticator"], kinds["key"] = kinds["authenticator"] || version >= 14, kinds["key"] || version >= 13
		case "mac":
			if m := safari.FindStringSubmatch(s.agent); m != nil {
				major, _ := strconv.Atoi(m[1])
				minor, _ := strconv.Atoi(m[2])
				if major > 17 || major == 17 && minor >= 1 {
					kinds["authenticator"], kinds["key"] = true, true
				}
			}
		}
	}
	var list []string
	for k, is := range kinds {
		if is {
			list = append(list, k)
		}
	}
	slices.Sort(list)
	w.enrol = strings.Join(list, "+")
	return w
}

const (
	browser = "Browser"
	native  = "Mobile Apps and Desktop clients"
	legacy  = "IMAP4"
	edge    = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0"
	mac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/%s Safari/605.1.15"
)

// On the same sign-ins: where the workbook and this program say the same, and where not,
// and why.
func TestAgainstTheWorkbook(t *testing.T) {
	log := []signIn{
		{"agrees", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlySuccess", 0},
		{"coarse", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlySuccess", 0},
		{"coarse", "Windows10", "", "", "Old mail", legacy, "", "reportOnlyFailure", 0},
		{"habit", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlyInterrupted", 0},
		{"alone", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlyInterrupted", 0},
		{"later", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlyInterrupted", 50074},
		{"later", "Windows10", "Edge 120", edge, "Outlook", browser, "", "reportOnlySuccess", 0},
		{"profile", "Ios 17.5", "Mobile Safari 17", "", "Outlook", browser, "", "reportOnlyInterrupted", 0},
		{"stopped", "Ios 17.5", "Mobile Safari 17", "", "Outlook", browser, "d-stopped", "reportOnlyInterrupted", 0},
		{"old", "Android 12", "Chrome Mobile 120", "", "Outlook", browser, "", "reportOnlyNotApplied", 0},
		{"mac", "MacOs", "Safari 17", fmt.Sprintf(mac, "17.4"), "Outlook", browser, "", "reportOnlySuccess", 0},
		{"oldmac", "MacOs", "Safari 16", fmt.Sprintf(mac, "16.6"), "Outlook", browser, "", "reportOnlyNotApplied", 0},
		{"oldmac", "MacOs", "Safari 16", fmt.Sprintf(mac, "16.6"), "Teams", native, "", "reportOnlyNotApplied", 0},
	}
	tenant := factstest.Tenant{}.
		With(snapshot.AuthenticationMethodsPolicy, trialMethods).
		With(snapshot.ConditionalAccessPolicies, onTrial, stopping).
		With(snapshot.ManagedDevices, `{"id":"m1","userId":"silent","operatingSystem":"iOS","osVersion":"18.1","complianceState":"compliant"}`)
	for _, id := range []snapshot.SectionID{
		snapshot.UserRegistrationDetails, snapshot.Groups, snapshot.GroupMembers, snapshot.RoleAssignments, snapshot.RoleEligibility, snapshot.Domains,
		snapshot.NamedLocations, snapshot.AuthenticationStrengths, snapshot.RiskyUsers, snapshot.Devices,
	} {
		tenant = tenant.With(id)
	}
	holds := map[string]string{
		"agrees": aKey, "coarse": aKey, "habit": aKey + "," + aPush, "alone": aPush, "later": aKey, "profile": aPush, "stopped": aPush, "old": aPush,
		"mac": aKey, "oldmac": aKey, "silent": aHello,
	}
	var users, held, rows []string
	for name, methods := range holds {
		users = append(users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@contoso.example","accountEnabled":true,"userType":"Member"}`, name, name))
		held = append(held, fmt.Sprintf(`{"userId":%q,"value":[%s]}`, name, methods))
	}
	slices.Sort(users)
	slices.Sort(held)
	for i, s := range log {
		rows = append(rows, s.row(i))
	}
	tenant = tenant.With(snapshot.Users, users...).With(snapshot.AuthenticationMethods, held...).With(snapshot.SignIns, rows...)
	r, err := readiness.Judge(t.Context(), tenant.Run(t), readiness.Options{Options: bootstrap.Options{World: bootstrap.Today}}, true)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]readiness.User{}
	for u := range r.Users() {
		lines[u.ID] = u
	}
	ours := func(user, os string) (platform, trial string) {
		u := lines[user]
		for _, p := range u.Platforms {
			if strings.HasPrefix(strings.ToLower(string(p.OS)), os) {
				platform = fmt.Sprintf("%s %s by %s", p.State, p.Credential, p.Evidence)
			}
		}
		for _, e := range u.Enforcement {
			trial = string(e.State)
			for _, c := range e.Blocks {
				trial += fmt.Sprintf(" [%s, %s, %s]", string(c.OS), c.App, c.Client)
			}
		}
		return platform, trial
	}
	for _, tc := range []struct {
		user, os string
		workbook workbook
		platform string
		trial    string
		why      string // where they differ
	}{
		{"agrees", "windows", workbook{"hello+key", "ready"}, "has-passkey securityKey by userAgent", "ready", ""},
		{"later", "windows", workbook{"hello+key", "ready"}, "has-passkey securityKey by userAgent", "ready", ""},
		{"coarse", "windows", workbook{"hello+key", "ready"}, "has-passkey securityKey by userAgent", "blocked [windows, Old mail, other]", "one success on the system hides the app that can never meet it"},
		{"habit", "windows", workbook{"hello+key", ""}, "has-passkey securityKey by userAgent", "habit", "has a key and did not use it; people with the same key meet it there"},
		{"alone", "windows", workbook{"hello+key", ""}, "self-service securityKey by userAgent", "blocked [windows, Outlook, browser]", "nobody who holds as little ever met it: enrolment comes first"},
		{"profile", "ios", workbook{"authenticator+key", ""}, "self-service securityKey by userAgent", "blocked [iOS, Outlook, browser]", "the system could, the passkey profile admits one model of security keys alone"},
		{"stopped", "ios", workbook{"authenticator+key", ""}, "trapped  by signIns", "blocked [iOS, Outlook, browser]", "the system could, a policy lets nobody register"},
		{"old", "android", workbook{"", ""}, "self-service securityKey by userAgent", "", "the phone is too old for a passkey; a key registers on a computer and what the client says of itself proves no phone"},
		{"mac", "mac", workbook{"authenticator+key", "ready"}, "has-passkey securityKey by userAgent", "ready", ""},
		{"oldmac", "mac", workbook{"", ""}, "has-passkey securityKey by userAgent", "", "holds a passkey that works, whatever the version of Safari says"},
		{"silent", "ios", workbook{"", ""}, "self-service securityKey by managedDevices", "", "no sign-in in the log; Intune knows the phone"},
		{"silent", "windows", workbook{"", ""}, "self-service securityKey by authenticationMethods", "", "no sign-in in the log; Windows Hello is set up somewhere"},
	} {
		t.Run(tc.user+" "+tc.os, func(t *testing.T) {
			if got := oracle(log, tc.user, tc.os); got != tc.workbook {
				t.Errorf("the workbook says %+v, want %+v", got, tc.workbook)
			}
			platform, trial := ours(tc.user, tc.os)
			if platform != tc.platform || trial != tc.trial {
				t.Errorf("ours: %q, %q; want %q, %q (%s)", platform, trial, tc.platform, tc.trial, tc.why)
			}
		})
	}
}
