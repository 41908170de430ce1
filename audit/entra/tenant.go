package entra

// SecurityDefaults is the singleton identitySecurityDefaultsEnforcementPolicy.
type SecurityDefaults struct {
	ID        string `json:"id"`
	IsEnabled *bool  `json:"isEnabled"`
}

// CrossTenantAccessPolicy is the default of the cross-tenant access policy.
type CrossTenantAccessPolicy struct {
	IsServiceDefault *bool         `json:"isServiceDefault"`
	InboundTrust     *InboundTrust `json:"inboundTrust"`
}

// CrossTenantPartner is what the policy says about one other tenant.
type CrossTenantPartner struct {
	TenantID     string        `json:"tenantId"`
	InboundTrust *InboundTrust `json:"inboundTrust"` // nil: as the default says
}

// InboundTrust says which claims of guests' home tenants count.
type InboundTrust struct {
	IsMfaAccepted                       *bool `json:"isMfaAccepted"`
	IsCompliantDeviceAccepted           *bool `json:"isCompliantDeviceAccepted"`
	IsHybridAzureADJoinedDeviceAccepted *bool `json:"isHybridAzureADJoinedDeviceAccepted"`
}

// ServicePrincipal is an application as the tenant knows it.
type ServicePrincipal struct {
	ID          string `json:"id"`
	AppID       string `json:"appId"`
	DisplayName string `json:"displayName"`
}

// RiskyUser is a row of /identityProtection/riskyUsers.
type RiskyUser struct {
	ID                      string `json:"id"`
	RiskLevel               string `json:"riskLevel"`
	RiskState               string `json:"riskState"`
	RiskLastUpdatedDateTime string `json:"riskLastUpdatedDateTime"`
	IsDeleted               *bool  `json:"isDeleted"`
}
