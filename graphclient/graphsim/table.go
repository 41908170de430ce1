package graphsim

import (
	"hash/maphash"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/s2"
)

const (
	// blockSize is how many bytes of rows are compressed together.
	blockSize = 256 << 10
	// openBlocks is how many blocks of a table stay decompressed.
	openBlocks = 16
)

// table holds the rows of a section in recorded order, for reading by number.
// All but the last block are compressed. It is safe for concurrent use.
type table struct {
	rows    int
	blocks  []block
	indexes map[string]*index

	mu   sync.Mutex
	open []openBlock // oldest first
}

type block struct {
	first  int // number of the block's first row
	starts []uint32
	packed []byte // nil if plain is set
	plain  []byte
}

type openBlock struct {
	number int
	plain  []byte
}

// row returns the recorded bytes of row i, which must not be changed.
func (t *table) row(i int) (jsontext.Value, error) {
	n := sort.Search(len(t.blocks), func(b int) bool { return t.blocks[b].first > i }) - 1
	b := &t.blocks[n]
	plain, err := t.unpack(n)
	if err != nil {
		return nil, err
	}
	from, to := int(b.starts[i-b.first]), len(plain)
	if next := i - b.first + 1; next < len(b.starts) {
		to = int(b.starts[next])
	}
	return plain[from:to:to], nil
}

func (t *table) unpack(n int) ([]byte, error) {
	if t.blocks[n].packed == nil {
		return t.blocks[n].plain, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range t.open {
		if o.number == n {
			return o.plain, nil
		}
	}
	plain, err := s2.Decode(nil, t.blocks[n].packed)
	if err != nil {
		return nil, err
	}
	if len(t.open) == openBlocks {
		t.open = slices.Delete(t.open, 0, 1)
	}
	t.open = append(t.open, openBlock{n, plain})
	return plain, nil
}

// find lists the rows whose member has the given text, in any letter case.
func (t *table) find(member, text string) ([]int, error) {
	ix := t.indexes[member]
	if ix == nil {
		return nil, nil
	}
	var found []int
	for _, i := range ix.candidates(text) {
		raw, err := t.row(i)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(textMember(raw, member), text) {
			found = append(found, i)
		}
	}
	return found, nil
}

// first is the first row whose member has the given text; nil if there is none.
func (t *table) first(member, text string) (jsontext.Value, error) {
	found, err := t.find(member, text)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return t.row(found[0])
}

// tableBuilder makes a table row by row.
type tableBuilder struct {
	t     *table
	plain []byte
	begin []uint32
}

func newTableBuilder(indexed ...string) *tableBuilder {
	t := &table{indexes: map[string]*index{}}
	for _, member := range indexed {
		t.indexes[member] = &index{}
	}
	return &tableBuilder{t: t}
}

// add checks and stores a row. Every row is an object without duplicate names.
func (b *tableBuilder) add(raw jsontext.Value) error {
	err := eachMember(raw, func(name, value jsontext.Value) bool {
		if len(b.t.indexes) > 0 && value.Kind() == '"' {
			if ix := b.t.indexes[unquote(name)]; ix != nil {
				ix.add(unquote(value), b.t.rows)
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	if len(b.plain)+len(raw) > blockSize && len(b.plain) > 0 {
		b.pack()
	}
	b.begin = append(b.begin, uint32(len(b.plain)))
	b.plain = append(b.plain, raw...)
	b.t.rows++
	return nil
}

func (b *tableBuilder) pack() {
	b.t.blocks = append(b.t.blocks, block{
		first:  b.t.rows - len(b.begin),
		starts: slices.Clone(b.begin),
		packed: slices.Clip(s2.Encode(nil, b.plain)),
	})
	b.plain, b.begin = b.plain[:0], b.begin[:0]
}

func (b *tableBuilder) finish() *table {
	if len(b.begin) > 0 {
		b.t.blocks = append(b.t.blocks, block{
			first: b.t.rows - len(b.begin), starts: slices.Clone(b.begin), plain: slices.Clone(b.plain),
		})
	}
	for _, ix := range b.t.indexes {
		ix.finish()
	}
	return b.t
}

// index finds rows by a text. It keeps hashes only, so hits have to be compared.
type index struct{ entries []indexEntry }

type indexEntry struct {
	hash uint64
	row  uint32
}

var hashSeed = maphash.MakeSeed()

func hashText(text string) uint64 { return maphash.String(hashSeed, strings.ToLower(text)) }

func (ix *index) add(text string, row int) {
	ix.entries = append(ix.entries, indexEntry{hashText(text), uint32(row)})
}

func (ix *index) finish() {
	slices.SortFunc(ix.entries, func(a, b indexEntry) int {
		switch {
		case a.hash != b.hash && a.hash < b.hash:
			return -1
		case a.hash != b.hash:
			return 1
		default:
			return int(a.row) - int(b.row)
		}
	})
	ix.entries = slices.Clip(ix.entries)
}

func (ix *index) candidates(text string) []int {
	h := hashText(text)
	var rows []int
	for i := sort.Search(len(ix.entries), func(i int) bool { return ix.entries[i].hash >= h }); i < len(ix.entries) && ix.entries[i].hash == h; i++ {
		rows = append(rows, int(ix.entries[i].row))
	}
	return rows
}
