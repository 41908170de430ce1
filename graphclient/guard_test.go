package graphclient

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

var guardRoot = &url.URL{Scheme: "https", Host: "graph.microsoft.com"}

// passes reports what the guard does with a request, and what it would send.
func passes(t *testing.T, req *http.Request) (sent string, err error) {
	t.Helper()
	g := &Guard{Root: guardRoot, Next: inMemory(func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			b, _ := io.ReadAll(r.Body)
			sent = string(b)
		}
		return answer(r, 200, "{}"), nil
	})}
	res, err := g.RoundTrip(req)
	if err == nil {
		res.Body.Close()
	}
	return sent, err
}

func newRequest(t testing.TB, method, target, body string) *http.Request {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, target, r)
	if err != nil {
		t.Skipf("not a request: %v", err)
	}
	return req
}

func TestGuardLetsReadsPass(t *testing.T) {
	tests := []struct{ name, method, path, body string }{
		{"users", "GET", "/v1.0/users?$select=id", ""},
		{"default-method", "", "/v1.0/users", ""},
		{"beta", "GET", "/beta/auditLogs/signIns", ""},
		{"upn", "GET", "/v1.0/users/a%23EXT%23@b.example/authentication/fido2Methods", ""},
		{"function", "GET", "/v1.0/reports/authenticationMethods/usersRegisteredByMethod(includedUserTypes='all',includedUserRoles='all')", ""},
		{"words-in-filter", "GET", "/v1.0/auditLogs/directoryAudits?$filter=activityDisplayName%20eq%20'Get%20passkey%20creation%20options'", ""},
		{"by-ids", "POST", "/v1.0/directoryObjects/getByIds", `{"ids":[]}`},
		{"check-groups", "POST", "/v1.0/users/u1/checkMemberGroups", `{}`},
		{"get-groups", "POST", "/beta/users/u1/getMemberGroups", `{}`},
		{"what-if", "POST", "/v1.0/identity/conditionalAccess/evaluate", `{}`},
		{"batch", "POST", "/v1.0/$batch", `{"requests":[{"id":"1","method":"GET","url":"/users/u1/authentication/methods"}]}`},
		{"batch-escaped", "POST", "/v1.0/%24batch", `{"requests":[{"id":"1","method":"GET","url":"/users?$top=1","headers":{"ConsistencyLevel":"eventual"}}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sent, err := passes(t, newRequest(t, tt.method, "https://graph.microsoft.com"+tt.path, tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if sent != tt.body {
				t.Errorf("sent %q, want %q", sent, tt.body)
			}
		})
	}
}

func TestGuardRefuses(t *testing.T) {
	batch := func(item string) string { return `{"requests":[` + item + `]}` }
	const create = "/v1.0/users/u1/authentication/fido2Methods/creationOptions"
	tests := []struct{ name, method, path, body string }{
		{"patch", "PATCH", "/v1.0/policies/authenticationMethodsPolicy", "{}"},
		{"delete", "DELETE", "/v1.0/users/u1", ""},
		{"put", "PUT", "/v1.0/users/u1", "{}"},
		{"head", "HEAD", "/v1.0/users", ""},
		{"lower-case-method", "get", "/v1.0/users", ""},
		{"post-users", "POST", "/v1.0/users", "{}"},
		{"post-methods", "POST", "/v1.0/users/u1/authentication/fido2Methods", "{}"},
		{"post-dismiss", "POST", "/v1.0/identityProtection/riskyUsers/dismiss", "{}"},
		{"post-revoke", "POST", "/v1.0/users/u1/revokeSignInSessions", "{}"},
		{"post-suffix", "POST", "/v1.0/directoryObjects/getByIds/x", "{}"},
		{"post-case", "POST", "/v1.0/directoryobjects/getbyids", "{}"},
		{"post-escaped-name", "POST", "/v1.0/directoryObjects/%67etByIds", "{}"},
		{"post-trailing-slash", "POST", "/v1.0/directoryObjects/getByIds/", "{}"},
		{"post-query", "POST", "/v1.0/directoryObjects/getByIds?x=1", "{}"},
		{"what-if-case", "POST", "/v1.0/identity/conditionalaccess/evaluate", "{}"},
		{"what-if-below", "POST", "/v1.0/identity/conditionalAccess/evaluate/x", "{}"},
		{"what-if-slash", "POST", "/v1.0/identity/conditionalAccess/evaluate/", "{}"},
		{"what-if-query", "POST", "/v1.0/identity/conditionalAccess/evaluate?x=1", "{}"},
		{"what-if-elsewhere", "POST", "/v1.0/conditionalAccess/evaluate", "{}"},
		{"what-if-namespace", "POST", "/v1.0/identity/conditionalAccess/microsoft.graph.evaluate", "{}"},
		{"what-if-patched", "PATCH", "/v1.0/identity/conditionalAccess/evaluate", "{}"},
		{"what-if-neighbour", "POST", "/v1.0/identity/conditionalAccess/policies", "{}"},
		{"what-if-in-batch", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"POST","url":"/identity/conditionalAccess/evaluate"}`)},
		{"post-hidden-slash", "POST", "/v1.0/users/u1%2FrevokeSignInSessions%3F/checkMemberGroups", "{}"},
		{"post-dots", "POST", "/v1.0/users/../checkMemberGroups", "{}"},
		{"get-with-body", "GET", "/v1.0/users", "{}"},
		{"get-batch", "GET", "/v1.0/$batch", ""},
		{"no-version", "GET", "/users", ""},
		{"version-alone", "GET", "/v1.0", ""},
		{"version-slash", "GET", "/v1.0/", ""},
		{"other-version", "GET", "/v2.0/users", ""},
		{"dot-segments", "GET", "/v1.0/../common/oauth2/token", ""},
		{"escaped-dots", "GET", "/v1.0/%2e%2e/x", ""},
		{"empty-segment", "GET", "/v1.0//users", ""},
		{"escaped-slash", "GET", "/v1.0/users%2Fu1", ""},
		{"backslash", "GET", `/v1.0/users%5Cu1`, ""},
		{"control", "GET", "/v1.0/users/a%0d%0ab", ""},
		{"escaped-twice", "GET", "/v1.0/users/%2561", ""},
		{"create", "GET", create, ""},
		{"create-query", "GET", create + "?challengeTimeoutInMinutes=5", ""},
		{"create-function", "GET", create + "(challengeTimeoutInMinutes=5)", ""},
		{"create-post", "POST", create, "{}"},
		{"create-case", "GET", "/v1.0/users/u1/authentication/fido2Methods/CREATIONoptions", ""},
		{"create-escaped", "GET", "/v1.0/users/u1/authentication/fido2Methods/%63reationOptions", ""},
		{"create-escaped-twice", "GET", "/v1.0/users/u1/authentication/fido2Methods/%2563reationOptions", ""},
		{"create-namespace", "GET", "/beta/users/u1/authentication/fido2Methods/microsoft.graph.creationOptions()", ""},
		{"create-trailing-slash", "GET", create + "/", ""},
		{"create-trailing-dot", "GET", create + ".", ""},
		{"create-space", "GET", create + "%20", ""},
		{"create-parameter", "GET", create + ";v=1", ""},
		{"create-zero-width", "GET", "/v1.0/users/u1/authentication/fido2Methods/creation%E2%80%8BOptions", ""},
		{"create-long-s", "GET", "/v1.0/users/u1/authentication/fido2Methods/creationOption%C5%BF", ""},
		{"create-full-width", "GET", "/v1.0/users/u1/authentication/fido2Methods/%EF%BD%83reationOptions", ""},
		{"create-inside", "GET", create + "/$value", ""},
		{"batch-empty-body", "POST", "/v1.0/$batch", ""},
		{"batch-not-json", "POST", "/v1.0/$batch", "x"},
		{"batch-no-items", "POST", "/v1.0/$batch", `{"requests":[]}`},
		{"batch-post", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"POST","url":"/users"}`)},
		{"batch-lower-get", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"get","url":"/users"}`)},
		{"batch-no-method", "POST", "/v1.0/$batch", batch(`{"id":"1","url":"/users"}`)},
		{"batch-two-methods", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","method":"DELETE","url":"/users/u1"}`)},
		{"batch-other-spelling", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","Method":"DELETE","url":"/users/u1"}`)},
		{"batch-body", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users","body":{}}`)},
		{"batch-depends", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users","dependsOn":["0"]}`)},
		{"batch-same-id", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users"},{"id":"1","method":"GET","url":"/groups"}`)},
		{"batch-absolute", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"https://evil.example/users"}`)},
		{"batch-other-host", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"//evil.example/users"}`)},
		{"batch-dots", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users/../x"}`)},
		{"batch-batch", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/$batch"}`)},
		{"batch-create", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users/u1/authentication/fido2Methods/creationOptions"}`)},
		{"batch-create-escaped", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users/u1/authentication/fido2Methods/creation%4fptions?x=1"}`)},
		{"batch-create-json-escape", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users/u1/authentication/fido2Methods/\u0063reationOptions"}`)},
		{"batch-fragment", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users#/x"}`)},
		{"batch-override", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users/u1","headers":{"X-HTTP-Method-Override":"DELETE"}}`)},
		{"batch-trailing", "POST", "/v1.0/$batch", batch(`{"id":"1","method":"GET","url":"/users"}`) + `{"requests":[]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := passes(t, newRequest(t, tt.method, "https://graph.microsoft.com"+tt.path, tt.body))
			var refused *GuardError
			if !errors.As(err, &refused) {
				t.Fatalf("got %v, want a *GuardError", err)
			}
			if refused.Reason == "" {
				t.Error("refused without a reason")
			}
		})
	}
}

func TestGuardRefusesDisguises(t *testing.T) {
	get := func() *http.Request { return newRequest(t, "GET", "https://graph.microsoft.com/v1.0/users", "") }
	tests := []struct {
		name   string
		change func(*http.Request)
	}{
		{"method-override", func(r *http.Request) { r.Header.Set("X-HTTP-Method-Override", "DELETE") }},
		{"method-header", func(r *http.Request) { r.Header["x-http-method"] = []string{"PATCH"} }},
		{"rewritten-url", func(r *http.Request) { r.Header.Set("X-Original-URL", "/v1.0/x") }},
		{"opaque", func(r *http.Request) { r.URL.Opaque = "//graph.microsoft.com/v1.0/users/x/creationOptions" }},
		{"user-info", func(r *http.Request) { r.URL.User = url.User("x") }},
		{"other-host", func(r *http.Request) { r.URL.Host = "graph.microsoft.com.evil.example" }},
		{"other-port", func(r *http.Request) { r.URL.Host = "graph.microsoft.com:8443" }},
		{"plain-http", func(r *http.Request) { r.URL.Scheme = "http" }},
		{"host-header", func(r *http.Request) { r.Host = "evil.example" }},
		{"no-url", func(r *http.Request) { r.URL = nil }},
		{"raw-path", func(r *http.Request) {
			r.URL.Path, r.URL.RawPath = "/v1.0/fido2Methods/creationOptions", "/v1.0/fido2Methods/%63reationOptions"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := get()
			tt.change(r)
			_, err := passes(t, r)
			var refused *GuardError
			var host *HostError
			if !errors.As(err, &refused) && !errors.As(err, &host) {
				t.Fatalf("got %v, want a refusal", err)
			}
		})
	}
	t.Run("encoded-batch", func(t *testing.T) {
		r := newRequest(t, "POST", "https://graph.microsoft.com/v1.0/$batch", "x")
		r.Header.Set("Content-Encoding", "gzip")
		if _, err := passes(t, r); err == nil {
			t.Fatal("sent")
		}
	})
	t.Run("default-port", func(t *testing.T) {
		if _, err := passes(t, newRequest(t, "GET", "https://graph.microsoft.com:443/v1.0/users", "")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestGuardRefusalNamesNobody(t *testing.T) {
	_, err := passes(t, newRequest(t, "DELETE", "https://graph.microsoft.com/v1.0/users/alice@contoso.example/manager", ""))
	if err == nil || strings.Contains(err.Error(), "alice") {
		t.Fatalf("got %v", err)
	}
}

// FuzzGuardPath holds the guard against a plain reading of the path: decoded as
// often as anybody would, without case.
func FuzzGuardPath(f *testing.F) {
	for _, s := range []string{"users", "users/u1/authentication/fido2Methods/creationOptions", "%63reationOptions", "$batch",
		"directoryObjects/getByIds", "users/u/checkMemberGroups", "users/%2e%2e/x", "a/microsoft.graph.creationOptions()"} {
		f.Add("GET", s)
		f.Add("POST", s)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		if method != "GET" && method != "POST" {
			method = "GET"
		}
		req := newRequest(t, method, "https://graph.microsoft.com/v1.0/"+path, "")
		if _, err := passes(t, req); err != nil {
			return
		}
		plain := req.URL.RequestURI()
		plain, _, _ = strings.Cut(plain, "?")
		for range 4 {
			if p, err := url.PathUnescape(plain); err == nil {
				plain = p
			}
		}
		if strings.Contains(strings.ToLower(plain), "creationoptions") {
			t.Errorf("%s %q passed", method, path)
		}
		if strings.Contains(plain, "..") && strings.Contains("/"+plain+"/", "/../") {
			t.Errorf("%s %q passed with dots", method, path)
		}
		if method == "POST" {
			last := plain[strings.LastIndex(plain, "/")+1:]
			switch last {
			case "getByIds", "checkMemberGroups", "getMemberGroups", "evaluate":
			default:
				t.Errorf("POST %q passed", path)
			}
		}
	})
}

// FuzzGuardBatch: whatever passes as a batch holds GETs only.
func FuzzGuardBatch(f *testing.F) {
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/users"}]}`)
	f.Add(`{"requests":[{"id":"1","method":"DELETE","url":"/users/u"}]}`)
	f.Add(`{"requests":[{"id":"1","method":"GET","url":"/x/creationOptions"}],"requests":[]}`)
	f.Fuzz(func(t *testing.T, body string) {
		if checkBatch([]byte(body)) != nil {
			return
		}
		upper := strings.ToUpper(body)
		for _, m := range []string{`"POST"`, `"PATCH"`, `"DELETE"`, `"PUT"`} {
			if i := strings.Index(upper, `"METHOD":`+m); i >= 0 {
				t.Errorf("%q passed", body)
			}
		}
		path, _, _ := strings.Cut(strings.ToLower(body), "?")
		if strings.Contains(path, "/creationoptions") {
			t.Errorf("%q passed", body)
		}
	})
}
