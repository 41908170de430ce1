package audit

import (
	"iter"

	"github.com/RoaringBitmap/roaring/v2"
)

// Set is a set of accounts, held as ordinals: positions in the order of object
// ids that package population gives them. Sets are values: no operation changes
// its operands. The zero value is empty.
type Set struct{ bits *roaring.Bitmap }

// SetOf makes a set of ordinals.
func SetOf(ordinals ...uint32) Set { return Set{roaring.BitmapOf(ordinals...)} }

// SetRange is the set of the ordinals below n.
func SetRange(n int) Set {
	b := roaring.New()
	b.AddRange(0, uint64(n))
	return Set{b}
}

// SetOfBits makes a set of a bit for each ordinal, the lowest first. The caller gives
// the bits away.
func SetOfBits(bits []uint64) Set {
	b := roaring.FromDense(bits, true)
	b.RunOptimize()
	return Set{b}
}

// SetWhere is the set of the ordinals below n for which something holds.
func SetWhere(n int, is func(ordinal uint32) bool) Set {
	bits := make([]uint64, n/64+1)
	for i := range uint32(n) {
		if is(i) {
			bits[i/64] |= 1 << (i % 64)
		}
	}
	return SetOfBits(bits)
}

// Builder collects ordinals for a set.
type Builder struct{ bits *roaring.Bitmap }

// Add puts an ordinal into the set being built.
func (b *Builder) Add(ordinal uint32) {
	if b.bits == nil {
		b.bits = roaring.New()
	}
	b.bits.Add(ordinal)
}

// Set returns what was collected. The builder starts anew.
func (b *Builder) Set() Set {
	s := Set{b.bits}
	if b.bits != nil {
		b.bits.RunOptimize()
	}
	b.bits = nil
	return s
}

func (s Set) get() *roaring.Bitmap {
	if s.bits == nil {
		return roaring.New()
	}
	return s.bits
}

// Or is the union.
func (s Set) Or(t Set) Set {
	if s.Empty() {
		return t
	}
	if t.Empty() {
		return s
	}
	return Set{roaring.Or(s.bits, t.bits)}
}

// Union is the union of many sets.
func Union(sets ...Set) Set {
	bits := make([]*roaring.Bitmap, 0, len(sets))
	for _, s := range sets {
		if !s.Empty() {
			bits = append(bits, s.bits)
		}
	}
	switch len(bits) {
	case 0:
		return Set{}
	case 1:
		return Set{bits[0]}
	default:
		return Set{roaring.FastOr(bits...)}
	}
}

// And is the intersection.
func (s Set) And(t Set) Set {
	if s.bits == nil || t.bits == nil {
		return Set{}
	}
	return Set{roaring.And(s.bits, t.bits)}
}

// Minus is the set of members of s that are not in t.
func (s Set) Minus(t Set) Set {
	if s.Empty() || t.Empty() {
		return s
	}
	return Set{roaring.AndNot(s.bits, t.bits)}
}

// Empty tells whether there is no member.
func (s Set) Empty() bool { return s.bits == nil || s.bits.IsEmpty() }

// Count is the number of members.
func (s Set) Count() int {
	if s.bits == nil {
		return 0
	}
	return int(s.bits.GetCardinality())
}

// Has tells whether an ordinal is a member.
func (s Set) Has(ordinal uint32) bool { return s.bits != nil && s.bits.Contains(ordinal) }

// Equal tells whether two sets have the same members.
func (s Set) Equal(t Set) bool { return s.get().Equals(t.get()) }

// All yields the members in ascending order.
func (s Set) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		if s.bits == nil {
			return
		}
		it := s.bits.Iterator()
		for it.HasNext() {
			if !yield(it.Next()) {
				return
			}
		}
	}
}

// Partly is a set of which some members are certain and others cannot be told:
// Yes are in it, Maybe may be, everybody else is not. Yes and Maybe are disjoint.
type Partly struct{ Yes, Maybe Set }

// Certainly makes a set that is known exactly.
func Certainly(s Set) Partly { return Partly{Yes: s} }

// Or is the union.
func (p Partly) Or(q Partly) Partly {
	yes := p.Yes.Or(q.Yes)
	return Partly{yes, p.Maybe.Or(q.Maybe).Minus(yes)}
}

// And is the intersection.
func (p Partly) And(q Partly) Partly {
	yes := p.Yes.And(q.Yes)
	return Partly{yes, p.Possible().And(q.Possible()).Minus(yes)}
}

// Minus is the difference.
func (p Partly) Minus(q Partly) Partly {
	yes := p.Yes.Minus(q.Possible())
	return Partly{yes, p.Possible().Minus(q.Yes).Minus(yes)}
}

// Has tells whether an ordinal is a member.
func (p Partly) Has(ordinal uint32) Tri {
	switch {
	case p.Yes.Has(ordinal):
		return Yes
	case p.Maybe.Has(ordinal):
		return Unsure
	default:
		return No
	}
}

// Possible are the members that are in or may be in.
func (p Partly) Possible() Set { return p.Yes.Or(p.Maybe) }

// Within keeps only the members that are in s.
func (p Partly) Within(s Set) Partly { return Partly{p.Yes.And(s), p.Maybe.And(s)} }
