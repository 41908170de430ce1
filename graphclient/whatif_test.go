package graphclient

import (
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The body is that of Microsoft's reference page (conditionalAccessRoot: evaluate,
// v1.0): members that are not known are left out.
func TestWhatIfBody(t *testing.T) {
	const id = "15dc174b-f34c-4588-ac45-61d6e05dce93"
	tests := []struct {
		name   string
		signIn WhatIfSignIn
		want   string
	}{
		{"application", WhatIfSignIn{
			UserID: id, App: "00000003-0000-0ff1-ce00-000000000000", Platform: "android", ClientAppType: "browser", SignInRisk: "high",
			UserRisk: "none", Country: "US", IPAddress: "40.77.182.32", InsiderRisk: "elevated", TransferMethod: "deviceCodeFlow", Device: map[string]any{"isCompliant": true},
		}, `{"signInIdentity":{"@odata.type":"#microsoft.graph.userSignIn","userId":"` + id + `"},` +
			`"signInContext":{"@odata.type":"#microsoft.graph.applicationContext","includeApplications":["00000003-0000-0ff1-ce00-000000000000"]},` +
			`"signInConditions":{"devicePlatform":"android","clientAppType":"browser","signInRiskLevel":"high","userRiskLevel":"none","insiderRiskLevel":"elevated",` +
			`"country":"US","ipAddress":"40.77.182.32","authenticationFlow":{"transferMethod":"deviceCodeFlow"},"deviceInfo":{"isCompliant":true}},"appliedPoliciesOnly":false}`},
		{"action", WhatIfSignIn{UserID: id, UserAction: "registerSecurityInformation"}, `{"signInIdentity":{"@odata.type":"#microsoft.graph.userSignIn","userId":"` + id + `"},` +
			`"signInContext":{"@odata.type":"#microsoft.graph.userActionContext","userAction":"registerSecurityInformation"},"signInConditions":{},"appliedPoliciesOnly":false}`},
		{"context", WhatIfSignIn{UserID: id, AuthenticationContext: "c37"}, `{"signInIdentity":{"@odata.type":"#microsoft.graph.userSignIn","userId":"` + id + `"},` +
			`"signInContext":{"@odata.type":"#microsoft.graph.authContext","authenticationContextValue":"c37"},"signInConditions":{},"appliedPoliciesOnly":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var sent string
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Fatal(err)
				}
				sent = string(body)
				return answer(r, 200, `{"value":[{"id":"p","policyApplies":true}]}`), nil
			})
			rows, err := c.Post(t.Context(), WhatIf(tt.signIn))
			if err != nil || len(rows) != 1 {
				t.Fatal(rows, err)
			}
			if diff := cmp.Diff(tt.want, sent); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, incomplete := range []WhatIfSignIn{{App: "x"}, {UserID: id}} {
		if _, err := WhatIf(incomplete).url(); err == nil {
			t.Errorf("%+v is no question", incomplete)
		}
	}
}
