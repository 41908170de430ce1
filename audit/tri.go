package audit

import "passkeyaudit/audit/tri"

// Tri is a three-valued answer. The zero value is Unsure: what nobody established
// is not known.
type Tri = tri.Value

const (
	Unsure = tri.Unsure
	No     = tri.No
	Yes    = tri.Yes
)

// TriOf makes a certain answer.
func TriOf(b bool) Tri { return tri.Of(b) }
