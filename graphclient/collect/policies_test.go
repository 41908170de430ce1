package collect_test

import (
	"net/http"
	"strings"
	"testing"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

// Passkey profiles go into the policy at the end of its Fido2 configuration, and
// nothing else changes.
func TestPasskeyProfilesAreSplicedIn(t *testing.T) {
	const (
		head    = `{"id":"authenticationMethodsPolicy","n":1.0,"authenticationMethodConfigurations":[{"id":"Sms","state":"\u0065nabled"},`
		fido2   = `{"id":"fido2","a":1e2`
		tail    = `},{"id":"X"}],"z":null}`
		answer  = `{"id":"Fido2","passkeyProfiles":[{"id":"p","n":1.50}],"includeTargets":[]}`
		spliced = `,"passkeyProfiles":[{"id":"p","n":1.50}]`
	)
	refuse := func(w http.ResponseWriter, status int) { graphError(w, status, "BadRequest", "no") }
	tests := []struct {
		name   string
		policy string
		answer func(w http.ResponseWriter, expand string)
		want   string
		note   string
		asked  int
	}{
		{"first-form-is-taken", head + fido2 + tail, func(w http.ResponseWriter, _ string) { reply(w, 200, answer) },
			head + fido2 + spliced + tail, "", 1},
		{"second-form-is-taken", head + fido2 + tail, func(w http.ResponseWriter, expand string) {
			if expand != "passkeyProfiles" {
				refuse(w, 400)
				return
			}
			reply(w, 200, answer)
		}, head + fido2 + spliced + tail, "", 2},
		{"only-the-plain-form-is-taken", head + fido2 + tail, func(w http.ResponseWriter, expand string) {
			if expand != "" {
				refuse(w, 400)
				return
			}
			reply(w, 200, `{"id":"Fido2"}`)
		}, head + fido2 + tail, "", 3},
		{"expanded-answer-has-none", head + fido2 + tail, func(w http.ResponseWriter, _ string) { reply(w, 200, `{"id":"Fido2"}`) },
			head + fido2 + tail, "", 1},
		{"every-form-is-refused", head + fido2 + tail, func(w http.ResponseWriter, _ string) { refuse(w, 400) },
			head + fido2 + tail, "the passkey profiles could not be read: Graph answered 400 Bad Request, BadRequest", 3},
		{"not-permitted", head + fido2 + tail, func(w http.ResponseWriter, _ string) { refuse(w, 403) },
			head + fido2 + tail, "the passkey profiles could not be read: Graph answered 403 Forbidden, BadRequest", 1},
		{"already-inline", head + fido2 + `,"passkeyProfiles":[]` + tail, func(w http.ResponseWriter, _ string) { reply(w, 200, answer) },
			head + fido2 + `,"passkeyProfiles":[]` + tail, "", 0},
		{"empty-configuration-list", `{"id":"p","authenticationMethodConfigurations":[]}`, func(w http.ResponseWriter, _ string) { reply(w, 200, answer) },
			`{"id":"p","authenticationMethodConfigurations":[]}`, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			snap := full().with("authenticationMethodsPolicy", tt.policy).open(t)
			client := clientOf(t, override(t, snap, "/v1.0/policies/authenticationMethodsPolicy/authenticationMethodConfigurations/Fido2",
				func(w http.ResponseWriter, r *http.Request) {
					asked++
					tt.answer(w, r.URL.Query().Get("$expand"))
				}), "any")
			got := run(t, client, only(snapshot.AuthenticationMethodsPolicy)).ok()
			state := snapshot.Complete
			if tt.name == "not-permitted" {
				state = snapshot.Partial
			}
			got.is(snapshot.AuthenticationMethodsPolicy, state, tt.note)
			if rows := got.rows(snapshot.AuthenticationMethodsPolicy); len(rows) != 1 || rows[0] != tt.want {
				t.Errorf("rows\n%s\nwant\n%s", strings.Join(rows, "\n"), tt.want)
			}
			if asked != tt.asked {
				t.Errorf("asked %d times, want %d", asked, tt.asked)
			}
		})
	}
}

func only(ids ...snapshot.SectionID) func(*collect.Options) {
	return func(o *collect.Options) { o.Sections = ids }
}

func TestFederationOfDomains(t *testing.T) {
	const (
		path    = "/v1.0/domains"
		rows    = `{"value":[{"id":"contoso.example","authenticationType":"Managed"},{"id":"fed.example","authenticationType":"Federated","isDefault":false}]}`
		bare    = `{"id":"fed.example","authenticationType":"Federated","isDefault":false`
		spliced = `,"federationConfiguration":[{"id":"f1","federatedIdpMfaBehavior":"enforceMfaByFederatedIdp"}]`
	)
	tests := []struct {
		name   string
		faults []string
		want   string
		note   string
	}{
		{"spliced-in", nil, bare + spliced + "}", ""},
		{"refused", []string{"federationConfiguration=403"}, bare + "}",
			"the federation settings of 1 domain could not be read: Graph answered 403 Forbidden, Authorization_RequestDenied"},
		{"not-offered", []string{"federationConfiguration=404"}, bare + "}",
			"the federation settings of 1 domain could not be read: Graph answered 404 Not Found, Request_ResourceNotFound"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := clientOf(t, override(t, full().open(t), path, func(w http.ResponseWriter, _ *http.Request) { reply(w, 200, rows) }, tt.faults...), "any")
			got := run(t, client, only(snapshot.Domains)).ok()
			state := snapshot.Complete
			if tt.name == "refused" {
				state = snapshot.Partial
			}
			got.is(snapshot.Domains, state, tt.note)
			if rows := got.rows(snapshot.Domains); len(rows) != 2 || rows[1] != tt.want {
				t.Errorf("rows %q, want the second to be %s", rows, tt.want)
			}
		})
	}
}

// Services that do not expand are asked again without.
func TestFallBacksOfExpansion(t *testing.T) {
	paths := map[snapshot.SectionID]string{
		snapshot.AuthenticationStrengths: "/v1.0/policies/authenticationStrengthPolicies",
		snapshot.RoleAssignments:         "/v1.0/roleManagement/directory/roleAssignments",
		snapshot.RoleEligibility:         "/v1.0/roleManagement/directory/roleEligibilitySchedules",
		snapshot.Devices:                 "/v1.0/devices",
	}
	for id, path := range paths {
		t.Run(string(id), func(t *testing.T) {
			client := clientOf(t, override(t, full().open(t), path, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("$expand") {
					graphError(w, 400, "Request_UnsupportedQuery", "no")
					return
				}
				reply(w, 200, `{"value":[{"id":"plain"}]}`)
			}), "any")
			got := run(t, client, only(id)).ok()
			got.is(id, snapshot.Complete, "")
			if rows := got.rows(id); len(rows) != 1 {
				t.Errorf("rows %q", rows)
			}
			if r := got.entry(id).Request; strings.Contains(r, "expand") {
				t.Errorf("the manifest says %s", r)
			}
		})
	}
}
