package collect

import (
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
)

// Permission names Graph permissions any one of which is enough, the least
// privileged first.
type Permission []string

// Licence is what a tenant has to have bought for a section to be readable.
type Licence string

// The licences that sections need.
const (
	NoLicence Licence = ""
	EntraP1   Licence = "Entra ID P1"
	EntraP2   Licence = "Entra ID P2"
	Intune    Licence = "Intune"
)

// Section describes how one section of a snapshot is read.
type Section struct {
	ID          snapshot.SectionID
	Order       int // position in a run, from 1
	Description string
	Without     string // what is lost where it may not be read

	// Requests are the requests in readable form, with {placeholders} for what a
	// run fills in. Those after the first are follow-ups and fall-backs.
	Requests []string

	// Application and Delegated list what has to be granted; every entry is needed.
	Application []Permission
	Delegated   []Permission

	// Roles are the Entra roles one of which a signed-in person needs as well; none
	// if any account will do.
	Roles []string

	Licence Licence
	// Optional sections are read only when asked for.
	Optional bool
	// Bucket is the limit of Graph that pays for the section.
	Bucket graphclient.Bucket
	// Requires lists sections without which this one cannot be read. Asking for a
	// section asks for them too.
	Requires []snapshot.SectionID
}

// Needs lists the least permissions of the section, one for each that is needed.
func (s Section) Needs() []string {
	var needs []string
	for _, p := range s.Application {
		needs = append(needs, p[0])
	}
	return needs
}

var (
	globalReader = []string{"Global Reader"}
	policyRoles  = []string{"Global Reader", "Security Reader", "Conditional Access Administrator"}
	methodRoles  = []string{"Global Reader", "Authentication Policy Administrator"}
	readerRoles  = []string{"Directory Readers", "Global Reader"}
	reportRoles  = []string{"Reports Reader", "Security Reader", "Global Reader"}
)

// one is a list of a single permission with its alternatives.
func one(alternatives ...string) []Permission { return []Permission{alternatives} }

// Catalogue describes every section of the format, in the order of a run. Least
// permissions are those of Microsoft's permission tables of 2026-08 (repository
// microsoft-graph-devx-content, permissions/new), endpoints and roles those of
// the Graph v1.0 reference.
func Catalogue() []Section {
	list := []Section{
		{ID: snapshot.Organization, Description: "the tenant itself",
			Without:     "the snapshot does not name its tenant",
			Requests:    texts(graphclient.Organization()),
			Application: one("Organization.Read.All", "Directory.Read.All"), Bucket: graphclient.BucketDirectory},
		{ID: snapshot.SubscribedSkus, Description: "licences, which tell a missing licence from a missing permission",
			Without:     "a missing licence looks like a missing permission",
			Requests:    texts(graphclient.SubscribedSkus()),
			Application: one("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"), Bucket: graphclient.BucketDirectory},
		{ID: snapshot.Domains, Description: "domains, and how federated ones treat multifactor authentication",
			Without:     "whether people do multifactor authentication elsewhere is unknown",
			Requests:    texts(graphclient.Domains(), graphclient.DomainFederation("{domain}")),
			Application: one("Domain.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.AuthenticationMethodsPolicy, Description: "which methods people may register and use, with passkey profiles",
			Without:     "nothing about passkeys can be judged",
			Requests:    texts(append([]graphclient.Request{graphclient.AuthenticationMethodsPolicy()}, fido2Requests()...)...),
			Application: one("Policy.Read.AuthenticationMethod", "Policy.Read.All"), Roles: methodRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.SecurityDefaults, Description: "whether Microsoft's security defaults are on",
			Without:     "whether security defaults ask for methods is unknown",
			Requests:    texts(graphclient.SecurityDefaults()),
			Application: one("Policy.Read.All"), Roles: policyRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.CrossTenantAccessPolicy, Description: "what is trusted of guests' home tenants by default",
			Without:     "what guests bring from home is unknown",
			Requests:    texts(graphclient.CrossTenantAccessPolicy()),
			Application: one("Policy.Read.All"), Roles: policyRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.CrossTenantPartners, Description: "what is trusted of single tenants",
			Without:     "what guests bring from home is unknown",
			Requests:    texts(graphclient.CrossTenantPartners()),
			Application: one("Policy.Read.All"), Roles: policyRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.AuthenticationStrengths, Description: "authentication strengths and their limits on passkey models",
			Without:     "custom strengths are known by their ids only",
			Requests:    texts(strengthRequests()...),
			Application: one("Policy.Read.AuthenticationMethod", "Policy.Read.All"), Roles: methodRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.ConditionalAccessPolicies, Description: "Conditional Access policies",
			Without:     "no sign-in can be called granted",
			Requests:    texts(graphclient.ConditionalAccessPolicies()),
			Application: one("Policy.Read.All"), Roles: policyRoles, Bucket: graphclient.BucketConditionalAccess},
		{ID: snapshot.NamedLocations, Description: "places that Conditional Access policies refer to",
			Without:     "which places are trusted is unknown",
			Requests:    texts(graphclient.NamedLocations()),
			Application: one("Policy.Read.All"), Roles: policyRoles, Bucket: graphclient.BucketConditionalAccess},
		{ID: snapshot.ServicePrincipals, Description: "the apps that passkey registration goes through",
			Without:     "whether those apps can be left out of policies is unknown",
			Requests:    texts(servicePrincipalsRequest()),
			Application: one("Application.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.RoleAssignments, Description: "who holds which directory role",
			Without:     "policies that name roles reach an unknown set of people",
			Requests:    texts(roleAssignmentRequests()...),
			Application: one("RoleManagement.Read.Directory", "Directory.Read.All"), Roles: globalReader, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.RoleEligibility, Description: "who may activate which directory role",
			Without:     "what a role asks of people once it is active is unknown",
			Requests:    texts(roleEligibilityRequests()...),
			Application: one("RoleEligibilitySchedule.Read.Directory", "RoleManagement.Read.Directory"), Roles: globalReader,
			Licence: EntraP2, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.Users, Description: "accounts",
			Without:     "nobody can be judged",
			Requests:    texts(usersRequest()),
			Application: one("User.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.RiskyUsers, Description: "what Identity Protection thinks of accounts", Optional: true,
			Without:     "user risk is unknown",
			Requests:    texts(graphclient.RiskyUsers(graphclient.Query{})),
			Application: one("IdentityRiskyUser.Read.All"), Roles: []string{"Global Reader", "Security Reader"},
			Licence: EntraP2, Bucket: graphclient.BucketConditionalAccess},
		{ID: snapshot.Groups, Description: "groups that policies, methods and roles name",
			Without:  "whom policies and methods reach is unknown",
			Requests: []string{groupsRequestText()},
			// The permission tables know only the broad one for getByIds; groups alone
			// come with the narrower ones too.
			Application: one("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory,
			Requires: []snapshot.SectionID{snapshot.AuthenticationMethodsPolicy, snapshot.ConditionalAccessPolicies}},
		{ID: snapshot.GroupMembers, Description: "the people in those groups, also through nested groups",
			Without:     "whom policies and methods reach is unknown",
			Requests:    texts(groupMembersRequest("{group}")),
			Application: one("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory,
			Requires: []snapshot.SectionID{snapshot.Groups}},
		{ID: snapshot.UserRegistrationDetails, Description: "the report of what enabled accounts have registered",
			Without:     "methods are known only for people asked one by one",
			Requests:    texts(graphclient.UserRegistrationDetails(graphclient.Query{})),
			Application: one("AuditLog.Read.All"), Roles: reportRoles, Licence: EntraP1, Bucket: graphclient.BucketReports},
		{ID: snapshot.AuthenticationMethods, Description: "registered methods, account by account",
			Without:     "passkeys are known by the report only, without their model",
			Requests:    texts(graphclient.AuthenticationMethods("{user}")),
			Application: one("UserAuthenticationMethod.Read.All"), Roles: []string{"Global Reader", "Authentication Administrator", "Privileged Authentication Administrator"},
			Bucket:   graphclient.BucketDirectory,
			Requires: []snapshot.SectionID{snapshot.Users, snapshot.UserRegistrationDetails}},
		{ID: snapshot.Devices, Description: "devices the directory knows, with their owners",
			Without:     "which devices people have is known from sign-ins only",
			Requests:    texts(deviceRequests()...),
			Application: one("Device.Read.All", "Directory.Read.All"), Roles: readerRoles, Bucket: graphclient.BucketDirectory},
		{ID: snapshot.ManagedDevices, Description: "devices that Intune manages",
			Without:     "versions and compliance of devices are unknown",
			Requests:    texts(managedDevicesRequest("")),
			Application: one("DeviceManagementManagedDevices.Read.All"), Roles: []string{"Intune Administrator", "Global Reader"},
			Licence: Intune, Bucket: graphclient.BucketIntune},
		{ID: snapshot.SignIns, Description: "interactive sign-ins, with the policies that applied",
			Without:  "what people really do is not seen",
			Requests: texts(signInRequest(false, "")("{from}", "{to}"), signInRequest(false, failures()[0].filter)("{from}", "{to}")),
			// Without a permission to read policies Graph leaves out which ones applied.
			Application: []Permission{{"AuditLog.Read.All"}, {"Policy.Read.ConditionalAccess", "Policy.Read.All"}},
			Roles:       reportRoles, Licence: EntraP1, Bucket: graphclient.BucketReports},
		{ID: snapshot.DirectoryAudits, Description: "registrations and deletions of methods, and changes of their policy",
			Without:     "when methods came and went is not seen",
			Requests:    auditRequestTexts(),
			Application: one("AuditLog.Read.All"), Roles: reportRoles, Bucket: graphclient.BucketReports},
	}
	for i := range list {
		list[i].Order = i + 1
		list[i].Delegated = list[i].Application
	}
	return list
}

// section finds one entry of the catalogue.
func section(list []Section, id snapshot.SectionID) (Section, bool) {
	for _, s := range list {
		if s.ID == id {
			return s, true
		}
	}
	return Section{}, false
}

func texts(requests ...graphclient.Request) []string {
	var all []string
	for _, r := range requests {
		all = append(all, r.String())
	}
	return all
}
