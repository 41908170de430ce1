package activity

import (
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Window is the time a log covers. Nothing is known of what was before.
type Window struct {
	// From and To are what was asked for; zero where the snapshot does not say.
	From, To time.Time
	// Earliest and Latest are the times of the events; zero where there are none.
	Earliest, Latest time.Time
	// Rows counts the rows that were read.
	Rows int
}

func windowOf(p *audit.Pass, section snapshot.SectionID) Window {
	var w Window
	if entry := p.Status(section).Entry; entry != nil {
		// A time that cannot be read is one that was not told.
		w.From, _ = entra.ParseTime(entry.From)
		w.To, _ = entra.ParseTime(entry.To)
	}
	return w
}

func (w *Window) add(at time.Time) {
	if at.IsZero() {
		return
	}
	if w.Earliest.IsZero() || at.Before(w.Earliest) {
		w.Earliest = at
	}
	if at.After(w.Latest) {
		w.Latest = at
	}
}

// Since is the first day that the log covers, as far as is known: the beginning of
// what was asked for, or else the day of the earliest event. Empty for a log without
// either.
func (w Window) Since() string {
	since := w.From
	if since.IsZero() {
		since = w.Earliest
	}
	if since.IsZero() {
		return ""
	}
	return since.Format(time.DateOnly)
}

// Phrase says in words how far the log reaches back: "since 2026-10-23, where the log
// begins".
func (w Window) Phrase() string {
	if since := w.Since(); since != "" {
		return "since " + since + ", where the log begins"
	}
	return "in the log, which does not say how far it reaches back"
}
