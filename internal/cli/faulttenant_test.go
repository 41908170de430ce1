package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/graphsim"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

const matrixRows = 5 // of every collection

func matrixUser(i int) string  { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", i) }
func matrixGroup(i int) string { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", i) }

// namesGroup tells which rows make the collector read which group of matrixTenant.
var namesGroup = map[snapshot.SectionID][]int{ // row by row
	snapshot.AuthenticationMethodsPolicy: {1},
	snapshot.ConditionalAccessPolicies:   {1, 2, 3},
	snapshot.RoleAssignments:             {4},
	snapshot.RoleEligibility:             {5},
}

// matrixTenant is a small tenant with five rows in every collection, which on pages of
// two need three requests. Its five groups are each named by something else, and have
// three members, which need two requests. It has every licence.
func matrixTenant(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	return tenantWith(t, "AAD_PREMIUM_P2", "INTUNE_A")
}

// tenantWith is matrixTenant with some service plans.
func tenantWith(t *testing.T, plans ...string) *snapshot.Snapshot {
	t.Helper()
	for i, p := range plans {
		plans[i] = `{"servicePlanName":"` + p + `","provisioningStatus":"Success"}`
	}
	principal := func(id snapshot.SectionID, i int) string {
		if groups := namesGroup[id]; i <= len(groups) {
			return matrixGroup(groups[i-1])
		}
		return matrixUser(i)
	}
	row := func(id snapshot.SectionID, i int) string {
		switch id {
		case snapshot.Organization:
			return `{"id":"11111111-2222-4333-8444-555555555555","displayName":"Contoso"}`
		case snapshot.AuthenticationMethodsPolicy:
			// Without profiles, so that they are asked for.
			return `{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[{"id":"Fido2","state":"enabled","includeTargets":[{"id":"` + principal(id, 1) + `","targetType":"group"}]}]}`
		case snapshot.SubscribedSkus:
			return fmt.Sprintf(`{"id":"sku%d","capabilityStatus":"Enabled","servicePlans":[%s]}`, i, strings.Join(plans, ","))
		case snapshot.Domains:
			return fmt.Sprintf(`{"id":"contoso%d.example","authenticationType":"%s"}`, i, []string{"Federated", "Managed"}[min(i-1, 1)])
		case snapshot.CrossTenantPartners:
			return fmt.Sprintf(`{"tenantId":"t%d"}`, i)
		case snapshot.ConditionalAccessPolicies:
			users := `"includeUsers":["All"]`
			if groups := namesGroup[id]; i <= len(groups) {
				users = `"includeGroups":["` + matrixGroup(groups[i-1]) + `"]`
			}
			return fmt.Sprintf(`{"id":"c%d","state":"enabled","conditions":{"users":{%s}}}`, i, users)
		case snapshot.ServicePrincipals:
			return fmt.Sprintf(`{"id":"sp%d","appId":"%s","displayName":"App"}`, i, []string{"", "6aa00308-ea33-4caa-90d6-ae905d8cb51b", "ea890292-c8c8-4433-b5ea-b09d0668e1a6",
				"4813382a-8fa7-425e-ab75-3b753aab3abb", "19db86c3-b2b9-44cc-b339-36da233a3be2", "1b912ec3-a9dd-4c4d-a53e-76aa7adb28d7"}[i])
		case snapshot.RoleAssignments, snapshot.RoleEligibility:
			return fmt.Sprintf(`{"id":"%s%d","principalId":"%s","roleDefinitionId":"d1"}`, id, i, principal(id, i))
		case snapshot.Users, snapshot.RiskyUsers, snapshot.UserRegistrationDetails:
			return fmt.Sprintf(`{"id":"%s","userPrincipalName":"user%d@contoso.example","accountEnabled":true,"userType":"Member"}`, matrixUser(i), i)
		case snapshot.Groups:
			return `{"id":"` + matrixGroup(i) + `"}`
		case snapshot.GroupMembers:
			return fmt.Sprintf(`{"groupId":"%s","transitive":true,"userIds":["%s","%s","%s"]}`, matrixGroup(i), matrixUser(i), matrixUser(i%5+1), matrixUser((i+1)%5+1))
		case snapshot.AuthenticationMethods:
			return fmt.Sprintf(`{"userId":"%s","value":[{"id":"m%d"}]}`, matrixUser(i), i)
		case snapshot.SignIns:
			return fmt.Sprintf(`{"id":"s%d","createdDateTime":"2026-11-%02dT10:00:00Z","userId":"%s"}`, i, 20-i, matrixUser(i))
		case snapshot.DirectoryAudits:
			return fmt.Sprintf(`{"id":"a%d","activityDateTime":"2026-11-%02dT10:00:00Z","loggedByService":"Authentication Methods"}`, i, 20-i)
		case snapshot.ManagedDevices:
			return fmt.Sprintf(`{"id":"md%d","azureADDeviceId":"x","userId":"%s"}`, i, matrixUser(i))
		case snapshot.Devices:
			return fmt.Sprintf(`{"id":"d%d","registeredOwners":[{"id":"%s"}]}`, i, matrixUser(i))
		default:
			return fmt.Sprintf(`{"id":"%s%d"}`, id, i)
		}
	}
	return writeTenant(t, func(id snapshot.SectionID) (rows []string) {
		n := matrixRows
		if spec, _ := snapshot.Spec(id); spec.Shape == snapshot.Singleton {
			n = 1
		}
		for i := range n {
			rows = append(rows, row(id, i+1))
		}
		return rows
	})
}

// writeTenant makes a snapshot of rows.
func writeTenant(t *testing.T, rows func(snapshot.SectionID) []string) *snapshot.Snapshot {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snap")
	w, err := snapshot.Create(dir, snapshot.Manifest{
		Tenant: snapshot.Tenant{ID: "11111111-2222-4333-8444-555555555555"}, TakenAt: "2026-11-22T06:00:00Z", Scope: snapshot.Scope{Kind: snapshot.ScopeTenant},
	}, snapshot.Plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range snapshot.Sections() {
		sw, err := w.Section(spec.ID)
		for _, row := range rows(spec.ID) {
			if err == nil {
				err = sw.Append([]byte(row))
			}
		}
		if err == nil {
			e := snapshot.SectionEntry{State: snapshot.Complete}
			if spec.ID == snapshot.Groups {
				n := len(rows(spec.ID))
				e.Total = &n
			}
			err = sw.Finish(e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// pipes is a listener whose connections are in memory: sockets know no virtual time.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// keepGarbage lets garbage lie while runs follow each other in one process, each of which
// asks for frequent collections of what is little memory for a process of its own: that
// would take half of the time. The memory is never touched, so none is used.
func keepGarbage(t *testing.T) {
	ballast := make([]byte, 256<<20)
	t.Cleanup(func() { runtime.KeepAlive(ballast) })
}

// scratch is a folder in memory, where there is one: that what is collected survives a
// loss of power is paid for on a disk.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "passkeyaudit-test")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// collected is what became of a run of collect.
type collected struct {
	dir      string
	code     int
	stderr   string
	requests []graphsim.Request // in the order of their answers
}

// collectOnVirtualTime runs collect against a look-alike of a tenant that misbehaves,
// through HTTP as it is and with the pauses and limits that there are.
func collectOnVirtualTime(t *testing.T, snap *snapshot.Snapshot, dir string, faults []string, args ...string) (c collected) {
	t.Helper()
	c.dir = dir
	o := graphsim.Options{PageSize: 2}
	for _, text := range faults {
		f, err := graphsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	synctest.Test(t, func(t *testing.T) {
		server, err := graphsim.New(snap, o)
		if err != nil {
			t.Fatal(err)
		}
		l := newPipes()
		web := &http.Server{Handler: server.Handler()}
		var serving sync.WaitGroup
		serving.Go(func() {
			if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
		// A connection for each request: net/http tries again by itself on one that was
		// used before.
		transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
		var out, errs bytes.Buffer
		c.code = cli.Main(t.Context(), cli.Deps{
			IO: &term.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Width: 80, Getenv: func(name string) string {
				if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
					return server.Token()
				}
				return ""
			}},
			Version: "v0.0.0-test", Transport: transport,
		}, slices.Concat([]string{"collect", "--out", dir, "--graph-url", "http://localhost", "--auth", "access-token"}, args))
		time.Sleep(time.Hour) // what nobody waits for any more comes to its end
		transport.CloseIdleConnections()
		if err := web.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
		c.stderr, c.requests = errs.String(), server.Requests()
		if out.Len() > 0 {
			t.Errorf("standard output: %s", out.String())
		}
		if strings.Contains(c.stderr, server.Token()) || strings.Contains(c.stderr, "@contoso") {
			t.Errorf("standard error names what it must not: %s", c.stderr)
		}
	})
	return c
}
