package json

import (
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

type personShape struct {
	Schema    string                 `json:"schema"`
	Tool      tool                   `json:"tool"`
	Tenant    tenant                 `json:"tenant"`
	Snapshot  personSnapshot         `json:"snapshot"`
	User      personUser             `json:"user"`
	State     bootstrap.State        `json:"state"`
	Reasons   []bootstrap.Reason     `json:"reasons"`
	BlockedBy []bootstrap.Blocker    `json:"blockedBy"`
	Missing   []string               `json:"missing"`
	Stage     investigate.Stage      `json:"stage"`
	StageBy   string                 `json:"stageBy"`
	Headline  string                 `json:"headline"`
	Do        []investigate.Action   `json:"do"`
	Ask       []investigate.Question `json:"ask"`
	Message   string                 `json:"message"`
	Hypos     []hypothesisShape      `json:"hypotheses"`
	Path      investigate.Way        `json:"path"`
	Passkeys  []personPasskey        `json:"passkeys"`
	Attempts  []personAttempt        `json:"attempts"`
	Timeline  []personEvent          `json:"timeline"`
	Answers   investigate.Answers    `json:"answers"`
	Symptom   string                 `json:"symptomTakenFor,omitzero"`
	Policies  *policySource          `json:"policiesFrom,omitzero"`
	NotRead   []investigate.Gap      `json:"notRead"`
}

type personSnapshot struct {
	TakenAt string         `json:"takenAt"`
	Scope   snapshot.Scope `json:"scope,omitzero"`
}

type personUser struct {
	ID                string `json:"id"`
	UserPrincipalName string `json:"userPrincipalName"`
	DisplayName       string `json:"displayName,omitzero"`
	Kind              string `json:"kind"`
	Enabled           bool   `json:"accountEnabled"`
	Guest             bool   `json:"guest"`
}

type policySource struct {
	TakenAt      string `json:"takenAt"`
	OlderMinutes int    `json:"olderMinutes"`
	Memberships  bool   `json:"memberships"`
}

type hypothesisShape struct {
	Problem   int          `json:"problem"`
	Slug      string       `json:"slug"`
	Title     string       `json:"title"`
	Verdict   string       `json:"verdict"`
	Why       string       `json:"why"`
	Competing []string     `json:"competing"`
	Evidence  []proofShape `json:"evidence"`
	Questions []string     `json:"questions"`
	NextSteps []string     `json:"nextSteps"`
}

// proofShape is evidence in the snapshot, or an answer.
type proofShape struct {
	Section snapshot.SectionID `json:"section,omitzero"`
	Object  string             `json:"object,omitzero"`
	Pointer string             `json:"pointer,omitzero"`
	Value   entra.Raw          `json:"value,omitzero"`
	Absent  bool               `json:"absent,omitzero"`
	Rows    *int               `json:"rows,omitzero"`
	Answer  string             `json:"answer,omitzero"`
	Said    string             `json:"said,omitzero"`
	Means   string             `json:"means"`
}

func proof(p investigate.Proof) proofShape {
	s := proofShape{Section: p.Section, Object: p.Object, Pointer: p.Pointer, Value: p.Value, Absent: p.Absent, Answer: p.Answer, Said: p.Said, Means: p.Means}
	if p.Answer == "" && p.Pointer == "" {
		s.Rows = &p.Rows
	}
	return s
}

type personPasskey struct {
	ID           string                    `json:"id,omitzero"`
	DisplayName  string                    `json:"displayName,omitzero"`
	AAGUID       string                    `json:"aaguid,omitzero"`
	Model        string                    `json:"model,omitzero"`
	Type         string                    `json:"type,omitzero"`
	Attestation  string                    `json:"attestation,omitzero"`
	Created      string                    `json:"createdDateTime,omitzero"`
	Kept         investigate.Authenticator `json:"keptIn,omitzero"`
	SignIn       rulingShape               `json:"signIn"`
	Registration rulingShape               `json:"registration"`
	Strengths    []strengthShape           `json:"strengths"`
	Evidence     []proofShape              `json:"evidence"`
}

type rulingShape struct {
	Accepted string       `json:"accepted"`
	Why      string       `json:"why,omitzero"`
	Profiles []string     `json:"profiles,omitzero"`
	Evidence []proofShape `json:"evidence,omitzero"`
}

type strengthShape struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Met  string `json:"met"`
}

type personAttempt struct {
	At            string         `json:"at,omitzero"`
	ID            string         `json:"id"`
	CorrelationID string         `json:"correlationId,omitzero"`
	Code          int            `json:"code"`
	Meaning       string         `json:"meaning,omitzero"`
	Outcome       string         `json:"outcome"`
	OS            string         `json:"os,omitzero"`
	Browser       string         `json:"browser,omitzero"`
	App           string         `json:"app,omitzero"`
	Resource      string         `json:"resource,omitzero"`
	MadeGood      bool           `json:"madeGood"`
	PoliciesTold  bool           `json:"policiesTold"`
	Policies      []appliedShape `json:"policies"`
}

type appliedShape struct {
	ID      string   `json:"id"`
	Name    string   `json:"displayName"`
	Because []string `json:"because"`
	Demands []string `json:"demands"`
	Gone    bool     `json:"gone"`
}

type personEvent struct {
	At    string `json:"at"`
	Kind  string `json:"kind"`
	Text  string `json:"text"`
	Count int    `json:"count,omitzero"`
	Since string `json:"since,omitzero"`
	// Section and Object are the row that says so.
	Section string `json:"section,omitzero"`
	Object  string `json:"object,omitzero"`
}

// Person writes an investigation as one document.
func Person(w io.Writer, h audit.Header, in *investigate.Investigation) error {
	v := &in.Verdict
	s := personShape{
		Schema: investigate.Schema, Tool: toolShape(h), Tenant: tenantShape(h), Snapshot: personSnapshot{TakenAt: stampOf(in.TakenAt), Scope: h.Scope},
		User:  personUser{in.User.ID, in.User.UserPrincipalName, in.User.DisplayName, string(in.Kind), in.Enabled, in.Guest},
		State: v.State, Reasons: full(v.Reasons), BlockedBy: full(v.BlockedBy), Missing: full(v.Missing), Stage: in.Stage, StageBy: in.StageBy, Headline: in.Headline(),
		Do: full(in.Do), Ask: full(in.Ask), Message: in.Message, Path: in.Path, Answers: in.Answers, NotRead: full(in.Missing),
		Hypos: []hypothesisShape{}, Passkeys: []personPasskey{}, Attempts: []personAttempt{}, Timeline: []personEvent{},
	}
	if in.Kind == "" {
		s.User.Kind = "unknown"
	}
	if in.Symptom != nil {
		s.Symptom = in.Symptom.Says
	}
	if p := in.PolicyAge; p != nil {
		s.Policies = &policySource{report.UTC(p.TakenAt), int(p.Older.Minutes()), p.Memberships}
	}
	for i := range in.Hypotheses {
		s.Hypos = append(s.Hypos, hypothesis(&in.Hypotheses[i]))
	}
	for i := range in.Passkeys {
		s.Passkeys = append(s.Passkeys, passkey(&in.Passkeys[i]))
	}
	for _, at := range in.FailedAttempts() {
		s.Attempts = append(s.Attempts, attempt(at))
	}
	for _, e := range in.Timeline {
		line := personEvent{At: stampOf(e.At), Kind: e.Kind, Text: e.Text, Section: e.Section, Object: e.Row}
		if e.Count > 1 {
			line.Count, line.Since = e.Count, stampOf(e.Until)
		}
		s.Timeline = append(s.Timeline, line)
	}
	if err := json.MarshalWrite(w, &s, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func stampOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// full is never nil, so that JSON has [] and not null.
func full[T any](of []T) []T { return append([]T{}, of...) }

func hypothesis(h *investigate.Hypothesis) hypothesisShape {
	s := hypothesisShape{Problem: h.Number, Slug: h.Slug, Title: h.Title, Verdict: string(h.Verdict), Why: h.Why, Competing: full(h.Competing), Evidence: proofShapes(h.Evidence), Questions: []string{}, NextSteps: []string{}}
	for _, q := range h.Questions {
		s.Questions = append(s.Questions, q.Text)
	}
	for _, a := range h.Actions {
		s.NextSteps = append(s.NextSteps, a.String())
	}
	return s
}

func proofShapes(list []investigate.Proof) []proofShape {
	out := []proofShape{}
	for _, p := range list {
		out = append(out, proof(p))
	}
	return out
}

func evidenceShapes(list []audit.Evidence) []proofShape {
	var out []proofShape
	for _, e := range list {
		out = append(out, proof(investigate.Proof{Evidence: e}))
	}
	return out
}

func passkey(k *investigate.Passkey) personPasskey {
	p := personPasskey{
		ID: k.ID, DisplayName: k.Name, AAGUID: k.AAGUID, Model: k.Model, Type: k.Type, Attestation: k.Attests, Created: stampOf(k.Created), Kept: k.Keeper,
		SignIn: ruling(&k.SignIn), Registration: ruling(&k.Registration), Strengths: []strengthShape{}, Evidence: evidenceShapes(k.Evidence),
	}
	for _, s := range k.Strengths {
		p.Strengths = append(p.Strengths, strengthShape{s.Strength, s.Name, s.Met.String()})
	}
	return p
}

func ruling(r *investigate.Ruling) rulingShape {
	return rulingShape{Accepted: r.Accepted.String(), Why: r.Why, Profiles: r.Profiles, Evidence: evidenceShapes(r.Evidence)}
}

func attempt(at *investigate.Attempt) personAttempt {
	a := personAttempt{
		At: stampOf(at.At), ID: at.Row, CorrelationID: at.CorrelationID, Code: at.Code, Meaning: at.Meaning, Outcome: at.Class.String(), OS: string(at.Place.OS),
		Browser: at.Place.Browser, App: at.App, Resource: at.Resource, MadeGood: at.MadeGood, PoliciesTold: at.Told, Policies: []appliedShape{},
	}
	for _, p := range at.Policies {
		a.Policies = append(a.Policies, appliedShape{p.ID, p.Name, full(p.Because), full(p.Demands), p.Gone})
	}
	return a
}
