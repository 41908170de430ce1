package collect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// Accounts that are read in parts are those of one listing, whatever their names
// begin with, each once.
func TestUsersInParts(t *testing.T) {
	names := []string{"alice", "Bob", "1st", "_svc", "o'hara", "'quoted", "#tag", "-dash", "~tilde", "Zoë"}
	tests := []struct {
		name    string
		more    []string
		listing bool // everything has to be listed once more
	}{
		{"usual", nil, false},
		{"unusual-first-letter", []string{"éva", "Ωmega"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rows []string
			for i, name := range append(append([]string{}, names...), tt.more...) {
				rows = append(rows, fmt.Sprintf(`{"id":"%s","userPrincipalName":"%s@contoso.example","accountEnabled":true,"createdDateTime":"2024-01-01T00:00:00Z"}`, userID(i), name))
			}
			server := newServer(t, full().with("users", lines(rows...)).open(t), graphsim.Options{PageSize: 2})
			got := run(t, memory(t, server, func(int) {}), only(snapshot.Users), func(o *collect.Options) { o.Partition = 5 }).ok()
			got.is(snapshot.Users, snapshot.Complete, "")
			if diff := cmp.Diff(rows, got.rows(snapshot.Users), sorted); diff != "" {
				t.Errorf("(-recorded +collected):\n%s", diff)
			}
			listed := false
			for _, r := range server.Requests() {
				listed = listed || r.Path == "/v1.0/users" && !strings.Contains(r.Query, "filter")
			}
			if listed != tt.listing {
				t.Errorf("everything listed once more: %v", listed)
			}
			if r := got.entry(snapshot.Users).Request; strings.Contains(r, "startswith") {
				t.Errorf("the manifest says %s", r)
			}
		})
	}
}

// A service without the filter, or without counts, is read in one listing.
func TestUsersWithoutParts(t *testing.T) {
	for _, fault := range []string{"users/$count=404", "users/$count=500", "/users=400*1;after=1"} {
		server := newServer(t, busy().open(t), graphsim.Options{PageSize: 50}, fault)
		got := run(t, memory(t, server, func(int) {}), only(snapshot.Users), func(o *collect.Options) { o.Partition = 5 }).ok()
		got.is(snapshot.Users, snapshot.Complete, "")
		if n := len(got.rows(snapshot.Users)); n != 320 {
			t.Errorf("%s: %d rows", fault, n)
		}
	}
}
