// Package json renders results as JSON: one document for scripts that read it
// whole, or a line per message for everything that streams. Both carry the same
// fields under the schema passkeyaudit.report/v1.
package json

import (
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

type tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type snapshotShape struct {
	TakenAt    string                                `json:"takenAt"`
	Digest     string                                `json:"digest"`
	Scope      *snapshot.Scope                       `json:"scope,omitzero"`
	Sections   map[snapshot.SectionID]snapshot.State `json:"sections"`
	Unreadable []unreadable                          `json:"unreadable,omitzero"`
}

type unreadable struct {
	Section snapshot.SectionID `json:"section"`
	File    string             `json:"file"`
	Line    int                `json:"line,omitzero"`
	Object  string             `json:"object,omitzero"`
	Error   string             `json:"error"`
}

// settings says by what other than the data a run was judged.
type settings struct {
	Digest           string               `json:"digest"`
	Default          bool                 `json:"default"`
	SectionsOff      []snapshot.SectionID `json:"sectionsOff,omitzero"`
	AcceptExpired    []acceptance         `json:"acceptExpired,omitzero"`
	AcceptUnmatched  []acceptance         `json:"acceptUnmatched,omitzero"`
	AccountsNotFound []string             `json:"accountsNotFound,omitzero"`
}

type acceptance struct {
	Check       string `json:"check"`
	Fingerprint string `json:"fingerprint,omitzero"`
	Reason      string `json:"reason"`
	Expires     string `json:"expires,omitzero"`
}

type summary struct {
	Users    *int           `json:"users,omitzero"`
	Accounts *int           `json:"accounts,omitzero"`
	Findings map[string]int `json:"findings"`
	Accepted int            `json:"accepted"`
	Checks   map[string]int `json:"checks"`
}

type check struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Severity string `json:"severity"`
	// DefaultSeverity is there where the settings put Severity in its place.
	DefaultSeverity string               `json:"defaultSeverity,omitzero"`
	Problem         int                  `json:"problem"`
	Title           string               `json:"title"`
	Outcome         string               `json:"outcome"`
	Reason          string               `json:"reason"`
	Missing         []snapshot.SectionID `json:"missing"`
}

type finding struct {
	Check     string `json:"check"`
	Severity  string `json:"severity"`
	Certainty string `json:"certainty"`
	Tentative bool   `json:"tentative"`
	Accepted  bool   `json:"accepted"`
	// New is there where the run has a baseline.
	New         *bool      `json:"new,omitzero"`
	Acceptance  *accepted  `json:"acceptance,omitzero"`
	Message     string     `json:"message"`
	Fingerprint string     `json:"fingerprint"`
	Subject     subject    `json:"subject"`
	Affected    affected   `json:"affected"`
	Evidence    []evidence `json:"evidence"`
	Fix         []fix      `json:"fix"`
	References  []string   `json:"references"`
}

// accepted says why somebody decided to live with a finding, and until when.
type accepted struct {
	Reason  string `json:"reason"`
	Expires string `json:"expires,omitzero"`
}

type subject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

type affected struct {
	Count     int      `json:"count"`
	AtLeast   bool     `json:"atLeast,omitzero"`
	Unit      string   `json:"unit,omitzero"`
	Users     []member `json:"users"`
	Truncated bool     `json:"truncated"`
}

type member struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
}

type evidence struct {
	Section snapshot.SectionID `json:"section"`
	Object  string             `json:"object,omitzero"`
	Pointer string             `json:"pointer,omitzero"`
	Value   entra.Raw          `json:"value,omitzero"`
	Absent  bool               `json:"absent,omitzero"`
	Rows    *int               `json:"rows,omitzero"`
	Means   string             `json:"means"`
}

type fix struct {
	Change  string        `json:"change"`
	Frees   int           `json:"frees,omitzero"`
	Worsens int           `json:"worsens,omitzero"`
	Unsure  int           `json:"unsure,omitzero"`
	Tried   bool          `json:"tried"`
	Untried audit.Untried `json:"untried,omitzero"`
	Edits   []edit        `json:"edits,omitzero"`
}

// edit is a request that would make the change, as `preview --change` takes it.
type edit struct {
	Method string    `json:"method"`
	URL    string    `json:"url"`
	Body   entra.Raw `json:"body,omitzero"`
}

// engine tells how the Conditional Access engine did against the tenant's own
// sign-in log.
type engine struct {
	SignInsReplayed int            `json:"signInsReplayed"`
	PolicyDecisions int            `json:"policyDecisions"`
	Agreed          int            `json:"agreed"`
	Undecided       int            `json:"undecided"`
	Outdated        int            `json:"outdated"`
	NotReplayed     notReplayed    `json:"notReplayed"`
	Reason          string         `json:"reason,omitzero"`
	Disagreements   []disagreement `json:"disagreements"`
}

// notReplayed counts rows of the log that could not be compared.
type notReplayed struct {
	NotEvaluated int `json:"notEvaluated"`
	Withheld     int `json:"withheld"`
	Others       int `json:"others"`
}

type disagreement struct {
	SignIn    string   `json:"signIn"`
	At        string   `json:"at"`
	Policy    policy   `json:"policy"`
	Logged    string   `json:"logged"`
	Evaluated string   `json:"evaluated"`
	Because   []string `json:"because"`
	Unmet     []string `json:"unmet"`
}

type policy struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

func engineOf(e audit.Engine) engine {
	out := engine{
		SignInsReplayed: e.SignInsReplayed, PolicyDecisions: e.PolicyDecisions, Agreed: e.Agreed,
		Undecided: e.Undecided, Outdated: e.Outdated, NotReplayed: notReplayed{e.NotEvaluated, e.Withheld, e.Others},
		Reason: e.Reason, Disagreements: []disagreement{},
	}
	for _, d := range e.Disagreements {
		out.Disagreements = append(out.Disagreements, disagreement{
			SignIn: d.SignIn, At: report.UTC(d.At), Policy: policy{d.PolicyID, d.PolicyName}, Logged: d.Logged, Evaluated: d.Evaluated,
			Because: append([]string{}, d.Because...), Unmet: append([]string{}, d.Unmet...),
		})
	}
	return out
}

type tenant struct {
	ID            string `json:"id"`
	DisplayName   string `json:"displayName,omitzero"`
	DefaultDomain string `json:"defaultDomain,omitzero"`
}

func toolShape(h audit.Header) tool { return tool{h.Tool.Name, h.Tool.Version} }

func tenantShape(h audit.Header) tenant {
	return tenant{h.Tenant.ID, h.Tenant.DisplayName, h.Tenant.DefaultDomain}
}

func snapshotOf(h audit.Header) snapshotShape {
	s := snapshotShape{TakenAt: report.UTC(h.TakenAt), Digest: h.Digest, Sections: h.Sections}
	if h.Scope.Narrowed() {
		s.Scope = &h.Scope
	}
	for _, u := range h.Unreadable {
		s.Unreadable = append(s.Unreadable, unreadable{u.Section, u.File, u.Line, u.Object, u.Err.Error()})
	}
	return s
}

func summaryOf(s audit.Summary) summary {
	out := summary{Findings: map[string]int{}, Accepted: s.Accepted, Checks: map[string]int{}}
	if s.Headcount != nil {
		out.Users, out.Accounts = &s.Headcount.Users, &s.Headcount.Accounts
	}
	for _, sev := range audit.Severities() {
		out.Findings[sev.String()] = s.Findings[sev]
	}
	for _, o := range report.Outcomes() {
		out.Checks[o.String()] = s.Checks[o]
	}
	return out
}

func checkOf(r audit.CheckResult) check {
	missing := r.Missing
	if missing == nil {
		missing = []snapshot.SectionID{}
	}
	c := check{
		ID: r.Check.ID, Slug: r.Check.Slug, Severity: r.Severity.String(), Problem: r.Check.Problem,
		Title: r.Check.Doc.Title, Outcome: r.Outcome.String(), Reason: r.Reason, Missing: missing,
	}
	if r.Severity != r.Check.Severity {
		c.DefaultSeverity = r.Check.Severity.String()
	}
	return c
}

func settingsOf(h audit.SettingsHeader) settings {
	return settings{
		Digest: h.Digest, Default: h.Default, SectionsOff: h.SectionsOff,
		AcceptExpired: acceptancesOf(h.AcceptExpired), AcceptUnmatched: acceptancesOf(h.AcceptUnmatched),
		AccountsNotFound: h.AccountsNotFound,
	}
}

func acceptancesOf(entries []audit.Acceptance) []acceptance {
	var out []acceptance
	for _, a := range entries {
		out = append(out, acceptance{a.Check, a.Fingerprint, a.Reason, a.ExpiresDate()})
	}
	return out
}

func findingOf(f audit.Finding, sample int) finding {
	out := finding{
		Check: f.Check.ID, Severity: f.Severity.String(), Certainty: f.Certainty.String(), Tentative: f.Tentative,
		Message: f.Message, Fingerprint: f.Fingerprint(),
		Subject:  subject{string(f.Subject.Type), f.Subject.ID, f.Subject.Name},
		Affected: affectedOf(f.Affected, sample),
		Evidence: []evidence{}, Fix: []fix{}, References: []string{},
	}
	if f.Accepted != nil {
		out.Accepted, out.Acceptance = true, &accepted{f.Accepted.Reason, f.Accepted.ExpiresDate()}
	}
	for _, e := range f.Evidence {
		ev := evidence{Section: e.Section, Object: e.Object, Pointer: e.Pointer, Value: e.Value, Absent: e.Absent, Means: e.Means}
		if e.Pointer == "" && e.Object == "" {
			ev.Rows = &e.Rows
		}
		out.Evidence = append(out.Evidence, ev)
	}
	for _, s := range f.Fix {
		step := fix{Change: s.Change, Frees: s.Frees, Worsens: s.Worsens, Unsure: s.Unsure, Tried: s.Tried(), Untried: s.Untried}
		for _, r := range s.Edits {
			step.Edits = append(step.Edits, edit{r.Method, r.URL(), r.Body})
		}
		out.Fix = append(out.Fix, step)
	}
	for _, r := range f.Check.Doc.References {
		out.References = append(out.References, r.String())
	}
	return out
}

func affectedOf(p audit.Population, sample int) affected {
	a := affected{Count: p.Count(), AtLeast: p.AtLeast, Unit: p.Unit(), Users: []member{}}
	for m := range p.Members() {
		if sample != report.AllMembers && len(a.Users) == sample {
			a.Truncated = true
			break
		}
		a.Users = append(a.Users, member(m))
	}
	return a
}
