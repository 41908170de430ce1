package collect_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// Where large pages are refused, pages of any size are asked for.
func TestPagesThatAreTooLarge(t *testing.T) {
	want := full().open(t)
	server := newServer(t, want, graphsim.Options{AllowAnonymous: true})
	client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n, _ := strconv.Atoi(r.URL.Query().Get("$top")); n > 100 && !strings.Contains(r.URL.Path, "/groups/") {
			graphError(w, 400, "Request_BadRequest", "Invalid page size specified")
			return
		}
		server.Handler().ServeHTTP(w, r)
	}), "any")
	got := run(t, client, only(snapshot.Users, snapshot.Devices, snapshot.RiskyUsers)).ok()
	for _, id := range []snapshot.SectionID{snapshot.Users, snapshot.Devices, snapshot.RiskyUsers} {
		got.is(id, snapshot.Complete, "")
		if diff := cmp.Diff(rowsOf(t, want, id), got.rows(id)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
}

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

// Groups with the same members, and reads of a log that overlap, are no listing that
// goes round in circles.
func TestRowsThatComeAgain(t *testing.T) {
	var members []string
	for i := range 40 {
		members = append(members, userID(i))
	}
	var rows, audits []string
	for g := range 2 {
		rows = append(rows, fmt.Sprintf(`{"groupId":"%s","transitive":true,"userIds":["%s"]}`, groupID(g+1), strings.Join(members, `","`)))
	}
	for i := range 60 {
		audits = append(audits, fmt.Sprintf(`{"id":"a%d","activityDateTime":"2026-11-20T10:%02d:00Z","loggedByService":"Authentication Methods","activityDisplayName":"x",`+
			`"initiatedBy":{"user":{"id":"%s"}},"targetResources":[{"id":"%s"}]}`, i, i, userID(1), userID(1)))
	}
	server := newServer(t, busy().with("groupMembers", lines(rows...), "directoryAudits", lines(audits...)).open(t), graphsim.Options{PageSize: 5})
	got := run(t, memory(t, server, func(int) {}), only(snapshot.Users), func(o *collect.Options) { o.Scope.Groups = []string{groupID(1), groupID(2)} }).ok()
	got.is(snapshot.Users, snapshot.Partial, snapshot.ReasonScope)
	if e := got.entry(snapshot.Users); e.Reason != snapshot.ReasonScope || *e.Objects != 40 {
		t.Errorf("%d people, %s", *e.Objects, e.Reason)
	}
	got = run(t, memory(t, server, func(int) {}), only(snapshot.DirectoryAudits), func(o *collect.Options) { o.Scope.User = userID(1) }).ok()
	if e := got.entry(snapshot.DirectoryAudits); e.Reason != snapshot.ReasonScope || *e.Objects != 60 {
		t.Errorf("%d audits, %s", *e.Objects, e.Reason)
	}
}
