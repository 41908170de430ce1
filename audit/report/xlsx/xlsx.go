// Package xlsx renders an audit as a workbook: a summary, and sheets with filters for
// findings, users, passkeys and policies.
package xlsx

import (
	"archive/zip"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/overview"
	"passkeyaudit/audit/report"
)

// mostRows is how many rows a sheet takes beneath its head; Excel ends at 1,048,576.
const mostRows = 1_000_000

// Sink writes when the run ends.
type Sink struct {
	report.Gather
	w      io.Writer
	sample int
	beside *overview.Source
}

// New writes to w; sample is how many members of each population are named. Without
// beside there are no users, passkeys and policies.
func New(w io.Writer, sample int, beside *overview.Source) *Sink {
	return &Sink{w: w, sample: sample, beside: beside}
}

// End implements audit.Sink.
func (s *Sink) End() (err error) {
	f := excelize.NewFile()
	defer func() { err = firstOf(err, f.Close()) }()
	// The times inside the file are those of the snapshot: the same run gives the same
	// bytes.
	at := report.UTC(s.Header.TakenAt)
	if err := f.SetDocProps(&excelize.DocProperties{
		Creator: s.Header.Tool.Name, LastModifiedBy: s.Header.Tool.Name, Title: "Passkey audit", Created: at, Modified: at,
	}); err != nil {
		return err
	}
	if err := f.SetSheetName("Sheet1", "Summary"); err != nil {
		return err
	}
	report.WorstFirst(s.Findings)
	b := &book{file: f}
	for _, write := range s.sheets() {
		if err := write(b); err != nil {
			return err
		}
	}
	f.SetActiveSheet(0)
	packed, err := f.WriteToBuffer()
	if err != nil {
		return err
	}
	return inOrder(s.w, packed.Bytes())
}

// inOrder writes a workbook with its parts sorted: excelize leaves the order of sheets
// in the archive to chance, and the same run is to give the same bytes.
func inOrder(w io.Writer, packed []byte) error {
	in, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return cmp.Compare(a.Name, b.Name) })
	out := zip.NewWriter(w)
	for _, part := range in.File {
		if err := out.Copy(part); err != nil {
			return err
		}
	}
	return out.Close()
}

// sheets write one sheet each.
func (s *Sink) sheets() []func(*book) error {
	return []func(*book) error{s.summary, s.findings, s.users, s.passkeys, s.policies}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Sink) summary(b *book) error {
	h := s.Header
	sheet, err := b.sheet("Summary", []column{{"What", 34}, {"Value", 60}})
	if err != nil {
		return err
	}
	rows := [][]any{
		{"Tenant", report.TenantName(h)}, {"Tenant id", h.Tenant.ID}, {"As of", report.UTC(h.TakenAt)},
		{"Tool", h.Tool.Name + " " + h.Tool.Version}, {"Snapshot", h.Digest}, {"Settings", h.Settings.Digest},
	}
	if h.Scope.Narrowed() {
		rows = append(rows, []any{"Only a part of the tenant", string(h.Scope.Kind)})
	}
	if c := h.Summary.Headcount; c != nil {
		rows = append(rows, []any{"People", c.Users}, []any{"Accounts", c.Accounts})
	}
	for _, sev := range audit.Severities() {
		rows = append(rows, []any{"Findings, " + sev.String(), h.Summary.Findings[sev]})
	}
	rows = append(rows, []any{"Findings, accepted", h.Summary.Accepted})
	for _, o := range report.Outcomes() {
		rows = append(rows, []any{"Checks, " + report.OutcomeName(o), h.Summary.Checks[o]})
	}
	if s.beside != nil {
		for _, state := range bootstrap.States {
			rows = append(rows, []any{"People, " + string(state), s.beside.Readiness.States[state]})
		}
	}
	for _, r := range s.Results {
		if r.Outcome == audit.Unknown {
			rows = append(rows, []any{"Could not be judged: " + r.Check.ID, r.Reason})
		}
	}
	for _, row := range rows {
		if err := sheet.row(row...); err != nil {
			return err
		}
	}
	return sheet.close()
}

func (s *Sink) findings(b *book) error {
	sheet, err := b.sheet("Findings", []column{
		{"Check", 14}, {"Slug", 30}, {"Severity", 10}, {"Certainty", 11}, {"Tentative", 10}, {"Accepted", 10}, {"Subject type", 12},
		{"Subject", 36}, {"Affected", 10}, {"Unit", 10}, {"At least", 9}, {"Message", 90}, {"Fix", 70}, {"Fingerprint", 34}, {"Users", 40},
	})
	if err != nil {
		return err
	}
	for _, list := range [][]audit.Finding{s.Findings, s.Accepted} {
		for _, f := range list {
			var fixes, users []string
			for _, step := range f.Fix {
				text := step.Change
				if effect := report.Effect(step); effect != "" {
					text += " (" + effect + ")"
				}
				fixes = append(fixes, text)
			}
			for m := range f.Affected.Members() {
				if len(users) == s.sample {
					break
				}
				users = append(users, m.UserPrincipalName)
			}
			err := sheet.row(f.Check.ID, f.Check.Slug, f.Severity.String(), f.Certainty.String(), f.Tentative, f.Accepted != nil,
				string(f.Subject.Type), firstText(f.Subject.Name, f.Subject.ID), f.Affected.Count(), f.Affected.Unit(), f.Affected.AtLeast,
				f.Message, strings.Join(fixes, " / "), f.Fingerprint(), strings.Join(users, " "))
			if err != nil {
				return err
			}
		}
	}
	return sheet.close()
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (s *Sink) users(b *book) error {
	sheet, err := b.sheet("Users", []column{
		{"User principal name", 36}, {"Id", 38}, {"Kind", 10}, {"Counted", 9}, {"State", 18}, {"Registered", 11}, {"Usable", 9}, {"Credential", 14},
		{"Portable", 9}, {"Conditions", 24}, {"Steps", 28}, {"Blocked by", 44}, {"Reasons", 36}, {"Missing", 20}, {"Confidence", 11}, {"Platforms", 36},
	})
	if err != nil || s.beside == nil {
		return firstOf(err, sheet.close())
	}
	for u, err := range s.beside.Users {
		if err != nil {
			return err
		}
		var registered, usable, credential, portable any
		if u.Passkeys != nil {
			registered, usable = u.Passkeys.Registered, u.Passkeys.Usable
		}
		if u.Path != nil {
			credential, portable = string(u.Path.Credential), u.Path.Portable
		}
		var blockers, platforms []string
		for _, o := range u.BlockedBy {
			blockers = append(blockers, string(o.Type)+":"+o.ID)
		}
		for _, p := range u.Platforms {
			platforms = append(platforms, string(p.OS)+":"+string(p.State))
		}
		if err := sheet.row(u.UserPrincipalName, u.ID, u.Kind, u.Counted, string(u.State), registered, usable, credential, portable,
			strings.Join(audit.Texts(u.Conditions), " "), strings.Join(audit.Texts(u.Steps), " "), strings.Join(blockers, " "), strings.Join(audit.Texts(u.Reasons), " "), strings.Join(u.Missing, " "),
			string(u.Confidence), strings.Join(platforms, " ")); err != nil {
			return err
		}
	}
	return sheet.close()
}

func (s *Sink) passkeys(b *book) error {
	sheet, err := b.sheet("Passkeys", []column{
		{"User principal name", 36}, {"User id", 38}, {"Model", 44}, {"AAGUID", 38}, {"Type", 14}, {"Attestation", 14}, {"Usable", 9},
	})
	if err != nil || s.beside == nil {
		return firstOf(err, sheet.close())
	}
	for k, err := range s.beside.Passkeys {
		if err != nil {
			return err
		}
		if err := sheet.row(k.UserPrincipalName, k.UserID, k.Model, k.AAGUID, k.Type, k.Attestation, k.Usable); err != nil {
			return err
		}
	}
	return sheet.close()
}

func (s *Sink) policies(b *book) error {
	columns := []column{{"Policy", 44}, {"Id", 38}, {"State", 22}, {"Grant", 40}, {"Registration", 12}, {"Blocks", 9}}
	if s.beside == nil || s.beside.Policies == nil {
		sheet, err := b.sheet("Policies", columns)
		return firstOf(err, sheet.close())
	}
	p := s.beside.Policies
	for _, pop := range p.Populations {
		columns = append(columns, column{fmt.Sprintf("%s (%d)", pop.Name, pop.Count), 14})
	}
	sheet, err := b.sheet("Policies", columns)
	if err != nil {
		return err
	}
	for _, policy := range p.Policies {
		row := []any{policy.DisplayName, policy.ID, policy.State, policy.Grant, policy.Registers, policy.Blocks}
		for _, r := range policy.Reach {
			if r.Maybe > 0 {
				row = append(row, fmt.Sprintf("%d to %d", r.Count, r.Count+r.Maybe))
			} else {
				row = append(row, r.Count)
			}
		}
		if err := sheet.row(row...); err != nil {
			return err
		}
	}
	return sheet.close()
}
