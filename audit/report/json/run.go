package json

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json"
	"passkeyaudit/audit"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
)

// maxLine bounds a line of a stored run, in bytes.
const maxLine = 64 << 20

// Run is a run that was stored as newline-delimited JSON. It can be sent to any sink
// as often as wanted; every reading starts at the beginning.
type Run struct {
	r io.ReadSeeker
	// catalogue finds a check by its id; nil for one that it does not have.
	catalogue func(id string) *audit.Check
	// Header is what the run says of itself.
	Header audit.Header
	beside *overview.Overview
}

// OpenRun reads a stored run through once. Checks that catalogue knows bring their
// documentation; of others there is what the run says. An error says what is wrong
// with the file: a run that was cut off is not taken for a whole one.
func OpenRun(r io.ReadSeeker, catalogue func(id string) *audit.Check) (*Run, error) {
	run := &Run{r: r, catalogue: catalogue}
	var first, last string
	for line, err := range run.lines() {
		if err != nil {
			return nil, err
		}
		if first == "" {
			first = line.kind
		}
		last = line.kind
		switch line.kind {
		case "header":
			var h headerLine
			if err := line.decode(&h); err != nil {
				return nil, err
			}
			if run.Header, err = headerFrom(&h); err != nil {
				return nil, line.wrap(err)
			}
		case "overview":
			var o overviewLine
			if err := line.decode(&o); err != nil {
				return nil, err
			}
			run.beside = o.Overview
		}
	}
	switch {
	case first != "header":
		return nil, errors.New("it is no stored run: it does not begin with a header; 'audit --format ndjson' stores one")
	case last != "end":
		return nil, errors.New("it was cut off: there is no end")
	}
	return run, nil
}

// Replay sends the run to a sink, as it was sent when it was judged.
func (r *Run) Replay(to audit.Sink) error {
	if err := to.Begin(r.Header); err != nil {
		return err
	}
	checks := map[string]*audit.Check{}
	var pending *findingLine
	var members []audit.Member
	send := func() error {
		if pending == nil {
			return nil
		}
		f, err := r.findingFrom(&pending.finding, checks[pending.Check], members)
		pending, members = nil, nil
		if err != nil {
			return err
		}
		return to.Finding(f)
	}
	for line, err := range r.lines() {
		if err != nil {
			return err
		}
		switch line.kind {
		case "check":
			var c checkLine
			if err := line.decode(&c); err != nil {
				return err
			}
			result, err := r.resultFrom(&c.check)
			if err != nil {
				return line.wrap(err)
			}
			checks[c.ID] = result.Check
			if err := to.Result(result); err != nil {
				return err
			}
		case "finding":
			if err := send(); err != nil {
				return line.wrap(err)
			}
			pending = &findingLine{}
			if err := line.decode(pending); err != nil {
				return err
			}
			if checks[pending.Check] == nil {
				return line.wrap(fmt.Errorf("a finding of %s, for which there is no check", pending.Check))
			}
		case "members":
			var m membersLine
			if err := line.decode(&m); err != nil {
				return err
			}
			if pending == nil || m.Fingerprint != pending.Fingerprint {
				return line.wrap(errors.New("members that follow no finding of theirs"))
			}
			for _, u := range m.Users {
				members = append(members, audit.Member(u))
			}
		case "end":
			if err := send(); err != nil {
				return line.wrap(err)
			}
		}
	}
	return to.End()
}

// Beside is what reports show beside the findings. Its lists are read anew each time
// they are asked for.
func (r *Run) Beside() *overview.Source {
	if r.beside == nil {
		return nil
	}
	return &overview.Source{
		Overview: r.beside,
		Users:    listed(r, "user", func(l *userLine) readiness.User { return l.User }),
		Passkeys: listed(r, "passkey", func(l *passkeyLine) overview.Passkey { return l.Passkey }),
	}
}

func listed[L, T any](r *Run, kind string, of func(*L) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		for line, err := range r.lines() {
			if err != nil {
				yield(none, err)
				return
			}
			if line.kind != kind {
				continue
			}
			var l L
			err := line.decode(&l)
			if !yield(of(&l), err) || err != nil {
				return
			}
		}
	}
}

// storedLine is one line with its type.
type storedLine struct {
	number int
	kind   string
	text   []byte // good until the next line
}

func (l storedLine) decode(v any) error {
	if err := json.Unmarshal(l.text, v); err != nil {
		return l.wrap(err)
	}
	return nil
}

func (l storedLine) wrap(err error) error { return fmt.Errorf("line %d: %w", l.number, err) }

// lines yields the lines from the beginning.
func (r *Run) lines() iter.Seq2[storedLine, error] {
	return func(yield func(storedLine, error) bool) {
		if _, err := r.r.Seek(0, io.SeekStart); err != nil {
			yield(storedLine{}, fmt.Errorf("reading from the beginning: %w", err))
			return
		}
		in := bufio.NewScanner(r.r)
		in.Buffer(make([]byte, 64<<10), maxLine)
		for number := 1; in.Scan(); number++ {
			if len(bytes.TrimSpace(in.Bytes())) == 0 {
				continue
			}
			line := storedLine{number: number, text: in.Bytes()}
			var head struct {
				Type   string `json:"type"`
				Schema string `json:"schema"`
			}
			if err := line.decode(&head); err != nil {
				yield(line, err)
				return
			}
			line.kind = head.Type
			if line.kind == "header" && head.Schema != report.Schema {
				yield(line, line.wrap(fmt.Errorf("its schema is %q, this program reads %s", head.Schema, report.Schema)))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(storedLine{}, fmt.Errorf("reading the run: %w", err))
		}
	}
}
