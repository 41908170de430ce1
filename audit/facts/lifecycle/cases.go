package lifecycle

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"passkeyaudit/audit"
)

// Cases are cases by account.
type Cases struct{ list map[uint32][]Case }

func newCases() Cases { return Cases{map[uint32][]Case{}} }

func (c *Cases) add(list ...Case) {
	for _, k := range list {
		c.list[k.Account] = append(c.list[k.Account], k)
	}
}

// Of lists the cases of an account.
func (c *Cases) Of(account uint32) []Case { return c.list[account] }

// With are the accounts with a case of a cause.
func (c *Cases) With(cause Cause) audit.Set {
	var b audit.Builder
	for account, list := range c.list {
		if slices.ContainsFunc(list, func(k Case) bool { return k.Cause == cause }) {
			b.Add(account)
		}
	}
	return b.Set()
}

// All yields the cases of some causes, by account.
func (c *Cases) All(causes ...Cause) iter.Seq[Case] {
	return func(yield func(Case) bool) {
		accounts := slices.SortedFunc(maps.Keys(c.list), func(a, b uint32) int { return cmp.Compare(a, b) })
		for _, n := range accounts {
			for _, k := range c.list[n] {
				if slices.Contains(causes, k.Cause) && !yield(k) {
					return
				}
			}
		}
	}
}
