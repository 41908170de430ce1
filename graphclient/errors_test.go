package graphclient

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestErrorFromGraph(t *testing.T) {
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("request-id", "r-1")
		w.Header().Set("Date", "Sun, 22 Nov 2026 10:00:00 GMT")
		w.WriteHeader(403)
		io.WriteString(w, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient\r\nprivileges","innerError":{"request-id":"r-2"}}}`)
	})
	_, err := c.Get(t.Context(), UserByID("alice@contoso.example", Query{Select: []string{"id"}}))
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	if !isGUID(e.ClientRequestID) {
		t.Errorf("client-request-id %q", e.ClientRequestID)
	}
	want := &Error{Status: 403, Code: "Authorization_RequestDenied", Message: "Insufficient privileges", RequestID: "r-1",
		ClientRequestID: e.ClientRequestID, Method: "GET", Path: "/v1.0/users/{id}", Date: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	if got := e.Error(); got != "GET /v1.0/users/{id}: Graph answered 403 Forbidden, code Authorization_RequestDenied: Insufficient privileges (request-id r-1)" {
		t.Error(got)
	}
}

func TestErrorBodies(t *testing.T) {
	tests := []struct{ name, body, code, message string }{
		{"empty", ``, "", ""},
		{"html", `<html>gateway</html>`, "", ""},
		{"null", `null`, "", ""},
		{"error-null", `{"error":null}`, "", ""},
		{"error-text", `{"error":"invalid_client","error_description":"AADSTS1: no"}`, "invalid_client", "AADSTS1: no"},
		{"no-code", `{"error":{"message":"m"}}`, "", "m"},
		{"no-message", `{"error":{"code":"c"}}`, "c", ""},
		{"message-object", `{"error":{"code":"c","message":{"lang":"en"}}}`, "c", ""},
		{"inner-code", `{"error":{"code":"","innererror":{"code":"inner"}}}`, "inner", ""},
		{"truncated", `{"error":{"code":"c"`, "", ""},
		{"duplicates", `{"error":{"code":"a","code":"b"}}`, "b", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e Error
			e.fill([]byte(tt.body))
			if e.Code != tt.code || e.Message != tt.message {
				t.Errorf("got %q %q", e.Code, e.Message)
			}
			if e.Error() == "" {
				t.Error("no text")
			}
		})
	}
}

func TestErrorKinds(t *testing.T) {
	tests := []struct {
		name string
		e    Error
		want string
	}{
		{"denied", Error{Status: 403, Code: "Authorization_RequestDenied"}, "denied"},
		{"premium-report", Error{Status: 403, Code: "Authentication_RequestFromNonPremiumTenantOrB2CTenant"}, "denied premium"},
		{"premium-pim", Error{Status: 400, Code: "AadPremiumLicenseRequired"}, "premium"},
		{"premium-by-text", Error{Status: 403, Code: "Forbidden", Message: "Your tenant does not have a premium license"}, "denied premium"},
		{"not-premium", Error{Status: 404, Message: "premium license"}, "notfound"},
		{"throttled", Error{Status: 429}, "throttled transient"},
		{"unauthenticated", Error{Status: 401}, "unauthenticated"},
		{"expired-token", Error{Status: 400, Code: "Directory_ExpiredPageToken"}, "expired"},
		{"token-not-found", Error{Status: 400, Code: "UnknownError", Message: "Token not found: token is either invalid or expired"}, "expired"},
		{"token-exception", Error{Status: 400, Code: "Request_BadRequest", Message: "DirectoryPageTokenNotFoundException"}, "expired"},
		{"null-token", Error{Status: 400, Message: "Invalid Skip Token, skip token is null"}, "expired"},
		{"gone", Error{Status: 410}, "expired"},
		{"bad-gateway", Error{Status: 502}, "transient"},
		{"request-timeout", Error{Status: 408}, "transient"},
		{"not-implemented", Error{Status: 501}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, k := range []struct {
				name string
				is   bool
			}{
				{"denied", tt.e.Denied()}, {"premium", tt.e.Premium()}, {"notfound", tt.e.NotFound()}, {"throttled", tt.e.Throttled()},
				{"unauthenticated", tt.e.Unauthenticated()}, {"expired", tt.e.ExpiredPageToken()}, {"transient", tt.e.transient()},
			} {
				if k.is {
					got = append(got, k.name)
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	tests := []struct {
		name, value string
		want        time.Duration
	}{
		{"none", "", 0},
		{"seconds", "17", 17 * time.Second},
		{"spaces", " 5 ", 5 * time.Second},
		{"fraction", "0.5", 500 * time.Millisecond},
		{"zero", "0", 0},
		{"negative", "-5", 0},
		{"nonsense", "soon", 0},
		{"not-a-number", "NaN", 0},
		{"huge", "1e300", (1 << 20) * time.Second},
		{"date", "Sun, 22 Nov 2026 10:02:00 GMT", 2 * time.Minute},
		{"past", "Sun, 22 Nov 2026 09:00:00 GMT", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := retryAfter(tt.value, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestRedactPath(t *testing.T) {
	const id = "11111111-2222-3333-4444-55555555aBcD"
	tests := []struct{ name, path, want string }{
		{"object-id", "/v1.0/users/" + id + "/authentication/methods", "/v1.0/users/" + id + "/authentication/methods"},
		{"upn", "/v1.0/users/alice@contoso.example/authentication", "/v1.0/users/{id}/authentication"},
		{"escaped-upn", "/v1.0/users/alice%40contoso.example", "/v1.0/users/{id}"},
		{"bare-name", "/v1.0/Users/alice", "/v1.0/Users/{id}"},
		{"escaped-users", "/v1.0/%75sers/alice", "/v1.0/%75sers/{id}"},
		{"keyed", "/v1.0/users('alice')/manager", "/v1.0/users({id})/manager"},
		{"elsewhere", "/v1.0/me/alice@contoso.example", "/v1.0/me/{id}"},
		{"count", "/v1.0/users/$count", "/v1.0/users/$count"},
		{"cast", "/v1.0/groups/" + id + "/transitiveMembers/microsoft.graph.user", "/v1.0/groups/" + id + "/transitiveMembers/microsoft.graph.user"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := redactPath(tt.path); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{`{"error":{"code":"c","message":"m","innerError":{"code":"d"}}}`, `{"error":"x"}`, `[`, "\x1b[31m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e := Error{Status: 400, Method: "GET", Path: "/v1.0/users"}
		e.fill([]byte(body))
		if s := e.Error(); hasControl(s) || len(s) > 4*maxErrorMessage || utf8.ValidString(body) && !utf8.ValidString(s) {
			t.Errorf("%q reads %q", body, s)
		}
	})
}
