package snapshot

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"passkeyaudit/audit/entra"
)

// chunk is what a run of rows came to. It is handed over whole, so that what has
// been recorded as unreadable depends on how far a reader came and on nothing else.
type chunk[R any] struct {
	values     []R
	unreadable []Unreadable
	err        error // after the values
}

const (
	// chunkRows is how many rows make a chunk, at most.
	chunkRows = 4096
	// chunkBytes is how much text makes a chunk, so that few rows of a million ids
	// each are not held at once.
	chunkBytes = 1 << 20
	// chunksAhead lets a segment of SegmentRows rows be decoded before its turn.
	chunksAhead = SegmentRows/chunkRows + 1
	// maxDecoders bounds the decoded segments held at a time on large machines.
	maxDecoders = 8
)

func decoders() int { return min(runtime.GOMAXPROCS(0), maxDecoders) }

// rowMap makes a value of a row that was decoded as T. The T is used again for the
// next row.
type rowMap[T, R any] func(row Row, v *T) R

// keeps says what a map keeps of the row it is given.
type keeps uint8

const (
	keepsAll keeps = iota
	keepsTexts
	keepsNothing
)

// decoding is a section being decoded. newMap is called for every run of rows that
// one goroutine decodes, so that a map may have memory of its own.
type decoding[T, R any] struct {
	s      *Snapshot
	id     SectionID
	newMap func() rowMap[T, R]
	keeps  keeps
	// only tells of the number of a row, from 0, whether it is decoded; nil: all are.
	only  func(row int) bool
	first []int // number of the first row of each segment, where only is given
	total tally
	// spare are decoders between two batches: what they have learned and allocated
	// serves the next.
	spare sync.Pool
	// index says where whose row is, by segment, once all were decoded.
	index []segmentIndex
}

// chunks decodes a section in parallel and yields it in order. All its goroutines
// have ended, and all files are closed, when it returns.
func (d *decoding[T, R]) chunks(ctx context.Context) iter.Seq[chunk[R]] {
	return func(yield func(chunk[R]) bool) {
		segs := d.s.files[d.id]
		d.index = make([]segmentIndex, len(segs))
		for i, seg := range segs {
			if seg.Objects != nil && *seg.Objects > 0 && d.indexed() {
				d.index[i].hashes = make([]uint32, 0, min(*seg.Objects, SegmentRows))
			}
		}
		decoded := d.ahead(ctx)
		if len(segs) == 1 {
			decoded = d.split(ctx, segs[0])
		}
		for c := range decoded {
			if !yield(c) || c.err != nil {
				return
			}
		}
		if err := d.s.checkTotal(d.id, &d.total); err != nil {
			yield(chunk[R]{err: err})
			return
		}
		if d.indexed() {
			d.s.leaveIndex(d.id, d.index)
		}
	}
}

// indexed tells whether an index is made on the way. Logs are long, and few of their
// rows are ever looked for: theirs is made once somebody asks.
func (d *decoding[T, R]) indexed() bool {
	spec, _ := Spec(d.id)
	return spec.Key != "" && d.id != SignIns && d.id != DirectoryAudits && !d.s.focus.active() && d.only == nil
}

// rows are those of a segment that are decoded.
func (d *decoding[T, R]) rows(ctx context.Context, n int, seg Segment) iter.Seq2[Row, error] {
	all := d.s.segmentRowsNoting(ctx, d.id, seg, &d.total, &d.index[n].starts)
	if d.only == nil {
		return all
	}
	return func(yield func(Row, error) bool) {
		number := d.first[n] - 1
		for row, err := range all {
			if number++; err == nil && !d.only(number) {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// note adds a row to the index.
func (d *decoding[T, R]) note(segment int, key string, row Row) {
	x := &d.index[segment]
	x.hashes = append(x.hashes, hashOfKey(row.Raw, key))
}

// ahead decodes several segments at a time.
func (d *decoding[T, R]) ahead(parent context.Context) iter.Seq[chunk[R]] {
	return func(yield func(chunk[R]) bool) {
		ctx, cancel := context.WithCancel(parent)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		var queue []chan chunk[R]
		start := func(n int, seg Segment) {
			out := make(chan chunk[R], chunksAhead)
			queue = append(queue, out)
			running.Go(func() {
				defer close(out)
				for c := range d.segment(ctx, n, seg) {
					select {
					case out <- c:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		segs := d.s.files[d.id]
		for next := 0; next < len(segs) || len(queue) > 0; {
			for ; next < len(segs) && len(queue) < decoders(); next++ {
				start(next, segs[next])
			}
			for c := range queue[0] {
				if !yield(c) || c.err != nil {
					return
				}
			}
			// A segment that was cancelled ends without saying so.
			if err := parent.Err(); err != nil {
				yield(chunk[R]{err: err})
				return
			}
			queue = queue[1:]
		}
	}
}

// segment decodes one segment.
func (d *decoding[T, R]) segment(ctx context.Context, n int, seg Segment) iter.Seq[chunk[R]] {
	return func(yield func(chunk[R]) bool) {
		spec, _ := Spec(d.id)
		indexed := d.indexed()
		var b rowDecoder[T, R]
		b.start(d)
		read := 0
		for row, err := range d.rows(ctx, n, seg) {
			if err == nil {
				read += len(row.Raw)
				if indexed {
					d.note(n, spec.Key, row)
				}
				err = b.decode(row)
			}
			if err != nil {
				b.out.err = err
				yield(b.out)
				return
			}
			if b.rows() < chunkRows && read < chunkBytes {
				continue
			}
			if !yield(b.out) {
				return
			}
			b.out, read = chunk[R]{values: make([]R, 0, b.rows())}, 0
		}
		if b.rows() > 0 {
			yield(b.out)
		}
	}
}

// batch is some rows of one segment with their text.
type batch struct {
	rows []Row
	text []byte
	err  error // after the rows
}

var batches = sync.Pool{New: func() any { return &batch{} }}

func (b *batch) add(row Row) {
	// The text may move while it grows; rows get their parts of it at the end.
	b.text = append(b.text, row.Raw...)
	b.rows = append(b.rows, row)
}

// split decodes one segment in several goroutines: one reads it, the others decode
// runs of its rows.
func (d *decoding[T, R]) split(parent context.Context, seg Segment) iter.Seq[chunk[R]] {
	return func(yield func(chunk[R]) bool) {
		ctx, cancel := context.WithCancel(parent)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		queue := make(chan chan chunk[R], decoders()) // in the order of the rows
		start := func(b *batch) bool {
			out := make(chan chunk[R], 1)
			select {
			case queue <- out:
			case <-ctx.Done():
				return false
			}
			running.Go(func() { out <- d.batch(b) })
			return true
		}
		running.Go(func() {
			defer close(queue)
			spec, _ := Spec(d.id)
			indexed := d.indexed()
			b := batches.Get().(*batch)
			for row, err := range d.rows(ctx, 0, seg) {
				if err != nil {
					b.err = err
					break
				}
				b.add(row)
				if indexed {
					d.note(0, spec.Key, row)
				}
				if len(b.rows) < chunkRows && len(b.text) < chunkBytes {
					continue
				}
				if !start(b) {
					return
				}
				b = batches.Get().(*batch)
			}
			if len(b.rows) > 0 || b.err != nil {
				start(b)
			}
		})
		for out := range queue {
			c := <-out
			if err := parent.Err(); err != nil {
				c = chunk[R]{err: err}
			}
			if !yield(c) || c.err != nil {
				return
			}
		}
		// A reader that was cancelled ends without saying so.
		if err := parent.Err(); err != nil {
			yield(chunk[R]{err: err})
		}
	}
}

func (d *decoding[T, R]) batch(in *batch) chunk[R] {
	b, _ := d.spare.Get().(*rowDecoder[T, R])
	if b == nil {
		b = &rowDecoder[T, R]{}
		b.start(d)
	}
	b.out = chunk[R]{values: make([]R, 0, len(in.rows)), err: in.err}
	rest := in.text
	for _, row := range in.rows {
		n := len(row.Raw)
		row.Raw, rest = rest[:n:n], rest[n:]
		if err := b.decode(row); err != nil {
			b.out.err = err
			break
		}
	}
	clear(in.rows)
	in.rows, in.text, in.err = in.rows[:0], in.text[:0], nil
	batches.Put(in)
	out := b.out
	b.out = chunk[R]{}
	d.spare.Put(b)
	return out
}

// rowDecoder decodes rows into a chunk.
type rowDecoder[T, R any] struct {
	id    SectionID
	of    rowMap[T, R]
	plain entra.Plain
	keeps keeps
	value *T
	out   chunk[R]
}

func (b *rowDecoder[T, R]) start(d *decoding[T, R]) {
	b.id, b.of, b.keeps, b.value = d.id, d.newMap(), d.keeps, new(T)
	b.plain.Borrow = d.keeps == keepsNothing
}

func (b *rowDecoder[T, R]) rows() int { return len(b.out.values) + len(b.out.unreadable) }

// decode takes a row. A row that is to be left out is noted; an error ends the read.
func (b *rowDecoder[T, R]) decode(row Row) error {
	var none T
	if b.keeps == keepsAll {
		*b.value = none
	}
	if b.plain.Decode(row.Raw, b.value) && hasKey(b.value) {
		b.out.values = append(b.out.values, b.of(row, b.value))
		return nil
	}
	*b.value = none
	bad, err := decodeRow(b.id, row, b.value)
	switch {
	case err != nil:
		return err
	case bad != nil:
		b.out.unreadable = append(b.out.unreadable, *bad)
	default:
		b.out.values = append(b.out.values, b.of(row, b.value))
	}
	return nil
}
