package collect_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
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

func TestGroupDeletedInBetween(t *testing.T) {
	path := "/v1.0/groups/" + groupID(2) + "/transitiveMembers/microsoft.graph.user"
	client := clientOf(t, override(t, full().open(t), path, func(w http.ResponseWriter, _ *http.Request) {
		graphError(w, 404, "Request_ResourceNotFound", "gone")
	}), "any")
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
	got.is(snapshot.GroupMembers, snapshot.Partial, "the members of 1 groups were not read to the end: Graph answered 403")
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

// When the token is lost among the groups, none of those that follow passes for empty,
// and a later run asks for them and for those that failed, not for those that were read.
func TestTokenLostAmongGroups(t *testing.T) {
	snap := busy().open(t)
	dir := filepath.Join(t.TempDir(), "snap")
	in := func(o *collect.Options) { o.Dir, o.Resume = dir, true }
	attempt := func(faults ...string) (collected, map[string]bool) {
		server := newServer(t, snap, graphsim.Options{PageSize: 2}, faults...)
		got := run(t, memory(t, server, func(int) {}), small, only(snapshot.GroupMembers), in).ok()
		asked := map[string]bool{}
		for _, r := range server.Requests() {
			if id, is := strings.CutPrefix(r.Path, "/v1.0/groups/"); is {
				if id, _, _ = strings.Cut(id, "/"); id != "$count" {
					asked[id] = true
				}
			}
		}
		return got, asked
	}
	whole, all := attempt()
	want := whole.rows(snapshot.GroupMembers)
	if err := os.RemoveAll(dir); err != nil || len(all) < 5 {
		t.Fatalf("%d groups, %v", len(all), err)
	}
	// The first is refused on its second page, the second is read, the token is lost at the third.
	first, asked := attempt("groups/"+groupID(1)+"=503;after=1", "groups/"+groupID(3)+"=401")
	first.is(snapshot.GroupMembers, snapshot.Partial, collect.ReasonUnauthenticated)
	e := first.entry(snapshot.GroupMembers)
	if n := len(first.rows(snapshot.GroupMembers)); n != 2 {
		t.Errorf("%d rows, want what there is of two groups", n)
	}
	if !asked[groupID(2)] || slices.Contains(e.IncompleteIDs, groupID(2)) || len(e.IncompleteIDs) != len(all)-1 {
		t.Errorf("asked for %v, incomplete are %v of %v", asked, e.IncompleteIDs, all)
	}
	second, asked := attempt()
	second.is(snapshot.GroupMembers, snapshot.Complete, "")
	delete(all, groupID(2))
	if diff := cmp.Diff(all, asked); diff != "" {
		t.Errorf("asked again (-want +got):\n%s", diff)
	}
	if e := second.entry(snapshot.GroupMembers); e.IncompleteIDs != nil {
		t.Errorf("still incomplete: %v", e.IncompleteIDs)
	}
	if diff := cmp.Diff(want, second.rows(snapshot.GroupMembers), sorted); diff != "" {
		t.Errorf("(-uninterrupted +resumed):\n%s", diff)
	}
}
