package catalogue

import (
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
)

// Template is one of Microsoft's Conditional Access templates.
type Template struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Scenarios entra.Flags `json:"scenarios"`
	// Details is the policy the template makes, without id, name and state.
	// Members that are null or empty in the template are left out.
	Details entra.ConditionalAccessPolicy `json:"details"`
	Source  Source                        `json:"-"`
}

// TemplateResistantAdmins asks administrators for phishing-resistant
// authentication. Its list of roles is Microsoft's answer to who an administrator
// is.
const TemplateResistantAdmins = "76c03f19-ea37-4656-a772-a183b4ddb81d"

// TemplateCurrentAdministrator stands in excludeUsers for whoever makes the policy.
const TemplateCurrentAdministrator = "Current administrator will be excluded"

var templates = sync.OnceValue(func() []Template {
	var f struct {
		origin
		Templates []struct {
			Template
			SourceKey string `json:"source"`
		} `json:"templates"`
	}
	read("templates.json", &f)
	list := make([]Template, len(f.Templates))
	for i, t := range f.Templates {
		list[i] = t.Template
		list[i].Source = f.source(t.SourceKey)
	}
	return list
})

// Templates lists them all.
func Templates() []Template { return templates() }

// TemplateOf finds a template by the templateId of a policy; nil if it is not
// known.
func TemplateOf(id string) *Template {
	list := templates()
	for i := range list {
		if strings.EqualFold(list[i].ID, id) {
			return &list[i]
		}
	}
	return nil
}

// IncludeRoles are the role templates a template reaches.
func (t *Template) IncludeRoles() []string {
	if t.Details.Conditions == nil || t.Details.Conditions.Users == nil {
		return nil
	}
	return t.Details.Conditions.Users.IncludeRoles
}
