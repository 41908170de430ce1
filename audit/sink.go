package audit

import "passkeyaudit/audit/snapshot"

// Sink receives the results of one run. Calls are serial: Begin, then every
// Result in the order of check ids, then every Finding in the order of check id,
// severity, subject and fingerprint, then End. The same snapshot and the same build give
// the same calls.
type Sink interface {
	Begin(Header) error
	Result(CheckResult) error
	Finding(Finding) error
	End() error
}

// Header is what is known before the first result.
type Header struct {
	Tool     Tool
	Tenant   snapshot.Tenant
	Scope    snapshot.Scope
	TakenAt  string
	Digest   string // of the snapshot
	Sections map[snapshot.SectionID]snapshot.State
	// Unreadable lists rows that were left out.
	Unreadable []snapshot.Unreadable
	Summary    Summary
}

// Tool names the program that judges.
type Tool struct{ Name, Version string }

// Summary counts a run. Tentative findings are not counted.
type Summary struct {
	// Headcount is nil where accounts could not be counted: the users were not
	// read, or the snapshot does not hold the whole tenant.
	Headcount *Headcount
	Findings  map[Severity]int
	Checks    map[Outcome]int
}

// Headcount is the size of a tenant.
type Headcount struct {
	Users    int // enabled people
	Accounts int // all
}

// CheckResult is how one check ended.
type CheckResult struct {
	Check   *Check
	Outcome Outcome
	// Reason says in words why the outcome is Unknown or NotApplicable, or why a
	// population is a lower bound.
	Reason string
	// Missing names the sections behind Reason, in the format's order.
	Missing  []snapshot.SectionID
	Findings int
}
