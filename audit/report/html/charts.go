package html

import (
	"fmt"
	"strconv"
	"time"

	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/report"
)

// part is a share of a bar.
type part struct {
	Class string
	N     int
}

// segment is a drawn part, in percent of the width.
type segment struct {
	Class    string
	X, Width string
}

// stack lays parts beside each other on a scale that ends at whole.
func stack(parts []part, whole int) []segment {
	var out []segment
	if whole <= 0 {
		return out
	}
	done := 0
	for _, p := range parts {
		if p.N > 0 {
			out = append(out, segment{p.Class, percent(done, whole), percent(p.N, whole)})
		}
		done += p.N
	}
	return out
}

func percent(n, whole int) string {
	return strconv.FormatFloat(100*float64(n)/float64(whole), 'f', 2, 64) + "%"
}

// columns is a chart of days.
type columns struct {
	Columns       []columnPair
	Width         int
	First, Last   string
	Most          int
	Base          int
	HasRegistered bool
	From          string
	Rows          []dayRow
}

// columnPair is the two columns of one day, in units of the drawing.
type columnPair struct {
	X1, X2, Y1, H1, Y2, H2 int
}

type dayRow struct {
	Date                string
	Refused, Registered number
	HasRegistered       bool
}

const (
	dayWidth    = 10
	chartHeight = 120
)

// days draws every day from the first that the log covers to the snapshot's.
func days(r *overview.Registrations, takenAt string) *columns {
	c := &columns{Base: chartHeight, From: r.From}
	byDate := map[string]overview.Day{}
	for i, d := range r.Days {
		row := dayRow{Date: d.Date, Refused: at(d.Refused, "overview", "registrations", "days", i, "refused")}
		c.Most = max(c.Most, d.Refused)
		if d.Registered != nil {
			row.Registered = at(*d.Registered, "overview", "registrations", "days", i, "registered")
			row.HasRegistered, c.HasRegistered = true, true
			c.Most = max(c.Most, *d.Registered)
		}
		c.Rows = append(c.Rows, row)
		byDate[d.Date] = d
	}
	if len(r.Days) == 0 {
		return c
	}
	first, last := r.From, ""
	if first == "" || first > r.Days[0].Date {
		first = r.Days[0].Date
	}
	if t, err := time.Parse(time.RFC3339, report.UTC(takenAt)); err == nil {
		last = t.Format(time.DateOnly)
	}
	last = max(last, r.Days[len(r.Days)-1].Date)
	from, err1 := time.Parse(time.DateOnly, first)
	to, err2 := time.Parse(time.DateOnly, last)
	if err1 != nil || err2 != nil || to.Sub(from) > 400*24*time.Hour {
		return c // the table beneath says it all
	}
	c.First, c.Last = first, last
	x := 0
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		d := byDate[day.Format(time.DateOnly)]
		registered := 0
		if d.Registered != nil {
			registered = *d.Registered
		}
		h1, h2 := d.Refused*chartHeight/c.Most, registered*chartHeight/c.Most
		c.Columns = append(c.Columns, columnPair{x + 1, x + 5, chartHeight - h1, h1, chartHeight - h2, h2})
		x += dayWidth
	}
	c.Width = x
	return c
}

// ViewBox is the drawing's size.
func (c *columns) ViewBox() string { return fmt.Sprintf("0 0 %d %d", c.Width, chartHeight) }
