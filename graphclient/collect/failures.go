package collect

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
)

// failure is a part of the sign-in log that is small and tells most about passkeys.
// Where there is no time for the whole log, these parts are read of its older days.
type failure struct {
	filter string // an OData expression
	match  func(*entra.SignIn) bool
}

// codesInFilter is how many codes one filter names: long ones are refused.
const codesInFilter = 12

// failures are the parts, in the order in which they are read: what Conditional
// Access refused, what failed with a code that concerns passkeys, passes or
// registration, and what happened in the apps that registration goes through.
func failures() []failure {
	all := []failure{{"conditionalAccessStatus eq 'failure'", func(s *entra.SignIn) bool {
		return strings.EqualFold(string(s.ConditionalAccessStatus), "failure")
	}}}
	var codes []int
	for _, e := range catalogue.BuiltIn().SignInErrors() {
		switch e.Category {
		case "fido-failure", "tap", "needs-registration":
			codes = append(codes, e.Code)
		}
	}
	slices.Sort(codes)
	for chunk := range slices.Chunk(codes, codesInFilter) {
		all = append(all, failure{anyOf("status/errorCode", chunk, strconv.Itoa), func(s *entra.SignIn) bool {
			return s.Status != nil && s.Status.ErrorCode != nil && slices.Contains(chunk, *s.Status.ErrorCode)
		}})
	}
	apps := askedApps[:4]
	return append(all, failure{anyOf("appId", apps, quote), func(s *entra.SignIn) bool {
		return slices.ContainsFunc(apps, func(id string) bool { return strings.EqualFold(id, s.AppID) })
	}})
}

func anyOf[T any](member string, values []T, write func(T) string) string {
	var parts []string
	for _, v := range values {
		parts = append(parts, member+" eq "+write(v))
	}
	return "(" + strings.Join(parts, " or ") + ")"
}

// readFailures reads the failures of a window of which not everything was read.
func (l *logReader) readFailures(ctx context.Context, w window, beta bool) error {
	j := l.j
	request := j.entry.Request
	defer func() { j.entry.Request = request }()
	l.began, l.keep = j.r.opts.Now(), nil
	list := failures()
	for i, f := range list {
		// What fits several parts belongs to the first of them.
		l.keep = func(row entra.Raw) bool {
			var s entra.SignIn
			return entra.Decode(row, &s) != nil || !slices.ContainsFunc(list[:i], func(earlier failure) bool { return earlier.match(&s) })
		}
		before := len(j.gaps)
		err := l.read(ctx, i+1, w, signInRequest(beta, f.filter))
		switch {
		case refusedWith(err, http.StatusBadRequest):
			j.gap("nor could failures be asked for")
			return nil
		case err != nil:
			return err
		case len(j.gaps) > before: // out of time once more
			j.gaps[before] = fmt.Sprintf("nor could all failures be read in another %s", j.r.opts.LogTime)
			return nil
		}
	}
	j.gap("of those only failures that concern passkeys were read")
	return nil
}
