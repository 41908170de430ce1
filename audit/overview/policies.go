package overview

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/readiness"
)

// Policies is Conditional Access policies against populations: which policy's user
// assignment reaches how many of whom. Other conditions of a policy play no part.
type Policies struct {
	Populations []Population `json:"populations"`
	Policies    []Policy     `json:"policies"`
}

// Population is accounts that are looked at together.
type Population struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Policy is one policy.
type Policy struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	State       string `json:"state"`
	// Grant is its grant controls for people, alternatives joined by "or"; empty where
	// it has none.
	Grant string `json:"grant"`
	// Registers: it names the registration of security information.
	Registers bool `json:"registers"`
	// Blocks counts the trapped people in whose way it stands, alone or with others.
	Blocks int `json:"blocks"`
	// Reach is whom it reaches, in the order of the populations.
	Reach []Reach `json:"reach"`
}

// Reach is how many members of a population a policy reaches certainly, and how many
// it may.
type Reach struct {
	Count int `json:"count"`
	Maybe int `json:"maybe,omitzero"`
}

// Names of populations, as JSON has them. Those of states are "state:" and the state.
const (
	People         = "people"
	Administrators = "administrators"
	Guests         = "guests"
	Emergency      = "emergencyAccounts"
	Others         = "otherAccounts"
)

func policies(ctx context.Context, run *audit.Run, r *readiness.Report) (*Policies, error) {
	compiled, err := audit.Evaluate(ctx, run, access.Policies)
	if err != nil {
		return nil, err
	}
	admins, err := audit.Evaluate(ctx, run, privilege.Privileged)
	if err != nil {
		return nil, err
	}
	dir := r.Directory
	emergency := dir.OfKind(population.Emergency).And(dir.Enabled)
	type column struct {
		name string
		set  audit.Set
	}
	columns := []column{
		{People, dir.People}, {Administrators, admins.Accounts.Yes.And(dir.Enabled)}, {Guests, dir.Guests.And(dir.Enabled)},
		{Emergency, emergency}, {Others, dir.Enabled.Minus(dir.People).Minus(dir.Guests).Minus(emergency)},
	}
	for _, state := range bootstrap.States {
		columns = append(columns, column{"state:" + string(state), r.People(state)})
	}
	blocks := r.Blocks()
	out := &Policies{Populations: []Population{}, Policies: []Policy{}}
	for _, c := range columns {
		out.Populations = append(out.Populations, Population{c.name, c.set.Count()})
	}
	for i, p := range compiled.Policies {
		row := Policy{ID: p.ID, DisplayName: p.Name, State: p.StateText, Grant: grant(compiled, i),
			Registers: p.OnAction(conditionalaccess.RegisterSecurityInfo), Blocks: blocks[bootstrap.Blocker{Type: bootstrap.PolicyBlocker, ID: p.ID}], Reach: []Reach{}}
		for _, c := range columns {
			within := compiled.Reach[i].Within(c.set)
			row.Reach = append(row.Reach, Reach{within.Yes.Count(), within.Maybe.Count()})
		}
		out.Policies = append(out.Policies, row)
	}
	return out, nil
}

// grant says what a policy asks for, in words.
func grant(c *access.Compiled, i int) string {
	var labels []string
	for _, control := range c.Policies[i].Controls() {
		labels = append(labels, c.Label(control.Name()))
	}
	word := " and "
	if d := c.Definition(i); d.GrantControls != nil && strings.EqualFold(d.GrantControls.Operator, "OR") {
		word = " or "
	}
	return strings.Join(labels, word)
}
