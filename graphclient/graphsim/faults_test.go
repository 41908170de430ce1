package graphsim_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"passkeyaudit/graphclient/graphsim"
)

func TestParseFault(t *testing.T) {
	tests := []struct {
		text string
		want graphsim.Fault
		err  string
	}{
		{"users=429*3", graphsim.Fault{Path: "users", Kind: graphsim.FaultStatus, Status: 429, Times: 3}, ""},
		{"auditLogs/signIns=truncate", graphsim.Fault{Path: "auditLogs/signIns", Kind: graphsim.FaultTruncate}, ""},
		{"/groups=504*1;after=2", graphsim.Fault{Path: "/groups", Kind: graphsim.FaultStatus, Status: 504, Times: 1, After: 2}, ""},
		{"users=403:Authorization_RequestDenied;retry-after=7", graphsim.Fault{Path: "users", Kind: graphsim.FaultStatus, Status: 403, Code: "Authorization_RequestDenied", RetryAfter: 7}, ""},
		{"users=repeat-next-link", graphsim.Fault{Path: "users", Kind: graphsim.FaultRepeatNextLink}, ""},
		{"users=empty-page*2", graphsim.Fault{Path: "users", Kind: graphsim.FaultEmptyPage, Times: 2}, ""},
		{"users=expired-token", graphsim.Fault{Path: "users", Kind: graphsim.FaultExpiredToken}, ""},
		{"$batch=close", graphsim.Fault{Path: "$batch", Kind: graphsim.FaultClose}, ""},
		{"users=503*2;retry-date=9;chance=25", graphsim.Fault{Path: "users", Kind: graphsim.FaultStatus, Status: 503, Times: 2, RetryAfter: 9, RetryDate: true, Chance: 25}, ""},
		{"users=slow;pause=20", graphsim.Fault{Path: "users", Kind: graphsim.FaultSlow, Pause: 20}, ""},
		{"users=endless-pages", graphsim.Fault{Path: "users", Kind: graphsim.FaultEndlessPages}, ""},
		{"users", graphsim.Fault{}, "PATH="},
		{"users=429;chance=0", graphsim.Fault{}, "percent"},
		{"users=gzip;pause=1", graphsim.Fault{}, "goes with slow"},
		{"=429", graphsim.Fault{}, "PATH="},
		{"users=explode", graphsim.Fault{}, "repeat-next-link"},
		{"users=200", graphsim.Fault{}, "400 to 599"},
		{"users=429*0", graphsim.Fault{}, "how many times"},
		{"users=429;after=x", graphsim.Fault{}, "not a number"},
		{"users=429;later=1", graphsim.Fault{}, "neither"},
		{"users=close;retry-after=1", graphsim.Fault{}, "goes with a status"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			got, err := graphsim.ParseFault(tt.text)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" && err == nil {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewRefusesFaultsThatCannotHappen(t *testing.T) {
	snap := openSnapshot(t, "", nil)
	for _, f := range []graphsim.Fault{{}, {Path: "users", Kind: "odd"}, {Path: "users", Kind: graphsim.FaultStatus, Status: 200}} {
		if _, err := graphsim.New(snap, graphsim.Options{Faults: []graphsim.Fault{f}}); err == nil {
			t.Errorf("%+v was taken", f)
		}
	}
}

func faulty(t *testing.T, texts ...string) *sim {
	t.Helper()
	o := graphsim.Options{PageSize: 2}
	for _, text := range texts {
		f, err := graphsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	return standard(t, o)
}

func TestStatusFault(t *testing.T) {
	s := faulty(t, "/users=429*2;retry-after=5;after=1")
	var got []int
	for range 4 {
		r := s.get("/v1.0/users")
		got = append(got, r.status)
		if r.status == 429 && r.header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After %q", r.header.Get("Retry-After"))
		}
	}
	if diff := cmp.Diff([]int{200, 429, 429, 200}, got); diff != "" {
		t.Error(diff)
	}
	if r := s.get("/v1.0/identityProtection/riskyUsers"); r.status != 200 {
		t.Errorf("another path: status %d", r.status)
	}
}

func TestConnectionFaults(t *testing.T) {
	over := map[string]func(*sim){
		"memory":   func(*sim) {},
		"loopback": func(s *sim) { listen(s) },
	}
	for name, setup := range over {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, "organization=close*1", "users=truncate*1")
			setup(s)
			// net/http asks again by itself when an idle connection was closed, so
			// the first request goes over a new one.
			if r := s.get("/v1.0/organization"); r.err == nil {
				t.Errorf("closed: status %d", r.status)
			}
			if r := s.get("/v1.0/organization"); r.status != 200 {
				t.Errorf("after closing: status %d", r.status)
			}
			r := s.get("/v1.0/users")
			if r.err == nil || json.Unmarshal([]byte(r.body), new(jsontext.Value)) == nil {
				t.Errorf("truncated: error %v, body %s", r.err, r.body)
			}
			if name == "memory" && !errors.Is(r.err, io.ErrUnexpectedEOF) {
				t.Errorf("truncated: error %v", r.err)
			}
			if r := s.get("/v1.0/users"); r.status != 200 || r.err != nil {
				t.Errorf("after truncating: status %d, error %v", r.status, r.err)
			}
		})
	}
}

func TestPageFaults(t *testing.T) {
	t.Run("repeatNextLink", func(t *testing.T) {
		s := faulty(t, "users=repeat-next-link")
		first := s.get("/v1.0/users").page(t)
		second := s.get(first.Next).page(t)
		third := s.get(second.Next).page(t)
		if second.Next != third.Next || ids(second) != ids(third) {
			t.Errorf("the pages differ: %s, %s", second.Next, third.Next)
		}
	})
	t.Run("emptyPage", func(t *testing.T) {
		s := faulty(t, "users=empty-page")
		first := s.get("/v1.0/users").page(t)
		if len(first.Value) != 0 || first.Next == "" {
			t.Errorf("first page %+v", first)
		}
		if rows, _ := s.all("/v1.0/users"); len(rows) != 3 {
			t.Errorf("%d rows", len(rows))
		}
	})
	t.Run("expiredToken", func(t *testing.T) {
		s := faulty(t, "users=expired-token*1")
		first := s.get("/v1.0/users").page(t)
		if r := s.get(first.Next); r.status != 400 || r.code(t) != "Directory_ExpiredPageToken" {
			t.Errorf("status %d", r.status)
		}
		if r := s.get(first.Next); r.status != 200 {
			t.Errorf("second try: status %d", r.status)
		}
	})
}

func TestNextLink(t *testing.T) {
	s := standard(t, graphsim.Options{PageSize: 1})
	first := s.get("/v1.0/users?$select=id&%24filter=accountEnabled%20eq%20true").page(t)
	if !strings.HasPrefix(first.Next, "https://graph.test/v1.0/users?$select=id&%24filter=accountEnabled%20eq%20true&$skiptoken=") {
		t.Errorf("next link %s", first.Next)
	}
	if r := s.get(strings.Replace(first.Next, "$select=id&", "", 1)); r.code(t) != "Directory_ExpiredPageToken" {
		t.Errorf("a token of another query: %s", r.body)
	}
	// A simulator that is started again goes on where the first one was.
	again := standard(t, graphsim.Options{PageSize: 1})
	if got := ids(again.get(first.Next).page(t)); got != carol {
		t.Errorf("got %s", got)
	}
}

func TestThrottle(t *testing.T) {
	s := standard(t, graphsim.Options{ThrottleEvery: 3})
	var got []int
	for range 9 {
		r := s.get("/v1.0/organization")
		got = append(got, r.status)
		if r.status == 429 && (r.header.Get("Retry-After") != "1" || r.code(t) != "TooManyRequests") {
			t.Errorf("%v %s", r.header, r.body)
		}
	}
	if diff := cmp.Diff([]int{200, 200, 429, 200, 200, 200, 429, 200, 200}, got); diff != "" {
		t.Error(diff)
	}
	if s := standard(t, graphsim.Options{ThrottleEvery: 1}); s.get("/v1.0/users").status != 429 || s.get("/v1.0/users").status != 200 {
		t.Error("throttling every request has to let the retry pass")
	}
}

type batchReply struct {
	Responses []struct {
		ID      string            `json:"id"`
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    jsontext.Value    `json:"body"`
	} `json:"responses"`
}

func (s *sim) batch(body string) batchReply {
	s.t.Helper()
	r := s.do("POST", "/v1.0/$batch", body)
	var b batchReply
	if err := json.Unmarshal([]byte(r.body), &b); r.status != 200 || err != nil {
		s.t.Fatalf("status %d, %v: %s", r.status, err, r.body)
	}
	return b
}

func TestBatch(t *testing.T) {
	s := faulty(t, "/organization=503*1;retry-after=9", "/users=close", "/users=truncate")
	body := `{"requests":[{"id":"a","method":"GET","url":"/users/` + alice + `/authentication/fido2Methods"},` +
		`{"id":"b","method":"GET","url":"users/` + unknown + `"},{"id":"c","method":"POST","url":"/users"},{"id":"d","method":"GET","url":"/organization"},` +
		`{"id":"e","method":"GET","url":"/users/$count","headers":{"consistencylevel":"eventual"}},{"id":"f","method":"GET","url":"/users?$top=1"}]}`
	b := s.batch(body)
	got := map[string]string{}
	var order []string
	for _, r := range b.Responses {
		got[r.ID] = fmt.Sprint(r.Status, " ", r.Headers["Retry-After"])
		order = append(order, r.ID)
		switch r.ID {
		case "a":
			if !strings.Contains(string(r.Body), `"id":"k1"`) {
				t.Errorf("body %s", r.Body)
			}
		case "e":
			if string(r.Body) != `"3"` {
				t.Errorf("count %s", r.Body)
			}
		case "f":
			if !strings.Contains(string(r.Body), `"@odata.nextLink":"https://graph.test/v1.0/users?$top=1&$skiptoken=`) {
				t.Errorf("body %s", r.Body)
			}
		}
	}
	if diff := cmp.Diff(map[string]string{"a": "200 ", "b": "404 ", "c": "405 ", "d": "503 9", "e": "200 ", "f": "200 "}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if slices.IsSorted(order) {
		t.Errorf("the answers are in order: %v", order)
	}
	var again []string
	for _, r := range s.batch(body).Responses {
		again = append(again, r.ID)
	}
	if diff := cmp.Diff(order, again); diff != "" {
		t.Errorf("the order differs (-first +second):\n%s", diff)
	}
	last := s.server.Requests()
	if n := len(last); n != 14 || last[n-1].String() != "POST /v1.0/$batch" || !last[0].Batched {
		t.Errorf("requests %v", last)
	}
}

func TestBatchRefusals(t *testing.T) {
	s := standard(t, graphsim.Options{})
	item := func(i int) string { return fmt.Sprintf(`{"id":"%d","method":"GET","url":"/organization"}`, i) }
	var items []string
	for i := range 21 {
		items = append(items, item(i))
	}
	tests := []struct{ name, body string }{
		{"tooMany", `{"requests":[` + strings.Join(items, ",") + `]}`},
		{"none", `{"requests":[]}`},
		{"noRequests", `{}`},
		{"notJSON", `{"requests":[`},
		{"sameID", `{"requests":[` + item(1) + `,` + item(1) + `]}`},
		{"noURL", `{"requests":[{"id":"1","method":"GET"}]}`},
		{"dependsOn", `{"requests":[{"id":"1","method":"GET","url":"/users","dependsOn":["2"]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if r := s.do("POST", "/v1.0/$batch", tt.body); r.status != 400 || r.code(t) != "BadRequest" {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		})
	}
	if b := s.batch(`{"requests":[` + strings.Join(items[:20], ",") + `]}`); len(b.Responses) != 20 {
		t.Errorf("%d answers", len(b.Responses))
	}
}

// Inside a batch each request is throttled on its own.
func TestBatchThrottle(t *testing.T) {
	s := standard(t, graphsim.Options{ThrottleEvery: 2})
	body := `{"requests":[{"id":"1","method":"GET","url":"/organization"},{"id":"2","method":"GET","url":"/domains"}]}`
	throttled := 0
	for _, r := range s.batch(body).Responses {
		if r.Status == http.StatusTooManyRequests {
			throttled++
			if r.Headers["Retry-After"] != "1" {
				t.Errorf("headers %v", r.Headers)
			}
		}
	}
	if throttled != 1 {
		t.Errorf("%d throttled", throttled)
	}
}

func TestAnswersThatAreNotGraphs(t *testing.T) {
	s := faulty(t, "organization=html*1", "domains=redirect*1", "devices=redirect-away*1", "users=cut-json*1", "groups=gzip", "subscribedSkus=slow;pause=1")
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if r := s.get("/v1.0/organization"); r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		t.Errorf("status %d, %s", r.status, r.header.Get("Content-Type"))
	}
	if r := s.get("/v1.0/domains?$top=3"); r.status != 302 || r.header.Get("Location") != "https://graph.test/v1.0/domains?$top=3" {
		t.Errorf("status %d to %s", r.status, r.header.Get("Location"))
	}
	if r := s.get("/v1.0/devices"); r.status != 302 || r.header.Get("Location") != "https://elsewhere.invalid/v1.0/devices" {
		t.Errorf("status %d to %s", r.status, r.header.Get("Location"))
	}
	if r := s.get("/v1.0/users"); r.status != 200 || r.err != nil || json.Unmarshal([]byte(r.body), new(jsontext.Value)) == nil {
		t.Errorf("half of the JSON: %d, %v, %s", r.status, r.err, r.body)
	}
	for _, path := range []string{"/v1.0/groups", "/v1.0/subscribedSkus"} {
		if r := s.get(path); r.status != 200 || r.err != nil || json.Unmarshal([]byte(r.body), new(jsontext.Value)) != nil {
			t.Errorf("%s: %d, %v, %s", path, r.status, r.err, r.body)
		}
	}
}

func TestLinksThatLeadNowhere(t *testing.T) {
	s := faulty(t, "users=endless-pages", "groups=empty-token*1", "groups=foreign-next-link;after=1")
	links := map[string]bool{}
	next, rows := "/v1.0/users", ""
	for range 300 {
		p := s.get(next).page(t)
		if links[p.Next] || rows != "" && ids(p) != rows {
			t.Fatalf("after %d pages: %s, %s", len(links), p.Next, ids(p))
		}
		next, rows = p.Next, ids(p)
		links[next] = true
	}
	if p := s.get("/v1.0/groups").page(t); !strings.HasSuffix(p.Next, "?$skiptoken=") {
		t.Errorf("next link %s", p.Next)
	}
	if p := s.get("/v1.0/groups").page(t); !strings.HasPrefix(p.Next, "https://elsewhere.invalid/v1.0/groups?") {
		t.Errorf("next link %s", p.Next)
	}
	for fault, code := range map[string]string{"lost-token": "DirectoryPageTokenNotFoundException", "unknown-token": "UnknownError"} {
		s := faulty(t, "users="+fault)
		if r := s.get(s.get("/v1.0/users").page(t).Next); r.status != 400 || r.code(t) != code {
			t.Errorf("%s: %d %s", fault, r.status, r.body)
		}
	}
}

func TestRetryDate(t *testing.T) {
	s := faulty(t, "users=429;retry-date=90")
	r := s.get("/v1.0/users")
	at, err := http.ParseTime(r.header.Get("Retry-After"))
	date, derr := http.ParseTime(r.header.Get("Date"))
	if err != nil || derr != nil || at.Sub(date).Seconds() != 90 {
		t.Errorf("Retry-After %s, Date %s", r.header.Get("Retry-After"), r.header.Get("Date"))
	}
}

// Chance is the same for the same seed.
func TestChance(t *testing.T) {
	answers := func(seed uint64) string {
		f, err := graphsim.ParseFault("users=503;chance=30")
		if err != nil {
			t.Fatal(err)
		}
		s := standard(t, graphsim.Options{Faults: []graphsim.Fault{f}, Seed: seed})
		var all []string
		for range 200 {
			all = append(all, fmt.Sprint(s.get("/v1.0/users").status))
		}
		return strings.Join(all, " ")
	}
	one := answers(1)
	if one != answers(1) || one == answers(2) {
		t.Error("the seed does not decide")
	}
	if n := strings.Count(one, "503"); n < 40 || n > 80 {
		t.Errorf("%d of 200 failed, want about 60", n)
	}
}

// A path is part of the requests' unless slashes tie it down.
func TestFaultPaths(t *testing.T) {
	tests := []struct {
		path string
		hits []string
	}{
		{"users", []string{"/v1.0/users", "/v1.0/users/" + alice, "/v1.0/users/" + alice + "/authentication/methods"}},
		{"/users/", []string{"/v1.0/users"}},
		{"/users", []string{"/v1.0/users", "/v1.0/users/" + alice, "/v1.0/users/" + alice + "/authentication/methods"}},
		{"methods/", []string{"/v1.0/users/" + alice + "/authentication/methods"}},
		{"authentication/methods", []string{"/v1.0/users/" + alice + "/authentication/methods"}},
		{"/methods/", nil},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			s := faulty(t, tt.path+"=418")
			var hits []string
			for _, path := range []string{"/v1.0/users", "/v1.0/users/" + alice, "/v1.0/users/" + alice + "/authentication/methods", "/v1.0/devices"} {
				if s.get(path).status == 418 {
					hits = append(hits, path)
				}
			}
			if diff := cmp.Diff(tt.hits, hits); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
