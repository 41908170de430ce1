package collect_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// busy is a tenant whose sections have several slices each, read in small pages.
func busy() tenant {
	const n = 320
	tn := crowd(n, 3)
	var signIns, audits []string
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	for i := range 300 {
		if i%7 > 2 { // several in one second
			at = at.Add(-time.Duration(i) * time.Minute)
		}
		signIns = append(signIns, signIn(fmt.Sprintf("si%d", i), at.Format(time.RFC3339), i%n))
		audits = append(audits, audit(fmt.Sprintf("a%d", i), at.Format(time.RFC3339), "Authentication Methods", "User registered security info", i%n))
	}
	var assigned []string
	for i := range 12 {
		assigned = append(assigned, fmt.Sprintf(`{"id":"ra%d","principalId":"%s","roleDefinitionId":"d1"}`, i, groupID(i+1)))
	}
	for i := range n { // names of many parts
		if name := []string{"user", "Anna", "bob", "zoe", "7up", "Émile", "user", "user"}[i%8]; name != "user" {
			for _, id := range []string{"users", "userRegistrationDetails"} {
				tn.files[id] = strings.Replace(tn.files[id], fmt.Sprintf(`"user%d@`, i), fmt.Sprintf(`"%s%d@`, name, i), 1)
			}
		}
	}
	return tn.with("signIns", lines(signIns...), "directoryAudits", lines(audits...), "roleAssignments", lines(assigned...))
}

// memory reads a tenant without sockets. before is called before each request, with
// its number from 1.
func memory(t testing.TB, server *graphsim.Server, before func(n int)) *graphclient.Client {
	t.Helper()
	var mu sync.Mutex
	n := 0
	c, err := graphclient.New(t.Context(), graphclient.Config{
		Auth: graphclient.AuthAccessToken, Cloud: graphclient.CloudPublic,
		Getenv: func(name string) string {
			if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
				return server.Token()
			}
			return ""
		},
		Retry: graphclient.Retry{Base: time.Nanosecond, Cap: time.Nanosecond, Tries: 4},
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			n++
			before(n)
			mu.Unlock()
			return server.Transport().RoundTrip(r)
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// small makes every slice a commit, and slices small.
func small(o *collect.Options) { o.Checkpoint, o.Partition, o.Optional = 1, 10, true }

func newServer(t testing.TB, snap *snapshot.Snapshot, o graphsim.Options, faults ...string) *graphsim.Server {
	t.Helper()
	o.Faults = parseFaults(t, faults)
	server, err := graphsim.New(snap, o)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// sectionDigests are the digests of all sections, with their states.
func sectionDigests(t testing.TB, s *snapshot.Snapshot) map[snapshot.SectionID]string {
	t.Helper()
	all := map[snapshot.SectionID]string{}
	report, err := s.Verify(t.Context())
	if err != nil || !report.OK() {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, section := range report.Sections {
		entry := s.Manifest().Sections[section.ID]
		all[section.ID] = fmt.Sprintf("%s %s %s %s %s", entry.State, entry.Reason, entry.From, entry.To, section.Digest)
	}
	return all
}

// image copies what is in a folder now. The other lane of the run goes on meanwhile
// and may replace the manifest while it is copied; then it is copied again.
func image(t *testing.T, to, from string) {
	t.Helper()
	for range 100 {
		err := os.CopyFS(to, os.DirFS(from))
		if _, none := os.Stat(from); err == nil || none != nil {
			return
		}
		if rerr := os.RemoveAll(to); !errors.Is(err, os.ErrNotExist) || rerr != nil {
			t.Error(err, rerr)
			return
		}
	}
	t.Error("the folder does not hold still")
}

// What a process leaves that is killed between any two requests is what is in its
// folder at that moment. A later run makes of it what an uninterrupted run makes.
func TestResumeFromAnyMoment(t *testing.T) {
	snap := busy().open(t)
	server := newServer(t, snap, graphsim.Options{PageSize: 5})
	total := 0
	whole := run(t, memory(t, server, func(n int) { total = n }), small).ok()
	want := sectionDigests(t, whole.snap)
	if total < 200 {
		t.Fatalf("only %d requests", total)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d requests", seed, total)
	rng := rand.New(rand.NewPCG(seed, 0))
	points := 8
	if os.Getenv("PASSKEYAUDIT_SOAK") != "" {
		points = total
	}
	saved := 0
	for point := range points {
		at := 1 + rng.IntN(total)
		if points == total {
			at = point + 1
		}
		dir := filepath.Join(t.TempDir(), "snap")
		left := filepath.Join(t.TempDir(), "left")
		ctx, cancel := context.WithCancel(t.Context())
		client := memory(t, server, func(n int) {
			if n == at {
				image(t, left, dir)
				cancel()
			}
		})
		_ = runContext(t, ctx, client, small, func(o *collect.Options) { o.Dir = dir })
		cancel()
		for _, dir := range []string{left, dir} { // killed, and told to stop
			requests := 0
			got := run(t, memory(t, server, func(n int) { requests = n }), small, func(o *collect.Options) { o.Dir, o.Resume = dir, true }).ok()
			if diff := cmp.Diff(want, sectionDigests(t, got.snap)); diff != "" {
				t.Fatalf("seed %d, stopped at request %d (-uninterrupted +resumed):\n%s", seed, at, diff)
			}
			if e := got.entry(snapshot.Users); e.Unfinished != nil {
				t.Errorf("the entry of users still is unfinished: %+v", e)
			}
			saved += total - requests
		}
	}
	if saved < points*total/2 {
		t.Errorf("the %d resumed runs saved %d requests of %d each", 2*points, saved, total)
	}
}

// A snapshot that is whole is resumed without a request.
func TestResumeOfAWholeSnapshot(t *testing.T) {
	server := newServer(t, full().open(t), graphsim.Options{})
	dir := filepath.Join(t.TempDir(), "snap")
	first := run(t, memory(t, server, func(int) {}), small, func(o *collect.Options) { o.Dir = dir }).ok()
	requests := 0
	again := run(t, memory(t, server, func(n int) { requests = n }), func(o *collect.Options) { o.Dir, o.Resume = dir, true }).ok()
	if requests != 0 || digest(t, first.snap) != digest(t, again.snap) {
		t.Errorf("%d requests", requests)
	}
	for id, e := range first.result.Sections {
		if got := again.result.Sections[id]; got.State != e.State || *got.Objects != *e.Objects {
			t.Errorf("%s is %s of %d rows, was %s of %d", id, got.State, *got.Objects, e.State, *e.Objects)
		}
	}
}

// What was refused is tried again, and what rests on it is read anew.
func TestResumeAfterRefusals(t *testing.T) {
	tests := []struct {
		name   string
		faults []string
	}{
		{"policies", []string{"conditionalAccess/policies=403", "authenticationMethodsPolicy=403"}},
		{"accounts", []string{"/users=403"}},
		{"accounts-half-way", []string{"/users=403;after=20"}},
		{"report", []string{"userRegistrationDetails=403:Authentication_RequestFromUnsupportedUserRole;after=3"}},
		{"sign-ins-half-way", []string{"auditLogs/signIns=503;after=14"}},
		{"groups", []string{"getByIds=503"}},
		{"one-group", []string{"groups/" + groupID(1) + "=503"}},
		{"methods-half-way", []string{"$batch=503;after=8"}},
		{"token", []string{"devices=401;after=1"}},
		{"everything-stops", []string{"users=close;after=30", "auditLogs=close;after=3", "devices=close"}},
	}
	snap := busy().open(t)
	server := newServer(t, snap, graphsim.Options{PageSize: 5})
	want := sectionDigests(t, run(t, memory(t, server, func(int) {}), small).ok().snap)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "snap")
			in := func(o *collect.Options) { o.Dir = dir }
			first := run(t, memory(t, newServer(t, snap, graphsim.Options{PageSize: 5}, tt.faults...), func(int) {}), small, in).ok()
			if digest(t, first.snap) == digest(t, snap) {
				t.Error("the fault did not show")
			}
			again := func(o *collect.Options) { o.Resume = true }
			// Nothing gets worse as long as the fault lasts.
			kept := run(t, memory(t, newServer(t, snap, graphsim.Options{PageSize: 5}, tt.faults...), func(int) {}), small, in, again).ok()
			for id, e := range first.result.Sections {
				if k := kept.entry(id); e.Objects != nil && (k.Objects == nil || *k.Objects < *e.Objects) {
					t.Errorf("%s had %d rows, now %+v", id, *e.Objects, k)
				}
			}
			got := run(t, memory(t, server, func(int) {}), small, in, again).ok()
			if diff := cmp.Diff(want, sectionDigests(t, got.snap)); diff != "" {
				t.Errorf("(-uninterrupted +resumed):\n%s", diff)
			}
		})
	}
}

// Accounts whose methods were refused, or not answered about, are asked again, and
// nobody else is. What lasts is recorded as before.
func TestResumeAsksRefusedAccountsAgain(t *testing.T) {
	snap := busy().open(t)
	want := sectionDigests(t, run(t, memory(t, newServer(t, snap, graphsim.Options{PageSize: 5}), func(int) {}), small).ok().snap)
	const lasting = 150
	of := func(n int) string { return "/v1.0/users/" + userID(n) + "/authentication/methods" }
	fault := func(n int, what string) string { return "users/" + userID(n) + "/authentication/methods=" + what }
	tests := []struct {
		name       string
		checkpoint time.Duration
		faults     []string
		state      string
		again      []int
	}{
		{"refused", 1, []string{fault(3, "403:accessDenied"), fault(lasting, "403:accessDenied"), fault(270, "403:accessDenied")},
			"3 accounts were refused", []int{3, lasting, 270}},
		{"may-pass", time.Hour, []string{fault(0, "503"), fault(lasting, "429"), fault(319, "500"), fault(7, "400:BadRequest")},
			"4 accounts were refused", []int{0, 7, lasting, 319}},
		{"deleted-ones-are-not", 1, []string{fault(9, "404"), fault(lasting, "403")}, "1 accounts were refused", []int{9, lasting}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "snap")
			// attempt collects and tells who was asked.
			attempt := func(faults ...string) (collected, []string) {
				server := newServer(t, snap, graphsim.Options{PageSize: 5}, faults...)
				got := run(t, memory(t, server, func(int) {}), small, func(o *collect.Options) {
					o.Dir, o.Resume, o.Checkpoint = dir, true, tt.checkpoint
				}).ok()
				who := map[string]bool{}
				for _, r := range server.Requests() {
					if r.Batched {
						who[r.Path] = true
					}
				}
				return got, slices.Sorted(maps.Keys(who))
			}
			first, _ := attempt(tt.faults...)
			first.is(snapshot.AuthenticationMethods, snapshot.Partial, tt.state)
			sectionDigests(t, first.snap) // and nothing is wrong with it

			second, asked := attempt(fault(lasting, "403"))
			second.is(snapshot.AuthenticationMethods, snapshot.Partial, "1 accounts were refused")
			var paths []string
			for _, n := range tt.again {
				paths = append(paths, of(n))
			}
			if diff := cmp.Diff(paths, asked); diff != "" {
				t.Errorf("asked again (-want +got):\n%s", diff)
			}
			if n := len(second.rows(snapshot.AuthenticationMethods)); n != 320 {
				t.Errorf("%d rows while one account is refused, want 320", n)
			}

			third, asked := attempt()
			if diff := cmp.Diff([]string{of(lasting)}, asked); diff != "" {
				t.Errorf("asked the third time (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(want, sectionDigests(t, third.snap)); diff != "" {
				t.Errorf("(-nothing refused +resumed):\n%s", diff)
			}
			if e := third.entry(snapshot.AuthenticationMethods); e.Unfinished != nil {
				t.Errorf("the section is whole and still says %+v", e.Unfinished)
			}
			if _, asked := attempt(); len(asked) > 0 {
				t.Errorf("asked although nothing was left: %q", asked)
			}
		})
	}
}

// An account that was refused and is gone by now does not keep back what the resumed
// run got of the others.
func TestResumeAfterARefusedAccountIsGone(t *testing.T) {
	snap := busy().open(t)
	dir := filepath.Join(t.TempDir(), "snap")
	fault := func(n int, what string) string { return "users/" + userID(n) + "/authentication/methods=" + what }
	attempt := func(faults ...string) collected {
		server := newServer(t, snap, graphsim.Options{PageSize: 50}, faults...)
		return run(t, memory(t, server, func(int) {}), small, func(o *collect.Options) { o.Dir, o.Resume = dir, true }).ok()
	}
	attempt(fault(3, "403"), fault(5, "403"), fault(7, "403"))
	got := attempt(fault(3, "404"), fault(5, "403"))
	got.is(snapshot.AuthenticationMethods, snapshot.Partial, "1 accounts were refused")
	if n := len(got.rows(snapshot.AuthenticationMethods)); n != 319 {
		t.Errorf("%d rows, want 318 that were read and the refusal", n)
	}
}

func TestResumeKeepsThePlan(t *testing.T) {
	server := newServer(t, busy().open(t), graphsim.Options{PageSize: 5})
	for _, scope := range []collect.Scope{{User: "user7@contoso.example"}, {Groups: []string{groupID(1)}}} {
		narrow := func(o *collect.Options) {
			o.Scope, o.Since, o.Sections = scope, 48*time.Hour, []snapshot.SectionID{snapshot.SignIns, snapshot.AuthenticationMethods}
		}
		want := sectionDigests(t, run(t, memory(t, server, func(int) {}), narrow).ok().snap)
		dir := filepath.Join(t.TempDir(), "snap")
		ctx, cancel := context.WithCancel(t.Context())
		_ = runContext(t, ctx, memory(t, server, func(n int) {
			if n == 12 {
				cancel()
			}
		}), narrow, func(o *collect.Options) { o.Dir = dir })
		got := run(t, memory(t, server, func(int) {}), func(o *collect.Options) { o.Dir, o.Resume = dir, true }).ok()
		if diff := cmp.Diff(want, sectionDigests(t, got.snap)); diff != "" {
			t.Errorf("%+v (-uninterrupted +resumed):\n%s", scope, diff)
		}
	}
}

func TestResumeRefuses(t *testing.T) {
	server := newServer(t, full().open(t), graphsim.Options{})
	unfinished := func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "snap")
		ctx, cancel := context.WithCancel(t.Context())
		_ = runContext(t, ctx, memory(t, server, func(n int) {
			if n == 5 {
				cancel()
			}
		}), func(o *collect.Options) { o.Dir = dir })
		return dir
	}
	change := func(t *testing.T, dir, old, new string) {
		file := filepath.Join(dir, "manifest.json")
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%v: %s", err, text)
		}
		write(t, file, strings.ReplaceAll(string(text), old, new))
	}
	tests := []struct {
		name string
		dir  func(t *testing.T) string
		want string
	}{
		{"another-tenant", func(t *testing.T) string {
			dir := unfinished(t)
			change(t, dir, tenantID, userID(1))
			return dir
		}, "is a snapshot of tenant " + userID(1)},
		{"long-ago", func(t *testing.T) string {
			dir := unfinished(t)
			change(t, dir, takenAt, "2026-11-18T06:00:00Z")
			return dir
		}, "was begun 96 hours ago"},
		{"not-a-snapshot", func(t *testing.T) string {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "notes.txt"), "mine")
			return dir
		}, "is no snapshot"},
		{"not-collected", func(t *testing.T) string {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "manifest.json"), `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)
			return dir
		}, "only snapshots that were collected"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := tt.dir(t)
			_, err := collect.Run(t.Context(), memory(t, server, func(int) {}), collect.Options{Dir: dir, Resume: true})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}
