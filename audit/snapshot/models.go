package snapshot

import "passkeyaudit/audit/entra"

// models says as what the rows of a section are decoded. Sections that are not
// listed are modelled by whoever needs them.
var models = map[SectionID]func(SectionID, Row) (*Unreadable, error){
	Organization:                decodable[entra.Organization],
	AuthenticationMethodsPolicy: decodable[entra.AuthenticationMethodsPolicy],
	AuthenticationStrengths:     decodable[entra.AuthenticationStrengthPolicy],
	ConditionalAccessPolicies:   decodable[entra.ConditionalAccessPolicy],
	SubscribedSkus:              decodable[entra.SubscribedSku],
	Domains:                     decodable[entra.Domain],
	RoleAssignments:             decodable[entra.RoleAssignment],
	RoleEligibility:             decodable[entra.RoleAssignment],
	Users:                       decodable[entra.User],
	Groups:                      decodable[entra.Group],
	GroupMembers:                decodable[entra.GroupMembers],
	UserRegistrationDetails:     decodable[entra.UserRegistrationDetails],
	AuthenticationMethods:       decodable[entra.UserMethods],
}

// object is the model of sections without one: any JSON object.
type object struct{}

// checkRow tells whether a row can be decoded as its section's model.
func checkRow(id SectionID, row Row) (bad *Unreadable, err error) {
	if model, ok := models[id]; ok {
		return model(id, row)
	}
	return decodable[object](id, row)
}

func decodable[T any](id SectionID, row Row) (*Unreadable, error) {
	var v T
	return decodeRow(id, row, &v)
}
