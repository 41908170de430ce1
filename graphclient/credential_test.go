package graphclient

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testTenant = "aaaaaaaa-0000-4000-8000-000000000001"
	testApp    = "bbbbbbbb-0000-4000-8000-000000000002"
)

// authority plays the token service.
type authority struct {
	*httptest.Server
	mu     sync.Mutex
	forms  []url.Values
	refuse string // body of a 401
}

func newAuthority(t *testing.T) *authority {
	a := &authority{}
	a.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		base := a.URL + "/" + testTenant
		switch r.URL.Path {
		case "/" + testTenant + "/v2.0/.well-known/openid-configuration":
			fmt.Fprintf(w, `{"token_endpoint":"%[1]s/oauth2/v2.0/token","authorization_endpoint":"%[1]s/oauth2/v2.0/authorize","device_authorization_endpoint":"%[1]s/oauth2/v2.0/devicecode","issuer":"%[1]s/v2.0"}`, base)
		case "/" + testTenant + "/oauth2/v2.0/devicecode":
			io.WriteString(w, `{"device_code":"d","user_code":"ABCD-EFGH","verification_uri":"https://login.example/device","expires_in":60,"interval":1,"message":"To sign in, open https://login.example/device and enter ABCD-EFGH"}`)
		case "/" + testTenant + "/oauth2/v2.0/token":
			r.ParseForm()
			a.mu.Lock()
			a.forms = append(a.forms, r.PostForm)
			refuse := a.refuse
			a.mu.Unlock()
			if refuse != "" {
				w.WriteHeader(401)
				io.WriteString(w, refuse)
				return
			}
			fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3600,"access_token":%q}`, testToken)
		default:
			t.Errorf("authority was asked %s %s", r.Method, r.URL.Path)
			w.WriteHeader(404)
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) form() url.Values {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.forms) == 0 {
		return url.Values{}
	}
	return a.forms[len(a.forms)-1]
}

// signIn reads the organization with a credential against a played authority and
// a played Graph that want each other's token.
func signIn(t *testing.T, a *authority, auth Auth, variables ...string) error {
	t.Helper()
	graph := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+testToken {
			w.WriteHeader(401)
			return
		}
		io.WriteString(w, `{"value":[{"id":"t"}]}`)
	}))
	t.Cleanup(graph.Close)
	ca := caFile(t, a.Server)
	c, err := New(t.Context(), Config{
		Auth: auth, TenantID: testTenant, ClientID: testApp, GraphURL: graph.URL, AuthorityURL: a.URL, CAFile: ca,
		Getenv: env(variables...),
	})
	if err != nil {
		return err
	}
	_, err = c.Get(t.Context(), Organization())
	return err
}

func certificateFile(t *testing.T, key any, public any) string {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "audit"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	pem.Encode(&b, &pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	name := filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestSignIn(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificateFile(t, key, key.Public())
	federated := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(federated, []byte("federated-assertion"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		auth      Auth
		variables []string
		form      string
		value     string // "" means any
	}{
		{"client-secret", AuthClientSecret, []string{"AZURE_CLIENT_SECRET", "s3cret"}, "client_secret", "s3cret"},
		{"client-certificate", AuthClientCertificate, []string{"AZURE_CLIENT_CERTIFICATE_PATH", cert}, "client_assertion", ""},
		{"workload-identity", AuthWorkloadIdentity, []string{"AZURE_FEDERATED_TOKEN_FILE", federated}, "client_assertion", "federated-assertion"},
		{"default-secret", AuthDefault, []string{"AZURE_CLIENT_SECRET", "s3cret", "AZURE_CLIENT_CERTIFICATE_PATH", "unused"}, "client_secret", "s3cret"},
		{"default-certificate", AuthDefault, []string{"AZURE_CLIENT_CERTIFICATE_PATH", cert}, "client_assertion", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthority(t)
			if err := signIn(t, a, tt.auth, tt.variables...); err != nil {
				t.Fatal(err)
			}
			f := a.form()
			if got := f.Get(tt.form); got == "" || tt.value != "" && got != tt.value {
				t.Errorf("%s is %q", tt.form, got)
			}
			// The audience is the cloud's, wherever Graph is reached.
			if got := f.Get("scope"); !strings.Contains(got, "https://graph.microsoft.com/.default") {
				t.Errorf("scope %q", got)
			}
			if f.Get("client_id") != testApp {
				t.Errorf("client_id %q", f.Get("client_id"))
			}
		})
	}
}

func TestSignInWithDeviceCode(t *testing.T) {
	a := newAuthority(t)
	var prompt logBuffer
	c, err := New(t.Context(), Config{
		Auth: AuthDeviceCode, TenantID: testTenant, ClientID: testApp, AuthorityURL: a.URL, CAFile: caFile(t, a.Server),
		GraphURL: "https://127.0.0.1:1", Getenv: env(), Prompt: &prompt, Retry: Retry{Tries: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// Only the prompt is of interest; nobody plays Graph.
	if _, err := c.Get(ctx, Organization()); err == nil {
		t.Error("read from nowhere")
	}
	if !strings.Contains(prompt.String(), "ABCD-EFGH") {
		t.Errorf("prompt %q", prompt.String())
	}
}

func TestSignInRefused(t *testing.T) {
	tests := []struct{ name, body, code, want string }{
		{"wrong-secret", `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x"}`, "AADSTS7000215", "copy the secret's value"},
		{"unknown-code", `{"error":"invalid_grant","error_description":"AADSTS999: odd"}`, "AADSTS999", "AADSTS999: odd"},
		{"html", `<html>`, "", "401"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthority(t)
			a.refuse = tt.body
			err := signIn(t, a, AuthClientSecret, "AZURE_CLIENT_SECRET", "s3cret-value")
			var e *CredentialError
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Code != tt.code || !strings.Contains(e.Error(), tt.want) || strings.Contains(e.Error(), "\n") {
				t.Errorf("code %q: %v", e.Code, e)
			}
			if strings.Contains(e.Error(), "s3cret-value") {
				t.Errorf("%v shows the secret", e)
			}
		})
	}
}

// Every way to sign in either constructs or says what is missing.
func TestEveryAuth(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wrongKey := certificateFile(t, ec, ec.Public())
	noPEM := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(noPEM, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	app := []string{"AZURE_TENANT_ID", testTenant, "AZURE_CLIENT_ID", testApp}
	with := func(more ...string) []string { return append(append([]string{}, app...), more...) }
	tests := []struct {
		name      string
		auth      Auth
		variables []string
		want      string // in the *CredentialError; empty means it constructs
	}{
		{"default", AuthDefault, nil, ""},
		{"azure-cli", AuthAzureCLI, nil, ""},
		{"device-code", AuthDeviceCode, app, ""},
		{"device-code-no-app", AuthDeviceCode, nil, "--client-id"},
		{"browser", AuthBrowser, app, ""},
		{"browser-no-app", AuthBrowser, nil, "redirect URI"},
		{"client-secret", AuthClientSecret, with("AZURE_CLIENT_SECRET", "x"), ""},
		{"client-secret-no-secret", AuthClientSecret, app, "set AZURE_CLIENT_SECRET"},
		{"client-secret-no-tenant", AuthClientSecret, []string{"AZURE_CLIENT_ID", "x"}, "--tenant-id"},
		{"client-secret-no-app", AuthClientSecret, []string{"AZURE_TENANT_ID", "x"}, "--client-id"},
		{"client-secret-odd-tenant", AuthClientSecret, []string{"AZURE_TENANT_ID", "a b/c", "AZURE_CLIENT_ID", "x", "AZURE_CLIENT_SECRET", "x"}, "cannot be set up"},
		{"client-certificate-no-file", AuthClientCertificate, app, "AZURE_CLIENT_CERTIFICATE_PATH"},
		{"client-certificate-lost-file", AuthClientCertificate, with("AZURE_CLIENT_CERTIFICATE_PATH", "/does/not/exist.pem"), "cannot be read"},
		{"client-certificate-no-pem", AuthClientCertificate, with("AZURE_CLIENT_CERTIFICATE_PATH", noPEM), "cannot be used"},
		{"client-certificate-wrong-key", AuthClientCertificate, with("AZURE_CLIENT_CERTIFICATE_PATH", wrongKey), "cannot be"},
		{"workload-identity-no-file", AuthWorkloadIdentity, app, "AZURE_FEDERATED_TOKEN_FILE"},
		{"workload-identity-no-tenant", AuthWorkloadIdentity, nil, "--tenant-id"},
		{"managed-identity", AuthManagedIdentity, nil, ""},
		{"managed-identity-user-assigned", AuthManagedIdentity, app, ""},
		{"access-token", AuthAccessToken, []string{"PASSKEYAUDIT_ACCESS_TOKEN", " Bearer abc.def\n"}, ""},
		{"access-token-missing", AuthAccessToken, nil, "set PASSKEYAUDIT_ACCESS_TOKEN"},
		{"access-token-broken", AuthAccessToken, []string{"PASSKEYAUDIT_ACCESS_TOKEN", "abc\ndef"}, "without quotes"},
	}
	covered := map[Auth]bool{}
	for _, tt := range tests {
		covered[tt.auth] = true
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(t.Context(), Config{Auth: tt.auth, Getenv: env(tt.variables...)})
			var e *CredentialError
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (!errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) || e.Auth != tt.auth):
				t.Errorf("got %v, want %q", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "abc"):
				t.Errorf("%v shows the token", err)
			}
		})
	}
	for _, a := range Auths() {
		if !covered[Auth(a)] {
			t.Errorf("%s is not tested", a)
		}
	}
}

// The adapter signs nothing for a host it was not told of, without an error.
func TestUnsignedRequestIsRefused(t *testing.T) {
	c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
		t.Error("sent")
		return answer(r, 200, "{}"), nil
	})
	c.root = &url.URL{Scheme: "https", Host: "other.example"}
	_, err := c.Get(t.Context(), Organization())
	var e *CredentialError
	if !errors.As(err, &e) {
		t.Errorf("got %v", err)
	}
}

func TestSignInWithAzureCLI(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for az is a shell script")
	}
	dir := t.TempDir()
	script := "#!/bin/sh\necho '{\"accessToken\":\"" + testToken + "\",\"expires_on\":4102444800,\"tokenType\":\"Bearer\"}'\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := signIn(t, newAuthority(t), AuthAzureCLI); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte("#!/bin/sh\necho 'ERROR: Please run az login' >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var e *CredentialError
	if err := signIn(t, newAuthority(t), AuthAzureCLI); !errors.As(err, &e) || !strings.Contains(e.Error(), "az login") {
		t.Errorf("got %v", err)
	}
}

func TestSignInWithManagedIdentity(t *testing.T) {
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-IDENTITY-HEADER") != "h" || r.URL.Query().Get("resource") != "https://graph.microsoft.com" {
			t.Errorf("identity endpoint was asked %s", r.URL)
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"expires_on":"4102444800","resource":"https://graph.microsoft.com","token_type":"Bearer"}`, testToken)
	}))
	t.Cleanup(host.Close)
	t.Setenv("IDENTITY_ENDPOINT", host.URL)
	t.Setenv("IDENTITY_HEADER", "h")
	if err := signIn(t, newAuthority(t), AuthManagedIdentity); err != nil {
		t.Fatal(err)
	}
}
