package json

import (
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/history"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

type diffShape struct {
	Schema  string      `json:"schema"`
	Tool    tool        `json:"tool"`
	A       sideShape   `json:"a"`
	B       sideShape   `json:"b"`
	Caveats []string    `json:"caveats"`
	Summary diffSummary `json:"summary"`
	// The lists of findings are absent where none were compared.
	New       *[]diffFinding    `json:"new,omitzero"`
	Fixed     *[]diffFinding    `json:"fixed,omitzero"`
	Unsettled *[]diffFinding    `json:"unsettled,omitzero"`
	Changed   *[]changedFinding `json:"changed,omitzero"`
	// Those of people are absent where it is not known where they stood.
	Transitions *[]transition `json:"transitions,omitzero"`
	Moved       *[]movedShape `json:"moved,omitzero"`
	Came        *[]standsAt   `json:"came,omitzero"`
	Went        *[]standsAt   `json:"went,omitzero"`
	Truncated   bool          `json:"truncated"`
	// Edits is absent where no snapshots were compared.
	Edits *[]editShape `json:"edits,omitzero"`
}

type sideShape struct {
	Kind    string `json:"kind"`
	Tenant  string `json:"tenant,omitzero"`
	TakenAt string `json:"takenAt,omitzero"`
	Digest  string `json:"digest,omitzero"`
}

type diffSummary struct {
	New       map[string]int `json:"new,omitzero"`
	Fixed     map[string]int `json:"fixed,omitzero"`
	Changed   *int           `json:"changed,omitzero"`
	Unsettled *int           `json:"unsettled,omitzero"`
	Same      *int           `json:"same,omitzero"`
	Moved     *int           `json:"moved,omitzero"`
	Explained *int           `json:"explained,omitzero"`
	Stayed    *int           `json:"stayed,omitzero"`
	Came      *int           `json:"came,omitzero"`
	Went      *int           `json:"went,omitzero"`
	Edits     *int           `json:"edits,omitzero"`
}

type diffFinding struct {
	Check       string   `json:"check"`
	Slug        string   `json:"slug"`
	Severity    string   `json:"severity"`
	Fingerprint string   `json:"fingerprint"`
	Message     string   `json:"message"`
	Subject     subject  `json:"subject"`
	Affected    int      `json:"affected"`
	Edits       []string `json:"edits"`
}

type changedFinding struct {
	diffFinding
	Before    changedFrom `json:"before"`
	Accepted  bool        `json:"accepted"`
	Tentative bool        `json:"tentative"`
	Joined    []member    `json:"joined"`
	Left      []member    `json:"left"`
}

type changedFrom struct {
	Severity string `json:"severity"`
	Affected int    `json:"affected"`
}

type transition struct {
	Before bootstrap.State `json:"before"`
	After  bootstrap.State `json:"after"`
	People int             `json:"people"`
}

type movedShape struct {
	ID                string           `json:"id"`
	UserPrincipalName string           `json:"userPrincipalName"`
	Before            bootstrap.State  `json:"before"`
	After             bootstrap.State  `json:"after"`
	Because           []history.Object `json:"because"`
	Together          bool             `json:"together"`
}

type standsAt struct {
	ID                string          `json:"id"`
	UserPrincipalName string          `json:"userPrincipalName"`
	State             bootstrap.State `json:"state"`
}

type editShape struct {
	Section snapshot.SectionID `json:"section"`
	ID      string             `json:"id"`
	Name    string             `json:"name"`
	What    string             `json:"what"`
	Changes []editChange       `json:"changes"`
	// Moves is absent where the edit was not judged by itself.
	Moves *int `json:"moves,omitzero"`
}

type editChange struct {
	Pointer string    `json:"pointer"`
	In      string    `json:"in,omitzero"`
	Before  entra.Raw `json:"before,omitzero"`
	After   entra.Raw `json:"after,omitzero"`
}

// Diff writes a comparison as one document; sample is how many people are listed of each
// list, or report.AllMembers.
func Diff(w io.Writer, version string, d *history.Diff, sample int) error {
	s := diffShape{
		Schema: history.Schema, Tool: tool{"passkeyaudit", version}, A: sideOf(d.Before), B: sideOf(d.After), Caveats: append([]string{}, d.Caveats...),
	}
	if f := d.Findings; f != nil {
		s.findings(d, sample)
	}
	if d.People != nil {
		s.people(d.People, sample)
	}
	if d.Edits != nil {
		s.edits(d.Edits)
	}
	if err := json.MarshalWrite(w, &s, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func sideOf(s history.Side) sideShape {
	return sideShape{s.Kind, s.Tenant, report.UTC(s.TakenAt), s.Digest}
}

func (s *diffShape) findings(d *history.Diff, sample int) {
	f := d.Findings
	s.New, s.Fixed, s.Unsettled = new(diffFindings(d, f.New)), new(diffFindings(d, f.Fixed)), new(diffFindings(d, f.Unsettled))
	s.Changed = new([]changedFinding{})
	for _, c := range f.Changed {
		*s.Changed = append(*s.Changed, changedFinding{
			diffFindingOf(d, c.Finding), changedFrom{c.SeverityBefore, c.AffectedBefore}, c.AcceptedAfter, c.TentativeAfter,
			cut(s, c.Joined, sample, func(m audit.Member) member { return member(m) }), cut(s, c.Left, sample, func(m audit.Member) member { return member(m) }),
		})
	}
	s.Summary.New, s.Summary.Fixed = bySeverity(f.New), bySeverity(f.Fixed)
	s.Summary.Changed, s.Summary.Unsettled, s.Summary.Same = new(len(f.Changed)), new(len(f.Unsettled)), new(f.Same)
}

func (s *diffShape) people(p *history.PeopleDiff, sample int) {
	s.Transitions = new([]transition{})
	for _, t := range p.Transitions() {
		*s.Transitions = append(*s.Transitions, transition(t))
	}
	explained := 0
	for _, m := range p.Moved {
		if m.Together || len(m.Because) > 0 {
			explained++
		}
	}
	at := func(p history.Person) standsAt { return standsAt{p.ID, p.UserPrincipalName, p.State} }
	s.Moved = new(cut(s, p.Moved, sample, func(m history.Move) movedShape {
		return movedShape{m.ID, m.UserPrincipalName, m.Before, m.After, append([]history.Object{}, m.Because...), m.Together}
	}))
	s.Came, s.Went = new(cut(s, p.Came, sample, at)), new(cut(s, p.Went, sample, at))
	s.Summary.Moved, s.Summary.Explained, s.Summary.Stayed = new(len(p.Moved)), new(explained), new(p.Same)
	s.Summary.Came, s.Summary.Went = new(len(p.Came)), new(len(p.Went))
}

func (s *diffShape) edits(list []history.Edit) {
	s.Edits, s.Summary.Edits = new([]editShape{}), new(len(list))
	for _, e := range list {
		out := editShape{Section: e.Section, ID: e.ID, Name: e.Name, What: e.What, Changes: []editChange{}}
		for _, c := range e.Changes {
			out.Changes = append(out.Changes, editChange(c))
		}
		if e.Judged {
			out.Moves = new(e.Moves)
		}
		*s.Edits = append(*s.Edits, out)
	}
}

// cut takes the first of a list, and notes that there are more.
func cut[T, R any](s *diffShape, list []T, sample int, of func(T) R) []R {
	out := []R{}
	for _, v := range list {
		if sample != report.AllMembers && len(out) == sample {
			s.Truncated = true
			break
		}
		out = append(out, of(v))
	}
	return out
}

func bySeverity(list []history.Finding) map[string]int {
	counts := map[string]int{}
	for _, sev := range audit.Severities() {
		counts[sev.String()] = 0
	}
	for _, f := range list {
		counts[f.Severity]++
	}
	return counts
}

func diffFindings(d *history.Diff, list []history.Finding) []diffFinding {
	out := []diffFinding{}
	for _, f := range list {
		out = append(out, diffFindingOf(d, f))
	}
	return out
}

func diffFindingOf(d *history.Diff, f history.Finding) diffFinding {
	return diffFinding{
		f.Check, f.Slug, f.Severity, f.Fingerprint, f.Message, subject{string(f.Subject.Type), f.Subject.ID, f.Subject.Name}, f.Affected,
		append([]string{}, d.EditsOf(&f)...),
	}
}

type historyShape struct {
	Schema string     `json:"schema"`
	Runs   []runShape `json:"runs"`
}

type runShape struct {
	ID       int64                   `json:"id"`
	Tenant   tenant                  `json:"tenant"`
	TakenAt  string                  `json:"takenAt"`
	Digest   string                  `json:"digest"`
	Settings string                  `json:"settings"`
	Version  string                  `json:"version"`
	Scope    string                  `json:"scope,omitzero"`
	Checks   int                     `json:"checks"`
	Users    *int                    `json:"users,omitzero"`
	Findings map[string]int          `json:"findings"`
	New      *int                    `json:"new,omitzero"`
	Fixed    *int                    `json:"fixed,omitzero"`
	States   map[bootstrap.State]int `json:"states,omitzero"`
}

// historySchema is the value of "schema" in a list of runs.
const historySchema = "passkeyaudit.history/v1"

// History writes a list of runs as one document.
func History(w io.Writer, runs []history.Entry) error {
	out := historyShape{Schema: historySchema, Runs: []runShape{}}
	for _, r := range runs {
		row := runShape{
			ID: r.ID, Tenant: tenant(r.Tenant), TakenAt: report.UTC(r.TakenAt), Digest: r.Digest, Settings: r.Settings, Version: r.Version, Scope: r.Scope,
			Checks: r.Checks, Users: r.People, Findings: map[string]int{}, New: r.New, Fixed: r.Fixed, States: r.States,
		}
		for _, sev := range audit.Severities() {
			row.Findings[sev.String()] = r.Findings[sev]
		}
		out.Runs = append(out.Runs, row)
	}
	if err := json.MarshalWrite(w, &out, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
