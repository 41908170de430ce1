package collect

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestIDSet(t *testing.T) {
	var s idSet
	var none *idSet
	if s.has("x") || none.has("x") || none.len() != 0 {
		t.Error("an empty set has something")
	}
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]int{}
	for range 50_000 {
		// Sequential, random and odd ids, with repetitions.
		id := []string{
			fmt.Sprintf("a0000000-0000-4000-8000-%012d", r.IntN(20_000)),
			fmt.Sprintf("%08x-0000-4000-8000-%012x", r.Uint32(), r.Uint64N(1<<48)),
			fmt.Sprintf("odd-%d", r.IntN(1000)),
		}[r.IntN(3)]
		_, old := want[id]
		if s.add(id) == old {
			t.Fatalf("%s was new: %v", id, !old)
		}
		if !old {
			want[id] = len(want)
		}
	}
	if s.len() != len(want) {
		t.Errorf("%d ids, want %d", s.len(), len(want))
	}
	for id, i := range want {
		if !s.has(id) || s.at(i) != keyOf(id) {
			t.Fatalf("%s is lost", id)
		}
	}
	if s.has("A0000000-0000-4000-8000-999999999999") {
		t.Error("it has what was never added")
	}
}
