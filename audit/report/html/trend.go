package html

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/report"
)

// trend is the section of past runs.
type trend struct {
	Earlier          number
	People, Findings *course
	States           []string // heads of the table
	Severities       []string
	Rows             []moment
	// Notes say what else than the tenant differs between the runs.
	Notes []string
}

// moment is a row of the table: one run.
type moment struct {
	When             string
	HasPeople        bool
	People           number
	States, Findings []number // States is empty where nobody could be judged
	Unjudged         number
	Differs          string
}

// course is a chart of runs: a column each, its parts on top of one another.
type course struct {
	Width   int
	Columns []stacked
	Labels  []dateLabel
	Series  []series
}

// stacked is a rectangle, in pixels.
type stacked struct {
	Class      string
	X, Y, W, H int
}

type dateLabel struct {
	X    int
	Text string
}

// series is what a colour stands for, with its numbers in the first run and in this one.
type series struct {
	Class, Text string
	HasNumbers  bool
	First, Last number
}

const (
	trendWidth  = 560 // of the whole drawing at most
	trendSlot   = 84  // of a run, where there is room; a date fits in
	trendHeight = 140
	trendAxis   = 20 // for the dates beneath
)

// trendOf draws the runs; nil where there is nothing to compare with.
func trendOf(t *overview.Trend) *trend {
	if t == nil || len(t.Moments) < 2 {
		return nil
	}
	out := &trend{Earlier: at(t.Earlier, "overview", "trend", "earlier")}
	states, severities := audit.Texts(bootstrap.States), []string{}
	for _, s := range audit.Severities() {
		severities = append(severities, s.String())
	}
	byState, bySeverity := make([]map[string]int, len(t.Moments)), make([]map[string]int, len(t.Moments))
	for i, m := range t.Moments {
		row := moment{When: report.Plain(minute(m.TakenAt)), Unjudged: at(m.Unjudged, "overview", "trend", "moments", i, "unjudged")}
		if m.People != nil {
			row.HasPeople, row.People = true, at(*m.People, "overview", "trend", "moments", i, "people")
		}
		if m.States != nil {
			byState[i] = map[string]int{}
			for _, s := range states {
				byState[i][s] = m.States[bootstrap.State(s)]
				row.States = append(row.States, at(byState[i][s], "overview", "trend", "moments", i, "states", s))
			}
		}
		bySeverity[i] = m.Findings
		for _, s := range severities {
			row.Findings = append(row.Findings, at(m.Findings[s], "overview", "trend", "moments", i, "findings", s))
		}
		row.Differs = differs(m.Differs)
		out.Rows = append(out.Rows, row)
	}
	for _, s := range bootstrap.States {
		out.States = append(out.States, short(s))
	}
	out.Severities = severities
	out.People = courseOf(t.Moments, "states", states, byState, func(s string) string { return report.StateText(bootstrap.State(s)) })
	out.Findings = courseOf(t.Moments, "findings", severities, bySeverity, func(s string) string { return s })
	out.Notes = notesOf(t.Moments)
	return out
}

// minute is a time as the page's head has it.
func minute(at string) string {
	text, _, _ := strings.Cut(strings.Replace(report.UTC(at), "T", " ", 1), ".")
	return strings.TrimSuffix(strings.TrimSuffix(text, "Z"), ":00")
}

// differs says in what a run was judged unlike this one.
func differs(list []overview.Difference) string {
	var words []string
	for _, d := range list {
		switch d {
		case overview.OtherVersion:
			words = append(words, "by another version")
		default:
			words = append(words, "by other "+report.Plain(string(d)))
		}
	}
	if len(words) == 0 {
		return "as this run"
	}
	return strings.Join(words, ", ")
}

// notesOf says once what more than one row may say.
func notesOf(moments []overview.Moment) []string {
	other, unjudged := 0, 0
	for _, m := range moments {
		if len(m.Differs) > 0 {
			other++
		}
		if m.Unjudged != moments[len(moments)-1].Unjudged {
			unjudged++
		}
	}
	var notes []string
	if other > 0 {
		notes = append(notes, "Not all of these runs were judged alike, by the same checks, settings and version: numbers may differ though the tenant does not. The table says which.")
	}
	if unjudged > 0 {
		notes = append(notes, "Not in all of these runs could as many checks be judged: fewer findings may mean that less was seen. The table says how many could not.")
	}
	return notes
}

// courseOf draws a column for every run that has numbers. A kind that no run has is left
// out. Columns stand at equal distances: the dates say how far apart the runs are.
func courseOf(moments []overview.Moment, member string, kinds []string, counts []map[string]int, text func(string) string) *course {
	c := &course{}
	most, first, last := 0, -1, -1
	for i, m := range counts {
		whole := 0
		for _, kind := range kinds {
			whole += m[kind]
		}
		most = max(most, whole)
		if m != nil {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	if most == 0 {
		return c
	}
	for _, kind := range kinds {
		s := series{Class: kind, Text: text(kind)}
		if first < last {
			s.HasNumbers = true
			s.First = at(counts[first][kind], "overview", "trend", "moments", first, member, kind)
			s.Last = at(counts[last][kind], "overview", "trend", "moments", last, member, kind)
		}
		for _, m := range counts {
			if m[kind] > 0 {
				c.Series = append(c.Series, s)
				break
			}
		}
	}
	slot := min(trendSlot, trendWidth/len(moments))
	c.Width = max(slot*len(moments), 2*trendSlot)
	for i, m := range counts {
		gap := max(1, slot/5)
		done := 0
		for _, kind := range kinds {
			if m[kind] == 0 {
				continue
			}
			// Both ends are rounded, not the height: parts touch, and the whole is right.
			top := trendHeight - (done+m[kind])*trendHeight/most
			bottom := trendHeight - done*trendHeight/most
			if bottom-top > 4 {
				top++ // a line between parts; a thin one would be nothing but line
			}
			c.Columns = append(c.Columns, stacked{kind, i*slot + gap, top, slot - 2*gap, max(1, bottom-top)})
			done += m[kind]
		}
		if slot == trendSlot {
			c.Labels = append(c.Labels, dateLabel{i*slot + slot/2, day(moments[i].TakenAt)})
		}
	}
	if slot < trendSlot {
		c.Labels = []dateLabel{{trendSlot / 2, day(moments[0].TakenAt)}, {c.Width - trendSlot/2, day(moments[len(moments)-1].TakenAt)}}
	}
	return c
}

func day(at string) string {
	date, _, _ := strings.Cut(report.UTC(at), "T")
	return report.Plain(date)
}

// ViewBox is the drawing's size.
func (c *course) ViewBox() string { return fmt.Sprintf("0 0 %d %d", c.Width, c.Height()) }

// Height is that of the drawing with its dates.
func (c *course) Height() int { return trendHeight + trendAxis }

// Base is where the columns stand.
func (c *course) Base() int { return trendHeight }

// LabelY is where the dates stand.
func (c *course) LabelY() int { return trendHeight + trendAxis - 4 }
