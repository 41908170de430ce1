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

// partition is accounts divided by what may tell them apart.
type partition struct {
	within  audit.Set
	by      []audit.Partly // the sets of the traits, as they were given
	members []audit.Set
	firsts  []uint32 // the first account of each part
}

// people makes the person of each part.
func (p *partition) people(traits []trait, blank func() *person) []class {
	list := make([]class, len(p.members))
	for i, first := range p.firsts {
		who := blank()
		for j := range traits {
			traits[j].fit(who, traits[j].set.Has(first))
		}
		list[i] = class{p.members[i], who}
	}
	return list
}

// divide divides accounts anew.
func divide(within audit.Set, all int, traits []trait) *partition {
	// Two bits for every trait that tells anybody apart; the others hold for all.
	type column struct {
		set  audit.Partly
		word int
		bit  uint
	}
	p := &partition{within: within}
	var columns []column
	for i := range traits {
		p.by = append(p.by, traits[i].set)
		set := traits[i].set.Within(within)
		// What holds of the same accounts tells nobody more apart: lanes repeat much.
		if !tells(set, within) || slices.ContainsFunc(columns, func(c column) bool { return same(c.set, set) }) {
			continue
		}
		j := len(columns)
		columns = append(columns, column{set, j / 32, uint(j%32) * 2})
	}
	words := max(1, (len(columns)+31)/32)
	marks := make([]uint64, words*all)
	for _, c := range columns {
		for n := range c.set.Yes.All() {
			marks[int(n)*words+c.word] |= 1 << c.bit
		}
		for n := range c.set.Maybe.All() {
			marks[int(n)*words+c.word] |= 2 << c.bit
		}
	}
	index := map[string]int{}
	var builders []*audit.Builder
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
			builders, p.firsts = append(builders, &audit.Builder{}), append(p.firsts, n)
		}
		builders[i].Add(n)
		last, lastClass = n, i
	}
	p.members = make([]audit.Set, len(builders))
	for i, b := range builders {
		p.members[i] = b.Set()
	}
	return p
}

// refine divides accounts that are divided already by what the partition does not tell
// apart yet. Parts that nothing tells apart any more stay apart, which costs time and
// is not wrong. nil where other accounts are to be divided.
func (p *partition) refine(within audit.Set, traits []trait) *partition {
	if !p.within.Equal(within) {
		return nil
	}
	fine := &partition{within: within, by: slices.Clone(p.by), members: p.members, firsts: p.firsts}
	for i := range traits {
		set := traits[i].set
		// Traits keep their order, so the one that stood there before is asked first.
		if i < len(p.by) && same(p.by[i], set) || slices.ContainsFunc(fine.by, func(by audit.Partly) bool { return same(by, set) }) {
			continue
		}
		fine.by = append(fine.by, set)
		if set = set.Within(within); tells(set, within) {
			fine.split(set)
		}
	}
	return fine
}

// split divides every part by one set.
func (p *partition) split(set audit.Partly) {
	old := p.members
	p.members, p.firsts = nil, nil
	for _, part := range old {
		yes, maybe := part.And(set.Yes), part.And(set.Maybe)
		for _, some := range []audit.Set{yes, maybe, part.Minus(yes).Minus(maybe)} {
			for first := range some.All() {
				p.members, p.firsts = append(p.members, some), append(p.firsts, first)
				break
			}
		}
	}
}

// tells tells whether a set tells any of some accounts from others.
func tells(set audit.Partly, within audit.Set) bool {
	yes, maybe, n := set.Yes.Count(), set.Maybe.Count(), within.Count()
	return yes != n && maybe != n && yes+maybe > 0
}

func same(a, b audit.Partly) bool { return a.Yes.Equal(b.Yes) && a.Maybe.Equal(b.Maybe) }
