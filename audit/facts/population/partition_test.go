package population

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"passkeyaudit/audit"
)

// Two accounts are in one class exactly if every key says the same of both.
func TestPartition(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := 1 + r.IntN(40)
		d := &Directory{ids: ids{guids: make([]guid, n)}}
		within := randomSet(r, n, 0.8)
		p := NewPartition(d, within)
		var keys []audit.Partly
		for range r.IntN(5) {
			yes := randomSet(r, n, r.Float64())
			keys = append(keys, audit.Partly{Yes: yes, Maybe: randomSet(r, n, 0.3*r.Float64()).Minus(yes)})
			p.Refine(keys[len(keys)-1])
		}
		want := map[string][]uint32{}
		for n := range within.All() {
			key := ""
			for _, k := range keys {
				key += fmt.Sprint(k.Has(n), " ")
			}
			want[key] = append(want[key], n)
		}
		list := p.List()
		if len(list) != len(want) {
			t.Fatalf("seed %d: %d classes, want %d", seed, len(list), len(want))
		}
		last := -1
		for _, c := range list {
			if int(c.First) <= last {
				t.Fatalf("seed %d: classes are out of order", seed)
			}
			last = int(c.First)
			key := ""
			for _, k := range keys {
				key += fmt.Sprint(k.Has(c.First), " ")
			}
			if !c.Members.Equal(audit.SetOf(want[key]...)) {
				t.Fatalf("seed %d: the class of %d has the wrong members", seed, c.First)
			}
		}
	}
}

func randomSet(r *rand.Rand, n int, share float64) audit.Set {
	var b audit.Builder
	for i := range n {
		if r.Float64() < share {
			b.Add(uint32(i))
		}
	}
	return b.Set()
}
