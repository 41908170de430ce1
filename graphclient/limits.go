package graphclient

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is one of Graph's limits: so many units in a span of time. A unit is a
// request, and in the directory's limit a resource unit.
type Limit struct {
	Bucket Bucket
	Units  int
	Per    time.Duration
	// Tenant is the number of accounts from which on the limit is that high.
	Tenant int
	Source string
}

// What the limits are taken from.
const (
	throttlingLimits = "Microsoft Graph service-specific throttling limits (learn.microsoft.com/graph/throttling-limits), 2026-08"
	intuneLimits     = "Microsoft's page on Intune limits as quoted by Q&A 5784629, 2025"
)

// AllLimits is every limit that a reader of one tenant meets, the greatest of a
// bucket last. The limit of all of Graph, 130,000 requests in 10 seconds, is out
// of reach of one program.
func AllLimits() []Limit {
	return []Limit{
		{BucketReports, 5, 10 * time.Second, 0, throttlingLimits},
		{BucketDirectory, 3_500, 10 * time.Second, 0, throttlingLimits},
		{BucketDirectory, 5_000, 10 * time.Second, 50, throttlingLimits},
		{BucketDirectory, 8_000, 10 * time.Second, 501, throttlingLimits},
		// All apps of the tenant share this one, so others need room.
		{BucketConditionalAccess, 1, time.Second, 0, throttlingLimits},
		{BucketIntune, 2_000, 20 * time.Second, 0, intuneLimits},
	}
}

// LimitOf is the limit of a bucket in a tenant of so many accounts.
func LimitOf(b Bucket, accounts int) Limit {
	var found Limit
	for _, l := range AllLimits() {
		if l.Bucket == b && accounts >= l.Tenant {
			found = l
		}
	}
	return found
}

const (
	// fewUnits is up to how many units a limit is kept by counting each of them. Of
	// greater ones a share is left unused instead.
	fewUnits = 20
	// margin stretches the span of a limit that is kept unit by unit: requests do not
	// all take equally long to arrive.
	margin = 1.05
	// burstShare and rateShare are what is used of a greater limit at once and over its
	// span; together they stay below one.
	burstShare, rateShare = 0.1, 0.8
	// afterPause is over how long those who waited out a pause come back.
	afterPause = time.Second
)

// Limits keeps requests below Graph's limits and holds a whole bucket back when
// Graph says so. It is a [Limiter], safe for concurrent use.
type Limits struct {
	// Pacing is told of every wait of a second or more that keeps a limit. It must be
	// safe for concurrent use; nil tells nobody.
	Pacing func(b Bucket, d time.Duration)

	mu      sync.Mutex
	buckets map[Bucket]*pace
}

// pace is what is left of one limit.
type pace struct {
	// tellers let units through in turn. One that allows a burst stands for a great
	// limit; as many as the limit has units, each allowing one in the whole span, keep
	// a small limit exactly.
	tellers []*rate.Limiter
	next    int
	until   time.Time // of a pause
}

// NewLimits makes limits for a tenant of unknown size, which is taken for a small
// one until [Limits.Tenant] says otherwise.
func NewLimits() *Limits {
	l := &Limits{buckets: map[Bucket]*pace{}}
	for _, limit := range AllLimits() {
		if limit.Tenant == 0 {
			l.buckets[limit.Bucket] = newPace(limit)
		}
	}
	return l
}

func newPace(l Limit) *pace {
	if l.Units > fewUnits {
		perSecond := rateShare * float64(l.Units) / l.Per.Seconds()
		return &pace{tellers: []*rate.Limiter{rate.NewLimiter(rate.Limit(perSecond), int(burstShare*float64(l.Units)))}}
	}
	p := &pace{}
	every := time.Duration(margin * float64(l.Per))
	if l.Bucket == BucketConditionalAccess {
		every = l.Per * 5 / 4 // shared with others
	}
	for range l.Units {
		p.tellers = append(p.tellers, rate.NewLimiter(rate.Every(every), 1))
	}
	return p
}

// Tenant says how many accounts the tenant has: greater ones have a greater
// directory limit.
func (l *Limits) Tenant(accounts int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.buckets[BucketDirectory]
	next := newPace(LimitOf(BucketDirectory, accounts)).tellers[0]
	p.tellers[0].SetLimit(next.Limit())
	p.tellers[0].SetBurst(next.Burst())
}

// Wait returns when a request of so many units may be sent.
func (l *Limits) Wait(ctx context.Context, b Bucket, units int) error {
	if d := l.reserve(b, units); d > 0 {
		if d >= time.Second && l.Pacing != nil {
			l.Pacing(b, d)
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
	for {
		d := l.paused(b)
		if d <= 0 {
			return context.Cause(ctx)
		}
		// Full jitter: those who waited do not come back together.
		if err := sleep(ctx, d+rand.N(afterPause)); err != nil {
			return err
		}
	}
}

// reserve takes units and tells how long to wait for them.
func (l *Limits) reserve(b Bucket, units int) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.buckets[b]
	if p == nil {
		return 0
	}
	now := time.Now()
	for units > 0 {
		teller := p.tellers[p.next%len(p.tellers)]
		p.next++
		n := min(units, teller.Burst())
		units -= n
		wait = max(wait, teller.ReserveN(now, n).DelayFrom(now))
	}
	return wait
}

func (l *Limits) paused(b Bucket) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.buckets[b]; p != nil {
		return time.Until(p.until)
	}
	return 0
}

// Charged takes units that a request cost beyond those it waited for.
func (l *Limits) Charged(b Bucket, units int) {
	if units > 0 {
		l.reserve(b, units)
	}
}

// Pause holds back every request of a bucket.
func (l *Limits) Pause(b Bucket, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.buckets[b]; p != nil {
		if until := time.Now().Add(d); until.After(p.until) {
			p.until = until
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
