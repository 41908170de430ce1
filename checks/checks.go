// Package checks lists every check there is. A check is in the list or it does
// not exist: nothing registers itself.
package checks

import (
	"passkeyaudit/audit"
	passkeymethoddisabled "passkeyaudit/checks/scope/passkey-method-disabled"
)

// Scope: who may register and use a passkey at all.
func Scope() []*audit.Check {
	return []*audit.Check{
		passkeymethoddisabled.Check,
	}
}

// All lists every check in the order of the catalogue.
func All() []*audit.Check {
	return Scope()
}
