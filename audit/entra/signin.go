package entra

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SignIn is a row of /auditLogs/signIns. v1.0 has interactive sign-ins only;
// members that only beta has say so and are empty in a v1.0 row, which is not an
// answer.
type SignIn struct {
	ID                  string `json:"id"`
	CreatedDateTime     string `json:"createdDateTime"`
	CorrelationID       string `json:"correlationId"` // shared by the legs of one sign-in
	UserID              string `json:"userId"`
	UserPrincipalName   string `json:"userPrincipalName"`
	AppID               string `json:"appId"`
	AppDisplayName      string `json:"appDisplayName"`
	ResourceID          string `json:"resourceId"`
	ResourceDisplayName string `json:"resourceDisplayName"`
	HomeTenantID        string `json:"homeTenantId"`
	ResourceTenantID    string `json:"resourceTenantId"`
	IPAddress           string `json:"ipAddress"`
	ClientAppUsed       string `json:"clientAppUsed"`
	UserAgent           string `json:"userAgent"`
	IsInteractive       *bool  `json:"isInteractive"`

	Status       *SignInStatus   `json:"status"`
	DeviceDetail *DeviceDetail   `json:"deviceDetail"`
	Location     *SignInLocation `json:"location"`

	AuthenticationAppDeviceDetails *AuthenticationAppDeviceDetails `json:"authenticationAppDeviceDetails"`

	RiskLevelDuringSignIn string `json:"riskLevelDuringSignIn"`
	RiskLevelAggregated   string `json:"riskLevelAggregated"`
	RiskState             string `json:"riskState"`

	// ConditionalAccessStatus is success, failure or notApplied. It says success
	// also where policies of the list failed: the list goes before it.
	ConditionalAccessStatus string `json:"conditionalAccessStatus"`
	// AppliedConditionalAccessPolicies is nil where Graph did not tell: the caller
	// lacks the permission. An empty list says that no policy was evaluated, as
	// after a wrong password (50126); it does not say that none would apply.
	AppliedConditionalAccessPolicies *[]AppliedConditionalAccessPolicy `json:"appliedConditionalAccessPolicies"`

	// Beta only.
	SignInEventTypes          []string                 `json:"signInEventTypes"` // interactiveUser, nonInteractiveUser …
	AuthenticationRequirement string                   `json:"authenticationRequirement"`
	AuthenticationProtocol    string                   `json:"authenticationProtocol"` // deviceCode and others
	AuthenticationDetails     []AuthenticationDetail   `json:"authenticationDetails"`
	OriginalTransferMethod    string                   `json:"originalTransferMethod"`
	CrossTenantAccessType     string                   `json:"crossTenantAccessType"`
	UserType                  string                   `json:"userType"`
	AuthenticationContexts    []AuthenticationContext  `json:"authenticationContextClassReferences"`
	NetworkLocationDetails    []NetworkLocationDetails `json:"networkLocationDetails"`
	// ConditionalAccessAudiences are the resources that policies were held against; nil in
	// v1.0. See Audiences.
	ConditionalAccessAudiences Raw `json:"conditionalAccessAudiences"`
}

// Audiences are the app ids of the resources that policies were held against, as only
// beta tells. Its schema has a list of texts; what it sends are objects with the id in
// applicationId. Either is read.
func (s *SignIn) Audiences() []string {
	var ids []string
	for e := range Elements(s.ConditionalAccessAudiences) {
		id := Text(e, "/applicationId")
		if id == "" && Decode(e, &id) != nil {
			continue
		}
		ids = append(ids, id)
	}
	return ids
}

// SignInStatus is how a sign-in ended.
type SignInStatus struct {
	// ErrorCode is 0 for success; nil where Graph did not tell.
	ErrorCode         *int   `json:"errorCode"`
	FailureReason     string `json:"failureReason"` // "Other." also of successes
	AdditionalDetails string `json:"additionalDetails"`
	// Text is the status of exports that write a text instead of an object.
	Text string `json:"-"`
}

// UnmarshalJSONFrom takes the object, and the text that some exports write.
func (s *SignInStatus) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '"' {
		return json.UnmarshalDecode(d, &s.Text)
	}
	type plain SignInStatus
	return json.UnmarshalDecode(d, (*plain)(s))
}

// MarshalJSONTo writes what UnmarshalJSONFrom took.
func (s *SignInStatus) MarshalJSONTo(e *jsontext.Encoder) error {
	if s.Text != "" {
		return json.MarshalEncode(e, s.Text)
	}
	type plain SignInStatus
	return json.MarshalEncode(e, (*plain)(s))
}

// DeviceDetail is what Entra saw of the device. All is empty for a device that did
// not identify itself.
type DeviceDetail struct {
	DeviceID        string `json:"deviceId"` // device.deviceId, not its object id
	DisplayName     string `json:"displayName"`
	OperatingSystem string `json:"operatingSystem"` // spelled many ways: "Windows10", "Windows 10", "Ios 17.1", "MacOs"
	Browser         string `json:"browser"`
	IsCompliant     *bool  `json:"isCompliant"`
	IsManaged       *bool  `json:"isManaged"`
	TrustType       string `json:"trustType"` // "Azure AD joined", "Hybrid Azure AD joined", "Azure AD registered"; unlike Device.TrustType
}

// SignInLocation is where the address is taken to be.
type SignInLocation struct {
	City            string `json:"city"`
	State           string `json:"state"`
	CountryOrRegion string `json:"countryOrRegion"` // two letters
	// Text is the country of exports that write a text instead of an object.
	Text string `json:"-"`
}

// UnmarshalJSONFrom takes the object, and the text that some exports write.
func (l *SignInLocation) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '"' {
		return json.UnmarshalDecode(d, &l.Text)
	}
	type plain SignInLocation
	return json.UnmarshalDecode(d, (*plain)(l))
}

// MarshalJSONTo writes what UnmarshalJSONFrom took.
func (l *SignInLocation) MarshalJSONTo(e *jsontext.Encoder) error {
	if l.Text != "" {
		return json.MarshalEncode(e, l.Text)
	}
	type plain SignInLocation
	return json.MarshalEncode(e, (*plain)(l))
}

// AuthenticationAppDeviceDetails is the phone whose Authenticator took part.
type AuthenticationAppDeviceDetails struct {
	AppVersion      string `json:"appVersion"`
	ClientApp       string `json:"clientApp"`
	DeviceID        string `json:"deviceId"`
	OperatingSystem string `json:"operatingSystem"`
}

// AppliedConditionalAccessPolicy is what one policy did in a sign-in.
type AppliedConditionalAccessPolicy struct {
	ID          string `json:"id"` // a policy's id, or the text SecurityDefaults
	DisplayName string `json:"displayName"`
	// Result is success, failure, notApplied, notEnabled, unknown, reportOnlySuccess,
	// reportOnlyFailure, reportOnlyNotApplied or reportOnlyInterrupted.
	Result string `json:"result"`
	// EnforcedGrantControls has spellings of its own: Mfa, Block,
	// RequireCompliantDevice, names of strengths and custom controls.
	EnforcedGrantControls   []string `json:"enforcedGrantControls"`
	EnforcedSessionControls []string `json:"enforcedSessionControls"`

	// Beta only.
	ConditionsSatisfied    Flags                            `json:"conditionsSatisfied"`
	ConditionsNotSatisfied Flags                            `json:"conditionsNotSatisfied"`
	IncludeRulesSatisfied  []ConditionalAccessRuleSatisfied `json:"includeRulesSatisfied"`
	ExcludeRulesSatisfied  []ConditionalAccessRuleSatisfied `json:"excludeRulesSatisfied"`
}

// ConditionalAccessRuleSatisfied is one include or exclude that a sign-in matched.
type ConditionalAccessRuleSatisfied struct {
	Condition Flags `json:"conditionalAccessCondition"`
	Rule      Flags `json:"ruleSatisfied"`
}

// AuthenticationDetail is one step of a sign-in.
type AuthenticationDetail struct {
	DateTime     string `json:"authenticationStepDateTime"`
	Method       string `json:"authenticationMethod"` // for people: "Password", "Passkey (device-bound)", "Previously satisfied"
	MethodDetail string `json:"authenticationMethodDetail"`
	Requirement  string `json:"authenticationStepRequirement"`
	ResultDetail string `json:"authenticationStepResultDetail"`
	Succeeded    *bool  `json:"succeeded"`
}

// AuthenticationContext is an authentication context, or a user action, that a
// sign-in asked for.
type AuthenticationContext struct {
	ID     string `json:"id"` // c1 … c99, or urn:user:registersecurityinfo
	Detail string `json:"detail"`
}

// NetworkLocationDetails names the named locations an address lies in.
type NetworkLocationDetails struct {
	NetworkType  string   `json:"networkType"`
	NetworkNames []string `json:"networkNames"`
}
