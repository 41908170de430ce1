package graphclient

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/go-json-experiment/json/jsontext"
	abs "github.com/microsoft/kiota-abstractions-go"
	absauth "github.com/microsoft/kiota-abstractions-go/authentication"
	kauth "github.com/microsoft/kiota-authentication-azure-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
)

// Client reads one tenant. It is safe for concurrent use.
type Client struct {
	root    *url.URL
	adapter abs.RequestAdapter
	http    *http.Client
	auth    Auth
	agent   string
	log     *slog.Logger
	limiter Limiter
	retry   Retry
	onWait  func(Bucket, time.Duration, error)
	jitter  func(time.Duration) time.Duration // a random wait up to its argument

	started atomic.Pointer[time.Time]
	sent    atomic.Int64
}

// New prepares a client. It sends nothing: a credential that does not work shows
// at the first request. Errors are *[ConfigError] for settings that cannot be
// used and *[CredentialError] for what is missing to sign in.
func New(_ context.Context, cfg Config) (*Client, error) {
	s, err := cfg.settle()
	if err != nil {
		return nil, err
	}
	base, err := baseTransport(s)
	if err != nil {
		return nil, err
	}
	cred, err := newCredential(s, base)
	if err != nil {
		return nil, err
	}
	a, err := newAdapter(s, cred)
	if err != nil {
		return nil, fmt.Errorf("prepare the Graph adapter: %w", err)
	}
	return &Client{
		root:    s.graph,
		adapter: a,
		http:    &http.Client{Transport: &Guard{Root: s.graph, Next: base}, CheckRedirect: refuseRedirect},
		auth:    s.Auth,
		agent:   s.UserAgent,
		log:     s.Logger,
		limiter: s.Limiter,
		retry:   s.Retry,
		onWait:  s.OnWait,
		jitter:  func(d time.Duration) time.Duration { return rand.N(d + 1) },
	}, nil
}

// newAdapter makes the SDK's adapter, which signs requests and never sends any.
func newAdapter(s settings, cred azcore.TokenCredential) (abs.RequestAdapter, error) {
	// The scope follows the cloud, not GraphURL: a proxy before Graph does not
	// change whom the token is for. Without claims challenges there is no reason to
	// ask for tokens that answer them.
	tokens, err := kauth.NewAzureIdentityAccessTokenProviderWithScopesAndValidHostsAndObservabilityOptionsAndIsCaeEnabled(
		cred, []string{s.graphAudience + "/.default"}, []string{s.graph.Hostname()}, kauth.ObservabilityOptions{}, false)
	if err != nil {
		return nil, err
	}
	return core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		absauth.NewBaseBearerTokenAuthenticationProvider(tokens), core.GraphClientOptions{}, nil, nil, &http.Client{Transport: noTransport{}})
}

// noTransport is what the SDK's own pipeline gets, so that nothing can leave by
// that way.
type noTransport struct{}

func (noTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	return nil, &GuardError{Method: req.Method, Path: redactPath(req.URL.EscapedPath()), Reason: "the SDK's own pipeline is not used"}
}

// Now is the run's clock: the Date of Graph's first answer, whatever its status.
// It is false until there was one.
func (c *Client) Now() (time.Time, bool) {
	if t := c.started.Load(); t != nil {
		return *t, true
	}
	return time.Time{}, false
}

// TenantSize says how many accounts the tenant has: some limits grow with it.
func (c *Client) TenantSize(accounts int) {
	if l, ok := c.limiter.(interface{ Tenant(accounts int) }); ok {
		l.Tenant(accounts)
	}
}

// Requests counts what was sent to Graph so far, each attempt and each batch as
// one.
func (c *Client) Requests() int64 { return c.sent.Load() }

// maxObject bounds the answer to a single read.
const maxObject = 64 << 20

// Get reads one object, or one page of a collection as it stands, up to 64 MiB.
func (c *Client) Get(ctx context.Context, r Request) (jsontext.Value, error) {
	var v jsontext.Value
	err := c.do(ctx, call{request: r, limit: maxObject}, func(body io.Reader, _ http.Header) error {
		var err error
		if v, err = decodeValue(body); err != nil {
			return err
		}
		return onlyError(v)
	})
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Count reads a number, as [UsersCount] asks for.
func (c *Client) Count(ctx context.Context, r Request) (int64, error) {
	var n int64
	err := c.do(ctx, call{request: r, limit: 1 << 10}, func(body io.Reader, _ http.Header) error {
		var err error
		n, err = decodeCount(body)
		return err
	})
	return n, err
}

// postPages is the most pages of an answer that is wanted whole. They come in one.
const postPages = 100

// Post runs a POST that reads, such as [DirectoryObjectsByIDs], and returns its
// rows.
func (c *Client) Post(ctx context.Context, r Request) ([]jsontext.Value, error) {
	var rows []jsontext.Value
	pages := 0
	for page, err := range c.Pages(ctx, r) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, page.Rows...)
		if pages++; pages >= postPages && page.Next != "" {
			return nil, &PagingError{Path: r.path(), Pages: pages, Reason: "more pages than such an answer can have"}
		}
	}
	return rows, nil
}
