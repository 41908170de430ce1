package graphclient

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Page is one page of a collection, read to its end.
type Page struct {
	Rows  []jsontext.Value // owned by the receiver
	Count *int64           // the collection's size; only on the first page, only if asked for
	Date  time.Time        // Graph's clock; zero if it did not say
	Next  string           // the next link, empty on the last page
}

// maxPage bounds one page; a page of 1,000 beta sign-ins is under a tenth of it.
const maxPage = 256 << 20

// Pages reads a collection page by page. Pages without rows are yielded too. An
// error is the last thing yielded; pages before it stay valid but the collection
// is incomplete. Besides the errors of every read there are *[PagingError] for
// next links that lead nowhere and *[HostError] for those that lead away.
//
// Page tokens live for minutes: spool rows, and do slow work elsewhere.
func (c *Client) Pages(ctx context.Context, r Request) iter.Seq2[Page, error] {
	return c.pages(ctx, r, "")
}

// Continue reads on from a next link that an earlier run of the same request
// kept. Graph may have forgotten it: see [Error.ExpiredPageToken].
func (c *Client) Continue(ctx context.Context, r Request, next string) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		if next == "" {
			yield(Page{}, &PagingError{Path: r.path(), Reason: "there is no next link to continue from"})
			return
		}
		c.pages(ctx, r, next)(yield)
	}
}

func (c *Client) pages(ctx context.Context, r Request, next string) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		chain := chain{root: c.root, path: r.path()}
		for first := true; first || next != ""; first = false {
			k := call{request: r, limit: maxPage}
			if next != "" {
				link, err := chain.follow(next)
				if err != nil {
					yield(Page{}, err)
					return
				}
				k.link = link
			}
			page, err := c.page(ctx, k)
			if err != nil {
				yield(Page{}, err)
				return
			}
			over := chain.add(page)
			if !yield(page, nil) {
				return
			}
			if over != nil {
				yield(Page{}, over)
				return
			}
			next = page.Next
		}
	}
}

func (c *Client) page(ctx context.Context, k call) (Page, error) {
	var page Page
	err := c.do(ctx, k, func(body io.Reader, h http.Header) error {
		e, err := decodePage(body)
		if err != nil {
			return err
		}
		page = Page{Rows: e.rows, Count: e.count, Next: e.next}
		page.Date, _ = http.ParseTime(h.Get("Date"))
		return nil
	})
	return page, err
}

// chain watches over a run of next links. Services have been seen to repeat one
// for ever and to send empty tokens that start again from the first page.
type chain struct {
	root  *url.URL
	path  string
	seen  map[[sha256.Size]byte]struct{}
	pages int
	rows  int64
	total *int64
}

// follow checks a next link and returns where it leads.
func (c *chain) follow(next string) (*url.URL, error) {
	u, err := checkNext(c.root, next)
	if err != nil {
		var host *HostError
		if errors.As(err, &host) {
			return nil, fmt.Errorf("GET %s: next link: %w", c.path, host)
		}
		return nil, &PagingError{Path: c.path, Pages: c.pages, Reason: err.Error()}
	}
	key := sha256.Sum256([]byte(next))
	if _, dup := c.seen[key]; dup {
		return nil, &PagingError{Path: c.path, Pages: c.pages, Reason: "the next link was followed before"}
	}
	if c.seen == nil {
		c.seen = map[[sha256.Size]byte]struct{}{}
	}
	c.seen[key] = struct{}{}
	return u, nil
}

// add counts a page. Totals come from an index that lags, so only far more rows
// than it promised, with still more to come, are taken for a loop.
func (c *chain) add(p Page) error {
	c.pages++
	c.rows += int64(len(p.Rows))
	if p.Count != nil && c.total == nil {
		c.total = p.Count
	}
	if c.total != nil && p.Next != "" && c.rows > *c.total+*c.total/2+1000 {
		return &PagingError{Path: c.path, Pages: c.pages, Reason: fmt.Sprintf("%d rows so far of a collection of %d", c.rows, *c.total)}
	}
	return nil
}

// checkNext parses a next link. The error is a *HostError if it leads away from
// root.
func checkNext(root *url.URL, next string) (*url.URL, error) {
	u, err := url.Parse(next)
	if err != nil {
		return nil, errors.New("the next link is not a URL")
	}
	if u.Opaque != "" || u.User != nil || u.Host == "" {
		return nil, errors.New("the next link is not an absolute URL")
	}
	if err := sameOrigin(root, u); err != nil {
		return nil, err
	}
	rest, ok := below(root, u)
	if !ok {
		return nil, &HostError{Host: origin(u), Want: origin(root), Reason: "its path is under neither /" + versionStable + " nor /" + versionBeta}
	}
	if err := checkPath(rest); err != nil {
		return nil, fmt.Errorf("the next link: %w", err)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if strings.EqualFold(name, "$skiptoken") && strings.Trim(value, "+ ") == "" {
			return nil, errors.New("the next link has an empty token")
		}
	}
	u.Fragment, u.RawFragment = "", ""
	return u, nil
}
