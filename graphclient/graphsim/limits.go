package graphsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"passkeyaudit/audit/snapshot"
)

// limits count what was charged to each of Graph's limits. Source:
// https://learn.microsoft.com/graph/throttling-limits, 2026-08
type limits struct {
	mu      sync.Mutex
	charged map[string][]charge
}

type charge struct {
	at    time.Time
	units int
}

type limit struct {
	units int
	per   time.Duration
}

// bucket names the limit that pays for a call.
func (c *call) bucket() string {
	path := strings.ToLower(strings.Join(c.segments, "/"))
	for _, b := range []struct{ prefix, bucket string }{
		{"auditlogs", "reports"}, {"reports", "reports"},
		{"identity/conditionalaccess", "conditional-access"}, {"identityprotection", "conditional-access"},
		{"devicemanagement", "intune"},
	} {
		if strings.HasPrefix(path, b.prefix) {
			return b.bucket
		}
	}
	return "directory"
}

// limit is that of a bucket; the directory's grows with the tenant.
func (s *Server) limit(bucket string) limit {
	switch bucket {
	case "reports":
		return limit{5, 10 * time.Second}
	case "conditional-access":
		return limit{1, time.Second}
	case "intune":
		return limit{2_000, 20 * time.Second}
	}
	l := limit{3_500, 10 * time.Second}
	if t, err := s.store.table(snapshot.Users); err == nil {
		switch {
		case t.rows > 500:
			l.units = 8_000
		case t.rows >= 50:
			l.units = 5_000
		}
	}
	return l
}

// limited refuses a call above a limit. What is refused counts as well.
func (c *call) limited() *answer {
	if !c.server.options.Limits || c.isBatch() {
		return nil
	}
	bucket := c.bucket()
	limit := c.server.limit(bucket)
	now := time.Now()
	l := &c.server.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.charged == nil {
		l.charged = map[string][]charge{}
	}
	used, recent := 0, l.charged[bucket][:0]
	for _, ch := range l.charged[bucket] {
		if now.Sub(ch.at) < limit.per {
			used += ch.units
			recent = append(recent, ch)
		}
	}
	l.charged[bucket] = recent
	if used < limit.units {
		return nil
	}
	free := recent[0].at.Add(limit.per).Sub(now)
	l.charged[bucket] = append(recent, charge{now, 1})
	return c.throttled(bucket, int((free+time.Second-1)/time.Second))
}

// throttled is the 429 of a bucket. Those of Conditional Access and of Intune do not
// say how long to wait.
func (c *call) throttled(bucket string, seconds int) *answer {
	f := fail(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
	switch bucket {
	case "reports":
		f.code, f.message, f.retryAfter = "UnknownError", "Too Many Requests", seconds
		f.retryDate = c.server.calls.Load()%2 == 0 // either form is right, so both are used
	case "directory":
		f.code, f.message, f.retryAfter = "TooManyRequests", "Too many requests from Identifier:simulator under category:aadgraph.app.tenant_large", seconds
	}
	a := c.failureAnswer(f)
	if bucket == "directory" {
		a.header.Set("x-ms-throttle-scope", fmt.Sprintf("Tenant_Application/ReadWrite/simulator/%s", c.server.store.snap.Manifest().Tenant.ID))
		a.header.Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
	}
	return a
}

// spend charges a call that was let through.
func (c *call) spend(a *answer) {
	if !c.server.options.Limits || c.isBatch() {
		return
	}
	bucket, units := c.bucket(), 1
	if n, err := strconv.Atoi(a.header.Get("x-ms-resource-unit")); err == nil && bucket == "directory" {
		units = n
	}
	l := &c.server.limits
	l.mu.Lock()
	defer l.mu.Unlock()
	l.charged[bucket] = append(l.charged[bucket], charge{time.Now(), units})
}

// isBatch tells whether the call is a batch, whose requests are charged one by one.
func (c *call) isBatch() bool {
	return len(c.segments) == 1 && strings.EqualFold(c.segments[0], "$batch")
}
