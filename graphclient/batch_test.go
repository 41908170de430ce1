package graphclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

type sentBatch struct {
	Requests []struct {
		ID, Method, URL string
		Headers         map[string]string
	}
}

// batchServer answers each item by f, in reverse order.
func batchServer(t *testing.T, sizes *[]int, f func(url string) string) inMemory {
	return func(r *http.Request) (*http.Response, error) {
		if r.Method != "POST" || r.URL.Path != "/v1.0/$batch" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
		}
		b, _ := io.ReadAll(r.Body)
		var in sentBatch
		if err := json.Unmarshal(b, &in); err != nil {
			t.Error(err)
		}
		*sizes = append(*sizes, len(in.Requests))
		var out []string
		for _, item := range in.Requests {
			if s := f(item.URL); s != "" {
				out = append(out, fmt.Sprintf(`{"id":%s,%s}`, quoted(item.ID), s))
			}
		}
		slices.Reverse(out)
		return answer(r, 200, `{"responses":[`+strings.Join(out, ",")+`]}`), nil
	}
}

func TestBatch(t *testing.T) {
	var sizes []int
	var requests []Request
	var want []string
	for i := range 45 {
		requests = append(requests, AuthenticationMethods(fmt.Sprintf("u%d", i)))
		want = append(want, fmt.Sprintf(`{"value":[{"for":"/users/u%d/authentication/methods"}]}`, i))
	}
	limiter := &counter{}
	c := memoryClient(t, batchServer(t, &sizes, func(url string) string {
		return `"status":200,"headers":{"Content-Type":"application/json","X-Many":["a","b"]},"body":{"value":[{"for":` + quoted(url) + `}]}`
	}), func(c *Config) { c.Limiter = limiter })
	results, err := c.Batch(t.Context(), requests)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, r := range results {
		if r.Err != nil || r.Status != 200 || r.Header.Get("X-Many") != "a" || r.Request.String() != requests[i].String() {
			t.Errorf("result %d: %+v", i, r)
		}
		got = append(got, string(r.Body))
		if p, err := r.Page(); err != nil || len(p.Rows) != 1 {
			t.Errorf("page %v, %v", p, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{20, 20, 5}, sizes); diff != "" {
		t.Error(diff)
	}
	if limiter.n[BucketDirectory] != 45 {
		t.Errorf("charged %v", limiter.n)
	}
	if none, err := c.Batch(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("%v, %v", none, err)
	}
}

func TestBatchRetriesOnlyWhatWasThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		tries := map[string]int{}
		c := memoryClient(t, batchServer(t, &sizes, func(url string) string {
			tries[url]++
			first := tries[url] == 1
			switch {
			case strings.Contains(url, "/slow/") && first:
				return `"status":429,"headers":{"Retry-After":"12"},"body":{"error":{"code":"TooManyRequests"}}`
			case strings.Contains(url, "/slower/") && first:
				return `"status":429,"headers":{"Retry-After":"40"},"body":{"error":{"code":"TooManyRequests"}}`
			case strings.Contains(url, "/lost/") && first:
				return ""
			case strings.Contains(url, "/gone/"):
				return `"status":404,"body":{"error":{"code":"Request_ResourceNotFound","message":"no"}}`
			case strings.Contains(url, "/never/"):
				return `"status":503`
			}
			return `"status":200,"body":{"value":[]}`
		}), func(c *Config) { c.Retry.Tries = 3 })
		began := time.Now()
		var requests []Request
		for _, id := range []string{"ok", "slow", "gone", "slower", "lost", "never"} {
			requests = append(requests, AuthenticationMethods(id))
		}
		results, err := c.Batch(t.Context(), requests)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range results {
			var e *Error
			switch {
			case r.Err == nil:
				got = append(got, fmt.Sprint(r.Status))
			case errors.As(r.Err, &e):
				got = append(got, fmt.Sprintf("%d %s %s", e.Status, e.Code, e.Path))
			default:
				got = append(got, r.Err.Error())
			}
		}
		want := []string{"200", "200", "404 Request_ResourceNotFound /v1.0/users/{id}/authentication/methods", "200", "200", "503  /v1.0/users/{id}/authentication/methods"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]int{6, 4, 1, 1}, sizes); diff != "" {
			t.Error(diff)
		}
		if d := time.Since(began); d != 43*time.Second {
			t.Errorf("took %v, want the longest Retry-After, which is not a failed try, and two back-offs", d)
		}
	})
}

func TestBatchMissingAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		c := memoryClient(t, batchServer(t, &sizes, func(string) string { return "" }), func(c *Config) { c.Retry.Tries = 2 })
		results, err := c.Batch(t.Context(), []Request{AuthenticationMethods("a")})
		if err != nil || !errors.Is(results[0].Err, ErrNoAnswer) || len(sizes) != 2 {
			t.Errorf("%v, %v, %v", results, err, sizes)
		}
	})
}

func TestBatchAsAWholeFails(t *testing.T) {
	n := 0
	var sizes []int
	good := batchServer(t, &sizes, func(string) string { return `"status":200,"body":{}` })
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		if n++; n == 2 {
			return answer(r, 403, `{"error":{"code":"denied"}}`), nil
		}
		return good(r)
	})
	requests := make([]Request, 45)
	for i := range requests {
		requests[i] = AuthenticationMethods("u")
	}
	results, err := c.Batch(t.Context(), requests)
	var e *Error
	if !errors.As(err, &e) || !e.Denied() {
		t.Fatalf("got %v", err)
	}
	for i, r := range results {
		if (i < 20) != (r.Err == nil) {
			t.Errorf("result %d: %v", i, r.Err)
		}
	}
}

func TestBatchBrokenAnswers(t *testing.T) {
	tests := []struct{ name, body, want string }{
		{"unknown-id", `{"responses":[{"id":"7","status":200}]}`, "not asked"},
		{"answered-twice", `{"responses":[{"id":"0","status":200},{"id":"0","status":200}]}`, "twice"},
		{"status-text", `{"responses":[{"id":"0","status":"OK"}]}`, "not a number"},
		{"no-status", `{"responses":[{"id":"0","body":{"value":[]}}]}`, "not a number"},
		{"id-object", `{"responses":[{"id":{},"status":200}]}`, "want text or a number"},
		{"not-a-list", `{"responses":{}}`, "want an array"},
		{"not-an-object", `[]`, "want an object"},
		{"truncated", `{"responses":[{"id":"0","status":200}`, "too early"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200, tt.body), nil },
				func(c *Config) { c.Retry.Tries = 1 })
			results, err := c.Batch(t.Context(), []Request{AuthenticationMethods("a")})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if len(results) != 1 || results[0].Err == nil {
				t.Errorf("results %+v", results)
			}
		})
	}
}

func TestBatchRefusesWhatDoesNotBelong(t *testing.T) {
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return answer(r, 200, `{}`), nil
	})
	tests := []struct {
		name     string
		requests []Request
	}{
		{"post", []Request{DirectoryObjectsByIDs([]string{"a"}, nil)}},
		{"count", []Request{UsersCount()}},
		{"versions", []Request{Users(Query{}), Users(Query{}).Beta()}},
		{"invalid", []Request{AuthenticationMethods("")}},
		{"empty", []Request{{}}},
		{"create", []Request{AuthenticationMethodConfiguration("creationOptions")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.Batch(t.Context(), tt.requests); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestBatchItems(t *testing.T) {
	var body string
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		return answer(r, 200, `{"responses":[{"id":"0","status":200,"body":{}},{"id":"1","status":200,"body":{}}]}`), nil
	})
	_, err := c.Batch(t.Context(), []Request{
		UserByID("a#EXT#@b.example", Query{Select: []string{"id"}}),
		Users(Query{Filter: "startswith(displayName,'a b')", Count: true, Eventual: true}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"requests":[{"id":"0","method":"GET","url":"/users/a%23EXT%23%40b.example?$select=id"},` +
		`{"id":"1","method":"GET","url":"/users?$count=true&$filter=startswith%28displayName%2C%27a%20b%27%29","headers":{"ConsistencyLevel":"eventual"}}]}`
	if diff := cmp.Diff(want, body); diff != "" {
		t.Error(diff)
	}
}

// Ids and statuses are text or numbers, whichever a proxy made of them.
func TestBatchAnswerSpellings(t *testing.T) {
	answers, err := decodeBatch(strings.NewReader("\uFEFF" + `{"responses":[
		{"id":1,"status":"200","body":{"value":[]}},
		{"id":"0","status":"429","headers":{"Retry-After":7},"body":{"error":{"code":"TooManyRequests"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range answers {
		r := a.result(AuthenticationMethods("u"), "")
		var e *Error
		errors.As(r.Err, &e)
		line := fmt.Sprintf("%s: %d", a.ID, r.Status)
		if e != nil {
			line += fmt.Sprintf(" %s %s", e.Code, e.RetryAfter)
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"1: 200", "0: 429 TooManyRequests 7s"}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzBatch(f *testing.F) {
	f.Add(`{"responses":[{"id":"0","status":200,"headers":{"a":"b"},"body":{"value":[]}}]}`)
	f.Add(`{"responses":[{"id":"0","status":429,"headers":{"Retry-After":["1"]},"body":null}]}`)
	f.Add(`{"responses":[{"id":0,"status":"429","headers":{"Retry-After":1},"body":null}]}`)
	f.Add(`{"responses":[`)
	f.Fuzz(func(t *testing.T, body string) {
		answers, err := decodeBatch(strings.NewReader(body))
		if err != nil {
			return
		}
		for _, a := range answers {
			r := a.result(AuthenticationMethods("u"), "")
			if ok := a.code >= 200 && a.code <= 299; ok != (r.Err == nil) {
				t.Errorf("status %s gives %v", a.Status, r.Err)
			}
		}
	})
}

// A date to come back at is held against the clock of whoever wrote it, whatever time it
// is here. Items rarely say when they were made.
func TestBatchItemsGoByTheClockOfTheBatch(t *testing.T) {
	answers, err := decodeBatch(strings.NewReader(`{"responses":[{"id":"0","status":429,"headers":{"Retry-After":"Sun, 22 Nov 2026 06:00:07 GMT"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if res := answers[0].result(AuthenticationMethods("u"), "Sun, 22 Nov 2026 06:00:00 GMT"); !errors.As(res.Err, &e) || e.RetryAfter != 7*time.Second {
		t.Errorf("%v", res.Err)
	}
}
