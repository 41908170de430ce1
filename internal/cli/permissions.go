package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
)

type permissionsOptions struct {
	Checks []string
	Type   string
	Format string
	Output string
}

func newPermissionsCmd(d *Deps) *cobra.Command {
	var o permissionsOptions
	cmd := &cobra.Command{
		Use:   "permissions",
		Short: "List the least Microsoft Graph permissions to grant, why each, and how to grant them",
		Long: `List the least permissions of Microsoft Graph for everything that is collected, or for some checks only: why each is
needed, and what is lost without it. All of them only read. Nothing is sent and nothing is granted: the formats
manifest, az and powershell are for whoever may change the app registration.

  table        for people
  json         the same for programs
  manifest     requiredResourceAccess of the app registration
  az           commands of the Azure CLI
  powershell   commands of Microsoft Graph PowerShell`,
		Example: `  passkeyaudit permissions
  passkeyaudit permissions --type delegated --checks bootstrap,PK-ATT-003
  passkeyaudit permissions --format manifest --output required-access.json
  APP_ID=... sh -c "$(passkeyaudit permissions --format az)"`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runPermissions(d, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.Checks, "checks", nil, "only for these checks: ids, slugs or families, separated by commas (everything that is collected)")
	f.StringVar(&o.Type, "type", "application", "for what: application (an app by itself), delegated (an app for whoever signs in)")
	f.StringVar(&o.Format, "format", "table", "how to write: "+strings.Join(permissionFormats(), ", "))
	f.StringVar(&o.Output, "output", "", "write the result to `FILE` instead of standard output")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("checks", completeChecks))
	complete(cmd, "type", "application", "delegated")
	complete(cmd, "format", permissionFormats()...)
	return cmd
}

func permissionFormats() []string { return []string{"table", "json", "manifest", "az", "powershell"} }

func runPermissions(d *Deps, o permissionsOptions) error {
	if !slices.Contains(permissionFormats(), o.Format) {
		return usagef("--format %q is none of %s", o.Format, strings.Join(permissionFormats(), ", "))
	}
	if o.Type != "application" && o.Type != "delegated" {
		return usagef("--type %q is neither application nor delegated", o.Type)
	}
	p, err := newPermissionPlan(o.Checks, o.Type == "delegated")
	if err != nil {
		return err
	}
	return writeResult(d, o.Output, func(w io.Writer) error {
		switch o.Format {
		case "json":
			return writeIndented(w, p.shape())
		case "manifest":
			return writeIndented(w, p.manifest())
		case "az":
			return p.azureCLI(w)
		case "powershell":
			return p.powerShell(w)
		default:
			return p.text(w, d.IO.Width)
		}
	})
}

func writeIndented(w io.Writer, v any) error {
	raw, err := entra.Encode(v)
	if err != nil {
		return err
	}
	if err := raw.Indent(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", raw)
	return err
}

// permissionPlan is what to grant, and why.
type permissionPlan struct {
	delegated bool
	chosen    []string // the checks asked for; nil for everything
	table     *collect.PermissionTable
	grants    []grantPlan
	roles     []collect.RoleGrant // for delegated permissions
}

// grantPlan is one permission.
type grantPlan struct {
	collect.Grant
	info collect.PermissionInfo
	// unknown are the checks that cannot judge without the permission, lessPrecise
	// those that only say less.
	unknown, lessPrecise []string
}

// newPermissionPlan finds the permissions for some checks, by the names that --checks
// takes; for everything if there are none.
func newPermissionPlan(names []string, delegated bool) (*permissionPlan, error) {
	chosen, err := selectChecks(names)
	if err != nil {
		return nil, err
	}
	p := &permissionPlan{delegated: delegated}
	if p.table, err = collect.Permissions(); err != nil {
		return nil, err
	}
	reads := map[snapshot.SectionID]map[audit.Gap][]string{}
	var ids []snapshot.SectionID
	for _, c := range chosen {
		for id, gap := range c.AllReads() {
			if reads[id] == nil {
				reads[id] = map[audit.Gap][]string{}
				ids = append(ids, id)
			}
			if gap != audit.Refines {
				gap = audit.Either
			}
			reads[id][gap] = append(reads[id][gap], c.ID)
		}
	}
	if len(names) == 0 {
		ids = nil
	} else {
		for _, c := range chosen {
			p.chosen = append(p.chosen, c.ID)
		}
		slices.Sort(p.chosen)
	}
	sections := collect.Reading(ids)
	for _, g := range collect.Least(sections, delegated) {
		plan := grantPlan{Grant: g}
		var known bool
		if plan.info, known = p.table.Find(g.Name); !known {
			return nil, fmt.Errorf("the permission %s has no ids", g.Name)
		}
		for _, s := range g.Sections {
			plan.unknown = append(plan.unknown, reads[s.ID][audit.Either]...)
			plan.lessPrecise = append(plan.lessPrecise, reads[s.ID][audit.Refines]...)
		}
		plan.unknown, plan.lessPrecise = sortedOnce(plan.unknown), sortedOnce(plan.lessPrecise)
		plan.lessPrecise = slices.DeleteFunc(plan.lessPrecise, func(id string) bool { return slices.Contains(plan.unknown, id) })
		p.grants = append(p.grants, plan)
	}
	if delegated {
		p.roles = collect.RolesFor(sections)
	}
	return p, nil
}

func sortedOnce(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// id is that of the app role, or of the scope.
func (p *permissionPlan) id(g grantPlan) string {
	if p.delegated {
		return g.info.Delegated
	}
	return g.info.Application
}

// kind is what app registrations call the two sorts of permissions.
func (p *permissionPlan) kind() string {
	if p.delegated {
		return "Scope"
	}
	return "Role"
}

// what is the sort of permissions and what they are for, in words.
func (p *permissionPlan) what() string {
	text := "application"
	if p.delegated {
		text = "delegated"
	}
	text += " permissions of Microsoft Graph for "
	if p.chosen == nil {
		return text + "everything that is collected"
	}
	return text + strings.Join(p.chosen, ", ")
}

func (p *permissionPlan) text(w io.Writer, width int) error {
	var b strings.Builder
	width = min(max(width, 60), 100)
	say := func(head, text string) {
		for _, line := range report.Wrap(report.Plain(text), width-11) {
			fmt.Fprintf(&b, "  %-8s %s\n", head, line)
			head = ""
		}
	}
	paragraph := func(text string) {
		for _, line := range report.Wrap(text, width) {
			b.WriteString(line + "\n")
		}
	}
	paragraph("The least " + p.what() + ". Each may be left out; it says what is lost.")
	for _, g := range p.grants {
		b.WriteString("\n" + g.Name)
		if g.Optional() {
			b.WriteString(" (optional)")
		}
		b.WriteByte('\n')
		say("for", strings.Join(g.descriptions(), "; "))
		say("without", strings.Join(g.losses(), "; "))
		if len(g.unknown) > 0 {
			say("unknown", strings.Join(g.unknown, ", "))
		}
		if len(g.lessPrecise) > 0 {
			say("vaguer", strings.Join(g.lessPrecise, ", "))
		}
		if licences := g.licences(); len(licences) > 0 {
			say("licence", strings.Join(licences, "; "))
		}
	}
	b.WriteString("\n")
	for i, r := range p.roles {
		switch {
		case len(p.roles) == 1:
			paragraph("Whoever signs in needs a directory role as well; " + r.Role + " is enough.")
		case i == 0:
			paragraph("Whoever signs in needs directory roles as well: " + r.Role + ",")
		default:
			paragraph("and for " + strings.Join(namesOf(r.Sections), ", ") + ": " + r.Role + ".")
		}
	}
	paragraph("unknown: checks that cannot judge without it; vaguer: checks that then say less.")
	paragraph("Source: " + p.table.Source + ", " + p.table.Date + ".")
	_, err := io.WriteString(w, b.String())
	return err
}

func (g grantPlan) descriptions() []string {
	return once(g.Sections, func(s collect.Section) string { return s.Description })
}

func (g grantPlan) losses() []string {
	return once(g.Sections, func(s collect.Section) string { return s.Without })
}

// licences are what a tenant has to have, with the sections that need it.
func (g grantPlan) licences() []string {
	var list []string
	for _, licence := range once(g.Sections, func(s collect.Section) string { return string(s.Licence) }) {
		if licence == "" {
			continue
		}
		var sections []string
		for _, s := range g.Sections {
			if string(s.Licence) == licence {
				sections = append(sections, string(s.ID))
			}
		}
		list = append(list, licence+" for "+strings.Join(sections, ", "))
	}
	return list
}

// once are texts of sections in their order, each one time.
func once(sections []collect.Section, of func(collect.Section) string) []string {
	var list []string
	for _, s := range sections {
		if text := of(s); !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}

func namesOf(sections []collect.Section) []string {
	return once(sections, func(s collect.Section) string { return string(s.ID) })
}
