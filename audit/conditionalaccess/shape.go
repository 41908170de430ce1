package conditionalaccess

import "passkeyaudit/audit/tri"

// DecisionSchema is the value of "schema" in every decision.
const DecisionSchema = "passkeyaudit.decision/v1"

// DecisionShape is a decision as JSON.
type DecisionShape struct {
	Schema   string        `json:"schema"`
	ID       string        `json:"id,omitzero"`
	Verdict  string        `json:"verdict"`
	Policies []PolicyShape `json:"policies"`
	Needs    []string      `json:"needs"`
	// Unknown names scenario members whose value could change the verdict.
	Unknown []string `json:"unknown"`
	// CanMeet says whether the user's own usable methods could meet what is open.
	CanMeet string `json:"canMeet,omitzero"`
	// Missing names sections of the snapshot because of which something is unknown.
	Missing     []string `json:"missing,omitzero"`
	Assumptions []string `json:"assumptions"`
}

// PolicyShape is one policy's part in a decision.
type PolicyShape struct {
	ID          string    `json:"id"`
	DisplayName string    `json:"displayName"`
	State       string    `json:"state"`
	Applies     string    `json:"applies"`
	Because     []string  `json:"because"`
	Satisfied   string    `json:"satisfied,omitzero"`
	Unmet       *[]string `json:"unmet,omitzero"`
	Unknown     []string  `json:"unknown"`
	// Session lists the session controls of a policy that applies or may.
	Session []string `json:"session,omitzero"`
}

// Shape writes a decision for JSON.
func (d *Decision) Shape(id string) DecisionShape {
	out := DecisionShape{
		Schema: DecisionSchema, ID: id, Verdict: d.Verdict.String(),
		Policies: make([]PolicyShape, 0, len(d.Policies)),
		Needs:    append([]string{}, d.Needs...), Unknown: []string{}, Assumptions: []string{},
	}
	for _, m := range d.Unknown {
		out.Unknown = append(out.Unknown, m.String())
	}
	for i := range d.Policies {
		out.Policies = append(out.Policies, d.Policies[i].Shape())
	}
	return out
}

// Shape writes one policy's trace for JSON.
func (t *Trace) Shape() PolicyShape {
	p := PolicyShape{
		ID: t.Policy.ID, DisplayName: t.Policy.Name, State: t.Policy.StateText, Applies: t.Applies.String(),
		Because: []string{}, Unknown: []string{},
	}
	if t.Off {
		p.Because = append(p.Because, "state")
	}
	for _, c := range t.Because {
		p.Because = append(p.Because, c.String())
	}
	if t.Applies == tri.No {
		return p
	}
	unmet := append([]string{}, t.Unmet...)
	p.Satisfied, p.Unmet, p.Session = t.Satisfied.String(), &unmet, t.Policy.Session
	for _, c := range t.Unsure {
		if c == Other {
			p.Unknown = append(p.Unknown, t.Policy.Unmodelled...)
			continue
		}
		p.Unknown = append(p.Unknown, c.String())
	}
	p.Unknown = append(p.Unknown, t.UnknownControls...)
	return p
}
