package lifecycle_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/lifecycle"
	"passkeyaudit/audit/snapshot"
)

func at(day int) string { return fmt.Sprintf("2026-11-%02dT08:00:00Z", day) }

// tried writes a sign-in of a that ended with a code.
func tried(id string, day, code int, more string) string {
	return fmt.Sprintf(`{"id":%q,"userId":"a","createdDateTime":%q,"clientAppUsed":"Browser","status":{"errorCode":%d},"deviceDetail":{"operatingSystem":"Windows10"}%s}`, id, at(day), code, more)
}

// did writes an audit record about a passkey of a.
func did(id string, day int, activity, more string) string {
	if !strings.Contains(more, "targetResources") {
		more += `,"targetResources":[{"id":"a","type":"User","displayName":"7ebzDmVTSreLsJkrjm1mNA=="}]`
	}
	return fmt.Sprintf(`{"id":%q,"activityDisplayName":%q,"activityDateTime":%q,"loggedByService":"Device Registration Service"%s}`, id, activity, at(day), more)
}

// has writes the methods of a.
func has(methods ...string) string {
	return `{"userId":"a","value":[` + strings.Join(methods, ",") + `]}`
}

func passkey(day int, aaguid, more string) string {
	created := ""
	if day > 0 {
		created = fmt.Sprintf(`,"createdDateTime":%q`, at(day))
	}
	return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k%d","aaGuid":%q,"passkeyType":"deviceBound"%s%s}`, day, aaguid, created, more)
}

const (
	onIPhone = "90a3ccdf-635c-4729-a248-9b709135078f"
	yubiKey  = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	hello    = `{"@odata.type":"#microsoft.graph.windowsHelloForBusinessAuthenticationMethod","id":"h"}`
	deletion = "Delete Passkey (device-bound)"
)

type sections struct{ signIns, audits, methods, devices, users []string }

func (s sections) tenant() factstest.Tenant {
	if s.users == nil {
		s.users = []string{factstest.Users("a", "b")}
	}
	t := factstest.Tenant{}.With(snapshot.Users, s.users...).With(snapshot.SignIns, s.signIns...).With(snapshot.DirectoryAudits, s.audits...).
		With(snapshot.AuthenticationMethods, s.methods...).With(snapshot.UserRegistrationDetails).With(snapshot.Devices, s.devices...).With(snapshot.Groups).With(snapshot.GroupMembers)
	return t.With(snapshot.AuthenticationMethodsPolicy, `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled",`+
		`"isSelfServiceRegistrationAllowed":true,"defaultPasskeyProfile":"p1","includeTargets":[{"id":"all_users","targetType":"group","allowedPasskeyProfiles":["p1"]}],"excludeTargets":[],`+
		`"passkeyProfiles":[{"id":"p1","name":"P","passkeyTypes":"deviceBound","attestationEnforcement":"disabled","keyRestrictions":{"isEnforced":true,"enforcementType":"block","aaGuids":["2fc0579f-8113-47ea-b116-bb5a8db92020"]}}]}]}`)
}

// told writes the cases of account a: kind, cause, certainty, and the rows of the chain
// in order.
func told(t *testing.T, s sections) string {
	t.Helper()
	everything := factstest.Of(t, s.tenant(), lifecycle.Orphans)
	var list []string
	for _, c := range everything.Of(0) {
		var chain []string
		for i, l := range c.Chain {
			chain = append(chain, l.Object)
			if i > 0 && !l.At.IsZero() && l.At.Before(c.Chain[i-1].At) {
				t.Errorf("%s: the chain is not in order: %+v", c.Cause, c.Chain)
			}
		}
		if c.Certainty < audit.Confirmed && len(c.Competing) == 0 {
			t.Errorf("%s: a case that is not confirmed names no other explanation", c.Cause)
		}
		list = append(list, fmt.Sprintf("%s %s %s: %s", c.Kind, c.Cause, c.Certainty, strings.Join(chain, " ")))
	}
	return strings.Join(list, "; ")
}

func TestOrphans(t *testing.T) {
	target := func(id string) string { return `,"targetResources":[{"id":"` + id + `","type":"User"}]` }
	info := `,"resultReason":"User deleted Fido2 Authentication Method"`
	iPhone := `,"deviceDetail":{"deviceId":"d1","operatingSystem":"Ios 26.1","trustType":"Azure AD registered"}`
	fromIPhone := func(id string, day int) string {
		return strings.Replace(tried(id, day, 0, ""), `,"deviceDetail":{"operatingSystem":"Windows10"}`, iPhone, 1)
	}
	push := `,"authenticationDetails":[{"authenticationMethod":"Password","succeeded":true},{"authenticationMethod":"Mobile app notification","succeeded":true}]`
	used := `,"authenticationDetails":[{"authenticationMethod":"Passkey (device-bound)","succeeded":true}]`
	tests := map[string]struct {
		sections
		want string
	}{
		// A: left on the device.
		"deleted-then-tried": {sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, deletion, "")}},
			"left-on-device deleted likely: d1 s1"},
		"registered-deleted-tried-twice": {sections{signIns: []string{tried("s2", 13, 135001, ""), tried("s1", 11, 135010, "")},
			audits: []string{did("d2", 10, deletion, ""), did("d1", 2, "Add Passkey (device-bound)", "")}},
			"left-on-device deleted likely: d1 d2 s1 s2"},
		"doubled-records-are-one": {sections{signIns: []string{tried("s1", 11, 135010, "")},
			audits: []string{did("d1", 10, deletion, ""), did("d2", 10, "User deleted security info", info+target("a"))}},
			"left-on-device deleted likely: d1 s1"},
		"deleted-after-the-failure": {sections{signIns: []string{tried("s1", 9, 135010, "")}, audits: []string{did("d1", 10, deletion, "")}},
			"left-on-device unexplained possible: s1"},
		"somebody-else's-deletion": {sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, deletion, target("b"))}},
			"left-on-device unexplained possible: s1"},
		"deletion-that-failed": {sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, deletion, `,"result":"failure"`)}},
			"left-on-device unexplained possible: s1"},
		"interrupts-only":         {sections{signIns: []string{tried("s1", 11, 50074, ""), tried("s2", 12, 50140, "")}, audits: []string{did("d1", 10, deletion, "")}}, ""},
		"deleted-and-all-is-well": {sections{signIns: []string{tried("s1", 11, 0, "")}, audits: []string{did("d1", 10, deletion, "")}}, ""},
		"another-account's-key":   {sections{signIns: []string{tried("s1", 11, 135012, "")}}, "left-on-device otherAccount possible: s1"},
		"begun-and-not-finished": {sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, "User started security info registration", target("a"))}},
			"left-on-device unexplained possible: d1 s1"},
		// B: gone from the device.
		"app-deleted": {sections{audits: []string{did("d1", 10, "User deleted security info", `,"resultReason":"User deleted Authenticator App with Notification and Code"`+target("a"))},
			methods: []string{has(passkey(5, onIPhone, ""))}}, "gone-from-device appDeleted possible: a d1"},
		"app-deleted-before": {sections{audits: []string{did("d1", 10, "User deleted security info", `,"resultReason":"User deleted Authenticator App with Notification and Code"`+target("a"))},
			methods: []string{has(passkey(12, onIPhone, ""))}}, ""},
		"phone-missing": {sections{signIns: []string{fromIPhone("s1", 10)}, methods: []string{has(passkey(5, onIPhone, ""))}}, "gone-from-device phoneMissing possible: a s1"},
		"phone-there": {sections{signIns: []string{fromIPhone("s1", 10)}, methods: []string{has(passkey(5, onIPhone, ""))},
			devices: []string{`{"id":"o1","deviceId":"D1"}`}}, ""},
		"not-used":         {sections{signIns: []string{tried("s1", 20, 0, push)}, methods: []string{has(passkey(2, yubiKey, ""))}}, "gone-from-device notUsed likely: a s1"},
		"used-once":        {sections{signIns: []string{tried("s1", 20, 0, push), tried("s2", 3, 0, used)}, methods: []string{has(passkey(2, yubiKey, ""))}}, ""},
		"one-is-new":       {sections{signIns: []string{tried("s1", 20, 0, push)}, methods: []string{has(passkey(2, yubiKey, ""), passkey(18, yubiKey, ""))}}, ""},
		"used-beta-says":   {sections{signIns: []string{tried("s1", 20, 0, push)}, methods: []string{has(passkey(2, yubiKey, `,"lastUsedDateTime":"2026-11-19T00:00:00Z"`))}}, ""},
		"v1.0-tells-not":   {sections{signIns: []string{tried("s1", 20, 0, "")}, methods: []string{has(passkey(2, yubiKey, ""))}}, ""},
		"time-is-not-told": {sections{signIns: []string{tried("s1", 20, 0, push)}, methods: []string{has(passkey(0, yubiKey, ""))}}, ""},
		// C: refused.
		"renamed": {sections{audits: []string{did("d1", 10, "Update user", `,"targetResources":[{"id":"a","type":"User","modifiedProperties":[{"displayName":"UserPrincipalName","oldValue":"[\"old@contoso.example\"]","newValue":"[\"a@contoso.example\"]"}]}]`)},
			methods: []string{has(passkey(5, yubiKey, ""))}}, "refused renamed confirmed: a d1 d1"},
		"renamed-before": {sections{audits: []string{did("d1", 3, "Update user", `,"targetResources":[{"id":"a","type":"User","modifiedProperties":[{"displayName":"UserPrincipalName","oldValue":"[\"old@contoso.example\"]","newValue":"[\"a@contoso.example\"]"}]}]`)},
			methods: []string{has(passkey(5, yubiKey, ""))}}, ""},
		"model-not-taken": {sections{signIns: []string{tried("s1", 15, 135016, "")}, audits: []string{did("d1", 14, "Authentication Methods Policy Update", `,"targetResources":[]`)},
			methods: []string{has(passkey(5, "2fc0579f-8113-47ea-b116-bb5a8db92020", ""))}}, "refused rejected confirmed: d1 s1 a authenticationMethodsPolicy"},
		// D: blocked by a remnant.
		"registration-stops-beside-hello": {sections{audits: []string{did("d1", 10, "User started security info registration", target("a"))}, methods: []string{has(hello)}},
			"blocked-by-remnant halfFinished possible: d1 a"},
		"registration-stops-beside-remnant": {sections{signIns: []string{tried("s1", 11, 135010, "")},
			audits: []string{did("d1", 10, deletion, ""), did("d2", 12, "User started security info registration", target("a"))}},
			"left-on-device deleted likely: d1 s1; blocked-by-remnant halfFinished possible: d1 s1 d2"},
		"registration-ends": {sections{audits: []string{did("d1", 10, "User started security info registration", target("a")), did("d2", 10, "Add Passkey (device-bound)", "")},
			methods: []string{has(hello)}}, ""},
		"registration-stops-and-nothing-is-there": {sections{audits: []string{did("d1", 10, "User started security info registration", target("a"))}}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := told(t, tc.sections); got != tc.want {
				t.Errorf("\ngot  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// Sections that were not read leave their part out and are named; the rest stands.
func TestOrphansWithoutAPolicy(t *testing.T) {
	s := sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, deletion, "")}}
	everything := factstest.Of(t, s.tenant().Without(snapshot.AuthenticationMethodsPolicy), lifecycle.Orphans)
	if cases := everything.Of(0); len(cases) != 1 || cases[0].Cause != lifecycle.Deleted {
		t.Errorf("%+v", cases)
	}
	if fmt.Sprint(everything.Missing) != "[authenticationMethodsPolicy]" {
		t.Errorf("missing %v", everything.Missing)
	}
}

// The evidence is quoted in the order of the chain.
func TestQuote(t *testing.T) {
	check := &audit.Check{
		ID: "PK-ORPH-999", Reads: []audit.Read{{Section: snapshot.SignIns}, {Section: snapshot.DirectoryAudits}}, Facts: []audit.AnyFact{lifecycle.LeftOnDevice},
	}
	s := sections{signIns: []string{tried("s1", 11, 135010, "")}, audits: []string{did("d1", 10, deletion, ""), did("d2", 2, "Add Passkey (device-bound)", "")}}
	run := s.tenant().Run(t)
	left := factstest.Get(t, run, lifecycle.LeftOnDevice)
	var got []string
	rec := run.Execute(t.Context(), func() *audit.Check {
		check.Run = runQuote(left, &got)
		return check
	}())
	if rec.Err != nil || strings.Join(got, " ") != `d2="Add Passkey (device-bound)" d1="Delete Passkey (device-bound)" s1=135010` {
		t.Errorf("%v %v", got, rec.Err)
	}
}

func runQuote(left *lifecycle.Remnants, got *[]string) func(context.Context, *audit.Pass) error {
	return func(ctx context.Context, p *audit.Pass) error {
		evidence, err := lifecycle.QuoteSome(ctx, p, left.All(lifecycle.Deleted), left.With(lifecycle.Deleted))
		for _, e := range evidence {
			*got = append(*got, e.Object+"="+string(e.Value))
		}
		return err
	}
}
