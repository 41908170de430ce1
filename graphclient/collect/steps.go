package collect

import (
	"context"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// step is how one section is read.
type step struct {
	id snapshot.SectionID
	// after names sections of the other lane that have to be settled first.
	after []snapshot.SectionID
	// narrowed names more of them for a narrowed run, where users say who is meant.
	narrowed []snapshot.SectionID
	read     func(context.Context, *job) error
}

// steps are the sections in the order in which they are read.
var steps = []step{
	{id: snapshot.Organization, read: readOrganization},
	{id: snapshot.SubscribedSkus, read: readSkus},
	{id: snapshot.Domains, read: readDomains},
	{id: snapshot.AuthenticationMethodsPolicy, read: readMethodsPolicy},
	{id: snapshot.SecurityDefaults, read: object(graphclient.SecurityDefaults)},
	{id: snapshot.CrossTenantAccessPolicy, read: object(graphclient.CrossTenantAccessPolicy)},
	{id: snapshot.CrossTenantPartners, read: readPartners},
	{id: snapshot.AuthenticationStrengths, read: collection(strengthRequests)},
	{id: snapshot.ConditionalAccessPolicies, read: readConditionalAccess},
	{id: snapshot.NamedLocations, read: collection(func() []graphclient.Request { return []graphclient.Request{graphclient.NamedLocations()} })},
	{id: snapshot.ServicePrincipals, read: collection(func() []graphclient.Request { return []graphclient.Request{servicePrincipalsRequest()} })},
	{id: snapshot.RoleAssignments, read: readRoles(roleAssignmentRequests)},
	{id: snapshot.RoleEligibility, read: readRoles(roleEligibilityRequests)},
	{id: snapshot.Users, read: readUsers},
	{id: snapshot.RiskyUsers, read: readRiskyUsers},
	{id: snapshot.Groups, read: readGroups},
	{id: snapshot.GroupMembers, read: readGroupMembers},
	// Licences tell what a refusal of a report means.
	{id: snapshot.UserRegistrationDetails, after: []snapshot.SectionID{snapshot.SubscribedSkus}, narrowed: []snapshot.SectionID{snapshot.Users}, read: readReport},
	{id: snapshot.AuthenticationMethods, after: []snapshot.SectionID{snapshot.UserRegistrationDetails}, read: readMethods},
	{id: snapshot.Devices, read: readDevices},
	{id: snapshot.ManagedDevices, read: readManagedDevices},
	{id: snapshot.SignIns, after: []snapshot.SectionID{snapshot.SubscribedSkus}, narrowed: []snapshot.SectionID{snapshot.Users}, read: readSignIns},
	// How large the tenant is decides how much of its log is read.
	{id: snapshot.DirectoryAudits, after: []snapshot.SectionID{snapshot.SubscribedSkus, snapshot.Users}, read: readAudits},
}

// object reads a section that is one object.
func object(request func() graphclient.Request) func(context.Context, *job) error {
	return func(ctx context.Context, j *job) error {
		raw, err := j.get(ctx, request())
		if err != nil {
			return err
		}
		return j.append(raw)
	}
}

// collection reads a section that is a list, by the first request that is taken.
func collection(requests func() []graphclient.Request) func(context.Context, *job) error {
	return func(ctx context.Context, j *job) error { return j.list(ctx, requests()...) }
}
