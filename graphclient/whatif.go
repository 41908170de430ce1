package graphclient

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"
	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/identity"
)

// WhatIfSignIn describes a sign-in of a user to Graph's What-If evaluation. Empty
// members are left out: Graph takes them as none, and policies that have a condition
// on them do not apply (what-if-tool, Microsoft Entra documentation).
type WhatIfSignIn struct {
	UserID string
	// One of the three says what the sign-in is for. App is an app id, never the name
	// of a suite, which matches nothing. UserAction is registerSecurityInformation or
	// registerOrJoinDevices.
	App, UserAction, AuthenticationContext string

	Platform, ClientAppType           string
	IPAddress, Country                string // both, or locations are not evaluated
	SignInRisk, UserRisk, InsiderRisk string
	TransferMethod                    string
	// Device holds members of deviceInfo, such as isCompliant; nil for a device that
	// Entra does not know.
	Device map[string]any
}

type (
	whatIfBody struct {
		Identity   whatIfIdentity   `json:"signInIdentity"`
		Context    whatIfContext    `json:"signInContext"`
		Conditions whatIfConditions `json:"signInConditions"`
		// AppliedOnly false asks for every policy, with why it does not apply.
		AppliedOnly bool `json:"appliedPoliciesOnly"`
	}
	whatIfIdentity struct {
		Type   string `json:"@odata.type"`
		UserID string `json:"userId"`
	}
	whatIfContext struct {
		Type                string   `json:"@odata.type"`
		IncludeApplications []string `json:"includeApplications,omitempty"`
		UserAction          string   `json:"userAction,omitzero"`
		Value               string   `json:"authenticationContextValue,omitzero"`
	}
	whatIfConditions struct {
		Platform      string         `json:"devicePlatform,omitzero"`
		ClientAppType string         `json:"clientAppType,omitzero"`
		SignInRisk    string         `json:"signInRiskLevel,omitzero"`
		UserRisk      string         `json:"userRiskLevel,omitzero"`
		InsiderRisk   string         `json:"insiderRiskLevel,omitzero"`
		Country       string         `json:"country,omitzero"`
		IPAddress     string         `json:"ipAddress,omitzero"`
		Flow          *whatIfFlow    `json:"authenticationFlow,omitzero"`
		Device        map[string]any `json:"deviceInfo,omitempty"`
	}
	whatIfFlow struct {
		TransferMethod string `json:"transferMethod"`
	}
)

// WhatIf asks which Conditional Access policies apply to a sign-in, every policy with
// the reason why it does not. It says nothing of whether their controls could be met.
// It is a POST that reads (conditionalAccessRoot: evaluate, v1.0, 2025-07-08); run it
// with [Client.Post], not faster than one a second.
func WhatIf(s WhatIfSignIn) Request {
	r := read(BucketConditionalAccess, Query{}, func(_ context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		// The builder's own ToPostRequestInformation wants a model as its body.
		b := identity.NewConditionalAccessEvaluateRequestBuilderInternal(p, a)
		return abs.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abs.POST, b.UrlTemplate, b.PathParameters), nil
	})
	r.method = abs.POST
	r.body, r.err = s.body()
	return r
}

func (s *WhatIfSignIn) body() ([]byte, error) {
	if s.UserID == "" {
		return nil, errors.New("build the request: What-If needs the object id of a user")
	}
	b := whatIfBody{
		Identity: whatIfIdentity{"#microsoft.graph.userSignIn", s.UserID},
		Conditions: whatIfConditions{
			Platform: s.Platform, ClientAppType: s.ClientAppType, SignInRisk: s.SignInRisk, UserRisk: s.UserRisk,
			InsiderRisk: s.InsiderRisk, Country: s.Country, IPAddress: s.IPAddress, Device: s.Device,
		},
	}
	if s.TransferMethod != "" {
		b.Conditions.Flow = &whatIfFlow{s.TransferMethod}
	}
	switch {
	case s.App != "":
		b.Context = whatIfContext{Type: "#microsoft.graph.applicationContext", IncludeApplications: []string{s.App}}
	case s.UserAction != "":
		b.Context = whatIfContext{Type: "#microsoft.graph.userActionContext", UserAction: s.UserAction}
	case s.AuthenticationContext != "":
		b.Context = whatIfContext{Type: "#microsoft.graph.authContext", Value: s.AuthenticationContext}
	default:
		return nil, errors.New("build the request: What-If needs to know what the sign-in is for")
	}
	return json.Marshal(&b, json.Deterministic(true))
}
