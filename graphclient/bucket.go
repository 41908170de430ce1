package graphclient

import "context"

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

// Limiter decides when a request may leave. Wait returns when one request of the
// bucket may be sent, or with an error when ctx ends first. It is called once for
// every attempt, and once for every item of a batch, since Graph charges items
// one by one.
type Limiter interface {
	Wait(ctx context.Context, b Bucket) error
}
