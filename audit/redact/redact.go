package redact

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Redactor maps what a tenant names to pseudonyms. The same key gives the same ones. It is
// for one goroutine.
type Redactor struct {
	secret *secret
	// public are ids that stay wherever they stand, in lower case.
	public map[string]bool
	// parts are what device filters look for inside texts, in lower case, the longest first.
	parts []string

	section  snapshot.SectionID
	versions bool // the text is of a member of versions
}

// New makes a Redactor. A key of fewer than LeastKey bytes is an error.
func New(key []byte) (*Redactor, error) {
	s, err := newSecret(key)
	if err != nil {
		return nil, err
	}
	return &Redactor{secret: s, public: map[string]bool{}}, nil
}

// Write writes the pseudonymised copy of a snapshot into a folder, which must be empty or
// absent.
func (r *Redactor) Write(ctx context.Context, from *snapshot.Snapshot, dir string, enc snapshot.Encoding) error {
	if from.Manifest().Pseudonymised {
		return fmt.Errorf("the snapshot is pseudonymised already")
	}
	if err := r.survey(ctx, from); err != nil {
		return err
	}
	w, err := snapshot.Create(dir, r.manifest(from.Manifest()), enc)
	if err != nil {
		return err
	}
	for _, spec := range snapshot.Sections() {
		if err := r.copy(ctx, from, w, spec); err != nil {
			w.Close() //nolint:errcheck // the first error counts
			return err
		}
	}
	return w.Close()
}

// Account maps an object id or user principal name, as settings name accounts.
func (r *Redactor) Account(name string) string { return r.name(name) }

// survey collects ids that stay, and what device filters look for.
func (r *Redactor) survey(ctx context.Context, from *snapshot.Snapshot) error {
	for _, section := range []snapshot.SectionID{
		snapshot.AuthenticationMethodsPolicy, snapshot.AuthenticationStrengths, snapshot.ConditionalAccessPolicies, snapshot.RoleAssignments, snapshot.RoleEligibility,
		snapshot.SubscribedSkus, snapshot.ServicePrincipals, snapshot.AuthenticationMethods,
	} {
		for row, err := range from.Rows(ctx, section) {
			if err != nil {
				return err
			}
			r.collect("", row.Raw)
		}
	}
	slices.SortFunc(r.parts, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	r.parts = slices.Compact(r.parts)
	return nil
}

// collect looks through a value; name is that of the member it stands in.
func (r *Redactor) collect(name string, v entra.Raw) {
	switch v.Kind() {
	case '{':
		for inner, member := range entra.Members(v) {
			r.collect(inner, member)
		}
	case '[':
		for e := range entra.Elements(v) {
			r.collect(name, e)
		}
	case '"':
		var text string
		if entra.Decode(v, &text) != nil {
			return
		}
		switch {
		case classes()[name] == publicID && guidForm.MatchString(text):
			r.public[strings.ToLower(text)] = true
		case name == "rule":
			r.collectParts(text)
		}
	}
}

// collectParts takes the values of operators that look for a part of a text.
func (r *Redactor) collectParts(rule string) {
	for _, m := range quoted.FindAllStringSubmatch(rule, -1) {
		operator := strings.ToLower(m[2])
		if !namesDevices(strings.ToLower(m[1])) || !strings.HasSuffix(operator, "startswith") && !strings.HasSuffix(operator, "contains") && !strings.HasSuffix(operator, "endswith") {
			continue
		}
		for _, l := range literal.FindAllString(m[3], -1) {
			if part := strings.ToLower(l[1 : len(l)-1]); part != "" {
				r.parts = append(r.parts, part)
			}
		}
	}
}

// manifest is that of the copy. What is not needed to judge is left out.
func (r *Redactor) manifest(m snapshot.Manifest) snapshot.Manifest {
	out := snapshot.Manifest{
		Tool: m.Tool, Tenant: snapshot.Tenant{ID: r.name(m.Tenant.ID)}, Cloud: m.Cloud, StartedAt: m.StartedAt, TakenAt: m.TakenAt, Pseudonymised: true,
		Scope: snapshot.Scope{Kind: m.Scope.Kind, IDs: r.names(m.Scope.IDs)},
	}
	if m.Tenant.DisplayName != "" {
		out.Tenant.DisplayName = r.displayName(m.Tenant.DisplayName)
	}
	if m.Tenant.DefaultDomain != "" {
		out.Tenant.DefaultDomain = r.domain(m.Tenant.DefaultDomain)
	}
	return out
}

func (r *Redactor) names(list []string) []string {
	var out []string
	for _, name := range list {
		out = append(out, r.name(name))
	}
	return out
}

// limitedLog is what the request of an audit log has that was read without changes of
// names; verdicts depend on it.
const limitedLog = "loggedByService eq 'Authentication Methods'"

// entry is what the copy's manifest says of a section.
func (r *Redactor) entry(st snapshot.Status) snapshot.SectionEntry {
	out := snapshot.SectionEntry{State: st.State}
	e := st.Entry
	if e == nil {
		// A narrowed scope makes partial of it again.
		if st.State.HasRows() {
			out.State = snapshot.Complete
		}
		return out
	}
	out.State, out.Status, out.Code, out.Needs, out.From, out.To = e.State, e.Status, e.Code, e.Needs, e.From, e.To
	out.StartedAt, out.CompletedAt = e.StartedAt, e.CompletedAt
	out.IncompleteIDs, out.NotFound, out.Total = r.names(e.IncompleteIDs), r.names(e.NotFound), e.Total
	switch e.Reason {
	case "", snapshot.ReasonScope, snapshot.ReasonUnfinished:
		out.Reason = e.Reason
	default:
		out.Reason = r.wording(e.Reason)
	}
	if strings.Contains(e.Request, limitedLog) {
		out.Request = "GET /v1.0/auditLogs/directoryAudits?$filter=" + limitedLog
	}
	return out
}

func (r *Redactor) copy(ctx context.Context, from *snapshot.Snapshot, w *snapshot.Writer, spec snapshot.SectionSpec) error {
	st := from.Status(spec.ID)
	entry := r.entry(st)
	if !entry.State.HasRows() {
		return w.Skip(spec.ID, entry)
	}
	sw, err := w.Section(spec.ID)
	if err != nil {
		return err
	}
	for row, err := range from.Rows(ctx, spec.ID) {
		if err != nil {
			return err
		}
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return fmt.Errorf("section %s, %s, line %d: %w", spec.ID, row.File, row.Line, err)
		}
		if err := sw.Append(r.value(place{section: spec.ID}, row.Raw)); err != nil {
			return err
		}
	}
	return sw.Finish(entry)
}
