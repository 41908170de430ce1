package devices

import "passkeyaudit/audit/snapshot"

// Strength is how far what tells of a device can be relied on. The weakest comes first.
type Strength uint8

const (
	NoEvidence Strength = iota
	// ByUserAgent: the text a client sends of itself. It can be anything, and browsers
	// have frozen the versions in it.
	ByUserAgent
	// BySignIn: what Entra wrote down of the device in the sign-in log, mostly read from
	// the same text.
	BySignIn
	// ByAuthenticator: an Authenticator that is registered. It proves a phone and the
	// app's version on the day that was told, and nothing about the phone's system.
	ByAuthenticator
	// ByDirectory: a device of the directory. Its version is from the day of
	// registration, or from whoever manages it.
	ByDirectory
	// ByIntune: what the device itself told Intune, when it last synchronised.
	ByIntune
)

// Section is where evidence of this strength stands.
func (s Strength) Section() snapshot.SectionID {
	switch s {
	case ByIntune:
		return snapshot.ManagedDevices
	case ByDirectory:
		return snapshot.Devices
	case ByAuthenticator:
		return snapshot.AuthenticationMethods
	default:
		return snapshot.SignIns
	}
}

// String names the evidence for people.
func (s Strength) String() string {
	switch s {
	case ByIntune:
		return "Intune"
	case ByDirectory:
		return "the directory"
	case ByAuthenticator:
		return "a registered Authenticator"
	case BySignIn:
		return "a sign-in"
	case ByUserAgent:
		return "a user agent"
	default:
		return "nothing"
	}
}
