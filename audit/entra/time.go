package entra

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	// windowsDate is how Windows PowerShell writes a time: milliseconds since 1970
	// in UTC, and an offset that is for display only.
	windowsDate = regexp.MustCompile(`^/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/$`)
	dateTime    = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?$`)
)

// TimeOf reads a time in any of the forms of ParseTime; the zero time where there is none
// that can be read.
func TimeOf(text string) time.Time {
	// The form in which Graph writes nearly all of them.
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC()
	}
	at, err := ParseTime(text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// ParseTime reads a time in any of the forms in which Graph and exports of it
// write one: RFC 3339 with any number of fraction digits and any offset, the same
// without an offset, which is UTC, with a space for the T, and "/Date(…)/". The
// result is in UTC. Intune's "0001-01-01T00:00:00Z", which means never, gives the
// zero time.
func ParseTime(text string) (time.Time, error) {
	if m := windowsDate.FindStringSubmatch(text); m != nil {
		ms, err := strconv.ParseInt(m[1], 10, 64)
		if err == nil {
			return time.UnixMilli(ms).UTC(), nil
		}
	}
	m := dateTime.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, fmt.Errorf("%q is not a time", text)
	}
	offset := strings.ToUpper(m[4])
	if offset == "" {
		offset = "Z"
	}
	t, err := time.Parse(time.RFC3339, m[1]+"T"+m[2]+m[3]+offset)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a time", text)
	}
	return t.UTC(), nil
}
