package collect_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// A window that the service cannot answer for in time is read in smaller ones.
func TestWindowsAreHalved(t *testing.T) {
	snap := full().open(t)
	server, err := graphsim.New(snap, graphsim.Options{AllowAnonymous: true, PageSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	windows := 0
	client := clientOf(t, override(t, snap, "/v1.0/auditLogs/signIns", func(w http.ResponseWriter, r *http.Request) {
		words := strings.Fields(r.URL.Query().Get("$filter"))
		from, ferr := time.Parse(time.RFC3339, words[2])
		to, terr := time.Parse(time.RFC3339, words[6])
		if ferr != nil || terr != nil || to.Before(from) {
			t.Errorf("filter %q", words)
		}
		if to.Sub(from) > 5*24*time.Hour {
			graphError(w, 504, "UnknownError", "too much")
			return
		}
		windows++
		server.Handler().ServeHTTP(w, r)
	}), "any")
	got := run(t, client, only(snapshot.SignIns)).ok()
	got.is(snapshot.SignIns, snapshot.Complete, "")
	var ids []string
	for _, row := range got.rows(snapshot.SignIns) {
		ids = append(ids, text(t, row, "id"))
	}
	if want := []string{"si5", "si4", "si3", "si2", "si1"}; !slices.Equal(ids, want) {
		t.Errorf("events %v, want %v", ids, want)
	}
	if windows < 8 {
		t.Errorf("%d windows", windows)
	}
}

func TestSinceBoundsTheLogs(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.SignIns, snapshot.DirectoryAudits), func(o *collect.Options) { o.Since = 36 * time.Hour }).ok()
	for id, want := range map[snapshot.SectionID]int{snapshot.SignIns: 1, snapshot.DirectoryAudits: 2} {
		e := got.entry(id)
		if n := len(got.rows(id)); n != want || e.From != "2026-11-20T18:00:00Z" || e.To != takenAt {
			t.Errorf("%s: %d rows from %s to %s, want %d", id, n, e.From, e.To, want)
		}
	}
}

// What else the device registration service logs is not asked for, unless it
// takes no alternative in a filter.
func TestAuditsOfThePasskeyService(t *testing.T) {
	snap := full().open(t)
	server, err := graphsim.New(snap, graphsim.Options{AllowAnonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	client := clientOf(t, override(t, snap, "/v1.0/auditLogs/directoryAudits", func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Query().Get("$filter"), " or ") {
			graphError(w, 400, "BadRequest", "no alternatives")
			return
		}
		server.Handler().ServeHTTP(w, r)
	}), "any")
	got := run(t, client, only(snapshot.DirectoryAudits)).ok()
	got.is(snapshot.DirectoryAudits, snapshot.Complete, "")
	if n := len(got.rows(snapshot.DirectoryAudits)); n != 3 {
		t.Errorf("%d rows", n)
	}
	if r := got.entry(snapshot.DirectoryAudits).Request; strings.Contains(r, " or ") {
		t.Errorf("the manifest says %s", r)
	}
}

// updateRow is a change of a user; of its name, or of something else.
func updateRow(i int, property string) string {
	return fmt.Sprintf(`{"id":"u%d","activityDateTime":"2026-11-20T10:00:00Z","loggedByService":"Core Directory","activityDisplayName":"Update user",`+
		`"targetResources":[{"id":%q,"modifiedProperties":[{"displayName":%q,"oldValue":"[\"a\"]","newValue":"[\"b\"]"}]}]}`, i, userID(i), property)
}

// Of a large tenant's changes of users those of names are kept, and the section says
// that they were looked for; where there are too many, it does not.
func TestNameChangesOfALargeTenant(t *testing.T) {
	updates := func(n int) string {
		var rows []string
		for i := range n {
			rows = append(rows, updateRow(i, "Department"))
		}
		return lines(append(rows, updateRow(n, "UserPrincipalName"))...)
	}
	const asksForNames = "activityDisplayName eq 'Update user'"
	t.Run("few", func(t *testing.T) {
		_, client := simulate(t, crowd(1001, 4).with("directoryAudits", updates(20)).open(t), graphsim.Options{})
		got := run(t, client, only(snapshot.DirectoryAudits)).ok()
		got.is(snapshot.DirectoryAudits, snapshot.Complete, "")
		if rows := got.rows(snapshot.DirectoryAudits); len(rows) != 1 || text(t, rows[0], "id") != "u20" {
			t.Errorf("%d rows", len(rows))
		}
		if r := got.entry(snapshot.DirectoryAudits).Request; !strings.Contains(r, asksForNames) {
			t.Errorf("the manifest says %s", r)
		}
	})
	t.Run("too-many", func(t *testing.T) {
		_, client := simulate(t, crowd(1001, 4).with("directoryAudits", updates(1100)).open(t), graphsim.Options{PageSize: 10})
		got := run(t, client, only(snapshot.DirectoryAudits)).ok()
		got.is(snapshot.DirectoryAudits, snapshot.Complete, "changes of user principal names were looked for in the newest 100 pages")
		if r := got.entry(snapshot.DirectoryAudits).Request; strings.Contains(r, asksForNames) {
			t.Errorf("the manifest says %s", r)
		}
	})
}

// A service that does not filter by category still tells of changes of Conditional
// Access.
func TestAuditsWithoutCategories(t *testing.T) {
	change := `{"id":"ca1","activityDateTime":"2026-11-20T10:00:00Z","activityDisplayName":"Update conditional access policy","loggedByService":"Conditional Access","category":"Policy"}`
	server, err := graphsim.New(crowd(1001, 4).with("directoryAudits", lines(change, audit("m1", "2026-11-19T10:00:00Z", "Authentication Methods", "x", 1))).open(t), graphsim.Options{AllowAnonymous: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string][]string{"category": {"category"}, "category-and-activity": {"category", "conditional access policy"}} {
		t.Run(name, func(t *testing.T) {
			client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, part := range refused {
					if strings.Contains(r.URL.Query().Get("$filter"), part) {
						graphError(w, 400, "Request_UnsupportedQuery", "no such filter")
						return
					}
				}
				server.Handler().ServeHTTP(w, r)
			}), "any")
			got := run(t, client, only(snapshot.DirectoryAudits)).ok()
			got.is(snapshot.DirectoryAudits, snapshot.Complete, "")
			if rows := got.rows(snapshot.DirectoryAudits); len(rows) != 2 {
				t.Errorf("rows %v", rows)
			}
		})
	}
}

// Beta is asked first where that is wanted, and v1.0 where beta does not answer.
func TestBetaSignInsRefused(t *testing.T) {
	beta := func(o *collect.Options) { o.BetaSignIns = true }
	_, client := simulate(t, full().open(t), graphsim.Options{})
	if r := run(t, client, only(snapshot.SignIns), beta).ok().entry(snapshot.SignIns).Request; !strings.HasPrefix(r, "GET /beta/") {
		t.Errorf("the manifest says %s", r)
	}
	snap := full().open(t)
	for _, status := range []int{400, 404} {
		refusing := clientOf(t, override(t, snap, "/beta/auditLogs/signIns", func(w http.ResponseWriter, _ *http.Request) {
			graphError(w, status, "BadRequest", "no beta")
		}), "any")
		got := run(t, refusing, only(snapshot.SignIns), beta).ok()
		if r := got.entry(snapshot.SignIns).Request; !strings.HasPrefix(r, "GET /v1.0/") || len(got.rows(snapshot.SignIns)) == 0 {
			t.Errorf("%d: the manifest says %s", status, r)
		}
	}
}
