package bootstrap

import (
	"fmt"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/methods"
)

// Label names an object for people.
func (g *Given) Label(b Blocker) string {
	switch b.Type {
	case PolicyBlocker:
		for _, p := range g.Policies.Policies {
			if p.ID == b.ID && p.Name != "" {
				return fmt.Sprintf("the policy %q", p.Name)
			}
		}
		return "the policy " + b.ID
	case ProfileBlocker:
		if pk := g.Methods.Passkeys; pk != nil {
			for i := range pk.Profiles {
				if strings.EqualFold(pk.Profiles[i].ID, b.ID) {
					return pk.Profiles[i].Label()
				}
			}
		}
		return "the passkey profile " + b.ID
	case PassBlocker:
		return "the policy of Temporary Access Passes"
	case MethodBlocker:
		return "the Passkey (FIDO2) method"
	default:
		if name := g.Policies.Label("authenticationStrength:" + b.ID); !strings.HasPrefix(name, "authenticationStrength:") {
			return fmt.Sprintf("the strength %q", name)
		}
		return "the strength " + b.ID
	}
}

// Labels names some objects in a sentence: "the policy A", "the policy A and the
// profile B".
func (g *Given) Labels(objects []Blocker) string {
	names := make([]string, len(objects))
	for i, b := range objects {
		names[i] = g.Label(b)
	}
	return enumerate(names)
}

func enumerate(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
}

// ChangeText says in words what changing some objects means.
func (g *Given) ChangeText(objects []Blocker) string {
	var parts []string
	for _, b := range objects {
		label := g.Label(b)
		switch b.Type {
		case PolicyBlocker:
			parts = append(parts, label+" no longer applies to them")
		case ProfileBlocker:
			parts = append(parts, label+" admits the passkeys they can have")
		case PassBlocker:
			parts = append(parts, label+" lets them use a pass of either kind")
		case MethodBlocker:
			parts = append(parts, label+" "+g.methodChange())
		default:
			parts = append(parts, label+" admits what they can do")
		}
	}
	return strings.Join(parts, ", and ")
}

// methodChange says how the Passkey (FIDO2) method would have to change: to be on, or
// where it is, to admit something.
func (g *Given) methodChange() string {
	pk := g.Methods.Passkeys
	switch {
	case pk == nil || pk.Enabled != audit.Yes || pk.SelfService != audit.Yes:
		return "is on, with self-service"
	case pk.Mode == methods.Legacy:
		return "admits the passkeys they can have"
	default:
		return "names a profile that exists in the target that reaches them"
	}
}
