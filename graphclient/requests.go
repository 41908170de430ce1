package graphclient

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"
	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/auditlogs"
	"github.com/microsoftgraph/msgraph-sdk-go/devicemanagement"
	"github.com/microsoftgraph/msgraph-sdk-go/devices"
	"github.com/microsoftgraph/msgraph-sdk-go/directoryobjects"
	"github.com/microsoftgraph/msgraph-sdk-go/domains"
	"github.com/microsoftgraph/msgraph-sdk-go/groups"
	"github.com/microsoftgraph/msgraph-sdk-go/identity"
	"github.com/microsoftgraph/msgraph-sdk-go/identityprotection"
	"github.com/microsoftgraph/msgraph-sdk-go/organization"
	"github.com/microsoftgraph/msgraph-sdk-go/policies"
	"github.com/microsoftgraph/msgraph-sdk-go/reports"
	"github.com/microsoftgraph/msgraph-sdk-go/rolemanagement"
	"github.com/microsoftgraph/msgraph-sdk-go/serviceprincipals"
	"github.com/microsoftgraph/msgraph-sdk-go/subscribedskus"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

// Organization asks for the tenant itself, as a collection of one.
func Organization() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return organization.NewOrganizationRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	})
}

// AuthenticationMethodsPolicy asks for the tenant's methods policy with its
// method configurations inline, but without passkey profiles: those come only
// through [AuthenticationMethodConfiguration].
func AuthenticationMethodsPolicy() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).AuthenticationMethodsPolicy().ToGetRequestInformation(ctx, nil)
	})
}

// AuthenticationMethodConfiguration asks for one method's configuration, for
// example Fido2, with related objects. Passkey profiles are a navigation
// property: they are absent unless "passkeyProfiles" is expanded.
func AuthenticationMethodConfiguration(id string, expand ...string) Request {
	return readOne(BucketDirectory, Query{Expand: expand}, "authentication method configuration id", id, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).AuthenticationMethodsPolicy().AuthenticationMethodConfigurations().
			ByAuthenticationMethodConfigurationId(id).ToGetRequestInformation(ctx, nil)
	})
}

// SecurityDefaults asks whether the tenant uses Microsoft's security defaults.
func SecurityDefaults() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).IdentitySecurityDefaultsEnforcementPolicy().ToGetRequestInformation(ctx, nil)
	})
}

// CrossTenantAccessPolicy asks for the default settings towards other tenants.
func CrossTenantAccessPolicy() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).CrossTenantAccessPolicy().DefaultEscaped().ToGetRequestInformation(ctx, nil)
	})
}

// CrossTenantPartners lists the settings that differ for single tenants.
func CrossTenantPartners() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).CrossTenantAccessPolicy().Partners().ToGetRequestInformation(ctx, nil)
	})
}

// AuthenticationStrengthPolicies lists the built-in and custom strengths with
// their combination configurations, which hold the limits on AAGUIDs.
func AuthenticationStrengthPolicies() Request {
	return read(BucketDirectory, Query{Expand: []string{"combinationConfigurations"}}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return policies.NewPoliciesRequestBuilderInternal(p, a).AuthenticationStrengthPolicies().ToGetRequestInformation(ctx, nil)
	})
}

// ConditionalAccessPolicies lists the Conditional Access policies.
func ConditionalAccessPolicies() Request {
	return read(BucketConditionalAccess, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return identity.NewIdentityRequestBuilderInternal(p, a).ConditionalAccess().Policies().ToGetRequestInformation(ctx, nil)
	})
}

// NamedLocations lists the places that Conditional Access policies refer to.
func NamedLocations() Request {
	return read(BucketConditionalAccess, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return identity.NewIdentityRequestBuilderInternal(p, a).ConditionalAccess().NamedLocations().ToGetRequestInformation(ctx, nil)
	})
}

// ServicePrincipals lists apps of the tenant.
func ServicePrincipals(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return serviceprincipals.NewServicePrincipalsRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	})
}

// SubscribedSkus lists the tenant's licences.
func SubscribedSkus() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return subscribedskus.NewSubscribedSkusRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	}).costing(3)
}

// Domains lists the tenant's domains and whether they are federated.
func Domains() Request {
	return read(BucketDirectory, Query{}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return domains.NewDomainsRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	})
}

// DomainFederation lists the federation settings of one domain, which say
// whether the identity provider's MFA is accepted.
func DomainFederation(domain string) Request {
	return readOne(BucketDirectory, Query{}, "domain name", domain, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return domains.NewDomainsRequestBuilderInternal(p, a).ByDomainId(domain).FederationConfiguration().ToGetRequestInformation(ctx, nil)
	})
}

// RoleAssignments lists active directory role assignments. Expand roleDefinition
// for the template id.
func RoleAssignments(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return rolemanagement.NewRoleManagementRequestBuilderInternal(p, a).Directory().RoleAssignments().ToGetRequestInformation(ctx, nil)
	})
}

// RoleEligibility lists who may activate a directory role. It needs Entra ID P2.
// The schedules are asked for, not their instances: an eligibility that starts
// next week belongs into a rollout plan too.
func RoleEligibility(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return rolemanagement.NewRoleManagementRequestBuilderInternal(p, a).Directory().RoleEligibilitySchedules().ToGetRequestInformation(ctx, nil)
	})
}

// Users lists the tenant's accounts, at most 999 on a page.
func Users(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	}).costing(2)
}

// UsersCount asks for the number of accounts; run it with [Client.Count].
func UsersCount() Request {
	r := read(BucketDirectory, Query{Eventual: true}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).Count().ToGetRequestInformation(ctx, nil)
	})
	r.plain = true
	return r
}

// DevicesCount asks for the number of the directory's devices; run it with
// [Client.Count].
func DevicesCount() Request {
	r := read(BucketDirectory, Query{Eventual: true}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return devices.NewDevicesRequestBuilderInternal(p, a).Count().ToGetRequestInformation(ctx, nil)
	})
	r.plain = true
	return r
}

// UserByID asks for one account by object id or user principal name.
func UserByID(id string, q Query) Request {
	return readOne(BucketDirectory, q, "user id", id, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ByUserId(id).ToGetRequestInformation(ctx, nil)
	})
}

// RiskyUsers lists what Identity Protection thinks of accounts. It needs Entra ID
// P2.
func RiskyUsers(q Query) Request {
	return read(BucketConditionalAccess, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return identityprotection.NewIdentityProtectionRequestBuilderInternal(p, a).RiskyUsers().ToGetRequestInformation(ctx, nil)
	})
}

// MaxIDs is how many ids one [DirectoryObjectsByIDs] request may hold.
const MaxIDs = 1000

// DirectoryObjectsByIDs resolves up to [MaxIDs] object ids at once; unknown ids
// are left out of the answer. Types narrows the search, for example to "group".
// It is a POST that reads; run it with [Client.Post].
func DirectoryObjectsByIDs(ids, types []string) Request {
	r := read(BucketDirectory, Query{}, func(_ context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		// The builder's own ToPostRequestInformation wants a model as its body.
		b := directoryobjects.NewGetByIdsRequestBuilderInternal(p, a)
		return abs.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abs.POST, b.UrlTemplate, b.PathParameters), nil
	})
	r.method = abs.POST
	r = r.costing(3)
	if len(ids) == 0 || len(ids) > MaxIDs {
		r.err = fmt.Errorf("build the request: %d ids to resolve, want 1 to %d", len(ids), MaxIDs)
		return r
	}
	r.body, r.err = json.Marshal(struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types,omitempty"`
	}{ids, types})
	return r
}

// Groups lists groups.
func Groups(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return groups.NewGroupsRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	})
}

// GroupsCount asks for the number of groups; run it with [Client.Count].
func GroupsCount() Request {
	r := read(BucketDirectory, Query{Eventual: true}, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return groups.NewGroupsRequestBuilderInternal(p, a).Count().ToGetRequestInformation(ctx, nil)
	})
	r.plain = true
	return r
}

// GroupByID asks for one group.
func GroupByID(id string, q Query) Request {
	return readOne(BucketDirectory, q, "group id", id, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return groups.NewGroupsRequestBuilderInternal(p, a).ByGroupId(id).ToGetRequestInformation(ctx, nil)
	})
}

// GroupTransitiveMembers lists the users of a group and of the groups in it. The
// cast to users needs Query.Eventual and Query.Count (Graph advanced-queries
// page); both are set.
func GroupTransitiveMembers(id string, q Query) Request {
	q.Eventual, q.Count = true, true
	return readOne(BucketDirectory, q, "group id", id, func(_ context.Context, p map[string]string, _ abs.RequestAdapter) (*abs.RequestInformation, error) {
		// The builder writes the cast as graph.user, an alias that documentation
		// and look-alikes of Graph do not all know.
		p["group%2Did"] = id
		return abs.NewRequestInformationWithMethodAndUrlTemplateAndPathParameters(abs.GET,
			"{+baseurl}/groups/{group%2Did}/transitiveMembers/microsoft.graph.user{?%24count,%24expand,%24filter,%24orderby,%24search,%24select,%24skip,%24top}", p), nil
	}).costing(5)
}

// UserTransitiveMemberOf lists the groups and roles of one account.
func UserTransitiveMemberOf(id string, q Query) Request {
	return readOne(BucketDirectory, q, "user id", id, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ByUserId(id).TransitiveMemberOf().ToGetRequestInformation(ctx, nil)
	}).costing(2)
}

// UserRegistrationDetails lists what each enabled account has registered. It
// needs Entra ID P1. Only Filter and OrderBy are documented for it.
func UserRegistrationDetails(q Query) Request {
	return read(BucketReports, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return reports.NewReportsRequestBuilderInternal(p, a).AuthenticationMethods().UserRegistrationDetails().ToGetRequestInformation(ctx, nil)
	})
}

// AuthenticationMethods lists the methods of one account. The endpoint takes no
// query options. Which limit pays for it is not documented beyond doubt; the
// directory's is assumed.
func AuthenticationMethods(userID string) Request {
	return readOne(BucketDirectory, Query{}, "user id", userID, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ByUserId(userID).Authentication().Methods().ToGetRequestInformation(ctx, nil)
	})
}

// Fido2Methods lists the passkeys of one account, with AAGUID and attestation.
func Fido2Methods(userID string) Request {
	return readOne(BucketDirectory, Query{}, "user id", userID, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ByUserId(userID).Authentication().Fido2Methods().ToGetRequestInformation(ctx, nil)
	})
}

// Devices lists the directory's devices.
func Devices(q Query) Request {
	return read(BucketDirectory, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return devices.NewDevicesRequestBuilderInternal(p, a).ToGetRequestInformation(ctx, nil)
	})
}

// UserRegisteredDevices lists the devices an account registered.
func UserRegisteredDevices(id string, q Query) Request {
	return readOne(BucketDirectory, q, "user id", id, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return users.NewUsersRequestBuilderInternal(p, a).ByUserId(id).RegisteredDevices().ToGetRequestInformation(ctx, nil)
	})
}

// ManagedDevices lists Intune's devices.
func ManagedDevices(q Query) Request {
	return read(BucketIntune, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return devicemanagement.NewDeviceManagementRequestBuilderInternal(p, a).ManagedDevices().ToGetRequestInformation(ctx, nil)
	})
}

// SignIns lists interactive sign-ins, newest first, at most 1,000 on a page. It
// needs Entra ID P1.
func SignIns(q Query) Request {
	return read(BucketReports, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return auditlogs.NewAuditLogsRequestBuilderInternal(p, a).SignIns().ToGetRequestInformation(ctx, nil)
	})
}

// DirectoryAudits lists what was changed in the directory, 7 days back without
// Entra ID P1 and 30 with it.
func DirectoryAudits(q Query) Request {
	return read(BucketReports, q, func(ctx context.Context, p map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
		return auditlogs.NewAuditLogsRequestBuilderInternal(p, a).DirectoryAudits().ToGetRequestInformation(ctx, nil)
	})
}
