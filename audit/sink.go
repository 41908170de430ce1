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
	Settings   SettingsHeader
	Summary    Summary
	Engine     Engine
	// Baseline is what the run is held against; nil where there is nothing.
	Baseline *Baseline
}

// Baseline is an earlier run of the tenant, with what has become of it.
type Baseline struct {
	TakenAt, Digest string
	// New counts the findings of this run that are new, by severity.
	New map[Severity]int
	// Fixed counted in the baseline and are gone; of Unsettled the checks could not be
	// judged to the end this time.
	Fixed, Unsettled []Past
	// Caveats say what else than the tenant differs: settings, version, scope.
	Caveats []string
}

// Past is a finding of an earlier run, as that run had it.
type Past struct {
	Check, Slug, Severity, Fingerprint, Message string
	Subject                                     Subject
}

// SettingsHeader is what a report says about the settings of its run.
type SettingsHeader struct {
	Digest string
	// Default: nothing was set.
	Default     bool
	SectionsOff []snapshot.SectionID
	// AcceptExpired are acceptances that no longer held when the snapshot was taken,
	// AcceptUnmatched those whose check was judged without finding what they accept.
	AcceptExpired, AcceptUnmatched []Acceptance
	// AccountsNotFound are accounts that the settings name and the tenant does not
	// have.
	AccountsNotFound []string
}

// Tool names the program that judges.
type Tool struct{ Name, Version string }

// Summary counts a run. Tentative findings are not counted, accepted ones apart.
type Summary struct {
	// Headcount is nil where accounts could not be counted: the users were not
	// read, or the snapshot does not hold the whole tenant.
	Headcount *Headcount
	Findings  map[Severity]int
	Accepted  int
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
	// Severity is the check's own, or what the settings put in its place.
	Severity Severity
	// Reason says in words why the outcome is Unknown, NotApplicable or NotSelected,
	// or why a population is a lower bound.
	Reason string
	// Missing names the sections behind Reason, in the format's order.
	Missing  []snapshot.SectionID
	Findings int
}
