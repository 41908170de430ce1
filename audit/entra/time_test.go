package entra

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no-fraction", "2026-11-22T01:02:03Z", "2026-11-22T01:02:03Z"},
		{"one-digit", "2026-11-22T01:02:03.5Z", "2026-11-22T01:02:03.5Z"},
		{"seven-digits", "2018-01-09T21:20:02.7215374Z", "2018-01-09T21:20:02.7215374Z"},
		{"nine-digits", "2024-12-10T14:33:09.049661123Z", "2024-12-10T14:33:09.049661123Z"},
		{"twelve-digits", "2024-12-10T14:33:09.049661123999Z", "2024-12-10T14:33:09.049661123Z"},
		{"zero-offset", "2024-11-27T03:31:26.7088498+00:00", "2024-11-27T03:31:26.7088498Z"},
		{"west", "2019-10-18T04:45:48-05:00", "2019-10-18T09:45:48Z"},
		{"east-of-midnight", "2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"},
		{"no-offset", "2026-11-22T01:02:03.004", "2026-11-22T01:02:03.004Z"},
		{"space", "2024-12-10 14:33:09.049661100", "2024-12-10T14:33:09.0496611Z"},
		{"lower-case", "2026-11-22t01:02:03z", "2026-11-22T01:02:03Z"},
		{"windows", "/Date(1618315427741)/", "2021-04-13T12:03:47.741Z"},
		{"windows-offset", "/Date(1618315427741+0200)/", "2021-04-13T12:03:47.741Z"},
		{"windows-before-1970", "/Date(-62135596800000)/", "0001-01-01T00:00:00Z"},
		{"never", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
		{"end-of-time", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTime(tt.text)
			if err != nil || got.Format(time.RFC3339Nano) != tt.want || got.Location() != time.UTC {
				t.Errorf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
	if never, err := ParseTime("0001-01-01T00:00:00Z"); err != nil || !never.IsZero() {
		t.Errorf("never is %v, %v", never, err)
	}
	for _, text := range []string{
		"", "String (timestamp)", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T01:02:03+0100",
		"2026-11-22T01:02:03Z ", "/Date()/", "/Date(99999999999999999999)/", "/Date(1)", "1618315427741", "2026-11-22T01:02:03,5Z", "2026-11-22T01:02:03.Z",
		"2026-11-22T01:02:03+99:99",
	} {
		if got, err := ParseTime(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
}
