package collect_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

func TestRefusalsAndLicences(t *testing.T) {
	const premium = ":Authentication_RequestFromNonPremiumTenantOrB2CTenant"
	tests := []struct {
		name    string
		skus    string // rows; "denied" refuses them
		fault   string
		section snapshot.SectionID
		state   snapshot.State
		status  int
		code    string
		needs   []string
	}{
		{"report-without-premium", freeSku, "userRegistrationDetails=403" + premium, snapshot.UserRegistrationDetails, snapshot.Unlicensed, 403, premium[1:], []string{"AAD_PREMIUM"}},
		{"report-of-a-licensed-tenant", premiumSku, "userRegistrationDetails=403" + premium, snapshot.UserRegistrationDetails, snapshot.Denied, 403, premium[1:], []string{"AuditLog.Read.All", "Directory.Read.All"}},
		{"report-with-unknown-licences", "denied", "signIns=403" + premium, snapshot.SignIns, snapshot.Denied, 403, premium[1:], []string{"AuditLog.Read.All", "Policy.Read.ConditionalAccess", "Directory.Read.All"}},
		{"eligibility-without-premium", freeSku, "roleEligibilitySchedules=400:AadPremiumLicenseRequired", snapshot.RoleEligibility, snapshot.Unlicensed, 400, "AadPremiumLicenseRequired", []string{"AAD_PREMIUM_P2"}},
		{"eligibility-whatever-the-licences-say", premiumSku, "roleEligibilitySchedules=400:AadPremiumLicenseRequired", snapshot.RoleEligibility, snapshot.Unlicensed, 400, "AadPremiumLicenseRequired", []string{"AAD_PREMIUM_P2"}},
		{"intune-without-licence-403", freeSku, "managedDevices=403:Forbidden", snapshot.ManagedDevices, snapshot.Unlicensed, 403, "Forbidden", []string{"INTUNE_A"}},
		{"intune-without-licence-400", freeSku, "managedDevices=400:BadRequest", snapshot.ManagedDevices, snapshot.Unlicensed, 400, "BadRequest", []string{"INTUNE_A"}},
		{"intune-with-licence", premiumSku, "managedDevices=403:Forbidden", snapshot.ManagedDevices, snapshot.Denied, 403, "Forbidden", []string{"DeviceManagementManagedDevices.Read.All"}},
		{"intune-with-unknown-licences", "denied", "managedDevices=403:Forbidden", snapshot.ManagedDevices, snapshot.Denied, 403, "Forbidden", []string{"DeviceManagementManagedDevices.Read.All"}},
		{"intune-broken", premiumSku, "managedDevices=400:BadRequest", snapshot.ManagedDevices, snapshot.Unavailable, 400, "BadRequest", nil},
		{"risky-users-without-licence", freeSku, "riskyUsers=403:Forbidden", snapshot.RiskyUsers, snapshot.Unlicensed, 403, "Forbidden", []string{"AAD_PREMIUM_P2"}},
		{"risky-users-with-licence", premiumSku, "riskyUsers=403:Forbidden", snapshot.RiskyUsers, snapshot.Denied, 403, "Forbidden", []string{"IdentityRiskyUser.Read.All"}},
		{"risky-users-with-unknown-licences", "denied", "riskyUsers=403:Forbidden", snapshot.RiskyUsers, snapshot.Denied, 403, "Forbidden", []string{"IdentityRiskyUser.Read.All"}},
		{"suspended-licence", `{"id":"s","capabilityStatus":"Suspended","servicePlans":[{"servicePlanName":"INTUNE_A"}]}`, "managedDevices=403:Forbidden", snapshot.ManagedDevices, snapshot.Unlicensed, 403, "Forbidden", []string{"INTUNE_A"}},
		{"policies-denied", freeSku, "conditionalAccess/policies=403:AccessDenied", snapshot.ConditionalAccessPolicies, snapshot.Denied, 403, "AccessDenied", []string{"Policy.Read.All"}},
		{"role-missing", premiumSku, "directoryAudits=403:Authentication_RequestFromUnsupportedUserRole", snapshot.DirectoryAudits, snapshot.Denied, 403, "Authentication_RequestFromUnsupportedUserRole", []string{"AuditLog.Read.All"}},
		{"sign-ins-in-no-version", premiumSku, "signIns=400:BadRequest", snapshot.SignIns, snapshot.Unavailable, 400, "BadRequest", nil},
		{"methods-denied-to-everyone", premiumSku, "authentication/methods=403:Authorization_RequestDenied", snapshot.AuthenticationMethods, snapshot.Denied, 403, "Authorization_RequestDenied", []string{"UserAuthenticationMethod.Read.All"}},
	}
	for _, tt := range tests {
		// The licences are found out about whether they were asked for or not.
		for how, sections := range map[string][]snapshot.SectionID{"all": nil, "alone": {tt.section}} {
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				faults := []string{tt.fault}
				tn := full()
				if tt.skus == "denied" {
					faults = append(faults, "subscribedSkus=403")
				} else {
					tn = tn.with("subscribedSkus", lines(tt.skus))
				}
				_, client := simulate(t, tn.open(t), graphsim.Options{}, faults...)
				got := run(t, client, only(sections...), withOptional).ok()
				e := got.entry(tt.section)
				if e.State != tt.state || e.Status != tt.status || e.Code != tt.code {
					t.Errorf("%s, status %d, code %q; want %s, %d, %q", e.State, e.Status, e.Code, tt.state, tt.status, tt.code)
				}
				if diff := cmp.Diff(tt.needs, e.Needs); diff != "" {
					t.Errorf("needs (-want +got):\n%s", diff)
				}
				if how == "alone" && tt.section != snapshot.SubscribedSkus {
					got.is(snapshot.SubscribedSkus, snapshot.NotCollected, collect.ReasonNotAsked)
				}
			})
		}
	}
}

// Sign-ins that v1.0 refuses are asked of beta.
func TestSignInsOfBeta(t *testing.T) {
	client := clientOf(t, override(t, full().open(t), "/v1.0/auditLogs/signIns", func(w http.ResponseWriter, _ *http.Request) {
		graphError(w, 400, "BadRequest", "not here")
	}), "any")
	got := run(t, client, only(snapshot.SignIns)).ok()
	got.is(snapshot.SignIns, snapshot.Complete, "")
	if n := len(got.rows(snapshot.SignIns)); n != 5 {
		t.Errorf("%d rows", n)
	}
	want := "GET /beta/auditLogs/signIns?$filter=createdDateTime ge {from} and createdDateTime le {to}"
	if e := got.entry(snapshot.SignIns); e.Request != want || e.From != "2026-10-23T06:00:00Z" || e.To != takenAt {
		t.Errorf("request %q from %q to %q", e.Request, e.From, e.To)
	}
}
