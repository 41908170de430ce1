package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/internal/term"
)

// progress shows on standard error how collecting goes: one line that is written
// over on a terminal, nothing otherwise. Waits and sections that could not be read
// are said in any case, unless it is quiet.
type progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	quiet    bool
	width    int
	line     bool // an unfinished line is on the screen
}

func newProgress(io *term.IO, quiet bool) *progress {
	return &progress{out: io.Err, terminal: io.ErrTerminal, quiet: quiet, width: io.Width}
}

// event implements collect.Options.Events.
func (p *progress) event(e collect.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e.Kind {
	case collect.Started:
		p.status(fmt.Sprintf("reading %s", e.Section))
	case collect.Rows:
		p.status(fmt.Sprintf("reading %s: %s", e.Section, audit.CountPhrase(e.Rows, "object", "objects")))
	case collect.Done:
		if e.State != snapshot.Complete && e.State != snapshot.NotCollected && !(e.State == snapshot.Partial && e.Reason == snapshot.ReasonScope) {
			p.say(fmt.Sprintf("%s: %s%s", e.Section, e.State, because(e.Reason)))
		}
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}

// waiting implements graphclient.Config.OnWait.
func (p *progress) waiting(b graphclient.Bucket, d time.Duration, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("waiting %s for Graph (%s)", d.Round(time.Second), b)
	if d >= 10*time.Second {
		p.say(text)
		return
	}
	p.status(text)
}

// pacing implements graphclient.Limits.Pacing.
func (p *progress) pacing(b graphclient.Bucket, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status(fmt.Sprintf("keeping below Graph's limit (%s): %s", b, d.Round(time.Second)))
}

// status replaces the line on a terminal.
func (p *progress) status(text string) {
	if !p.terminal || p.quiet {
		return
	}
	if r := []rune(text); len(r) >= p.width {
		text = string(r[:p.width-1])
	}
	fmt.Fprintf(p.out, "\r\x1b[K%s", text)
	p.line = true
}

// say writes a line that stays.
func (p *progress) say(text string) {
	if p.quiet {
		return
	}
	p.clear()
	fmt.Fprintln(p.out, text)
}

func (p *progress) clear() {
	if p.line {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.line = false
	}
}

// done removes what is left of the line.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}
