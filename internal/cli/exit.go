package cli

import (
	"errors"
	"fmt"

	"passkeyaudit/audit/snapshot"
)

// Exit codes. A code not listed here means failure. If several apply, the order
// is runtime failure, findings, incomplete.
const (
	ExitClean      = 0
	ExitFindings   = 1 // findings at or above --fail-on
	ExitUsage      = 2
	ExitIncomplete = 3 // some selected check is unknown
	ExitRuntime    = 4 // nothing trustworthy was produced
)

// usageError is a mistake in how the program was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// outcomeError ends a run that did its work with an exit code that says what it
// found. Nothing is printed for it.
type outcomeError struct{ code int }

func (e outcomeError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// hintFor says what to do about an error that came from deeper down.
func hintFor(err error) string {
	var broken *snapshot.BrokenError
	switch {
	case errors.Is(err, snapshot.ErrNoManifest):
		return "Give --from the folder that holds manifest.json and sections/. Exports of other tools become one with 'passkeyaudit snapshot import'."
	case errors.As(err, &broken):
		return "No verdict was made. Collect the snapshot again, or repair the file named above."
	}
	return connectionHint(err)
}
