package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
)

// HeldKinds lists the kinds of the passkeys of an account that policy certainly accepts at
// sign-in, each once, sorted.
func (r *Result) HeldKinds(ordinal uint32) []CredentialKind {
	var kinds []CredentialKind
	for _, k := range r.Held.Passkeys(ordinal) {
		if r.sources.usable(ordinal, k.Credential) == audit.Yes {
			kinds = append(kinds, r.model.kindOfHeld(heldKey{Credential: k.Credential}))
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}
