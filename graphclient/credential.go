package graphclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

const accessTokenVariable = "PASSKEYAUDIT_ACCESS_TOKEN"

// newCredential makes the credential without using it: no network, no browser, no
// child process until the first request.
func newCredential(s settings, base http.RoundTripper) (azcore.TokenCredential, error) {
	s.Auth = settleAuth(s)
	inner, err := chooseCredential(s, base)
	if err != nil {
		var known *CredentialError
		if errors.As(err, &known) {
			return nil, err
		}
		return nil, &CredentialError{Auth: s.Auth, Problem: "cannot be set up", Err: err}
	}
	return &credential{auth: s.Auth, inner: inner}, nil
}

// settleAuth picks the secret or certificate that is at hand where nobody chose.
// The default chain would find them too, but it takes tenant and app from the
// environment only; this way flags win over variables. Whoever chose a link of the
// chain by AZURE_TOKEN_CREDENTIALS keeps it.
func settleAuth(s settings) Auth {
	if s.Auth != AuthDefault || s.TenantID == "" || s.ClientID == "" || s.Getenv("AZURE_TOKEN_CREDENTIALS") != "" {
		return s.Auth
	}
	switch {
	case s.Getenv("AZURE_CLIENT_SECRET") != "":
		return AuthClientSecret
	case s.Getenv("AZURE_CLIENT_CERTIFICATE_PATH") != "":
		return AuthClientCertificate
	}
	return AuthDefault
}

func chooseCredential(s settings, base http.RoundTripper) (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: s.authority},
		// Unlike pages, tokens are small: an authority that takes this long is down.
		Transport: &http.Client{Transport: base, Timeout: 100 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	missing := func(what, hint string) error {
		return &CredentialError{Auth: s.Auth, Problem: what + " is missing", Hint: hint}
	}
	app := func() error {
		if s.TenantID == "" {
			return missing("the tenant", "give --tenant-id or set AZURE_TENANT_ID")
		}
		if s.ClientID == "" {
			return missing("the app registration", "give --client-id or set AZURE_CLIENT_ID")
		}
		return nil
	}
	switch s.Auth {
	case AuthAccessToken:
		return newStaticToken(s.Getenv(accessTokenVariable))

	case AuthAzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: s.TenantID})

	case AuthDeviceCode:
		if s.ClientID == "" {
			return nil, missing("the app registration", "give --client-id of an app that allows public client flows")
		}
		return azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
			ClientOptions: options, TenantID: s.TenantID, ClientID: s.ClientID, DisableInstanceDiscovery: s.ownAuthority,
			UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
				_, err := fmt.Fprintln(s.Prompt, oneLine(m.Message, maxErrorMessage))
				return err
			},
		})

	case AuthBrowser:
		if s.ClientID == "" {
			return nil, missing("the app registration", "give --client-id of an app with the redirect URI http://localhost")
		}
		return azidentity.NewInteractiveBrowserCredential(&azidentity.InteractiveBrowserCredentialOptions{
			ClientOptions: options, TenantID: s.TenantID, ClientID: s.ClientID, DisableInstanceDiscovery: s.ownAuthority,
		})

	case AuthClientSecret:
		if err := app(); err != nil {
			return nil, err
		}
		secret := s.Getenv("AZURE_CLIENT_SECRET")
		if secret == "" {
			return nil, missing("the secret", "set AZURE_CLIENT_SECRET")
		}
		return azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: s.ownAuthority,
		})

	case AuthClientCertificate:
		if err := app(); err != nil {
			return nil, err
		}
		return newCertificate(s, options)

	case AuthWorkloadIdentity:
		if err := app(); err != nil {
			return nil, err
		}
		file := s.Getenv("AZURE_FEDERATED_TOKEN_FILE")
		if file == "" {
			return nil, missing("the token file", "set AZURE_FEDERATED_TOKEN_FILE, which the platform's workload identity does for its pods and jobs")
		}
		return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, TenantID: s.TenantID, ClientID: s.ClientID, TokenFilePath: file, DisableInstanceDiscovery: s.ownAuthority,
		})

	case AuthManagedIdentity:
		o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
		if s.ClientID != "" {
			o.ID = azidentity.ClientID(s.ClientID)
		}
		return azidentity.NewManagedIdentityCredential(o)
	}

	return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
		ClientOptions: options, TenantID: s.TenantID, DisableInstanceDiscovery: s.ownAuthority,
	})
}

func newCertificate(s settings, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	file := s.Getenv("AZURE_CLIENT_CERTIFICATE_PATH")
	if file == "" {
		return nil, &CredentialError{Auth: s.Auth, Problem: "the certificate is missing", Hint: "set AZURE_CLIENT_CERTIFICATE_PATH to a PEM or PKCS#12 file that holds certificate and key"}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &CredentialError{Auth: s.Auth, Problem: "the certificate cannot be read", Hint: "check AZURE_CLIENT_CERTIFICATE_PATH", Err: err}
	}
	certs, key, err := azidentity.ParseCertificates(data, []byte(s.Getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")))
	if err != nil {
		return nil, &CredentialError{Auth: s.Auth, Problem: "the certificate cannot be used", Hint: "AZURE_CLIENT_CERTIFICATE_PATH needs a PEM or PKCS#12 file with certificate and key, AZURE_CLIENT_CERTIFICATE_PASSWORD its password if it has one", Err: err}
	}
	chain := s.Getenv("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
	return azidentity.NewClientCertificateCredential(s.TenantID, s.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: s.ownAuthority,
		SendCertificateChain: chain == "1" || strings.EqualFold(chain, "true"),
	})
}

// staticToken is a token somebody else obtained.
type staticToken string

func newStaticToken(value string) (staticToken, error) {
	value = strings.TrimSpace(value)
	value = strings.TrimSpace(strings.TrimPrefix(value, "Bearer "))
	if value == "" {
		return "", &CredentialError{Auth: AuthAccessToken, Problem: "the token is missing", Hint: "set " + accessTokenVariable}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", &CredentialError{Auth: AuthAccessToken, Problem: accessTokenVariable + " does not hold a token", Hint: "set it to the token alone, without quotes, spaces and line breaks"}
	}
	return staticToken(value), nil
}

// GetToken never reports an expiry that would make a caller ask again: there is
// no other token, and Graph will say when this one has ended.
func (t staticToken) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(t), ExpiresOn: time.Now().Add(24 * time.Hour)}, nil
}

// credential turns azidentity's failures into a *CredentialError. Their own text
// is a dump of the authority's answer over many lines.
type credential struct {
	auth  Auth
	inner azcore.TokenCredential
}

func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, err := c.inner.GetToken(ctx, o)
	if err == nil {
		return t, nil
	}
	if ctx.Err() != nil {
		return t, context.Cause(ctx)
	}
	return t, c.explain(err)
}

func (c *credential) explain(err error) *CredentialError {
	e := &CredentialError{Auth: c.auth, Problem: "no token was issued"}
	detail := err.Error()
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		detail = fmt.Sprintf("the authority answered %d", failed.RawResponse.StatusCode)
		if body := authorityError(failed.RawResponse); body != "" {
			detail = body
		}
	}
	e.Code = codePattern.FindString(err.Error())
	e.Hint = authorityHints[e.Code]
	if e.Hint == "" {
		e.Hint = authHints[c.auth]
	}
	if c.auth == AuthDefault && failed == nil {
		// The chain lists what is wrong with each link, which helps nobody who
		// meant one of them.
		detail = "nothing in the environment offers a credential"
		e.Hint = "choose a way to sign in with --auth, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
	}
	e.Err = errors.New(oneLine(detail, maxErrorMessage))
	return e
}

// authorityError takes code and text from a refusal. The body of any other answer
// stays unread: it could hold a token.
func authorityError(res *http.Response) string {
	if res.StatusCode < 400 || res.Body == nil {
		return ""
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxErrorBody))
	if err != nil {
		return ""
	}
	var e Error
	e.fill(body)
	return strings.Trim(e.Code+": "+e.Message, ": ")
}

var codePattern = regexp.MustCompile(`AADSTS[0-9]+`)

// authorityHints says what to do about the codes that people meet when they set
// up an app registration (Entra error-code reference).
var authorityHints = map[string]string{
	"AADSTS7000215": "AZURE_CLIENT_SECRET is not this app's secret: copy the secret's value, not its id",
	"AADSTS7000222": "the client secret has expired: make a new one and set AZURE_CLIENT_SECRET",
	"AADSTS700016":  "this tenant has no such app: check --client-id and --tenant-id",
	"AADSTS700027":  "the certificate is not registered with the app: upload its public part to the app registration",
	"AADSTS90002":   "there is no such tenant in this cloud: check --tenant-id and --cloud",
	"AADSTS900023":  "--tenant-id is neither an id nor a domain",
	"AADSTS65001":   "nobody has consented to the app's permissions: have an administrator grant them",
	"AADSTS70011":   "this cloud does not know one of the app's permissions: check --cloud and the app's permissions",
	"AADSTS500011":  "Microsoft Graph is not known in this tenant: check --cloud",
	"AADSTS7000218": "the app does not allow public client flows: allow them in its authentication settings, or use a secret or certificate",
	"AADSTS50076":   "sign-in needs multifactor authentication: use --auth device-code or --auth browser",
	"AADSTS53003":   "a Conditional Access policy blocks this sign-in: sign in from an allowed place or device, or use an app identity",
	"AADSTS50105":   "the account is not assigned to the app: assign it, or switch assignment off",
}

var authHints = map[Auth]string{
	AuthAzureCLI:         "run az login for this tenant",
	AuthManagedIdentity:  "this works on Azure resources that have an identity assigned",
	AuthWorkloadIdentity: "check AZURE_FEDERATED_TOKEN_FILE and the app's federated credentials",
	AuthDefault:          "choose a way to sign in with --auth",
}
