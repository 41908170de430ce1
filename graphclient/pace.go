package graphclient

import (
	"context"
	"sync"
	"time"
)

// Pace is a limiter that lets the requests of one bucket leave no faster than one an
// interval. Other buckets are not held up.
type Pace struct {
	Bucket   Bucket
	Interval time.Duration

	mu   sync.Mutex
	next time.Time
}

// Wait returns when the next request may leave. It implements [Limiter].
func (p *Pace) Wait(ctx context.Context, b Bucket) error {
	if b != p.Bucket {
		return nil
	}
	p.mu.Lock()
	now := time.Now()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(p.Interval)
	p.mu.Unlock()
	if !at.After(now) {
		return ctx.Err()
	}
	t := time.NewTimer(at.Sub(now))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
