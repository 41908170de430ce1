package collect_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// What passes by itself must leave no trace in the snapshot.
func TestPassingFaultsChangeNothing(t *testing.T) {
	want := full().open(t)
	tests := []struct {
		name   string
		faults []string
	}{
		{"throttled", []string{"users=429*3", "auditLogs=429*3", "$batch=429*2", "getByIds=429*1"}},
		{"throttled-inside-batches", []string{"authentication/methods=429*3;after=1"}},
		{"server-errors", []string{"groups=503*2;after=1", "devices=500*1;after=1", "policies=502*3"}},
		{"truncated", []string{"users=truncate*2", "auditLogs/signIns=truncate*1;after=1", "$batch=truncate*1"}},
		{"closed", []string{"organization=close*1", "devices=close*1;after=1"}},
		{"repeated-next-link", []string{"users=repeat-next-link*1", "devices=repeat-next-link*1", "userRegistrationDetails=repeat-next-link*1", "auditLogs=repeat-next-link*1", "groups=repeat-next-link*1"}},
		{"empty-pages", []string{"users=empty-page*2", "auditLogs/signIns=empty-page*2", "groups=empty-page*1"}},
		{"expired-page-token", []string{"/users=expired-token*1;after=1", "devices=expired-token*1", "auditLogs/signIns=expired-token*1;after=1", "groups=expired-token*1"}},
		{"sign-in-pages-break-again-and-again", []string{"auditLogs/signIns=expired-token*2"}},
		{"slow-log", []string{"auditLogs/signIns=504*4"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := simulate(t, want, graphsim.Options{PageSize: 2}, tt.faults...)
			got := run(t, client, withOptional).ok()
			if diff := cmp.Diff(want.States(), got.snap.States()); diff != "" {
				t.Errorf("states (-recorded +collected):\n%s", diff)
			}
			if digest(t, want) != digest(t, got.snap) {
				t.Error("the digests differ")
			}
			for _, spec := range snapshot.Sections() {
				if diff := cmp.Diff(rowsOf(t, want, spec.ID), got.rows(spec.ID), sorted); diff != "" {
					t.Errorf("%s (-recorded +collected):\n%s", spec.ID, diff)
				}
			}
		})
	}
}

// What does not pass makes one section partial, and the others stay whole.
func TestLastingFaults(t *testing.T) {
	tests := []struct {
		name    string
		faults  []string
		section snapshot.SectionID
		state   snapshot.State
		reason  string
		rows    int
	}{
		{"permission-lost-half-way", []string{"devices=403:Authentication_RequestFromUnsupportedUserRole;after=2"},
			snapshot.Devices, snapshot.Partial, "ended after 2 rows: Graph answered 403 Forbidden, Authentication_RequestFromUnsupportedUserRole", 2},
		{"next-link-repeats-for-ever", []string{"devices=repeat-next-link"}, snapshot.Devices, snapshot.Partial, "was followed before", 2},
		{"page-tokens-always-expire", []string{"devices=expired-token"}, snapshot.Devices, snapshot.Partial, "Directory_ExpiredPageToken", 2},
		{"nothing-read", []string{"devices=503"}, snapshot.Devices, snapshot.Unavailable, "Graph answered 503", 0},
		{"throttled-for-ever", []string{"devices=429"}, snapshot.Devices, snapshot.Unavailable, "Graph answered 429", 0},
		{"connection-lost", []string{"devices=close"}, snapshot.Devices, snapshot.Unavailable, "", 0},
		{"not-in-this-cloud", []string{"namedLocations=404"}, snapshot.NamedLocations, snapshot.Unavailable, "Graph answered 404", 0},
		{"not-offered", []string{"namedLocations=501"}, snapshot.NamedLocations, snapshot.NotCollected, "does not offer it", 0},
		{"methods-refused-by-the-batch", []string{"$batch=403"}, snapshot.AuthenticationMethods, snapshot.Denied, "Graph answered 403", 0},
		{"one-account-refused", []string{"authentication/methods=403:accessDenied*1;after=1"}, snapshot.AuthenticationMethods, snapshot.Partial, "the methods of 1 account were refused", 4},
		{"sign-ins-stay-slow", []string{"auditLogs/signIns=504;after=1"}, snapshot.SignIns, snapshot.Partial, "Graph answered 504", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := full().open(t)
			_, client := simulate(t, want, graphsim.Options{PageSize: 2}, tt.faults...)
			got := run(t, client, withOptional).ok()
			got.is(tt.section, tt.state, tt.reason)
			if n := len(got.rows(tt.section)); n != tt.rows {
				t.Errorf("%d rows, want %d", n, tt.rows)
			}
			states := got.snap.States()
			states[tt.section] = snapshot.Complete
			if diff := cmp.Diff(want.States(), states); diff != "" {
				t.Errorf("other sections (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTokenLostInMidRun(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{PageSize: 2}, "conditionalAccess/policies=401", "organization=401;after=1")
	got := run(t, client).ok()
	got.is(snapshot.Organization, snapshot.Complete, "")
	got.is(snapshot.AuthenticationStrengths, snapshot.Complete, "")
	for _, id := range []snapshot.SectionID{snapshot.ConditionalAccessPolicies, snapshot.NamedLocations, snapshot.Users, snapshot.Devices} {
		got.is(id, snapshot.Denied, collect.ReasonUnauthenticated)
	}
	if e := got.entry(snapshot.ConditionalAccessPolicies); e.Status != http.StatusUnauthorized || e.Code != "InvalidAuthenticationToken" {
		t.Errorf("status %d, code %q", e.Status, e.Code)
	}
}

// A service that does not take a token which all others take is no loss of the token.
func TestTokenRefusedByOneService(t *testing.T) {
	want := full().open(t)
	_, client := simulate(t, want, graphsim.Options{}, "conditionalAccess=401:Unauthenticated")
	got := run(t, client, withOptional).ok()
	for id, state := range got.snap.States() {
		if id == snapshot.ConditionalAccessPolicies || id == snapshot.NamedLocations {
			got.is(id, snapshot.Denied, collect.ReasonUnauthenticated)
		} else if state != snapshot.Complete {
			t.Errorf("%s is %s", id, state)
		}
	}
}

func TestTokenLostInMidSection(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{PageSize: 2}, "devices=401;after=2", "organization=401;after=1")
	got := run(t, client).ok()
	got.is(snapshot.Devices, snapshot.Partial, collect.ReasonUnauthenticated)
	got.is(snapshot.ManagedDevices, snapshot.Denied, collect.ReasonUnauthenticated)
	if n := len(got.rows(snapshot.Devices)); n != 2 {
		t.Errorf("%d rows, want those of the first page", n)
	}
}

func TestRunsThatCannotBegin(t *testing.T) {
	tests := []struct {
		name  string
		fault string
		want  string
	}{
		{"token-not-taken", "organization=401", "check the cloud and the credentials"},
		{"nobody-answers", "organization=close", "EOF"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := simulate(t, full().open(t), graphsim.Options{}, tt.fault)
			dir := filepath.Join(t.TempDir(), "snap")
			res, err := collect.Run(t.Context(), client, collect.Options{Dir: dir})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if res != nil {
				t.Error("there is a result")
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder is there: %v", err)
			}
		})
	}
}

func TestCancelLeavesAnOpenableSnapshot(t *testing.T) {
	for _, kind := range []collect.EventKind{collect.Started, collect.Rows} {
		t.Run(string(kind), func(t *testing.T) {
			_, client := simulate(t, full().open(t), graphsim.Options{PageSize: 2})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stop := errors.New("enough")
			var dir string
			got := runContext(t, ctx, client, func(o *collect.Options) {
				dir = o.Dir
				o.Events = func(e collect.Event) {
					if e.Kind == kind && e.Section == snapshot.Users {
						cancel(stop)
					}
				}
			})
			if !errors.Is(got.err, stop) {
				t.Fatalf("error %v", got.err)
			}
			got.is(snapshot.NamedLocations, snapshot.Complete, "")
			for _, id := range []snapshot.SectionID{snapshot.Users, snapshot.Groups, snapshot.Devices} {
				got.is(id, snapshot.NotCollected, snapshot.ReasonUnfinished)
				if files, err := filepath.Glob(filepath.Join(dir, "sections", string(id)+"*")); err != nil || len(files) > 0 {
					t.Errorf("%s left files: %v, %v", id, files, err)
				}
			}
			digest(t, got.snap)
		})
	}
}

func TestCancelledBeforeItBegan(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runContext(t, ctx, client)
	if !errors.Is(got.err, context.Canceled) || got.result != nil {
		t.Errorf("result %v, error %v", got.result, got.err)
	}
}

// A service that sends the same rows under ever new links is left.
func TestListingThatGoesInCircles(t *testing.T) {
	n := 0
	client := clientOf(t, override(t, full().open(t), "/v1.0/devices", func(w http.ResponseWriter, r *http.Request) {
		n++
		reply(w, 200, `{"value":[{"id":"d1"}],"@odata.nextLink":"http://`+r.Host+`/v1.0/devices?$skiptoken=`+strings.Repeat("x", n)+`"}`)
	}), "any")
	got := run(t, client).ok()
	got.is(snapshot.Devices, snapshot.Partial, "no new row")
	if diff := cmp.Diff([]string{`{"id":"d1"}`}, got.rows(snapshot.Devices)); diff != "" {
		t.Error(diff)
	}
	if n != 4 {
		t.Errorf("%d pages were read, want one and three more", n)
	}
}

func TestWaitEvent(t *testing.T) {
	got := collect.WaitEvent(graphclient.BucketReports, 5, errors.New("x"))
	if diff := cmp.Diff(collect.Event{Kind: collect.Waiting, Bucket: graphclient.BucketReports, Wait: 5}, got); diff != "" {
		t.Error(diff)
	}
}
