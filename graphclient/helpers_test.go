package graphclient

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const testToken = "eyJ0ZXN0.dG9rZW4.c2VjcmV0"

// clientFor starts a TLS server that plays Graph and a client that trusts it by a
// CA file.
func clientFor(t *testing.T, h http.HandlerFunc, change ...func(*Config)) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are part of the tests
	srv.StartTLS()
	t.Cleanup(srv.Close)
	cfg := Config{
		Auth: AuthAccessToken, GraphURL: srv.URL, CAFile: caFile(t, srv),
		Getenv: env("PASSKEYAUDIT_ACCESS_TOKEN", testToken),
		Retry:  Retry{Base: time.Nanosecond, Cap: time.Nanosecond},
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c, srv
}

func caFile(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) string { return m[name] }
}

// inMemory is a transport without sockets, which virtual time needs.
type inMemory func(*http.Request) (*http.Response, error)

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// memoryClient reads from f instead of a network.
func memoryClient(t *testing.T, f inMemory, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Auth: AuthAccessToken, Transport: f, Getenv: env("PASSKEYAUDIT_ACCESS_TOKEN", testToken)}
	for _, g := range change {
		g(&cfg)
	}
	c, err := New(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.jitter = func(d time.Duration) time.Duration { return d }
	return c
}

// answer makes a response; headers are name, value pairs.
func answer(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return &http.Response{
		StatusCode: status, Status: fmt.Sprint(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)), Request: r,
	}
}

// logBuffer is a log that several goroutines may write.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func rowsOf(pages []Page) []string {
	var all []string
	for _, p := range pages {
		all = append(all, texts(p.Rows)...)
	}
	return all
}

func texts(rows []jsontext.Value) []string {
	var all []string
	for _, r := range rows {
		all = append(all, string(r))
	}
	return all
}

// collect reads pages until the end or an error.
func collect(seq func(func(Page, error) bool)) ([]Page, error) {
	var pages []Page
	for p, err := range seq {
		if err != nil {
			return pages, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
