package methods_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

const benchUsers = 100_000

// benchTenant has people half of whom were asked for their methods and all of
// whom are in the report, in a federated domain.
func benchTenant() factstest.Tenant {
	rng := rand.New(rand.NewPCG(1, 2))
	var users, listed, reported []string
	for i := range benchUsers {
		id := fmt.Sprintf("%08x-0000-4000-8000-%012x", rng.Uint32(), i)
		users = append(users, fmt.Sprintf(`{"id":%q,"userPrincipalName":"first.last%d@contoso.example","displayName":"First Last %d","accountEnabled":true}`, id, i, i))
		if i%2 == 0 {
			listed = append(listed, fmt.Sprintf(`{"userId":%q,"value":[{"@odata.type":"#microsoft.graph.passwordAuthenticationMethod","id":"28c10230-6103-485e-b985-444c60001490"},`+
				`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k%d","aaGuid":"de1e552d-db1d-4423-a619-566b625cdc84","model":"Microsoft Authenticator","passkeyType":"deviceBound","attestationLevel":"attested"},`+
				`{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"a%d"}]}`, id, i, i))
		}
		reported = append(reported, fmt.Sprintf(`{"id":%q,"userPrincipalName":"first.last%d@contoso.example","isMfaCapable":true,`+
			`"methodsRegistered":["passKeyDeviceBound","passKeyDeviceBoundAuthenticator","microsoftAuthenticatorPush","softwareOneTimePasscode"]}`, id, i))
	}
	rng.Shuffle(len(listed), func(i, j int) { listed[i], listed[j] = listed[j], listed[i] })
	rng.Shuffle(len(reported), func(i, j int) { reported[i], reported[j] = reported[j], reported[i] })
	return factstest.Tenant{}.
		With(snapshot.Users, users...).
		With(snapshot.Domains, `{"id":"contoso.example","authenticationType":"Federated"}`).
		With(snapshot.AuthenticationMethods, listed...).
		With(snapshot.UserRegistrationDetails, reported...).
		With(snapshot.AuthenticationMethodsPolicy, `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[`+
			`{"id":"Fido2","state":"enabled","includeTargets":[{"id":"all_users","targetType":"group"}],"keyRestrictions":{"isEnforced":true,"enforcementType":"allow","aaGuids":["de1e552d-db1d-4423-a619-566b625cdc84"]}},`+
			`{"id":"MicrosoftAuthenticator","state":"enabled","includeTargets":[{"id":"all_users","targetType":"group"}]}]}`)
}

func BenchmarkHoldings(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		run := tenant.Run(b)
		factstest.Get(b, run, population.Users)
		b.StartTimer()
		factstest.Get(b, run, methods.Holdings)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/user")
}

func BenchmarkUsable(b *testing.B) {
	tenant := benchTenant()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		run := tenant.Run(b)
		factstest.Get(b, run, methods.Policy)
		factstest.Get(b, run, methods.Holdings)
		b.StartTimer()
		factstest.Get(b, run, methods.Usable)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchUsers, "ns/user")
}
