package json

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// What shapes of this package hold, back as the values that sinks take.

func headerFrom(l *headerLine) (audit.Header, error) {
	h := audit.Header{
		Tool:    audit.Tool(l.Tool),
		Tenant:  snapshot.Tenant{ID: l.Tenant.ID, DisplayName: l.Tenant.DisplayName, DefaultDomain: l.Tenant.DefaultDomain},
		TakenAt: l.Snapshot.TakenAt, Digest: l.Snapshot.Digest, Sections: l.Snapshot.Sections,
		Engine: engineFrom(&l.Engine), Data: editionsFrom(l.Data), Logs: logsFrom(&l.Logs),
	}
	if l.Snapshot.Scope != nil {
		h.Scope = *l.Snapshot.Scope
	}
	for _, u := range l.Snapshot.Unreadable {
		h.Unreadable = append(h.Unreadable, snapshot.Unreadable{Section: u.Section, File: u.File, Line: u.Line, Object: u.Object, Err: errors.New(u.Error)})
	}
	var err error
	if h.FIDO, err = fidoFrom(l.FIDO); err != nil {
		return h, err
	}
	if h.Baseline, err = baselineFrom(l.Baseline); err != nil {
		return h, err
	}
	if h.Summary, err = summaryFrom(&l.Summary); err != nil {
		return h, err
	}
	h.Settings = audit.SettingsHeader{
		Digest: l.Settings.Digest, Default: l.Settings.Default, SectionsOff: l.Settings.SectionsOff,
		AccountsNotFound: l.Settings.AccountsNotFound,
	}
	if h.Settings.AcceptExpired, err = acceptancesFrom(l.Settings.AcceptExpired); err != nil {
		return h, err
	}
	h.Settings.AcceptUnmatched, err = acceptancesFrom(l.Settings.AcceptUnmatched)
	return h, err
}

func summaryFrom(s *summary) (audit.Summary, error) {
	out := audit.Summary{Findings: map[audit.Severity]int{}, Accepted: s.Accepted, Checks: map[audit.Outcome]int{}}
	if s.Users != nil && s.Accounts != nil {
		out.Headcount = &audit.Headcount{Users: *s.Users, Accounts: *s.Accounts}
	}
	for name, n := range s.Findings {
		sev, err := audit.ParseSeverity(name)
		if err != nil {
			return out, err
		}
		out.Findings[sev] = n
	}
	for name, n := range s.Checks {
		o, err := outcomeFrom(name)
		if err != nil {
			return out, err
		}
		out.Checks[o] = n
	}
	return out, nil
}

func outcomeFrom(name string) (audit.Outcome, error) {
	all := report.Outcomes()
	i := slices.IndexFunc(all, func(o audit.Outcome) bool { return o.String() == name })
	if i < 0 {
		return 0, fmt.Errorf("%q is no outcome", name)
	}
	return all[i], nil
}

func certaintyFrom(name string) (audit.Certainty, error) {
	for _, c := range []audit.Certainty{audit.Confirmed, audit.Likely, audit.Possible} {
		if c.String() == name {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%q is no certainty", name)
}

func acceptancesFrom(list []acceptance) ([]audit.Acceptance, error) {
	var out []audit.Acceptance
	for _, a := range list {
		expires, err := dateFrom(a.Expires)
		if err != nil {
			return nil, err
		}
		out = append(out, audit.Acceptance{Check: a.Check, Fingerprint: a.Fingerprint, Reason: a.Reason, Expires: expires})
	}
	return out, nil
}

func dateFrom(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.DateOnly, text)
}

func engineFrom(e *engine) audit.Engine {
	out := audit.Engine{
		SignInsReplayed: e.SignInsReplayed, PolicyDecisions: e.PolicyDecisions, Agreed: e.Agreed, Undecided: e.Undecided,
		Outdated: e.Outdated, NotEvaluated: e.NotReplayed.NotEvaluated, Withheld: e.NotReplayed.Withheld, Others: e.NotReplayed.Others,
		Reason: e.Reason,
	}
	for _, d := range e.Disagreements {
		out.Disagreements = append(out.Disagreements, audit.Disagreement{
			SignIn: d.SignIn, At: d.At, PolicyID: d.Policy.ID, PolicyName: d.Policy.DisplayName, Logged: d.Logged, Evaluated: d.Evaluated,
			Because: d.Because, Unmet: d.Unmet,
		})
	}
	return out
}

func (r *Run) resultFrom(c *check) (audit.CheckResult, error) {
	out := audit.CheckResult{Reason: c.Reason, Missing: c.Missing}
	var err error
	if out.Severity, err = audit.ParseSeverity(c.Severity); err != nil {
		return out, err
	}
	if out.Outcome, err = outcomeFrom(c.Outcome); err != nil {
		return out, err
	}
	// What the run says goes before the catalogue of today.
	known := audit.Check{}
	if found := r.catalogue(c.ID); found != nil {
		known = *found
	}
	known.ID, known.Slug, known.Problem, known.Doc.Title, known.Severity = c.ID, c.Slug, c.Problem, c.Title, out.Severity
	if c.DefaultSeverity != "" {
		if known.Severity, err = audit.ParseSeverity(c.DefaultSeverity); err != nil {
			return out, err
		}
	}
	out.Check = &known
	return out, nil
}

func (r *Run) findingFrom(f *finding, c *audit.Check, members []audit.Member) (audit.Finding, error) {
	out := audit.Finding{
		Check: c, Tentative: f.Tentative, New: f.New != nil && *f.New, Message: f.Message, Recorded: f.Fingerprint,
		Subject:  audit.Subject{Type: audit.SubjectType(f.Subject.Type), ID: f.Subject.ID, Name: f.Subject.Name},
		Affected: audit.Listed(members, f.Affected.Unit),
	}
	if len(members) != f.Affected.Count {
		return out, fmt.Errorf("finding %s is about %d accounts, its members are %d", f.Fingerprint, f.Affected.Count, len(members))
	}
	out.Affected.AtLeast = f.Affected.AtLeast
	var err error
	if out.Severity, err = audit.ParseSeverity(f.Severity); err != nil {
		return out, err
	}
	if out.Certainty, err = certaintyFrom(f.Certainty); err != nil {
		return out, err
	}
	if f.Acceptance != nil {
		expires, err := dateFrom(f.Acceptance.Expires)
		if err != nil {
			return out, err
		}
		out.Accepted = &audit.Acceptance{Check: f.Check, Reason: f.Acceptance.Reason, Expires: expires}
	}
	for _, e := range f.Evidence {
		ev := audit.Evidence{Section: e.Section, Object: e.Object, Pointer: e.Pointer, Value: e.Value, Absent: e.Absent, Means: e.Means}
		if e.Rows != nil {
			ev.Rows = *e.Rows
		}
		out.Evidence = append(out.Evidence, ev)
	}
	for _, s := range f.Fix {
		out.Fix = append(out.Fix, stepFrom(s))
	}
	withReferences(c, f.References)
	return out, nil
}

// withReferences gives a check the sources that the run cites, where they are not
// those of the catalogue.
func withReferences(c *audit.Check, cited []string) {
	known := make([]string, len(c.Doc.References))
	for i, r := range c.Doc.References {
		known[i] = r.String()
	}
	if slices.Equal(known, cited) {
		return
	}
	c.Doc.References = nil
	for _, text := range cited {
		r := audit.Reference{Text: text}
		if before, url, found := strings.Cut(text, " https://"); found {
			r.Text, r.URL = before, "https://"+url
		}
		c.Doc.References = append(c.Doc.References, r)
	}
}

// stepFrom reads a step back. Runs of before steps told whether they were tried are taken
// for untried, unless they say what was found.
func stepFrom(s fix) audit.Step {
	out := audit.Step{Change: s.Change, Frees: s.Frees, Worsens: s.Worsens, Unsure: s.Unsure, Untried: s.Untried}
	if !s.Tried && s.Untried == "" && s.Frees == 0 && s.Worsens == 0 {
		out.Untried = audit.NotJudged
	}
	for _, e := range s.Edits {
		out.Edits = append(out.Edits, change.Request{Method: e.Method, Path: strings.Split(strings.TrimPrefix(e.URL, "/"), "/"), Body: e.Body})
	}
	return out
}
