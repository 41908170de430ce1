package graphsim_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"passkeyaudit/graphclient/graphsim"
)

func TestConcurrentClients(t *testing.T) {
	s := standard(t, graphsim.Options{PageSize: 1})
	listen(s)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, url := range []string{
				"/v1.0/users?$filter=accountEnabled%20eq%20true", "/v1.0/auditLogs/signIns",
				"/v1.0/groups/" + staff + "/transitiveMembers", "/v1.0/users/" + bob + "/transitiveMemberOf",
			} {
				if rows, last := s.all(url); len(rows) == 0 || last.status != http.StatusOK {
					t.Errorf("%s: %d rows, status %d", url, len(rows), last.status)
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.server.Requests()); n < 8*4 {
		t.Errorf("%d requests", n)
	}
}

func TestCompressedBody(t *testing.T) {
	s := standard(t, graphsim.Options{})
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprintf(z, `{"ids":[%q],"types":["group"]}`, staff)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r := s.do("POST", "/v1.0/directoryObjects/getByIds", b.String(), "Content-Encoding", "gzip")
	if got := ids(r.page(t)); got != staff {
		t.Errorf("got %s", got)
	}
	if r := s.do("POST", "/v1.0/directoryObjects/getByIds", "plain", "Content-Encoding", "gzip"); r.status != 400 {
		t.Errorf("status %d", r.status)
	}
}

func TestFaultCodes(t *testing.T) {
	for status, want := range map[int]string{
		401: "InvalidAuthenticationToken", 403: "Authorization_RequestDenied", 404: "Request_ResourceNotFound",
		429: "TooManyRequests", 503: "serviceNotAvailable", 504: "UnknownError",
	} {
		s := faulty(t, fmt.Sprintf("users=%d", status))
		if r := s.get("/v1.0/users"); r.status != status || r.code(t) != want {
			t.Errorf("%d: got %d %s", status, r.status, r.body)
		}
	}
}
