package graphclient

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadToken(t *testing.T) {
	jwt := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
	}
	tests := []struct {
		name, token string
		want        Identity
	}{
		{"app", jwt(`{"idtyp":"app","tid":"t","appid":"a","app_displayname":"Audit","roles":["User.Read.All"],"aud":"https://graph.microsoft.com","exp":1795300000}`),
			Identity{Readable: true, TenantID: "t", AppID: "a", AppName: "Audit", Application: true, Roles: []string{"User.Read.All"},
				Audience: "https://graph.microsoft.com", Expires: time.Unix(1795300000, 0).UTC()}},
		{"person", jwt(`{"scp":"User.Read AuditLog.Read.All","wids":["w"]}`),
			Identity{Readable: true, Scopes: []string{"User.Read", "AuditLog.Read.All"}, DirectoryRoles: []string{"w"}}},
		{"app-without-roles", jwt(`{"appid":"a"}`), Identity{Readable: true, AppID: "a", Application: true}},
		{"opaque", "EwBwA8l6BAAU", Identity{}},
		{"not-base64", "a.*.c", Identity{}},
		{"not-json", jwt(`claims`), Identity{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := readToken("", tt.token)
			if len(got.Scopes) == 0 {
				got.Scopes = nil
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A look at the token sends nothing to Graph.
func TestIdentitySendsNothing(t *testing.T) {
	c := memoryClient(t, func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, http.ErrServerClosed
	})
	if id, err := c.Identity(t.Context()); err != nil || id.Readable || id.Auth != AuthAccessToken {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestRequestIDsAreIDs(t *testing.T) {
	for text, want := range map[string]string{
		"e0583221-0000-4000-8000-000000000001": "e0583221-0000-4000-8000-000000000001",
		"":                                     "", "Bearer abc": "", "a.b.c": "", "id\nwith lines": "",
	} {
		if got := requestID(text); got != want {
			t.Errorf("%q gives %q", text, got)
		}
	}
}
