package graphsim_test

import (
	"fmt"
	"io"
	"net/http"
	"testing/fstest"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/graphsim"
)

// A collector under test talks to a recorded tenant without a socket.
func ExampleServer_Transport() {
	snap, err := snapshot.Open(fstest.MapFS{
		"manifest.json":         {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)},
		"sections/users.ndjson": {Data: []byte(`{"id":"u1","displayName":"Alice"}`)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := graphsim.New(snap, graphsim.Options{AllowAnonymous: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := &http.Client{Transport: server.Transport()}
	for _, path := range []string{"users/u1?$select=displayName", "devices"} {
		resp, err := client.Get("https://graph.microsoft.com/v1.0/" + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			fmt.Println(string(body), err)
		} else {
			fmt.Println(resp.Status)
		}
	}
	// Output:
	// {"displayName":"Alice"} <nil>
	// 501 Not Implemented
}

func ExampleParseFault() {
	f, err := graphsim.ParseFault("auditLogs/signIns=429*3;retry-after=2")
	fmt.Println(f.Path, f.Kind, f.Status, f.Times, f.RetryAfter, err)
	_, err = graphsim.ParseFault("users=429*0")
	fmt.Println(err != nil)
	// Output:
	// auditLogs/signIns status 429 3 2 <nil>
	// true
}
