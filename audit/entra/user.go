package entra

import "strings"

// User is a row of /users. Graph reference: resources/user (v1.0).
type User struct {
	ID                    string            `json:"id"`
	UserPrincipalName     string            `json:"userPrincipalName"`
	DisplayName           string            `json:"displayName"`
	UserType              string            `json:"userType"` // "Member", "Guest"; empty = not told, a member
	AccountEnabled        *bool             `json:"accountEnabled"`
	ExternalUserState     *string           `json:"externalUserState"`
	OnPremisesSyncEnabled *bool             `json:"onPremisesSyncEnabled"`
	AssignedLicenses      []AssignedLicense `json:"assignedLicenses"` // nil = not told
	EmployeeType          string            `json:"employeeType"`
	Department            string            `json:"department"`
	Country               string            `json:"country"`
	UsageLocation         string            `json:"usageLocation"`
	Identities            []ObjectIdentity  `json:"identities"`
}

// AssignedLicense is one licence of a user.
type AssignedLicense struct {
	SkuID string `json:"skuId"`
}

// ObjectIdentity is one way an account signs in.
type ObjectIdentity struct {
	SignInType string `json:"signInType"`
	Issuer     string `json:"issuer"`
}

// External tells whether the account signs in with credentials of another
// directory: #EXT# in the user principal name, or an external user state.
func (u *User) External() bool {
	return hasExternalMark(u.UserPrincipalName) || u.ExternalUserState != nil && *u.ExternalUserState != ""
}

// hasExternalMark looks for #EXT# in any letter case. Few names have a # at all.
func hasExternalMark(name string) bool {
	const mark = "#EXT#"
	for {
		i := strings.IndexByte(name, '#')
		if i < 0 || len(name)-i < len(mark) {
			return false
		}
		if name = name[i:]; strings.EqualFold(name[:len(mark)], mark) {
			return true
		}
		name = name[1:]
	}
}

// Guest tells whether the account belongs to somebody outside: userType Guest,
// or #EXT# in the user principal name, or an external user state. A null
// userType is a member. Source: PF (how-to-authentication-passkeys-fido2,
// 2026-03-08) with the reading of the three members as in Graph's user resource.
func (u *User) Guest() bool {
	return strings.EqualFold(u.UserType, "Guest") || u.External()
}

// Enabled tells whether the account may sign in. Graph always sends the member
// to a caller who may read it; a row without it is taken as enabled, because
// leaving people out of an outage list is the worse mistake.
func (u *User) Enabled() bool { return u.AccountEnabled == nil || *u.AccountEnabled }
