package access_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// passwordsAndPushes are methods that are not phishing-resistant, passes among them.
var passwordsAndPushes = []string{"password", "microsoftAuthenticatorPush", "sms", "temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"}

// bestDevice meets both device controls.
func bestDevice(t *testing.T) access.LabelledDevice {
	t.Helper()
	d, err := conditionalaccess.NewDevice().With("isCompliant", conditionalaccess.Text("True"))
	if err == nil {
		d, err = d.With("trustType", conditionalaccess.Text("ServerAD"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return access.LabelledDevice{Label: "best", Device: d}
}

func app() conditionalaccess.Target {
	return conditionalaccess.Target{Kind: conditionalaccess.App, ID: "00000002-0000-0000-c000-000000000000"}
}

// TestCoverageTruth holds the engine against a table of policy shapes.
func TestCoverageTruth(t *testing.T) {
	text, err := os.ReadFile("testdata/coverage.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Rows []struct {
			Slug, Question string
			Covered        bool
			Policies       []json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &table); err != nil {
		t.Fatal(err)
	}
	best := bestDevice(t)
	questions := map[string]access.Question{
		"every member sign-in to every resource requires phishing-resistant authentication": {
			Target: app(), Using: passwordsAndPushes, Devices: []access.LabelledDevice{best}},
		"holders of the two roles must use phishing-resistant authentication": {
			Target: app(), Using: passwordsAndPushes, Devices: []access.LabelledDevice{best}},
		"registering security information requires MFA": {
			Target: conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}, Using: []string{"password"}, Devices: []access.LabelledDevice{best}},
		"device code flow and authentication transfer are blocked": {
			Target: app(), Using: append([]string{"fido2", "windowsHelloForBusiness"}, passwordsAndPushes...), Devices: []access.LabelledDevice{best},
			Transfers: []string{"deviceCodeFlow", "authenticationTransfer"}},
	}
	covered := map[bool]int{}
	for _, row := range table.Rows {
		t.Run(row.Slug, func(t *testing.T) {
			q, known := questions[row.Question]
			if !known {
				t.Fatalf("the question %q is not asked", row.Question)
			}
			tenant := coverageTenant()
			var policies []string
			for _, p := range row.Policies {
				policies = append(policies, string(p))
			}
			run := tenant.With(snapshot.ConditionalAccessPolicies, policies...).Run(t)
			dir := factstest.Get(t, run, population.Users)
			compiled := factstest.Get(t, run, access.Policies)
			cov := compiled.Coverage(q)
			who := dir.People
			if strings.HasPrefix(row.Question, "holders") {
				who = audit.SetOf(ordinal(t, dir, "member-ga"), ordinal(t, dir, "member-pra"))
			}
			got := true
			for n := range who.All() {
				open, unsure := cov.Open(compiled.Users(n))
				if len(unsure) > 0 {
					t.Errorf("%s: %d kinds of sign-ins are not decided", dir.Member(n).ID, len(unsure))
				}
				got = got && len(open) == 0
			}
			if got != row.Covered {
				t.Errorf("covered: %v", got)
			}
			covered[got]++
		})
	}
	if covered[true] < 7 || covered[false] < 8 {
		t.Errorf("%v: the table tests little", covered)
	}
}

func ordinal(t *testing.T, dir *population.Directory, id string) uint32 {
	t.Helper()
	n, known := dir.Ordinal(id)
	if !known {
		t.Fatalf("%s is nobody", id)
	}
	return n
}

func coverageTenant() factstest.Tenant {
	user := func(id, upn string) string {
		return `{"id":"` + id + `","userPrincipalName":"` + upn + `@contoso.example","userType":"Member","accountEnabled":true}`
	}
	role := func(id, who, template string) string {
		return `{"id":"` + id + `","principalId":"` + who + `","directoryScopeId":"/","roleDefinitionId":"` + template + `","roleDefinition":{"templateId":"` + template + `"}}`
	}
	return factstest.Tenant{}.
		With(snapshot.Users, user("member", "ann"), user("member-g", "ben"), user("member-ga", "cem"), user("member-pra", "dan"),
			user("44444444-0000-4000-8000-000000000001", "breakglass1")).
		With(snapshot.Groups, `{"id":"55555555-0000-4000-8000-000000000001","displayName":"G"}`).
		With(snapshot.GroupMembers, `{"groupId":"55555555-0000-4000-8000-000000000001","transitive":true,"userIds":["member-g"]}`).
		With(snapshot.RoleAssignments, role("r1", "member-ga", "62e90394-69f5-4237-9190-012177145e10"), role("r2", "member-pra", "e8611ab8-c189-46e8-94e1-60213ab1f814")).
		With(snapshot.NamedLocations, `{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"11111111-0000-4000-8000-000000000001","displayName":"Office","isTrusted":true,"ipRanges":[{"cidrAddress":"203.0.113.0/24"}]}`).
		With(snapshot.AuthenticationStrengths, `{"id":"00000000-0000-0000-0000-000000000004","allowedCombinations":["windowsHelloForBusiness","fido2","x509CertificateMultiFactor"]}`)
}

// Policies that are narrow alone may be wide together, and a block covers.
func TestCoverageTogether(t *testing.T) {
	policy := func(id, conditions, grant string) string {
		return `{"id":"` + id + `","displayName":"` + id + `","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}` + conditions + `},"grantControls":` + grant + `}`
	}
	const strong = `{"operator":"OR","authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}}`
	const block = `{"operator":"OR","builtInControls":["block"]}`
	office := `"11111111-0000-4000-8000-000000000001"`
	for name, c := range map[string]struct {
		policies []string
		open     bool
	}{
		"browsers strong, the rest blocked": {[]string{
			policy("a", `,"clientAppTypes":["browser"]`, strong),
			policy("b", `,"clientAppTypes":["mobileAppsAndDesktopClients","exchangeActiveSync","other"]`, block)}, false},
		"legacy clients forgotten": {[]string{
			policy("a", `,"clientAppTypes":["browser"]`, strong),
			policy("b", `,"clientAppTypes":["mobileAppsAndDesktopClients"]`, block)}, true},
		"in the office and outside it": {[]string{
			policy("a", `,"locations":{"includeLocations":[`+office+`]}`, strong),
			policy("b", `,"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`, strong)}, false},
		"a corner of two conditions": {[]string{
			policy("a", `,"platforms":{"includePlatforms":["windows"]}`, strong),
			policy("b", `,"clientAppTypes":["browser"]`, strong)}, true},
		"all platforms and all but one are all": {[]string{
			policy("a", `,"platforms":{"includePlatforms":["all"],"excludePlatforms":["linux"]}`, strong),
			policy("b", `,"platforms":{"includePlatforms":["linux"]}`, block)}, false},
		"every level of risk": {[]string{
			policy("a", `,"signInRiskLevels":["high","medium"]`, block),
			policy("b", `,"signInRiskLevels":["none","low"]`, strong)}, false},
		"an excluded resource": {[]string{
			`{"id":"a","state":"enabled","conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"],"excludeApplications":["Office365"]}},"grantControls":` + strong + `}`}, true},
		"a device that need not be managed": {[]string{
			policy("a", `,"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True"}}`, strong)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			run := coverageTenant().With(snapshot.ConditionalAccessPolicies, c.policies...).Run(t)
			compiled := factstest.Get(t, run, access.Policies)
			dir := factstest.Get(t, run, population.Users)
			cov := compiled.Coverage(access.Question{Target: app(), Using: passwordsAndPushes, Devices: []access.LabelledDevice{bestDevice(t)}})
			open, unsure := cov.Open(compiled.Users(ordinal(t, dir, "member")))
			if (len(open) > 0) != c.open || len(unsure) > 0 {
				t.Errorf("%d open, %d not decided", len(open), len(unsure))
			}
			for _, kind := range open {
				for _, point := range cov.Points(kind) {
					for i := range c.policies {
						if len(cov.Misses(i, point)) == 0 {
							t.Errorf("policy %d applies to an open sign-in", i)
						}
					}
				}
			}
		})
	}
}

// Tenants that tell many things apart are tried without all combinations.
func TestCoverageOfManyConditions(t *testing.T) {
	conditions := `"clientAppTypes":["browser"],"platforms":{"includePlatforms":["linux"]},"signInRiskLevels":["high"],"userRiskLevels":["low"],"insiderRiskLevels":"minor","authenticationFlows":{"transferMethods":"deviceCodeFlow"},"locations":{"includeLocations":["11111111-0000-4000-8000-000000000001"]},"devices":{"deviceFilter":{"mode":"include","rule":"device.isCompliant -eq True"}}`
	var excluded []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		excluded = append(excluded, `"`+strings.Repeat(string(c), 8)+`"`)
	}
	narrow := `{"id":"a","state":"enabled","conditions":{"users":{"includeUsers":["All"]},` + conditions + `,"applications":{"includeApplications":["All"],"excludeApplications":[` + strings.Join(excluded, ",") + `]}},"grantControls":{"operator":"OR","builtInControls":["block"]}}`
	run := coverageTenant().With(snapshot.ConditionalAccessPolicies, narrow).Run(t)
	compiled := factstest.Get(t, run, access.Policies)
	best := bestDevice(t)
	cov := compiled.Coverage(access.Question{Target: app(), Using: passwordsAndPushes,
		Devices: []access.LabelledDevice{best, {Label: "own", Device: conditionalaccess.Unregistered()}}})
	open, unsure := cov.Open(func(int) audit.Tri { return audit.Yes })
	total := 0
	var missed []conditionalaccess.Condition
	for _, kind := range open {
		total += len(cov.Points(kind))
		for _, point := range cov.Points(kind) {
			if misses := cov.Misses(0, point); len(misses) == 1 && !slices.Contains(missed, misses[0].Condition) {
				missed = append(missed, misses[0].Condition)
			}
		}
	}
	if total != 1<<9-1 || len(unsure) > 0 || len(missed) != 9 {
		t.Errorf("%d sign-ins are open by %v, %d not decided", total, missed, len(unsure))
	}
}
