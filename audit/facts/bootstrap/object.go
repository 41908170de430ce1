package bootstrap

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// Object is the blocker as a step of a finding names it.
func (b Blocker) Object() audit.Object { return audit.Object{Type: string(b.Type), ID: b.ID} }

// Changing is what a finding about a passkey profile is resolved by changing: the
// profile, or the method itself for what is no profile.
func Changing(s audit.Subject) []audit.Object {
	if s.Type == audit.SubjectProfile {
		return []audit.Object{Blocker{ProfileBlocker, s.ID}.Object()}
	}
	return []audit.Object{Blocker{MethodBlocker, entra.MethodFido2}.Object()}
}

// ChangingPasses is what a finding about Temporary Access Pass is resolved by changing.
func ChangingPasses() []audit.Object {
	return []audit.Object{Blocker{PassBlocker, entra.MethodTemporaryAccessPass}.Object()}
}
