package entra

// Group is a group some policy, role or method target names.
type Group struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// GroupMembers is a row the collector makes of transitiveMembers: some or all
// user ids of one group. Several rows may continue one group.
type GroupMembers struct {
	GroupID string `json:"groupId"`
	// Transitive is false where only direct members were read; UserIDs then may
	// name nested groups, which the reader closes over. Absent means true.
	Transitive *bool    `json:"transitive"`
	UserIDs    []string `json:"userIds"`
	// GroupIDs names nested groups of a row that is not transitive.
	GroupIDs []string `json:"groupIds"`
}

// RoleAssignment is a row of roleManagement/directory/roleAssignments or of the
// eligibility schedules.
type RoleAssignment struct {
	ID               string          `json:"id"`
	PrincipalID      string          `json:"principalId"`
	RoleDefinitionID string          `json:"roleDefinitionId"`
	DirectoryScopeID string          `json:"directoryScopeId"`
	RoleDefinition   *RoleDefinition `json:"roleDefinition"`
}

// RoleDefinition is the expanded role of an assignment.
type RoleDefinition struct {
	ID          string `json:"id"`
	TemplateID  string `json:"templateId"`
	DisplayName string `json:"displayName"`
	IsBuiltIn   *bool  `json:"isBuiltIn"` // nil: not told
}

// Custom tells whether an assignment is known to be of a custom role. Conditional
// Access never matches those: USR (concept-conditional-access-users-groups,
// 2024-01-23).
func (a *RoleAssignment) Custom() bool {
	return a.RoleDefinition != nil && a.RoleDefinition.IsBuiltIn != nil && !*a.RoleDefinition.IsBuiltIn
}

// TemplateID is the id Conditional Access policies use for the role. Built-in
// roles have the same id as definition and as template.
func (a *RoleAssignment) TemplateID() string {
	if a.RoleDefinition != nil && a.RoleDefinition.TemplateID != "" {
		return a.RoleDefinition.TemplateID
	}
	return a.RoleDefinitionID
}

// TenantWide tells whether the assignment holds for the whole directory.
// Conditional Access matches only those: USR
// (concept-conditional-access-users-groups, 2024-01-23).
func (a *RoleAssignment) TenantWide() bool { return a.DirectoryScopeID == "/" }

// DirectorySynchronizationAccounts is the role template of the accounts that
// Entra Connect and cloud sync create for themselves. Source: the "multifactor
// authentication for all users" Conditional Access template, which excludes it
// (TPL, 2026-03-24).
const DirectorySynchronizationAccounts = "d29b2b05-8046-44ba-8758-1e26182fcf32"

// GlobalAdministrator is the role template of Global Administrators. Source: the
// "phishing-resistant multifactor authentication for administrators" Conditional
// Access template (TPL, 2026-03-24).
const GlobalAdministrator = "62e90394-69f5-4237-9190-012177145e10"

// Domain is a row of /domains.
type Domain struct {
	ID                 string `json:"id"`
	AuthenticationType string `json:"authenticationType"` // Managed, Federated
	IsDefault          bool   `json:"isDefault"`
	// FederationConfiguration is spliced in from the domain's own collection of that
	// name, where it could be read.
	FederationConfiguration []FederationConfiguration `json:"federationConfiguration"`
	FederatedIdpMfaBehavior string                    `json:"federatedIdpMfaBehavior"`
}

// FederationConfiguration is the part of internalDomainFederation that decides
// whether multifactor authentication at the other identity provider counts.
type FederationConfiguration struct {
	FederatedIdpMfaBehavior string `json:"federatedIdpMfaBehavior"`
}

// RejectsFederatedMFA tells whether Entra always does its own multifactor
// authentication for the domain's users.
func (d *Domain) RejectsFederatedMFA() bool {
	behaviour := d.FederatedIdpMfaBehavior
	if len(d.FederationConfiguration) > 0 {
		behaviour = d.FederationConfiguration[0].FederatedIdpMfaBehavior
	}
	return behaviour == "rejectMfaByFederatedIdp"
}

// Organization is the tenant's own object.
type Organization struct {
	ID              string           `json:"id"`
	DisplayName     string           `json:"displayName"`
	VerifiedDomains []VerifiedDomain `json:"verifiedDomains"`
}

// VerifiedDomain is one domain name of the organization.
type VerifiedDomain struct {
	Name      string `json:"name"`
	IsDefault bool   `json:"isDefault"`
}

// SubscribedSku is one licence the tenant has bought.
type SubscribedSku struct {
	ID               string        `json:"id"`
	SkuPartNumber    string        `json:"skuPartNumber"`
	CapabilityStatus string        `json:"capabilityStatus"`
	ServicePlans     []ServicePlan `json:"servicePlans"`
}

// ServicePlan is one service inside a licence, such as AAD_PREMIUM.
type ServicePlan struct {
	ServicePlanName    string `json:"servicePlanName"`
	ProvisioningStatus string `json:"provisioningStatus"`
}
