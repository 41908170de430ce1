package methods_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestScope(t *testing.T) {
	tests := map[string]struct{ entry, want string }{
		"everybody":                 {entry("Sms", everybody), "a b c"},
		"everybody-in-capitals":     {entry("Sms", `{"id":"ALL_USERS","targetType":"group"}`), "a b c"},
		"letter-case-of-the-id":     {entry("sMS", everybody), "a b c"},
		"nobody":                    {entry("Sms", ""), ""},
		"group":                     {entry("Sms", target("G")), "a"},
		"deleted-group":             {entry("Sms", target("gone")), ""},
		"group-not-read-to-the-end": {entry("Sms", target("cut")), "a? b? c?"},
		"two-groups":                {entry("Sms", target("g")+","+target("cut")), "a b? c?"},
		"user":                      {entry("Sms", `{"id":"B","targetType":"user"}`), "b"},
		"user-in-capitals":          {entry("Sms", `{"id":"b","targetType":"User"}`), "b"},
		"deleted-user":              {entry("Sms", `{"id":"gone","targetType":"user"}`), ""},
		"type-not-told-group":       {entry("Sms", `{"id":"g"}`), "a"},
		"type-not-told-user":        {entry("Sms", `{"id":"b"}`), "b"},
		"type-not-known":            {entry("Sms", `{"id":"g","targetType":"administrativeUnit"}`), "a? b? c?"},
		"excluded-group":            {entry("Sms", everybody, `"excludeTargets":[`+target("g")+`]`), "b c"},
		"exclusion-wins":            {entry("Sms", everybody+","+target("g"), `"excludeTargets":[{"id":"a","targetType":"user"}]`), "b c"},
		"exclude-everybody":         {entry("Sms", target("g"), `"excludeTargets":[`+everybody+`]`), ""},
		"exclude-deleted-group":     {entry("Sms", everybody, `"excludeTargets":[`+target("gone")+`]`), "a b c"},
		"exclude-unread-group":      {entry("Sms", target("g"), `"excludeTargets":[`+target("cut")+`]`), "a?"},
		"exclude-type-not-known":    {entry("Sms", target("g"), `"excludeTargets":[{"id":"x","targetType":"device"}]`), "a?"},
		"disabled":                  {`{"id":"Sms","state":"disabled","includeTargets":[` + everybody + `]}`, ""},
		"disabled-in-capitals":      {`{"id":"Sms","state":"DISABLED","includeTargets":[` + everybody + `]}`, ""},
		"state-not-known":           {`{"id":"Sms","state":"unknownFutureValue","includeTargets":[` + target("g") + `]}`, "a?"},
		"state-not-told":            {`{"id":"Sms","includeTargets":[` + target("g") + `]}`, "a?"},
		"no-such-entry":             {entry("Voice", everybody), "a? b? c?"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, dir := effective(t, policy(base(), tc.entry))
			if got := factstest.Partly(dir, e.InScope("SMS")); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	list := everybody + "," + target("g") + "," + target("gone") + `,{"id":"gone","targetType":"user"},{"id":"a","targetType":"user"},{"id":"g","targetType":"other"}`
	tests := map[string]struct {
		tenant factstest.Tenant
		want   string // Gone of each target
	}{
		"all-read":      {base(), "no no yes yes no unknown"},
		"users-partial": {base().Entry(snapshot.Users, `{"state":"partial"}`), "no no yes unknown no unknown"},
		"groups-denied": {base().Without(snapshot.Groups), "no no unknown yes no unknown"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _ := effective(t, policy(tc.tenant, off("Voice"), entry("Sms", list)))
			got := ""
			for i, target := range e.Method("Sms").Include {
				got += " " + target.Gone.String()
				if want := fmt.Sprintf("/authenticationMethodConfigurations/1/includeTargets/%d", i); target.Pointer != want {
					t.Errorf("pointer %s, want %s", target.Pointer, want)
				}
				if e.Quote(target.Pointer+"/id", "").Absent {
					t.Errorf("%s does not resolve", target.Pointer)
				}
			}
			if got != " "+tc.want {
				t.Errorf("gone:%s, want %s", got, tc.want)
			}
		})
	}
}

func TestMigrationState(t *testing.T) {
	for state, want := range map[string]audit.Tri{
		`"migrationComplete"`: audit.Yes, `"migrationInProgress"`: audit.No, `"preMigration"`: audit.No,
		`null`: audit.Unsure, `"unknownFutureValue"`: audit.Unsure,
	} {
		tenant := base().With(snapshot.AuthenticationMethodsPolicy, `{"id":"p","policyMigrationState":`+state+`}`)
		if e, _ := effective(t, tenant); e.MigrationComplete != want {
			t.Errorf("%s: complete %s, want %s", state, e.MigrationComplete, want)
		}
	}
}

func TestCampaign(t *testing.T) {
	campaign := func(members string) string {
		return `{"authenticationMethodsRegistrationCampaign":{` + members + `}}`
	}
	const (
		fido2 = `"includeTargets":[{"id":"all_users","targetType":"group","targetedAuthenticationMethod":"fido2"}]`
		app   = `"includeTargets":[{"id":"all_users","targetType":"group","targetedAuthenticationMethod":"microsoftAuthenticator"}]`
		mixed = `"includeTargets":[{"id":"all_users","targetType":"group","targetedAuthenticationMethod":"microsoftAuthenticator"},{"id":"g","targetType":"group","targetedAuthenticationMethod":"Fido2"}]`
		cut   = `"includeTargets":[{"id":"cut","targetType":"group","targetedAuthenticationMethod":"fido2"}]`
	)
	tests := map[string]struct{ enforcement, want string }{
		"enabled":             {campaign(`"state":"enabled",` + fido2), "a b c"},
		"microsoft-managed":   {campaign(`"state":"default",` + fido2), "a b c"},
		"disabled":            {campaign(`"state":"disabled",` + fido2), ""},
		"state-not-known":     {campaign(`"state":"unknownFutureValue",` + mixed), "a?"},
		"state-not-told":      {campaign(fido2), "a? b? c?"},
		"campaign-null":       {`{"authenticationMethodsRegistrationCampaign":null}`, "a? b? c?"},
		"enforcement-null":    {`null`, "a? b? c?"},
		"other-method":        {campaign(`"state":"enabled",` + app), ""},
		"one-of-two-methods":  {campaign(`"state":"enabled",` + mixed), "a"},
		"excluded":            {campaign(`"state":"enabled",` + fido2 + `,"excludeTargets":[{"id":"g","targetType":"group"}]`), "b c"},
		"excluded-user":       {campaign(`"state":"enabled",` + fido2 + `,"excludeTargets":[{"id":"b","targetType":"user"}]`), "a c"},
		"excluded-unread":     {campaign(`"state":"enabled",` + fido2 + `,"excludeTargets":[{"id":"cut","targetType":"group"}]`), "a? b? c?"},
		"included-unread":     {campaign(`"state":"enabled",` + cut), "a? b? c?"},
		"no-targets":          {campaign(`"state":"enabled"`), ""},
		"disabled-no-targets": {campaign(`"state":"disabled"`), ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, dir := effective(t, base().With(snapshot.AuthenticationMethodsPolicy, `{"id":"p","registrationEnforcement":`+tc.enforcement+`}`))
			c := e.Campaign()
			reached, pointer := c.Reach, c.Pointer
			if got := factstest.Partly(dir, reached); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if want := "/registrationEnforcement/authenticationMethodsRegistrationCampaign"; pointer != want {
				t.Errorf("pointer %s, want %s", pointer, want)
			}
		})
	}
}

func TestFido2(t *testing.T) {
	tests := map[string]struct {
		tenant factstest.Tenant
		// missing: a *audit.MissingError; otherwise whether the method is on.
		missing, on bool
	}{
		"enabled":         {policy(base(), entry("FIDO2", everybody)), false, true},
		"disabled":        {policy(base(), off("Fido2")), false, false},
		"state-not-known": {policy(base(), `{"id":"Fido2","state":"paused"}`), true, false},
		"no-entry":        {policy(base(), off("Sms")), true, false},
		"policy-denied":   {base().Entry(snapshot.AuthenticationMethodsPolicy, `{"state":"denied"}`), true, false},
		"not-collected":   {base(), true, false},
		"unreadable":      {base().With(snapshot.AuthenticationMethodsPolicy, `{"id":"p","authenticationMethodConfigurations":"x"}`), true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var policy *methods.Effective
			check := &audit.Check{
				ID: "PK-TEST-001", Facts: []audit.AnyFact{methods.Policy, population.Users},
				Run: func(ctx context.Context, p *audit.Pass) (err error) {
					policy, _, err = methods.EnabledPasskeys(ctx, p)
					return err
				},
			}
			record := tc.tenant.Run(t).Execute(t.Context(), check)
			var missing *audit.MissingError
			if got := errors.As(record.Err, &missing); got != tc.missing {
				t.Fatalf("error %v, want a MissingError %t", record.Err, tc.missing)
			}
			if missing != nil && missing.Section != snapshot.AuthenticationMethodsPolicy {
				t.Errorf("the error blames %s", missing.Section)
			}
			if tc.missing {
				return
			}
			if got := policy != nil; got != tc.on {
				t.Errorf("got a policy %t, want %t", got, tc.on)
			}
			if got := record.NotApplicable != ""; got == tc.on {
				t.Errorf("not applicable %t, want %t", got, !tc.on)
			}
		})
	}
}
