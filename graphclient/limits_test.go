package graphclient

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sent notes when units of a bucket were let through, for eight callers at once.
func sent(t *testing.T, l *Limits, b Bucket, units, calls int) (times []time.Duration) {
	t.Helper()
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range calls / 8 {
				if err := l.Wait(t.Context(), b, units); err != nil {
					t.Error(i, err)
				}
				mu.Lock()
				times = append(times, time.Since(began))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(times)
	return times
}

// Never is more sent in any span of a limit than it allows, and in the long run
// nearly all of it is used.
func TestLimitsAreKept(t *testing.T) {
	tests := []struct {
		name     string
		bucket   Bucket
		accounts int
		units    int
		calls    int
		atLeast  float64 // of the limit, in the long run
	}{
		{"reports", BucketReports, 0, 1, 200, 0.9},
		{"conditional-access", BucketConditionalAccess, 0, 1, 80, 0.79},
		{"directory-small", BucketDirectory, 0, 5, 8_000, 0.79},
		{"directory-medium", BucketDirectory, 50, 5, 8_000, 0.79},
		{"directory-large", BucketDirectory, 501, 1, 80_000, 0.79},
		{"intune", BucketIntune, 0, 1, 8_000, 0.79},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimits()
				l.Tenant(tt.accounts)
				limit := LimitOf(tt.bucket, tt.accounts)
				times := sent(t, l, tt.bucket, tt.units, tt.calls)
				first := 0
				for i, at := range times {
					for at-times[first] >= limit.Per {
						first++
					}
					if n := (i - first + 1) * tt.units; n > limit.Units {
						t.Fatalf("%d units within %s of %s, the limit is %d in %s", n, limit.Per, at, limit.Units, limit.Per)
					}
				}
				used := float64(tt.calls*tt.units) / (times[len(times)-1].Seconds() * float64(limit.Units) / limit.Per.Seconds())
				if used < tt.atLeast {
					t.Errorf("%.2f of the limit is used, want %.2f", used, tt.atLeast)
				}
			})
		})
	}
}

func TestEveryLimitHasASource(t *testing.T) {
	for _, l := range AllLimits() {
		if l.Source == "" || l.Units < 1 || l.Per < time.Second {
			t.Errorf("%+v", l)
		}
	}
	if got := LimitOf(BucketDirectory, 1_000_000).Units; got != 8_000 {
		t.Errorf("a large tenant has %d units", got)
	}
}

// What one request is told holds for all of its bucket, and for no other.
func TestPauseHoldsTheBucket(t *testing.T) {
	for _, header := range [][]string{
		{"Retry-After", "40"},
		{"Date", "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After", "Sun, 22 Nov 2026 10:00:40 GMT"},
	} {
		synctest.Test(t, func(t *testing.T) {
			refused := make(chan struct{})
			first := true
			c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
				if first {
					first = false
					close(refused)
					return answer(r, 429, `{}`, header...), nil
				}
				return answer(r, 200, `{"value":[]}`), nil
			}, func(c *Config) { c.Limiter = NewLimits() })
			began := time.Now()
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, err := c.Post(t.Context(), SignIns(Query{})); err != nil {
					t.Error(err)
				}
			})
			<-refused
			synctest.Wait()
			for range 2 {
				wg.Go(func() {
					if _, err := c.Post(t.Context(), DirectoryAudits(Query{})); err != nil {
						t.Error(err)
					}
					if d := time.Since(began); d < 40*time.Second || d > 42*time.Second {
						t.Errorf("another request of the bucket was sent after %s", d)
					}
				})
			}
			if _, err := c.Post(t.Context(), Users(Query{})); err != nil || time.Since(began) > 0 {
				t.Errorf("another bucket waited %s: %v", time.Since(began), err)
			}
			wg.Wait()
		})
	}
}

func TestLimiterLearnsWhatGraphCharges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, `{"value":[]}`, "x-ms-resource-unit", "100"), nil
		}, func(c *Config) { c.Limiter = NewLimits() })
		began := time.Now()
		for range 100 {
			if _, err := c.Post(t.Context(), Users(Query{})); err != nil {
				t.Fatal(err)
			}
		}
		// 10,000 units at 280 a second, after a burst of 350.
		if d := time.Since(began); d < 33*time.Second || d > 36*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// A charge that no request of Graph has does not hold back the rest for minutes.
func TestChargeWithoutSense(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, `{"value":[]}`, "x-ms-resource-unit", "99999"), nil
		}, func(c *Config) { c.Limiter = NewLimits() })
		began := time.Now()
		for range 10 {
			if _, err := c.Post(t.Context(), Users(Query{})); err != nil {
				t.Fatal(err)
			}
		}
		// The others count requests.
		for _, r := range []Request{ConditionalAccessPolicies(), NamedLocations(), SignIns(Query{}), UserRegistrationDetails(Query{})} {
			if _, err := c.Post(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

func TestLimitsTellOfWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimits()
		var got []Bucket
		l.Pacing = func(b Bucket, d time.Duration) {
			if d < time.Second || d > 11*time.Second {
				t.Errorf("waits %s", d)
			}
			got = append(got, b)
		}
		for range 6 {
			if err := l.Wait(t.Context(), BucketReports, 1); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]Bucket{BucketReports}, got); diff != "" {
			t.Error(diff)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("enough")
		time.AfterFunc(time.Second, func() { cancel(stop) })
		l.Pause(BucketReports, time.Hour)
		if err := l.Wait(ctx, BucketReports, 1); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCosts(t *testing.T) {
	tests := []struct {
		r    Request
		want int
	}{
		{Users(Query{}), 2},
		{Users(Query{Select: []string{"id"}}), 1},
		{GroupTransitiveMembers("g", Query{}), 5},
		{GroupTransitiveMembers("g", Query{Select: []string{"id"}, Top: 10}), 3},
		{Devices(Query{Expand: []string{"registeredOwners"}}), 2},
		{AuthenticationMethods("u"), 1},
		{DirectoryObjectsByIDs([]string{"a"}, nil), 3},
		{SubscribedSkus(), 3},
	}
	for _, tt := range tests {
		if got := tt.r.cost(); got != tt.want {
			t.Errorf("%s costs %d, want %d", tt.r, got, tt.want)
		}
	}
}
