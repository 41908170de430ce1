package graphsim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FaultKind is a way in which Graph misbehaves.
type FaultKind string

const (
	FaultStatus         FaultKind = "status"
	FaultTruncate       FaultKind = "truncate"
	FaultCutJSON        FaultKind = "cut-json"
	FaultClose          FaultKind = "close"
	FaultSlow           FaultKind = "slow"
	FaultGzip           FaultKind = "gzip"
	FaultHTML           FaultKind = "html"
	FaultRedirect       FaultKind = "redirect"
	FaultRedirectAway   FaultKind = "redirect-away"
	FaultEmptyPage      FaultKind = "empty-page"
	FaultRepeatNextLink FaultKind = "repeat-next-link"
	FaultEndlessPages   FaultKind = "endless-pages"
	FaultEmptyToken     FaultKind = "empty-token"
	FaultForeignLink    FaultKind = "foreign-next-link"
	FaultExpiredToken   FaultKind = "expired-token"
	FaultLostToken      FaultKind = "lost-token"
	FaultUnknownToken   FaultKind = "unknown-token"
)

// FaultInfo describes a kind of fault for people.
type FaultInfo struct {
	Kind    FaultKind
	Does    string
	batched bool // happens to single requests of a batch, too
}

// Faults lists what may be written after PATH=, besides an error status.
func Faults() []FaultInfo {
	return []FaultInfo{
		{FaultTruncate, "breaks an answer off in the middle and closes the connection", false},
		{FaultCutJSON, "sends half of the JSON as if it were all", false},
		{FaultClose, "closes the connection without an answer", false},
		{FaultSlow, "sends the answer in pieces, with pauses (pause=MILLISECONDS, 100 unless given)", false},
		{FaultGzip, "sends the answer compressed", false},
		{FaultHTML, "answers 200 with a page of HTML, as gateways do", false},
		{FaultRedirect, "redirects to the same address, for ever", false},
		{FaultRedirectAway, "redirects to another host", false},
		{FaultEmptyPage, "puts a page without rows before a page", true},
		{FaultRepeatNextLink, "makes the next link of a page lead to the same page", true},
		{FaultEndlessPages, "gives the same rows again and again under ever new next links", true},
		{FaultEmptyToken, "gives a next link whose token is empty", true},
		{FaultForeignLink, "gives a next link to another host", true},
		{FaultExpiredToken, "refuses a next link: Directory_ExpiredPageToken", true},
		{FaultLostToken, "refuses a next link: DirectoryPageTokenNotFoundException", true},
		{FaultUnknownToken, "refuses a next link: Token not found, as reports do", true},
	}
}

func faultKinds() (kinds []string) {
	for _, f := range Faults() {
		kinds = append(kinds, string(f.Kind))
	}
	return kinds
}

// Fault is a misbehaviour made to order. Those of the connection do not happen to
// single requests of a batch, only to the batch: name the path $batch.
type Fault struct {
	// Path chooses requests: its segments occur side by side in theirs, in any
	// letter case. A leading slash ties it to the start, which comes after the
	// version, and a trailing one to the end. "users" is in /users and in
	// /users/{id}/registeredDevices, "/users/" is /users alone, and
	// "auditLogs/signIns" is in that path alone.
	Path string
	Kind FaultKind
	// Status and Code are the answer of a FaultStatus. Without a code it is one
	// that is usual for the status.
	Status int
	Code   string
	// RetryAfter is sent with a FaultStatus, in seconds, unless it is 0; with
	// RetryDate as the time that this is after the answer's Date.
	RetryAfter int
	RetryDate  bool
	// Pause is how many milliseconds a FaultSlow waits before each piece.
	Pause int
	// After lets that many requests through first.
	After int
	// Times is how often the fault happens; 0 is always.
	Times int
	// Chance is how likely it is that the fault happens when it is due, in percent; 0
	// is certain. Options.Seed decides.
	Chance int
}

const faultForm = "PATH=WHAT[*TIMES][;after=N][;chance=PERCENT][;retry-after=SECONDS][;retry-date=SECONDS][;pause=MILLISECONDS], " +
	"where WHAT is an error status such as 429, optionally with a code such as 403:Authorization_RequestDenied, or one of "

// ParseFault reads a fault written as
//
//	PATH=WHAT[*TIMES][;after=N][;chance=PERCENT][;retry-after=SECONDS][;retry-date=SECONDS][;pause=MILLISECONDS]
//
// where WHAT is STATUS or STATUS:CODE with a status of 400 to 599, or one of the
// kinds that [Faults] lists. Without TIMES the fault happens always. Examples:
//
//	users=429*3;retry-after=2
//	auditLogs/signIns=truncate;chance=10
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
		case "retry-after", "retry-date":
			if f.Kind != FaultStatus {
				return Fault{}, faultError(text, name+" goes with a status")
			}
			f.RetryAfter, f.RetryDate = n, name == "retry-date"
		case "chance":
			if n < 1 || n > 100 {
				return Fault{}, faultError(text, "chance is from 1 to 100 percent")
			}
			f.Chance = n
		case "pause":
			if f.Kind != FaultSlow {
				return Fault{}, faultError(text, "pause goes with slow")
			}
			f.Pause = n
		default:
			return Fault{}, faultError(text, fmt.Sprintf("%q is neither after nor chance, retry-after, retry-date or pause", name))
		}
	}
	return f, nil
}

func (f *Fault) setWhat(what string) (problem string) {
	if slices.Contains(faultKinds(), what) {
		f.Kind = FaultKind(what)
		return ""
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
	return fmt.Errorf("fault %q: %s; write %s%s", text, problem, faultForm, strings.Join(faultKinds(), ", "))
}

// check refuses a fault that could never happen.
func (f Fault) check() error {
	if strings.Trim(f.Path, "/ ") == "" {
		return fmt.Errorf("a fault needs a path")
	}
	if slices.Contains(faultKinds(), string(f.Kind)) {
		return nil
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
		if hit && (!strings.HasSuffix(f.Path, "/") || from+len(want) == len(segments)) {
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
	rng  *rand.Rand
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
		if p.Chance > 0 && f.rng.IntN(100) >= p.Chance {
			continue
		}
		p.done++
		fault := p.Fault
		return &fault
	}
	return nil
}
