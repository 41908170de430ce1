package cli_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/graphsim"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

// pathOf is what requests of each section have in their path.
var pathOf = map[snapshot.SectionID]string{
	snapshot.Organization: "organization", snapshot.SubscribedSkus: "subscribedSkus", snapshot.Domains: "/domains",
	snapshot.AuthenticationMethodsPolicy: "/policies/authenticationMethodsPolicy",
	snapshot.SecurityDefaults:            "identitySecurityDefaultsEnforcementPolicy",
	snapshot.CrossTenantAccessPolicy:     "crossTenantAccessPolicy/default", snapshot.CrossTenantPartners: "crossTenantAccessPolicy/partners",
	snapshot.AuthenticationStrengths: "authenticationStrengthPolicies", snapshot.ConditionalAccessPolicies: "conditionalAccess/policies",
	snapshot.NamedLocations: "namedLocations", snapshot.ServicePrincipals: "servicePrincipals",
	snapshot.RoleAssignments: "roleAssignments", snapshot.RoleEligibility: "roleEligibilitySchedules",
	snapshot.Users: "/users", snapshot.RiskyUsers: "riskyUsers", snapshot.Groups: "getByIds", snapshot.GroupMembers: "transitiveMembers",
	snapshot.UserRegistrationDetails: "userRegistrationDetails", snapshot.AuthenticationMethods: "authentication/methods",
	snapshot.Devices: "/devices", snapshot.ManagedDevices: "managedDevices",
	snapshot.SignIns: "auditLogs/signIns", snapshot.DirectoryAudits: "directoryAudits",
}

// paged are the sections whose rows do not fit on one page of two.
var paged = []snapshot.SectionID{
	snapshot.SubscribedSkus, snapshot.Domains, snapshot.CrossTenantPartners, snapshot.AuthenticationStrengths, snapshot.ConditionalAccessPolicies,
	snapshot.NamedLocations, snapshot.ServicePrincipals, snapshot.RoleAssignments, snapshot.RoleEligibility, snapshot.Users, snapshot.RiskyUsers,
	snapshot.UserRegistrationDetails, snapshot.Devices, snapshot.ManagedDevices, snapshot.SignIns, snapshot.DirectoryAudits,
}

// upstream are the sections that others rest on.
var upstream = []snapshot.SectionID{
	snapshot.Organization, snapshot.AuthenticationMethodsPolicy, snapshot.ConditionalAccessPolicies, snapshot.RoleAssignments, snapshot.RoleEligibility,
	snapshot.Users, snapshot.Groups, snapshot.UserRegistrationDetails,
}

// matrixTenant is a small tenant with five rows in every collection.
func matrixTenant(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	dir := t.TempDir()
	w, err := snapshot.Create(filepath.Join(dir, "snap"), snapshot.Manifest{
		Tenant: snapshot.Tenant{ID: "11111111-2222-4333-8444-555555555555"}, TakenAt: "2026-11-22T06:00:00Z", Scope: snapshot.Scope{Kind: snapshot.ScopeTenant},
	}, snapshot.Plain)
	if err != nil {
		t.Fatal(err)
	}
	user := func(i int) string { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", i) }
	group := func(i int) string { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", i) }
	row := func(id snapshot.SectionID, i int) string {
		switch id {
		case snapshot.Organization:
			return `{"id":"11111111-2222-4333-8444-555555555555","displayName":"Contoso"}`
		case snapshot.AuthenticationMethodsPolicy:
			return `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled","includeTargets":[{"id":"` + group(1) + `","targetType":"group"}],"passkeyProfiles":[{"id":"p1"}]}]}`
		case snapshot.SubscribedSkus:
			return fmt.Sprintf(`{"id":"sku%d","capabilityStatus":"Enabled","servicePlans":[{"servicePlanName":"AAD_PREMIUM_P2","provisioningStatus":"Success"},{"servicePlanName":"INTUNE_A","provisioningStatus":"Success"}]}`, i)
		case snapshot.CrossTenantPartners:
			return fmt.Sprintf(`{"tenantId":"t%d"}`, i)
		case snapshot.ConditionalAccessPolicies:
			return fmt.Sprintf(`{"id":"c%d","state":"enabled","conditions":{"users":{"includeGroups":["%s"]}}}`, i, group(i))
		case snapshot.ServicePrincipals:
			return fmt.Sprintf(`{"id":"sp%d","appId":"%s","displayName":"App"}`, i, []string{"", "6aa00308-ea33-4caa-90d6-ae905d8cb51b", "ea890292-c8c8-4433-b5ea-b09d0668e1a6",
				"4813382a-8fa7-425e-ab75-3b753aab3abb", "19db86c3-b2b9-44cc-b339-36da233a3be2", "1b912ec3-a9dd-4c4d-a53e-76aa7adb28d7"}[i])
		case snapshot.RoleAssignments, snapshot.RoleEligibility:
			return fmt.Sprintf(`{"id":"%s%d","principalId":"%s","roleDefinitionId":"d1"}`, id, i, user(i))
		case snapshot.Users, snapshot.RiskyUsers, snapshot.UserRegistrationDetails:
			return fmt.Sprintf(`{"id":"%s","userPrincipalName":"user%d@contoso.example","accountEnabled":true,"userType":"Member"}`, user(i), i)
		case snapshot.Groups:
			return `{"id":"` + group(i) + `"}`
		case snapshot.GroupMembers:
			return fmt.Sprintf(`{"groupId":"%s","transitive":true,"userIds":["%s","%s","%s"]}`, group(i), user(i), user(i%5+1), user((i+1)%5+1))
		case snapshot.AuthenticationMethods:
			return fmt.Sprintf(`{"userId":"%s","value":[{"id":"m%d"}]}`, user(i), i)
		case snapshot.SignIns:
			return fmt.Sprintf(`{"id":"s%d","createdDateTime":"2026-11-%02dT10:00:00Z","userId":"%s"}`, i, 20-i, user(i))
		case snapshot.DirectoryAudits:
			return fmt.Sprintf(`{"id":"a%d","activityDateTime":"2026-11-%02dT10:00:00Z","loggedByService":"Authentication Methods"}`, i, 20-i)
		case snapshot.ManagedDevices:
			return fmt.Sprintf(`{"id":"md%d","azureADDeviceId":"x","userId":"%s"}`, i, user(i))
		case snapshot.Devices:
			return fmt.Sprintf(`{"id":"d%d","registeredOwners":[{"id":"%s"}]}`, i, user(i))
		default:
			return fmt.Sprintf(`{"id":"%s%d"}`, id, i)
		}
	}
	for _, spec := range snapshot.Sections() {
		sw, err := w.Section(spec.ID)
		rows := 5
		if spec.Shape == snapshot.Singleton {
			rows = 1
		}
		for i := range rows {
			if err == nil {
				err = sw.Append([]byte(row(spec.ID, i+1)))
			}
		}
		if err == nil {
			err = sw.Finish(snapshot.SectionEntry{State: snapshot.Complete})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Open(os.DirFS(filepath.Join(dir, "snap")))
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// collectMain runs the command in this process, so that back-offs take no time.
func collectMain(t *testing.T, snap *snapshot.Snapshot, faults []string, args ...string) (dir, stderr string, code int) {
	t.Helper()
	o := graphsim.Options{PageSize: 2}
	for _, text := range faults {
		f, err := graphsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	l := newLookAlike(t, snap, o)
	dir = filepath.Join(t.TempDir(), "snapshot")
	var out, errs bytes.Buffer
	code = cli.Main(t.Context(), cli.Deps{
		IO: &term.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Width: 80, Getenv: func(name string) string {
			_, value, _ := strings.Cut(l.env[0], "=")
			if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
				return value
			}
			return ""
		}},
		Version: "v0.0.0-test", Retry: graphclient.Retry{Base: time.Nanosecond, Cap: time.Nanosecond},
	}, slices.Concat([]string{"collect", "--out", dir}, l.flags, args))
	if out.Len() > 0 {
		t.Errorf("standard output: %s", out.String())
	}
	if _, token, _ := strings.Cut(l.env[0], "="); strings.Contains(errs.String(), token) || strings.Contains(errs.String(), "@contoso") {
		t.Errorf("standard error names what it must not: %s", errs.String())
	}
	return dir, errs.String(), code
}

// on makes one fault of many sections.
func on(fault string, sections ...snapshot.SectionID) (all []string) {
	for _, id := range sections {
		f := fault
		if id == snapshot.Users || id == snapshot.Devices {
			// They are counted first, and asked for in a form first that is refused.
			f = strings.ReplaceAll(f, "after=1", "after=2")
		}
		all = append(all, pathOf[id]+"="+f)
	}
	return all
}

// What passes by itself leaves no trace, whichever section it happens to: each of
// these faults happens to every section at once.
func TestFaultMatrixRecoverable(t *testing.T) {
	cli.SkipUnderRace(t)
	snap := matrixTenant(t)
	all := slices.Sorted(maps.Keys(pathOf))
	whole, stderr, code := collectMain(t, snap, nil)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	want := digestsOf(t, whole)
	for id, digest := range want {
		if !strings.HasPrefix(digest, "complete") {
			t.Fatalf("%s is %s without a fault: %s", id, digest, stderr)
		}
	}
	for _, fault := range []string{
		"429*2", "401*1", "500*1", "502*1", "503*2", "504*1", "close*1", "truncate*1", "cut-json*1", "slow;pause=1", "gzip", "html*1",
		"empty-page*2", "repeat-next-link*1", "empty-token*1", "expired-token*1", "lost-token*1", "unknown-token*1", "expired-token*1;after=1", "503;chance=20",
	} {
		t.Run(fault, func(t *testing.T) {
			dir, stderr, code := collectMain(t, snap, on(fault, all...))
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if diff := cmp.Diff(want, digestsOf(t, dir)); diff != "" {
				t.Errorf("(-without +with the fault):\n%s\n%s", diff, stderr)
			}
			if strings.Contains(stderr, "Not everything") {
				t.Errorf("standard error: %s", stderr)
			}
		})
	}
}

// lasting is a fault that does not pass, and what becomes of a section.
type lasting struct {
	fault  string
	state  snapshot.State // after nothing was read
	reason string
	// paged sections keep what they had: they are partial.
	paged bool
	// Logs do without page tokens if they have to.
	logs bool
}

var lastingFaults = []lasting{
	{"403", snapshot.Denied, "Authorization_RequestDenied", false, false},
	{"404", snapshot.Unavailable, "404", false, false},
	{"429", snapshot.Unavailable, "429", false, false},
	{"503", snapshot.Unavailable, "503", false, false},
	{"501", snapshot.NotCollected, "does not offer", false, false},
	{"close", snapshot.Unavailable, "EOF", false, false},
	{"truncate", snapshot.Unavailable, "EOF", false, false},
	{"cut-json", snapshot.Unavailable, "too early", false, false},
	{"html", snapshot.Unavailable, "not JSON", false, false},
	{"redirect", snapshot.Unavailable, "redirects are not followed", false, false},
	{"redirect-away", snapshot.Unavailable, "elsewhere.invalid", false, false},
	{"403:Authentication_RequestFromUnsupportedUserRole;after=1", "", "ended after 2 rows: Graph answered 403 Forbidden, Authentication_RequestFromUnsupportedUserRole", true, false},
	{"503;after=1", "", "ended after 2 rows", true, false},
	{"repeat-next-link", "", "followed before", true, false},
	{"endless-pages", "", "no new row", true, false},
	{"empty-token", "", "empty token", true, true},
	{"foreign-next-link", "", "elsewhere.invalid", true, false},
	{"expired-token", "", "Directory_ExpiredPageToken", true, true},
	{"lost-token", "", "DirectoryPageTokenNotFoundException", true, true},
	{"unknown-token", "", "UnknownError", true, true},
}

// What lasts shows in the state of the section it happens to, in no other, and in
// what is said on standard error.
func TestFaultMatrixLasting(t *testing.T) {
	cli.SkipUnderRace(t)
	snap := matrixTenant(t)
	leaves := slices.DeleteFunc(slices.Sorted(maps.Keys(pathOf)), func(id snapshot.SectionID) bool { return slices.Contains(upstream, id) })
	for _, f := range lastingFaults {
		// Sections that nothing rests on share a run; the others have one each.
		runs := [][]snapshot.SectionID{leaves}
		for _, id := range upstream {
			runs = append(runs, []snapshot.SectionID{id})
		}
		if !slices.Contains([]string{"403", "503", "html", "redirect", "endless-pages", "foreign-next-link", "503;after=1"}, f.fault) {
			runs = runs[:1] // classified by the same lines as one of these
		}
		for _, sections := range runs {
			if f.paged {
				sections = slices.DeleteFunc(slices.Clone(sections), func(id snapshot.SectionID) bool { return !slices.Contains(paged, id) })
			}
			if len(sections) == 0 {
				continue
			}
			t.Run(f.fault+"/"+string(sections[0]), func(t *testing.T) {
				if sections[0] == snapshot.Organization && f.fault == "close" {
					return // nobody answers: TestNobodyAnswers
				}
				dir, stderr, code := collectMain(t, snap, on(f.fault, sections...))
				if code != 0 && !strings.Contains(f.reason, "elsewhere") && !strings.Contains(f.reason, "redirects") {
					t.Fatalf("exit code %d: %s", code, stderr)
				}
				if code != 0 {
					return // the first request of all went astray
				}
				got, err := snapshot.Open(os.DirFS(dir))
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range sections {
					checkLasting(t, f, id, got, stderr)
				}
			})
		}
	}
}

func checkLasting(t *testing.T, f lasting, id snapshot.SectionID, got *snapshot.Snapshot, stderr string) {
	t.Helper()
	state, reason := f.state, f.reason
	if f.paged {
		state = snapshot.Partial
	}
	e := got.Manifest().Sections[id]
	switch {
	case id == snapshot.GroupMembers || id == snapshot.AuthenticationMethods:
		return // refused group by group and account by account: tests of package collect
	case f.logs && (id == snapshot.SignIns || id == snapshot.DirectoryAudits):
		if e.State != snapshot.Complete {
			t.Errorf("%s is %s, %s", id, e.State, e.Reason)
		}
		return
	}
	if e.State != state || !strings.Contains(e.Reason, reason) {
		t.Errorf("%s is %s, reason %q; want %s with %q", id, e.State, e.Reason, state, reason)
	}
	if state != snapshot.NotCollected && !strings.Contains(stderr, string(id)+": "+string(state)) {
		t.Errorf("standard error does not tell of %s: %s", id, stderr)
	}
	if state == snapshot.Partial || state == snapshot.Unavailable || state == snapshot.Denied {
		if !strings.Contains(stderr, "--resume") {
			t.Errorf("standard error does not say how to go on: %s", stderr)
		}
	}
	seen := map[string]bool{}
	for row, err := range got.Rows(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(row.Raw)] {
			t.Errorf("%s holds a row twice: %s", id, row.Raw)
		}
		seen[string(row.Raw)] = true
	}
	if f.paged && len(seen) < 2 {
		t.Errorf("%s lost the rows that were read", id)
	}
}

func TestNobodyAnswers(t *testing.T) {
	dir, stderr, code := collectMain(t, matrixTenant(t), []string{"organization=close"})
	if code != 4 || !strings.Contains(stderr, "EOF") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}
