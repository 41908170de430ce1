package activity_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

const (
	benchUsers   = 20_000
	benchSignIns = 200_000
)

// benchTenant has a month of sign-ins, ten a person, each row with the entries of ten
// policies; one in ten is paused first, one in twenty is refused.
func benchTenant() factstest.Tenant {
	rng := rand.New(rand.NewPCG(3, 4))
	id := func(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(i)*2654435761, i) }
	users := make([]string, benchUsers)
	for i := range users {
		users[i] = fmt.Sprintf(`{"id":%q,"userPrincipalName":"user%d@contoso.example","accountEnabled":true}`, id(i), i)
	}
	var applied []string
	for i := range 10 {
		applied = append(applied, fmt.Sprintf(`{"id":"50000000-0000-4000-8000-%012d","displayName":"Policy %d","enforcedGrantControls":["Mfa"],"enforcedSessionControls":[],"result":"notApplied"}`, i, i))
	}
	systems := []string{"Windows10", "Windows10", "MacOs", "Ios 26.1", "Android 16"}
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	rows := make([]string, benchSignIns)
	correlation := 0
	for i := range rows {
		code := 0
		switch i % 20 {
		case 0, 10:
			code = 50074 // the leg before the next row
		default:
			correlation++
			if i%20 == 5 {
				code = 53003
			}
		}
		rows[i] = fmt.Sprintf(`{"id":"s%d","createdDateTime":%q,"userId":%q,"userPrincipalName":"u@contoso.example","appId":"9199bf20-a13f-4107-85dc-02114787ef48","appDisplayName":"One Outlook Web",`+
			`"ipAddress":"203.0.113.%d","clientAppUsed":"Browser","correlationId":"c%d","conditionalAccessStatus":"success","isInteractive":true,"resourceId":"00000002-0000-0ff1-ce00-000000000000",`+
			`"resourceDisplayName":"Office 365 Exchange Online","status":{"errorCode":%d,"failureReason":"Other.","additionalDetails":null},`+
			`"deviceDetail":{"deviceId":"","displayName":"","operatingSystem":%q,"browser":"Edge 142.0.0","isCompliant":false,"isManaged":false,"trustType":null},`+
			`"location":{"city":"Rotterdam","state":"Zuid-Holland","countryOrRegion":"NL"},"appliedConditionalAccessPolicies":[%s]}`,
			i, at.Add(-time.Duration(i)*13*time.Second).Format(time.RFC3339), id(rng.IntN(benchUsers)), i%250, correlation, code, systems[rng.IntN(len(systems))], strings.Join(applied, ","))
	}
	return factstest.Tenant{}.With(snapshot.Users, users...).With(snapshot.SignIns, rows...)
}

// BenchmarkSignIns folds the log. kept-B/event is what stays in memory of it.
func BenchmarkSignIns(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	var kept int64
	for b.Loop() {
		b.StopTimer()
		run := tenant.Run(b)
		factstest.Get(b, run, population.Users)
		before := live()
		b.StartTimer()
		log := factstest.Get(b, run, activity.SignIns)
		b.StopTimer()
		kept = live() - before
		runtime.KeepAlive(log)
		runtime.KeepAlive(run)
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSignIns, "ns/event")
	b.ReportMetric(float64(kept)/benchSignIns, "kept-B/event")
}

func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
