package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
)

// WantPasses are the trapped people whom the policy of Temporary Access Passes keeps from
// a passkey, alone or with others: it is in one of the smallest sets that would have to
// change. People whom passes reach are left out; of those a change would be about the
// kind of pass. The confidence is the least in any of them.
func (r *Result) WantPasses(reached audit.Set) (audit.Set, Confidence) {
	var people audit.Set
	confidence := High
	for i := range r.Classes {
		c := &r.Classes[i]
		wants := slices.ContainsFunc(c.Verdict.opens, func(o opening) bool {
			return slices.ContainsFunc(o.set, func(b Blocker) bool { return b.Type == PassBlocker })
		})
		if of := c.People.Minus(reached); wants && !of.Empty() {
			people, confidence = people.Or(of), confidence.Lower(c.Firmness())
		}
	}
	return people, confidence
}
