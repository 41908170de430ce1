package collect_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// crowd is a tenant of n accounts, the last a disabled one and the one before it
// a guest. The report leaves out the last few.
func crowd(n, unlisted int) tenant {
	var users, methods []string
	for i := range n {
		switch i {
		case n - 1:
			users = append(users, strings.Replace(userRow(i), `"accountEnabled":true`, `"accountEnabled":false`, 1))
		case n - 2:
			users = append(users, strings.Replace(userRow(i), `"Member"`, `"Guest"`, 1))
		default:
			users = append(users, userRow(i))
		}
		methods = append(methods, fmt.Sprintf(`{"userId":"%s","value":[{"id":"%d"}]}`, userID(i), i))
	}
	return full().with("users", lines(users...), "userRegistrationDetails", reportOf(n-unlisted), "authenticationMethods", lines(methods...))
}

func asked(t *testing.T, got collected) []string {
	t.Helper()
	var ids []string
	for _, row := range got.rows(snapshot.AuthenticationMethods) {
		ids = append(ids, text(t, row, "userId"))
	}
	return ids
}

func TestMethodsOfEverybodyInASmallTenant(t *testing.T) {
	const n = 1000
	_, client := simulate(t, crowd(n, 10).open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.AuthenticationMethods)).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Complete, "")
	var want []string
	for i := range n {
		want = append(want, userID(i))
	}
	if diff := cmp.Diff(want, asked(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMethodsOfSomeInALargeTenant(t *testing.T) {
	const n = 1001
	_, client := simulate(t, crowd(n, 4).open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.AuthenticationMethods)).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Complete, "asked about 7 of 1001 accounts")
	// Of the four whom the report leaves out one is a guest and one disabled.
	want := []string{userID(3), userID(5), userID(7), userID(n - 4), userID(n - 3), userID(n - 2), userID(n - 1)}
	if diff := cmp.Diff(want, asked(t, got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// reportOf is the report of the first n accounts.
func reportOf(n int) string {
	var rows []string
	for i := range n {
		methods := `[]`
		switch i {
		case 3:
			methods = `["PASSKEYSynced"]`
		case 5:
			methods = `["mobilePhone","temporaryAccessPass"]`
		case 7:
			methods = `["fido2"]`
		case 9:
			methods = `["windowsHelloForBusiness"]`
		}
		rows = append(rows, fmt.Sprintf(`{"id":"%s","userPrincipalName":"user%d@contoso.example","methodsRegistered":%s}`, strings.ToUpper(userID(i)), i, methods))
	}
	return lines(rows...)
}

func TestMethodsOfALargeTenantWithoutReport(t *testing.T) {
	_, client := simulate(t, crowd(1001, 0).open(t), graphsim.Options{}, "userRegistrationDetails=403")
	got := run(t, client, only(snapshot.AuthenticationMethods)).ok()
	got.is(snapshot.UserRegistrationDetails, snapshot.Denied, "")
	got.is(snapshot.AuthenticationMethods, snapshot.NotCollected, "--user or --group")
}

// The same tenant without a report is asked about when it is narrowed.
func TestMethodsWithoutReportNarrowed(t *testing.T) {
	_, client := simulate(t, crowd(1001, 0).open(t), graphsim.Options{}, "userRegistrationDetails=403")
	got := run(t, client, only(snapshot.AuthenticationMethods), func(o *collect.Options) { o.Scope.User = userID(4) }).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Partial, snapshot.ReasonScope)
	if diff := cmp.Diff([]string{userID(4)}, asked(t, got)); diff != "" {
		t.Error(diff)
	}
}

func TestMethodsWithoutUsers(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{}, "/users=403")
	got := run(t, client).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.NotCollected, "accounts could not be read")
}

// Whoever asks a hundred accounts and is refused by all stops asking.
func TestMethodsGiveUpEarly(t *testing.T) {
	server, client := simulate(t, crowd(400, 0).open(t), graphsim.Options{}, "authentication/methods=403")
	got := run(t, client, only(snapshot.AuthenticationMethods)).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Denied, "403")
	n := 0
	for _, r := range server.Requests() {
		if r.Batched {
			n++
		}
	}
	if n > 140 {
		t.Errorf("%d accounts were asked about", n)
	}
}

// A list of one account's methods that never ends costs that account, which a later run
// asks again.
func TestMethodsOfOneWithoutAnEnd(t *testing.T) {
	snap := crowd(40, 0).open(t)
	server := newServer(t, snap, graphsim.Options{})
	path, pages, endless := "/v1.0/users/"+userID(5)+"/authentication/methods", 0, true
	client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next := fmt.Sprintf(`"@odata.nextLink":"http://%s%s?$skiptoken=%d"`, r.Host, path, pages+1)
		if r.URL.Path == path {
			pages++
			reply(w, http.StatusOK, `{"value":[{"id":"5"}],`+next+`}`)
			return
		}
		rec := httptest.NewRecorder()
		server.Handler().ServeHTTP(rec, r)
		body := rec.Body.String()
		if endless {
			body = strings.Replace(body, `"value":[{"id":"5"}]`, `"value":[{"id":"5"}],`+next, 1)
		}
		maps.Copy(w.Header(), rec.Header())
		w.Header().Del("Content-Length")
		w.WriteHeader(rec.Code)
		_, _ = w.Write([]byte(body)) // a client that went away needs no answer
	}), server.Token())
	dir := filepath.Join(t.TempDir(), "snap")
	in := func(o *collect.Options) { o.Dir, o.Resume = dir, true }
	got := run(t, client, only(snapshot.AuthenticationMethods), in).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Partial, "1 accounts were not answered about")
	if n := len(got.rows(snapshot.AuthenticationMethods)); n != 39 || pages == 0 || pages > 10 {
		t.Errorf("%d rows, %d further pages", n, pages)
	}
	endless = false
	got = run(t, client, only(snapshot.AuthenticationMethods), in).ok()
	got.is(snapshot.AuthenticationMethods, snapshot.Complete, "")
	if n := len(got.rows(snapshot.AuthenticationMethods)); n != 40 {
		t.Errorf("%d rows, want everybody's", n)
	}
}

// Ids that are no GUIDs, or spelled in capitals, are kept as they came.
func TestIDsAreKeptAsSent(t *testing.T) {
	upper := strings.ToUpper(userID(1))
	rows := []string{`{"userId":"` + upper + `","value":[]}`, `{"userId":"odd-one","value":[]}`, `{"userId":"` + userID(2) + `","value":[]}`}
	tn := full().with("users", lines(`{"id":"`+upper+`"}`, `{"id":"odd-one"}`, `{"id":"`+userID(2)+`"}`), "authenticationMethods", lines(rows...))
	_, client := simulate(t, tn.open(t), graphsim.Options{})
	got := run(t, client, only(snapshot.AuthenticationMethods)).ok()
	if diff := cmp.Diff(rows, got.rows(snapshot.AuthenticationMethods)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
