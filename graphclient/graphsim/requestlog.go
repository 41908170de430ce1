package graphsim

import (
	"slices"
	"sync"
)

// maxRequests is how many requests are remembered.
const maxRequests = 10_000

// Request is one request to Graph that was answered.
type Request struct {
	Method string
	Path   string // escaped, with the version, without the query
	Query  string // undecoded
	Status int    // 0 for a connection closed without an answer
	// Batched requests came inside a batch, which follows them in the list.
	Batched bool
}

// String gives method and path.
func (r Request) String() string { return r.Method + " " + r.Path }

type requestLog struct {
	mu   sync.Mutex
	list []Request
}

func (l *requestLog) add(c *call, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == maxRequests {
		l.list = slices.Delete(l.list, 0, maxRequests/10)
	}
	l.list = append(l.list, Request{c.method, c.path, c.rawQuery, status, c.batched})
}

// Requests lists the requests to Graph in the order of their answers. Only the
// last thousands are kept.
func (s *Server) Requests() []Request {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	return slices.Clone(s.requests.list)
}
