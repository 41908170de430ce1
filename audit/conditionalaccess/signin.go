package conditionalaccess

import (
	"net/netip"

	"passkeyaudit/audit/tri"
)

// Input is a text of a sign-in that may be unknown. The zero value is unknown.
type Input struct {
	Text  string
	Known bool
}

// Is makes a known input.
func Is(text string) Input { return Input{text, true} }

// TargetKind tells what a sign-in is for.
type TargetKind uint8

const (
	App TargetKind = iota
	RegisterSecurityInfo
	RegisterDevice
	AuthenticationContext
)

// Target is what a sign-in is for: an application by its app id, a user action,
// or an authentication context such as "c1".
type Target struct {
	Kind TargetKind
	ID   string // app id or context
}

// SignIn is one sign-in. Every input may be unknown; who signs in is given to
// Evaluate apart.
type SignIn struct {
	Target        Target
	ClientAppType Input
	Platform      Input
	IP            netip.Addr // the zero value is unknown
	Country       Input      // two letters; known and empty where no country is mapped
	Device        Device
	SignInRisk    Input
	UserRisk      Input
	InsiderRisk   Input
	Transfer      Input // none, deviceCodeFlow, authenticationTransfer

	// Using are the method modes completed; nil where what would be required is
	// asked.
	Using []string
	// AAGUID is that of the passkey used.
	AAGUID        Input
	ApprovedApp   tri.Value
	AppProtection tri.Value
}

// Member names a member of a sign-in, as scenarios write it.
type Member uint8

const (
	MemberClientAppType Member = iota
	MemberPlatform
	MemberIP
	MemberCountry
	MemberDevice
	MemberSignInRisk
	MemberUserRisk
	MemberInsiderRisk
	MemberTransfer
	MemberAAGUID
	MemberApprovedApp
	MemberAppProtection
	memberCount
)

var memberNames = []string{
	"clientAppType", "platform", "ipAddress", "country", "device", "signInRisk", "userRisk", "insiderRisk",
	"transferMethod", "aaguid", "approvedApp", "appProtection",
}

func (m Member) String() string { return memberNames[m] }

// members is a set of them.
type members uint16

func only(list ...Member) members {
	var s members
	for _, m := range list {
		s |= 1 << m
	}
	return s
}
