package collect_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// Groups that a policy names and that are not there are recorded; holders of
// roles that are no groups are not.
func TestGroupsThatAreNotThere(t *testing.T) {
	tn := full().with("roleAssignments", lines(`{"id":"r1","principalId":"c0000000-0000-4000-8000-000000000001"}`, `{"id":"r2","principalId":"`+groupID(6)+`"}`))
	_, client := simulate(t, tn.open(t), graphsim.Options{})
	got := run(t, client).ok()
	got.is(snapshot.Groups, snapshot.Complete, "")
	// Group 9 is a target of the methods policy.
	if diff := cmp.Diff([]string{groupID(9)}, got.entry(snapshot.Groups).NotFound); diff != "" {
		t.Errorf("notFound (-want +got):\n%s", diff)
	}
	got.is(snapshot.GroupMembers, snapshot.Complete, "")
}

// membersGone serves a tenant in which group 2 has no members that could be asked for:
// because it was deleted meanwhile, or although it is there.
func membersGone(t *testing.T, deleted bool) *graphclient.Client {
	gone := false
	server := override(t, full().open(t), "/v1.0/groups/"+groupID(2)+"/transitiveMembers/microsoft.graph.user", func(w http.ResponseWriter, _ *http.Request) {
		gone = deleted
		graphError(w, 404, "Request_ResourceNotFound", "gone")
	})
	return clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone && strings.HasSuffix(r.URL.Path, "getByIds") {
			reply(w, 200, `{"value":[]}`)
			return
		}
		server.ServeHTTP(w, r)
	}), "any")
}

// That a group which is there has no members to ask for does not mean that it is empty.
func TestGroupWithoutMembersToAskFor(t *testing.T) {
	got := run(t, membersGone(t, false)).ok()
	got.is(snapshot.GroupMembers, snapshot.Partial, "the members of 1 group were not read to the end: Graph answered 404")
	if diff := cmp.Diff([]string{groupID(2)}, got.entry(snapshot.GroupMembers).IncompleteIDs); diff != "" {
		t.Errorf("incompleteIds (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{groupID(9)}, got.entry(snapshot.Groups).NotFound); diff != "" {
		t.Errorf("notFound (-want +got):\n%s", diff)
	}
}

// Groups that nobody came to are not taken for empty ones.
func TestTokenLostAmongGroups(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{}, "groups/"+groupID(1)+"=403", "groups/"+groupID(3)+"=401")
	got := run(t, client).ok()
	got.is(snapshot.GroupMembers, snapshot.Partial, collect.ReasonUnauthenticated)
	want := []string{groupID(1), groupID(3)}
	for _, row := range got.rows(snapshot.Groups) {
		if id := text(t, row, "id"); id > groupID(3) {
			want = append(want, id)
		}
	}
	if diff := cmp.Diff(want, got.entry(snapshot.GroupMembers).IncompleteIDs); diff != "" {
		t.Errorf("incompleteIds (-want +got):\n%s", diff)
	}
}

func TestGroupDeletedInBetween(t *testing.T) {
	client := membersGone(t, true)
	got := run(t, client).ok()
	got.is(snapshot.GroupMembers, snapshot.Complete, "")
	want := []string{groupID(2), groupID(9)}
	if diff := cmp.Diff(want, got.entry(snapshot.Groups).NotFound); diff != "" {
		t.Errorf("notFound (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, got.result.Sections[snapshot.Groups].NotFound); diff != "" {
		t.Errorf("notFound of the result (-want +got):\n%s", diff)
	}
}

func TestOneGroupRefused(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{}, "groups/"+groupID(1)+"=403")
	got := run(t, client).ok()
	got.is(snapshot.GroupMembers, snapshot.Partial, "the members of 1 group were not read to the end: Graph answered 403")
	if diff := cmp.Diff([]string{groupID(1)}, got.entry(snapshot.GroupMembers).IncompleteIDs); diff != "" {
		t.Errorf("incompleteIds (-want +got):\n%s", diff)
	}
	if n := len(got.rows(snapshot.GroupMembers)); n != 2 {
		t.Errorf("%d rows", n)
	}
}

// A large group goes on in further rows.
func TestLargeGroup(t *testing.T) {
	const n = 50_003
	var ids []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%q", userID(i)))
	}
	tn := full().with("groupMembers", lines(`{"groupId":"`+groupID(1)+`","transitive":true,"userIds":[`+strings.Join(ids, ",")+`]}`))
	_, client := simulate(t, tn.open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.GroupMembers)).ok()
	var sizes []int
	total := 0
	for _, row := range got.rows(snapshot.GroupMembers) {
		sizes = append(sizes, strings.Count(row, "a0000000-"))
		total += sizes[len(sizes)-1]
	}
	if diff := cmp.Diff([]int{50_000, 3}, sizes); diff != "" || total != n {
		t.Errorf("rows hold %v ids, %d in all", sizes, total)
	}
}

// More ids than one request takes are asked for in several.
func TestManyGroups(t *testing.T) {
	const n = 2500
	var ids, rows []string
	for i := range n {
		ids = append(ids, fmt.Sprintf("%q", groupID(1000+i)))
		rows = append(rows, groupRow(1000+i))
	}
	tn := full().with("conditionalAccessPolicies", lines(`{"id":"c1","conditions":{"users":{"includeGroups":[`+strings.Join(ids, ",")+`]}}}`),
		"authenticationMethodsPolicy", `{"id":"p"}`, "groups", lines(rows...))
	server, client := simulate(t, tn.open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.Groups)).ok()
	if diff := cmp.Diff(rows, got.rows(snapshot.Groups)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	posts := 0
	for _, r := range server.Requests() {
		if r.Method == http.MethodPost {
			posts++
		}
	}
	if posts != 3 {
		t.Errorf("%d requests", posts)
	}
}

// How many groups the tenant has is asked for a whole tenant, and nothing is lost where
// it cannot be.
func TestGroupsAreCounted(t *testing.T) {
	tn := full()
	tn.entries = map[string]string{"groups": `{"state":"complete","total":87}`}
	_, client := simulate(t, tn.open(t), graphsim.Options{})
	if total := run(t, client, only(snapshot.Groups)).ok().entry(snapshot.Groups).Total; total == nil || *total != 87 {
		t.Errorf("total %v", total)
	}
	_, client = simulate(t, full().open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.Groups)).ok()
	got.is(snapshot.Groups, snapshot.Complete, "")
	if total := got.entry(snapshot.Groups).Total; total != nil {
		t.Errorf("total %d", *total)
	}
}
