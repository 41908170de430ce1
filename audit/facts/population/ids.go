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

// parseGUID reads the text of a GUID in any letter case.
func parseGUID(s string) (g guid, ok bool) {
	if len(s) != guidLength || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return g, false
	}
	a, badA := hexDigits(first4(s)<<32 | first4(s[4:]))
	b, badB := hexDigits(first4(s[9:])<<32 | first4(s[14:]))
	c, badC := hexDigits(first4(s[19:])<<32 | first4(s[24:]))
	d, badD := hexDigits(first4(s[28:])<<32 | first4(s[32:]))
	return guid{a<<32 | b, c<<32 | d}, badA|badB|badC|badD == 0
}

// first4 is the first four characters of a text as a number.
func first4(s string) uint64 {
	_ = s[3]
	return uint64(s[0])<<24 | uint64(s[1])<<16 | uint64(s[2])<<8 | uint64(s[3])
}

// hexDigits is the value of eight hexadecimal digits, the first in the highest byte, all
// computed at once; bad is not 0 where one of them is none. There are millions of ids.
func hexDigits(text uint64) (value, bad uint64) {
	const each = 0x0101010101010101
	letter := text >> 6 & each // bit 6 is set in letters and not in digits
	value = text&(0x0f*each) + 9*letter
	// A digit is 0x30 and more, a letter in lower case 0x60 and more; a letter is worth
	// 10 and more and a digit less, and nothing is worth 16.
	bad = text&(0xf0*each) | 0x20*letter
	bad ^= 0x30*each + 0x30*letter
	bad |= (value + 6*each ^ letter<<4) & (0x10 * each)
	bad |= value & (0x10 * each)
	value = (value | value>>4) & 0x00ff00ff00ff00ff
	value = (value | value>>8) & 0x0000ffff0000ffff
	return (value | value>>16) & 0xffffffff, bad
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

	// byRow has the GUIDs in the order of the rows, and position where each is among the
	// sorted ones: rows of other sections mostly come in the same order.
	byRow    []guid
	position []uint32

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
	byRow := make([]guid, count)
	spelled := map[uint32]string{} // by row
	for i := range byRow {
		text := at(i)
		g, ok := parseGUID(text)
		if !ok {
			return orderTexts(at, count)
		}
		byRow[i] = g
		if !inLowerCase(text) {
			spelled[uint32(i)] = text
		}
	}
	rows = make([]uint32, 0, count)
	all.guids = make([]guid, 0, count)
	order := ordered(byRow)
	for i, o := range order {
		if i+1 < len(order) && order[i+1].guid == o.guid {
			byRow[o.row] = guid{} // no row of the finder's
			continue
		}
		if text, odd := spelled[o.row]; odd {
			if all.spelled == nil {
				all.spelled = map[uint32]string{}
			}
			all.spelled[uint32(len(rows))] = text
		}
		all.guids, rows = append(all.guids, o.guid), append(rows, o.row)
	}
	all.index()
	all.byRow, all.position = byRow, make([]uint32, count)
	for n, row := range rows {
		all.position[row] = uint32(n)
	}
	return all, rows
}

// ordered are GUIDs with their rows, equal ones in the order of the rows. Object ids are
// random: put where their first bits belong they are in order but for a few neighbours.
func ordered(byRow []guid) []idRow {
	wide := max(bits.Len(uint(len(byRow))), 1)
	shift := uint(64 - wide)
	next := make([]uint32, 1<<wide+1)
	for _, g := range byRow {
		next[g.high>>shift+1]++
	}
	for i := 1; i < len(next); i++ {
		next[i] += next[i-1]
	}
	order := make([]idRow, len(byRow))
	for row, g := range byRow {
		at := &next[g.high>>shift]
		order[*at] = idRow{g, uint32(row)}
		*at++
	}
	// By now next has where each stretch ends.
	from := uint32(0)
	for _, to := range next[:1<<wide] {
		if to-from > 1 {
			slices.SortFunc(order[from:to], func(a, b idRow) int { return cmp.Or(a.guid.compare(b.guid), cmp.Compare(a.row, b.row)) })
		}
		from = to
	}
	return order
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
	return inLowerCase(text)
}

// inLowerCase tells whether the text of a GUID has no capital letter: bit 6 is set in
// letters, and bit 5 in small ones.
func inLowerCase(text string) bool {
	var capital byte
	for i := range len(text) {
		capital |= text[i] &^ (text[i] << 1)
	}
	return capital&0x40 == 0
}

// find gives the position of an id in any letter case.
func (d *ids) find(id string) (uint32, bool) {
	if d.keys != nil {
		i, found := slices.BinarySearch(d.keys, strings.ToLower(id))
		return uint32(i), found
	}
	g, ok := parseGUID(id)
	if !ok {
		return 0, false
	}
	return d.findGUID(g)
}

func (d *ids) findGUID(g guid) (uint32, bool) {
	if len(d.guids) == 0 {
		return 0, false
	}
	value := g.high >> d.shift
	return d.among(g, d.first[value], d.first[value+1])
}

// among looks for a GUID between two positions.
func (d *ids) among(g guid, from, to uint32) (uint32, bool) {
	for to > from+8 { // ids that are not random
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

// finder finds ids that come in nearly the order of the accounts' rows, as those of the
// registration report and the owners of devices do, without waiting for memory; others
// it finds as well. It is for one goroutine.
type finder struct {
	ids  *ids
	rows []uint32 // the row of each position
	next int      // the row after that of the id found last
}

// ahead is how many rows are looked at: some accounts have no row, or no device.
const ahead = 16

func (f *finder) find(id string) (uint32, bool) {
	d := f.ids
	if len(d.byRow) == 0 {
		return d.find(id)
	}
	g, ok := parseGUID(id)
	if !ok {
		return 0, false
	}
	// The row of the last id is looked at, too: a person may have several devices. Of rows
	// that were replaced by later ones the GUID is zero; no account has that one.
	from := max(f.next-1, 0)
	for i, other := range d.byRow[from:min(from+ahead, len(d.byRow))] {
		if other == g && g != (guid{}) {
			f.next = from + i + 1
			return d.position[from+i], true
		}
	}
	n, found := d.findGUID(g)
	if found {
		f.next = int(f.rows[n]) + 1
	}
	return n, found
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
	var guids, likely [step]guid
	var from, to [step]uint32
	last := uint32(len(d.guids) - 1)
	for len(list) > 0 {
		some := list[:min(step, len(list))]
		list = list[len(some):]
		for i, id := range some {
			g, ok := parseGUID(id)
			guids[i], to[i] = g, 1
			if !ok {
				to[i] = 0
			}
		}
		// Short loops: the less there is to do for each, the more of them are waited for at
		// once.
		for i := range some {
			value := guids[i].high >> d.shift
			from[i] = d.first[value]
			to[i] *= d.first[value+1] // an empty stretch for what is no GUID
		}
		for i := range some {
			likely[i] = d.guids[min(from[i], last)]
		}
		for i, id := range some {
			if likely[i] == guids[i] && from[i] < to[i] {
				found = append(found, from[i])
			} else if n, ok := d.among(guids[i], from[i], to[i]); ok {
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
