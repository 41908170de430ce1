package graphsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// FaultKind is a way in which Graph misbehaves.
type FaultKind string

const (
	// FaultStatus answers with an error status.
	FaultStatus FaultKind = "status"
	// FaultTruncate breaks a good answer off in the middle of its body.
	FaultTruncate FaultKind = "truncate"
	// FaultRepeatNextLink makes the next link of a page lead to the same page.
	FaultRepeatNextLink FaultKind = "repeat-next-link"
	// FaultEmptyPage puts a page without rows, but with a next link, before a page.
	FaultEmptyPage FaultKind = "empty-page"
	// FaultExpiredToken refuses a next link with Directory_ExpiredPageToken.
	FaultExpiredToken FaultKind = "expired-token"
	// FaultClose closes the connection without an answer.
	FaultClose FaultKind = "close"
)

var plainFaults = []FaultKind{FaultTruncate, FaultRepeatNextLink, FaultEmptyPage, FaultExpiredToken, FaultClose}

// Fault is a misbehaviour made to order. [FaultTruncate] and [FaultClose] do not
// happen to single requests of a batch, only to the batch: name the path $batch.
type Fault struct {
	// Path chooses requests: its segments occur side by side in theirs, in any
	// letter case. A leading slash ties it to the start, which comes after the
	// version. "users" is in /users and in /users/{id}/registeredDevices,
	// "auditLogs/signIns" in that path alone.
	Path string
	Kind FaultKind
	// Status and Code are the answer of a FaultStatus. Without a code it is one
	// that is usual for the status.
	Status int
	Code   string
	// RetryAfter is sent with a FaultStatus, in seconds, unless it is 0.
	RetryAfter int
	// After lets that many requests through first.
	After int
	// Times is how often the fault happens; 0 is always.
	Times int
}

const faultForm = "PATH=WHAT[*TIMES][;after=N][;retry-after=SECONDS], where WHAT is an error status such as 429, " +
	"optionally with a code such as 403:Authorization_RequestDenied, or one of "

// ParseFault reads a fault written as
//
//	PATH=WHAT[*TIMES][;after=N][;retry-after=SECONDS]
//
// where WHAT is STATUS or STATUS:CODE with a status of 400 to 599, or one of
// truncate, repeat-next-link, empty-page, expired-token, close. Without TIMES the
// fault happens always. Examples:
//
//	users=429*3;retry-after=2
//	auditLogs/signIns=truncate
//	/groups=504*1;after=2
func ParseFault(text string) (Fault, error) {
	path, rest, ok := strings.Cut(text, "=")
	if !ok || strings.Trim(path, "/ ") == "" {
		return Fault{}, faultError(text, "it does not start with PATH=")
	}
	f := Fault{Path: strings.TrimSpace(path)}
	parts := strings.Split(rest, ";")
	what, times, repeated := strings.Cut(parts[0], "*")
	if repeated {
		n, err := strconv.Atoi(times)
		if err != nil || n < 1 {
			return Fault{}, faultError(text, fmt.Sprintf("%q is not how many times", times))
		}
		f.Times = n
	}
	if err := f.setWhat(strings.TrimSpace(what)); err != "" {
		return Fault{}, faultError(text, err)
	}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return Fault{}, faultError(text, fmt.Sprintf("%q is not a number", value))
		}
		switch name {
		case "after":
			f.After = n
		case "retry-after":
			if f.Kind != FaultStatus {
				return Fault{}, faultError(text, "retry-after goes with a status")
			}
			f.RetryAfter = n
		default:
			return Fault{}, faultError(text, fmt.Sprintf("%q is neither after nor retry-after", name))
		}
	}
	return f, nil
}

func (f *Fault) setWhat(what string) (problem string) {
	for _, kind := range plainFaults {
		if what == string(kind) {
			f.Kind = kind
			return ""
		}
	}
	number, code, _ := strings.Cut(what, ":")
	status, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Sprintf("%q is no fault", what)
	}
	if status < 400 || status > 599 {
		return fmt.Sprintf("%d is not a status from 400 to 599", status)
	}
	f.Kind, f.Status, f.Code = FaultStatus, status, code
	return ""
}

func faultError(text, problem string) error {
	var kinds []string
	for _, k := range plainFaults {
		kinds = append(kinds, string(k))
	}
	return fmt.Errorf("fault %q: %s; write %s%s", text, problem, faultForm, strings.Join(kinds, ", "))
}

// check refuses a fault that could never happen.
func (f Fault) check() error {
	if strings.Trim(f.Path, "/ ") == "" {
		return fmt.Errorf("a fault needs a path")
	}
	for _, kind := range plainFaults {
		if f.Kind == kind {
			return nil
		}
	}
	if f.Kind != FaultStatus {
		return fmt.Errorf("fault on %s: there is no kind %q", f.Path, f.Kind)
	}
	if f.Status < 400 || f.Status > 599 {
		return fmt.Errorf("fault on %s: %d is not a status from 400 to 599", f.Path, f.Status)
	}
	return nil
}

// code is what Graph usually says with the status.
func (f *Fault) code() string {
	if f.Code != "" {
		return f.Code
	}
	switch f.Status {
	case http.StatusUnauthorized:
		return "InvalidAuthenticationToken"
	case http.StatusForbidden:
		return "Authorization_RequestDenied"
	case http.StatusNotFound:
		return "Request_ResourceNotFound"
	case http.StatusTooManyRequests:
		return "TooManyRequests"
	case http.StatusServiceUnavailable:
		return "serviceNotAvailable"
	default:
		return "UnknownError"
	}
}

// hits tells whether the fault chooses a request.
func (f *Fault) hits(segments []string) bool {
	want := strings.Split(strings.Trim(f.Path, "/ "), "/")
	for from := 0; from+len(want) <= len(segments); from++ {
		hit := true
		for i := range want {
			hit = hit && strings.EqualFold(want[i], segments[from+i])
		}
		if hit {
			return true
		}
		if strings.HasPrefix(f.Path, "/") {
			return false
		}
	}
	return false
}

// faults counts the faults that are left to happen.
type faults struct {
	mu   sync.Mutex
	list []pendingFault
}

type pendingFault struct {
	Fault
	let, done int
}

// take returns the first fault of a kind that is due for a request, and counts
// it as done.
func (f *faults) take(kind FaultKind, segments []string) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.list {
		p := &f.list[i]
		if p.Kind != kind || !p.hits(segments) || p.Times > 0 && p.done == p.Times {
			continue
		}
		if p.let < p.After {
			p.let++
			continue
		}
		p.done++
		fault := p.Fault
		return &fault
	}
	return nil
}
