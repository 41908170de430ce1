package json

import (
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/preview"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
)

// PreviewContext is what a preview says beside what it found.
type PreviewContext struct {
	// Steps are the changes in words, Notes what was taken for granted.
	Steps, Notes []string
	// Requests is the change as a $batch body; nil to leave it out.
	Requests entra.Raw
	// Digest is that of the snapshot as changed.
	Digest string
	Goal   bootstrap.Goal
	// Sample is how many accounts are listed of each list, or report.AllMembers.
	Sample int
}

type previewShape struct {
	Schema    string         `json:"schema"`
	Tool      tool           `json:"tool"`
	Tenant    tenant         `json:"tenant"`
	Snapshot  snapshotDigest `json:"snapshot"`
	Goal      bootstrap.Goal `json:"goal"`
	Change    changeShape    `json:"change"`
	Counts    previewCounts  `json:"counts"`
	Loses     []previewRow   `json:"loses"`
	Gains     []previewRow   `json:"gains"`
	SignIns   signInsShape   `json:"signIns"`
	Worsens   []previewRow   `json:"worsens"`
	Personas  []personaRow   `json:"personas"`
	Others    othersShape    `json:"others"`
	Truncated bool           `json:"truncated"`
}

type changeShape struct {
	Steps    []string  `json:"steps"`
	Notes    []string  `json:"notes"`
	Requests entra.Raw `json:"requests,omitzero"`
	Digest   string    `json:"digest"`
}

// previewCounts count people.
type previewCounts struct {
	Loses     int `json:"loses"`
	Gains     int `json:"gains"`
	Worsens   int `json:"worsens"`
	LockedOut int `json:"lockedOut"`
}

type previewRow struct {
	Type              string                `json:"type"`
	ID                string                `json:"id"`
	UserPrincipalName string                `json:"userPrincipalName"`
	Kind              string                `json:"kind"`
	Before            bootstrap.State       `json:"before"`
	After             bootstrap.State       `json:"after"`
	Reasons           []bootstrap.Reason    `json:"reasons"`
	BlockedBy         []bootstrap.Blocker   `json:"blockedBy,omitzero"`
	Conditions        []bootstrap.Condition `json:"conditions,omitzero"`
	Passkeys          usableShape           `json:"usablePasskeys"`
	LockedOut         bool                  `json:"lockedOut"`
}

type usableShape struct {
	Before int `json:"before"`
	After  int `json:"after"`
}

type personaRow struct {
	Type      string              `json:"type"`
	Persona   bootstrap.Persona   `json:"persona"`
	People    int                 `json:"people"`
	Before    bootstrap.State     `json:"before"`
	After     bootstrap.State     `json:"after"`
	Reasons   []bootstrap.Reason  `json:"reasons"`
	BlockedBy []bootstrap.Blocker `json:"blockedBy,omitzero"`
}

type signInsShape struct {
	Section      snapshot.State `json:"section"`
	From         string         `json:"from,omitzero"`
	To           string         `json:"to,omitzero"`
	Replayed     int            `json:"replayed"`
	Blocked      int            `json:"blocked"`
	Interrupted  int            `json:"interrupted"`
	CannotMeet   int            `json:"cannotMeet"`
	Undetermined int            `json:"undetermined"`
	NotJudged    int            `json:"notJudged"`
	People       int            `json:"people"`
	Examples     []signInShape  `json:"examples"`
}

type signInShape struct {
	ID                string          `json:"id"`
	CreatedDateTime   string          `json:"createdDateTime"`
	UserID            string          `json:"userId"`
	UserPrincipalName string          `json:"userPrincipalName"`
	Resource          string          `json:"resource"`
	Outcome           preview.Outcome `json:"outcome"`
	Policies          []string        `json:"policies"`
	Needs             []string        `json:"needs"`
}

type othersShape struct {
	Loses   []previewRow `json:"loses"`
	Gains   []previewRow `json:"gains"`
	Worsens []previewRow `json:"worsens"`
}

// Preview writes what a change does as one document.
func Preview(w io.Writer, h audit.Header, c PreviewContext, p *preview.Preview) error {
	shape := previewShape{
		Schema: preview.Schema, Tool: toolShape(h), Tenant: tenantShape(h), Snapshot: snapshotDigest{report.UTC(h.TakenAt), h.Digest}, Goal: c.Goal,
		Change:  changeShape{append([]string{}, c.Steps...), append([]string{}, c.Notes...), c.Requests, c.Digest},
		Counts:  previewCounts{len(p.People.Loses), len(p.People.Gains), len(p.People.Worsens), p.People.LockedOut()},
		SignIns: signInsOf(p.SignIns), Personas: []personaRow{},
	}
	cut := func(list []preview.Account) []previewRow {
		rows := []previewRow{}
		for _, a := range list {
			if c.Sample != report.AllMembers && len(rows) == c.Sample {
				shape.Truncated = true
				break
			}
			rows = append(rows, previewRowOf(a))
		}
		return rows
	}
	shape.Loses, shape.Gains, shape.Worsens = cut(p.People.Loses), cut(p.People.Gains), cut(p.People.Worsens)
	for _, who := range p.Personas {
		shape.Personas = append(shape.Personas, personaRowOf(who))
	}
	shape.Others = othersShape{cut(p.Others.Loses), cut(p.Others.Gains), cut(p.Others.Worsens)}
	if err := json.MarshalWrite(w, &shape, json.Deterministic(true), jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type previewLine struct {
	List string `json:"list"`
	previewRow
}

type personaLine struct {
	List string `json:"list"`
	personaRow
}

// PreviewLines writes a line for everybody whom the change touches, with the list they
// are in.
func PreviewLines(w io.Writer, p *preview.Preview) error {
	enc := jsontext.NewEncoder(w)
	for _, lists := range []preview.Lists{p.People, p.Others} {
		for _, l := range []struct {
			name string
			rows []preview.Account
		}{{"loses", lists.Loses}, {"gains", lists.Gains}, {"worsens", lists.Worsens}} {
			for _, a := range l.rows {
				if err := json.MarshalEncode(enc, previewLine{l.name, previewRowOf(a)}); err != nil {
					return err
				}
			}
		}
	}
	for _, who := range p.Personas {
		if err := json.MarshalEncode(enc, personaLine{"personas", personaRowOf(who)}); err != nil {
			return err
		}
	}
	return nil
}

func previewRowOf(a preview.Account) previewRow {
	return previewRow{
		"user", a.ID, a.UserPrincipalName, a.Kind, a.Before, a.After, append([]bootstrap.Reason{}, a.Reasons...), a.BlockedBy, a.Conditions,
		usableShape{a.UsableBefore, a.UsableAfter}, a.LockedOut,
	}
}

func personaRowOf(p preview.Persona) personaRow {
	return personaRow{"persona", p.Persona, p.People, p.Before, p.After, append([]bootstrap.Reason{}, p.Reasons...), p.BlockedBy}
}

func signInsOf(s preview.SignIns) signInsShape {
	out := signInsShape{
		Section: s.State, From: s.From, To: s.To, Replayed: s.Replayed, Blocked: s.Blocked, Interrupted: s.Interrupted,
		CannotMeet: s.CannotMeet, Undetermined: s.Undetermined, NotJudged: s.NotJudged, People: s.People, Examples: []signInShape{},
	}
	for _, e := range s.Examples {
		out.Examples = append(out.Examples, signInShape{
			e.ID, e.At, e.UserID, e.UserPrincipalName, e.Resource, e.Outcome, slices.Clone(e.Policies), append([]string{}, e.Needs...),
		})
	}
	return out
}
