package access

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/snapshot"
)

// Definition is the i-th policy as Graph gave it. It is shared and must not be
// changed.
func (c *Compiled) Definition(i int) *entra.ConditionalAccessPolicy { return &c.policies[i] }

// PolicyLabel names the i-th policy for people.
func (c *Compiled) PolicyLabel(i int) string {
	if name := c.policies[i].DisplayName; name != "" {
		return fmt.Sprintf("%q", name)
	}
	return "the policy " + c.policies[i].ID
}

// PolicyLabels names some policies by their ids, in their order in the tenant.
func (c *Compiled) PolicyLabels(ids []string) []string {
	var list []string
	for i := range c.policies {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, c.policies[i].ID) }) {
			list = append(list, c.PolicyLabel(i))
		}
	}
	return list
}

// StrengthDemand is a strength with the enforced policies that let nobody through
// without it.
type StrengthDemand struct {
	conditionalaccess.Control
	// Policies are positions in the compiled set.
	Policies []int
	// Definition is the strength as the tenant defines it; nil where it was not read.
	Definition *entra.AuthenticationStrengthPolicy
}

// Label names the strength for people.
func (d *StrengthDemand) Label() string {
	if name := d.name(); name != "" {
		return fmt.Sprintf("the strength %q", name)
	}
	return "the strength " + d.StrengthID()
}

// Subject names the strength as the subject of a finding.
func (d *StrengthDemand) Subject() audit.Subject {
	return audit.Subject{Type: audit.SubjectPolicy, ID: d.StrengthID(), Name: d.name()}
}

func (d *StrengthDemand) name() string {
	if d.Definition != nil && d.Definition.DisplayName != "" {
		return d.Definition.DisplayName
	}
	for _, s := range catalogue.BuiltInStrengths() {
		if strings.EqualFold(s.ID, d.StrengthID()) {
			return s.DisplayName
		}
	}
	return ""
}

// StrengthDemands lists the strengths that enforced policies demand, in the order of
// the policies. A strength that another control may stand in for is not demanded.
func (c *Compiled) StrengthDemands() []StrengthDemand {
	var list []StrengthDemand
	for i, p := range c.Policies {
		if p.State != conditionalaccess.Enabled {
			continue
		}
		for _, control := range p.Controls() {
			if control.Kind() != conditionalaccess.StrengthControl || !p.Requires(control) {
				continue
			}
			j := slices.IndexFunc(list, func(d StrengthDemand) bool { return strings.EqualFold(d.StrengthID(), control.StrengthID()) })
			if j < 0 {
				j = len(list)
				list = append(list, StrengthDemand{Control: control, Definition: c.strength(control.StrengthID())})
			}
			list[j].Policies = append(list[j].Policies, i)
		}
	}
	return list
}

func (c *Compiled) strength(id string) *entra.AuthenticationStrengthPolicy {
	for i := range c.tenant.Strengths {
		if strings.EqualFold(c.tenant.Strengths[i].ID, id) {
			return &c.tenant.Strengths[i]
		}
	}
	return nil
}

// GrantPointer leads to what a policy asks for: its strength, or its other controls.
func GrantPointer(p *entra.ConditionalAccessPolicy) string {
	switch g := p.GrantControls; {
	case g == nil:
		return "/grantControls"
	case g.AuthenticationStrength != nil:
		return "/grantControls/authenticationStrength/id"
	default:
		return "/grantControls/builtInControls"
	}
}

// QuotePolicies quotes some policies of the compiled set, one member of each. The
// caller declares the section.
func (c *Compiled) QuotePolicies(ctx context.Context, p *audit.Pass, policies []int, pointer func(*entra.ConditionalAccessPolicy) string, means string) ([]audit.Evidence, error) {
	ids := make([]string, len(policies))
	for j, i := range policies {
		ids[j] = c.policies[i].ID
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.ConditionalAccessPolicies, ids)
	if err != nil {
		return nil, err
	}
	var list []audit.Evidence
	for j, i := range policies {
		if row, found := rows[ids[j]]; found {
			list = append(list, audit.Quote(snapshot.ConditionalAccessPolicies, row.Key, row.Raw, pointer(&c.policies[i]), means))
		}
	}
	return list, nil
}

// QuoteModels quotes the AAGUIDs to which a strength limits passkeys; of a strength
// without such a limit, its combinations. The caller declares the section.
func (d *StrengthDemand) QuoteModels(ctx context.Context, p *audit.Pass, means string) ([]audit.Evidence, error) {
	if d.Definition == nil {
		return nil, nil
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.AuthenticationStrengths, []string{d.Definition.ID})
	if err != nil {
		return nil, err
	}
	row, found := rows[d.Definition.ID]
	if !found {
		return nil, nil
	}
	var list []audit.Evidence
	for i, cfg := range d.Definition.CombinationConfigurations {
		if len(cfg.AllowedAAGUIDs) > 0 {
			list = append(list, audit.Quote(snapshot.AuthenticationStrengths, row.Key, row.Raw, entra.Pointer("combinationConfigurations", i, "allowedAAGUIDs"), means))
		}
	}
	if len(list) == 0 {
		list = append(list, audit.Quote(snapshot.AuthenticationStrengths, row.Key, row.Raw, "/allowedCombinations", means))
	}
	return list, nil
}

// Models are the AAGUIDs to which the strength limits passkeys, in lower case; nil
// where it does not. A strength may be met by a passkey of one of them, unless it
// lists more than one limit: then Control.Met tells.
func (d *StrengthDemand) Models() []string {
	if d.Definition == nil {
		return nil
	}
	var list []string
	for _, cfg := range d.Definition.CombinationConfigurations {
		for _, a := range cfg.AllowedAAGUIDs {
			list = append(list, strings.ToLower(a))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Passkeys tells whether the strength names passkeys at all.
func (d *StrengthDemand) Passkeys() bool {
	return d.Definition == nil || slices.ContainsFunc(d.Definition.AllowedCombinations, func(text string) bool {
		return slices.ContainsFunc(entra.Flags(text).Members(), func(m string) bool { return strings.EqualFold(m, "fido2") })
	})
}

// Reached are the accounts that the user assignment of some policies reaches.
func (c *Compiled) Reached(policies []int) audit.Partly {
	var who audit.Partly
	for _, i := range policies {
		who = who.Or(c.Reach[i])
	}
	return who
}

// LacksReach notes that it is not known whether a policy reaches some accounts, a
// phrase for whose number is given.
func LacksReach(p *audit.Pass, unsure audit.Set, what string, unit func(int) string) {
	if !unsure.Empty() {
		p.Lacks(snapshot.GroupMembers, audit.Hides, fmt.Sprintf("whether %s reaches %s is not known", what, unit(unsure.Count())))
	}
}

// LacksStates notes that policies are in a state that is not known, and may be
// enforced.
func (c *Compiled) LacksStates(p *audit.Pass) {
	n := 0
	for _, pol := range c.Policies {
		if pol.State == conditionalaccess.StateUnknown {
			n++
		}
	}
	if n > 0 {
		p.Lacks(snapshot.ConditionalAccessPolicies, audit.Hides, audit.CountPhrase(n, "policy is", "policies are")+" in a state that is not known")
	}
}

// Positions finds policies by their ids, in their order in the tenant.
func (c *Compiled) Positions(ids []string) []int {
	var list []int
	for i := range c.policies {
		if slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, c.policies[i].ID) }) {
			list = append(list, i)
		}
	}
	return list
}
