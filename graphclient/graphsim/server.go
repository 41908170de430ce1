package graphsim

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// Options changes how a snapshot is served. The zero value serves it to anyone
// who got a token from this server, without limits or faults.
type Options struct {
	// ClientSecret, if set, is the only client secret the authority takes.
	ClientSecret string
	// Roles are the application permissions that tokens name; nil stands for
	// DefaultRoles. The simulator does not check them: what the snapshot says of a
	// section decides.
	Roles []string
	// AllowAnonymous serves Graph without a token.
	AllowAnonymous bool
	// PageSize overrides the usual and the greatest page size of every collection.
	PageSize int
	// ThrottleEvery answers every so many requests to Graph, also those inside a
	// batch, with status 429 and Retry-After: 1. Asking again passes.
	ThrottleEvery int
	// Limits keeps the limits of Graph: a request above them is answered with 429, in
	// the forms in which Graph does so. Time is that of the process, or inside
	// testing/synctest that of the test.
	Limits bool
	// Faults are misbehaviours made to order. Seed decides those that happen by chance.
	Faults []Fault
	// WhatIf are answers of conditionalAccess/evaluate that replace the simulator's.
	WhatIf []WhatIfAnswer
	Seed   uint64
}

// DefaultRoles are the permissions a collector is told to ask for.
var DefaultRoles = []string{
	"AuditLog.Read.All", "Device.Read.All", "DeviceManagementManagedDevices.Read.All", "GroupMember.Read.All",
	"IdentityRiskyUser.Read.All", "Organization.Read.All", "Policy.Read.All", "RoleManagement.Read.Directory",
	"User.Read.All", "UserAuthenticationMethod.Read.All",
}

// Server serves one snapshot. It is safe for concurrent use.
type Server struct {
	options  Options
	store    *store
	token    string
	tokenKey []byte // of page tokens
	faults   faults
	throttle throttle
	limits   limits
	requests requestLog
	calls    atomic.Uint64
}

// New makes a server of a snapshot. Sections are read when they are asked for.
func New(snap *snapshot.Snapshot, options Options) (*Server, error) {
	if snap == nil {
		return nil, errors.New("no snapshot to simulate")
	}
	if options.PageSize < 0 || options.ThrottleEvery < 0 {
		return nil, errors.New("a page size or throttle is negative")
	}
	if options.Roles == nil {
		options.Roles = DefaultRoles
	}
	key := sha256.Sum256([]byte(snap.Manifest().Tenant.ID + snap.Manifest().TakenAt))
	s := &Server{
		options: options, store: newStore(snap), tokenKey: key[:],
		throttle: throttle{every: options.ThrottleEvery, refused: map[string]int{}},
	}
	s.faults.rng = rand.New(rand.NewPCG(options.Seed, 0x9e3779b97f4a7c15))
	for _, f := range options.Faults {
		if err := f.check(); err != nil {
			return nil, err
		}
		s.faults.list = append(s.faults.list, pendingFault{Fault: f})
	}
	s.token = newToken(snap.Manifest().Tenant.ID, options.Roles)
	return s, nil
}

// Token is the access token that the authority grants, which is the same for
// every client until the server is made anew.
func (s *Server) Token() string { return s.token }

// Handler serves Graph and the authority.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	version, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if isVersion(version) {
		s.serveGraph(w, r)
		return
	}
	s.serveAuthority(w, r)
}

func isVersion(segment string) bool { return segment == "v1.0" || segment == "beta" }

// origin is where a request was sent to, as the client spells it.
func origin(r *http.Request) string {
	if r.TLS == nil {
		return "http://" + r.Host
	}
	return "https://" + r.Host
}

// maxBody bounds the body of a POST. The greatest legitimate one names a
// thousand ids.
const maxBody = 4 << 20

func (s *Server) serveGraph(w http.ResponseWriter, r *http.Request) {
	c := s.newCall(r.Method, origin(r), r.URL.EscapedPath(), r.URL.RawQuery, r.Header)
	a := s.admit(c, r)
	if a == nil {
		a = c.answer()
	}
	s.requests.add(c, a.status)
	a.header.Set("request-id", c.requestID)
	a.header.Set("client-request-id", c.clientRequestID)
	a.header.Set("Date", s.date())
	a.send(w)
}

// admit reads and checks what comes before the resource; nil lets the call in.
func (s *Server) admit(c *call, r *http.Request) *answer {
	if !s.options.AllowAnonymous && r.Header.Get("Authorization") != "Bearer "+s.token {
		message := "Access token validation failure. Invalid audience or signature."
		if r.Header.Get("Authorization") == "" {
			message = "Access token is empty."
		}
		a := c.failureAnswer(fail(http.StatusUnauthorized, "InvalidAuthenticationToken", message))
		a.header.Set("WWW-Authenticate", `Bearer realm=""`)
		return a
	}
	if c.segments == nil {
		return c.failureAnswer(badRequest("The path is malformed."))
	}
	if r.Method == http.MethodPost {
		c.body, c.bodyErr = readBody(r)
	}
	return nil
}

// readBody reads the JSON object of a request, which clients may compress.
func readBody(r *http.Request) (jsontext.Value, error) {
	var body io.Reader = r.Body
	if r.Body == nil {
		body = http.NoBody
	}
	if strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = z
	}
	text, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxBody {
		return nil, fmt.Errorf("the body is larger than %d MiB", maxBody>>20)
	}
	value := jsontext.Value(bytes.TrimSpace(text))
	err = eachMember(value, func(_, _ jsontext.Value) bool { return true })
	return value, err
}

// newCall takes a request apart. segments stays nil if the path is malformed.
func (s *Server) newCall(method, origin, path, rawQuery string, header http.Header) *call {
	n := s.calls.Add(1)
	c := &call{
		server: s, method: method, origin: origin, path: path, rawQuery: rawQuery, header: header,
		requestID: fmt.Sprintf("%08x-0000-4000-8000-%012x", s.tokenKey[:4], n),
	}
	c.clientRequestID = header.Get("client-request-id")
	if c.clientRequestID == "" {
		c.clientRequestID = c.requestID
	}
	version, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c.version = version
	segments := []string{}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "/"), "/") {
		segment, err := url.PathUnescape(part)
		if err != nil {
			return c
		}
		segments = append(segments, segment)
	}
	c.segments = segments
	return c
}

// send writes an answer. A cut or closed one ends in http.ErrAbortHandler, by
// which the server knows to drop the connection.
func (a *answer) send(w http.ResponseWriter) {
	if a.closed {
		panic(http.ErrAbortHandler)
	}
	for name, values := range a.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(a.body)))
	w.WriteHeader(a.status)
	if a.cut {
		_, _ = w.Write(a.body[:len(a.body)/2]) // the connection ends next
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	const pieces = 4
	for n := pieces; a.pause > 0 && n > 1; n-- {
		piece := len(a.body) / n
		_, _ = w.Write(a.body[:piece])
		a.body = a.body[piece:]
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		time.Sleep(a.pause)
	}
	_, _ = w.Write(a.body) // a client that went away needs no answer
}

// compress makes the body gzip's.
func (a *answer) compress() {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(a.body) // writes to memory
	_ = z.Close()
	a.body = b.Bytes()
	a.header.Set("Content-Encoding", "gzip")
}
