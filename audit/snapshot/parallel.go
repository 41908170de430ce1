package snapshot

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// chunk is a run of decoded rows. It is handed over whole, so that what has been
// recorded as unreadable depends on how far a reader came and on nothing else.
type chunk[T any] struct {
	objects    []Object[T]
	unreadable []Unreadable
	err        error // after the objects
}

const (
	// chunkRows is how many decoded rows make a chunk.
	chunkRows = 4096
	// chunksAhead lets a segment of SegmentRows rows be decoded before its turn.
	chunksAhead = SegmentRows/chunkRows + 1
	// maxDecoders bounds the decoded segments held at a time on large machines.
	maxDecoders = 8
)

// chunks decodes a section's segments in parallel and yields them in order. All
// its goroutines have ended, and all files are closed, when it returns.
func chunks[T any](ctx context.Context, s *Snapshot, id SectionID) iter.Seq[chunk[T]] {
	return func(yield func(chunk[T]) bool) {
		var total tally
		segs := s.files[id]
		decoded := decodeAhead[T](ctx, s, id, &total)
		if len(segs) == 1 {
			decoded = decodeSegment[T](ctx, s, id, segs[0], &total)
		}
		for c := range decoded {
			if !yield(c) || c.err != nil {
				return
			}
		}
		if err := s.checkTotal(id, &total); err != nil {
			yield(chunk[T]{err: err})
		}
	}
}

func decodeAhead[T any](parent context.Context, s *Snapshot, id SectionID, total *tally) iter.Seq[chunk[T]] {
	return func(yield func(chunk[T]) bool) {
		ctx, cancel := context.WithCancel(parent)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		var queue []chan chunk[T]
		start := func(seg Segment) {
			out := make(chan chunk[T], chunksAhead)
			queue = append(queue, out)
			running.Go(func() {
				defer close(out)
				for c := range decodeSegment[T](ctx, s, id, seg, total) {
					select {
					case out <- c:
					case <-ctx.Done():
						return
					}
				}
			})
		}
		segs := s.files[id]
		ahead := min(runtime.GOMAXPROCS(0), maxDecoders)
		for next := 0; next < len(segs) || len(queue) > 0; {
			for ; next < len(segs) && len(queue) < ahead; next++ {
				start(segs[next])
			}
			for c := range queue[0] {
				if !yield(c) || c.err != nil {
					return
				}
			}
			// A segment that was cancelled ends without saying so.
			if err := parent.Err(); err != nil {
				yield(chunk[T]{err: err})
				return
			}
			queue = queue[1:]
		}
	}
}

func decodeSegment[T any](ctx context.Context, s *Snapshot, id SectionID, seg Segment, total *tally) iter.Seq[chunk[T]] {
	return func(yield func(chunk[T]) bool) {
		var c chunk[T]
		for row, err := range s.segmentRows(ctx, id, seg, total) {
			if err != nil {
				c.err = err
				yield(c)
				return
			}
			// Decoding in place spares a copy of the value to the heap.
			c.objects = append(c.objects, Object[T]{Row: Row{File: row.File, Line: row.Line}})
			bad, err := decodeRow(id, row, &c.objects[len(c.objects)-1].Value)
			if err != nil || bad != nil {
				c.objects = c.objects[:len(c.objects)-1]
			}
			if err != nil {
				c.err = err
				yield(c)
				return
			}
			if bad != nil {
				c.unreadable = append(c.unreadable, *bad)
			}
			if len(c.objects)+len(c.unreadable) == chunkRows {
				if !yield(c) {
					return
				}
				c = chunk[T]{objects: make([]Object[T], 0, chunkRows)}
			}
		}
		if len(c.objects)+len(c.unreadable) > 0 {
			yield(c)
		}
	}
}
