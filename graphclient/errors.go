package graphclient

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrTooLarge says that an answer was longer than this package reads.
var ErrTooLarge = errors.New("answer is larger than the limit")

// ErrTimeout says that Graph stayed silent for too long: before its answer began,
// or between two pieces of it. Sign-in reads over long windows end like this; ask
// for a shorter one.
var ErrTimeout = errors.New("no answer in time")

// ErrNoAnswer says that a batch came back without one of its items.
var ErrNoAnswer = errors.New("batch came back without an answer for this item")

// Error is a refusal by Graph. Missing parts are empty: gateways before Graph
// answer in HTML, and Graph itself at times without code or message.
type Error struct {
	Status          int           // HTTP status
	Code            string        // Graph's code, for example Authorization_RequestDenied
	Message         string        // Graph's text, one line, shortened
	RequestID       string        // what Microsoft's support asks for
	ClientRequestID string        // the id this client sent
	Method          string        // GET or POST
	Path            string        // without query, without user principal names
	RetryAfter      time.Duration // how long Graph asked to wait; 0 if it did not say
	Date            time.Time     // Graph's clock; zero if it did not say
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: Graph answered %d", e.Method, e.Path, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	if e.Code != "" {
		b.WriteString(", code " + e.Code)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	if e.RequestID != "" {
		b.WriteString(" (request-id " + e.RequestID + ")")
	}
	return b.String()
}

// Denied reports a 403: a permission, a role or a licence is missing. Ask
// [Error.Premium] first, which tells the licence apart.
func (e *Error) Denied() bool { return e.Status == http.StatusForbidden }

// NotFound reports a 404, most often an object deleted since it was listed.
func (e *Error) NotFound() bool { return e.Status == http.StatusNotFound }

// Unauthenticated reports a 401: an expired token, or one of another cloud.
func (e *Error) Unauthenticated() bool { return e.Status == http.StatusUnauthorized }

// Throttled reports a 429.
func (e *Error) Throttled() bool { return e.Status == http.StatusTooManyRequests }

// Premium reports that Graph says the tenant lacks Entra ID P1 or P2. Graph has
// several shapes for it, and it sends the first of them to licensed tenants too
// when Directory.Read.All is missing (Graph known-issues page), so compare with
// subscribedSkus before telling anybody to buy something.
func (e *Error) Premium() bool {
	for _, code := range []string{"Authentication_RequestFromNonPremiumTenantOrB2CTenant", "AadPremiumLicenseRequired"} {
		if strings.EqualFold(e.Code, code) || strings.Contains(e.Message, code) {
			return true
		}
	}
	if e.Status != http.StatusForbidden && e.Status != http.StatusBadRequest {
		return false
	}
	text := strings.ToLower(e.Message)
	return strings.Contains(text, "premium licen") || strings.Contains(text, "premium tenant")
}

// ExpiredPageToken reports that a chain of pages cannot be continued and has to
// be read again from its start.
func (e *Error) ExpiredPageToken() bool {
	for _, code := range []string{"Directory_ExpiredPageToken", "DirectoryPageTokenNotFoundException", "resyncRequired"} {
		if strings.EqualFold(e.Code, code) || strings.Contains(e.Message, code) {
			return true
		}
	}
	text := strings.ToLower(e.Message)
	return e.Status == http.StatusGone ||
		strings.Contains(text, "token is either invalid or expired") || strings.Contains(text, "invalid skip token")
}

// transient reports the answers after which the same read may succeed.
func (e *Error) transient() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// ConfigError is a setting that cannot be used: a mistake in flags or files, not
// of the network.
type ConfigError struct {
	Setting string // as on the command line, without dashes
	Value   string
	Problem string
	Hint    string // what to do next
	Err     error
}

func (e *ConfigError) Error() string {
	s := e.Setting
	if e.Value != "" {
		s += fmt.Sprintf(" %q", e.Value)
	}
	return joinHint(s+": "+e.Problem, e.Err, e.Hint)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// CredentialError says that no token could be had.
type CredentialError struct {
	Auth    Auth
	Problem string // what is missing or was refused
	Code    string // the authority's code, for example AADSTS7000215, if any
	Hint    string // what to do next
	Err     error
}

func (e *CredentialError) Error() string {
	return joinHint("sign in with "+string(e.Auth)+": "+e.Problem, e.Err, e.Hint)
}

func (e *CredentialError) Unwrap() error { return e.Err }

func joinHint(s string, err error, hint string) string {
	if err != nil {
		s += ": " + err.Error()
	}
	if hint != "" {
		s += "; " + hint
	}
	return s
}

// GuardError is a request that this package refused to send because it is not,
// beyond doubt, a read.
type GuardError struct {
	Method string
	Path   string // without user principal names
	Reason string
}

func (e *GuardError) Error() string {
	return fmt.Sprintf("%s %s was not sent: %s", e.Method, e.Path, e.Reason)
}

// RedirectError is an answer that leads to another address. It is not followed: Graph
// sends none, so something else answers in its place, and a request that nobody judged
// would go to an address that nobody named.
type RedirectError struct {
	Method string
	Path   string // without user principal names
	To     string // scheme, host and port
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s %s: the answer is a redirect to %s, which is not followed; Graph sends none, so a proxy or the network may answer in its place", e.Method, e.Path, e.To)
}

// HostError is an address outside the Graph root that was configured, where no
// token may go.
type HostError struct {
	Host   string // scheme, host and port as found
	Want   string
	Reason string
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s is not the Graph root %s: %s", e.Host, e.Want, e.Reason)
}

// PagingError is a chain of pages that cannot be trusted. What was read before it
// is good but incomplete; read the collection again.
type PagingError struct {
	Path   string
	Reason string
	Pages  int // pages read before
}

func (e *PagingError) Error() string {
	return fmt.Sprintf("GET %s: page %d: %s", e.Path, e.Pages, e.Reason)
}

const (
	maxErrorBody    = 64 << 10
	maxErrorMessage = 1 << 10
)

// fill reads Graph's error object, or as much of one as there is. OData writes
// innerError in two spellings.
func (e *Error) fill(body []byte) {
	if len(body) == 0 {
		return
	}
	outer := members(unmarked(body))
	inner := members(outer["error"])
	if inner == nil {
		e.Code = oneLine(text(outer["error"]), maxErrorMessage)
		e.Message = oneLine(text(outer["error_description"]), maxErrorMessage)
		return
	}
	e.Code = oneLine(text(inner["code"]), maxErrorMessage)
	e.Message = oneLine(text(inner["message"]), maxErrorMessage)
	detail := members(inner["innerError"])
	if detail == nil {
		detail = members(inner["innererror"])
	}
	if e.Code == "" {
		e.Code = oneLine(text(detail["code"]), maxErrorMessage)
	}
	if e.RequestID == "" {
		e.RequestID = requestID(text(detail["request-id"]))
	}
	if e.ClientRequestID == "" {
		e.ClientRequestID = requestID(text(detail["client-request-id"]))
	}
}

// header takes what Graph says beside the body.
func (e *Error) header(h http.Header) {
	e.RequestID = requestID(h.Get("request-id"))
	e.Date, _ = http.ParseTime(h.Get("Date"))
	e.RetryAfter = retryAfter(h.Get("Retry-After"), e.Date)
}

// retryAfter reads seconds or an HTTP date. A date is held against the server's
// own clock where it is known, so that a wrong clock here does not matter.
// Nothing, nonsense and the past are 0.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseFloat(value, 64); err == nil {
		const most = 1 << 20 // seconds; beyond any wait this package would make
		if !(n > 0) {
			return 0
		}
		return time.Duration(min(n, most) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if now.IsZero() {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}

func members(v []byte) map[string]jsontext.Value {
	var m map[string]jsontext.Value
	if json.Unmarshal(v, &m, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return nil
	}
	return m
}

// text is the value of a JSON string, empty for anything else.
func text(v jsontext.Value) string {
	var s string
	if len(v) == 0 || json.Unmarshal(v, &s, jsontext.AllowInvalidUTF8(true)) != nil {
		return ""
	}
	return s
}
