package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/internal/term"
)

// screen is a progress whose clock is ours.
func screen(terminal, quiet bool) (p *progress, out *bytes.Buffer, pass func(time.Duration)) {
	out = &bytes.Buffer{}
	p = newProgress(&term.IO{Err: out, Width: 100}, quiet)
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	p.terminal, p.last = terminal, now
	p.now = func() time.Time { return now }
	return p, out, func(d time.Duration) { now = now.Add(d) }
}

// visible is what a terminal shows in the end.
func visible(text string) string {
	lines := []string{""}
	for text != "" {
		switch last := len(lines) - 1; {
		case strings.HasPrefix(text, "\x1b[K"):
			text, lines[last] = text[3:], ""
		case strings.HasPrefix(text, "\x1b[1A"):
			text, lines = text[4:], lines[:last]
		case text[0] == '\r':
			text = text[1:] // only ever before erasing the line
		case text[0] == '\n':
			text, lines = text[1:], append(lines, "")
		default:
			text, lines[last] = text[1:], lines[last]+text[:1]
		}
	}
	return strings.Join(lines, "\n")
}

func TestProgressOnATerminal(t *testing.T) {
	p, out, pass := screen(true, false)
	p.event(collect.Event{Kind: collect.Started, Section: snapshot.Users, Bucket: graphclient.BucketDirectory})
	p.event(collect.Event{Kind: collect.Total, Section: snapshot.Users, Rows: 10_000})
	p.event(collect.Event{Kind: collect.Started, Section: snapshot.SignIns, Bucket: graphclient.BucketReports})
	pass(4 * time.Second)
	p.event(collect.Event{Kind: collect.Rows, Section: snapshot.SignIns, Rows: 2_000})
	p.pacing(graphclient.BucketReports, 3*time.Second)
	pass(time.Second)
	p.event(collect.Event{Kind: collect.Rows, Section: snapshot.Users, Rows: 2_500})
	want := "[#####...............] users 2,500 of about 10,000, 500 a second, 15s left\n" +
		"signIns 2,000, 400 a second\n" +
		"  keeping below Graph's limit (reports): 2s"
	if diff := cmp.Diff(want, visible(out.String())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pass(time.Second)
	p.waiting(graphclient.BucketDirectory, 20*time.Second, &graphclient.Error{Status: 429})
	p.event(collect.Event{Kind: collect.Done, Section: snapshot.SignIns, State: snapshot.Denied, Reason: "Graph answered 403"})
	p.event(collect.Event{Kind: collect.Done, Section: snapshot.Users, State: snapshot.Complete})
	p.done()
	want = "waiting 20s: Graph asked for a pause (directory)\nsignIns: denied, Graph answered 403\n"
	if diff := cmp.Diff(want, visible(out.String())); diff != "" {
		t.Errorf("in the end (-want +got):\n%s", diff)
	}
}

func TestProgressInALog(t *testing.T) {
	p, out, pass := screen(false, false)
	p.event(collect.Event{Kind: collect.Started, Section: snapshot.Users})
	p.event(collect.Event{Kind: collect.Total, Section: snapshot.Users, Rows: 90_000})
	for i := range 70 {
		pass(time.Second)
		p.event(collect.Event{Kind: collect.Rows, Section: snapshot.Users, Rows: 1000 * (i + 1)})
	}
	p.waiting(graphclient.BucketReports, 2*time.Second, errors.New("reset"))
	p.event(collect.Event{Kind: collect.Done, Section: snapshot.Users, State: snapshot.Complete})
	p.done()
	want := "reading users 30,000 of about 90,000, 1,000 a second, 1 min left\nreading users 60,000 of about 90,000, 1,000 a second, 30s left\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProgressQuiet(t *testing.T) {
	p, out, pass := screen(true, true)
	p.event(collect.Event{Kind: collect.Started, Section: snapshot.Users})
	pass(time.Minute)
	p.waiting(graphclient.BucketReports, time.Minute, errors.New("reset"))
	p.event(collect.Event{Kind: collect.Done, Section: snapshot.Users, State: snapshot.Denied})
	p.done()
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

// What is left of a reports section takes at least as long as the limit makes it.
func TestProgressKnowsTheLimits(t *testing.T) {
	r := reading{section: snapshot.UserRegistrationDetails, bucket: graphclient.BucketReports, total: 1_000_000, rows: 5_000}
	if got := r.left(5_000); got != 1990*time.Second {
		t.Errorf("got %s", got)
	}
}

// Lines are broken between words for somebody who looks, and for nobody else.
func TestFit(t *testing.T) {
	const line = "devices: unavailable, the answer is a redirect to https://elsewhere.invalid"
	if got := fit(line, false, 40); got != line {
		t.Errorf("a file gets %q", got)
	}
	want := "devices: unavailable, the answer is a\n  redirect to https://elsewhere.invalid"
	if got := fit(line, true, 40); got != want {
		t.Errorf("a terminal gets %q", got)
	}
}
