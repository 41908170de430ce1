// Package term holds the streams of a command and what is known about them: a
// terminal or not, how wide, colours or not.
package term

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/term"
)

// IO is what a command reads and writes. Out carries the result and nothing else;
// progress, warnings and hints go to Err.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
	// OutTerminal and ErrTerminal tell whether a person is looking, InTerminal whether one
	// is typing.
	OutTerminal, ErrTerminal, InTerminal bool
	// Width is the terminal's width in columns; 80 where there is none.
	Width  int
	Getenv func(string) string
}

// System is the process's own streams.
func System() *IO {
	s := &IO{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Width:       80, Getenv: os.Getenv,
	}
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && w > 0 {
		s.Width = w
	}
	// COLUMNS lets scripts and tests choose.
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 && !s.OutTerminal {
		s.Width = w
	}
	return s
}

// Color decides whether the result is coloured. NO_COLOR (no-color.org) beats
// auto.
func (s *IO) Color(mode string) (bool, error) {
	switch cmp.Or(mode, "auto") {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return s.OutTerminal && s.Getenv("NO_COLOR") == "" && s.Getenv("TERM") != "dumb", nil
	default:
		return false, fmt.Errorf("--color %q is none of auto, always, never", mode)
	}
}
