package collect_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing/fstest"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// A simulated tenant is collected, two sections of it.
func ExampleRun() {
	recorded, err := snapshot.Open(fstest.MapFS{
		"manifest.json":                  {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)},
		"sections/organization.json":     {Data: []byte(`{"id":"t","displayName":"Contoso"}`)},
		"sections/namedLocations.ndjson": {Data: []byte(`{"id":"n1"}` + "\n" + `{"id":"n2"}`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := graphsim.New(recorded, graphsim.Options{AllowAnonymous: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := graphclient.New(context.Background(), graphclient.Config{
		Auth: graphclient.AuthAccessToken, Cloud: graphclient.CloudPublic, Transport: server.Transport(),
		Getenv: func(string) string { return "token" },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "collect")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	result, err := collect.Run(context.Background(), client, collect.Options{
		Dir:      filepath.Join(dir, "snapshot"),
		Sections: []snapshot.SectionID{snapshot.NamedLocations, snapshot.ServicePrincipals},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Tenant.DisplayName, result.TakenAt)
	for _, id := range []snapshot.SectionID{snapshot.NamedLocations, snapshot.ServicePrincipals, snapshot.Users} {
		fmt.Println(id, result.Sections[id].State)
	}
	// Output:
	// Contoso 2026-11-22 00:00:00 +0000 UTC
	// namedLocations complete
	// servicePrincipals notCollected
	// users notCollected
}

func ExampleCatalogue() {
	for _, s := range collect.Catalogue()[:3] {
		fmt.Println(s.Order, s.ID, s.Needs(), s.Requests[0])
	}
	// Output:
	// 1 organization [Organization.Read.All] GET /v1.0/organization
	// 2 subscribedSkus [LicenseAssignment.Read.All] GET /v1.0/subscribedSkus
	// 3 domains [Domain.Read.All] GET /v1.0/domains
}
