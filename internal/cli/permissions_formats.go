package cli

import (
	"fmt"
	"io"
	"strings"
)

// permissionsSchema is the value of "schema" in the JSON form.
const permissionsSchema = "passkeyaudit.permissions/v1"

// permissionsShape is the plan as JSON.
type permissionsShape struct {
	Schema        string            `json:"schema"`
	Type          string            `json:"type"`
	Checks        []string          `json:"checks,omitzero"` // absent: everything that is collected
	ResourceAppID string            `json:"resourceAppId"`
	Source        string            `json:"source"`
	Date          string            `json:"date"`
	Permissions   []permissionShape `json:"permissions"`
	// Roles are directory roles that a person needs beside delegated permissions.
	Roles []roleShape `json:"roles,omitzero"`
}

type permissionShape struct {
	Name         string         `json:"name"`
	ID           string         `json:"id"`
	AdminConsent bool           `json:"adminConsent"`
	Optional     bool           `json:"optional"`
	Sections     []sectionShape `json:"sections"`
	Unknown      []string       `json:"unknownWithout"`
	LessPrecise  []string       `json:"lessPreciseWithout"`
}

type sectionShape struct {
	Section  string `json:"section"`
	For      string `json:"for"`
	Without  string `json:"without"`
	Licence  string `json:"licence,omitzero"`
	Optional bool   `json:"optional"`
}

type roleShape struct {
	Role     string   `json:"role"`
	Sections []string `json:"sections"`
}

func (p *permissionPlan) shape() permissionsShape {
	out := permissionsShape{
		Schema: permissionsSchema, Type: "application", Checks: p.chosen,
		ResourceAppID: p.table.ResourceAppID, Source: p.table.Source, Date: p.table.Date,
	}
	if p.delegated {
		out.Type = "delegated"
	}
	for _, g := range p.grants {
		shape := permissionShape{
			Name: g.Name, ID: p.id(g), AdminConsent: !p.delegated || g.info.AdminConsent, Optional: g.Optional(),
			Unknown: append([]string{}, g.unknown...), LessPrecise: append([]string{}, g.lessPrecise...),
		}
		for _, s := range g.Sections {
			shape.Sections = append(shape.Sections, sectionShape{
				Section: string(s.ID), For: s.Description, Without: s.Without, Licence: string(s.Licence), Optional: s.Optional,
			})
		}
		out.Permissions = append(out.Permissions, shape)
	}
	for _, r := range p.roles {
		out.Roles = append(out.Roles, roleShape{r.Role, namesOf(r.Sections)})
	}
	return out
}

// manifestShape is the member of an app registration that says what it asks for, as
// Graph's application object has it.
type manifestShape struct {
	RequiredResourceAccess []resourceShape `json:"requiredResourceAccess"`
}

type resourceShape struct {
	ResourceAppID  string        `json:"resourceAppId"`
	ResourceAccess []accessShape `json:"resourceAccess"`
}

type accessShape struct {
	ID   string `json:"id"`
	Type string `json:"type"` // Role, Scope
}

func (p *permissionPlan) manifest() manifestShape {
	r := resourceShape{ResourceAppID: p.table.ResourceAppID, ResourceAccess: []accessShape{}}
	for _, g := range p.grants {
		r.ResourceAccess = append(r.ResourceAccess, accessShape{p.id(g), p.kind()})
	}
	return manifestShape{[]resourceShape{r}}
}

// comments says in a script what it grants and why.
func (p *permissionPlan) comments(b *strings.Builder) {
	fmt.Fprintf(b, "# The least %s:\n", p.what())
	for _, g := range p.grants {
		optional := ""
		if g.Optional() {
			optional = " (optional)"
		}
		fmt.Fprintf(b, "#   %s  %s%s\n", p.id(g), g.Name, optional)
	}
}

// azureCLI writes commands for a POSIX shell in which APP_ID is set.
func (p *permissionPlan) azureCLI(w io.Writer) error {
	var b strings.Builder
	p.comments(&b)
	fmt.Fprintf(&b, "az ad app permission add --id \"${APP_ID:?set APP_ID to the id of the app}\" --api %s --api-permissions", p.table.ResourceAppID)
	for _, g := range p.grants {
		fmt.Fprintf(&b, " \\\n  %s=%s", p.id(g), p.kind())
	}
	b.WriteString("\naz ad app permission admin-consent --id \"$APP_ID\"\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// powerShell writes commands of Microsoft Graph PowerShell in which $AppId is set.
func (p *permissionPlan) powerShell(w io.Writer) error {
	var b strings.Builder
	p.comments(&b)
	consent := "AppRoleAssignment.ReadWrite.All"
	if p.delegated {
		consent = "DelegatedPermissionGrant.ReadWrite.All"
	}
	fmt.Fprintf(&b, `# Set $AppId to the app's id first. What the app asked for of Microsoft Graph before is replaced.
Connect-MgGraph -Scopes 'Application.ReadWrite.All', '%s'
$app = Get-MgApplication -Filter "appId eq '$AppId'"
$graph = '%s'
$access = @(
`, consent, p.table.ResourceAppID)
	for _, g := range p.grants {
		fmt.Fprintf(&b, "  @{ Id = '%s'; Type = '%s' }  # %s\n", p.id(g), p.kind(), g.Name)
	}
	b.WriteString(`)
$others = @($app.RequiredResourceAccess | Where-Object ResourceAppId -ne $graph)
Update-MgApplication -ApplicationId $app.Id -RequiredResourceAccess ($others + @{ ResourceAppId = $graph; ResourceAccess = $access })

# The consent of an administrator:
$client = Get-MgServicePrincipal -Filter "appId eq '$AppId'"
$resource = Get-MgServicePrincipal -Filter "appId eq '$graph'"
`)
	if p.delegated {
		var names []string
		for _, g := range p.grants {
			names = append(names, g.Name)
		}
		fmt.Fprintf(&b, "New-MgOauth2PermissionGrant -ClientId $client.Id -ResourceId $resource.Id -ConsentType AllPrincipals `\n  -Scope '%s'\n", strings.Join(names, " "))
	} else {
		b.WriteString("$access | ForEach-Object {\n  New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $client.Id -PrincipalId $client.Id -ResourceId $resource.Id -AppRoleId $_.Id\n}\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// pageTable is the table of permissions for the page on registering the app.
func (p *permissionPlan) pageTable() string {
	var b strings.Builder
	b.WriteString("| permission | for | without it |\n|---|---|---|\n")
	for _, g := range p.grants {
		optional := ""
		if g.Optional() {
			optional = " (optional)"
		}
		reasons := strings.Join(g.descriptions(), "; ")
		if licences := g.licences(); len(licences) > 0 {
			reasons += " (needs " + strings.Join(licences, "; ") + ")"
		}
		fmt.Fprintf(&b, "| `%s`%s | %s | %s |\n", g.Name, optional, reasons, strings.Join(g.losses(), "; "))
	}
	return b.String()
}
