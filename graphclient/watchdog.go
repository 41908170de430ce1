package graphclient

import (
	"context"
	"fmt"
	"io"
	"time"
)

// idleTimeout is how long a body may stay silent between two reads.
const idleTimeout = 2 * time.Minute

// watchdog ends an attempt that makes no progress. It takes the place of a
// timeout on the whole request, which would punish long answers that arrive
// steadily.
type watchdog struct {
	timer *time.Timer
}

func newWatchdog(cancel context.CancelCauseFunc, header time.Duration) *watchdog {
	return &watchdog{timer: time.AfterFunc(header, func() {
		cancel(fmt.Errorf("%w (at least %s of silence)", ErrTimeout, idleTimeout))
	})}
}

// progress starts the wait for the next piece of the body.
func (w *watchdog) progress() { w.timer.Reset(idleTimeout) }

func (w *watchdog) stop() { w.timer.Stop() }

// watchedBody reads a body under a size limit, tells the watchdog, and keeps the
// first error that is not the end, since decoders wrap what they are given.
type watchedBody struct {
	r       io.Reader
	watch   *watchdog
	limit   int64
	limited bool
	err     error
}

func (b *watchedBody) Read(p []byte) (int, error) {
	if b.limited && b.limit <= 0 {
		// Only an answer that goes on is too large.
		if n, err := b.r.Read(make([]byte, 1)); n == 0 && err == io.EOF {
			return 0, io.EOF
		}
		b.err = ErrTooLarge
		return 0, ErrTooLarge
	}
	if b.limited && int64(len(p)) > b.limit {
		p = p[:b.limit]
	}
	b.watch.progress()
	n, err := b.r.Read(p)
	b.limit -= int64(n)
	if err != nil && err != io.EOF && b.err == nil {
		b.err = err
	}
	return n, err
}
