package bootstrap

import (
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
)

// concerns tells whether the change of some objects can matter to a person: a policy
// that does not reach somebody matters as little as a profile of others.
func (m *model) concerns(p *person, set []int) bool {
	reaches := func(q policy) bool { return p.reach[q.index].value != audit.No }
	return slices.ContainsFunc(set, func(o int) bool {
		switch b := m.objects[o]; b.Type {
		case PolicyBlocker:
			return slices.ContainsFunc(m.policies, func(q policy) bool { return q.ID == b.ID && reaches(q) })
		case StrengthBlocker:
			return slices.ContainsFunc(m.policies, func(q policy) bool {
				return reaches(q) && slices.ContainsFunc(q.strengths, func(c conditionalaccess.Control) bool { return c.StrengthID() == b.ID })
			})
		case ProfileBlocker:
			for i := range m.profiles {
				if m.profileBlocker(i) == o && p.profiles[i].value != audit.No {
					return true
				}
			}
			return false
		default:
			return true
		}
	})
}
