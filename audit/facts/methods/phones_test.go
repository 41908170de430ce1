package methods_test

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/snapshot"
)

// TestPhones: whose only method is a phone, and whom it still serves when.
func TestPhones(t *testing.T) {
	const mobile = `phone "phoneType":"mobile"`
	tenant := func(entries ...string) factstest.Tenant {
		return onlyOn(factstest.Tenant{}.
			With(snapshot.Users, factstest.Users("a", "b", "c", "d"),
				`{"id":"x","userPrincipalName":"x_y.example#EXT#@contoso.example","userType":"Guest","accountEnabled":true}`).
			With(snapshot.RoleAssignments, `{"id":"r","principalId":"b","roleDefinitionId":"62e90394-69f5-4237-9190-012177145e10","directoryScopeId":"/"}`).
			With(snapshot.AuthenticationMethods, listed("a", mobile), listed("b", mobile), listed("c", mobile, "windowsHelloForBusiness"), listed("x", mobile)).
			With(snapshot.UserRegistrationDetails, reported("a"), reported("b"), reported("c"), reported("x")),
			entries...)
	}
	sms := entry("Sms", everybody)
	for name, tc := range map[string]struct {
		tenant                 factstest.Tenant
		method, phone, besides string
	}{
		// Nothing is known about d.
		"before":        {at(tenant(sms), "2027-01-31T00:00:00Z"), "a b c d? x", "a b c d? x", "c d?"},
		"early":         {at(tenant(sms), "2027-02-01T00:00:00Z"), "a? b c d? x", "a b c d? x", "c d?"},
		"late":          {at(tenant(sms), "2027-07-01T00:00:00Z"), "a? b? c d? x?", "a b c d? x", "c d?"},
		"roles-unread":  {at(tenant(sms).Without(snapshot.RoleAssignments), "2027-02-01T00:00:00Z"), "a? b? c d? x", "a b c d? x", "c d?"},
		"phones-off":    {tenant(), "c d?", "", "c d?"},
		"while-merging": {migrating(tenant()), "a? b? c d? x?", "a? b? c? d? x?", "c d?"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			for _, got := range []struct{ what, got, want string }{
				{"method", factstest.Partly(dir, s.Method), tc.method},
				{"phone", factstest.Partly(dir, s.Phone), tc.phone},
				{"besides a phone", factstest.Partly(dir, s.BesidesPhone), tc.besides},
			} {
				if got.got != got.want {
					t.Errorf("%s: %q, want %q", got.what, got.got, got.want)
				}
			}
		})
	}
}

func TestPhonesOfAnotherCloud(t *testing.T) {
	tenant := at(onlyOn(alone(listed("a", `phone "phoneType":"mobile"`)), entry("Sms", everybody)), "2027-08-01T00:00:00Z")
	tenant.Cloud = "usgov"
	s, dir := strong(t, tenant)
	if got := factstest.Partly(dir, s.Method); got != "a" {
		t.Errorf("got %q: the retirement is announced for the public cloud", got)
	}
}

func TestHelpless(t *testing.T) {
	none := alone(listed("a", "email"))
	for name, tc := range map[string]struct {
		tenant      factstest.Tenant
		want, doubt string
	}{
		"nothing-enabled": {onlyOn(none), "a", ""},
		"may-register":    {onlyOn(none, entry("Sms", everybody)), "", ""},
		"migrating":       {migrating(onlyOn(none)), "a", "Legacy multifactor settings, which Graph does not show, may still offer one: the policy migration is not complete."},
		"phones-retired": {at(onlyOn(none, entry("Sms", everybody)), "2027-08-01T00:00:00Z"), "a",
			"A phone may be, where a telephony provider of the tenant's own, which Graph does not show, delivers text messages and calls in place of Microsoft."},
		"scope-unread": {onlyOn(none, entry("Sms", target("cut"))), "a", "One may be: entries of the policy, or members of their target groups, are missing."},
		"has-a-pass":   {onlyOn(alone(listed("a", `temporaryAccessPass "isUsable":true,"isUsableOnce":false`)), entry("TemporaryAccessPass", everybody, `"isUsableOnce":false`)), "", ""},
		"not-known":    {onlyOn(alone().Without(snapshot.UserRegistrationDetails)), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := strong(t, tc.tenant)
			e, _ := effective(t, tc.tenant)
			who, doubt := s.Helpless(audit.Certainly(dir.All), e)
			if got := factstest.Names(dir, who); got != tc.want || doubt != tc.doubt {
				t.Errorf("got %q %q, want %q %q", got, doubt, tc.want, tc.doubt)
			}
		})
	}
}
