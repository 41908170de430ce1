package graphclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// script answers requests one after the other and says how often bodies were
// closed.
type script struct {
	steps  []func(*http.Request) (*http.Response, error)
	n      int
	opened int
	closed int
}

type countedBody struct {
	io.Reader
	s *script
}

func (b countedBody) Close() error {
	b.s.closed++
	return nil
}

func (s *script) transport(r *http.Request) (*http.Response, error) {
	step := s.steps[min(s.n, len(s.steps)-1)]
	s.n++
	res, err := step(r)
	if res != nil {
		s.opened++
		res.Body = countedBody{res.Body, s}
	}
	return res, err
}

func status(code int, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		body := `{"value":[]}`
		if code >= 400 {
			body = `{"error":{"code":"c"}}`
		}
		return answer(r, code, body, headers...), nil
	}
}

func fails(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func TestRetry(t *testing.T) {
	reset := errors.New("connection reset by peer")
	type steps = []func(*http.Request) (*http.Response, error)
	tests := []struct {
		name  string
		steps steps
		r     Request
		retry Retry
		waits []time.Duration
		tries int
		want  string // in the error; empty means success
	}{
		{"seconds", steps{status(429, "Retry-After", "17"), status(200)}, Users(Query{}), Retry{}, []time.Duration{17 * time.Second}, 2, ""},
		{"date", steps{status(503, "Date", "Sun, 22 Nov 2026 10:00:00 GMT", "Retry-After", "Sun, 22 Nov 2026 10:01:30 GMT"), status(200)}, Users(Query{}), Retry{}, []time.Duration{90 * time.Second}, 2, ""},
		{"back-off", steps{status(500), status(502), status(503), status(504), status(200)}, Users(Query{}), Retry{}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, 5, ""},
		{"cap", steps{status(500), status(500), status(500), status(200)}, Users(Query{}), Retry{Base: 40 * time.Second}, []time.Duration{40 * time.Second, time.Minute, time.Minute}, 4, ""},
		{"gives-up", steps{status(503)}, Users(Query{}), Retry{Tries: 3}, []time.Duration{time.Second, 2 * time.Second}, 3, "503"},
		{"too-long", steps{status(429, "Retry-After", "3600")}, Users(Query{}), Retry{}, nil, 1, "429"},
		{"waits-add-up", steps{status(429, "Retry-After", "50")}, Users(Query{}), Retry{MaxWait: time.Minute}, []time.Duration{50 * time.Second}, 2, "429"},
		{"no-header-conditional-access", steps{status(429), status(200)}, ConditionalAccessPolicies(), Retry{}, []time.Duration{30 * time.Second}, 2, ""},
		{"network", steps{fails(reset), status(200)}, Users(Query{}), Retry{}, []time.Duration{time.Second}, 2, ""},
		{"network-stays", steps{fails(reset)}, Users(Query{}), Retry{Tries: 2}, []time.Duration{time.Second}, 2, "connection reset"},
		{"unauthenticated-once", steps{status(401), status(200)}, Users(Query{}), Retry{}, nil, 2, ""},
		{"unauthenticated-twice", steps{status(401)}, Users(Query{}), Retry{}, nil, 2, "401"},
		{"denied", steps{status(403)}, Users(Query{}), Retry{}, nil, 1, "403"},
		{"bad-request", steps{status(400)}, Users(Query{}), Retry{}, nil, 1, "400"},
		{"post", steps{status(429, "Retry-After", "1"), status(200)}, DirectoryObjectsByIDs([]string{"a"}, nil), Retry{}, []time.Duration{time.Second}, 2, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{steps: tt.steps}
				var waits []time.Duration
				var bodies []string
				c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
					if r.Body != nil {
						b, _ := io.ReadAll(r.Body)
						bodies = append(bodies, string(b))
					}
					return s.transport(r)
				}, func(c *Config) {
					c.Retry = tt.retry
					c.OnWait = func(b Bucket, d time.Duration, cause error) {
						if b != tt.r.Bucket() || cause == nil {
							t.Errorf("waits in %s for %v", b, cause)
						}
						waits = append(waits, d)
					}
				})
				began := time.Now()
				_, err := c.Post(t.Context(), tt.r)
				var total time.Duration
				for _, d := range tt.waits {
					total += d
				}
				if diff := cmp.Diff(tt.waits, waits); diff != "" {
					t.Error(diff)
				}
				if got := time.Since(began); got != total {
					t.Errorf("took %v, want %v", got, total)
				}
				if s.n != tt.tries || c.Requests() != int64(tt.tries) {
					t.Errorf("%d tries, want %d", s.n, tt.tries)
				}
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if s.opened != s.closed {
					t.Errorf("%d bodies opened, %d closed", s.opened, s.closed)
				}
				if len(bodies) > 1 && bodies[0] != bodies[1] {
					t.Errorf("second try sent %q", bodies[1])
				}
			})
		})
	}
}

func TestBackOffJitterStaysInBounds(t *testing.T) {
	c := memoryClient(t, nil)
	fresh, err := New(context.Background(), Config{Auth: AuthAccessToken, Getenv: env("PASSKEYAUDIT_ACCESS_TOKEN", "x")})
	if err != nil {
		t.Fatal(err)
	}
	c.jitter = fresh.jitter
	for range 1000 {
		if d := c.jitter(time.Second); d < 0 || d > time.Second {
			t.Fatalf("jitter %v", d)
		}
	}
}

func TestCancelEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s := &script{steps: []func(*http.Request) (*http.Response, error){status(429, "Retry-After", "60")}}
		c := memoryClient(t, s.transport)
		began := time.Now()
		_, err := c.Get(ctx, Users(Query{}))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(began); d != 5*time.Second {
			t.Errorf("took %v", d)
		}
	})
}

func TestSilenceEndsAnAttempt(t *testing.T) {
	tests := []struct {
		name string
		r    Request
		want time.Duration
	}{
		{"directory", Users(Query{}), 2*2*time.Minute + time.Second},
		{"sign-ins", SignIns(Query{}), 2*330*time.Second + time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				})
				began := time.Now()
				_, err := c.Get(t.Context(), tt.r)
				if !errors.Is(err, ErrTimeout) {
					t.Errorf("got %v", err)
				}
				if d := time.Since(began); d != tt.want {
					t.Errorf("gave up after %v, want %v", d, tt.want)
				}
			})
		})
	}
}

// stalled sends some bytes and then nothing until its request ends.
type stalled struct {
	first io.Reader
	ctx   context.Context
}

func (s stalled) Read(p []byte) (int, error) {
	if n, _ := s.first.Read(p); n > 0 {
		return n, nil
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestStalledBodyIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
			n++
			res := answer(r, 200, `{"value":[1]}`)
			if n == 1 {
				res.Body = io.NopCloser(stalled{strings.NewReader(`{"value":[`), r.Context()})
			}
			return res, nil
		})
		pages, err := collect(c.Pages(t.Context(), Users(Query{})))
		if err != nil || len(rowsOf(pages)) != 1 || n != 2 {
			t.Errorf("%d tries, %v, %v", n, pages, err)
		}
	})
}

// A long answer that keeps arriving is never cut.
func TestSlowBodyIsReadToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := memoryClient(t, func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, "")
			pr, pw := io.Pipe()
			go func() {
				io.WriteString(pw, `{"value":[0`)
				for range 60 {
					time.Sleep(time.Minute)
					io.WriteString(pw, `,1`)
				}
				io.WriteString(pw, `]}`)
				pw.Close()
			}()
			res.Body = pr
			return res, nil
		})
		began := time.Now()
		pages, err := collect(c.Pages(t.Context(), Users(Query{})))
		if err != nil || len(rowsOf(pages)) != 61 {
			t.Errorf("%v, %v", len(rowsOf(pages)), err)
		}
		if d := time.Since(began); d != time.Hour {
			t.Errorf("took %v", d)
		}
	})
}

// counter is a limiter that lets everything pass and counts.
type counter struct {
	mu sync.Mutex
	n  map[Bucket]int
}

func (*counter) Charged(Bucket, int)         {}
func (*counter) Pause(Bucket, time.Duration) {}

func (c *counter) Wait(_ context.Context, b Bucket, units int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[Bucket]int{}
	}
	c.n[b] += units
	return nil
}

type closedLimiter struct{}

func (closedLimiter) Wait(context.Context, Bucket, int) error { return errors.New("closed") }
func (closedLimiter) Charged(Bucket, int)                     {}
func (closedLimiter) Pause(Bucket, time.Duration)             {}

func TestLimiterIsAskedForEveryAttempt(t *testing.T) {
	l := &counter{}
	s := &script{steps: []func(*http.Request) (*http.Response, error){status(401), status(200)}}
	c := memoryClient(t, s.transport, func(c *Config) { c.Limiter = l })
	if _, err := c.Get(t.Context(), SignIns(Query{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[Bucket]int{BucketReports: 2}, l.n); diff != "" {
		t.Error(diff)
	}
	c.limiter = closedLimiter{}
	if _, err := c.Get(t.Context(), SignIns(Query{})); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("got %v", err)
	}
}

func TestClientIsSafeForConcurrentUse(t *testing.T) {
	var n atomic.Int64
	c, _ := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%5 == 0 {
			w.WriteHeader(503)
			return
		}
		io.WriteString(w, `{"value":[1,2]}`)
	}, func(c *Config) { c.Retry.Tries = 50 })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := c.Post(t.Context(), Users(Query{})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if c.Requests() != n.Load() {
		t.Errorf("counted %d, served %d", c.Requests(), n.Load())
	}
}
