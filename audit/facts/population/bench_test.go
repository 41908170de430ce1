package population_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

const benchUsers = 100_000

// benchTenant has ids in no order, as Graph sends them, and a group of every
// second person.
func benchTenant() factstest.Tenant {
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []string
	ids := make([]string, benchUsers)
	for i := range ids {
		ids[i] = fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), i)
		rows = append(rows, fmt.Sprintf(`{"id":%q,"userPrincipalName":"first.last%d@contoso.example","displayName":"First Last %d",`+
			`"userType":"Member","accountEnabled":true,"assignedLicenses":[{"skuId":"05e9a617-0261-4cee-bb44-138d3ef5d965"}]}`, ids[i], i, i))
	}
	return factstest.Tenant{}.
		With(snapshot.Users, rows...).
		With(snapshot.Groups, factstest.Groups("g")).
		With(snapshot.GroupMembers, factstest.Members("g", ids[:benchUsers/2]...))
}

func BenchmarkUsers(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	for b.Loop() {
		factstest.Of(b, tenant, population.Users)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/user")
}

// BenchmarkReadUsers is the floor: decoding the same rows and keeping nothing.
func BenchmarkReadUsers(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	count := &audit.Fact[int]{Name: "count", Reads: population.Users.Reads, Derive: countUsers}
	for b.Loop() {
		factstest.Of(b, tenant, count)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/user")
}

func BenchmarkGroups(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		run := tenant.Run(b)
		factstest.Get(b, run, population.Users)
		b.StartTimer()
		factstest.Get(b, run, population.Groups)
	}
}

// BenchmarkNestedGroups closes a chain of groups, each inside the one before.
func BenchmarkNestedGroups(b *testing.B) {
	const chain = 500
	var users, rows []string
	for i := range chain {
		users = append(users, fmt.Sprintf("u%04d", i))
		rows = append(rows, factstest.Direct(fmt.Sprintf("g%04d", i), fmt.Sprintf("u%04d", i), fmt.Sprintf("g%04d", i+1)))
	}
	rows = append(rows, factstest.Members(fmt.Sprintf("g%04d", chain)))
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users(users...)).
		With(snapshot.Groups, factstest.Groups("g0000")).With(snapshot.GroupMembers, strings.Join(rows, "\n"))
	for b.Loop() {
		factstest.Of(b, tenant, population.Groups)
	}
}

func countUsers(ctx context.Context, p *audit.Pass) (int, error) {
	n := 0
	for _, err := range audit.Objects[entra.RoleAssignment](ctx, p, snapshot.RoleAssignments) {
		if err != nil {
			return 0, err
		}
	}
	for _, err := range audit.Objects[entra.User](ctx, p, snapshot.Users) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}
