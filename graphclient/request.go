package graphclient

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
)

const (
	versionStable = "v1.0"
	versionBeta   = "beta"
)

// Request says what to read. It is a value: constructors make it, methods return
// changed copies, and one Request may be run any number of times. A constructor
// that was given something unusable returns a Request whose error appears when it
// is run.
type Request struct {
	version string
	method  abs.HttpMethod
	bucket  Bucket
	units   int // of the directory's limit, before the query; 0 is one
	build   builder
	query   Query
	body    []byte
	plain   bool // the answer is text, not JSON
	err     error
}

// builder makes a fresh RequestInformation. It has to be fresh for every attempt:
// a used one keeps the old token.
type builder func(ctx context.Context, params map[string]string, a abs.RequestAdapter) (*abs.RequestInformation, error)

// Bucket is the limit that pays for the request.
func (r Request) Bucket() Bucket { return r.bucket }

// cost is what the request is charged. Source: Graph throttling-limits page: $select
// takes one unit off and $expand adds one, pages under 20 take one off, and nothing
// is free.
func (r Request) cost() int {
	units := max(r.units, 1)
	if len(r.query.Select) > 0 {
		units--
	}
	if len(r.query.Expand) > 0 {
		units++
	}
	if 0 < r.query.Top && r.query.Top < 20 {
		units--
	}
	return max(units, 1)
}

// costing gives a request that is charged more than one unit.
func (r Request) costing(units int) Request {
	r.units = units
	return r
}

// Beta returns the same request against Graph's beta version, which Microsoft may
// change and does not support in production.
func (r Request) Beta() Request {
	r.version = versionBeta
	return r
}

// String gives method, path and query in readable form, for example
// "GET /v1.0/users?$select=id". It may name users; errors and logs use a redacted
// path instead.
func (r Request) String() string {
	u, err := r.url()
	if err != nil {
		return fmt.Sprintf("invalid request: %v", err)
	}
	s := r.method.String() + " " + u.Path
	if u.RawQuery != "" {
		q, err := url.PathUnescape(u.RawQuery)
		if err != nil {
			q = u.RawQuery
		}
		s += "?" + q
	}
	return s
}

// noAdapter stands in where an address is built but nothing is signed. The
// builders refuse to be without an adapter but do no more than carry it along.
type noAdapter struct{ abs.RequestAdapter }

// url builds the address below a root that stands for any.
func (r Request) url() (*url.URL, error) {
	info, err := r.information(context.Background(), "https://graph.invalid", noAdapter{})
	if err != nil {
		return nil, err
	}
	return info.GetUri()
}

// relative is the address as an item of a batch names it: below the version.
func (r Request) relative() (string, error) {
	u, err := r.url()
	if err != nil {
		return "", err
	}
	s := strings.TrimPrefix(u.EscapedPath(), "/"+r.version)
	if u.RawQuery != "" {
		// The builders write $ as %24, which is right in a URL but is decoded
		// once less by some batch readers.
		s += "?" + strings.ReplaceAll(u.RawQuery, "%24", "$")
	}
	return s, nil
}

// path is the address without query and without people, for errors.
func (r Request) path() string {
	u, err := r.url()
	if err != nil {
		return "/"
	}
	return redactPath(u.EscapedPath())
}

// shape is the address with its ids left as names, for logs.
func (r Request) shape() string {
	info, err := r.information(context.Background(), "", noAdapter{})
	if err != nil {
		return ""
	}
	t, _, _ := strings.Cut(info.UrlTemplate, "{?")
	t = strings.ReplaceAll(t, "%2D", "-")
	return "/" + r.version + strings.TrimPrefix(t, "{+baseurl}")
}

// information makes a fresh RequestInformation with query and headers. The
// builders' own query structures are passed by: they are one type an endpoint and
// offer options that the endpoint refuses, while the template says what exists.
func (r Request) information(ctx context.Context, root string, a abs.RequestAdapter) (*abs.RequestInformation, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.build == nil {
		return nil, errors.New("empty request: use one of the constructors")
	}
	info, err := r.build(ctx, map[string]string{"baseurl": root + "/" + r.version}, a)
	if err != nil {
		return nil, fmt.Errorf("build the request: %w", err)
	}
	for name, value := range r.query.parameters() {
		if !templateHas(info.UrlTemplate, name) {
			return nil, fmt.Errorf("build the request: %s takes no $%s", strings.TrimPrefix(info.UrlTemplate, "{+baseurl}"), strings.TrimPrefix(name, "%24"))
		}
		info.QueryParametersAny[name] = value
	}
	r.headers(info)
	if r.body != nil {
		info.SetStreamContentAndContentType(r.body, "application/json")
	}
	return info, nil
}

// headers adds what has to be sent with every page, also with those reached by a
// next link.
func (r Request) headers(info *abs.RequestInformation) {
	info.Headers.Remove("Accept")
	if r.plain {
		info.Headers.Add("Accept", "text/plain")
	} else {
		info.Headers.Add("Accept", "application/json")
	}
	if r.query.Eventual {
		info.Headers.Add("ConsistencyLevel", "eventual")
	}
}

var templateQuery = regexp.MustCompile(`\{\?([^}]*)\}$`)

func templateHas(template, name string) bool {
	m := templateQuery.FindStringSubmatch(template)
	if m == nil {
		return false
	}
	for known := range strings.SplitSeq(m[1], ",") {
		if known == name {
			return true
		}
	}
	return false
}

// read makes a GET in the stable version.
func read(b Bucket, q Query, build builder) Request {
	r := Request{version: versionStable, method: abs.GET, bucket: b, query: q, build: build}
	if q.Top < 0 {
		r.err = fmt.Errorf("build the request: $top %d is negative", q.Top)
	}
	return r
}

// readOne makes a GET of something that is named by ids. The builders leave out
// an empty id and would ask for something else.
func readOne(b Bucket, q Query, what, id string, build builder) Request {
	r := read(b, q, build)
	if id == "" {
		r.err = fmt.Errorf("build the request: empty %s", what)
	}
	return r
}
