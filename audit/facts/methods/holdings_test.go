package methods_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// listed writes a row of authenticationMethods; a method is its type, with
// further members after a space.
func listed(user string, list ...string) string {
	var all []string
	for _, m := range list {
		kind, members, _ := strings.Cut(m, " ")
		if members != "" {
			members = "," + members
		}
		all = append(all, fmt.Sprintf(`{"@odata.type":"#microsoft.graph.%sAuthenticationMethod"%s}`, kind, members))
	}
	return fmt.Sprintf(`{"userId":%q,"value":[%s]}`, user, strings.Join(all, ","))
}

func refused(user string) string {
	return fmt.Sprintf(`{"userId":%q,"error":{"status":429,"code":"TooManyRequests"}}`, user)
}

func reported(user string, list ...string) string {
	return strings.Replace(fmt.Sprintf(`{"id":%q,"methodsRegistered":%q}`, user, list), `" "`, `","`, -1)
}

func TestHoldings(t *testing.T) {
	tests := map[string]struct {
		methods, report []string
		want            string
	}{
		"nothing-known":       {nil, nil, "a: unknown"},
		"listed":              {[]string{listed("A", "password", "fido2", "email")}, nil, "a: asked email passkey password"},
		"listed-nothing":      {[]string{listed("a")}, nil, "a: asked"},
		"reported":            {nil, []string{reported("A", "passKeySynced", "mobilePhone")}, "a: reported mobilePhone passkey"},
		"reported-nothing":    {nil, []string{reported("a")}, "a: reported"},
		"listing-beats":       {[]string{listed("a", "email")}, []string{reported("a", "fido2", "mobilePhone")}, "a: asked reported email"},
		"hardware-tokens-too": {[]string{listed("a", "email")}, []string{reported("a", "fido2", "hardwareOneTimePasscode")}, "a: asked reported email hardwareOath"},
		"refused":             {[]string{refused("a")}, nil, "a: unknown"},
		"refused-falls-back":  {[]string{refused("a")}, []string{reported("a", "fido2")}, "a: reported passkey"},
		"no-list":             {[]string{`{"userId":"a"}`}, []string{reported("a", "fido2")}, "a: reported passkey"},
		"list-null":           {[]string{`{"userId":"a","value":null}`}, nil, "a: unknown"},
		"report-without-list": {nil, []string{`{"id":"a","isMfaCapable":true}`}, "a: unknown"},
		"report-null-list":    {nil, []string{`{"id":"a","methodsRegistered":null}`}, "a: unknown"},
		"unknown-user":        {[]string{listed("gone", "fido2")}, []string{reported("gone", "fido2")}, "a: unknown"},
		"listed-twice":        {[]string{listed("a", "fido2"), listed("A", "email")}, nil, "a: asked email"},
		"reported-twice":      {nil, []string{reported("a", "fido2"), reported("A", "email")}, "a: reported email"},
		"refused-then-listed": {[]string{refused("a"), listed("a", "fido2")}, nil, "a: asked passkey"},
		"listed-then-refused": {[]string{listed("a", "fido2"), refused("a")}, []string{reported("a", "email")}, "a: reported email"},
		"not-known":           {[]string{listed("a", "palm")}, []string{reported("a", "palmVein")}, "a: asked reported unrecognised"},
		"reported-not-known":  {nil, []string{reported("a", "palmVein")}, "a: reported unrecognised"},
	}
	kinds := []methods.Kind{methods.Email, methods.HardwareOath, methods.MobilePhone, methods.Passkey, methods.Password, methods.Unrecognised}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).
				With(snapshot.AuthenticationMethods, tc.methods...).With(snapshot.UserRegistrationDetails, tc.report...)
			held := factstest.Of(t, tenant, methods.Holdings)
			got := "a:"
			if !held.Known().Has(0) {
				got += " unknown"
			}
			if held.Asked.Has(0) {
				got += " asked"
			}
			if held.Reported.Has(0) {
				got += " reported"
			}
			for _, k := range kinds {
				if held.Of(k).Has(0) {
					got += " " + string(k)
				}
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if has := len(held.Passkeys(0)) > 0; has != held.Of(methods.Passkey).Has(0) {
				t.Errorf("passkeys %v do not agree with the set", held.Passkeys(0))
			}
		})
	}
}

func TestRegisteredPasskeys(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a", "b", "c", "d")).
		With(snapshot.AuthenticationMethods, listed("a", "password",
			`fido2 "aaGuid":"`+yubikey+`","model":"YubiKey 5","attestationLevel":"attested","passkeyType":"deviceBound"`,
			`fido2 "aaGuid":null,"attestationLevel":"notAttested","passkeyType":"synced"`,
			`fido2 "attestationLevel":"perhaps"`), refused("d")).
		With(snapshot.UserRegistrationDetails, reported("b", "passKeyDeviceBoundWindowsHello", "email", "passKeySynced", "fido2SecurityKey"),
			reported("c", "passKeyDeviceBoundWindowsHello", "passKeySynced", "fido2SecurityKey"), reported("a", "fido2"), reported("d", "fido2"))
	held := factstest.Of(t, tenant, methods.Holdings)
	fromReport := []methods.RegisteredPasskey{
		{Credential: methods.Credential{Type: "deviceBound"}}, {Credential: methods.Credential{Type: "synced"}}, {},
	}
	want := [][]methods.RegisteredPasskey{
		{
			{Credential: methods.Credential{AAGUID: yubikey, Type: "deviceBound", Attest: audit.Yes}, Model: "YubiKey 5", AttestationLevel: "attested", Pointer: "/value/1"},
			{Credential: methods.Credential{Type: "synced", Attest: audit.No}, AttestationLevel: "notAttested", Pointer: "/value/2"},
			{AttestationLevel: "perhaps", Pointer: "/value/3"},
		},
		fromReport, fromReport, {{}},
	}
	for n := range want {
		if diff := cmp.Diff(want[n], held.Passkeys(uint32(n))); diff != "" {
			t.Errorf("account %d: %s", n, diff)
		}
	}
}

func TestPass(t *testing.T) {
	tests := map[string]struct {
		rows []string
		want methods.Pass
		has  bool
	}{
		"usable":        {[]string{listed("a", "email", `temporaryAccessPass "isUsable":true,"isUsableOnce":true`)}, methods.Pass{Usable: audit.Yes, UsableOnce: audit.Yes, Pointer: "/value/1"}, true},
		"expired":       {[]string{listed("a", `temporaryAccessPass "isUsable":false,"isUsableOnce":false,"methodUsabilityReason":"Expired"`)}, methods.Pass{Usable: audit.No, UsableOnce: audit.No, Pointer: "/value/0"}, true},
		"not-told":      {[]string{listed("a", `temporaryAccessPass`)}, methods.Pass{Pointer: "/value/0"}, true},
		"gone-since":    {[]string{listed("a", `temporaryAccessPass "isUsable":true`), listed("a")}, methods.Pass{}, false},
		"refused-since": {[]string{listed("a", `temporaryAccessPass "isUsable":true`), refused("a")}, methods.Pass{}, false},
		"none":          {[]string{listed("a", "email")}, methods.Pass{}, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).With(snapshot.AuthenticationMethods, tc.rows...).
				With(snapshot.UserRegistrationDetails, reported("a", "temporaryAccessPass"))
			run := tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			n, _ := dir.Ordinal("a")
			got, has := factstest.Get(t, run, methods.Holdings).Pass(n)
			if got != tc.want || has != tc.has {
				t.Errorf("got %+v, %t; want %+v, %t", got, has, tc.want, tc.has)
			}
		})
	}
}
