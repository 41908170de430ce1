package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

type doctorOptions struct {
	connectOptions
	Checks []string
	Format string
	Output string
	Quiet  bool
}

func newDoctorCmd(d *Deps) *cobra.Command {
	var o doctorOptions
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Try the credential and say what can be read, what will be skipped, and what to grant",
		Long: `Sign in, and ask Microsoft Graph for the first page of everything that is collected. For each section doctor says
whether it works, why not, and the one thing that would help: a permission, a directory role, a licence. Nothing is
kept and nothing is changed; about 25 requests are sent.

Graph calls some missing permissions a missing licence. doctor compares with the licences that the tenant has, so that
nobody buys what is there already.

Exit codes: 0 everything that the licences allow can be read; 2 wrong usage; 3 something will be skipped; 4 no token,
or Graph does not take it.`,
		Example: `  passkeyaudit doctor --tenant-id contoso.onmicrosoft.com --auth azure-cli
  passkeyaudit doctor --checks bootstrap --tenant-id ID --client-id ID --auth device-code
  passkeyaudit doctor --format json --tenant-id ID --client-id ID --auth client-secret`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), d, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.Checks, "checks", nil, "only what these checks read: ids, slugs or families, separated by commas (everything)")
	f.StringVar(&o.Format, "format", "table", "how to write: table, json")
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	f.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress and no hints")
	o.flags(cmd)
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("checks", completeChecks))
	complete(cmd, "format", "table", "json")
	return cmd
}

func runDoctor(ctx context.Context, d *Deps, o doctorOptions) error {
	if !slices.Contains([]string{"table", "json"}, o.Format) {
		return usagef("--format %q is neither table nor json", o.Format)
	}
	if err := o.validate(); err != nil {
		return err
	}
	sections, err := sectionsOf(o.Checks)
	if err != nil {
		return err
	}
	p := newProgress(d.IO, o.Quiet)
	client, err := o.connect(ctx, d, p)
	if err != nil {
		return err
	}
	h, err := collect.Probe(ctx, client, collect.Options{Sections: sections, Optional: sections == nil})
	p.done()
	if err != nil {
		if h != nil && h.Identity.Readable {
			fmt.Fprintf(d.IO.Err, "The token: %s.\n", strings.Join(identityLines(h), "; "))
		}
		return err
	}
	e := examination{Health: h, cloud: o.cloudName(), now: h.Date}
	err = writeResult(d, o.Output, func(w io.Writer) error {
		if o.Format == "json" {
			return writeIndented(w, e.shape())
		}
		return e.text(w, d.IO.Width)
	})
	if err != nil {
		return err
	}
	if len(e.skipped()) > 0 {
		return outcomeError{ExitIncomplete}
	}
	return nil
}

// sectionsOf are the sections that some checks read; nil, which is all, without
// checks.
func sectionsOf(names []string) ([]snapshot.SectionID, error) {
	if len(names) == 0 {
		return nil, nil
	}
	chosen, err := selectChecks(names)
	if err != nil {
		return nil, err
	}
	return sectionsRead(chosen), nil
}

// sectionsRead are the sections that checks read, with what every report names: the
// tenant and its people.
func sectionsRead(chosen []*audit.Check) []snapshot.SectionID {
	ids := []snapshot.SectionID{snapshot.Organization, snapshot.Users}
	for _, c := range chosen {
		for id := range c.AllReads() {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

// examination is what doctor found.
type examination struct {
	*collect.Health
	cloud string
	now   time.Time
}

// skipped are the sections that something could be done about.
func (e examination) skipped() (list []collect.Finding) {
	for _, f := range e.Sections {
		if !f.Works() && f.Entry.State != snapshot.Unlicensed {
			list = append(list, f)
		}
	}
	return list
}

func identityLines(h *collect.Health) []string {
	id := h.Identity
	lines := []string{"signed in with " + string(id.Auth)}
	switch {
	case !id.Readable:
		return append(lines, "the token cannot be taken apart, so what it allows shows by trying only")
	case id.Application:
		lines = append(lines, "as an app by itself, with "+audit.CountPhrase(len(id.Roles), "application permission", "application permissions"))
	default:
		lines = append(lines, "for somebody who signed in, with "+audit.CountPhrase(len(id.Scopes), "delegated permission", "delegated permissions"))
	}
	if id.AppID != "" {
		lines = append(lines, "app "+strings.TrimSpace(id.AppName+" "+id.AppID))
	}
	if id.Audience != "" {
		lines = append(lines, "for "+id.Audience)
	}
	return lines
}

// remedyText says what to do in words.
func remedyText(r collect.Remedy) string {
	switch {
	case r.Permission != "":
		return "grant " + r.Permission
	case r.Role != "":
		return "assign the directory role " + r.Role + " to whoever signs in"
	case r.Licence != "":
		return "needs " + string(r.Licence)
	}
	return ""
}

func (e examination) text(w io.Writer, width int) error {
	var b strings.Builder
	width = min(max(width, 60), 110)
	labelled := func(label, text string) {
		for _, line := range report.Wrap(report.Plain(text), width-10) {
			fmt.Fprintf(&b, "%-9s %s\n", label, line)
			label = ""
		}
	}
	name := e.Tenant.ID
	if e.Tenant.DisplayName != "" {
		name = e.Tenant.DisplayName + " (" + e.Tenant.ID + ")"
	}
	labelled("tenant", name+", cloud "+e.cloud)
	labelled("token", strings.Join(identityLines(e.Health), ", "))
	labelled("licences", e.licenceText())
	if skew := e.Skew.Abs(); !e.Date.IsZero() && skew > 5*time.Minute {
		labelled("clock", fmt.Sprintf("this computer's is %s off Graph's; tokens may be refused for that", skew.Round(time.Minute)))
	}
	b.WriteString("\n")
	column := 0
	for _, f := range e.Sections {
		column = max(column, len(f.Section.ID))
	}
	for _, f := range e.Sections {
		line := fmt.Sprintf("%-12s  %-*s", word(f), column, f.Section.ID)
		if f.Entry.Reason != "" {
			line += "  " + report.Plain(f.Entry.Reason)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if text := remedyText(f.Grant); text != "" {
			b.WriteString(strings.Repeat(" ", 14+column) + "  -> " + text + "\n")
		}
		if !f.Works() {
			b.WriteString(strings.Repeat(" ", 14+column) + "  without it " + f.Section.Without + "\n")
		}
	}
	b.WriteString("\n")
	next := e.next()
	if len(e.skipped()) == 0 && len(next) == 0 {
		b.WriteString("Everything that the tenant's licences allow can be read.\n")
	}
	label := "to do"
	for _, text := range next {
		labelled(label, text)
		label = ""
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// word is the state of a section as doctor puts it: nothing is collected here.
func word(f collect.Finding) string {
	if f.Works() {
		return "works"
	}
	return string(f.Entry.State)
}

func (e examination) licenceText() string {
	var parts []string
	for _, l := range []collect.Licence{collect.EntraP1, collect.EntraP2, collect.Intune} {
		has, known := e.Licences[l]
		switch {
		case !known:
			parts = append(parts, string(l)+" unknown")
		case has:
			parts = append(parts, string(l))
		default:
			parts = append(parts, "no "+string(l))
		}
	}
	return strings.Join(parts, ", ")
}

// next lists what to do, each thing once, with the sections it is for.
func (e examination) next() []string {
	var texts []string
	var order []collect.Remedy
	sections := map[collect.Remedy][]string{}
	for _, f := range e.Sections {
		if f.Grant == (collect.Remedy{}) || f.Grant.Licence != "" {
			continue
		}
		if sections[f.Grant] == nil {
			order = append(order, f.Grant)
		}
		sections[f.Grant] = append(sections[f.Grant], string(f.Section.ID))
	}
	for _, r := range order {
		texts = append(texts, remedyText(r)+" (for "+strings.Join(sections[r], ", ")+")")
	}
	if slices.ContainsFunc(order, func(r collect.Remedy) bool { return r.Permission != "" }) {
		texts = append(texts, "'passkeyaudit permissions --format az' writes the commands; new permissions come with a new token")
	}
	return texts
}

// doctorSchema is the value of "schema" in the JSON form.
const doctorSchema = "passkeyaudit.doctor/v1"

type doctorShape struct {
	Schema     string               `json:"schema"`
	Cloud      string               `json:"cloud"`
	Tenant     snapshot.Tenant      `json:"tenant"`
	Credential credentialShape      `json:"credential"`
	Licences   map[string]string    `json:"licences"` // yes, no, unknown
	GraphTime  string               `json:"graphTime,omitzero"`
	ClockSkew  *int                 `json:"clockSkewSeconds,omitzero"`
	Sections   []doctorSectionShape `json:"sections"`
	Next       []string             `json:"next"`
}

type credentialShape struct {
	Auth           string   `json:"auth"`
	Kind           string   `json:"kind"` // application, delegated, unknown
	TenantID       string   `json:"tenantId,omitzero"`
	AppID          string   `json:"appId,omitzero"`
	Audience       string   `json:"audience,omitzero"`
	Permissions    []string `json:"permissions,omitzero"`
	DirectoryRoles []string `json:"directoryRoles,omitzero"` // template ids
	ExpiresAt      string   `json:"expiresAt,omitzero"`
}

type doctorSectionShape struct {
	Section string      `json:"section"`
	Works   bool        `json:"works"`
	State   string      `json:"state"`
	Reason  string      `json:"reason,omitzero"`
	Status  int         `json:"status,omitzero"`
	Code    string      `json:"code,omitzero"`
	Grant   *grantShape `json:"grant,omitzero"`
	Without string      `json:"without,omitzero"`
}

type grantShape struct {
	Permission string `json:"permission,omitzero"`
	Role       string `json:"role,omitzero"`
	Licence    string `json:"licence,omitzero"`
}

func (e examination) shape() doctorShape {
	id := e.Identity
	out := doctorShape{
		Schema: doctorSchema, Cloud: e.cloud, Tenant: e.Tenant, Licences: map[string]string{},
		Credential: credentialShape{Auth: string(id.Auth), Kind: "unknown", TenantID: id.TenantID, AppID: id.AppID, Audience: id.Audience, DirectoryRoles: id.DirectoryRoles},
		Next:       append([]string{}, e.next()...),
	}
	if id.Readable {
		out.Credential.Kind = "delegated"
		if id.Application {
			out.Credential.Kind = "application"
		}
		out.Credential.Permissions = slices.Sorted(slices.Values(id.Permissions()))
	}
	if !id.Expires.IsZero() {
		out.Credential.ExpiresAt = id.Expires.Format(time.RFC3339)
	}
	for _, l := range []collect.Licence{collect.EntraP1, collect.EntraP2, collect.Intune} {
		text := "unknown"
		if has, known := e.Licences[l]; known {
			text = map[bool]string{true: "yes", false: "no"}[has]
		}
		out.Licences[string(l)] = text
	}
	if !e.Date.IsZero() {
		out.GraphTime = e.Date.UTC().Format(time.RFC3339)
		skew := int(e.Skew.Seconds())
		out.ClockSkew = &skew
	}
	for _, f := range e.Sections {
		s := doctorSectionShape{Section: string(f.Section.ID), Works: f.Works(), State: word(f), Reason: f.Entry.Reason, Status: f.Entry.Status, Code: f.Entry.Code}
		if !f.Works() {
			s.Without = f.Section.Without
		}
		if f.Grant != (collect.Remedy{}) {
			s.Grant = &grantShape{f.Grant.Permission, f.Grant.Role, string(f.Grant.Licence)}
		}
		out.Sections = append(out.Sections, s)
	}
	return out
}
