package report

import (
	"fmt"

	"passkeyaudit/audit"
)

// ExpiredPhrase says that an acceptance no longer holds.
func ExpiredPhrase(a audit.Acceptance) string {
	return fmt.Sprintf("the acceptance of %s expired on %s", accepts(a), a.ExpiresDate())
}

// UnmatchedPhrase says that there is nothing left to accept.
func UnmatchedPhrase(a audit.Acceptance) string {
	return fmt.Sprintf("nothing matches the acceptance of %s, it can go", accepts(a))
}

func accepts(a audit.Acceptance) string {
	if a.Fingerprint == "" {
		return a.Check
	}
	return a.Check + " " + a.Fingerprint
}
