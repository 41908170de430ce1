package history

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/runner"
	"passkeyaudit/audit/snapshot"
)

// Run is an audit as far as it is compared with others.
type Run struct {
	Tool   audit.Tool
	Tenant snapshot.Tenant
	// Scope is the zero value for the whole tenant.
	Scope   snapshot.Scope
	TakenAt string
	// Digest is the snapshot's, Settings that of the settings it was judged by.
	Digest, Settings string
	// People and Accounts are nil where they could not be counted.
	People, Accounts *int
	Checks           []Check
	Findings         []Finding
	// States counts people by state; nil where the run does not say.
	States map[bootstrap.State]int
}

// Check is how a check ended.
type Check struct {
	ID, Slug, Outcome string
	Missing           []snapshot.SectionID
}

// settled tells whether what the check did not report is not there.
func (c *Check) settled() bool {
	switch c.Outcome {
	case audit.Passed.String(), audit.Failed.String(), audit.NotApplicable.String():
		return len(c.Missing) == 0
	}
	return false
}

// Finding is one instance of what a check found.
type Finding struct {
	Check, Slug, Severity, Fingerprint, Message string
	Subject                                     audit.Subject
	Tentative, Accepted                         bool
	// Affected is how many people or accounts it is about.
	Affected int
	// Members are those of them that the run names; Whole tells whether that is all.
	Members []audit.Member
	Whole   bool
	// Objects are what its evidence quotes, as section and id.
	Objects []Object
}

// Object is a row of a section.
type Object struct {
	Section snapshot.SectionID `json:"section"`
	ID      string             `json:"id"`
}

// Counts tells whether a finding counts in its run: tentative and accepted ones do
// not.
func (f *Finding) Counts() bool { return !f.Tentative && !f.Accepted }

// Of makes a Run of one that has just ended. members lists the accounts of every
// finding, which only a comparison of people needs.
func Of(h audit.Header, r *runner.Results, members bool) *Run {
	out := &Run{Tool: h.Tool, Tenant: h.Tenant, TakenAt: h.TakenAt, Digest: h.Digest, Settings: h.Settings.Digest}
	if h.Scope.Narrowed() {
		out.Scope = h.Scope
	}
	if c := h.Summary.Headcount; c != nil {
		out.People, out.Accounts = &c.Users, &c.Accounts
	}
	for _, c := range r.Checks {
		out.Checks = append(out.Checks, Check{c.Check.ID, c.Check.Slug, c.Outcome.String(), c.Missing})
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		one := Finding{
			Check: f.Check.ID, Slug: f.Check.Slug, Severity: f.Severity.String(), Fingerprint: f.Fingerprint(), Message: f.Message, Subject: f.Subject,
			Tentative: f.Tentative, Accepted: f.Accepted != nil, Affected: f.Affected.Count(),
		}
		for _, e := range f.Evidence {
			if e.Object != "" {
				one.Objects = append(one.Objects, Object{e.Section, e.Object})
			}
		}
		if members {
			one.Whole = true
			for m := range f.Affected.Members() {
				one.Members = append(one.Members, m)
			}
		}
		out.Findings = append(out.Findings, one)
	}
	return out
}

// StatesOf counts people by where they stand.
func StatesOf(r *bootstrap.Result) map[bootstrap.State]int {
	counts := map[bootstrap.State]int{}
	for _, s := range bootstrap.States {
		counts[s] = 0
	}
	for i := range r.Classes {
		counts[r.Classes[i].Verdict.State] += r.Classes[i].Members.And(r.Directory.People).Count()
	}
	return counts
}
