package replay_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/snapshot"
)

const (
	exchange  = "00000002-0000-0ff1-ce00-000000000000"
	mySignIns = "19db86c3-b2b9-44cc-b339-36da233a3be2"
	policyID  = "50000000-0000-4000-8000-000000000001"
	office    = "60000000-0000-4000-8000-000000000001"
)

// policy writes an enabled policy for all users, changed in 2025, with conditions and
// controls given; more replaces or adds members.
func policy(conditions, controls, more string) string {
	if !strings.Contains(conditions, `"applications"`) {
		conditions += `,"applications":{"includeApplications":["All"]}`
	}
	state := `"state":"enabled",`
	if strings.Contains(more, `"state"`) {
		state = ""
	}
	return fmt.Sprintf(`{"id":%q,"displayName":"P","createdDateTime":"2025-01-01T00:00:00Z",%s"conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]}%s},"grantControls":%s%s}`,
		policyID, state, conditions, controls, more)
}

const (
	block     = `{"operator":"OR","builtInControls":["block"]}`
	mfa       = `{"operator":"OR","builtInControls":["mfa"]}`
	compliant = `{"operator":"OR","builtInControls":["compliantDevice"]}`
	either    = `{"operator":"OR","builtInControls":["mfa","compliantDevice"]}`
	both      = `{"operator":"AND","builtInControls":["mfa","compliantDevice"]}`
)

// row writes a successful sign-in of a to Exchange from an Android phone that is not
// registered, in November 2026, in which the policy had a result.
func row(result, more string) string {
	members := map[string]string{
		"userId": `"a"`, "createdDateTime": `"2026-11-10T08:00:00Z"`, "resourceId": fmt.Sprintf("%q", exchange), "status": `{"errorCode":0}`, "clientAppUsed": `"Browser"`,
		"deviceDetail": `{"deviceId":"","operatingSystem":"Android 16"}`, "ipAddress": `"203.0.113.9"`, "location": `{"countryOrRegion":"NL"}`,
		"riskLevelDuringSignIn":            `"none"`,
		"appliedConditionalAccessPolicies": fmt.Sprintf(`[{"id":%q,"displayName":"P","result":%q}]`, strings.ToUpper(policyID), result),
	}
	for _, m := range strings.Split(more, "\n") {
		if name, value, is := strings.Cut(m, "="); is {
			members[name] = value
		}
	}
	out := `{"id":"s"`
	for name, value := range members {
		out += fmt.Sprintf(",%q:%s", name, value)
	}
	return out + "}"
}

// came writes what the comparison of a tenant came to.
func came(e *audit.Engine) string {
	text := fmt.Sprintf("agreed %d of %d", e.Agreed, e.PolicyDecisions)
	for _, n := range []struct {
		what  string
		count int
	}{{"undecided", e.Undecided}, {"outdated", e.Outdated}, {"not evaluated", e.NotEvaluated}, {"withheld", e.Withheld}, {"others", e.Others}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %s %d", n.what, n.count)
		}
	}
	for _, d := range e.Disagreements {
		text += fmt.Sprintf("; logged %s, evaluated %s %s%s", d.Logged, d.Evaluated, strings.Join(d.Because, " "), strings.Join(d.Unmet, " "))
	}
	return text
}

func TestAgreement(t *testing.T) {
	ios := `,"platforms":{"includePlatforms":["iOS"]}`
	place := `,"locations":{"includeLocations":["All"],"excludeLocations":["` + office + `"]}`
	action := `,"applications":{"includeUserActions":["urn:user:registersecurityinfo"]}`
	inOther := `,"applications":{"includeApplications":["99999999-0000-4000-8000-00000000000a"]}`
	used := func(words ...string) string {
		var steps []string
		for _, w := range words {
			steps = append(steps, fmt.Sprintf(`{"authenticationMethod":%q,"succeeded":true}`, w))
		}
		return "authenticationDetails=[" + strings.Join(steps, ",") + "]"
	}
	const agreed, undecided, outdated = "agreed 1 of 1", "agreed 0 of 0, undecided 1", "agreed 0 of 0, outdated 1"
	tests := map[string]struct{ policy, row, want string }{
		"applied":                    {policy("", mfa, ""), row("success", ""), agreed},
		"not-applied":                {policy(ios, mfa, ""), row("notApplied", ""), agreed},
		"should-not-apply":           {policy(ios, mfa, ""), row("success", ""), "agreed 0 of 1; logged success, evaluated notApplied platforms"},
		"should-apply":               {policy("", mfa, ""), row("notApplied", ""), "agreed 0 of 1; logged notApplied, evaluated applied mfa"},
		"block-met":                  {policy("", block, ""), row("success", ""), "agreed 0 of 1; logged success, evaluated notSatisfied block"},
		"blocked":                    {policy("", block, ""), row("failure", ""), agreed},
		"device-refused":             {policy("", compliant, ""), row("failure", ""), agreed},
		"device-met":                 {policy("", compliant, ""), row("failure", "deviceDetail={\"deviceId\":\"d\",\"operatingSystem\":\"Android 16\",\"isCompliant\":true,\"trustType\":\"Azure AD registered\"}"), "agreed 0 of 1; logged failure, evaluated satisfied "},
		"method-decides":             {policy("", mfa, ""), row("failure", ""), agreed},
		"or-with-a-method":           {policy("", either, ""), row("success", ""), agreed},
		"and-with-a-device":          {policy("", both, ""), row("success", ""), "agreed 0 of 1; logged success, evaluated notSatisfied mfa compliantDevice"},
		"session-may-fail":           {policy("", "null", `,"sessionControls":{"signInFrequency":{"isEnabled":true,"type":"hours","value":8}}`), row("failure", ""), agreed},
		"nothing-can-fail":           {policy("", "null", ""), row("failure", ""), "agreed 0 of 1; logged failure, evaluated satisfied "},
		"report-only-success":        {policy("", compliant, `,"state":"enabledForReportingButNotEnforced"`), row("reportOnlySuccess", ""), "agreed 0 of 1; logged reportOnlySuccess, evaluated notSatisfied compliantDevice"},
		"report-only-failure":        {policy("", compliant, `,"state":"enabledForReportingButNotEnforced"`), row("reportOnlyFailure", ""), agreed},
		"report-only-interrupted":    {policy("", mfa, `,"state":"enabledForReportingButNotEnforced"`), row("reportOnlyInterrupted", ""), agreed},
		"report-only-no-prompt":      {policy("", block, `,"state":"enabledForReportingButNotEnforced"`), row("reportOnlyInterrupted", ""), "agreed 0 of 1; logged reportOnlyInterrupted, evaluated notSatisfied block"},
		"report-only-not":            {policy(ios, block, `,"state":"enabledForReportingButNotEnforced"`), row("reportOnlyNotApplied", ""), agreed},
		"disabled":                   {policy("", block, `,"state":"disabled"`), row("notEnabled", ""), agreed},
		"disabled-since":             {policy("", block, `,"state":"disabled"`), row("failure", ""), outdated},
		"enforced-since":             {policy("", block, ""), row("reportOnlyFailure", ""), outdated},
		"changed-since":              {policy(ios, mfa, `,"modifiedDateTime":"2026-11-10T08:00:01Z"`), row("success", ""), outdated},
		"changed-before":             {policy(ios, mfa, `,"modifiedDateTime":"2026-11-10T07:59:59Z"`), row("notApplied", ""), agreed},
		"made-since":                 {strings.Replace(policy(ios, mfa, ""), "2025-01-01", "2026-11-11", 1), row("success", ""), outdated},
		"location-changed-since":     {policy(place, mfa, ""), row("notApplied", ""), outdated},
		"deleted-since":              {strings.Replace(policy("", mfa, ""), policyID, "50000000-0000-4000-8000-000000000002", 1), row("success", ""), outdated},
		"unknown-result":             {policy("", mfa, ""), row("unknown", ""), undecided},
		"unfamiliar-result":          {policy("", mfa, ""), row("quarantined", ""), undecided},
		"unfamiliar-state":           {policy("", mfa, `,"state":"soon"`), row("success", ""), undecided},
		"user-risk-is-not-told":      {policy(`,"userRiskLevels":["high"]`, block, ""), row("notApplied", "riskLevelAggregated=\"high\""), undecided},
		"sign-in-risk":               {policy(`,"signInRiskLevels":["high"]`, block, ""), row("notApplied", ""), agreed},
		"risk-hidden":                {policy(`,"signInRiskLevels":["high"]`, block, ""), row("notApplied", "riskLevelDuringSignIn=\"hidden\""), undecided},
		"transfer-in-v1":             {policy(`,"authenticationFlows":{"transferMethods":"deviceCodeFlow"}`, block, ""), row("notApplied", ""), undecided},
		"transfer-in-beta":           {policy(`,"authenticationFlows":{"transferMethods":"deviceCodeFlow"}`, block, ""), row("notApplied", "authenticationProtocol=\"none\"\noriginalTransferMethod=\"none\""), agreed},
		"address-not-told":           {policy(`,"locations":{"includeLocations":["70000000-0000-4000-8000-000000000001"]}`, block, ""), row("notApplied", "ipAddress=\"255.255.255.255\""), undecided},
		"security-defaults":          {policy("", mfa, ""), row("success", `appliedConditionalAccessPolicies=[{"id":"SecurityDefaults","result":"success"}]`), "agreed 0 of 0"},
		"listed-twice":               {policy("", mfa, ""), row("success", fmt.Sprintf(`appliedConditionalAccessPolicies=[{"id":%q,"result":"success"},{"id":%q,"result":"success"}]`, policyID, policyID)), agreed},
		"list-missing":               {policy("", mfa, ""), row("success", "appliedConditionalAccessPolicies=null"), "agreed 0 of 0, withheld 1"},
		"list-empty":                 {policy("", mfa, ""), row("success", "appliedConditionalAccessPolicies=[]"), "agreed 0 of 0, not evaluated 1"},
		"list-empty-and-success":     {policy("", mfa, ""), row("success", "appliedConditionalAccessPolicies=[]\nconditionalAccessStatus=\"success\""), "agreed 0 of 0, withheld 1"},
		"wrong-password":             {policy("", mfa, ""), row("notApplied", `status={"errorCode":50126}`), "agreed 0 of 0, not evaluated 1"},
		"interrupt-is-evaluated":     {policy("", mfa, ""), row("failure", `status={"errorCode":50074}`), agreed},
		"stranger":                   {policy("", mfa, ""), row("success", `userId="x"`), "agreed 0 of 0, others 1"},
		"no-resource":                {policy("", mfa, ""), row("success", `resourceId=""`), "agreed 0 of 0, others 1"},
		"no-time":                    {policy("", mfa, ""), row("success", `createdDateTime=""`), "agreed 0 of 0, others 1"},
		"in-another-tenant":          {policy("", mfa, ""), row("notApplied", "homeTenantId=\"h\"\nresourceTenantId=\"r\""), "agreed 0 of 0, others 1"},
		"action-in-v1":               {policy(action, block, ""), row("notApplied", ""), undecided},
		"action-logged-in-v1":        {policy(action, block, ""), row("failure", ""), undecided},
		"action-excluded-otherwise":  {policy(action+ios, block, ""), row("notApplied", ""), agreed},
		"action-excluded-and-logged": {policy(action+ios, block, ""), row("failure", ""), "agreed 0 of 1; logged failure, evaluated notApplied userActions platforms"},
		"action-in-beta":             {policy(action, block, ""), row("failure", `authenticationContextClassReferences=[{"id":"urn:user:registersecurityinfo","detail":"required"}]`), agreed},
		"action-not-in-beta":         {policy(action, block, ""), row("failure", `authenticationContextClassReferences=[]`), "agreed 0 of 1; logged failure, evaluated notApplied userActions"},
		"action-met-before-in-beta":  {policy(action, block, ""), row("notApplied", `authenticationContextClassReferences=[{"id":"urn:user:registersecurityinfo","detail":"previouslySatisfied"}]`), undecided},
		"context-in-beta": {policy(`,"applications":{"includeAuthenticationContextClassReferences":["c1","c2"]}`, block, ""),
			row("failure", `authenticationContextClassReferences=[{"id":"C2","detail":"required"}]`), agreed},
		"excluded-page-of-security-info": {policy(`,"applications":{"includeApplications":["All"],"excludeApplications":["`+mySignIns+`"]}`, block, ""), row("failure", fmt.Sprintf("resourceId=%q", mySignIns)), undecided},
		"excluded-resource":              {policy(`,"applications":{"includeApplications":["All"],"excludeApplications":["`+exchange+`"]}`, block, ""), row("notApplied", ""), agreed},
		"app-itself":                     {policy(`,"applications":{"includeApplications":["99999999-0000-4000-8000-00000000000a"]}`, block, ""), row("failure", `appId="99999999-0000-4000-8000-00000000000A"`), undecided},
		"other-app":                      {policy(`,"applications":{"includeApplications":["99999999-0000-4000-8000-00000000000b"]}`, block, ""), row("notApplied", `appId="99999999-0000-4000-8000-00000000000a"`), agreed},
		"methods-of-beta-meet-it":        {policy("", mfa, ""), row("success", used("Password", "Mobile app notification")), agreed},
		"methods-of-beta-met-and-failed": {policy("", mfa, ""), row("failure", used("Password", "Mobile app notification")), "agreed 0 of 1; logged failure, evaluated satisfied "},
		"methods-of-beta-do-not-meet-it": {policy("", mfa, ""), row("success", used("Password")), agreed},
		"method-satisfied-before":        {policy("", mfa, ""), row("failure", used("Password", "Previously satisfied")), agreed},
		"method-of-several-modes":        {policy("", mfa, ""), row("failure", used("Password", "OATH verification code")), agreed},
		"audience-of-beta":               {policy(inOther, block, ""), row("failure", `conditionalAccessAudiences=["`+exchange+`","99999999-0000-4000-8000-00000000000A"]`), agreed},
		"audience-of-beta-as-object":     {policy(inOther, block, ""), row("failure", `conditionalAccessAudiences=[{"applicationId":"`+exchange+`","audienceReasons":"none"},{"applicationId":"99999999-0000-4000-8000-00000000000A"}]`), agreed},
		"audience-of-beta-is-not":        {policy(inOther, block, ""), row("notApplied", "appId=\"99999999-0000-4000-8000-00000000000a\"\nconditionalAccessAudiences=[\""+exchange+"\"]"), agreed},
		"audience-of-beta-contradicts":   {policy(inOther, block, ""), row("failure", "appId=\"99999999-0000-4000-8000-00000000000a\"\nconditionalAccessAudiences=[\""+exchange+"\"]"), "agreed 0 of 1; logged failure, evaluated notApplied applications"},
		"legacy-client":                  {policy(`,"x":null`, block, ""), row("failure", `clientAppUsed="Authenticated SMTP"`), agreed},
		"device-contradicts-itself":      {policy("", compliant, ""), row("failure", `deviceDetail={"deviceId":"","isCompliant":true}`), agreed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).
				With(snapshot.ConditionalAccessPolicies, tc.policy).
				With(snapshot.NamedLocations, fmt.Sprintf(`{"id":%q,"@odata.type":"#microsoft.graph.ipNamedLocation","ipRanges":[{"cidrAddress":"203.0.113.0/24"}],"modifiedDateTime":"2026-11-11T00:00:00Z"}`, office),
					`{"id":"70000000-0000-4000-8000-000000000001","@odata.type":"#microsoft.graph.ipNamedLocation","ipRanges":[{"cidrAddress":"198.51.100.0/24"}]}`).
				With(snapshot.RoleAssignments, "").With(snapshot.Groups, "").With(snapshot.GroupMembers, "").With(snapshot.AuthenticationStrengths, "").
				With(snapshot.SignIns, tc.row)
			if got := came(factstest.Of(t, tenant, replay.Agreement)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestNothingToReplay(t *testing.T) {
	base := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.ConditionalAccessPolicies, policy("", mfa, ""))
	for name, tc := range map[string]struct {
		tenant factstest.Tenant
		reason string
	}{
		"no-log":      {base, "signIns: notCollected"},
		"empty-log":   {base.With(snapshot.SignIns, ""), ""},
		"denied":      {base.Entry(snapshot.SignIns, `{"state":"denied"}`), "signIns: denied"},
		"no-policies": {factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.SignIns, row("success", "")), "conditionalAccessPolicies: notCollected"},
	} {
		t.Run(name, func(t *testing.T) {
			e := factstest.Of(t, tc.tenant, replay.Agreement)
			if e.Reason != tc.reason || e.SignInsReplayed+e.PolicyDecisions+len(e.Disagreements) > 0 {
				t.Errorf("%+v", e)
			}
		})
	}
}

// However many there are, at most so many disagreements are listed, the newest, and
// one policy does not crowd out another.
func TestDisagreementsAreBounded(t *testing.T) {
	other := "50000000-0000-4000-8000-000000000002"
	var rows []string
	for n := range 100 {
		applied := fmt.Sprintf(`appliedConditionalAccessPolicies=[{"id":%q,"result":"notApplied"}]`, policyID)
		if n == 0 {
			applied = fmt.Sprintf(`appliedConditionalAccessPolicies=[{"id":%q,"result":"notApplied"}]`, other)
		}
		rows = append(rows, strings.Replace(row("", applied+fmt.Sprintf("\ncreatedDateTime=\"2026-11-10T08:%02d:%02dZ\"", n/60, n%60)), `"id":"s"`, fmt.Sprintf(`"id":"s%02d"`, n), 1))
	}
	e := factstest.Of(t, factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).
		With(snapshot.ConditionalAccessPolicies, policy("", mfa, ""), strings.Replace(policy("", mfa, ""), policyID, other, 1)).
		With(snapshot.SignIns, rows...), replay.Agreement)
	if e.Disagreed() != 100 || len(e.Disagreements) != audit.MostDisagreements {
		t.Fatalf("%d, listed %d", e.Disagreed(), len(e.Disagreements))
	}
	if first, last := e.Disagreements[0], e.Disagreements[audit.MostDisagreements-1]; first.SignIn != "s99" || last.SignIn != "s00" || last.PolicyID != other {
		t.Errorf("from %s to %s of %s", first.SignIn, last.SignIn, last.PolicyID)
	}
}

// TestFixtures: on the recorded tenants engine and log never differ, and most of the
// log can be compared.
func TestFixtures(t *testing.T) {
	for dir, least := range map[string]int{"../../../fixtures/demo": 9000, "../../../fixtures/scenarios/healthy": 60} {
		snap, err := snapshot.Open(os.DirFS(dir))
		if err != nil {
			t.Fatal(err)
		}
		e := factstest.Get(t, audit.NewRun(snap), replay.Agreement)
		if e.Disagreed() > 0 || e.PolicyDecisions < least || e.Undecided > e.PolicyDecisions/3 {
			t.Errorf("%s: %s", dir, came(e))
		}
	}
}

func TestScenarios(t *testing.T) {
	for resource, want := range map[string]int{exchange: 1, strings.ToUpper(mySignIns): 2} {
		var s entra.SignIn
		if err := entra.Decode(entra.Raw(row("success", fmt.Sprintf("resourceId=%q", resource))), &s); err != nil {
			t.Fatal(err)
		}
		list := replay.Scenarios(&s)
		if len(list) != want || list[0].User != "a" || list[0].ID != "s" || list[0].Using != nil || !list[0].IP.IsValid() {
			t.Errorf("%s: %+v", resource, list)
		}
	}
}
