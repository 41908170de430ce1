package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/internal/term"
)

const (
	// redrawEvery bounds how often the screen is written.
	redrawEvery = 100 * time.Millisecond
	// plainEvery is how often a line tells how far a run is that nobody watches.
	plainEvery = 30 * time.Second
)

// progress shows on standard error how collecting goes: on a terminal a line for
// each section that is being read and one for what is waited for, elsewhere a plain
// line now and then. Long waits and sections that could not be read are said in any
// case, unless it is quiet.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	quiet    bool
	width    int
	now      func() time.Time

	active  []*reading
	waits   map[graphclient.Bucket]wait
	drawn   int  // lines on the screen that can be written over
	unasked bool // it was said that the token is not taken any more
	last    time.Time
	stop    chan struct{}
	stopped sync.WaitGroup
}

// reading is a section that is being read.
type reading struct {
	section     snapshot.SectionID
	bucket      graphclient.Bucket
	began       time.Time
	rows, total int
	first       int // rows that were there when it was begun
}

type wait struct {
	until time.Time
	why   string
}

func newProgress(io *term.IO, quiet bool) *progress {
	p := &progress{out: io.Err, terminal: io.ErrTerminal, quiet: quiet, width: io.Width, now: time.Now, waits: map[graphclient.Bucket]wait{}}
	p.last = p.now()
	if p.terminal && !quiet {
		p.stop = make(chan struct{})
		p.stopped.Go(p.tick)
	}
	return p
}

// tick lets the clock of waits run.
func (p *progress) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			p.mu.Lock()
			p.draw(true)
			p.mu.Unlock()
		}
	}
}

// event implements collect.Options.Events.
func (p *progress) event(e collect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case collect.Started:
		p.active = append(p.active, &reading{section: e.Section, bucket: e.Bucket, began: p.now(), rows: e.Rows, first: e.Rows})
	case collect.Total, collect.Rows:
		for _, r := range p.active {
			if r.section != e.Section {
				continue
			}
			if e.Kind == collect.Total {
				r.total = e.Rows
			} else {
				r.rows = e.Rows
			}
		}
	case collect.Done:
		p.active = slices.DeleteFunc(p.active, func(r *reading) bool { return r.section == e.Section })
		switch {
		case e.State == snapshot.Denied && e.Reason == collect.ReasonUnauthenticated && p.unasked:
			// Said once it is enough: nothing more is asked for.
		case lacks(e.State, e.Reason):
			p.unasked = p.unasked || e.Reason == collect.ReasonUnauthenticated
			p.say(fmt.Sprintf("%s: %s%s", e.Section, e.State, because(e.Reason)))
		case e.State == snapshot.Complete && e.Reason != "":
			p.say(fmt.Sprintf("%s: %s", e.Section, e.Reason))
		}
	}
	p.draw(false)
}

// lacks tells whether something is missing of a section that was to be read.
func lacks(state snapshot.State, reason string) bool {
	switch state {
	case snapshot.Complete:
		return false
	case snapshot.NotCollected:
		return reason != collect.ReasonNotAsked
	case snapshot.Partial:
		return reason != snapshot.ReasonScope
	}
	return true
}

func because(reason string) string {
	switch reason {
	case "":
		return ""
	case collect.ReasonUnauthenticated:
		return ", Graph does not take the token any more"
	}
	return ", " + reason
}

// waiting implements graphclient.Config.OnWait.
func (p *progress) waiting(b graphclient.Bucket, d time.Duration, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	why := "Graph did not answer as it should"
	if e, ok := errors.AsType[*graphclient.Error](cause); ok && e.Throttled() {
		why = "Graph asked for a pause"
	}
	if d >= 10*time.Second {
		p.say(fmt.Sprintf("waiting %s: %s (%s)", d.Round(time.Second), why, b))
	}
	p.wait(b, d, why)
}

// pacing implements graphclient.Limits.Pacing.
func (p *progress) pacing(b graphclient.Bucket, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wait(b, d, "keeping below Graph's limit")
}

func (p *progress) wait(b graphclient.Bucket, d time.Duration, why string) {
	if until := p.now().Add(d); until.After(p.waits[b].until) {
		p.waits[b] = wait{until, why}
	}
	p.draw(false)
}

// draw writes the lines anew; at once, or when the last time is long enough ago.
func (p *progress) draw(atOnce bool) {
	now := p.now()
	switch {
	case p.quiet:
	case !p.terminal:
		if now.Sub(p.last) >= plainEvery && len(p.active) > 0 {
			p.last = now
			var parts []string
			for _, r := range p.active {
				parts = append(parts, r.text(now))
			}
			fmt.Fprintln(p.out, "reading "+strings.Join(parts, "; "))
		}
	case atOnce || now.Sub(p.last) >= redrawEvery:
		p.last = now
		p.clear()
		var b strings.Builder
		lines := p.lines(now)
		for i, line := range lines {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(cut(line, p.width-1))
		}
		fmt.Fprint(p.out, b.String())
		p.drawn = len(lines)
	}
}

func (p *progress) lines(now time.Time) (lines []string) {
	for _, r := range p.active {
		lines = append(lines, r.line(now, p.width))
	}
	for _, b := range []graphclient.Bucket{graphclient.BucketReports, graphclient.BucketDirectory, graphclient.BucketConditionalAccess, graphclient.BucketIntune} {
		if left := p.waits[b].until.Sub(now); left > 500*time.Millisecond {
			lines = append(lines, fmt.Sprintf("  %s (%s): %s", p.waits[b].why, b, left.Round(time.Second)))
		}
	}
	return lines
}

// barWidth is how wide a bar is.
const barWidth = 20

// line is a section's: name, bar if there is an end to be seen, counts.
func (r *reading) line(now time.Time, width int) string {
	text := r.text(now)
	if r.total <= 0 || width < 72 {
		return text
	}
	full := min(barWidth, barWidth*r.rows/r.total)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + text
}

func (r *reading) text(now time.Time) string {
	text := string(r.section)
	if r.rows > 0 || r.total > 0 {
		text += " " + thousands(r.rows)
	}
	if r.total > 0 {
		text += " of about " + thousands(r.total)
	}
	rate := 0.0
	if took := now.Sub(r.began); took >= 2*time.Second && r.rows > r.first {
		rate = float64(r.rows-r.first) / took.Seconds()
		text += fmt.Sprintf(", %s a second", thousands(int(rate+0.5)))
	}
	if left := r.left(rate); left > 0 {
		text += ", " + duration(left) + " left"
	}
	return text
}

// left is how long the rest takes: by the pace so far, but no less than Graph's
// limits allow.
func (r *reading) left(rate float64) time.Duration {
	rest := r.total - r.rows
	if rest <= 0 || rate <= 0 {
		return 0
	}
	left := time.Duration(float64(rest) / rate * float64(time.Second))
	if r.bucket == graphclient.BucketReports {
		l := graphclient.LimitOf(r.bucket, 0)
		left = max(left, time.Duration(rest/1000)*l.Per/time.Duration(l.Units))
	}
	return left
}

// cut keeps a line from breaking.
func cut(text string, width int) string {
	if r := []rune(text); len(r) > width && width > 0 {
		return string(r[:width])
	}
	return text
}

// say writes a line that stays.
func (p *progress) say(text string) {
	if p.quiet {
		return
	}
	p.clear()
	fmt.Fprintln(p.out, fit(text, p.terminal, p.width))
}

// fit breaks a line for a terminal, which would do so in the middle of words. Files and
// pipes get one line for each thing.
func fit(line string, terminal bool, width int) string {
	if !terminal || width < 40 {
		return line
	}
	return strings.Join(report.Wrap(line, width-3), "\n  ")
}

// clear takes what was drawn off the screen.
func (p *progress) clear() {
	if p.drawn == 0 {
		return
	}
	fmt.Fprint(p.out, "\r\x1b[K"+strings.Repeat("\x1b[1A\x1b[K", p.drawn-1))
	p.drawn = 0
}

// done removes what is left on the screen.
func (p *progress) done() {
	if p.stop != nil {
		close(p.stop)
		p.stopped.Wait()
		p.stop = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.active = nil
}
