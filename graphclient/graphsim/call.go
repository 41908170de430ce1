package graphsim

import (
	"net/http"
	"strconv"

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
	cut    bool // send half the body and close the connection
	closed bool // send nothing and close the connection
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
	if c.takesWholeFaults() && a.status < 300 && c.takeFault(FaultTruncate) != nil {
		a.cut = true
	}
	return a
}

func (c *call) attempt() *answer {
	if c.server.throttle.hit(c) {
		f := fail(http.StatusTooManyRequests, "TooManyRequests", "Too many requests.")
		f.retryAfter = 1
		return c.failureAnswer(f)
	}
	if f := c.takeFault(FaultStatus); f != nil {
		return c.failureAnswer(&failure{f.Status, f.code(), "A fault made by the simulator.", f.RetryAfter})
	}
	if c.takesWholeFaults() && c.takeFault(FaultClose) != nil {
		a := newAnswer(0, nil)
		a.closed = true
		return a
	}
	a, err := c.route()
	if err != nil {
		return c.failureAnswer(failureOf(err))
	}
	return a
}

// takesWholeFaults tells whether a fault of the connection can happen to the
// call: the requests of a batch share one.
func (c *call) takesWholeFaults() bool { return !c.batched }

func (c *call) takeFault(kind FaultKind) *Fault {
	return c.server.faults.take(kind, c.segments)
}
