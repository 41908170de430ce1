package collect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

const takenAt = "2026-11-22T06:00:00Z"

// tenant is a hand-made snapshot: manifest entries and section files.
type tenant struct {
	entries map[string]string // section to entry, as JSON
	files   map[string]string // section to content
}

// open writes the tenant into a folder and opens it.
func (tn tenant) open(t testing.TB) *snapshot.Snapshot {
	t.Helper()
	dir := t.TempDir()
	entries := map[string]json.RawMessage{}
	for id, e := range tn.entries {
		entries[id] = json.RawMessage(e)
	}
	manifest, err := json.Marshal(map[string]any{
		"format": snapshot.Format, "tenant": map[string]string{"id": tenantID}, "takenAt": takenAt, "sections": entries,
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "manifest.json"), string(manifest))
	if err := os.Mkdir(filepath.Join(dir, "sections"), 0o700); err != nil {
		t.Fatal(err)
	}
	for id, content := range tn.files {
		name := id + ".ndjson"
		if spec, ok := snapshot.Spec(snapshot.SectionID(id)); !ok {
			t.Fatalf("no section %s", id)
		} else if spec.Shape == snapshot.Singleton {
			name = id + ".json"
		}
		write(t, filepath.Join(dir, "sections", name), content)
	}
	return openDir(t, dir)
}

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openDir(t testing.TB, dir string) *snapshot.Snapshot {
	t.Helper()
	s, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// simulate serves a snapshot over a socket.
func simulate(t testing.TB, snap *snapshot.Snapshot, o graphsim.Options, faults ...string) (*graphsim.Server, *graphclient.Client) {
	t.Helper()
	o.Faults = parseFaults(t, faults)
	server, err := graphsim.New(snap, o)
	if err != nil {
		t.Fatal(err)
	}
	return server, clientOf(t, server.Handler(), server.Token())
}

func parseFaults(t testing.TB, texts []string) []graphsim.Fault {
	t.Helper()
	var all []graphsim.Fault
	for _, text := range texts {
		f, err := graphsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	return all
}

func clientOf(t testing.TB, h http.Handler, token string) *graphclient.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := graphclient.New(t.Context(), graphclient.Config{
		Auth: graphclient.AuthAccessToken, GraphURL: strings.Replace(srv.URL, "http://127.0.0.1", "http://localhost", 1),
		Getenv: func(name string) string {
			if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
				return token
			}
			return ""
		},
		Retry: graphclient.Retry{Base: time.Nanosecond, Cap: time.Nanosecond, Tries: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// collected is a finished run.
type collected struct {
	t      testing.TB
	snap   *snapshot.Snapshot
	result *collect.Result
	err    error
}

// run collects into a new folder.
func run(t testing.TB, c *graphclient.Client, change ...func(*collect.Options)) collected {
	t.Helper()
	return runContext(t, t.Context(), c, change...)
}

func runContext(t testing.TB, ctx context.Context, c *graphclient.Client, change ...func(*collect.Options)) collected {
	t.Helper()
	o := collect.Options{Dir: filepath.Join(t.TempDir(), "snap"), Cloud: "public", Tool: snapshot.Tool{Name: "passkeyaudit", Version: "test"}}
	for _, f := range change {
		f(&o)
	}
	res, err := collect.Run(ctx, c, o)
	out := collected{t: t, result: res, err: err}
	if res != nil {
		out.snap = openDir(t, o.Dir)
	}
	return out
}

func (c collected) ok() collected {
	c.t.Helper()
	if c.err != nil {
		c.t.Fatal(c.err)
	}
	return c
}

// rows are the rows of a section.
func (c collected) rows(id snapshot.SectionID) []string {
	c.t.Helper()
	return rowsOf(c.t, c.snap, id)
}

func rowsOf(t testing.TB, s *snapshot.Snapshot, id snapshot.SectionID) []string {
	t.Helper()
	var all []string
	for row, err := range s.Rows(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(row.Raw))
	}
	return all
}

func (c collected) entry(id snapshot.SectionID) snapshot.SectionEntry {
	c.t.Helper()
	e := c.snap.Manifest().Sections[id]
	if e == nil {
		c.t.Fatalf("the manifest has no %s", id)
	}
	return *e
}

// is checks state and reason of a section; the reason by a part of it.
func (c collected) is(id snapshot.SectionID, state snapshot.State, reason string) {
	c.t.Helper()
	e := c.entry(id)
	if e.State != state || !strings.Contains(e.Reason, reason) {
		c.t.Errorf("%s is %s, reason %q; want %s, reason with %q", id, e.State, e.Reason, state, reason)
	}
}

func digest(t testing.TB, s *snapshot.Snapshot) string {
	t.Helper()
	d, err := s.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func userID(n int) string  { return fmt.Sprintf("a0000000-0000-4000-8000-%012d", n) }
func groupID(n int) string { return fmt.Sprintf("b0000000-0000-4000-8000-%012d", n) }
func lines(rows ...string) string {
	if len(rows) == 0 {
		return ""
	}
	return strings.Join(rows, "\n") + "\n"
}

// override serves a snapshot, and one path in another way.
func override(t testing.TB, snap *snapshot.Snapshot, path string, h http.HandlerFunc, faults ...string) http.Handler {
	t.Helper()
	server, err := graphsim.New(snap, graphsim.Options{AllowAnonymous: true, Faults: parseFaults(t, faults)})
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.URL.Path, path) {
			h(w, r)
			return
		}
		server.Handler().ServeHTTP(w, r)
	})
}

func reply(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // a client that went away needs no answer
}

func graphError(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message))
}

func text(t testing.TB, row, member string) string {
	t.Helper()
	m := map[string]any{}
	if err := json.Unmarshal([]byte(row), &m); err != nil {
		t.Fatal(err)
	}
	s, _ := m[member].(string)
	return s
}
