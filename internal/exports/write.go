package exports

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Options say what to import and where to.
type Options struct {
	// Sources are files, folders or zip archives.
	Sources []string
	// Dir is the folder of the new snapshot, which must be absent or empty.
	Dir string
	// TenantID is the tenant of the export, if the export does not say it. Objects
	// that name another tenant are not taken.
	TenantID string
	// TakenAt is when the export was made, RFC 3339, if the export does not say it.
	TakenAt string
	// Complete are sections of which the export is known to have all.
	Complete []snapshot.SectionID
	Tool     snapshot.Tool
}

// Result is the account of an import: every file is in From of a section, or in
// Refused, or in both.
type Result struct {
	Tenant    snapshot.Tenant
	TakenAt   string
	TakenFrom string // in words
	Sections  []Section
	Refused   []Refusal // by file
	Files     []string  // every file that was looked at
	// Changes says in words what was normalised.
	Changes []string
}

// Section is what became of one section.
type Section struct {
	ID      snapshot.SectionID
	State   snapshot.State
	Reason  string
	Objects int
	From    []string // files, in the order in which they were read
	// Repeated counts objects that came again with the same content.
	Repeated int
}

// Import reads exports and writes a snapshot of them. A *OptionError says that the
// options are wrong or not enough; nothing is written then.
func Import(ctx context.Context, o Options) (*Result, error) {
	return importWith(ctx, o, defaultLimits())
}

func importWith(ctx context.Context, o Options, l limits) (*Result, error) {
	if o.TenantID != "" && !isGUID(o.TenantID) {
		return nil, optionf("--tenant-id %q is not a GUID", o.TenantID)
	}
	for _, id := range o.Complete {
		if _, ok := snapshot.Spec(id); !ok {
			return nil, optionf("--complete: there is no section %q", id)
		}
	}
	r := newReading(l, o.TenantID)
	if err := r.sources(ctx, o.Sources); err != nil {
		return nil, err
	}
	sections, err := r.decide(o.Complete)
	if err != nil {
		return nil, err
	}
	result := r.account(sections)
	if !slices.ContainsFunc(result.Sections, func(s Section) bool { return s.State.HasRows() }) {
		return result, errNothing
	}
	if result.Tenant.ID, err = r.tenant(); err != nil {
		return nil, err
	}
	if result.TakenAt, result.TakenFrom, err = r.taken(o.TakenAt); err != nil {
		return nil, err
	}
	describeTenant(&result.Tenant, sections[snapshot.Organization])
	if err := write(ctx, o, result, sections); err != nil {
		return nil, err
	}
	return result, nil
}

// account gathers what is to be told.
func (r *reading) account(sections map[snapshot.SectionID]*decided) *Result {
	result := &Result{Files: r.files, Refused: slices.Clone(r.refused)}
	slices.SortStableFunc(result.Refused, func(a, b Refusal) int { return strings.Compare(a.File, b.File) })
	for _, spec := range snapshot.Sections() {
		d := sections[spec.ID]
		result.Sections = append(result.Sections, Section{
			ID: spec.ID, State: d.entry.State, Reason: d.entry.Reason, Objects: len(d.rows), From: d.files, Repeated: d.once,
		})
	}
	for c := range changes {
		if n := r.normaliser.count[c]; n > 0 {
			result.Changes = append(result.Changes, c.phrase(n))
		}
	}
	return result
}

// describeTenant takes name and default domain from the organization object.
func describeTenant(t *snapshot.Tenant, d *decided) {
	if len(d.rows) == 0 {
		return
	}
	var org entra.Organization
	if entra.Decode(d.rows[0], &org) != nil {
		return
	}
	t.DisplayName = org.DisplayName
	for _, v := range org.VerifiedDomains {
		if v.IsDefault {
			t.DefaultDomain = v.Name
		}
	}
}

func write(ctx context.Context, o Options, result *Result, sections map[snapshot.SectionID]*decided) (err error) {
	tool := o.Tool
	w, err := snapshot.Create(o.Dir, snapshot.Manifest{
		Tool: &tool, Tenant: result.Tenant, Scope: snapshot.Scope{Kind: snapshot.ScopeTenant}, TakenAt: result.TakenAt,
	}, snapshot.Zstd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	for _, spec := range snapshot.Sections() {
		if err := ctx.Err(); err != nil {
			return err
		}
		d := sections[spec.ID]
		if !d.entry.State.HasRows() {
			if err := w.Skip(spec.ID, d.entry); err != nil {
				return err
			}
			continue
		}
		sw, err := w.Section(spec.ID)
		if err != nil {
			return err
		}
		if err := sw.Append(d.rows...); err != nil {
			return fmt.Errorf("writing the snapshot: %w", err)
		}
		if err := sw.Finish(d.entry); err != nil {
			return fmt.Errorf("writing the snapshot: %w", err)
		}
	}
	return nil
}
