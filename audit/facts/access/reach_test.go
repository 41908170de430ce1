package access_test

import (
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

const resistant = "00000000-0000-0000-0000-000000000004"

// tenant has three people, one of them an administrator, and a guest.
func tenant() factstest.Tenant {
	return factstest.Tenant{}.
		With(snapshot.Users, factstest.Users("a", "b", "c"), `{"id":"x","userType":"Guest"}`).
		With(snapshot.Groups, factstest.Groups("g", "cut")).
		With(snapshot.GroupMembers, factstest.Members("g", "b")).
		Entry(snapshot.GroupMembers, `{"state":"partial","incompleteIds":["cut"]}`).
		With(snapshot.RoleAssignments, `{"id":"1","principalId":"c","roleDefinitionId":"admin","directoryScopeId":"/"}`)
}

// policy writes an enabled policy that demands the built-in strength.
func policy(users string) string {
	return fmt.Sprintf(`{"id":"p","state":"enabled","conditions":{"users":%s},"grantControls":{"operator":"OR","builtInControls":[],"authenticationStrength":{"id":%q}}}`, users, resistant)
}

// reach writes the reach of every demand.
func reach(t *testing.T, tenant factstest.Tenant) string {
	t.Helper()
	run := tenant.Run(t)
	dir := factstest.Get(t, run, population.Users)
	var all []string
	for _, d := range factstest.Get(t, run, access.PhishingResistant) {
		all = append(all, d.Policy.ID+": "+factstest.Partly(dir, d.Reach))
	}
	return strings.Join(all, "; ")
}

func TestReach(t *testing.T) {
	tests := map[string]struct{ users, want string }{
		"all":                       {`{"includeUsers":["All"]}`, "a b c x"},
		"none":                      {`{"includeUsers":["None"]}`, ""},
		"none-plus-roles":           {`{"includeUsers":["None"],"includeRoles":["ADMIN"]}`, "c"},
		"user":                      {`{"includeUsers":["A"]}`, "a"},
		"unknown-user":              {`{"includeUsers":["gone"]}`, ""},
		"group":                     {`{"includeGroups":["G"]}`, "b"},
		"deleted-group":             {`{"includeGroups":["gone"]}`, ""},
		"no-group":                  {`{"includeGroups":["00000000-0000-0000-0000-000000000000"]}`, ""},
		"group-not-read-to-the-end": {`{"includeGroups":["cut"]}`, "a? b? c? x?"},
		"role":                      {`{"includeRoles":["admin"]}`, "c"},
		"other-role":                {`{"includeRoles":["reader"]}`, ""},
		"any-include":               {`{"includeUsers":["a"],"includeGroups":["g"],"includeRoles":["admin"]}`, "a b c"},
		"guests-token":              {`{"includeUsers":["GuestsOrExternalUsers"]}`, "x"},
		"guest-types":               {`{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest"}}`, "x"},
		"guest-types-new":           {`{"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"unknownFutureValue"}}`, "x?"},
		"word-nobody-knows":         {`{"includeUsers":["EverybodyElse"]}`, "a? b? c? x?"},
		"agents-are-no-people":      {`{"includeUsers":["AllAgentIdUsers"]}`, ""},
		"guest-types-empty":         {`{"includeUsers":["a"],"includeGuestsOrExternalUsers":{"guestOrExternalUserTypes":""}}`, "a"},
		"guest-types-null":          {`{"includeUsers":["a"],"includeGuestsOrExternalUsers":null}`, "a"},
		"exclude-user":              {`{"includeUsers":["All"],"excludeUsers":["B"]}`, "a c x"},
		"exclude-group":             {`{"includeUsers":["All"],"excludeGroups":["g"]}`, "a c x"},
		"exclude-role":              {`{"includeUsers":["All"],"excludeRoles":["admin"]}`, "a b x"},
		"exclude-guests-token":      {`{"includeUsers":["All"],"excludeUsers":["GuestsOrExternalUsers"]}`, "a b c"},
		"exclude-guest-types":       {`{"includeUsers":["All"],"excludeGuestsOrExternalUsers":{"guestOrExternalUserTypes":"serviceProvider"}}`, "a b c x"},
		"exclude-unread-group":      {`{"includeUsers":["a"],"excludeGroups":["cut"]}`, "a?"},
		"exclude-no-group":          {`{"includeUsers":["a"],"excludeGroups":["00000000-0000-0000-0000-000000000000"]}`, "a"},
		"exclude-wins":              {`{"includeUsers":["b"],"includeGroups":["g"],"excludeUsers":["b"]}`, ""},
		"exclude-deleted-group":     {`{"includeUsers":["a"],"excludeGroups":["gone"]}`, "a"},
		"users-null":                {`null`, ""},
		"lists-null":                {`{"includeUsers":null,"includeGroups":null,"excludeUsers":null}`, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got, want := reach(t, tenant().With(snapshot.ConditionalAccessPolicies, policy(tc.users))), "p: "+tc.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestReachWithoutRolesOrGroups(t *testing.T) {
	tests := map[string]struct {
		tenant      factstest.Tenant
		users, want string
	}{
		"roles-unread":         {tenant().Without(snapshot.RoleAssignments), `{"includeRoles":["admin"]}`, "p: a? b? c? x?"},
		"excluded-role-unread": {tenant().Without(snapshot.RoleAssignments), `{"includeUsers":["a"],"excludeRoles":["admin"]}`, "p: a?"},
		"groups-unread":        {tenant().Without(snapshot.Groups), `{"includeGroups":["other"]}`, "p: a? b? c? x?"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := reach(t, tc.tenant.With(snapshot.ConditionalAccessPolicies, policy(tc.users))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDemands(t *testing.T) {
	const (
		all       = `"conditions":{"users":{"includeUsers":["a"]}}`
		strengths = `{"id":"K","allowedCombinations":["fido2","windowsHelloForBusiness"]}` + "\n" +
			`{"id":"tap","allowedCombinations":["fido2","temporaryAccessPassOneTime"]}` + "\n" +
			`{"id":"00000000-0000-0000-0000-000000000002","allowedCombinations":["fido2","password,sms"]}` + "\n" +
			`{"id":"bare","allowedCombinations":[]}`
		yes, maybe, no = "p: a", "p: a?", ""
	)
	strength := func(id string) string { return fmt.Sprintf(`"authenticationStrength":{"id":%q}`, id) }
	tests := map[string]struct {
		grant   string // grantControls
		without string // the answer where strengths were not read
		with    string
	}{
		"built-in-by-id":              {`{"operator":"OR",` + strength(resistant) + `}`, yes, yes},
		"built-in-in-full":            {`{"operator":"OR","authenticationStrength":{"id":"` + resistant + `","allowedCombinations":["fido2","windowsHelloForBusiness","x509CertificateMultiFactor"]}}`, yes, yes},
		"multifactor-strength":        {`{"operator":"OR",` + strength("00000000-0000-0000-0000-000000000002") + `}`, no, no},
		"passwordless-strength":       {`{"operator":"OR",` + strength("00000000-0000-0000-0000-000000000003") + `}`, no, no},
		"custom-subset":               {`{"operator":"OR",` + strength("k") + `}`, maybe, yes},
		"custom-with-pass":            {`{"operator":"OR",` + strength("TAP") + `}`, maybe, no},
		"custom-in-full":              {`{"operator":"OR","authenticationStrength":{"id":"own","allowedCombinations":["fido2"]}}`, yes, yes},
		"custom-in-full-with-pass":    {`{"operator":"OR","authenticationStrength":{"id":"own","allowedCombinations":["fido2","temporaryAccessPassMultiUse"]}}`, no, no},
		"custom-full-here-bare-there": {`{"operator":"OR","authenticationStrength":{"id":"bare","allowedCombinations":["fido2"]}}`, yes, yes},
		"custom-not-listed":           {`{"operator":"OR",` + strength("other") + `}`, maybe, maybe},
		"or-with-mfa":                 {`{"operator":"OR","builtInControls":["mfa"],` + strength(resistant) + `}`, no, no},
		"or-with-device":              {`{"operator":"or","builtInControls":["compliantDevice"],` + strength(resistant) + `}`, no, no},
		"and-with-device":             {`{"operator":"AND","builtInControls":["compliantDevice"],` + strength(resistant) + `}`, yes, yes},
		"and-alone":                   {`{"operator":"AND","builtInControls":[],` + strength(resistant) + `}`, yes, yes},
		"or-with-terms":               {`{"operator":"OR","builtInControls":[],"termsOfUse":["t"],` + strength(resistant) + `}`, no, no},
		"or-with-empty-lists":         {`{"operator":"OR","builtInControls":[],"termsOfUse":[],"customAuthenticationFactors":[],` + strength(resistant) + `}`, yes, yes},
		"or-with-custom-factor":       {`{"operator":"OR","customAuthenticationFactors":["f"],` + strength(resistant) + `}`, no, no},
		"no-operator-one-item":        {`{` + strength(resistant) + `}`, yes, yes},
		"no-operator-two-items":       {`{"builtInControls":["compliantDevice"],` + strength(resistant) + `}`, maybe, maybe},
		"no-operator-mere-mfa":        {`{"builtInControls":["compliantDevice"],` + strength("00000000-0000-0000-0000-000000000002") + `}`, no, no},
		"strength-null":               {`{"operator":"OR","builtInControls":["mfa"],"authenticationStrength":null}`, no, no},
		"strength-by-name":            {`{"operator":"OR","authenticationStrength":{"id":null,"displayName":"Passkeys"}}`, maybe, maybe},
		"strength-of-nulls":           {`{"operator":"OR","authenticationStrength":{"id":null,"displayName":null}}`, no, no},
		"session-only":                {`null`, no, no},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			row := fmt.Sprintf(`{"id":"p","state":"enabled",%s,"grantControls":%s}`, all, tc.grant)
			base := tenant().With(snapshot.ConditionalAccessPolicies, row)
			if got := reach(t, base); got != tc.without {
				t.Errorf("strengths not read: got %q, want %q", got, tc.without)
			}
			if got := reach(t, base.With(snapshot.AuthenticationStrengths, strengths)); got != tc.with {
				t.Errorf("strengths read: got %q, want %q", got, tc.with)
			}
		})
	}
}

func TestOnlyEnabledPoliciesDemand(t *testing.T) {
	on := policy(`{"includeUsers":["a"]}`)
	rows := []string{
		strings.Replace(on, `"enabled"`, `"enabledForReportingButNotEnforced"`, 1),
		strings.Replace(on, `"enabled"`, `"disabled"`, 1),
		strings.Replace(on, `"state":"enabled",`, ``, 1),
		strings.Replace(strings.Replace(on, `"p"`, `"on"`, 1), `"state"`, `"displayName":"(report-only)","state"`, 1),
		strings.Replace(strings.Replace(on, `"p"`, `"bare"`, 1), `{"users":{"includeUsers":["a"]}}`, `null`, 1),
	}
	if got, want := reach(t, tenant().With(snapshot.ConditionalAccessPolicies, rows...)), "on: a; bare: "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Which kind a guest is follows from whose credentials it uses and from userType.
func TestGuestKinds(t *testing.T) {
	users := []string{
		`{"id":"member","userPrincipalName":"m@contoso.example","userType":"Member"}`,
		`{"id":"internal","userPrincipalName":"i@contoso.example","userType":"Guest"}`,
		`{"id":"guest","userPrincipalName":"g_fabrikam.example#EXT#@contoso.example","userType":"Guest"}`,
		`{"id":"outside","userPrincipalName":"o_fabrikam.example#EXT#@contoso.example","userType":"Member"}`,
	}
	for kinds, want := range map[string]string{
		`"guestOrExternalUserTypes":"internalGuest"`:                                                                                         "internal",
		`"guestOrExternalUserTypes":"b2bCollaborationGuest"`:                                                                                 "guest",
		`"guestOrExternalUserTypes":"b2bCollaborationMember"`:                                                                                "outside",
		`"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest"`:                                                                   "guest internal",
		`"guestOrExternalUserTypes":"b2bDirectConnectUser"`:                                                                                  "guest? outside?",
		`"guestOrExternalUserTypes":"otherExternalUser,serviceProvider"`:                                                                     "",
		`"guestOrExternalUserTypes":"internalGuest,b2bCollaborationGuest","externalTenants":{"membershipKind":"enumerated","members":["t"]}`: "guest? internal",
		`"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":{"membershipKind":"all"}`:                                      "guest",
		`"guestOrExternalUserTypes":"b2bCollaborationGuest","externalTenants":null`:                                                          "guest",
	} {
		got := reach(t, tenant().With(snapshot.Users, users...).With(snapshot.ConditionalAccessPolicies, policy(`{"includeGuestsOrExternalUsers":{`+kinds+`}}`)))
		if got != "p: "+want {
			t.Errorf("%s: got %q, want %q", kinds, got, want)
		}
	}
}
