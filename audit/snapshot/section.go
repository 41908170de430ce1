package snapshot

import "slices"

// SectionID names a section, in the manifest and on disk.
type SectionID string

// The sections of format v1.
const (
	Organization                SectionID = "organization"
	AuthenticationMethodsPolicy SectionID = "authenticationMethodsPolicy"
	SecurityDefaults            SectionID = "securityDefaults"
	CrossTenantAccessPolicy     SectionID = "crossTenantAccessPolicy"
	CrossTenantPartners         SectionID = "crossTenantPartners"
	AuthenticationStrengths     SectionID = "authenticationStrengthPolicies"
	ConditionalAccessPolicies   SectionID = "conditionalAccessPolicies"
	NamedLocations              SectionID = "namedLocations"
	ServicePrincipals           SectionID = "servicePrincipals"
	SubscribedSkus              SectionID = "subscribedSkus"
	Domains                     SectionID = "domains"
	RoleAssignments             SectionID = "roleAssignments"
	RoleEligibility             SectionID = "roleEligibility"
	Users                       SectionID = "users"
	RiskyUsers                  SectionID = "riskyUsers"
	Groups                      SectionID = "groups"
	GroupMembers                SectionID = "groupMembers"
	UserRegistrationDetails     SectionID = "userRegistrationDetails"
	AuthenticationMethods       SectionID = "authenticationMethods"
	Devices                     SectionID = "devices"
	ManagedDevices              SectionID = "managedDevices"
	SignIns                     SectionID = "signIns"
	DirectoryAudits             SectionID = "directoryAudits"
)

// Shape tells how a section is stored.
type Shape int

const (
	// Singleton sections hold one object in NAME.json.
	Singleton Shape = iota
	// Collection sections hold one object a line.
	Collection
)

// SectionSpec describes one section of the format.
type SectionSpec struct {
	ID    SectionID
	Shape Shape
	// Key is the member that identifies a row, for evidence and error messages.
	Key string
	// PerUser is true where rows belong to users, so that a snapshot narrowed to
	// some users holds only some of the rows.
	PerUser bool
	// EmptyIfUnlicensed is true where a missing licence means that the feature is
	// absent, so the section is known to be empty. Elsewhere "unlicensed" means
	// that a report could not be read, which is the same as denied.
	EmptyIfUnlicensed bool
}

// sections is in the order in which they are listed everywhere.
var sections = []SectionSpec{
	{ID: Organization, Shape: Singleton, Key: "id"},
	{ID: AuthenticationMethodsPolicy, Shape: Singleton, Key: "id"},
	{ID: SecurityDefaults, Shape: Singleton, Key: "id"},
	{ID: CrossTenantAccessPolicy, Shape: Singleton, Key: "id"},
	{ID: CrossTenantPartners, Shape: Collection, Key: "tenantId"},
	{ID: AuthenticationStrengths, Shape: Collection, Key: "id"},
	{ID: ConditionalAccessPolicies, Shape: Collection, Key: "id"},
	{ID: NamedLocations, Shape: Collection, Key: "id"},
	{ID: ServicePrincipals, Shape: Collection, Key: "id"},
	{ID: SubscribedSkus, Shape: Collection, Key: "id"},
	{ID: Domains, Shape: Collection, Key: "id"},
	{ID: RoleAssignments, Shape: Collection, Key: "id"},
	{ID: RoleEligibility, Shape: Collection, Key: "id", EmptyIfUnlicensed: true},
	{ID: Users, Shape: Collection, Key: "id", PerUser: true},
	{ID: RiskyUsers, Shape: Collection, Key: "id", PerUser: true},
	{ID: Groups, Shape: Collection, Key: "id"},
	{ID: GroupMembers, Shape: Collection, Key: "groupId", PerUser: true},
	{ID: UserRegistrationDetails, Shape: Collection, Key: "id", PerUser: true},
	{ID: AuthenticationMethods, Shape: Collection, Key: "userId", PerUser: true},
	{ID: Devices, Shape: Collection, Key: "id", PerUser: true},
	{ID: ManagedDevices, Shape: Collection, Key: "id", PerUser: true, EmptyIfUnlicensed: true},
	{ID: SignIns, Shape: Collection, Key: "id", PerUser: true},
	{ID: DirectoryAudits, Shape: Collection, Key: "id", PerUser: true},
}

// Sections lists the sections of the format in their fixed order.
func Sections() []SectionSpec { return slices.Clone(sections) }

// Spec describes one section; ok is false for a name the format does not have.
func Spec(id SectionID) (spec SectionSpec, ok bool) {
	i := slices.IndexFunc(sections, func(s SectionSpec) bool { return s.ID == id })
	if i < 0 {
		return SectionSpec{}, false
	}
	return sections[i], true
}

// State says how much of a section was read.
type State string

const (
	Complete     State = "complete"
	Partial      State = "partial"
	Denied       State = "denied"       // the caller may not read it
	Unlicensed   State = "unlicensed"   // the tenant lacks the licence
	Unavailable  State = "unavailable"  // Graph did not answer, or does not have it in this cloud
	NotCollected State = "notCollected" // nobody asked
)

// States lists every state.
func States() []State {
	return []State{Complete, Partial, Denied, Unlicensed, Unavailable, NotCollected}
}

// HasRows tells whether a section in this state can hold rows.
func (s State) HasRows() bool { return s == Complete || s == Partial }

// ReasonScope is the reason of a section that is partial only because the
// snapshot was narrowed to some groups or users.
const ReasonScope = "scope"

// ReasonOff is the reason of a section that [Snapshot.Without] left out.
const ReasonOff = "off"
