package graphsim_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"passkeyaudit/graphclient/graphsim"
)

const tenant, clientID = "72f988bf-0000-0000-0000-000000000001", "c1000000-0000-0000-0000-000000000001"

// listen makes s use real HTTPS on a loopback socket.
func listen(s *sim) *graphsim.Listener {
	s.t.Helper()
	l, err := s.server.Listen(s.t.Context(), "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := l.Close(); err != nil {
			s.t.Error(err)
		}
	})
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(l.CAPEM) {
		s.t.Fatal("no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	s.t.Cleanup(transport.CloseIdleConnections)
	s.client, s.root = &http.Client{Transport: transport}, l.URL
	return l
}

func (s *sim) clientOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: s.root},
		Transport: s.client,
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
}

func (s *sim) secretCredential(secret string) azcore.TokenCredential {
	s.t.Helper()
	cred, err := azidentity.NewClientSecretCredential(tenant, clientID, secret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: s.clientOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return cred
}

func (s *sim) certificateCredential() azcore.TokenCredential {
	s.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "auditor"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	cred, err := azidentity.NewClientCertificateCredential(tenant, clientID, []*x509.Certificate{certificate}, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: s.clientOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		s.t.Fatal(err)
	}
	return cred
}

func TestAzidentity(t *testing.T) {
	s := standard(t, graphsim.Options{ClientSecret: "right"})
	listen(s)
	scopes := policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}
	for name, cred := range map[string]azcore.TokenCredential{"secret": s.secretCredential("right"), "certificate": s.certificateCredential()} {
		t.Run(name, func(t *testing.T) {
			token, err := cred.GetToken(t.Context(), scopes)
			if err != nil {
				t.Fatal(err)
			}
			r := s.get("/v1.0/organization", "Authorization", "Bearer "+token.Token)
			if r.status != 200 || ids(r.page(t)) != "t1" {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		})
	}
	t.Run("wrongSecret", func(t *testing.T) {
		_, err := s.secretCredential("wrong").GetToken(t.Context(), scopes)
		var failed *azidentity.AuthenticationFailedError
		if !errors.As(err, &failed) || failed.RawResponse.StatusCode != 401 || !strings.Contains(err.Error(), "AADSTS7000215") {
			t.Errorf("error %v", err)
		}
	})
}

func TestToken(t *testing.T) {
	s := standard(t, graphsim.Options{ClientSecret: "right"})
	form := func(change func(url.Values)) string {
		v := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {"right"}, "scope": {"https://graph.microsoft.com/.default"}}
		change(v)
		return v.Encode()
	}
	assertion := func(text string) func(url.Values) {
		return func(v url.Values) {
			v.Del("client_secret")
			v.Set("client_assertion", text)
			v.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		}
	}
	tests := []struct {
		name   string
		body   string
		status int
		want   string
	}{
		{"granted", form(func(url.Values) {}), 200, `"token_type":"Bearer"`},
		{"wrongSecret", form(func(v url.Values) { v.Set("client_secret", "x") }), 401, "AADSTS7000215"},
		{"noSecret", form(func(v url.Values) { v.Del("client_secret") }), 401, "AADSTS7000216"},
		{"noGrant", form(func(v url.Values) { v.Del("grant_type") }), 400, "AADSTS900144"},
		{"otherGrant", form(func(v url.Values) { v.Set("grant_type", "password") }), 400, "unsupported_grant_type"},
		{"noClient", form(func(v url.Values) { v.Del("client_id") }), 400, "AADSTS900144"},
		{"noScope", form(func(v url.Values) { v.Set("scope", "User.Read") }), 400, "AADSTS1002012"},
		{"assertionInOnePart", form(assertion("abc")), 401, "three parts"},
		{"assertionNotJSON", form(assertion("YQ.YQ.YQ")), 401, "not a JSON object"},
		{"assertionUnsigned", form(assertion("eyJhbGciOiJub25lIn0.e30.YQ")), 401, "not signed"},
		{"assertionOfOther", form(assertion("eyJhbGciOiJSUzI1NiJ9.e30.YQ")), 401, "not the client"},
		{"assertionType", form(func(v url.Values) { v.Set("client_assertion", "a.b.c") }), 401, "client_assertion_type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.do("POST", "/"+tenant+"/oauth2/v2.0/token", tt.body, "Content-Type", "application/x-www-form-urlencoded")
			if r.status != tt.status || !strings.Contains(r.body, tt.want) {
				t.Errorf("status %d: %s", r.status, r.body)
			}
			if json.Unmarshal([]byte(r.body), &map[string]any{}) != nil {
				t.Errorf("not JSON: %s", r.body)
			}
		})
	}
}

func TestOpenIDConfiguration(t *testing.T) {
	s := standard(t, graphsim.Options{})
	var got map[string]any
	r := s.get("/" + tenant + "/v2.0/.well-known/openid-configuration")
	if err := json.Unmarshal([]byte(r.body), &got); err != nil {
		t.Fatal(err)
	}
	base := "https://graph.test/" + tenant
	for name, want := range map[string]string{
		"issuer": base + "/v2.0", "token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint": base + "/oauth2/v2.0/devicecode", "jwks_uri": base + "/discovery/v2.0/keys",
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %s", name, got[name], want)
		}
	}
	if r := s.get("/common/discovery/v2.0/keys"); r.body != `{"keys":[]}` {
		t.Errorf("keys: %s", r.body)
	}
	if r := s.get("/" + tenant + "/oauth2/v2.0/token"); r.status != 405 {
		t.Errorf("GET of the token endpoint: status %d", r.status)
	}
	if r := s.get("/elsewhere"); r.status != 404 {
		t.Errorf("another path: status %d", r.status)
	}
}

func TestAuthorization(t *testing.T) {
	s := standard(t, graphsim.Options{})
	for _, header := range []string{"", "Bearer x", s.server.Token()} {
		if r := s.get("/v1.0/users", "Authorization", header); r.status != 401 || r.code(t) != "InvalidAuthenticationToken" {
			t.Errorf("%q: status %d", header, r.status)
		}
	}
	open := standard(t, graphsim.Options{AllowAnonymous: true})
	if r := open.get("/v1.0/users", "Authorization", ""); r.status != 200 {
		t.Errorf("anonymous: status %d", r.status)
	}
	if s.server.Token() == open.server.Token() {
		t.Error("two servers have the same token")
	}
}

func TestListen(t *testing.T) {
	s := standard(t, graphsim.Options{PageSize: 2})
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "nonsense", "[::]:0"} {
		if l, err := s.server.Listen(t.Context(), addr); err == nil {
			l.Close()
			t.Errorf("%s was taken", addr)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := s.server.Listen(ctx, "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(l.URL, "https://localhost:") {
		t.Errorf("URL %s", l.URL)
	}
	cancel()
	<-l.Done()
	if err := l.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}

	listen(s)
	first := s.get("/v1.0/users").page(t)
	if !strings.HasPrefix(first.Next, s.root+"/v1.0/users?") {
		t.Errorf("next link %s", first.Next)
	}
	rows, last := s.all("/v1.0/users")
	if len(rows) != 3 || last.header.Get("Date") != "Sun, 22 Nov 2026 00:00:00 GMT" {
		t.Errorf("%d rows, date %s", len(rows), last.header.Get("Date"))
	}
}

// In memory a simulated tenant runs in virtual time.
func TestVirtualTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := standard(t, graphsim.Options{ThrottleEvery: 1})
		var got []int
		for range 2 {
			r := s.get("/v1.0/users")
			got = append(got, r.status)
			if r.status == http.StatusTooManyRequests {
				time.Sleep(time.Hour)
			}
		}
		if diff := cmp.Diff([]int{429, 200}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTransportHonoursContext(t *testing.T) {
	s := standard(t, graphsim.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", s.root+"/v1.0/users", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.client.Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
