package graphsim

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// failure is an error answer of Graph.
type failure struct {
	status     int
	code       string
	message    string
	retryAfter int  // seconds; sent if not 0
	retryDate  bool // as a date
}

func fail(status int, code, message string) *failure {
	return &failure{status: status, code: code, message: message}
}

func badRequest(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "BadRequest", fmt.Sprintf(format, args...))
}

func unsupportedQuery(format string, args ...any) *failure {
	return fail(http.StatusBadRequest, "Request_UnsupportedQuery", fmt.Sprintf(format, args...))
}

func notFound(id string) *failure {
	return fail(http.StatusNotFound, "Request_ResourceNotFound",
		fmt.Sprintf("Resource '%s' does not exist or one of its queried reference-property objects are not present.", id))
}

func (f *failure) Error() string { return fmt.Sprintf("%d %s: %s", f.status, f.code, f.message) }

// failureOf turns any error into an answer. What is not a failure already is a
// damaged snapshot.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return fail(http.StatusInternalServerError, "InternalServerError", err.Error())
}

// failureAnswer gives an error the body all of Graph's errors have. Source:
// https://learn.microsoft.com/graph/errors
func (c *call) failureAnswer(f *failure) *answer {
	a := newAnswer(f.status, nil)
	if f.retryAfter > 0 {
		a.header.Set("Retry-After", strconv.Itoa(f.retryAfter))
		if f.retryDate {
			at := c.server.store.snap.TakenAt().Add(time.Duration(f.retryAfter) * time.Second)
			a.header.Set("Retry-After", at.UTC().Format(http.TimeFormat))
		}
	}
	a.body = fmt.Appendf(nil, `{"error":{"code":%s,"message":%s,"innerError":{"date":%s,"request-id":%s,"client-request-id":%s}}}`,
		quote(f.code), quote(f.message), quote(c.server.store.snap.TakenAt().UTC().Format("2006-01-02T15:04:05")),
		quote(c.requestID), quote(c.clientRequestID))
	return a
}

// date is the Date header of every answer of Graph.
func (s *Server) date() string { return s.store.snap.TakenAt().UTC().Format(http.TimeFormat) }
