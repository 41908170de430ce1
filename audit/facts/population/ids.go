package population

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"slices"
	"strings"
)

// guid is a GUID as two numbers that order like its text in lower case.
type guid struct{ high, low uint64 }

func (g guid) compare(h guid) int {
	if g.high != h.high {
		return cmp.Compare(g.high, h.high)
	}
	return cmp.Compare(g.low, h.low)
}

// guidLength is the length of a GUID's text.
const guidLength = 36

// hexDigits gives the value of a hexadecimal digit and one, and 0 for all other
// characters.
var hexDigits = [256]byte{
	'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
	'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16,
	'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16,
}

// parseGUID reads the text of a GUID in any letter case.
func parseGUID(s string) (g guid, ok bool) {
	if len(s) != guidLength || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return g, false
	}
	var bad byte
	digits := func(from, to int) (v uint64) {
		for i := from; i < to; i++ {
			n := hexDigits[s[i]] - 1 // 255 for what is no digit
			bad |= n
			v = v<<4 | uint64(n&0xf)
		}
		return v
	}
	g.high = digits(0, 8)<<32 | digits(9, 13)<<16 | digits(14, 18)
	g.low = digits(19, 23)<<48 | digits(24, 36)
	return g, bad&0xf0 == 0
}

// text is the GUID in lower case.
func (g guid) text() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], g.high)
	binary.BigEndian.PutUint64(b[8:], g.low)
	var s [guidLength]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// ids is the object ids of the accounts in their order: by text in lower case. Object
// ids are GUIDs, and as such take 16 bytes and are found without a search through
// all; a snapshot written by hand may have other ids, and then all are kept as text.
type ids struct {
	guids []guid
	// first has, for each value of a GUID's first bits, the position of the first GUID
	// that starts with it or a higher one. Ids are random, so few share a value.
	first []uint32
	shift uint
	// spelled has the GUIDs that were not in lower case, by position.
	spelled map[uint32]string

	keys  []string // in lower case, sorted; nil if all are GUIDs
	texts []string // as Graph spells them
}

// idRow is an id with the row it comes from.
type idRow struct {
	guid guid
	row  uint32
}

// orderIDs orders ids and drops all but the last row of each: pages can overlap, and
// the last row read is the newest. rows gives the row of each position.
func orderIDs(at func(row int) string, count int) (all ids, rows []uint32) {
	order := make([]idRow, count)
	for i := range order {
		g, ok := parseGUID(at(i))
		if !ok {
			return orderTexts(at, count)
		}
		order[i] = idRow{g, uint32(i)}
	}
	slices.SortFunc(order, func(a, b idRow) int { return cmp.Or(a.guid.compare(b.guid), cmp.Compare(a.row, b.row)) })
	rows = make([]uint32, 0, count)
	all.guids = make([]guid, 0, count)
	for i, o := range order {
		if i+1 < len(order) && order[i+1].guid == o.guid {
			continue
		}
		if text := at(int(o.row)); text != o.guid.text() {
			if all.spelled == nil {
				all.spelled = map[uint32]string{}
			}
			all.spelled[uint32(len(rows))] = text
		}
		all.guids, rows = append(all.guids, o.guid), append(rows, o.row)
	}
	all.index()
	return all, rows
}

// index fills first, with about one value for each GUID.
func (d *ids) index() {
	wide := max(bits.Len(uint(len(d.guids))), 1)
	d.shift = uint(64 - wide)
	d.first = make([]uint32, 1<<wide+1)
	value := 0
	for i, g := range d.guids {
		for ; value <= int(g.high>>d.shift); value++ {
			d.first[value] = uint32(i)
		}
	}
	for ; value < len(d.first); value++ {
		d.first[value] = uint32(len(d.guids))
	}
}

func orderTexts(at func(row int) string, count int) (all ids, rows []uint32) {
	type textRow struct {
		key string
		row uint32
	}
	order := make([]textRow, count)
	for i := range order {
		order[i] = textRow{strings.ToLower(at(i)), uint32(i)}
	}
	slices.SortFunc(order, func(a, b textRow) int { return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
	all.keys = make([]string, 0, count)
	for i, o := range order {
		if i+1 < len(order) && order[i+1].key == o.key {
			continue
		}
		all.keys, all.texts, rows = append(all.keys, o.key), append(all.texts, at(int(o.row))), append(rows, o.row)
	}
	return all, rows
}

func (d *ids) count() int { return max(len(d.guids), len(d.keys)) }

// at is the id at a position, as Graph spells it.
func (d *ids) at(n uint32) string {
	if d.keys != nil {
		return d.texts[n]
	}
	if text, odd := d.spelled[n]; odd {
		return text
	}
	return d.guids[n].text()
}

// spells tells whether a text is the id at a position, letter for letter; it is
// that id in some letter case.
func (d *ids) spells(n uint32, text string) bool {
	if d.keys != nil {
		return d.texts[n] == text
	}
	if spelled, odd := d.spelled[n]; odd {
		return spelled == text
	}
	return !strings.ContainsAny(text, "ABCDEF")
}

// find gives the position of an id in any letter case.
func (d *ids) find(id string) (uint32, bool) {
	if d.keys != nil {
		i, found := slices.BinarySearch(d.keys, strings.ToLower(id))
		return uint32(i), found
	}
	g, ok := parseGUID(id)
	if !ok || len(d.guids) == 0 {
		return 0, false
	}
	value := g.high >> d.shift
	return d.among(g, d.first[value], d.first[value+1])
}

// among looks for a GUID between two positions.
func (d *ids) among(g guid, from, to uint32) (uint32, bool) {
	for to-from > 8 { // ids that are not random
		middle := from + (to-from)/2
		if d.guids[middle].compare(g) > 0 {
			to = middle
		} else {
			from = middle
		}
	}
	for ; from < to; from++ {
		if d.guids[from] == g {
			return from, true
		}
	}
	return 0, false
}

// findAll gives the positions of those of the ids that are there, and the others. A
// million GUIDs do not fit a processor's cache. Many are looked up in step, so that
// it waits for many places in memory at once and not for one after the other.
func (d *ids) findAll(list []string) (found []uint32, others []string) {
	found = make([]uint32, 0, len(list))
	if d.keys != nil || len(d.guids) == 0 {
		for _, id := range list {
			if n, ok := d.find(id); ok {
				found = append(found, n)
			} else {
				others = append(others, id)
			}
		}
		return found, others
	}
	const step = 64
	var guids [step]guid
	var from, to [step]uint32
	for len(list) > 0 {
		some := list[:min(step, len(list))]
		list = list[len(some):]
		for i, id := range some {
			g, ok := parseGUID(id)
			guids[i] = g
			if !ok { // an empty stretch
				from[i], to[i] = 0, 0
				continue
			}
			value := g.high >> d.shift
			from[i], to[i] = d.first[value], d.first[value+1]
		}
		for i, id := range some {
			if n, ok := d.among(guids[i], from[i], to[i]); ok {
				found = append(found, n)
			} else {
				others = append(others, id)
			}
		}
	}
	return found, others
}

// names holds many short texts in a few long ones, which the garbage collector need
// not look at one by one.
type names struct {
	blocks []string
	ends   []uint32 // inside the block
	open   []byte
}

// blockNames is how many texts share a block.
const blockNames = 1 << 14

func (t *names) add(text string) {
	t.open = append(t.open, text...)
	t.ends = append(t.ends, uint32(len(t.open)))
	if len(t.ends)%blockNames == 0 {
		t.closeBlock()
	}
}

func (t *names) closeBlock() {
	t.blocks = append(t.blocks, string(t.open))
	t.open = t.open[:0]
}

// finish is called after the last text.
func (t *names) finish() {
	t.closeBlock()
	t.open = nil
	t.ends = slices.Clip(t.ends)
}

func (t *names) count() int { return len(t.ends) }

func (t *names) at(i int) string {
	from := uint32(0)
	if i%blockNames > 0 {
		from = t.ends[i-1]
	}
	return t.blocks[i/blockNames][from:t.ends[i]]
}
