package graphclient

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPages(t *testing.T) {
	var eventual atomic.Int32
	var srv *httptest.Server
	c, srv := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("ConsistencyLevel") == "eventual" {
			eventual.Add(1)
		}
		w.Header().Set("Date", "Sun, 22 Nov 2026 00:00:00 GMT")
		switch r.URL.Query().Get("$skiptoken") {
		case "":
			fmt.Fprintf(w, `{"@odata.context":"x","@odata.count":3,"@odata.nextLink":%s,"value":[{"id":"1"},{"id":"2", "n":1.50}]}`, quoted(srv.URL+"/v1.0/users?$top=2&$skiptoken=a"))
		case "a": // no rows, and on it goes
			fmt.Fprintf(w, `{"value":[],"@odata.nextLink":%s}`, quoted(srv.URL+"/v1.0/users?$top=2&$skiptoken=b%2Bc"))
		case "b+c":
			io.WriteString(w, `{"value":[{"id":"3"}],"@odata.nextLink":null}`)
		}
	})
	pages, err := collect(c.Pages(t.Context(), Users(Query{Top: 2, Count: true, Eventual: true})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"id":"1"}`, `{"id":"2", "n":1.50}`, `{"id":"3"}`}, rowsOf(pages)); diff != "" {
		t.Error(diff)
	}
	if len(pages) != 3 || pages[0].Count == nil || *pages[0].Count != 3 || pages[1].Count != nil || pages[2].Next != "" {
		t.Errorf("pages %+v", pages)
	}
	want := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	if !pages[0].Date.Equal(want) {
		t.Errorf("date %v", pages[0].Date)
	}
	if now, ok := c.Now(); !ok || !now.Equal(want) {
		t.Errorf("now %v %v", now, ok)
	}
	if eventual.Load() != 3 || c.Requests() != 3 {
		t.Errorf("%d pages asked with ConsistencyLevel, %d requests; want 3 of 3", eventual.Load(), c.Requests())
	}

	again, err := collect(c.Continue(t.Context(), Users(Query{}), pages[1].Next))
	if err != nil || len(again) != 1 {
		t.Errorf("continued with %d pages, %v", len(again), err)
	}
	if _, err := collect(c.Continue(t.Context(), Users(Query{}), "")); err == nil {
		t.Error("continued from nowhere")
	}
}

func TestPagesStopEarly(t *testing.T) {
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		return answer(r, 200, `{"value":[1],"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x"}`), nil
	})
	for range c.Pages(t.Context(), Users(Query{})) {
		break
	}
	if c.Requests() != 1 {
		t.Errorf("%d requests", c.Requests())
	}
}

func TestPagesBadNextLinks(t *testing.T) {
	const graph = "https://graph.microsoft.com"
	tests := []struct {
		name, next string
		host       bool
	}{
		{"other-host", "https://evil.example/v1.0/users?$skiptoken=x", true},
		{"other-port", graph + ":8443/v1.0/users?$skiptoken=x", true},
		{"plain-http", "http://graph.microsoft.com/v1.0/users?$skiptoken=x", true},
		{"look-alike", "https://graph.microsoft.com.evil.example/v1.0/users", true},
		{"no-version", graph + "/users?$skiptoken=x", true},
		{"relative", "/v1.0/users?$skiptoken=x", false},
		{"user-info", "https://graph.microsoft.com@evil.example/v1.0/users", false},
		{"empty-token", graph + "/v1.0/users?$skiptoken=", false},
		{"empty-token-escaped", graph + "/v1.0/users?a=b&%24skipToken=", false},
		{"create", graph + "/v1.0/users/u/authentication/fido2Methods/creationOptions", false},
		{"not-a-url", "https://[", false},
		{"same-again", graph + "/v1.0/users?$skiptoken=same", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
				if r.URL.Host != "graph.microsoft.com" || r.Header.Get("Authorization") != "Bearer "+testToken {
					t.Errorf("token sent to %s", r.URL.Host)
				}
				return answer(r, 200, `{"value":[1],"@odata.nextLink":`+quoted(tt.next)+`}`), nil
			})
			pages, err := collect(c.Pages(t.Context(), Users(Query{})))
			var host *HostError
			var paging *PagingError
			if tt.host && !errors.As(err, &host) || !tt.host && !errors.As(err, &paging) {
				t.Fatalf("got %T %v", err, err)
			}
			if tt.host && !strings.Contains(err.Error(), host.Host) {
				t.Errorf("%v does not name the host", err)
			}
			if len(pages) == 0 {
				t.Error("the good page before the bad link was lost")
			}
		})
	}
}

func TestPagesStopWhenRowsRunAway(t *testing.T) {
	n := 0
	page := strings.TrimSuffix(strings.Repeat("1,", 900), ",")
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		n++
		return answer(r, 200, fmt.Sprintf(`{"@odata.count":10,"value":[%s],"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=%d"}`, page, n)), nil
	})
	pages, err := collect(c.Pages(t.Context(), Users(Query{Count: true})))
	var paging *PagingError
	if !errors.As(err, &paging) || len(pages) != 2 {
		t.Errorf("%d pages, %v", len(pages), err)
	}
}

// An answer that is wanted whole ends too.
func TestPostStopsWithoutAnEnd(t *testing.T) {
	n := 0
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		n++
		return answer(r, 200, fmt.Sprintf(`{"value":[{"id":"%d"}],"@odata.nextLink":"https://graph.microsoft.com/v1.0/subscribedSkus?$skiptoken=%d"}`, n, n)), nil
	})
	var paging *PagingError
	if rows, err := c.Post(t.Context(), SubscribedSkus()); !errors.As(err, &paging) || rows != nil || n != postPages {
		t.Errorf("%d rows of %d pages, %v", len(rows), n, err)
	}
}

func TestBrokenAnswers(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"empty", ``, "ends too early"},
		{"truncated", `{"value":[{"id":"1"},{"id":"2"`, "ends too early"},
		{"truncated-after-rows", `{"value":[{"id":"1"}]`, "ends too early"},
		{"html", `<html>no</html>`, "not JSON"},
		{"not-an-object", `[1]`, "want an object"},
		{"no-value", `{"id":"1"}`, "not a collection"},
		{"value-object", `{"value":{}}`, "want an array"},
		{"duplicate-member", `{"value":[{"id":"1","id":"2"}]}`, "duplicate"},
		{"duplicate-value", `{"value":[],"value":[]}`, "duplicate"},
		{"invalid-utf8", "{\"value\":[\"\xff\"]}", "UTF-8"},
		{"mark-within", "{\uFEFF\"value\":[]}", "invalid character"},
		{"two-marks", "\uFEFF\uFEFF{\"value\":[]}", "invalid character"},
		{"trailing", `{"value":[]}{}`, "follows"},
		{"link-number", `{"value":[],"@odata.nextLink":7}`, "not text"},
		{"count-text", `{"value":[],"@odata.count":"many"}`, "not a number"},
		{"in-stream-error", `{"value":[{"id":"1"}],"error":{"code":"generalException","message":"broke"}}`, "generalException"},
		{"deep", `{"value":[` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `]}`, "depth"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, tt.body) })
			pages, err := collect(c.Pages(t.Context(), Users(Query{})))
			if len(pages) != 0 {
				t.Errorf("yielded %v", rowsOf(pages))
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "/v1.0/users") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A body that the network cuts is tried again, and no row comes twice.
func TestCutBodyIsReadAgain(t *testing.T) {
	var n atomic.Int32
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"value":[{"id":"1"},`)
			panic(http.ErrAbortHandler)
		}
		io.WriteString(w, `{"value":[{"id":"1"},{"id":"2"}]}`)
	})
	pages, err := collect(c.Pages(t.Context(), Users(Query{})))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`{"id":"1"}`, `{"id":"2"}`}, rowsOf(pages)); diff != "" || n.Load() != 2 {
		t.Errorf("%d tries: %s", n.Load(), diff)
	}
}

func TestGzip(t *testing.T) {
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("did not offer gzip")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		io.WriteString(z, `{"value":[{"id":"1"}]}`)
	})
	pages, err := collect(c.Pages(t.Context(), Users(Query{})))
	if err != nil || len(rowsOf(pages)) != 1 {
		t.Errorf("%v %v", pages, err)
	}
}

// zeros is an endless JSON string in the making.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestOverSizeBody(t *testing.T) {
	tries := 0
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		tries++
		res := answer(r, 200, "")
		res.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":"`), zeros{}))
		return res, nil
	})
	if _, err := c.Get(t.Context(), Organization()); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
	if tries != 1 {
		t.Errorf("%d tries", tries)
	}
}

func TestBodyAtTheLimit(t *testing.T) {
	read := func(limit int64) error {
		c := memoryClient(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200, `"12345678"`), nil })
		return c.do(t.Context(), call{request: Organization(), limit: limit}, func(r io.Reader, _ http.Header) error {
			_, err := decodeValue(r)
			return err
		})
	}
	if err := read(10); err != nil {
		t.Error(err)
	}
	if err := read(9); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestCount(t *testing.T) {
	tests := []struct {
		name, body string
		want       int64
		bad        bool
	}{
		{"plain", "1204", 1204, false},
		{"byte-order-mark", "\uFEFF1204", 1204, false},
		{"line", "7\r\n", 7, false},
		{"words", "many", 0, true},
		{"negative", "-1", 0, true},
		{"long", strings.Repeat("1", 5000), 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
				if r.Header.Get("ConsistencyLevel") != "eventual" || r.Header.Get("Accept") != "text/plain" {
					t.Errorf("headers %v", r.Header)
				}
				return answer(r, 200, tt.body), nil
			})
			n, err := c.Count(t.Context(), UsersCount())
			if n != tt.want || (err != nil) != tt.bad {
				t.Errorf("got %d, %v", n, err)
			}
		})
	}
}

// Gateways put a byte order mark before JSON, although it does not belong there.
func TestByteOrderMark(t *testing.T) {
	status, body := 200, "\uFEFF"+`{"value":[{"id":"1"}]}`
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) { return answer(r, status, body), nil })
	for page, err := range c.Pages(t.Context(), Domains()) {
		if err != nil || len(page.Rows) != 1 || string(page.Rows[0]) != `{"id":"1"}` {
			t.Errorf("got %s, %v", page.Rows, err)
		}
	}
	if v, err := c.Get(t.Context(), SecurityDefaults()); err != nil || string(v) != `{"value":[{"id":"1"}]}` {
		t.Errorf("got %s, %v", v, err)
	}
	status, body = 403, "\uFEFF"+`{"error":{"code":"Authorization_RequestDenied"}}`
	var e *Error
	if _, err := c.Get(t.Context(), SecurityDefaults()); !errors.As(err, &e) || e.Code != "Authorization_RequestDenied" {
		t.Errorf("got %v", err)
	}
	body = "\uFEFF"
	status = 200
	if _, err := c.Get(t.Context(), SecurityDefaults()); err == nil {
		t.Error("a mark and nothing after it was taken for an answer")
	}
}

func FuzzNextLink(f *testing.F) {
	for _, s := range []string{"https://graph.microsoft.com/v1.0/users?$skiptoken=x", "https://graph.microsoft.com@evil/v1.0/", "//x/v1.0/a", "https://graph.microsoft.com/beta/a?%24skiptoken="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, next string) {
		u, err := checkNext(guardRoot, next)
		if err != nil {
			return
		}
		if u.Scheme != "https" || !strings.EqualFold(u.Hostname(), "graph.microsoft.com") || port(u) != "443" || u.User != nil {
			t.Errorf("%q leads to %s", next, u)
		}
		again, err := url.Parse(u.String())
		if err != nil || sameOrigin(guardRoot, again) != nil {
			t.Errorf("%q is sent as %s", next, u)
		}
		if p := u.Path; !strings.HasPrefix(p, "/v1.0/") && !strings.HasPrefix(p, "/beta/") {
			t.Errorf("%q leads to path %s", next, p)
		}
	})
}

func FuzzPage(f *testing.F) {
	for _, s := range []string{`{"value":[{"id":"1"}],"@odata.nextLink":"x","@odata.count":1}`, `{"value":[`, `{"error":{}}`, `{"value":null}`, ``} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e, err := decodePage(strings.NewReader(body))
		if err != nil {
			if e.rows != nil || e.next != "" {
				t.Errorf("%q gave rows beside %v", body, err)
			}
			return
		}
		for _, row := range e.rows {
			if !row.IsValid() || !strings.Contains(body, string(row)) {
				t.Errorf("%q gave row %q", body, row)
			}
		}
	})
}
