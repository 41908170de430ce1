package methods_test

import (
	"fmt"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestOnPhone(t *testing.T) {
	const android, yubikey = "DE1E552D-db1d-4423-a619-566b625cdc84", "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	passkey := func(aaguid, kind string) string {
		return fmt.Sprintf(`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","aaGuid":%q,"passkeyType":%q}`, aaguid, kind)
	}
	const hello = `{"@odata.type":"#microsoft.graph.windowsHelloForBusinessAuthenticationMethod"}`
	const platform = `{"@odata.type":"#microsoft.graph.platformCredentialAuthenticationMethod"}`
	const app = `{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod"}`
	listed := func(methods string) string { return fmt.Sprintf(`{"userId":"a","value":[%s]}`, methods) }
	fido2 := func(profile string) string {
		return `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled","defaultPasskeyProfile":"p",` +
			`"includeTargets":[{"id":"all_users","targetType":"group","allowedPasskeyProfiles":["p"]}],"passkeyProfiles":[{"id":"p","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled","keyRestrictions":` + profile + `}]}]}`
	}
	open := fido2(`{"isEnforced":false,"enforcementType":"allow","aaGuids":[]}`)
	onlyPhone := fido2(`{"isEnforced":true,"enforcementType":"allow","aaGuids":["de1e552d-db1d-4423-a619-566b625cdc84"]}`)
	onlyKey := fido2(`{"isEnforced":true,"enforcementType":"allow","aaGuids":["` + yubikey + `"]}`)
	oddList := fido2(`{"isEnforced":true,"enforcementType":"sometimes","aaGuids":["` + yubikey + `"]}`)
	tests := map[string]struct{ policy, methods, report, want string }{
		"phone":                   {open, listed(passkey(android, "deviceBound")), "", "a"},
		"phone-and-app":           {open, listed(app + "," + passkey(android, "deviceBound")), "", "a"},
		"phone-and-key":           {open, listed(passkey(android, "deviceBound") + "," + passkey(yubikey, "deviceBound")), "", ""},
		"key-that-is-rejected":    {onlyPhone, listed(passkey(android, "deviceBound") + "," + passkey(yubikey, "deviceBound")), "", "a"},
		"phone-that-is-rejected":  {onlyKey, listed(passkey(android, "deviceBound")), "", ""},
		"list-of-a-kind-unknown":  {oddList, listed(passkey(android, "deviceBound")), "", "a?"},
		"phone-and-hello":         {open, listed(hello + "," + passkey(android, "deviceBound")), "", ""},
		"phone-and-platform-sso":  {open, listed(platform + "," + passkey(android, "deviceBound")), "", ""},
		"synced":                  {open, listed(passkey("fbfc3007-154e-4ecc-8c0b-6e020557d7bd", "synced")), "", ""},
		"none":                    {open, listed(app), "", ""},
		"known-from-report-alone": {open, "", `{"id":"a","methodsRegistered":["passKeyDeviceBound"]}`, "a?"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.AuthenticationMethodsPolicy, tc.policy).
				With(snapshot.AuthenticationMethods, tc.methods).With(snapshot.UserRegistrationDetails, tc.report).With(snapshot.Domains, "").
				With(snapshot.RoleAssignments, "").With(snapshot.Groups, "").With(snapshot.GroupMembers, "").Run(t)
			dir := factstest.Get(t, run, population.Users)
			if got := factstest.Partly(dir, factstest.Get(t, run, methods.OnPhone)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
