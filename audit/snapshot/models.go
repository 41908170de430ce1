package snapshot

import "passkeyaudit/audit/entra"

// models says as what the rows of a section are decoded: every section has one.
var models = map[SectionID]func(SectionID, Row) (*Unreadable, error){
	Organization:                decodable[entra.Organization],
	AuthenticationMethodsPolicy: decodable[entra.AuthenticationMethodsPolicy],
	SecurityDefaults:            decodable[entra.SecurityDefaults],
	CrossTenantAccessPolicy:     decodable[entra.CrossTenantAccessPolicy],
	CrossTenantPartners:         decodable[entra.CrossTenantPartner],
	AuthenticationStrengths:     decodable[entra.AuthenticationStrengthPolicy],
	ConditionalAccessPolicies:   decodable[entra.ConditionalAccessPolicy],
	NamedLocations:              decodable[entra.NamedLocation],
	ServicePrincipals:           decodable[entra.ServicePrincipal],
	SubscribedSkus:              decodable[entra.SubscribedSku],
	Domains:                     decodable[entra.Domain],
	RoleAssignments:             decodable[entra.RoleAssignment],
	RoleEligibility:             decodable[entra.RoleAssignment],
	Users:                       decodable[entra.User],
	RiskyUsers:                  decodable[entra.RiskyUser],
	Groups:                      decodable[entra.Group],
	GroupMembers:                decodable[entra.GroupMembers],
	UserRegistrationDetails:     decodable[entra.UserRegistrationDetails],
	AuthenticationMethods:       decodable[entra.UserMethods],
	Devices:                     decodable[entra.Device],
	ManagedDevices:              decodable[entra.ManagedDevice],
	SignIns:                     decodable[entra.SignIn],
	DirectoryAudits:             decodable[entra.DirectoryAudit],
}

// decodable tells whether a row can be decoded as T.
func decodable[T any](id SectionID, row Row) (*Unreadable, error) {
	var v T
	return decodeRow(id, row, &v)
}
