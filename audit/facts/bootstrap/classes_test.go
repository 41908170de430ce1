package bootstrap

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit"
)

// Accounts that were divided before a change are, once that is refined, with people who
// are what they would be if all had been divided anew.
func TestRefine(t *testing.T) {
	const all = 40
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []trait {
			list := make([]trait, rapid.IntRange(0, 5).Draw(t, label))
			for j := range list {
				var yes, maybe audit.Builder
				for n := range uint32(all) {
					switch rapid.IntRange(0, 3).Draw(t, "in") {
					case 0:
						yes.Add(n)
					case 1:
						maybe.Add(n)
					}
				}
				list[j] = trait{audit.Partly{Yes: yes.Set(), Maybe: maybe.Set()}, func(p *person, v audit.Tri) { p.reach[j] = factOf(v, gapGroups) }}
			}
			return list
		}
		var members audit.Builder
		for n := range uint32(all) {
			if rapid.Bool().Draw(t, "within") {
				members.Add(n)
			}
		}
		within := members.Set()
		before, after := draw("before"), draw("after")
		for j := range after {
			if len(before) > 0 && rapid.Bool().Draw(t, "as before") {
				after[j].set = rapid.SampledFrom(before).Draw(t, "which").set
			}
		}
		blank := func() *person { return &person{reach: make([]fact3, len(after))} }
		reaches := func(p *partition) map[uint32][]fact3 {
			of := map[uint32][]fact3{}
			for _, c := range p.people(after, blank) {
				for n := range c.members.All() {
					if _, twice := of[n]; twice {
						t.Fatalf("%d is in two classes", n)
					}
					of[n] = c.person.reach
				}
			}
			return of
		}
		anew := reaches(divide(within, all, after))
		fine := divide(within, all, before).refine(within, after)
		refined := reaches(fine)
		if len(refined) != within.Count() {
			t.Fatalf("%d accounts of %d are in classes", len(refined), within.Count())
		}
		for n, want := range anew {
			if !slices.Equal(want, refined[n]) {
				t.Errorf("%d: %v, refined %v", n, want, refined[n])
			}
		}
		if fine.refine(within.Or(audit.SetOf(all)), after) != nil {
			t.Error("other accounts are taken for divided")
		}
	})
}
