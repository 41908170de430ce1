package graphsim

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// call is one request to Graph, of its own or out of a batch.
type call struct {
	server   *Server
	method   string
	origin   string   // scheme://host
	path     string   // escaped, with the version
	version  string   // v1.0 or beta
	segments []string // decoded, without the version
	params   []string // what stands for {id} in the route
	rawQuery string
	header   http.Header
	body     jsontext.Value
	bodyErr  error // why body is not a JSON object
	batched  bool

	query           query
	requestID       string
	clientRequestID string
}

// answer is the whole answer to a call.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool          // send half the body and close the connection
	closed bool          // send nothing and close the connection
	pause  time.Duration // between pieces of the body
}

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

func newAnswer(status int, body []byte) *answer {
	return &answer{status: status, header: http.Header{"Content-Type": {jsonType}}, body: body}
}

// charge reports the resource units of a directory request. Source:
// https://learn.microsoft.com/graph/throttling-limits
func (c *call) charge(a *answer, cost int) {
	if cost == 0 {
		return
	}
	if c.query.selected != nil {
		cost--
	}
	if c.query.expand != nil {
		cost++
	}
	if c.query.top > 0 && c.query.top < 20 {
		cost--
	}
	a.header.Set("x-ms-resource-unit", strconv.Itoa(max(cost, 1)))
}

// answer runs a call through faults, limits and the resource it names.
func (c *call) answer() *answer {
	a := c.attempt()
	if !c.takesWholeFaults() || a.status >= 300 || a.status == 0 {
		return a
	}
	if c.takeFault(FaultCutJSON) != nil {
		a.body = a.body[:len(a.body)/2]
	}
	if c.takeFault(FaultGzip) != nil {
		a.compress()
	}
	if c.takeFault(FaultTruncate) != nil {
		a.cut = true
	}
	if f := c.takeFault(FaultSlow); f != nil {
		a.pause = cmp.Or(time.Duration(f.Pause), 100) * time.Millisecond
	}
	return a
}

func (c *call) attempt() *answer {
	if c.server.throttle.hit(c) {
		f := fail(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		f.retryAfter = 1
		return c.failureAnswer(f)
	}
	if a := c.limited(); a != nil {
		return a
	}
	if f := c.takeFault(FaultStatus); f != nil {
		failure := &failure{status: f.Status, code: f.code(), message: "A fault made by the simulator.", retryAfter: f.RetryAfter, retryDate: f.RetryDate}
		return c.failureAnswer(failure)
	}
	if c.takesWholeFaults() {
		if a := c.gateway(); a != nil {
			return a
		}
	}
	a, err := c.route()
	if err != nil {
		a = c.failureAnswer(failureOf(err))
	}
	c.spend(a)
	return a
}

// gateway is an answer of something before Graph, if a fault wants one.
func (c *call) gateway() *answer {
	switch {
	case c.takeFault(FaultClose) != nil:
		a := newAnswer(0, nil)
		a.closed = true
		return a
	case c.takeFault(FaultHTML) != nil:
		a := newAnswer(http.StatusOK, []byte("<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>"))
		a.header.Set("Content-Type", "text/html; charset=utf-8")
		return a
	case c.takeFault(FaultRedirect) != nil:
		return c.redirect(c.origin + c.path)
	case c.takeFault(FaultRedirectAway) != nil:
		return c.redirect(elsewhere + c.path)
	}
	return nil
}

// elsewhere is another host, by a name that no host has (RFC 2606).
const elsewhere = "https://elsewhere.invalid"

func (c *call) redirect(to string) *answer {
	a := newAnswer(http.StatusFound, nil)
	if c.rawQuery != "" {
		to += "?" + c.rawQuery
	}
	a.header.Set("Location", to)
	return a
}

// takesWholeFaults tells whether a fault of the connection can happen to the
// call: the requests of a batch share one.
func (c *call) takesWholeFaults() bool { return !c.batched }

func (c *call) takeFault(kind FaultKind) *Fault {
	return c.server.faults.take(kind, c.segments)
}
