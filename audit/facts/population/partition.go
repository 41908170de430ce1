package population

import "passkeyaudit/audit"

// Partition divides accounts into classes that cannot be told apart by the keys it
// was refined with. Engines judge a class once and count its members.
type Partition struct {
	within  audit.Set
	classOf []uint32 // by ordinal; meaningful for members of within
	count   uint32
}

// NewPartition starts with one class that holds all of some accounts.
func NewPartition(d *Directory, within audit.Set) *Partition {
	return &Partition{within: within, classOf: make([]uint32, d.ids.count()), count: 1}
}

// Classes is the number of classes so far.
func (p *Partition) Classes() int { return int(p.count) }

// Refine divides every class by what a partly known set says of its members: in it,
// perhaps in it, not in it. Only the members for which it does not say what it says
// of most are looked at one by one.
func (p *Partition) Refine(key audit.Partly) {
	yes, maybe := key.Yes.And(p.within), key.Maybe.And(p.within)
	no := p.within.Minus(yes).Minus(maybe)
	parts := []audit.Set{yes, maybe, no}
	largest := 0
	for i, s := range parts {
		if s.Count() > parts[largest].Count() {
			largest = i
		}
	}
	for i, s := range parts {
		if i != largest {
			p.split(s)
		}
	}
}

// split moves the members of a set out of their classes into new ones, one for each
// class they come from.
func (p *Partition) split(s audit.Set) {
	moved := map[uint32]uint32{}
	last, to := ^uint32(0), uint32(0)
	for n := range s.All() {
		if from := p.classOf[n]; from != last {
			next, seen := moved[from]
			if !seen {
				next = p.count
				p.count++
				moved[from] = next
			}
			last, to = from, next
		}
		p.classOf[n] = to
	}
}

// Class is the members of one class.
type Class struct {
	Members audit.Set
	// First is the member with the lowest ordinal: what holds of it holds of all.
	First uint32
}

// List gives the classes that have members, in the order of their first members.
func (p *Partition) List() []Class {
	index := make([]int32, p.count)
	for i := range index {
		index[i] = -1
	}
	var firsts []uint32
	var builders []*audit.Builder
	for n := range p.within.All() {
		i := index[p.classOf[n]]
		if i < 0 {
			i = int32(len(builders))
			index[p.classOf[n]] = i
			firsts, builders = append(firsts, n), append(builders, &audit.Builder{})
		}
		builders[i].Add(n)
	}
	list := make([]Class, len(builders))
	for i, b := range builders {
		list[i] = Class{Members: b.Set(), First: firsts[i]}
	}
	return list
}
