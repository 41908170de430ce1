package graphclient

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	abs "github.com/microsoft/kiota-abstractions-go"
)

// call is one logical request, however many attempts it takes.
type call struct {
	request Request
	link    *url.URL       // a next link to follow in place of the request's own address
	charge  map[Bucket]int // what each attempt costs; nil means the request's own cost
	limit   int64          // most bytes of a good answer
}

// transient marks an error after which the same read may succeed.
type transient struct{ err error }

func (t *transient) Error() string { return t.err.Error() }
func (t *transient) Unwrap() error { return t.err }

// do runs a call until it succeeds, cannot succeed, or its tries or waits are
// used up. read gets a body that is cut at the call's limit; what it keeps must
// not be trusted unless it returned nil.
func (c *Client) do(ctx context.Context, k call, read func(body io.Reader, h http.Header) error) error {
	if k.request.err != nil {
		return k.request.err
	}
	id := newID()
	path := k.path()
	patience := c.patience(k.request.bucket)
	unauthenticated := false
	for {
		err := c.attempt(ctx, k, path, id, read)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s %s: %w", k.method(), path, context.Cause(ctx))
		}
		var refused *Error
		var passing *transient
		switch {
		case errors.As(err, &refused) && refused.Unauthenticated() && !unauthenticated:
			// A token can end between signing and arriving. azidentity returns the
			// same token while it believes in it, so a second refusal is final.
			unauthenticated = true
			continue
		case errors.As(err, &refused) && refused.transient():
		case errors.As(err, &passing):
		default:
			return err
		}
		if werr := patience.wait(ctx, err); werr != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("%s %s: %w", k.method(), path, context.Cause(ctx))
			}
			return werr
		}
	}
}

func (k call) path() string {
	if k.link != nil {
		return redactPath(k.link.EscapedPath())
	}
	return k.request.path()
}

func (k call) method() string {
	if k.link != nil {
		return http.MethodGet
	}
	return k.request.method.String()
}

// information gives a fresh RequestInformation, as every attempt needs.
func (k call) information(ctx context.Context, c *Client) (*abs.RequestInformation, error) {
	if k.link == nil {
		return k.request.information(ctx, strings.TrimSuffix(c.root.String(), "/"), c.adapter)
	}
	info := abs.NewRequestInformation()
	info.Method = abs.GET
	info.SetUri(*k.link)
	k.request.headers(info)
	return info, nil
}

// attempt sends a call once.
func (c *Client) attempt(ctx context.Context, k call, path, id string, read func(io.Reader, http.Header) error) (err error) {
	if err := c.await(ctx, k); err != nil {
		return fmt.Errorf("%s %s: %w", k.method(), path, err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	req, err := c.sign(ctx, k, path, id)
	if err != nil {
		return err
	}
	watch := newWatchdog(cancel, headerTimeout(k.request.bucket))
	defer watch.stop()

	c.sent.Add(1)
	res, err := c.http.Do(req)
	if err != nil {
		c.log.LogAttrs(ctx, slog.LevelDebug, "graph request", slog.String("method", k.method()), slog.String("path", k.request.shape()), slog.Bool("answered", false))
		return c.sendError(ctx, k, path, err)
	}
	defer drain(res.Body)
	c.observe(ctx, k, res)
	if k.charge == nil {
		c.charged(k.request, res.Header)
	}

	body := &watchedBody{r: res.Body, watch: watch}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refusal(k, path, id, req, res, body)
	}
	body.limit, body.limited = k.limit, true
	err = read(body, res.Header)
	if err == nil {
		return nil
	}
	var broken *inStreamError
	switch {
	case errors.Is(body.err, ErrTooLarge):
		return fmt.Errorf("%s %s: read the answer: %w of %d MiB", k.method(), path, ErrTooLarge, max(1, k.limit>>20))
	case body.err != nil && ctx.Err() != nil:
		// The watchdog cancelled, or the caller did; do tells them apart.
		return &transient{fmt.Errorf("%s %s: read the answer: %w", k.method(), path, context.Cause(ctx))}
	case errors.Is(body.err, io.ErrUnexpectedEOF):
		return &transient{fmt.Errorf("%s %s: the connection was closed in the middle of the answer (%w)", k.method(), path, body.err)}
	case body.err != nil:
		return &transient{fmt.Errorf("%s %s: read the answer: %w", k.method(), path, body.err)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		// Where in the JSON it ends tells nobody anything.
		return &transient{fmt.Errorf("%s %s: the answer ends too early", k.method(), path)}
	case errors.As(err, &broken):
		e := c.newError(k, path, id, res)
		e.fill(scrub(broken.body, req))
		return e
	case foreign(res.Header) != "":
		// A gateway or a sign-in page of the network; it may be gone the next time.
		return &transient{fmt.Errorf("%s %s: the answer is %s and not JSON; something between here and %s answers for it",
			k.method(), path, foreign(res.Header), c.root.Host)}
	}
	return fmt.Errorf("%s %s: read the answer: %w", k.method(), path, err)
}

// await waits until the limits let a call go.
func (c *Client) await(ctx context.Context, k call) error {
	if c.limiter == nil {
		return nil
	}
	charge := k.charge
	if charge == nil {
		charge = map[Bucket]int{k.request.bucket: k.request.cost()}
	}
	for b, units := range charge {
		if err := c.limiter.Wait(ctx, b, units); err != nil {
			return fmt.Errorf("wait for the %s limit: %w", b, err)
		}
	}
	return nil
}

// foreign is the type of an answer that says it is not JSON, and empty otherwise.
func foreign(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || strings.Contains(kind, "json") || kind == "text/plain" {
		return ""
	}
	return oneLine(kind, 100)
}

// mostUnits bounds what an answer may say that its request cost: the dearest read of
// Graph's throttling-limits page costs five units and one for $expand. A number without
// sense would hold everything back for as long as it takes to earn it.
const mostUnits = 100

// charged tells the limiter what Graph says that a request cost. The units are the
// directory's; the other limits count requests.
func (c *Client) charged(r Request, h http.Header) {
	if c.limiter == nil || r.bucket != BucketDirectory {
		return
	}
	if units, err := strconv.Atoi(h.Get("x-ms-resource-unit")); err == nil && units > r.cost() {
		c.limiter.Charged(r.bucket, min(units, mostUnits)-r.cost())
	}
}

// sign makes the request that goes on the wire.
func (c *Client) sign(ctx context.Context, k call, path, id string) (*http.Request, error) {
	info, err := k.information(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", k.method(), path, err)
	}
	native, err := c.adapter.ConvertToNativeRequest(ctx, info)
	if err != nil {
		var cred *CredentialError
		if errors.As(err, &cred) {
			return nil, cred
		}
		return nil, fmt.Errorf("%s %s: sign the request: %w", k.method(), path, err)
	}
	req, ok := native.(*http.Request)
	if !ok {
		return nil, fmt.Errorf("%s %s: the adapter made a %T", k.method(), path, native)
	}
	// The adapter signs nothing, without an error, for hosts it was not told of.
	if strings.TrimSpace(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer")) == "" {
		return nil, &CredentialError{Auth: c.auth, Problem: "the request for " + origin(req.URL) + " was left unsigned", Hint: "check --graph-url"}
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("client-request-id", id)
	// An audit may wait; people and apps of the tenant should not wait for it.
	req.Header.Set("x-ms-throttle-priority", "low")
	if body := info.Content; len(body) > 0 {
		req.Body = io.NopCloser(bytes.NewReader(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.ContentLength = int64(len(body))
	}
	return req, nil
}

// sendError sorts the ways in which no answer came. net/http's own wrapper goes:
// it names the whole address with its query.
func (c *Client) sendError(ctx context.Context, k call, path string, err error) error {
	var guard *GuardError
	var host *HostError
	var redirect *RedirectError
	switch {
	case errors.As(err, &guard):
		return guard
	case errors.As(err, &redirect):
		return redirect
	case errors.As(err, &host):
		return host
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return fmt.Errorf("%s %s: %w; if a proxy or private endpoint answers for %s, give its authority with --ca-file", k.method(), path, cert, c.root.Host)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &transient{fmt.Errorf("%s %s: the connection was closed before an answer came (%w)", k.method(), path, err)}
	}
	return &transient{fmt.Errorf("%s %s: %w", k.method(), path, err)}
}

// observe takes note of an answer: the run's clock and a log line.
func (c *Client) observe(ctx context.Context, k call, res *http.Response) {
	if at, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		at = at.UTC()
		c.started.CompareAndSwap(nil, &at)
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "graph request",
		slog.String("method", k.method()), slog.String("path", k.request.shape()), slog.Bool("nextPage", k.link != nil),
		slog.Int("status", res.StatusCode), slog.String("requestId", requestID(res.Header.Get("request-id"))))
}

func (c *Client) newError(k call, path, id string, res *http.Response) *Error {
	e := &Error{Status: res.StatusCode, ClientRequestID: id, Method: k.method(), Path: path}
	e.header(res.Header)
	return e
}

// refusal reads an answer that is not a success. A body that breaks off still
// leaves the status.
func (c *Client) refusal(k call, path, id string, req *http.Request, res *http.Response, body *watchedBody) error {
	e := c.newError(k, path, id, res)
	b, _ := io.ReadAll(io.LimitReader(body, maxErrorBody))
	e.fill(scrub(b, req))
	return e
}

// scrub removes the request's token from an answer that repeats it, as debugging
// proxies do.
func scrub(body []byte, req *http.Request) []byte {
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		return body
	}
	return bytes.ReplaceAll(body, []byte(token), []byte("[token]"))
}

// drain reads what little is left of a body, so that the connection can be used
// again, and closes it. A long rest is not worth reading.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 256<<10)
	body.Close()
}

// newID makes a random UUID for client-request-id.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// headerTimeout is how long an attempt may wait for the answer to begin. Sign-in
// reads have been seen to take 300 seconds.
func headerTimeout(b Bucket) time.Duration {
	if b == BucketReports {
		return 330 * time.Second
	}
	return idleTimeout
}
