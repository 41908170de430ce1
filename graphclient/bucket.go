package graphclient

import (
	"context"
	"time"
)

// Bucket names one of Graph's limits. Requests of one bucket are throttled
// together, whatever their paths, so a limiter belongs to a bucket and never to
// an endpoint (Graph throttling-limits page).
type Bucket string

// The limits that matter to a reader of one tenant.
const (
	// BucketReports pays for sign-ins, audits and registration reports:
	// 5 requests in 10 s for an app in a tenant.
	BucketReports Bucket = "reports"
	// BucketDirectory pays for users, groups, devices and policies outside
	// Conditional Access: 3,500 to 8,000 resource units in 10 s.
	BucketDirectory Bucket = "directory"
	// BucketConditionalAccess pays for Conditional Access and Identity
	// Protection: 1 request a second, shared by all apps of the tenant, and
	// refused without a Retry-After.
	BucketConditionalAccess Bucket = "conditional-access"
	// BucketIntune pays for managed devices: 2,000 requests in 20 s.
	BucketIntune Bucket = "intune"
)

// Limiter decides when a request may leave. [Limits] is the one for Graph.
type Limiter interface {
	// Wait returns when so many units of a bucket may be spent, or with an error when
	// ctx ends first. It is called for every attempt, and for a batch with what its
	// items cost together, since Graph charges items one by one.
	Wait(ctx context.Context, b Bucket, units int) error
	// Charged is told of units that Graph charged beyond those waited for.
	Charged(b Bucket, units int)
	// Pause is told that Graph wants no request of a bucket for a while.
	Pause(b Bucket, d time.Duration)
}
