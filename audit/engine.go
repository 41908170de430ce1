package audit

// Engine says how the Conditional Access engine compares with the tenant's own
// sign-in log: every recorded sign-in is decided anew, and each policy's part held
// against what Entra wrote down. The zero value is that of a run without a log.
type Engine struct {
	// SignInsReplayed are the rows of which at least one policy could be compared.
	SignInsReplayed int
	// PolicyDecisions are the entries of policies that were compared: those that
	// agreed and those that did not.
	PolicyDecisions, Agreed int
	// Undecided are entries that the engine cannot settle with what the log tells, or
	// that the log itself leaves open.
	Undecided int
	// Outdated are entries of policies that were changed or deleted since.
	Outdated int
	// NotEvaluated are rows in which no policy was looked at, as after a wrong
	// password, and Withheld rows of which Graph did not tell the policies: neither
	// proves anything. Others are rows that are about no account of the tenant, or no
	// resource.
	NotEvaluated, Withheld, Others int
	// Disagreements are the newest for each policy, at most MostDisagreements.
	Disagreements []Disagreement
	// Reason says why nothing was replayed; empty where something was, or could have
	// been.
	Reason string
}

// MostDisagreements bounds how many are listed.
const MostDisagreements = 20

// Disagreed counts the decisions that did not agree, listed or not.
func (e *Engine) Disagreed() int { return e.PolicyDecisions - e.Agreed }

// Disagreement is one policy's part in one sign-in, in which the engine and the log
// differ.
type Disagreement struct {
	SignIn               string // id of the row
	At                   string // as the row has it
	PolicyID, PolicyName string
	Logged               string // the result that Entra wrote down
	// Evaluated is what the engine says instead: "notApplied", "satisfied" or
	// "notSatisfied", or "applied" where only that is known.
	Evaluated string
	// Because are the conditions by which it does not apply, Unmet the controls that
	// are not met.
	Because, Unmet []string
}
