package graphsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/graphsim"
)

const (
	exchange = "00000002-0000-0ff1-ce00-000000000000"
	admin    = "62e90394-69f5-4237-9190-012177145e10"
	register = `"signInContext":{"@odata.type":"#microsoft.graph.userActionContext","userAction":"registerSecurityInformation"}`
	mail     = `"signInContext":{"@odata.type":"#microsoft.graph.applicationContext","includeApplications":["` + exchange + `"]}`
	paper    = `"signInContext":{"@odata.type":"#microsoft.graph.authContext","authenticationContextValue":"c1"}`
)

// whatIfTenant has one policy, ca1, with conditions given.
func whatIfTenant(t *testing.T, conditions, state string, answers ...graphsim.WhatIfAnswer) *sim {
	f := files()
	f["conditionalAccessPolicies.ndjson"] = fmt.Sprintf(`{"id":"ca1","displayName":"One","modifiedDateTime":"2026-01-01T00:00:00Z","state":%q,"conditions":{%s}}`, state, conditions) + "\n"
	f["roleAssignments.ndjson"] = `{"id":"r1","principalId":"` + alice + `","roleDefinitionId":"x","roleDefinition":{"templateId":"` + admin + `"},"directoryScopeId":"/"}` + "\n" +
		`{"id":"r2","principalId":"` + carol + `","roleDefinitionId":"` + admin + `","directoryScopeId":"/administrativeUnits/u"}` + "\n"
	f["namedLocations.ndjson"] = `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"n1","isTrusted":true,"ipRanges":[{"cidrAddress":"192.0.2.0/24"}]}` + "\n" +
		`{"@odata.type":"#microsoft.graph.countryNamedLocation","id":"n2","countriesAndRegions":["NL","BE"]}` + "\n"
	return newSim(t, openSnapshot(t, "", f), graphsim.Options{WhatIf: answers})
}

// said asks about a sign-in and gives "applies" or the reason why not.
func (s *sim) said(user, context, conditions string) string {
	s.t.Helper()
	body := fmt.Sprintf(`{"signInIdentity":{"@odata.type":"#microsoft.graph.userSignIn","userId":%q},%s,"signInConditions":{%s},"appliedPoliciesOnly":false}`, user, context, conditions)
	r := s.do("POST", "/v1.0/identity/conditionalAccess/evaluate", body)
	if r.status != 200 {
		return fmt.Sprint(r.status, " ", r.body)
	}
	var answer struct {
		Value []struct {
			ID      string `json:"id"`
			Applies bool   `json:"policyApplies"`
			Reasons string `json:"analysisReasons"`
			State   string `json:"state"`
		} `json:"value"`
	}
	if err := json.Unmarshal([]byte(r.body), &answer); err != nil || len(answer.Value) != 1 || answer.Value[0].State == "" {
		s.t.Fatalf("%v: %s", err, r.body)
	}
	if v := answer.Value[0]; v.Applies == (v.Reasons == "notSet") && v.Applies {
		return "applies"
	} else if !v.Applies {
		return v.Reasons
	}
	return "contradiction"
}

func TestWhatIf(t *testing.T) {
	const everybody, everything = `"users":{"includeUsers":["All"]}`, `"applications":{"includeApplications":["All"]}`
	all := everybody + "," + everything
	tests := []struct {
		name, conditions, state, user, context, given, want string
	}{
		{"everybody", all, "enabled", alice, mail, "", "applies"},
		{"report-only", all, "enabledForReportingButNotEnforced", alice, mail, "", "applies"},
		{"disabled", all, "disabled", alice, mail, "", "policyNotEnabled"},
		{"other-user", `"users":{"includeUsers":["` + bob + `"]},` + everything, "enabled", alice, mail, "", "users"},
		{"nested-group", `"users":{"includeGroups":["` + staff + `"]},` + everything, "enabled", bob, mail, "", "applies"},
		{"excluded-group", `"users":{"includeUsers":["All"],"excludeGroups":["` + staff + `"]},` + everything, "enabled", alice, mail, "", "users"},
		{"role", `"users":{"includeRoles":["` + admin + `"]},` + everything, "enabled", alice, mail, "", "applies"},
		{"role-of-a-unit", `"users":{"includeRoles":["` + admin + `"]},` + everything, "enabled", carol, mail, "", "users"},
		{"guest", `"users":{"includeUsers":["GuestsOrExternalUsers"]},` + everything, "enabled", bob, mail, "", "applies"},
		{"guest-kind", `"users":{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest"}},` + everything, "enabled", bob, mail, "", "applies"},
		{"no-guest", `"users":{"includeUsers":["GuestsOrExternalUsers"]},` + everything, "enabled", alice, mail, "", "users"},
		{"suite", everybody + `,"applications":{"includeApplications":["Office365"]}`, "enabled", alice, mail, "", "applies"},
		{"other-app", everybody + `,"applications":{"includeApplications":["x"]}`, "enabled", alice, mail, "", "application"},
		{"excluded-app", everybody + `,"applications":{"includeApplications":["All"],"excludeApplications":["` + exchange + `"]}`, "enabled", alice, mail, "", "application"},
		{"app-filter", everybody + `,"applications":{"includeApplications":["All"],"applicationFilter":{"rule":"x"}}`, "enabled", alice, mail, "", "notEnoughInformation"},
		{"register-all", all, "enabled", alice, register, "", "applies"},
		{"register", everybody + `,"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}`, "enabled", alice, register, "", "applies"},
		{"register-not", everybody + `,"applications":{"includeApplications":["x"]}`, "enabled", alice, register, "", "userActions"},
		{"context-all", all, "enabled", alice, paper, "", "authenticationContext"},
		{"context", everybody + `,"applications":{"includeAuthenticationContextClassReferences":["c1"]}`, "enabled", alice, paper, "", "applies"},
		{"client", all + `,"clientAppTypes":["browser"]`, "enabled", alice, mail, `"clientAppType":"other"`, "clientApps"},
		{"platform", all + `,"platforms":{"includePlatforms":["all"],"excludePlatforms":["iOS"]}`, "enabled", alice, mail, `"devicePlatform":"iOS"`, "devicePlatform"},
		{"risk", all + `,"signInRiskLevels":["high"]`, "enabled", alice, mail, `"signInRiskLevel":"medium"`, "signInRisk"},
		{"risk-left-out", all + `,"userRiskLevels":["high"]`, "enabled", alice, mail, "", "userRisk"},
		{"flow", all + `,"authenticationFlows":{"transferMethods":"deviceCodeFlow,authenticationTransfer"}`, "enabled", alice, mail, `"authenticationFlow":{"transferMethod":"deviceCodeFlow"}`, "applies"},
		{"office", all + `,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`, "enabled", alice, mail, `"ipAddress":"192.0.2.7"`, "location"},
		{"outside", all + `,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`, "enabled", alice, mail, `"ipAddress":"203.0.113.7"`, "applies"},
		{"country", all + `,"locations":{"includeLocations":["n2"]}`, "enabled", alice, mail, `"country":"NL","ipAddress":"203.0.113.7"`, "applies"},
		{"device", all + `,"devices":{"deviceFilter":{"mode":"include","rule":"device.trustType -eq \"AzureAD\" -and (device.isCompliant -eq True -or device.model -startsWith \"Pix\")"}}`, "enabled",
			alice, mail, `"deviceInfo":{"trustType":"EntraID","model":"Pixel 9"}`, "applies"},
		{"device-null", all + `,"devices":{"deviceFilter":{"mode":"exclude","rule":"device.trustType -ne \"ServerAD\""}}`, "enabled", alice, mail, "", "devices"},
		{"device-strange", all + `,"devices":{"deviceFilter":{"mode":"include","rule":"device.model -matches \"x\""}}`, "enabled", alice, mail, "", "notEnoughInformation"},
		{"nobody", all, "enabled", unknown, mail, "", "404"},
		{"no-target", all, "enabled", alice, `"signInContext":{}`, "", "400"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := whatIfTenant(t, tt.conditions, tt.state).said(tt.user, tt.context, tt.given); got != tt.want && !strings.HasPrefix(got, tt.want+" ") {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// Answers that were made to order replace the simulator's own, and appliedPoliciesOnly
// leaves out what does not apply.
func TestWhatIfMadeToOrder(t *testing.T) {
	answers, err := graphsim.ParseWhatIf([]byte(`[{"userId":"` + alice + `","policyId":"CA1","policyApplies":false,"analysisReasons":"clientApps"}]`))
	if err != nil {
		t.Fatal(err)
	}
	s := whatIfTenant(t, `"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}`, "enabled", answers...)
	if got := s.said(alice, mail, ""); got != "clientApps" {
		t.Errorf("alice: %s", got)
	}
	if got := s.said(bob, mail, ""); got != "applies" {
		t.Errorf("bob: %s", got)
	}
	body := `{"signInIdentity":{"@odata.type":"#microsoft.graph.userSignIn","userId":"` + alice + `"},` + mail + `,"appliedPoliciesOnly":true}`
	if r := s.do("POST", "/v1.0/identity/conditionalAccess/evaluate", body); r.status != 200 || !strings.Contains(r.body, `"value":[]`) {
		t.Errorf("%d %s", r.status, r.body)
	}
	for _, bad := range []string{`[{"policyApplies":true}]`, `[{"policyId":"x","applies":true}]`, `{}`} {
		if _, err := graphsim.ParseWhatIf([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// Where policies could not be read, What-If is refused as they were.
func TestWhatIfRefused(t *testing.T) {
	snap := openSnapshot(t, `"conditionalAccessPolicies":{"state":"denied","status":403,"code":"AccessDenied"}`, map[string]string{"users.ndjson": `{"id":"` + alice + `"}`, "groupMembers.ndjson": ""})
	if snap.Status(snapshot.ConditionalAccessPolicies).State != snapshot.Denied {
		t.Fatal("the snapshot should say denied")
	}
	s := newSim(t, snap, graphsim.Options{})
	if got := s.said(alice, mail, ""); !strings.HasPrefix(got, "403 ") {
		t.Errorf("got %s", got)
	}
}
