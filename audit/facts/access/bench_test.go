package access_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

const benchPolicies = 64

// benchTenant has 64 policies over 24 groups of very different sizes, with every
// kind of condition.
func benchTenant(people int) factstest.Tenant {
	rng := rand.New(rand.NewPCG(3, 4))
	ids := make([]string, people)
	rows := make([]string, people)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), i)
		rows[i] = fmt.Sprintf(`{"id":%q,"userPrincipalName":"u%d@contoso.example","userType":"Member","accountEnabled":true}`, ids[i], i)
	}
	var groups, members []string
	for g := range 24 {
		name := fmt.Sprintf("g%d", g)
		groups = append(groups, name)
		// From a few people to a third of the tenant. Even groups are blocks, as
		// departments are; odd ones are people from everywhere.
		size := max(1, people/(3+g*g))
		start := rng.IntN(people - size + 1)
		list := append([]string{}, ids[start:start+size]...)
		if g%2 == 1 {
			for i := range list {
				list[i] = ids[rng.IntN(people)]
			}
		}
		members = append(members, factstest.Members(name, list...))
	}
	var policies []string
	for p := range benchPolicies {
		policies = append(policies, benchPolicy(rng, p))
	}
	return factstest.Tenant{}.
		With(snapshot.Users, rows...).
		With(snapshot.Groups, factstest.Groups(groups...)).
		With(snapshot.GroupMembers, members...).
		With(snapshot.RoleAssignments).
		With(snapshot.AuthenticationStrengths).
		With(snapshot.NamedLocations,
			`{"@odata.type":"#microsoft.graph.ipNamedLocation","id":"offices","isTrusted":true,"ipRanges":[{"cidrAddress":"192.0.2.0/24"},{"cidrAddress":"2001:db8::/32"}]}`,
			`{"@odata.type":"#microsoft.graph.countryNamedLocation","id":"countries","countriesAndRegions":["NL","DE","FR"]}`).
		With(snapshot.ConditionalAccessPolicies, policies...)
}

func benchPolicy(rng *rand.Rand, n int) string {
	users := fmt.Sprintf(`{"includeUsers":["All"],"excludeGroups":["g%d"]}`, 12+rng.IntN(12))
	if n%2 == 1 {
		users = fmt.Sprintf(`{"includeGroups":["g%d","g%d"],"excludeGroups":["g%d"]}`, rng.IntN(24), rng.IntN(24), 12+rng.IntN(12))
	}
	conditions := []string{
		`"clientAppTypes":["all"]`,
		`"clientAppTypes":["browser","mobileAppsAndDesktopClients"],"platforms":{"includePlatforms":["all"],"excludePlatforms":["iOS"]}`,
		`"locations":{"includeLocations":["All"],"excludeLocations":["AllTrusted"]}`,
		`"locations":{"includeLocations":["countries"]}`,
		`"signInRiskLevels":["high","medium"]`,
		`"devices":{"deviceFilter":{"mode":"exclude","rule":"device.isCompliant -eq True -or device.trustType -eq \"ServerAD\""}}`,
		`"authenticationFlows":{"transferMethods":"deviceCodeFlow"}`,
		`"userRiskLevels":["high"]`,
	}
	grants := []string{
		`{"operator":"OR","builtInControls":["mfa"]}`,
		`{"operator":"OR","builtInControls":["compliantDevice","domainJoinedDevice"]}`,
		`{"operator":"OR","builtInControls":[],"authenticationStrength":{"id":"00000000-0000-0000-0000-000000000004"}}`,
	}
	grant := grants[rng.IntN(len(grants))]
	if n%len(conditions) == 6 { // the device code flow
		grant = `{"operator":"OR","builtInControls":["block"]}`
	}
	return fmt.Sprintf(`{"id":"p%d","displayName":"Policy %d","state":"enabled","conditions":{"users":%s,"applications":{"includeApplications":["All"],"excludeApplications":["00000002-0000-0ff1-ce00-000000000000"]},%s},"grantControls":%s}`,
		n, n, users, conditions[n%len(conditions)], grant)
}

// benchScenarios are twelve ways to sign in.
func benchScenarios() []access.Scenario {
	var list []access.Scenario
	managed, err := conditionalaccess.NewDevice().With("isCompliant", conditionalaccess.Text("True"))
	if err != nil {
		panic(err)
	}
	for _, platform := range []string{"windows", "iOS", "android"} {
		for _, ip := range []string{"192.0.2.1", "203.0.113.9"} {
			for _, device := range []conditionalaccess.Device{managed, conditionalaccess.Unregistered()} {
				list = append(list, access.Scenario{Name: platform + " " + ip, SignIn: conditionalaccess.SignIn{
					Target:        conditionalaccess.Target{Kind: conditionalaccess.App, ID: "00000003-0000-0ff1-ce00-000000000000"},
					ClientAppType: conditionalaccess.Is("browser"), Platform: conditionalaccess.Is(platform),
					IP: netip.MustParseAddr(ip), Country: conditionalaccess.Is("NL"), Device: device,
					SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"),
					InsiderRisk: conditionalaccess.Is("none"), Transfer: conditionalaccess.Is("none"),
				}})
			}
		}
	}
	return list
}

// One decision among 64 policies.
func BenchmarkEvaluate(b *testing.B) {
	run := benchTenant(2000).Run(b)
	compiled := factstest.Get(b, run, access.Policies)
	scenarios := benchScenarios()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		compiled.Evaluate(&scenarios[i%len(scenarios)].SignIn, compiled.Users(uint32(i%2000)))
		i++
	}
}

// Twelve scenarios for everybody among 64 policies, through classes. Reading the
// snapshot and expanding groups is not counted in.
func BenchmarkEverybody(b *testing.B) {
	for _, people := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			tenant := benchTenant(people)
			snap := tenant.Run(b).Snapshot()
			scenarios := benchScenarios()
			classes := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				run := audit.NewRun(snap)
				factstest.Get(b, run, population.Groups)
				runtime.GC()
				b.StartTimer()
				classed := factstest.Get(b, run, access.Classes)
				if _, err := classed.Decide(context.Background(), scenarios); err != nil {
					b.Fatal(err)
				}
				classes = len(classed.List)
			}
			b.ReportMetric(float64(classes), "classes")
		})
	}
}
