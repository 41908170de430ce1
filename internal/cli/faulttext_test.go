package cli_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/internal/cli"
)

// What people read when something goes wrong: what happened, what it means for the
// result, and what to do next, on a terminal of 80 columns.
func TestFaultTexts(t *testing.T) {
	cli.SkipUnderRace(t)
	whole, free := matrixTenant(t), tenantWith(t, "EXCHANGE_S_STANDARD")
	requests := regexp.MustCompile(`\d+ requests`)
	waits := regexp.MustCompile(`(?m)^(waiting|reading) .*\n| \(request-id [^)]*\)`)
	var b strings.Builder
	for _, tt := range []struct {
		title  string
		faults []string
		snap   *snapshot.Snapshot
	}{
		{"a permission is missing", []string{"/deviceManagement/managedDevices/=403", "authentication/methods/=403:accessDenied"}, nil},
		{"a premium refusal of a tenant with the licence", []string{"/auditLogs/signIns/=403:Authentication_RequestFromNonPremiumTenantOrB2CTenant"}, nil},
		{"a tenant without licences", []string{"/auditLogs/signIns/=403:Authentication_RequestFromNonPremiumTenantOrB2CTenant", "/roleManagement/directory/roleEligibilitySchedules/=400:AadPremiumLicenseRequired"}, free},
		{"throttled for ever", []string{"/users/=429"}, nil},
		{"a server error in the middle", []string{"/devices/=503;after=2"}, nil},
		{"not in this cloud", []string{"/identityProtection/riskyUsers/=404", "/policies/authenticationStrengthPolicies/=501"}, nil},
		{"the connection breaks", []string{"/domains/=close", "/identity/conditionalAccess/policies/=truncate"}, nil},
		{"a page of the network's", []string{"/reports/authenticationMethods/userRegistrationDetails/=html"}, nil},
		{"silence", []string{"/auditLogs/directoryAudits/=slow;pause=400000"}, nil},
		{"a redirect", []string{"/devices/=redirect-away"}, nil},
		{"next links without an end", []string{"/users/=endless-pages", "transitiveMembers/microsoft.graph.user/=repeat-next-link"}, nil},
		{"a next link to another host", []string{"/deviceManagement/managedDevices/=foreign-next-link"}, nil},
		{"the token is not taken any more", []string{"/users/=401;after=1", "/organization/=401;after=1"}, nil},
		{"parts of rows", []string{"authenticationMethodConfigurations/Fido2/=503", "federationConfiguration/=404"}, nil},
		{"one account", []string{"authentication/methods/=403:accessDenied*1"}, nil},
		{"the tenant is not read", []string{"/organization/=403"}, nil},
		{"nothing works: no token", []string{"/organization/=401"}, nil},
		{"nothing works: closed", []string{"/organization/=close"}, nil},
		{"nothing works: redirect", []string{"/organization/=redirect-away"}, nil},
	} {
		dir := filepath.Join(scratch(t), "snapshot")
		c := collectOnVirtualTime(t, cmp.Or(tt.snap, whole), dir, tt.faults)
		// When what is waited for is said depends on chance.
		text := waits.ReplaceAllString(strings.ReplaceAll(c.stderr, dir, "./snapshot"), "")
		text = requests.ReplaceAllString(text, "some requests")
		fmt.Fprintf(&b, "== %s: %s\n%sexit code %d\n\n", tt.title, strings.Join(tt.faults, " "), text, c.code)
	}
	golden := filepath.Join("testdata", "golden", "faults.txt")
	if flag.Lookup("update-golden").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if text := diff.Diff(string(want), b.String()); text != "" {
		t.Errorf("(-want +got):\n%s", text)
	}
}
