package collect_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// named is a tenant of accounts with these names, of which the report lists all but the
// last few.
func named(unlisted int, names ...string) tenant {
	var users, rows []string
	for i, name := range names {
		users = append(users, fmt.Sprintf(`{"id":"%s","userPrincipalName":"%s@contoso.example","userType":"Member","accountEnabled":true}`, userID(i), name))
		if i < len(names)-unlisted {
			rows = append(rows, fmt.Sprintf(`{"id":"%s","userPrincipalName":"%s@contoso.example","methodsRegistered":[]}`, userID(i), name))
		}
	}
	return full().with("users", lines(users...), "userRegistrationDetails", lines(rows...))
}

// The parts of the report hold what one listing holds, whatever names begin with, and
// the report is listed once more only where they cannot be trusted.
func TestReportInParts(t *testing.T) {
	many := func(names ...string) []string { // so many that one who is missing does not stand out
		for i := range 60 {
			names = append(names, fmt.Sprintf("m%d", i))
		}
		return names
	}
	const report = "/v1.0/reports/authenticationMethods/userRegistrationDetails"
	tests := []struct {
		name   string
		tenant tenant
		// service changes how a filter by start is answered, if it is set: to which start,
		// "" for no filter at all; ok is false for a refusal.
		service func(start string) (as string, ok bool)
		faults  []string
		listing bool     // the report is listed once more
		extra   []string // parts beyond letters and digits
	}{
		{"usual", named(0, many("alice", "Bob", "1st")...), nil, nil, false, nil},
		{"other-characters", named(0, many("_svc", "o'hara", "'quoted", "#tag", "éva", "Ωmega")...), nil, nil, false, []string{"#", "'", "_", "é", "Ω"}},
		{"one-not-yet-listed", named(1, append(many("alice"), "Åke")...), nil, nil, false, []string{"Å"}},
		{"one-in-capitals-not-yet-listed", named(1, append(many("Alice"), "Bob")...), nil, nil, false, nil},
		{"first-in-capitals-not-yet-listed", named(1, append(many("bob"), "Bert")...), nil, nil, false, []string{"B"}},
		{"case-counts", named(0, many("alice", "Alice", "Bob", "zoe")...), func(start string) (string, bool) { return "=" + start, true }, nil, false, []string{"A", "B"}},
		{"filter-refused", named(0, many("alice")...), func(string) (string, bool) { return "", false }, nil, true, nil},
		{"filter-refused-half-way", named(0, many("alice", "zoe")...), func(start string) (string, bool) { return start, start < "n" }, nil, true, nil},
		{"filter-ignored", named(0, many("alice", "zoe")...), func(string) (string, bool) { return "", true }, nil, true, nil},
		{"filter-finds-nothing", named(0, many("alice")...), func(string) (string, bool) { return "nobody", true }, nil, true, nil},
		{"filter-loses-a-letter", named(0, many("alice")...), func(start string) (string, bool) {
			if start == "m" {
				return "mm", true
			}
			return start, true
		}, nil, true, nil},
		{"accounts-cannot-be-read", named(0, many("alice", "Ωmega")...), nil, []string{"/users=403;after=1"}, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			snap := tt.tenant.open(t)
			server := newServer(t, snap, graphsim.Options{PageSize: 7}, tt.faults...)
			listed := false
			var extra []string
			client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				q := r.URL.Query()
				if r.URL.Path == report && !q.Has("$skiptoken") {
					start, sliced := strings.CutPrefix(q.Get("$filter"), "startswith(userPrincipalName,'")
					start = strings.ReplaceAll(strings.TrimSuffix(start, "')"), "''", "'")
					switch {
					case !sliced:
						listed = true
					case !strings.Contains("abcdefghijklmnopqrstuvwxyz0123456789", start):
						extra = append(extra, start)
					}
					if sliced && tt.service != nil {
						as, ok := tt.service(start)
						exact, isExact := strings.CutPrefix(as, "=")
						switch {
						case !ok:
							graphError(w, http.StatusBadRequest, "BadRequest", "Invalid filter.")
							return
						case isExact:
							reply(w, http.StatusOK, `{"value":[`+strings.Join(beginning(rowsOf(t, snap, snapshot.UserRegistrationDetails), exact), ",")+`]}`)
							return
						case as == "":
							q.Del("$filter")
						default:
							q.Set("$filter", "startswith(userPrincipalName,'"+strings.ReplaceAll(as, "'", "''")+"')")
						}
						r.URL.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
					}
				}
				server.Handler().ServeHTTP(w, r)
			}), server.Token())
			got := run(t, client, only(snapshot.Users, snapshot.UserRegistrationDetails), func(o *collect.Options) { o.Partition = 5 }).ok()
			got.is(snapshot.UserRegistrationDetails, snapshot.Complete, "")
			if diff := cmp.Diff(rowsOf(t, snap, snapshot.UserRegistrationDetails), got.rows(snapshot.UserRegistrationDetails), sorted); diff != "" {
				t.Errorf("(-recorded +collected):\n%s", diff)
			}
			if listed != tt.listing {
				t.Errorf("listed once more: %v", listed)
			}
			slices.Sort(extra)
			if diff := cmp.Diff(tt.extra, slices.Compact(extra)); diff != "" {
				t.Errorf("further parts (-want +got):\n%s", diff)
			}
			if r := got.entry(snapshot.UserRegistrationDetails).Request; strings.Contains(r, url.PathEscape("$filter")) || strings.Contains(r, "startswith") {
				t.Errorf("the manifest says %s", r)
			}
		})
	}
}

// beginning are the rows whose name begins with a text, letter for letter.
func beginning(rows []string, start string) (some []string) {
	for _, row := range rows {
		if strings.Contains(row, `"userPrincipalName":"`+start) {
			some = append(some, row)
		}
	}
	return some
}

// Where accounts are not read nobody could tell whether parts hold everybody, and where
// there are few the report is short.
func TestReportInOneListing(t *testing.T) {
	for name, change := range map[string]func(*collect.Options){
		"no-accounts": func(o *collect.Options) {
			o.Sections, o.Partition = []snapshot.SectionID{snapshot.UserRegistrationDetails}, 5
		},
		"few": func(o *collect.Options) {
			o.Sections, o.Partition = []snapshot.SectionID{snapshot.UserRegistrationDetails, snapshot.Users}, 100
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newServer(t, named(0, "alice", "bob", "carol", "dave", "erin", "frank").open(t), graphsim.Options{PageSize: 2})
			got := run(t, memory(t, server, func(int) {}), change).ok()
			got.is(snapshot.UserRegistrationDetails, snapshot.Complete, "")
			if n := len(got.rows(snapshot.UserRegistrationDetails)); n != 6 {
				t.Errorf("%d rows", n)
			}
			for _, r := range server.Requests() {
				if strings.Contains(r.Query, "startswith") {
					t.Errorf("%s?%s", r, r.Query)
				}
			}
		})
	}
}

// A report that broke off half way goes on with the part in which it did.
func TestReportGoesOnWhereItBrokeOff(t *testing.T) {
	var names []string
	for i := range 400 {
		names = append(names, fmt.Sprintf("%c%d", 'a'+rune(i%26), i))
	}
	snap := named(3, names...).open(t)
	dir := t.TempDir()
	attempt := func(faults ...string) (got collected, parts []string) {
		server := newServer(t, snap, graphsim.Options{PageSize: 5}, faults...)
		got = run(t, memory(t, server, func(int) {}), small, only(snapshot.Users, snapshot.UserRegistrationDetails), func(o *collect.Options) { o.Dir, o.Resume = dir, true }).ok()
		for _, r := range server.Requests() {
			if q, err := url.ParseQuery(r.Query); err == nil && strings.Contains(r.Path, "userRegistrationDetails") && !q.Has("$skiptoken") {
				parts = append(parts, q.Get("$filter"))
			}
		}
		return got, parts
	}
	first, _ := attempt("userRegistrationDetails=403:Authentication_RequestFromUnsupportedUserRole;after=58")
	first.is(snapshot.UserRegistrationDetails, snapshot.Partial, "403")
	second, parts := attempt()
	second.is(snapshot.UserRegistrationDetails, snapshot.Complete, "")
	if diff := cmp.Diff(rowsOf(t, snap, snapshot.UserRegistrationDetails), second.rows(snapshot.UserRegistrationDetails), sorted); diff != "" {
		t.Errorf("(-recorded +collected):\n%s", diff)
	}
	done := first.entry(snapshot.UserRegistrationDetails).Unfinished.Done
	if len(done) < 10 || len(done) > 20 {
		t.Errorf("%d parts were read before it broke off", len(done))
	}
	var want []string
	for _, start := range "abcdefghijklmnopqrstuvwxyz0123456789" {
		if !slices.Contains(done, string(start)) {
			want = append(want, "startswith(userPrincipalName,'"+string(start)+"')")
		}
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("parts read later (-want +got):\n%s", diff)
	}
}
