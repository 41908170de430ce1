package html

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// view is everything on the page, in the order in which it is read.
type view struct {
	CSP    string
	Style  template.CSS
	Script template.JS

	Title, Tenant, When, Tool, Digest string
	Accounts                          *number
	Asked                             []string
	HasChecks                         bool

	Answers *answers

	Severities []severityCount
	Accepted   number
	Findings   []finding
	Outcomes   []outcomeCount
	Checks     []check

	Platforms     []platform
	Changes       []change
	Waves         []wave
	Models        []model
	Undisclosed   *number
	Registrations *columns
	Personas      []persona
	Gaps          []string

	Trend *trend

	People *people

	Policies *matrix

	Engine *engine

	Unseen unseen
}

type severityCount struct {
	Severity string
	Count    number
}

type outcomeCount struct {
	Outcome, Name string
	Count         number
}

type check struct {
	ID, Slug, Title, Severity, Outcome, OutcomeName, Reason string
}

type finding struct {
	Check, Slug, Severity, Fingerprint string
	Title, Message, Caveat, Risk       string
	Accepted                           string
	AboutAccounts                      bool
	Unit                               string
	AtLeast                            bool
	Affected                           number
	Subject                            string
	Fix                                []fix
	Evidence                           []evidence
	Members                            []string
	More                               int
	References                         []audit.Reference
}

type fix struct {
	Change         string
	Frees, Worsens number
	Tried          bool
}

type evidence struct{ Where, Means string }

type platform struct {
	Name   string
	Count  number
	Bar    []segment
	States []stateRow
}

type wave struct {
	Name, Needs string
	Count       number
}

type model struct {
	Name, AAGUID, Kind string
	Count              number
	Bar                []segment
}

type persona struct {
	Text, State, StateText, Why string
	Count                       number
}

type matrix struct {
	Populations []population
	Rows        []policyRow
}

type population struct {
	Name  string
	Count number
}

type policyRow struct {
	Name, State, Grant string
	Registers          bool
	Blocks             number
	Cells              []cell
}

type cell struct {
	Count number
	Maybe number
	Share string // none, some, all: shades the cell
}

type engine struct {
	Replayed, Decisions, Agreed, Undecided, Outdated number
	Reason                                           string
	Disagreements                                    []disagreement
}

type disagreement struct{ SignIn, At, Policy, Logged, Evaluated, Because string }

type unseen struct {
	Sections    []sectionState
	Unknown     []check
	Unreadable  []string
	Off         []string
	Assumptions []string
	Settings    []string
}

type sectionState struct{ Section, State, Means string }

func (s *Sink) view() (*view, error) {
	h := s.header
	v := &view{
		CSP: csp(), Style: template.CSS(styleText), Script: template.JS(scriptText),
		Tenant: report.TenantName(h), When: h.TakenAt, Tool: h.Tool.Name + " " + h.Tool.Version, Digest: h.Digest,
		HasChecks: len(s.results) > 0,
	}
	if t, err := time.Parse(time.RFC3339, h.TakenAt); err == nil {
		v.When = t.UTC().Format("2006-01-02 15:04 UTC")
	}
	v.Title = "Passkey readiness of " + v.Tenant
	if v.HasChecks {
		v.Title = "Passkey audit of " + v.Tenant
	}
	if h.Scope.Narrowed() {
		v.Asked = append(v.Asked, fmt.Sprintf("This is only a part of the tenant: %s.", audit.CountPhrase(len(h.Scope.IDs), string(h.Scope.Kind), string(h.Scope.Kind))))
	}
	v.People = &people{}
	if o := s.beside.Overview; o != nil {
		if err := v.overview(o, s.beside, h); err != nil {
			return nil, err
		}
	}
	s.judged(v)
	v.Engine = engineOf(&h.Engine)
	v.unseen(h, s.results, s.beside.Overview)
	return v, nil
}

// judged fills in checks and findings.
func (s *Sink) judged(v *view) {
	counts := s.header.Summary
	for _, sev := range audit.Severities() {
		v.Severities = append(v.Severities, severityCount{sev.String(), at(counts.Findings[sev], "audit", "summary", "findings", sev.String())})
	}
	v.Accepted = at(counts.Accepted, "audit", "summary", "accepted")
	for _, o := range report.Outcomes() {
		v.Outcomes = append(v.Outcomes, outcomeCount{o.String(), report.OutcomeName(o), at(counts.Checks[o], "audit", "summary", "checks", o.String())})
	}
	for _, r := range s.results {
		v.Checks = append(v.Checks, checkOf(r))
	}
	for _, f := range s.findings {
		v.Findings = append(v.Findings, findingOf(f, s.sample))
	}
	// What somebody decided to live with comes last.
	slices.SortStableFunc(v.Findings, func(a, b finding) int {
		switch {
		case (a.Accepted == "") == (b.Accepted == ""):
			return 0
		case a.Accepted == "":
			return -1
		default:
			return 1
		}
	})
}

func checkOf(r audit.CheckResult) check {
	return check{r.Check.ID, r.Check.Slug, r.Check.Doc.Title, r.Severity.String(), r.Outcome.String(), report.OutcomeName(r.Outcome), report.Plain(r.Reason)}
}

func findingOf(f numbered, sample int) finding {
	out := finding{
		Check: f.Check.ID, Slug: f.Check.Slug, Severity: f.Severity.String(), Fingerprint: f.Fingerprint(), Title: f.Check.Doc.Title,
		Message: report.Plain(f.Message), Caveat: report.Caveat(f.Finding), Risk: f.Check.Doc.Risk,
		AboutAccounts: f.Affected.Unit() != "", AtLeast: f.Affected.AtLeast,
		Affected: at(f.Affected.Count(), "audit", "findings", f.at, "affected", "count"), References: f.Check.Doc.References,
	}
	out.Unit = out.Affected.People()
	if f.Affected.Unit() == "accounts" {
		out.Unit = out.Affected.Do("account", "accounts")
	}
	if f.Subject.Name != "" {
		out.Subject = report.Plain(string(f.Subject.Type) + " " + f.Subject.Name)
	}
	if f.Accepted != nil {
		out.Accepted = "Accepted: " + report.Plain(f.Accepted.Reason)
		if date := f.Accepted.ExpiresDate(); date != "" {
			out.Accepted += ", until " + date
		}
	}
	for i, step := range f.Fix {
		out.Fix = append(out.Fix, fix{report.Plain(step.Change),
			at(step.Frees, "audit", "findings", f.at, "fix", i, "frees"), at(step.Worsens, "audit", "findings", f.at, "fix", i, "worsens"), step.Tried()})
	}
	for _, e := range f.Evidence {
		out.Evidence = append(out.Evidence, evidence{report.Stands(e), report.Plain(e.Means)})
	}
	for m := range f.Affected.Members() {
		if len(out.Members) == sample {
			break
		}
		out.Members = append(out.Members, report.Plain(wordOr(m.UserPrincipalName, m.ID)))
	}
	out.More = f.Affected.Count() - len(out.Members)
	return out
}

func (v *view) overview(o *overview.Overview, beside *overview.Source, h audit.Header) error {
	s := o.Readiness
	v.Answers = answersOf(s)
	if c := h.Summary.Headcount; c != nil {
		n := at(s.Accounts, "overview", "readiness", "accounts")
		v.Accounts = &n
	}
	v.Asked = append(v.Asked, asked(s)...)
	v.Changes = changesOf(s)
	v.platforms(s)
	for i, w := range s.Waves {
		v.Waves = append(v.Waves, wave{strings.ReplaceAll(w.Wave, "-", " "), w.Needs, at(w.People, "overview", "readiness", "waves", i, "people")})
	}
	v.personas(s, o)
	if o.Models != nil {
		v.models(o.Models)
	}
	if o.Registrations != nil {
		v.Registrations = days(o.Registrations, h.TakenAt)
	}
	v.Trend = trendOf(o.Trend)
	if o.Policies != nil {
		v.Policies = matrixOf(o.Policies)
	}
	for _, g := range o.Gaps {
		v.Gaps = append(v.Gaps, fmt.Sprintf("%s: not shown, for want of the section %s", g.Part, g.Section))
	}
	var err error
	v.People, err = peopleOf(beside)
	return err
}

// asked says what was judged, where it is not the tenant as it is.
func asked(s *readiness.Summary) []string {
	var lines []string
	if s.World != bootstrap.Today.Name {
		lines = append(lines, "As in the world "+s.World+", not as the tenant is today.")
	}
	if s.Goal != bootstrap.AnyGoal {
		lines = append(lines, "Only these passkeys count: "+string(s.Goal)+".")
	}
	if s.Rollout != "" {
		lines = append(lines, "As if the method were on, with self-service, for "+s.Rollout+".")
	}
	return lines
}

func (v *view) platforms(s *readiness.Summary) {
	most := 0
	for _, p := range s.Platforms {
		most = max(most, p.People)
	}
	for i, p := range s.Platforms {
		row := platform{Name: p.OS.String(), Count: at(p.People, "overview", "readiness", "platforms", i, "people")}
		var parts []part
		for _, state := range bootstrap.States {
			n := p.States[state]
			parts = append(parts, part{string(state), n})
			if n > 0 {
				row.States = append(row.States, stateRow{string(state), short(state), report.StateText(state),
					at(n, "overview", "readiness", "platforms", i, "states", string(state))})
			}
		}
		row.Bar = stack(parts, most)
		v.Platforms = append(v.Platforms, row)
	}
}

func (v *view) personas(s *readiness.Summary, o *overview.Overview) {
	labels := map[bootstrap.Blocker]string{}
	for _, b := range o.Blockers {
		labels[bootstrap.Blocker{Type: b.Type, ID: b.ID}] = report.Plain(b.Label)
	}
	for i, p := range s.Personas {
		if p.State != bootstrap.Trapped && p.State != bootstrap.Unknown {
			continue
		}
		var why []string
		for _, b := range p.BlockedBy {
			why = append(why, wordOr(labels[b], b.ID))
		}
		if len(why) == 0 {
			why = append(append(why, bootstrap.ReasonsText(p.Reasons)), p.Missing...)
		}
		v.Personas = append(v.Personas, persona{
			wordOr(report.PersonaText(p.Persona), string(p.Persona)), string(p.State), short(p.State),
			strings.Trim(strings.Join(why, " and "), " "), at(p.People, "overview", "readiness", "personas", i, "people"),
		})
	}
}

func (v *view) models(m *overview.Models) {
	most := 0
	for _, row := range m.Models {
		most = max(most, row.People)
	}
	for i, row := range m.Models {
		v.Models = append(v.Models, model{
			wordOr(row.Name, "not in the catalogue"), report.Plain(row.AAGUID), row.Kind, at(row.People, "overview", "models", "models", i, "people"),
			stack([]part{{"accent", row.People}}, most),
		})
	}
	if m.Undisclosed > 0 {
		n := at(m.Undisclosed, "overview", "models", "undisclosed")
		v.Undisclosed = &n
	}
}

func matrixOf(p *overview.Policies) *matrix {
	m := &matrix{}
	shown := map[int]bool{}
	for i, pop := range p.Populations {
		// A column for nobody says nothing.
		if pop.Count == 0 {
			continue
		}
		shown[i] = true
		m.Populations = append(m.Populations, population{populationName(pop.Name), at(pop.Count, "overview", "policies", "populations", i, "count")})
	}
	for i, policy := range p.Policies {
		row := policyRow{
			Name: report.Plain(wordOr(policy.DisplayName, policy.ID)), State: stateName(policy.State), Grant: report.Plain(policy.Grant),
			Registers: policy.Registers, Blocks: at(policy.Blocks, "overview", "policies", "policies", i, "blocks"),
		}
		for j, r := range policy.Reach {
			if !shown[j] {
				continue
			}
			c := cell{
				Count: at(r.Count, "overview", "policies", "policies", i, "reach", j, "count"),
				Maybe: at(r.Maybe, "overview", "policies", "policies", i, "reach", j, "maybe"), Share: "some",
			}
			switch {
			case r.Count == 0 && r.Maybe == 0:
				c.Share = "none"
			case r.Count == p.Populations[j].Count:
				c.Share = "all"
			}
			row.Cells = append(row.Cells, c)
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func populationName(name string) string {
	if state, is := strings.CutPrefix(name, "state:"); is {
		return strings.ReplaceAll(state, "-", " ")
	}
	switch name {
	case overview.Emergency:
		return "emergency accounts"
	case overview.Others:
		return "other accounts"
	}
	return name
}

func stateName(state string) string {
	if state == "enabledForReportingButNotEnforced" {
		return "report-only"
	}
	return report.Plain(state)
}

func engineOf(e *audit.Engine) *engine {
	out := &engine{
		Replayed: at(e.SignInsReplayed, "audit", "engine", "signInsReplayed"), Decisions: at(e.PolicyDecisions, "audit", "engine", "policyDecisions"),
		Agreed: at(e.Agreed, "audit", "engine", "agreed"), Undecided: at(e.Undecided, "audit", "engine", "undecided"),
		Outdated: at(e.Outdated, "audit", "engine", "outdated"), Reason: report.Plain(e.Reason),
	}
	for _, d := range e.Disagreements {
		because := d.Because
		if len(because) == 0 {
			because = d.Unmet
		}
		out.Disagreements = append(out.Disagreements, disagreement{
			report.Plain(d.SignIn), report.UTC(d.At), report.Plain(d.PolicyName), report.Plain(d.Logged), d.Evaluated, report.Plain(strings.Join(because, ", ")),
		})
	}
	return out
}

func (v *view) unseen(h audit.Header, results []audit.CheckResult, o *overview.Overview) {
	u := &v.Unseen
	for _, spec := range snapshot.Sections() {
		if state, told := h.Sections[spec.ID]; told && state != snapshot.Complete {
			u.Sections = append(u.Sections, sectionState{string(spec.ID), string(state), sectionMeans(state)})
		} else if !told {
			u.Sections = append(u.Sections, sectionState{string(spec.ID), string(snapshot.NotCollected), sectionMeans(snapshot.NotCollected)})
		}
	}
	for _, r := range results {
		if r.Outcome == audit.Unknown {
			u.Unknown = append(u.Unknown, checkOf(r))
		}
	}
	const mostUnreadable = 20
	for i, row := range h.Unreadable {
		if i == mostUnreadable {
			u.Unreadable = append(u.Unreadable, "… and more; the JSON report has all")
			break
		}
		u.Unreadable = append(u.Unreadable, report.Plain(row.String()))
	}
	if o != nil {
		for _, a := range o.Readiness.Assumptions {
			u.Assumptions = append(u.Assumptions, report.Plain(a))
		}
	}
	if h.Settings.Default {
		return
	}
	u.Settings = append(u.Settings, "judged by a configuration with the digest "+h.Settings.Digest)
	for _, id := range h.Settings.SectionsOff {
		u.Settings = append(u.Settings, fmt.Sprintf("section %s is off: judged as if it had not been collected", id))
	}
	for _, a := range h.Settings.AcceptExpired {
		u.Settings = append(u.Settings, report.Plain(report.ExpiredPhrase(a)+": "+a.Reason))
	}
	for _, a := range h.Settings.AcceptUnmatched {
		u.Settings = append(u.Settings, report.Plain(report.UnmatchedPhrase(a)+": "+a.Reason))
	}
	for _, name := range h.Settings.AccountsNotFound {
		u.Settings = append(u.Settings, "there is no account "+report.Plain(name))
	}
}

func sectionMeans(s snapshot.State) string {
	switch s {
	case snapshot.Partial:
		return "read in part: numbers that hang on it are lower bounds"
	case snapshot.Denied:
		return "refused: a permission or a role is missing"
	case snapshot.Unlicensed:
		return "the tenant has no licence for it"
	case snapshot.Unavailable:
		return "could not be read"
	default:
		return "was not collected"
	}
}
