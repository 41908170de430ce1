package audit

import (
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

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
	// Data are the editions of the data by which was judged; FIDO what the FIDO Alliance
	// says of models, nil where no metadata were given.
	Data []catalogue.Edition
	FIDO *catalogue.Certifications
	Logs Logs
}

// Logs is what reading the sign-in log and the audit log came to. The zero value is
// that of a run without logs.
type Logs struct {
	// SignIns and Audits are the rows that were read.
	SignIns, Audits int
	// Classes counts the sign-ins by how they ended, in the order of the classes.
	Classes []Tally
	// UnknownCodes are error codes that the catalogue does not have, the most frequent
	// first. Their rows prove nothing either way.
	UnknownCodes []Tally
	// Uncoded are sign-ins without an error code.
	Uncoded int
	// UnknownActivities are kinds of records of the authentication methods service that
	// the catalogue does not have.
	UnknownActivities []Tally
}

// Tally is how many rows are of a kind.
type Tally struct {
	Name string
	Rows int
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
