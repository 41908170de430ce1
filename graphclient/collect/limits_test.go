package collect_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// timed collects on virtual time from a look-alike that keeps Graph's limits, and
// tells how long it took and how many requests were refused.
func timed(t *testing.T, snap *snapshot.Snapshot, limiter graphclient.Limiter) (took time.Duration, refused int) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snap")
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, snap, graphsim.Options{PageSize: 20, Limits: true})
		client, err := graphclient.New(t.Context(), graphclient.Config{
			Auth: graphclient.AuthAccessToken, Cloud: graphclient.CloudPublic, Transport: server.Transport(), Limiter: limiter,
			Getenv: func(name string) string {
				if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
					return server.Token()
				}
				return ""
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		got := run(t, client, withOptional, func(o *collect.Options) { o.Dir = dir }).ok()
		took = time.Since(began)
		for id, e := range got.result.Sections {
			if e.State != snapshot.Complete {
				t.Errorf("%s is %s, %s", id, e.State, e.Reason)
			}
		}
		for _, r := range server.Requests() {
			if r.Status == http.StatusTooManyRequests {
				refused++
			}
		}
	})
	return took, refused
}

// Against Graph's own limits nothing is refused, and without a limiter everything is
// read all the same, only with detours.
func TestCollectWithinTheLimits(t *testing.T) {
	snap := busy().open(t)
	took, refused := timed(t, snap, graphclient.NewLimits())
	if refused > 0 {
		t.Errorf("%d requests were above the limits", refused)
	}
	// 16 pages of the report, 15 of each log; the first five cost no time.
	if took < 60*time.Second || took > 120*time.Second {
		t.Errorf("it took %s", took)
	}
	if _, refused := timed(t, snap, nil); refused == 0 {
		t.Error("the look-alike kept no limits")
	}
}

// A log that takes too long is left, newest events first, and says so; a later run
// goes on with the rest.
func TestLogTime(t *testing.T) {
	snap := busy().open(t)
	server := newServer(t, snap, graphsim.Options{PageSize: 5})
	dir := filepath.Join(t.TempDir(), "snap")
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	slow := func(o *collect.Options) {
		o.Dir, o.Sections, o.LogTime, o.Checkpoint = dir, []snapshot.SectionID{snapshot.SignIns}, time.Minute, 1
		o.Now = func() time.Time {
			now = now.Add(time.Second)
			return now
		}
	}
	got := run(t, memory(t, server, func(int) {}), slow).ok()
	got.is(snapshot.SignIns, snapshot.Partial, "the 1m0s for this log were over: events before")
	first := got.entry(snapshot.SignIns)
	if *first.Objects < 20 || *first.Objects > 290 || first.From <= "2026-10-23" || first.Unfinished == nil {
		t.Errorf("%d rows from %s, %+v", *first.Objects, first.From, first.Unfinished)
	}
	for _, row := range got.rows(snapshot.SignIns) {
		if at := text(t, row, "createdDateTime"); at < first.From {
			t.Errorf("an event of %s, before %s", at, first.From)
		}
	}
	for range 20 {
		got = run(t, memory(t, server, func(int) {}), slow, func(o *collect.Options) { o.Resume = true }).ok()
		if got.entry(snapshot.SignIns).State == snapshot.Complete {
			break
		}
	}
	got.is(snapshot.SignIns, snapshot.Complete, "")
	if n := len(got.rows(snapshot.SignIns)); n != 300 {
		t.Errorf("%d rows in the end", n)
	}
}

// Of the days for which there was no time, failures that concern passkeys are read
// all the same, each once.
func TestFailuresOfOlderDays(t *testing.T) {
	var rows []string
	at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	want := map[string]bool{}
	for i := range 300 {
		at = at.Add(-time.Hour)
		code, status, app := 0, "success", "other"
		switch i % 30 {
		case 1:
			code, status = 53003, "failure"
		case 2:
			code = 130504
		case 3:
			code, status = 135010, "failure" // fits two parts
		case 4:
			app = "19db86c3-b2b9-44cc-b339-36da233a3be2"
		case 5:
			code = 50126 // a wrong password concerns nobody here
		}
		id := fmt.Sprintf("si%d", i)
		if i%30 >= 1 && i%30 <= 4 {
			want[id] = true
		}
		rows = append(rows, fmt.Sprintf(`{"id":"%s","createdDateTime":"%s","userId":"%s","appId":"%s","conditionalAccessStatus":"%s","status":{"errorCode":%d}}`,
			id, at.Format(time.RFC3339), userID(1), app, status, code))
	}
	snap := full().with("signIns", lines(rows...)).open(t)
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	collectSlowly := func(faults ...string) collected {
		return run(t, memory(t, newServer(t, snap, graphsim.Options{PageSize: 5}, faults...), func(int) {}), only(snapshot.SignIns), func(o *collect.Options) {
			o.LogTime = 25 * time.Second
			o.Now = func() time.Time {
				now = now.Add(time.Second)
				return now
			}
		}).ok()
	}
	got := collectSlowly()
	got.is(snapshot.SignIns, snapshot.Partial, "; of those only failures that concern passkeys were read")
	from := got.entry(snapshot.SignIns).From
	seen := map[string]bool{}
	older := 0
	for _, row := range got.rows(snapshot.SignIns) {
		id := text(t, row, "id")
		if seen[id] {
			t.Errorf("%s is there twice", id)
		}
		seen[id] = true
		if text(t, row, "createdDateTime") < from {
			older++
			if !want[id] {
				t.Errorf("%s is older than %s and no failure: %s", id, from, row)
			}
		}
	}
	for id := range want {
		if !seen[id] {
			t.Errorf("%s is missing", id)
		}
	}
	if older < 10 {
		t.Errorf("only %d older rows; from %s", older, from)
	}
}

// Beta is read only when asked for, and the snapshot says so.
func TestBetaSignIns(t *testing.T) {
	server := newServer(t, full().open(t), graphsim.Options{})
	for _, beta := range []bool{false, true} {
		got := run(t, memory(t, server, func(int) {}), only(snapshot.SignIns), func(o *collect.Options) { o.BetaSignIns = beta }).ok()
		e := got.entry(snapshot.SignIns)
		if e.State != snapshot.Complete || strings.Contains(e.Request, "/beta/") != beta || strings.Contains(e.Reason, "beta") != beta {
			t.Errorf("%v: %s, %s, %s", beta, e.State, e.Request, e.Reason)
		}
	}
}

// A listing that brings new rows for ever ends where there cannot be so many.
func TestListingWithoutAnEnd(t *testing.T) {
	n := 0
	client := clientOf(t, override(t, full().open(t), "/v1.0/users", func(w http.ResponseWriter, r *http.Request) {
		var rows []string
		for range 500 {
			n++
			rows = append(rows, userRow(n))
		}
		reply(w, 200, fmt.Sprintf(`{"value":[%s],"@odata.nextLink":"http://%s/v1.0/users?$skiptoken=%d"}`, strings.Join(rows, ","), r.Host, n))
	}), "any")
	got := run(t, client, only(snapshot.Users)).ok()
	got.is(snapshot.Users, snapshot.Partial, "rows so far of at most 1007")
	if len(got.rows(snapshot.Users)) > 2000 {
		t.Errorf("%d rows", len(got.rows(snapshot.Users)))
	}
}

func TestEmptyPagesWithoutAnEnd(t *testing.T) {
	n := 0
	empty := func(w http.ResponseWriter, r *http.Request) {
		n++
		reply(w, 200, fmt.Sprintf(`{"value":[],"@odata.nextLink":"http://%s%s?$skiptoken=%d"}`, r.Host, r.URL.Path, n))
	}
	for id, path := range map[snapshot.SectionID]string{snapshot.Devices: "/v1.0/devices", snapshot.SignIns: "/v1.0/auditLogs/signIns"} {
		n = 0
		got := run(t, clientOf(t, override(t, full().open(t), path, empty), "any"), only(id)).ok()
		got.is(id, snapshot.Unavailable, "page after page was empty")
		if n > 60 {
			t.Errorf("%s: %d pages", id, n)
		}
	}
}

func TestEstimate(t *testing.T) {
	server := newServer(t, busy().open(t), graphsim.Options{})
	sent := 0
	client := memory(t, server, func(n int) { sent = n })
	e, err := collect.EstimateRun(t.Context(), client, collect.Options{Optional: true}, -1)
	if err != nil || sent != 2 || e.Accounts != 320 || e.Devices != 3 {
		t.Fatalf("%d requests, %d accounts, %d devices, %v", sent, e.Accounts, e.Devices, err)
	}
	for _, r := range server.Requests() {
		if !strings.HasSuffix(r.Path, "/$count") {
			t.Errorf("sent %s", r)
		}
	}
	// The estimate holds: a run sends as many requests, and no more than the most.
	run(t, memory(t, server, func(n int) { sent = n }), withOptional).ok()
	least, most := 0, 0
	for _, s := range e.Sections {
		least += s.Requests
		if most += s.Most; s.Most == 0 {
			most += 40 // groups and their members
		}
	}
	if sent < least || sent > most {
		t.Errorf("%d requests, estimated %d to %d", sent, least, most)
	}

	million, err := collect.EstimateRun(t.Context(), nil, collect.Options{}, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	// A thousand pages of the report and a last one for each part, at five in ten seconds.
	if million.Time < 34*time.Minute || million.Time > 35*time.Minute {
		t.Errorf("a million accounts take %s", million.Time)
	}
}

func TestProbe(t *testing.T) {
	token := func(claims string) string {
		return "e30." + strings.TrimRight(encode(claims), "=") + ".x"
	}
	tests := []struct {
		name    string
		claims  string
		faults  []string
		section snapshot.SectionID
		state   snapshot.State
		want    collect.Remedy
	}{
		{"works", `{"idtyp":"app","roles":["Policy.Read.All"]}`, nil, snapshot.Devices, snapshot.Complete, collect.Remedy{}},
		{"permission", `{"idtyp":"app","roles":["Policy.Read.All"]}`, []string{"devices=403"}, snapshot.Devices, snapshot.Denied, collect.Remedy{Permission: "Device.Read.All"}},
		{"more-than-needed", `{"idtyp":"app","roles":["Directory.ReadWrite.All"]}`, []string{"devices=403"}, snapshot.Devices, snapshot.Denied, collect.Remedy{}},
		{"misleading", `{"idtyp":"app","roles":["AuditLog.Read.All","Policy.Read.All"]}`, []string{"signIns=403:Authentication_RequestFromNonPremiumTenantOrB2CTenant"},
			snapshot.SignIns, snapshot.Denied, collect.Remedy{Permission: "Directory.Read.All"}},
		{"role", `{"scp":"AuditLog.Read.All Policy.Read.All User.Read","idtyp":"user"}`, []string{"signIns=403:Authentication_RequestFromUnsupportedUserRole"},
			snapshot.SignIns, snapshot.Denied, collect.Remedy{Role: "Reports Reader"}},
		{"scope", `{"scp":"User.Read"}`, []string{"signIns=403:Authentication_MSGraphPermissionMissing"}, snapshot.SignIns, snapshot.Denied, collect.Remedy{Permission: "AuditLog.Read.All"}},
		{"not-in-this-cloud", `{"idtyp":"app"}`, []string{"managedDevices=404"}, snapshot.ManagedDevices, snapshot.Unavailable, collect.Remedy{}},
		{"methods", `{"idtyp":"app","roles":["User.Read.All"]}`, []string{"authentication=403"}, snapshot.AuthenticationMethods, snapshot.Denied, collect.Remedy{Permission: "UserAuthenticationMethod.Read.All"}},
		{"opaque-token", `not JSON`, []string{"devices=403"}, snapshot.Devices, snapshot.Denied, collect.Remedy{Permission: "Device.Read.All"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newServer(t, full().open(t), graphsim.Options{AllowAnonymous: true}, tt.faults...)
			h, err := collect.Probe(t.Context(), clientOf(t, server.Handler(), token(tt.claims)), collect.Options{Optional: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(h.Sections) != len(collect.Catalogue()) {
				t.Errorf("%d sections", len(h.Sections))
			}
			for _, f := range h.Sections {
				if f.Section.ID == tt.section && (f.Entry.State != tt.state || f.Grant != tt.want) {
					t.Errorf("%s is %s, %s: %+v", f.Section.ID, f.Entry.State, f.Entry.Reason, f.Grant)
				}
				if f.Section.ID != tt.section && !f.Works() && len(tt.faults) > 0 {
					t.Errorf("%s is %s, %s", f.Section.ID, f.Entry.State, f.Entry.Reason)
				}
			}
			if n := len(server.Requests()); n > 30 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func encode(claims string) string {
	b, _ := json.Marshal([]byte(claims)) // base64 with padding, in quotes
	return strings.NewReplacer(`"`, "", "+", "-", "/", "_").Replace(string(b))
}
