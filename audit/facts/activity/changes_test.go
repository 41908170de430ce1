package activity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/snapshot"
)

func TestKeyID(t *testing.T) {
	tests := map[string]string{
		"7ebzDmVTSreLsJkrjm1mNA==":  "7ebzDmVTSreLsJkrjm1mNA", // as the log writes it
		"7ebzDmVTSreLsJkrjm1mNA2":   "7ebzDmVTSreLsJkrjm1mNA", // as a method has it
		"A/OEcEk0Xcjp7SOLJERB/g==":  "A/OEcEk0Xcjp7SOLJERB/g",
		"A_OEcEk0Xcjp7SOLJERB_g2":   "A/OEcEk0Xcjp7SOLJERB/g",
		"AAAAAAAAAAAAAAAAAAAAAAAA":  "AAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAA0": "AAAAAAAAAAAAAAAAAAAAAAAA",
		"Alice Marek":               "",
		"":                          "",
	}
	for text, want := range tests {
		if got := activity.KeyID(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// record writes an audit record about account a.
func record(id, activity, at, more string) string {
	target := `[{"id":"a","type":"User","displayName":"A"}]`
	if strings.Contains(more, "targetResources") {
		target = ""
	}
	if target != "" {
		target = `,"targetResources":` + target
	}
	return fmt.Sprintf(`{"id":%q,"activityDisplayName":%q,"activityDateTime":%q,"loggedByService":"Authentication Methods"%s%s}`, id, activity, at, target, more)
}

func passkeyRecord(id, activity, at, key string) string {
	return record(id, activity, at, fmt.Sprintf(`,"targetResources":[{"id":null,"type":"User","displayName":%q,"userPrincipalName":"A@contoso.example"}],"additionalDetails":[{"key":"WebAuthnInfo","value":"x"},{"key":"AAGuid","value":"de1e"}]`, key))
}

// told writes what a log says happened to account a.
func told(t *testing.T, rows ...string) string {
	t.Helper()
	return tell(factstest.Of(t, factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b")).With(snapshot.DirectoryAudits, rows...), activity.Changes))
}

func tell(l *activity.ChangeLog) string {
	names := map[activity.What]string{activity.Registered: "registered", activity.Deleted: "deleted", activity.PassIssued: "pass", activity.Renamed: "renamed", activity.Started: "started"}
	var parts []string
	for _, c := range l.Of(0) {
		part := names[c.What]
		for _, more := range []string{string(c.Method), c.AAGUID, c.Before} {
			if more != "" {
				part += " " + more
			}
		}
		if c.ByOther {
			part += " by-other"
		}
		if c.Once != audit.Unsure {
			part += " once=" + c.Once.String()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func TestChanges(t *testing.T) {
	const k1, k2 = "7ebzDmVTSreLsJkrjm1mNA==", "AAAAAAAAAAAAAAAAAAAAAA=="
	fido := `,"resultReason":"User registered Fido2 Authentication Method"`
	admin := `,"initiatedBy":{"user":{"id":"b"}}`
	tests := map[string]struct {
		rows []string
		want string
	}{
		"five-records-of-one": {[]string{
			record("1", "User started security info registration", "2026-11-10T08:00:00Z", ""),
			record("2", "Get passkey creation options", "2026-11-10T08:00:05Z", ""),
			record("3", "User registered security info", "2026-11-10T08:00:30Z", fido),
			record("4", "User registered security info", "2026-11-10T08:00:31Z", `,"resultReason":"User registered Passkey"`),
			passkeyRecord("5", "Add Passkey (device-bound)", "2026-11-10T08:00:32Z", k1),
		}, "registered passkey de1e; started"},
		"without-the-key-record": {[]string{
			record("3", "User registered security info", "2026-11-10T08:00:30Z", fido), record("4", "User registered security info", "2026-11-10T08:00:31Z", `,"resultReason":"User registered Passkey"`),
		}, "registered passkey"},
		"two-keys-at-once": {[]string{passkeyRecord("1", "Add Passkey (device-bound)", "2026-11-10T08:00:00Z", k1), passkeyRecord("2", "Add Passkey (synced)", "2026-11-10T08:01:00Z", k2),
			record("3", "User registered security info", "2026-11-10T08:00:01Z", fido), record("4", "User registered security info", "2026-11-10T08:01:01Z", fido)},
			"registered passkey de1e; registered passkey de1e"},
		"same-key-twice":  {[]string{passkeyRecord("1", "Delete Passkey (device-bound) security key", "2026-11-10T08:00:00Z", k1), passkeyRecord("2", "Delete Passkey", "2026-11-10T08:00:01Z", k1)}, "deleted passkey de1e"},
		"hours-apart":     {[]string{record("1", "User deleted security info", "2026-11-10T08:00:00Z", `,"resultReason":"User deleted Passkey"`), record("2", "User deleted security info", "2026-11-10T12:00:00Z", `,"resultReason":"User deleted Passkey"`)}, "deleted passkey; deleted passkey"},
		"by-admin":        {[]string{record("1", "Admin deleted security info ", "2026-11-10T08:00:00Z", `,"resultReason":"Admin deleted Fido2 Authentication Method"`+admin), passkeyRecord("2", "Remove Passkey (device-bound)", "2026-11-10T08:00:01Z", k1)}, "deleted passkey de1e by-other"},
		"added-deleted":   {[]string{passkeyRecord("1", "Add Passkey (device-bound)", "2026-11-10T08:00:00Z", k1), passkeyRecord("2", "Delete Passkey (device-bound)", "2026-11-10T08:01:00Z", k1)}, "deleted passkey de1e; registered passkey de1e"},
		"failed":          {[]string{record("1", "User deleted security info", "2026-11-10T08:00:00Z", `,"result":"Failure","resultReason":"User deleted Passkey"`)}, ""},
		"by-detail":       {[]string{record("1", "User registered security info", "2026-11-10T08:00:00Z", `,"additionalDetails":[{"key":"AuthenticationMethod","value":"Passkey"}]`)}, "registered passkey"},
		"authenticator":   {[]string{record("1", "User deleted security info", "2026-11-10T08:00:00Z", `,"resultReason":"User deleted Authenticator App with Notification and Code"`)}, "deleted authenticator"},
		"phone":           {[]string{record("1", "User deleted security info", "2026-11-10T08:00:00Z", `,"resultReason":"User deleted Mobile Phone SMS"`)}, ""},
		"pass":            {[]string{record("1", "Admin registered security info", "2026-11-10T08:00:00Z", `,"resultReason":"Admin registered temporary access pass method for user"`+admin)}, "pass by-other"},
		"pass-kinds":      {[]string{record("1", "Admin registered security info", "2026-11-10T08:00:00Z", passTarget("OneTime")), record("2", "Admin registered security info", "2026-11-11T08:00:00Z", passTarget("Multiple"))}, "pass once=no; pass once=yes"},
		"renamed":         {[]string{record("1", "Update user", "2026-11-10T08:00:00Z", renameTarget(`[\"old@contoso.example\"]`, `[\"a@contoso.example\"]`))}, "renamed old@contoso.example"},
		"renamed-as-text": {[]string{record("1", "Update user", "2026-11-10T08:00:00Z", renameTarget(`\"old@contoso.example\"`, `\"a@contoso.example\"`))}, "renamed old@contoso.example"},
		"capitals-only":   {[]string{record("1", "Update user", "2026-11-10T08:00:00Z", renameTarget(`[\"A@contoso.example\"]`, `[\"a@contoso.example\"]`))}, ""},
		"former-name": {[]string{
			strings.ReplaceAll(passkeyRecord("1", "Add Passkey (device-bound)", "2026-11-09T08:00:00Z", k1), "A@contoso.example", "old@contoso.example"),
			record("2", "Update user", "2026-11-10T08:00:00Z", renameTarget(`[\"old@contoso.example\"]`, `[\"a@contoso.example\"]`))},
			"renamed old@contoso.example; registered passkey de1e"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				if got := told(t, tc.rows...); got != tc.want {
					t.Errorf("%q, want %q", got, tc.want)
				}
				slices.Reverse(tc.rows)
			}
		})
	}
}

func passTarget(usage string) string {
	return fmt.Sprintf(`,"targetResources":[{"id":"a","type":"User","modifiedProperties":[{"displayName":"TemporaryAccessPass.AccessPassUsage","oldValue":"\"\"","newValue":"\"%s\""}]}]`, usage)
}

func renameTarget(before, after string) string {
	return fmt.Sprintf(`,"targetResources":[{"id":"a","type":"User","modifiedProperties":[{"displayName":"UserPrincipalName","oldValue":"%s","newValue":"%s"}]}]`, before, after)
}

func TestUnknownActivitiesAreCounted(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.DirectoryAudits,
		record("1", "User did something new", "2026-11-10T08:00:00Z", ""), record("2", "User did something new ", "2026-11-10T08:00:00Z", ""),
		record("3", "User registered security info", "2026-11-10T08:00:00Z", ""),
		strings.ReplaceAll(record("4", "User registered security info", "2026-11-10T08:00:00Z", `,"resultReason":"User registered Passkey"`), `"id":"a"`, `"id":"gone"`))
	l := factstest.Of(t, tenant, activity.Changes)
	if l.UnknownActivities["User did something new"] != 2 || l.Unplaced != 1 || l.Strangers != 1 || tell(l) != "registered unknown" {
		t.Errorf("%+v", l)
	}
}

// In a large tenant the log is read by filters that leave names out.
func TestNames(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.DirectoryAudits, "")
	for request, want := range map[string]bool{
		"": true,
		"GET /v1.0/auditLogs/directoryAudits?$filter=activityDateTime ge {from}":                                                                                          true,
		"GET /v1.0/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq 'a')":                                                                                  true,
		"GET /v1.0/auditLogs/directoryAudits?$filter=loggedByService eq 'Authentication Methods' and activityDateTime ge {from}; GET …":                                   false,
		"GET …$filter=loggedByService eq 'Authentication Methods' and …; GET …$filter=loggedByService eq 'Core Directory' and activityDisplayName eq 'Update user' and …": true,
	} {
		l := factstest.Of(t, tenant.Entry(snapshot.DirectoryAudits, fmt.Sprintf(`{"state":"complete","request":%q}`, request)), activity.Changes)
		if l.Names != want {
			t.Errorf("%q: %v", request, l.Names)
		}
	}
}
