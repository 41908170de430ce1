package bootstrap

import (
	"encoding/binary"
	"slices"

	"passkeyaudit/audit"
)

// trait is one thing that may tell people apart: a set, and what it being true,
// false or not known means for the person.
type trait struct {
	set audit.Partly
	fit func(*person, audit.Tri)
}

// class is people whom nothing tells apart.
type class struct {
	members audit.Set
	person  *person
}

// classify divides accounts by their traits and makes the person of each class.
func classify(within audit.Set, all int, traits []trait, blank func() *person) []class {
	// Two bits for every trait that tells anybody apart; the others hold for all.
	type column struct {
		t    *trait
		word int
		bit  uint
	}
	var columns []column
	for i := range traits {
		t := &traits[i]
		t.set = t.set.Within(within)
		yes, maybe := t.set.Yes.Count(), t.set.Maybe.Count()
		if n := within.Count(); yes == n || maybe == n || yes+maybe == 0 {
			continue
		}
		// What holds of the same accounts tells nobody more apart: lanes repeat much.
		if slices.ContainsFunc(columns, func(c column) bool { return c.t.set.Yes.Equal(t.set.Yes) && c.t.set.Maybe.Equal(t.set.Maybe) }) {
			continue
		}
		j := len(columns)
		columns = append(columns, column{t, j / 32, uint(j%32) * 2})
	}
	words := max(1, (len(columns)+31)/32)
	marks := make([]uint64, words*all)
	for _, c := range columns {
		for n := range c.t.set.Yes.All() {
			marks[int(n)*words+c.word] |= 1 << c.bit
		}
		for n := range c.t.set.Maybe.All() {
			marks[int(n)*words+c.word] |= 2 << c.bit
		}
	}
	index := map[string]int{}
	var builders []*audit.Builder
	var firsts []uint32
	buf := make([]byte, 8*words)
	last, lastClass := uint32(0), -1
	for n := range within.All() {
		mark := marks[int(n)*words : int(n)*words+words]
		if lastClass >= 0 && slices.Equal(mark, marks[int(last)*words:int(last)*words+words]) {
			builders[lastClass].Add(n)
			continue
		}
		for i, w := range mark {
			binary.LittleEndian.PutUint64(buf[8*i:], w)
		}
		i, known := index[string(buf)]
		if !known {
			i = len(builders)
			index[string(buf)] = i
			builders, firsts = append(builders, &audit.Builder{}), append(firsts, n)
		}
		builders[i].Add(n)
		last, lastClass = n, i
	}
	list := make([]class, len(builders))
	for i, b := range builders {
		p := blank()
		for j := range traits {
			traits[j].fit(p, traits[j].set.Has(firsts[i]))
		}
		list[i] = class{b.Set(), p}
	}
	return list
}
