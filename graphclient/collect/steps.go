package collect

import (
	"context"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// step is how one section is read.
type step struct {
	id snapshot.SectionID
	// after names sections of the other lane that have to be settled first.
	after []snapshot.SectionID
	// narrowed names more of them for a narrowed run, where users say who is meant; what is
	// read is decided by them too.
	narrowed []snapshot.SectionID
	// uses names sections that decide what is read: if they changed since an earlier
	// run, this one is read again.
	uses []snapshot.SectionID
	// anew tells that nothing is kept of a section then; elsewhere rows stay right.
	anew bool
	// learn takes of a row what later sections need; nil if that is nothing.
	learn func(*run, entra.Raw)
	// most bounds the rows; nil where something else ends the reading.
	most bound
	read func(context.Context, *job) error
}

// steps are the sections in the order in which they are read.
var steps = []step{
	{id: snapshot.Organization, read: readOrganization},
	{id: snapshot.SubscribedSkus, most: atMost(1000), read: readSkus, learn: func(r *run, row entra.Raw) { r.skus = append(r.skus, row.Clone()) }},
	{id: snapshot.Domains, most: atMost(20_000), read: readDomains},
	{id: snapshot.AuthenticationMethodsPolicy, read: readMethodsPolicy, learn: func(r *run, row entra.Raw) { r.refs.addPolicyTargets(row) }},
	{id: snapshot.SecurityDefaults, read: object(graphclient.SecurityDefaults)},
	{id: snapshot.CrossTenantAccessPolicy, read: object(graphclient.CrossTenantAccessPolicy)},
	{id: snapshot.CrossTenantPartners, most: atMost(20_000), read: readPartners},
	{id: snapshot.AuthenticationStrengths, most: atMost(1000), read: collection(strengthRequests)},
	{id: snapshot.ConditionalAccessPolicies, most: atMost(500), read: collection(conditionalAccessRequests), learn: func(r *run, row entra.Raw) { r.refs.addConditionalAccess(row) }},
	{id: snapshot.NamedLocations, most: atMost(500), read: collection(func() []graphclient.Request { return []graphclient.Request{graphclient.NamedLocations()} })},
	{id: snapshot.ServicePrincipals, most: atMost(100), read: collection(func() []graphclient.Request { return []graphclient.Request{servicePrincipalsRequest()} })},
	{id: snapshot.RoleAssignments, most: perAccount(10, 10_000, 200_000), read: collection(roleAssignmentRequests), learn: learnPrincipal},
	{id: snapshot.RoleEligibility, most: perAccount(10, 10_000, 200_000), read: collection(roleEligibilityRequests), learn: learnPrincipal},
	{id: snapshot.Users, most: perAccount(1, 1000, 5_000_000), read: readUsers, learn: (*run).learnUser},
	{id: snapshot.RiskyUsers, narrowed: []snapshot.SectionID{snapshot.Users}, most: perAccount(1, 100, 5_000_000), read: readRiskyUsers},
	{id: snapshot.Groups, read: readGroups, learn: learnGroup,
		uses: []snapshot.SectionID{snapshot.AuthenticationMethodsPolicy, snapshot.ConditionalAccessPolicies, snapshot.RoleAssignments, snapshot.RoleEligibility}},
	{id: snapshot.GroupMembers, narrowed: []snapshot.SectionID{snapshot.Users}, most: perAccount(10, 100_000, 5_000_000), read: readGroupMembers, uses: []snapshot.SectionID{snapshot.Groups}},
	// Licences tell what a refusal of a report means.
	{id: snapshot.UserRegistrationDetails, most: perAccount(1, 100, 5_000_000), after: []snapshot.SectionID{snapshot.SubscribedSkus}, narrowed: []snapshot.SectionID{snapshot.Users}, read: readReport, learn: learnReport},
	{id: snapshot.AuthenticationMethods, after: []snapshot.SectionID{snapshot.UserRegistrationDetails}, read: readMethods, learn: learnRefused,
		uses: []snapshot.SectionID{snapshot.Users, snapshot.UserRegistrationDetails}},
	{id: snapshot.Devices, narrowed: []snapshot.SectionID{snapshot.Users}, most: allDevices, read: readDevices},
	{id: snapshot.ManagedDevices, narrowed: []snapshot.SectionID{snapshot.Users}, most: perAccount(20, 10_000, 5_000_000), read: readManagedDevices},
	{id: snapshot.SignIns, after: []snapshot.SectionID{snapshot.SubscribedSkus}, narrowed: []snapshot.SectionID{snapshot.Users}, read: readSignIns},
	// How large the tenant is decides how much of its log is read.
	{id: snapshot.DirectoryAudits, after: []snapshot.SectionID{snapshot.SubscribedSkus, snapshot.Users}, read: readAudits,
		uses: []snapshot.SectionID{snapshot.Users}, anew: true},
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
