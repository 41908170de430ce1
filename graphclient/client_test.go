package graphclient

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestGet(t *testing.T) {
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, ` {"id":"1", "n":1e2} `) })
	if _, ok := c.Now(); ok {
		t.Error("a clock before the first answer")
	}
	v, err := c.Get(t.Context(), SecurityDefaults())
	if err != nil || string(v) != `{"id":"1", "n":1e2}` {
		t.Errorf("got %s, %v", v, err)
	}
	if _, ok := c.Now(); !ok {
		t.Error("no clock after an answer")
	}
}

func TestPlainHTTPOnLoopback(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{}`) }))
	t.Cleanup(srv.Close)
	c, err := New(t.Context(), Config{Auth: AuthAccessToken, GraphURL: srv.URL, Getenv: env("PASSKEYAUDIT_ACCESS_TOKEN", "x")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), Organization()); err != nil {
		t.Error(err)
	}
}

func TestGraphBelowAPath(t *testing.T) {
	var path string
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		path = r.URL.Path
		return answer(r, 200, `{"value":[],"@odata.nextLink":"https://proxy.example/v1.0/users?$skiptoken=x"}`), nil
	}, func(c *Config) { c.GraphURL = "https://proxy.example/graph/" })
	_, err := collect(c.Pages(t.Context(), Users(Query{})))
	var host *HostError
	if path != "/graph/v1.0/users" || !errors.As(err, &host) {
		t.Errorf("asked %s, %v", path, err)
	}
}

func TestUnknownCertificate(t *testing.T) {
	tries := 0
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) { tries++ }, func(c *Config) { c.CAFile = "" })
	_, err := c.Get(t.Context(), Organization())
	if err == nil || !strings.Contains(err.Error(), "--ca-file") || tries != 0 {
		t.Errorf("got %v", err)
	}
	if c.Requests() != 1 {
		t.Errorf("%d requests", c.Requests())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			other := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Error("followed") }))
			defer other.Close()
			c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v1.0/users/alice@contoso.example" {
					t.Errorf("followed to %s", r.URL.Path)
				}
				to := other.URL + "/v1.0/x"
				if status == 302 {
					to = "/v1.0/elsewhere"
				}
				http.Redirect(w, r, to, status)
			})
			_, err := c.Get(t.Context(), UserByID("alice@contoso.example", Query{}))
			var e *RedirectError
			if !errors.As(err, &e) || strings.Contains(err.Error(), "alice") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Whatever happens, neither errors nor log lines show the token, the query or
// whom a path names.
func TestNothingPersonalIsShown(t *testing.T) {
	const upn = "alice.liddell@contoso.example"
	echo := func(w http.ResponseWriter, r *http.Request, status int) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"code":"BadToken","message":"you sent %s"}}`, r.Header.Get("Authorization"))
	}
	tests := []struct {
		name string
		h    http.HandlerFunc
	}{
		{"success", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":[]}`) }},
		{"unauthenticated", func(w http.ResponseWriter, r *http.Request) { echo(w, r, 401) }},
		{"denied", func(w http.ResponseWriter, r *http.Request) { echo(w, r, 403) }},
		{"throttled", func(w http.ResponseWriter, r *http.Request) { echo(w, r, 429) }},
		{"in-stream", func(w http.ResponseWriter, r *http.Request) { echo(w, r, 200) }},
		{"cut", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }},
		{"broken", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, `{"value":[`) }},
		{"next", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"value":[],"@odata.nextLink":"https://evil.example/v1.0/users/`+upn+`?t=`+testToken+`"}`)
		}},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/"+upn+"?t="+testToken, http.StatusFound)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log logBuffer
			var causes []string
			c, srv := clientFor(t, tt.h, func(c *Config) {
				c.Logger = log.logger()
				c.OnWait = func(_ Bucket, _ time.Duration, cause error) { causes = append(causes, cause.Error()) }
			})
			_, err := collect(c.Pages(t.Context(), UserTransitiveMemberOf(upn, Query{Filter: "displayName eq 'Liddell'"})))
			shown := log.String() + strings.Join(causes, "\n") + fmt.Sprintf("%v %+v", err, err)
			srv.CloseClientConnections()
			srv.Close()
			_, err = c.Get(t.Context(), UserByID(upn, Query{}))
			shown += log.String() + fmt.Sprintf("%v %+v", err, err)
			for _, secret := range []string{testToken, "liddell", "Liddell", "alice"} {
				if strings.Contains(shown, secret) {
					t.Errorf("%q appears in %s", secret, shown)
				}
			}
			if !strings.Contains(log.String(), `/v1.0/users/{user-id}/transitiveMemberOf`) {
				t.Errorf("log has no path: %s", log.String())
			}
		})
	}
}

func TestSDKPipelineCannotSend(t *testing.T) {
	req, _ := http.NewRequestWithContext(t.Context(), "POST", "https://graph.microsoft.com/v1.0/users", strings.NewReader("{}"))
	if _, err := (&http.Client{Transport: noTransport{}}).Do(req); err == nil {
		t.Error("sent")
	}
}
