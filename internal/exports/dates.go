package exports

import "time"

// stamp is a time and where it was read.
type stamp struct {
	time time.Time
	file string
}

func (s *stamp) see(t time.Time, file string) {
	if t.After(s.time) {
		*s = stamp{t, file}
	}
}

// modified is when an object says it was last changed.
func modified(v *value) time.Time {
	for _, name := range []string{"modifiedDateTime", "lastModifiedDateTime", "lastUpdatedDateTime"} {
		if t, ok := parseTime(v.get(name).text()); ok {
			return t
		}
	}
	return time.Time{}
}

// pastDates are members that tell of something that had happened when Graph was
// asked, so that the export is no older.
var pastDates = []string{"createdDateTime", "modifiedDateTime", "lastModifiedDateTime", "lastUpdatedDateTime", "activityDateTime",
	"lastPasswordChangeDateTime", "approximateLastSignInDateTime", "lastSyncDateTime", "riskLastUpdatedDateTime", "onPremisesLastSyncDateTime"}

func (r *reading) dates(v *value, file string) {
	for _, name := range pastDates {
		if t, ok := parseTime(v.get(name).text()); ok {
			r.newest.see(t, file)
		}
	}
}

// parseTime reads a date as exports write it. Without an offset it is UTC, which is
// what Graph and its exporters mean.
func parseTime(text string) (time.Time, bool) {
	if date, ok := powerShellDate(text); ok {
		text = date
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 2000 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
