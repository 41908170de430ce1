package collect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
)

// idKey is an object id in sixteen bytes: a GUID as it is, anything else by its
// hash.
type idKey [16]byte

// keyOf makes a key of an id, whatever its letter case.
func keyOf(id string) idKey {
	if k, ok := parseGUID(id); ok {
		return k
	}
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return idKey(sum[:16])
}

func parseGUID(s string) (k idKey, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return k, false
	}
	var plain [32]byte
	n := 0
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
		default:
			plain[n] = s[i]
			n++
		}
	}
	_, err := hex.Decode(k[:], plain[:])
	return k, err == nil
}

func formatGUID(k idKey) string {
	h := hex.EncodeToString(k[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// keyBlock is how many keys are allocated at once: growing never copies them.
const keyBlock = 1 << 14

// idSet is a set of ids that remembers their order. It takes 16 bytes for a key
// and 5 to 11 for finding it again, so a million ids take about 24 MiB. The zero
// value is empty; nil is an empty set that takes nothing.
type idSet struct {
	blocks [][]idKey
	count  int
	// table holds positions plus one, placed by key and then by the next free
	// place; zero is free.
	table []uint32
}

func (s *idSet) len() int {
	if s == nil {
		return 0
	}
	return s.count
}

// at is the key that was added as the i-th.
func (s *idSet) at(i int) idKey { return s.blocks[i/keyBlock][i%keyBlock] }

// add tells whether the id is new.
func (s *idSet) add(id string) bool {
	k := keyOf(id)
	if 4*(s.count+1) > 3*len(s.table) {
		s.grow()
	}
	place, there := s.find(k)
	if there {
		return false
	}
	if s.count%keyBlock == 0 {
		// Most sets are small; only the first block starts that way.
		size := keyBlock
		if s.count == 0 {
			size = 0
		}
		s.blocks = append(s.blocks, make([]idKey, 0, size))
	}
	last := &s.blocks[len(s.blocks)-1]
	*last = append(*last, k)
	s.count++
	s.table[place] = uint32(s.count)
	return true
}

func (s *idSet) has(id string) bool { return s.hasKey(keyOf(id)) }

func (s *idSet) hasKey(k idKey) bool {
	if s.len() == 0 {
		return false
	}
	_, there := s.find(k)
	return there
}

// find gives the place of a key in the table, or the free one where it belongs.
func (s *idSet) find(k idKey) (place int, there bool) {
	mask := len(s.table) - 1
	// Ids are random in a tenant and in sequence in a made-up one: every bit has to
	// count (the finaliser of MurmurHash3).
	h := binary.LittleEndian.Uint64(k[:8])*0x9e3779b97f4a7c15 ^ binary.LittleEndian.Uint64(k[8:])
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	h ^= h >> 33
	for place = int(h) & mask; ; place = (place + 1) & mask {
		switch i := s.table[place]; {
		case i == 0:
			return place, false
		case s.at(int(i)-1) == k:
			return place, true
		}
	}
}

func (s *idSet) grow() {
	s.table = make([]uint32, max(16, 2*len(s.table)))
	for i := range s.count {
		place, _ := s.find(s.at(i))
		s.table[place] = uint32(i + 1)
	}
}

// accounts are the users that were read, in their order.
type accounts struct {
	keys *idSet // nil if users could not be read
	// odd holds the ids that a key does not give back letter for letter.
	odd map[int]string
	// ordinary marks enabled members, whom the registration report should list.
	ordinary []bool
	// starts holds what the names of enabled accounts begin with, 0 for the others.
	starts []rune
}

// add takes the account that was last added to keys.
func (a *accounts) add(id string, ordinary bool, start rune) {
	n := len(a.ordinary)
	if formatGUID(a.keys.at(n)) != id {
		if a.odd == nil {
			a.odd = map[int]string{}
		}
		a.odd[n] = id
	}
	a.ordinary, a.starts = append(a.ordinary, ordinary), append(a.starts, start)
}

func (a *accounts) len() int { return len(a.ordinary) }

func (a *accounts) id(i int) string {
	if id, odd := a.odd[i]; odd {
		return id
	}
	return formatGUID(a.keys.at(i))
}
