package change_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

const policy1 = `{"id":"P1","displayName":"One","state":"enabledForReportingButNotEnforced","x":[1.50],"conditions":{"signInRiskLevels":["high"],"users":{"includeUsers":["All"],"excludeGroups":["g1"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":[],"authenticationStrength":{"id":"s1","allowedCombinations":["fido2"]}}}`

var rows = map[string]string{
	"conditionalAccessPolicies":      policy1,
	"users":                          `{"id":"u1","userPrincipalName":"ada@contoso.example","accountEnabled":true}` + "\n" + `{"id":"u2","userPrincipalName":"bob@contoso.example","accountEnabled":true}`,
	"groups":                         `{"id":"g1","displayName":"Pilot"}` + "\n" + `{"id":"g2","displayName":"Outer"}`,
	"groupMembers":                   `{"groupId":"g1","transitive":true,"userIds":["u1"]}` + "\n" + `{"groupId":"g2","transitive":true,"userIds":["u1"],"groupIds":["G1"]}`,
	"namedLocations":                 `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"l1","displayName":"Office","isTrusted":true,"ipRanges":[{"cidrAddress":"192.0.2.0/24"}]}`,
	"authenticationStrengthPolicies": `{"id":"s1","displayName":"Keys","policyType":"custom","allowedCombinations":["fido2"],"combinationConfigurations":[{"@odata.type":"#microsoft.graph.fido2CombinationConfiguration","id":"c1","appliesToCombinations":["fido2"],"allowedAAGUIDs":["a"]}]}`,
	"authenticationMethodsPolicy":    `{"id":"m","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"defaultPasskeyProfile":"d","passkeyProfiles":[{"id":"d","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled","keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":["a"]}}],"includeTargets":[{"id":"all_users","targetType":"group","allowedPasskeyProfiles":["d"]}],"excludeTargets":[]},{"id":"TemporaryAccessPass","state":"disabled","includeTargets":[{"id":"all_users","targetType":"group"}]}]}`,
}

func tenant(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	files := fstest.MapFS{"manifest.json": {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)}}
	for name, text := range rows {
		ext := ".ndjson"
		if name == "authenticationMethodsPolicy" {
			ext = ".json"
		}
		files["sections/"+name+ext] = &fstest.MapFile{Data: []byte(text)}
	}
	s, err := snapshot.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func apply(t *testing.T, text string) (*change.Applied, error) {
	t.Helper()
	requests, err := change.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return change.Apply(t.Context(), tenant(t), requests)
}

// value is what stands at a pointer of the row with a key.
func value(t *testing.T, s *snapshot.Snapshot, section snapshot.SectionID, key, pointer string) string {
	t.Helper()
	found, err := s.FindAll(t.Context(), section, []string{key})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, row := range found {
		v, _ := entra.Lookup(row.Raw, pointer)
		list = append(list, string(v))
	}
	return strings.Join(list, " ")
}

const (
	ca        = snapshot.ConditionalAccessPolicies
	mp        = snapshot.AuthenticationMethodsPolicy
	strengths = snapshot.AuthenticationStrengths
	fido2     = "/authenticationMethodConfigurations/0"
)

// TestApply makes one change and looks at one place.
func TestApply(t *testing.T) {
	request := func(method, url, body string) string {
		return `{"method":"` + method + `","url":"` + url + `"` + map[bool]string{true: `,"body":` + body}[body != ""] + `}`
	}
	for name, c := range map[string]struct {
		change        string
		section       snapshot.SectionID
		key, at, want string
		step          string
		note          string
	}{
		"switch a policy on": {request("PATCH", "/v1.0/Identity/conditionalaccess/policies/p1", `{"state":"enabled"}`),
			ca, "P1", "/state", `"enabled"`, `change the policy "One": report-only → on`, ""},
		"everything else stays as Graph spelled it": {request("PATCH", "/identity/conditionalAccess/policies/P1", `{"state":"enabled"}`), ca, "P1", "/x", "[1.50]", "", ""},
		"a list of conditions": {request("PATCH", "/identity/conditionalAccess/policies/P1", `{"conditions":{"signInRiskLevels":["low"]}}`),
			ca, "P1", "/conditions", `{"signInRiskLevels":["low"],"users":{"includeUsers":["All"],"excludeGroups":["g1"]},"applications":{"includeApplications":["All"]}}`, "", ""},
		"an object inside": {request("PATCH", "/identity/conditionalAccess/policies/P1", `{"conditions":{"users":{"excludeGroups":[]}}}`),
			ca, "P1", "/conditions/users", `{"includeUsers":["All"],"excludeGroups":[]}`, "", "says nothing of conditions.users.includeUsers; taken as kept"},
		"null clears": {request("PATCH", "/identity/conditionalAccess/policies/P1", `{"grantControls":null}`), ca, "P1", "/grantControls", "null", "", ""},
		"another strength": {request("PATCH", "/identity/conditionalAccess/policies/P1", `{"grantControls":{"operator":"OR","builtInControls":[],"authenticationStrength@odata.bind":"https://graph.microsoft.com/v1.0/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004"}}`),
			ca, "P1", "/grantControls/authenticationStrength", `{"id":"00000000-0000-0000-0000-000000000004"}`, "", ""},
		"delete a policy": {request("DELETE", "/identity/conditionalAccess/policies/P1", ""), ca, "P1", "", "", `delete the policy "One"`, ""},
		"a whole policy":  {strings.Replace(policy1, "One", "Uno", 1), ca, "p1", "/displayName", `"Uno"`, `replace the policy "Uno", report-only`, ""},
		"a new policy":    {strings.Replace(strings.Replace(policy1, `"x":[1.50],`, "", 1), `"P1"`, `"P2"`, 1), ca, "P2", "/displayName", `"One"`, `add the policy "One", report-only`, ""},
		"a method": {request("PATCH", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/FIDO2", `{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","state":"disabled"}`),
			mp, "m", fido2 + "/state", `"disabled"`, "change the method Fido2: on → off", ""},
		"a method in the policy": {request("PATCH", "/policies/authenticationMethodsPolicy", `{"policyMigrationState":"preMigration","authenticationMethodConfigurations":[{"id":"temporaryaccesspass","state":"enabled"}]}`),
			mp, "m", "/authenticationMethodConfigurations/1/state", `"enabled"`, "change the methods policy: policyMigrationState; the method TemporaryAccessPass: off → on", ""},
		"a profile in the method": {request("PATCH", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2", `{"passkeyProfiles":[{"id":"D","passkeyTypes":"synced"}]}`),
			mp, "m", fido2 + "/passkeyProfiles/0/passkeyTypes", `"synced"`, "", ""},
		"a profile": {request("PATCH", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2/passkeyProfiles/d", `{"keyRestrictions":{"aaGuids":["b"]}}`),
			mp, "m", fido2 + "/passkeyProfiles/0/keyRestrictions", `{"isEnforced":true,"enforcementType":"allow","aaGuids":["b"]}`, `change the passkey profile "Default": keyRestrictions`, "the profile's keyRestrictions.isEnforced"},
		"a new profile": {request("POST", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/fido2/passkeyProfiles", `{"id":"e","name":"Strict","passkeyTypes":"deviceBound"}`),
			mp, "m", fido2 + "/passkeyProfiles/1/name", `"Strict"`, `add the passkey profile "Strict"`, ""},
		"combinations": {request("POST", "/policies/authenticationStrengthPolicies/S1/microsoft.graph.updateAllowedCombinations", `{"allowedCombinations":["fido2","windowsHelloForBusiness"]}`),
			strengths, "s1", "/allowedCombinations", `["fido2","windowsHelloForBusiness"]`, `change the strength "Keys": allows fido2; windowsHelloForBusiness`, ""},
		"policies hold a copy of the strength": {request("POST", "/policies/authenticationStrengthPolicies/s1/updateAllowedCombinations", `{"allowedCombinations":["sms"]}`),
			ca, "P1", "/grantControls/authenticationStrength/allowedCombinations", `["sms"]`, "", ""},
		"models of a strength": {request("PATCH", "/policies/authenticationStrengthPolicies/s1/combinationConfigurations/c1", `{"allowedAAGUIDs":["a","b"]}`),
			strengths, "s1", "/combinationConfigurations/0/allowedAAGUIDs", `["a","b"]`, `change the strength "Keys": limits passkeys to 2 models`, ""},
		"a place": {request("PATCH", "/identity/conditionalAccess/namedLocations/l1", `{"@odata.type":"#microsoft.graph.ipNamedLocation","isTrusted":false}`),
			snapshot.NamedLocations, "l1", "/isTrusted", "false", `change the named location "Office": @odata.type, isTrusted`, ""},
		"a member": {request("POST", "/groups/g1/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/u2"}`),
			snapshot.GroupMembers, "g1", "/userIds", `["u1"] ["u2"]`, `add bob@contoso.example to the group "Pilot"`, ""},
		"a member of the group inside": {request("POST", "/groups/g1/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/users/u2"}`),
			snapshot.GroupMembers, "g2", "/userIds", `["u1"] ["u2"]`, "", ""},
		"members by PATCH": {request("PATCH", "/groups/g1", `{"members@odata.bind":["https://graph.microsoft.com/v1.0/directoryObjects/u2"]}`),
			snapshot.GroupMembers, "g1", "/userIds", `["u1"] ["u2"]`, "", ""},
		"a group as a member": {request("POST", "/groups/g1/members/$ref", `{"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/g2"}`),
			snapshot.GroupMembers, "g1", "/groupIds", ` ["g2"]`, "", ""},
		"a member less": {request("DELETE", "/groups/g2/members/u1/$ref", ""),
			snapshot.GroupMembers, "g2", "/userIds", "[]", `take ada@contoso.example out of the group "Outer"`, "takes ada@contoso.example for a direct member"},
		"a user": {request("PATCH", "/users/bob@contoso.example", `{"accountEnabled":false}`),
			snapshot.Users, "u2", "/accountEnabled", "false", "change the user bob@contoso.example: disabled", ""},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			got, err := apply(t, c.change)
			if err != nil {
				t.Fatal(err)
			}
			if v := value(t, got.Snapshot, c.section, c.key, c.at); v != c.want {
				t.Errorf("%s%s is %s, want %s", c.key, c.at, v, c.want)
			}
			if c.step != "" && !slices.Equal(got.Steps, []string{c.step}) {
				t.Errorf("steps %q, want %q", got.Steps, c.step)
			}
			notes := strings.Join(got.Notes, "\n")
			if c.note == "" && notes != "" || !strings.Contains(notes, c.note) {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}

// TestApplyRefuses lists changes that are not understood, or cannot be made.
func TestApplyRefuses(t *testing.T) {
	const policies, methods = "/identity/conditionalAccess/policies", "/policies/authenticationMethodsPolicy/authenticationMethodConfigurations"
	for name, c := range map[string]struct{ method, url, body, want string }{
		"a path nobody knows":      {"PATCH", "/identity/b2cUserFlows/x", `{}`, "cannot be previewed"},
		"a policy that is not":     {"PATCH", policies + "/P9", `{"state":"enabled"}`, "no Conditional Access policy P9"},
		"a misspelt member":        {"PATCH", policies + "/P1", `{"sate":"enabled"}`, `the member "sate" is not understood`},
		"a state that is none":     {"PATCH", policies + "/P1", `{"state":"on"}`, `the state "on" is none of`},
		"a wrong type":             {"PATCH", policies + "/P1", `{"conditions":{"users":{"includeUsers":"All"}}}`, "includeUsers cannot be a text"},
		"an unknown group":         {"PATCH", policies + "/P1", `{"conditions":{"users":{"includeGroups":["g9"]}}}`, "would name the group g9, which the snapshot does not have"},
		"an unknown user":          {"PATCH", policies + "/P1", `{"conditions":{"users":{"includeUsers":["u9"]}}}`, "the user u9, which does not exist"},
		"an unknown place":         {"PATCH", policies + "/P1", `{"conditions":{"locations":{"includeLocations":["l9"]}}}`, "the named location l9"},
		"an unknown strength":      {"PATCH", policies + "/P1", `{"grantControls":{"authenticationStrength":{"id":"s9"}}}`, "the authentication strength s9"},
		"a policy without users":   {"POST", policies, `{"displayName":"x","state":"enabled","conditions":{}}`, "needs conditions with users"},
		"a policy twice":           {"POST", policies, policy1, "already; PATCH changes it"},
		"an action on a policy":    {"PUT", policies, `{}`, "the method PUT is not taken"},
		"a method that is not":     {"PATCH", methods + "/Sms", `{"state":"enabled"}`, `no entry "Sms"`},
		"a member of no method":    {"PATCH", methods + "/fido2", `{"isUsableOnce":true}`, `the member "isUsableOnce" is not understood`},
		"a mirror of the profile":  {"PATCH", methods + "/fido2", `{"isAttestationEnforced":true}`, "only mirrors the Default passkey profile"},
		"a profile that is not":    {"PATCH", methods + "/fido2/passkeyProfiles/z", `{"name":"x"}`, "no passkey profile z"},
		"a profile still named":    {"DELETE", methods + "/fido2/passkeyProfiles/d", "", "names the passkey profile d, which does not exist"},
		"profiles of another":      {"POST", methods + "/TemporaryAccessPass/passkeyProfiles", `{}`, "has no passkey profiles"},
		"a built-in strength":      {"PATCH", "/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004", `{"displayName":"x"}`, "built-in strength cannot be changed"},
		"combinations by PATCH":    {"PATCH", "/policies/authenticationStrengthPolicies/s1", `{"allowedCombinations":["sms"]}`, "updateAllowedCombinations"},
		"a strength in use":        {"DELETE", "/policies/authenticationStrengthPolicies/s1", "", `while the policy "One" names it`},
		"a group that is not":      {"POST", "/groups/g9/members/$ref", `{"@odata.id":"/users/u1"}`, "no group g9"},
		"a member that is not":     {"POST", "/groups/g1/members/$ref", `{"@odata.id":"/users/u9"}`, "no user and no group u9"},
		"no member":                {"DELETE", "/groups/g1/members/u2/$ref", "", `bob@contoso.example is no member of the group "Pilot"`},
		"perhaps in the outer too": {"DELETE", "/groups/g1/members/u1/$ref", "", "does not tell whether ada@contoso.example is in it in another way"},
		"a user's other members":   {"PATCH", "/users/u1", `{"mail":"x"}`, `the member "mail" is not understood`},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			body := ""
			if c.body != "" {
				body = `,"body":` + c.body
			}
			_, err := apply(t, `{"id":"1","method":"`+c.method+`","url":"`+c.url+`"`+body+`}`)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `request "1"`) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := apply(t, `{"displayName":"what am I"}`); err == nil || !strings.Contains(err.Error(), "neither a request") {
		t.Errorf("an object of no kind: %v", err)
	}
}

// TestNothingKnown: what was not collected cannot be changed.
func TestNothingKnown(t *testing.T) {
	requests, err := change.Parse([]byte(strings.Replace(policy1, `"x":[1.50],`, "", 1)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = change.Apply(t.Context(), tenant(t).Without(ca), requests)
	if err == nil || !strings.Contains(err.Error(), "the snapshot has no conditionalAccessPolicies (notCollected)") {
		t.Errorf("%v", err)
	}
}

// TestRequire writes the requirement as a request, reads it back and makes it.
func TestRequire(t *testing.T) {
	q := change.Requirement{What: "phishing-resistant", For: []string{"group:g1"}, Exclude: []string{"user:u2"}, Platforms: []string{"WINDOWS", "ios"}, Apps: []string{"Office365"}}
	r, err := q.Request()
	if err != nil {
		t.Fatal(err)
	}
	text, err := change.Batch([]change.Request{r})
	if err != nil {
		t.Fatal(err)
	}
	applied, err := apply(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for o, err := range snapshot.Objects[entra.ConditionalAccessPolicy](t.Context(), applied.Snapshot, ca) {
		if err != nil {
			t.Fatal(err)
		}
		p := o.Value
		if p.ID == "P1" {
			continue
		}
		found = true
		if u := p.Conditions.Users; !slices.Equal(u.IncludeGroups, []string{"g1"}) || !slices.Equal(u.ExcludeUsers, []string{"u2"}) || len(u.IncludeUsers) > 0 {
			t.Errorf("users %+v", u)
		}
		if !slices.Equal(p.Conditions.Platforms.IncludePlatforms, []string{"windows", "iOS"}) || !slices.Equal(p.Conditions.Applications.IncludeApplications, []string{"Office365"}) {
			t.Errorf("conditions %+v", p.Conditions)
		}
		if p.GrantControls.AuthenticationStrength.ID != entra.StrengthPhishingResistant || p.State != "enabled" {
			t.Errorf("policy %+v", p)
		}
	}
	if !found {
		t.Error("no policy was added")
	}
	for _, bad := range []change.Requirement{
		{What: "passkeys", For: []string{"all"}}, {What: "mfa"}, {What: "mfa", For: []string{"everybody"}}, {What: "mfa", For: []string{"all"}, Exclude: []string{"all"}},
		{What: "mfa", For: []string{"all"}, Platforms: []string{"amiga"}}, {What: "mfa", For: []string{"all"}, Apps: []string{"all", "x"}},
	} {
		if _, err := bad.Request(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
