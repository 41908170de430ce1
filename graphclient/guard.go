package graphclient

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// Guard lets only reads of one Graph root pass to Next. It is meant as the last
// link before the wire, so it trusts nothing above it: every request is judged by
// the bytes that would be sent.
//
// Reads are GET, and five POSTs that Graph documents as free of side effects:
// $batch with only such GETs inside, directoryObjects/getByIds,
// users/{id}/checkMemberGroups, users/{id}/getMemberGroups and
// identity/conditionalAccess/evaluate. The GET of creationOptions is refused in
// every spelling: it starts provisioning a passkey and leaves an audit event.
//
// Refusals are *[GuardError], or *[HostError] for another host.
type Guard struct {
	Root *url.URL // scheme, host and port, and the path before the version if any
	Next http.RoundTripper
}

// maxBatchBody bounds what the guard reads to judge a batch; twenty URLs need far
// less.
const maxBatchBody = 4 << 20

// RoundTrip sends req if it is a read.
func (g *Guard) RoundTrip(req *http.Request) (*http.Response, error) {
	checked, err := g.check(req)
	if err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return g.Next.RoundTrip(checked)
}

// check returns the request to send: req itself, or for a batch a copy whose body
// is exactly the bytes that were judged.
func (g *Guard) check(req *http.Request) (*http.Request, error) {
	u := req.URL
	if u == nil {
		return nil, &GuardError{Method: req.Method, Reason: "it has no URL"}
	}
	refuse := func(format string, args ...any) (*http.Request, error) {
		return nil, &GuardError{Method: req.Method, Path: redactPath(u.EscapedPath()), Reason: fmt.Sprintf(format, args...)}
	}
	if u.Opaque != "" || u.User != nil {
		return refuse("its URL hides where it goes")
	}
	if err := sameOrigin(g.Root, u); err != nil {
		return nil, err
	}
	if req.Host != "" && !strings.EqualFold(req.Host, u.Host) {
		return nil, &HostError{Host: req.Host, Want: origin(g.Root), Reason: "the Host header differs from the URL"}
	}
	for name := range req.Header {
		if overridesMethod(name) {
			return refuse("header %s could turn it into another method", name)
		}
	}
	rest, ok := below(g.Root, u)
	if !ok {
		return refuse("its path is under neither /%s nor /%s", versionStable, versionBeta)
	}
	if err := checkPath(rest); err != nil {
		return refuse("%v", err)
	}
	switch req.Method {
	case "", http.MethodGet:
		if req.Body != nil && req.Body != http.NoBody {
			return refuse("a read carries no body")
		}
		if isBatch(rest) {
			return refuse("a batch is a POST")
		}
		return req, nil
	case http.MethodPost:
		if !postReads.MatchString(rest) {
			return refuse("this POST is not known to be a read")
		}
		if u.RawQuery != "" {
			return refuse("a POST that reads takes no query")
		}
		if req.Header.Get("Content-Encoding") != "" {
			return refuse("its body is encoded and cannot be judged")
		}
		if !isBatch(rest) {
			return req, nil
		}
		body, err := readBatchBody(req)
		if err != nil {
			return refuse("%v", err)
		}
		if err := checkBatch(body); err != nil {
			return refuse("%v", err)
		}
		c := req.Clone(req.Context())
		c.Body = io.NopCloser(bytes.NewReader(body))
		c.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		c.ContentLength = int64(len(body))
		c.TransferEncoding = nil
		return c, nil
	}
	return refuse("only reads are sent")
}

// postReads matches the allowed POSTs on the escaped path below the version. It
// is exact on purpose: a spelling that Graph might take for the same thing is
// refused, which costs nothing.
var postReads = regexp.MustCompile(`^(?:(?:\$|%24)batch|directoryObjects/getByIds|identity/conditionalAccess/evaluate|users/[^/]+/(?:checkMemberGroups|getMemberGroups))$`)

func isBatch(rest string) bool {
	plain, err := url.PathUnescape(rest)
	if err != nil {
		plain = rest
	}
	return strings.EqualFold(plain, "$batch")
}

// overridesMethod knows the headers by which servers and proxies accept another
// method than the request line's.
func overridesMethod(name string) bool {
	switch strings.ToLower(name) {
	case "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url":
		return true
	}
	return false
}

// checkPath judges an escaped path below the version, without leading slash.
func checkPath(rest string) error {
	var seen strings.Builder
	for s := range strings.SplitSeq(rest, "/") {
		plain, err := url.PathUnescape(s)
		switch {
		case err != nil:
			return errors.New("its path is escaped wrongly")
		case plain == "":
			return errors.New("its path has an empty segment")
		case plain == "." || plain == "..":
			return errors.New("its path has dot segments")
		case strings.ContainsAny(plain, `/\`):
			return errors.New("its path hides a slash in a segment")
		case hasControl(plain):
			return errors.New("its path has control characters")
		}
		if again, err := url.PathUnescape(plain); err == nil && again != plain {
			return errors.New("its path is escaped twice")
		}
		seen.WriteString(letters(plain))
	}
	if strings.Contains(seen.String(), "creationoptions") {
		return errors.New("creationOptions starts provisioning a passkey")
	}
	return nil
}

// letters reduces text to its ASCII letters in lower case, after folding the
// characters that some servers take for them. What is left compares equal for
// namespaces, case, dots, parentheses, separators and invisible characters.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'Ａ' <= r && r <= 'ｚ' { // full-width forms
			r -= 'Ａ' - 'A'
		}
		r = unicode.ToLower(unicode.ToUpper(r)) // ſ and ı fold on the way up
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, s)
}

func readBatchBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, errors.New("a batch needs a body")
	}
	defer req.Body.Close()
	body, err := io.ReadAll(io.LimitReader(req.Body, maxBatchBody+1))
	if err != nil {
		return nil, fmt.Errorf("read its body: %w", err)
	}
	if len(body) > maxBatchBody {
		return nil, errors.New("its body is too large to judge")
	}
	return body, nil
}

// batchBody is the only form of a batch that passes. Unknown members are refused,
// which keeps out bodies, other spellings of "method" and dependencies.
type batchBody struct {
	Requests []batchItem `json:"requests"`
}

type batchItem struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
}

func checkBatch(body []byte) error {
	var b batchBody
	if err := json.Unmarshal(body, &b, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("its batch has a form that is not known to be read-only: %w", err)
	}
	if n := len(b.Requests); n == 0 || n > MaxBatch {
		return fmt.Errorf("a batch holds 1 to %d requests, not %d", MaxBatch, n)
	}
	ids := map[string]bool{}
	for _, item := range b.Requests {
		if item.ID == "" || ids[item.ID] {
			return errors.New("the ids in its batch are not unique")
		}
		ids[item.ID] = true
		if item.Method != http.MethodGet {
			return errors.New("its batch holds something else than GET")
		}
		for name := range item.Headers {
			if overridesMethod(name) {
				return fmt.Errorf("header %s in its batch could turn a GET into another method", oneLine(name, 100))
			}
		}
		if err := checkBatchURL(item.URL); err != nil {
			return fmt.Errorf("in its batch: %w", err)
		}
	}
	return nil
}

func checkBatchURL(s string) error {
	path, _, _ := strings.Cut(s, "?")
	if !strings.HasPrefix(path, "/") || strings.Contains(s, "#") {
		return errors.New("its URL is not relative to the version")
	}
	rest := path[1:]
	if first, _, _ := strings.Cut(rest, "/"); isBatch(first) {
		return errors.New("a batch inside a batch")
	}
	return checkPath(rest)
}
