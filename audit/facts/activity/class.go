package activity

import (
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
)

// Class is how a sign-in ended.
type Class uint8

const (
	// Succeeded: some leg of the sign-in did, and none failed after it.
	Succeeded Class = iota
	// Unfinished: it stopped at a pause, such as being asked for a method, and the log
	// has no more of it. That is no failure: people close windows, and a part may be
	// outside the log.
	Unfinished
	// KeyUnknown: Entra could not match the passkey with the account.
	KeyUnknown
	// PasskeyFailed: something else was wrong with the passkey, or a policy does not take
	// it.
	PasskeyFailed
	// RegistrationRefused: it was about registering security information, and a policy
	// ended it.
	RegistrationRefused
	// Refused: a policy ended it, for the device, the app or altogether.
	Refused
	// PassFailed: something was wrong with a Temporary Access Pass.
	PassFailed
	// MFAFailed: multifactor authentication was not done.
	MFAFailed
	// PasswordFailed: the first factor was wrong. It may have been anybody.
	PasswordFailed
	// Failed: anything else that is known.
	Failed
	// Unclassified: the code is not known, or there is none.
	Unclassified
	classCount
)

var classNames = [classCount]string{
	"succeeded", "unfinished", "key unknown", "passkey failed", "registration refused", "refused", "pass failed", "multifactor failed",
	"password failed", "failed", "unclassified",
}

func (c Class) String() string { return classNames[c] }

// rank orders what the legs of one sign-in ended with: the one that says most about
// passkeys counts.
func (c Class) rank() int {
	switch c {
	case KeyUnknown:
		return 10
	case PasskeyFailed:
		return 9
	case RegistrationRefused:
		return 8
	case Refused:
		return 7
	case PassFailed:
		return 6
	case MFAFailed:
		return 5
	case Failed:
		return 4
	case PasswordFailed:
		return 3
	case Unclassified:
		return 2
	case Unfinished:
		return 1
	default:
		return 0
	}
}

// kept tells whether single sign-ins of a class are kept, not only counted.
func (c Class) kept() bool {
	switch c {
	case Unfinished, KeyUnknown, PasskeyFailed, RegistrationRefused, Refused, PassFailed, MFAFailed:
		return true
	}
	return false
}

// Codes of passkeys that Entra could not match. Their meaning is that of Microsoft's
// error page; only 135010 is documented beyond it (AADSTS, reference-error-codes; ERR,
// 2025-09-03).
var (
	keyNotFound = map[int]bool{135001: true, 135010: true}
	otherHandle = map[int]bool{135012: true, 135013: true, 135014: true, 135021: true}
)

// KeyNotFound tells whether a code says that the key is not registered for the user.
func KeyNotFound(code int) bool { return keyNotFound[code] }

// OtherHandle tells whether a code says that the user handle inside the passkey is not
// that of the user.
func OtherHandle(code int) bool { return otherHandle[code] }

// Apps at which security information, passkeys among it, is registered. Sources:
// conditions of AUT (how-to-enable-authenticator-passkey, 2026-07-05) for 6aa00308;
// public app-id lists for the other two, UNCERTAIN for ea890292.
var registrationResources = map[string]string{
	"19db86c3-b2b9-44cc-b339-36da233a3be2": "My Signins",
	"6aa00308-ea33-4caa-90d6-ae905d8cb51b": "Microsoft Authenticator Credential Registration",
	"ea890292-c8c8-4433-b5ea-b09d0668e1a6": "Azure Credential Configuration Endpoint Service",
}

// RegistersAt tells whether a resource is one at which people register security
// information.
func RegistersAt(resourceID string) bool {
	_, is := registrationResources[fold(resourceID)]
	return is
}

// registering tells whether a row is about registering security information: by its
// resource, by a code that only registration gives, or, where beta tells, by the user
// action.
func registering(s *entra.SignIn, code int) bool {
	if RegistersAt(s.ResourceID) {
		return true
	}
	switch code {
	case 53004, 53010, 54010:
		return true
	}
	for _, c := range s.AuthenticationContexts {
		// The other details are of demands that earlier sign-ins have met.
		if fold(c.ID) == "urn:user:registersecurityinfo" && fold(c.Detail) == "required" {
			return true
		}
	}
	return false
}

// classOf classifies one row by its code, never by the text beside it.
func classOf(known *catalogue.Catalogue, s *entra.SignIn) (c Class, code int, told bool) {
	if s.Status == nil || s.Status.ErrorCode == nil {
		return Unclassified, 0, false
	}
	code = *s.Status.ErrorCode
	if code == 0 {
		return Succeeded, 0, true
	}
	e := known.SignInErrorOf(code)
	switch {
	case e == nil:
		return Unclassified, code, true
	case KeyNotFound(code), OtherHandle(code):
		return KeyUnknown, code, true
	case code == 135016: // a policy does not take it
		return PasskeyFailed, code, true
	case e.Interrupt:
		return Unfinished, code, true
	}
	switch e.Category {
	case "policy-blocked", "device":
		if registering(s, code) {
			return RegistrationRefused, code, true
		}
		return Refused, code, true
	case "fido-failure":
		return PasskeyFailed, code, true
	case "tap":
		return PassFailed, code, true
	case "mfa-failed":
		return MFAFailed, code, true
	case "user-cancelled":
		return Unfinished, code, true
	case "password":
		return PasswordFailed, code, true
	default:
		return Failed, code, true
	}
}
