package history

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/snapshot"
)

const methodsPolicy = `{"id":"authenticationMethodsPolicy","policyMigrationState":"migrationComplete","policyVersion":"%s","authenticationMethodConfigurations":[` +
	`{"@odata.type":"#microsoft.graph.fido2AuthenticationMethodConfiguration","id":"Fido2","state":"enabled","isSelfServiceRegistrationAllowed":true,"defaultPasskeyProfile":"00000000-0000-0000-0000-000000000001",` +
	`"includeTargets":[{"targetType":"group","id":"all_users","allowedPasskeyProfiles":["00000000-0000-0000-0000-000000000001"]}],"excludeTargets":[],` +
	`"passkeyProfiles":[{"id":"00000000-0000-0000-0000-000000000001","name":"Default","passkeyTypes":"deviceBound,synced","attestationEnforcement":"disabled","keyRestrictions":{"isEnforced":false,"enforcementType":"allow","aaGuids":[]}}]},` +
	`{"id":"MicrosoftAuthenticator","state":"enabled","includeTargets":[{"targetType":"group","id":"all_users"}],"excludeTargets":[]},` +
	`{"id":"TemporaryAccessPass","state":"%s","isUsableOnce":false,"includeTargets":[{"targetType":"group","id":"all_users"}],"excludeTargets":[]},` +
	`{"id":"Sms","state":"disabled","includeTargets":[],"excludeTargets":[]},{"id":"Voice","state":"disabled","includeTargets":[],"excludeTargets":[]},{"id":"SoftwareOath","state":"disabled","includeTargets":[],"excludeTargets":[]}]}`

// tenant is one in which push has Authenticator and bare nothing but a password. Both
// can register a passkey alone.
func tenant() factstest.Tenant {
	t := factstest.Tenant{Rows: map[snapshot.SectionID]string{}}
	for _, id := range []snapshot.SectionID{
		snapshot.UserRegistrationDetails, snapshot.Groups, snapshot.GroupMembers, snapshot.RoleAssignments, snapshot.RoleEligibility, snapshot.Domains,
		snapshot.ConditionalAccessPolicies, snapshot.NamedLocations, snapshot.AuthenticationStrengths, snapshot.RiskyUsers, snapshot.Devices, snapshot.ManagedDevices,
	} {
		t.Rows[id] = ""
	}
	return t.
		With(snapshot.AuthenticationMethodsPolicy, fmt.Sprintf(methodsPolicy, "1.1", "enabled")).
		With(snapshot.Users, `{"id":"push","userPrincipalName":"push@contoso.example","accountEnabled":true,"userType":"Member"}`,
			`{"id":"bare","userPrincipalName":"bare@contoso.example","accountEnabled":true,"userType":"Member"}`).
		With(snapshot.AuthenticationMethods, `{"userId":"push","value":[{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"2"}]}`,
			`{"userId":"bare","value":[]}`)
}

func policy(id, state, control string) string {
	return fmt.Sprintf(`{"id":%q,"displayName":"Policy %s","state":%q,"modifiedDateTime":"2026-11-2%dT00:00:00Z","conditions":{"clientAppTypes":["all"],"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]}},"grantControls":{"operator":"OR","builtInControls":[%q]}}`,
		id, id, state, len(control)%10, control)
}

func compareTenants(t *testing.T, before, after factstest.Tenant) *Diff {
	t.Helper()
	b, a := before.Run(t), after.Run(t)
	people := func(run *audit.Run) []Person { return PeopleOf(factstest.Get(t, run, bootstrap.Reach)) }
	edits, caveats, err := Edits(t.Context(), b.Snapshot(), a.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	d := &Diff{Edits: edits, Caveats: caveats, People: ComparePeople(people(b), people(a))}
	if err := d.Explain(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return d
}

// told writes a comparison in lines.
func told(d *Diff) string {
	var lines []string
	for _, m := range d.People.Moved {
		text := fmt.Sprintf("%s: %s > %s", m.ID, m.Before, m.After)
		for _, o := range m.Because {
			text += " by " + o.ID
		}
		if m.Together {
			text += " by all"
		}
		lines = append(lines, text)
	}
	for _, e := range d.Edits {
		text := fmt.Sprintf("%s %s", e.ID, e.What)
		for _, c := range e.Changes {
			text += fmt.Sprintf(" [%s%s %s>%s]", c.In, c.Pointer, c.Before, c.After)
		}
		lines = append(lines, text)
	}
	return strings.Join(append(lines, d.Caveats...), "\n")
}

func TestExplain(t *testing.T) {
	one := tenant()
	two := one.With(snapshot.ConditionalAccessPolicies, policy("managed", "enabled", "compliantDevice"), policy("idle", "disabled", "mfa"))
	both := one.With(snapshot.ConditionalAccessPolicies, policy("managed", "enabled", "compliantDevice"), policy("app", "enabled", "compliantApplication"))
	registered := one.With(snapshot.AuthenticationMethods, `{"userId":"push","value":[{"@odata.type":"#microsoft.graph.microsoftAuthenticatorAuthenticationMethod","id":"2"}]}`,
		`{"userId":"bare","value":[{"@odata.type":"#microsoft.graph.fido2AuthenticationMethod","id":"k","aaGuid":"2fc0579f-8113-47ea-b116-bb5a8db9202a","passkeyType":"deviceBound"}]}`)
	noPass := one.With(snapshot.AuthenticationMethodsPolicy, fmt.Sprintf(methodsPolicy, "1.2", "disabled")).
		With(snapshot.ConditionalAccessPolicies, policy("managed", "disabled", "compliantDevice"), policy("idle", "enabled", "mfa"))
	for name, tc := range map[string]struct {
		before, after factstest.Tenant
		want          string
	}{
		"nothing": {one, one, ""},
		"a-policy-traps-everybody": {one, two,
			"bare: self-service > trapped by managed\npush: self-service > trapped by managed\nidle added\nmanaged added"},
		"it-is-switched-off-and-passes-too": {two, noPass,
			"bare: trapped > self-service by managed\npush: trapped > self-service by managed\n" +
				"authenticationMethodsPolicy changed [TemporaryAccessPass/authenticationMethodConfigurations/2/state \"enabled\">\"disabled\"]\n" +
				"idle changed [/state \"disabled\">\"enabled\"]\nmanaged changed [/state \"enabled\">\"disabled\"]"},
		"either-of-two-traps": {one, both,
			"bare: self-service > trapped by all\npush: self-service > trapped by all\napp added\nmanaged added"},
		"somebody-registered": {one, registered, "bare: self-service > has-passkey"},
		"policies-not-read": {one, one.Without(snapshot.NamedLocations),
			"namedLocations was complete in the earlier snapshot and is notCollected in the later one: edits of it are not known"},
		"policies-read-in-part": {two, one.Entry(snapshot.ConditionalAccessPolicies, `{"state":"partial","reason":"r"}`),
			"bare: trapped > unknown\npush: trapped > unknown\nconditionalAccessPolicies was not read in full: what was added to it or removed from it is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := told(compareTenants(t, tc.before, tc.after)); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// What Graph writes in several ways is no edit.
func TestEditsOfSpelling(t *testing.T) {
	for name, tc := range map[string]struct{ before, after, want string }{
		"order-of-members":  {`{"id":"p","state":"enabled","n":1}`, `{"n":1,"state":"enabled","id":"p"}`, ""},
		"null-and-absent":   {`{"id":"p","a":null}`, `{"id":"p"}`, ""},
		"order-of-a-set":    {`{"id":"p","users":["a","b"]}`, `{"id":"p","users":["b","a"]}`, ""},
		"times-and-context": {`{"id":"p","modifiedDateTime":"x"}`, `{"id":"p","modifiedDateTime":"y","u@odata.context":"z"}`, ""},
		"numbers":           {`{"id":"p","n":1.0}`, `{"id":"p","n":1}`, ""},
		"type":              {`{"id":"p","@odata.type":"a"}`, `{"id":"p","@odata.type":"b"}`, `p changed [/@odata.type "a">"b"]`},
		"a-set":             {`{"id":"p","users":["a"]}`, `{"id":"p","users":["a","b"]}`, `p changed [/users ["a"]>["a","b"]]`},
		"empty-and-absent":  {`{"id":"p","users":[]}`, `{"id":"p"}`, `p changed [/users []>null]`},
		"keyed-entries":     {`{"id":"p","l":[{"id":"x","v":1},{"id":"y","v":1}]}`, `{"id":"p","l":[{"id":"y","v":2}]}`, `p changed [x/l/0 {"id":"x","v":1}>null] [y/l/0/v 1>2]`},
		"escaped":           {`{"id":"p","a/b":1}`, `{"id":"p","a/b":2}`, `p changed [/a~1b 1>2]`},
	} {
		t.Run(name, func(t *testing.T) {
			before := factstest.Tenant{}.With(snapshot.ConditionalAccessPolicies, tc.before).Run(t)
			after := factstest.Tenant{}.With(snapshot.ConditionalAccessPolicies, tc.after).Run(t)
			edits, _, err := Edits(t.Context(), before.Snapshot(), after.Snapshot())
			if err != nil {
				t.Fatal(err)
			}
			if got := told(&Diff{Edits: edits, People: &PeopleDiff{}}); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestComparePeople(t *testing.T) {
	before := []Person{{"c", "c@x", "person", bootstrap.Trapped}, {"a", "a@x", "person", bootstrap.Trapped}, {"room", "r@x", "shared", bootstrap.Trapped}, {"gone", "g@x", "person", bootstrap.SelfService}}
	after := []Person{{"a", "a@x", "person", bootstrap.HasPasskey}, {"room", "r@x", "shared", bootstrap.SelfService}, {"b", "b@x", "person", bootstrap.Unknown}, {"c", "c@x", "person", bootstrap.Trapped}}
	d := ComparePeople(before, after)
	if len(d.Moved) != 1 || d.Moved[0].ID != "a" || len(d.Came) != 1 || d.Came[0].ID != "b" || len(d.Went) != 1 || d.Went[0].ID != "gone" || d.Same != 1 {
		t.Errorf("%+v", d)
	}
	if tr := d.Transitions(); len(tr) != 1 || tr[0] != (Transition{bootstrap.Trapped, bootstrap.HasPasskey, 1}) {
		t.Errorf("%+v", tr)
	}
}
