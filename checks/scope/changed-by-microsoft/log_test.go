package changedbymicrosoft

import (
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

func TestInner(t *testing.T) {
	for text, want := range map[string]string{
		`"enabled"`:        `"enabled"`,
		`{"a":[1]}`:        `{"a":[1]}`,
		`"{\"a\":[1]}"`:    `{"a":[1]}`,
		`not JSON`:         `"not JSON"`,
		``:                 `""`,
		`null`:             `null`,
		`"{\"a\":1} rest"`: `"{\"a\":1} rest"`,
	} {
		if got := string(inner(&text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := inner(nil); got != nil {
		t.Errorf("a value that is absent became %s", got)
	}
}

func TestMicrosoft(t *testing.T) {
	tests := map[string]struct {
		by   string
		want audit.Tri
	}{
		"administrator":    {`{"user":{"id":"a"},"app":null}`, audit.No},
		"by-name-only":     {`{"user":{"userPrincipalName":"a@contoso.example"}}`, audit.No},
		"service":          {`{"user":null,"app":{"displayName":"Microsoft Entra"}}`, audit.Yes},
		"service-by-name":  {`{"app":{"displayName":null,"servicePrincipalName":"Azure MFA StrongAuthenticationService"}}`, audit.Yes},
		"windows-azure":    {`{"app":{"displayName":"Windows Azure Active Directory"}}`, audit.Yes},
		"windows-app":      {`{"app":{"displayName":"Windows laptop build"}}`, audit.No},
		"like-microsoft":   {`{"app":{"displayName":"Microsofty deployment"}}`, audit.No},
		"own-automation":   {`{"app":{"displayName":"Contoso pipeline"}}`, audit.No},
		"app-without-name": {`{"app":{"appId":"11111111-0000-4000-8000-000000000001"}}`, audit.Unsure},
		"nobody":           {`{"user":null,"app":null}`, audit.Unsure},
		"empty-user":       {`{"user":{"id":null,"userPrincipalName":""},"app":null}`, audit.Unsure},
		"not-told":         {`null`, audit.Unsure},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var e entra.DirectoryAudit
			if err := entra.Decode(entra.Raw(`{"initiatedBy":`+tc.by+`}`), &e); err != nil {
				t.Fatal(err)
			}
			if _, got := microsoft(e.InitiatedBy); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestAboutPasskeys(t *testing.T) {
	const before, after = `{\"authenticationMethodConfigurations\":[{\"id\":\"fido2\",\"state\":\"disabled\"}]}`, `{\"authenticationMethodConfigurations\":[{\"state\":\"enabled\",\"id\":\"Fido2\"}]}`
	tests := map[string]struct {
		targets string
		want    audit.Tri
	}{
		"nothing-told":      {`[]`, audit.Unsure},
		"no-properties":     {`[{"displayName":"Passkey","modifiedProperties":[]}]`, audit.Unsure},
		"by-property":       {`[{"modifiedProperties":[{"displayName":"Fido2.state","oldValue":"\"disabled\"","newValue":"\"enabled\""}]}]`, audit.Yes},
		"by-target":         {`[{"displayName":"Passkey (FIDO2)","modifiedProperties":[{"displayName":"state","oldValue":null,"newValue":"\"enabled\""}]}]`, audit.Yes},
		"by-value":          {`[{"modifiedProperties":[{"displayName":"x","oldValue":"{}","newValue":"{\"registrationEnforcement\":{}}"}]}]`, audit.Yes},
		"unchanged":         {`[{"modifiedProperties":[{"displayName":"Fido2.state","oldValue":"\"enabled\"","newValue":"\"enabled\""}]}]`, audit.No},
		"something-else":    {`[{"modifiedProperties":[{"displayName":"Sms.state","oldValue":"\"enabled\"","newValue":"\"disabled\""}]}]`, audit.No},
		"whole-policy":      {`[{"modifiedProperties":[{"displayName":"x","oldValue":"` + before + `","newValue":"` + after + `"}]}]`, audit.Yes},
		"whole-policy-same": {`[{"modifiedProperties":[{"displayName":"x","oldValue":"` + after + `","newValue":"` + after + ` "}]}]`, audit.No},
		"second-property":   {`[{"modifiedProperties":[{"displayName":"a","oldValue":"1","newValue":"2"},{"displayName":"passkeyProfiles","oldValue":"1","newValue":"2"}]}]`, audit.Yes},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var e entra.DirectoryAudit
			if err := entra.Decode(entra.Raw(`{"targetResources":`+tc.targets+`}`), &e); err != nil {
				t.Fatal(err)
			}
			if got := aboutPasskeys(&e); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
