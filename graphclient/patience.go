package graphclient

import (
	"context"
	"errors"
	"time"
)

// patience is what one call has left of tries and waiting time.
type patience struct {
	c      *Client
	bucket Bucket
	tries  int
	silent int // tries that ended in ErrTimeout
	asked  int // tries that ended in a wait that Graph asked for
	waited time.Duration
}

func (c *Client) patience(b Bucket) *patience { return &patience{c: c, bucket: b} }

// askedMost is how many times the usual tries a read is tried again when Graph says
// when to come back. MaxWait bounds them as well.
const askedMost = 4

// wait sleeps until the next try, or returns the cause when there is to be none:
// tries are used up, or Graph wants a longer wait than is left.
func (p *patience) wait(ctx context.Context, cause error) error {
	var e *Error
	switch {
	case errors.As(cause, &e) && e.Throttled() && e.RetryAfter > 0:
		// Being told to come back later says nothing against coming back.
		p.asked++
	case errors.Is(cause, ErrTimeout):
		p.silent++
		fallthrough
	default:
		p.tries++
	}
	// A read that took minutes to fail will fail again: it asks for too much. One
	// more try is for bad luck.
	if p.tries >= p.c.retry.Tries || p.silent > 1 || p.asked >= askedMost*p.c.retry.Tries {
		return unmark(cause)
	}
	d := p.next(cause)
	if p.waited+d > p.c.retry.MaxWait {
		return unmark(cause)
	}
	p.waited += d
	if p.c.limiter != nil && e != nil && (e.Throttled() || e.RetryAfter > 0) {
		p.c.limiter.Pause(p.bucket, d)
	}
	return p.c.sleep(ctx, p.bucket, d, unmark(cause))
}

// next is how long to wait. Graph's word counts; without one, capped exponential
// back-off with full jitter keeps parallel callers from coming back together.
func (p *patience) next(cause error) time.Duration {
	var e *Error
	if errors.As(cause, &e) {
		if e.RetryAfter > 0 {
			return e.RetryAfter
		}
		if e.Throttled() && p.bucket == BucketConditionalAccess {
			// This limit is shared with all apps of the tenant and never says how
			// long; trying again early prolongs it (Graph throttling-limits page).
			return min(10*time.Second, p.c.retry.Cap) + p.c.jitter(min(20*time.Second, p.c.retry.Cap))
		}
	}
	limit := p.c.retry.Cap
	if shift := max(p.tries-1, 0); shift < 30 {
		limit = min(limit, p.c.retry.Base<<shift)
	}
	return p.c.jitter(limit)
}

// sleep waits for d, telling OnWait first.
func (c *Client) sleep(ctx context.Context, b Bucket, d time.Duration, cause error) error {
	if c.onWait != nil {
		c.onWait(b, d, cause)
	}
	return sleep(ctx, d)
}

// unmark takes off the mark that only this package needs.
func unmark(err error) error {
	if t, ok := err.(*transient); ok {
		return t.err
	}
	return err
}
