package graphclient

import (
	"slices"
	"strings"
)

// Auth names a way to obtain a token. The zero value is [AuthDefault].
type Auth string

// The ways to sign in. Secrets and certificates come from the standard AZURE_*
// variables only, never from flags, which other processes can read.
const (
	AuthDefault           Auth = "default"            // what the environment offers: secret, certificate, workload or managed identity, then developer tools
	AuthAzureCLI          Auth = "azure-cli"          // the account of `az login`
	AuthDeviceCode        Auth = "device-code"        // a person signs in on any browser with a code
	AuthBrowser           Auth = "browser"            // a person signs in on this computer's browser
	AuthClientSecret      Auth = "client-secret"      // AZURE_CLIENT_SECRET
	AuthClientCertificate Auth = "client-certificate" // AZURE_CLIENT_CERTIFICATE_PATH
	AuthWorkloadIdentity  Auth = "workload-identity"  // AZURE_FEDERATED_TOKEN_FILE
	AuthManagedIdentity   Auth = "managed-identity"   // the Azure resource this runs on
	AuthAccessToken       Auth = "access-token"       // a ready token in PASSKEYAUDIT_ACCESS_TOKEN
)

// Auths lists every value that [ParseAuth] takes, in the order they are shown.
func Auths() []string {
	return []string{
		string(AuthDefault), string(AuthAzureCLI), string(AuthDeviceCode), string(AuthBrowser), string(AuthClientSecret),
		string(AuthClientCertificate), string(AuthWorkloadIdentity), string(AuthManagedIdentity), string(AuthAccessToken),
	}
}

// ParseAuth reads the name of a way to sign in; empty means default. The error
// is a *[ConfigError] that lists the valid names.
func ParseAuth(s string) (Auth, error) {
	if s == "" {
		return AuthDefault, nil
	}
	if slices.Contains(Auths(), s) {
		return Auth(s), nil
	}
	return "", &ConfigError{Setting: "auth", Value: s, Problem: "no such way to sign in", Hint: "use one of " + strings.Join(Auths(), ", ")}
}
