package change

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// policyMembers are those of conditionalAccessPolicy. Source: CSDL (Graph v1.0
// metadata, 2026-08).
var policyMembers = []string{
	"id", "displayName", "description", "state", "conditions", "grantControls", "sessionControls", "templateId",
	"createdDateTime", "modifiedDateTime", "deletedDateTime", "partialEnablementStrategy",
}

// policies adds a policy.
func (e *editor) policies(r Request, _ []string) (string, error) {
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	return e.addPolicy(r.Body)
}

func (e *editor) addPolicy(body entra.Raw) (string, error) {
	o := parseObject(body)
	if o.text("id") == "" {
		o.delete("id")
		o.names, o.values = slices.Insert(o.names, 0, "id"), slices.Insert(o.values, 0, entra.MustEncode(e.newID(body)))
	}
	if old, err := e.row(snapshot.ConditionalAccessPolicies, o.text("id")); err != nil || old != nil {
		return "", orErr(err, fmt.Errorf("there is a policy with the id %s already; PATCH changes it", o.text("id")))
	}
	p, err := e.wholePolicyRow(o.text("id"), o.raw(), nil)
	if err != nil {
		return "", err
	}
	return "add " + label("the policy", p.DisplayName, p.ID) + stateText(p.State), nil
}

// wholePolicy replaces the policy with an id, or adds one.
func (e *editor) wholePolicy(r Request) (string, error) {
	o := parseObject(r.Body)
	old, err := e.row(snapshot.ConditionalAccessPolicies, o.text("id"))
	if err != nil {
		return "", err
	}
	if o.text("id") == "" || old == nil {
		return e.addPolicy(r.Body)
	}
	p, err := e.wholePolicyRow(o.text("id"), r.Body, old)
	if err != nil {
		return "", err
	}
	return "replace " + label("the policy", p.DisplayName, p.ID) + stateText(p.State), nil
}

// policy changes or deletes one.
func (e *editor) policy(r Request, ids []string) (string, error) {
	old, err := e.row(snapshot.ConditionalAccessPolicies, ids[0])
	if err != nil {
		return "", err
	}
	if old == nil {
		return "", fmt.Errorf("the snapshot has no Conditional Access policy %s", ids[0])
	}
	name := label("the policy", entra.Text(old, "/displayName"), ids[0])
	switch r.Method {
	case "DELETE":
		return "delete " + name, e.put(snapshot.ConditionalAccessPolicies, ids[0])
	case "PATCH":
		body, err := bindStrength(r.Body)
		if err != nil {
			return "", err
		}
		if err := allowed(body, policyMembers...); err != nil {
			return "", err
		}
		m := merger{whole: []string{"grantControls.authenticationStrength"}, documented: []string{"conditions"}}
		p, err := e.putPolicy(ids[0], m.patch(old, body, ""))
		if err != nil {
			return "", err
		}
		e.noteKept(m.kept)
		was, now := entra.Text(old, "/state"), p.State
		if was != now {
			return "change " + name + ": " + stateWord(was) + " → " + stateWord(now), nil
		}
		return "change " + name + ": " + strings.Join(parseObject(r.Body).names, ", "), nil
	case "PUT":
		o := parseObject(r.Body)
		o.set("id", entra.MustEncode(entra.Text(old, "/id")))
		_, err := e.wholePolicyRow(ids[0], o.raw(), old)
		return "replace " + name, err
	}
	return "", unsupported(r)
}

func (e *editor) noteKept(paths []string) {
	if len(paths) > 0 {
		e.note("says nothing of %s; taken as kept, as OData has it. Send the object whole to be sure", strings.Join(paths, ", "))
	}
}

// wholePolicyRow stores a policy in the place of another one, or of none.
func (e *editor) wholePolicyRow(id string, raw, old entra.Raw) (*entra.ConditionalAccessPolicy, error) {
	raw, err := bindStrength(raw)
	if err != nil {
		return nil, err
	}
	if err := allowedBeside(raw, old, policyMembers...); err != nil {
		return nil, err
	}
	return e.putPolicy(id, raw)
}

// putPolicy checks a policy and stores it.
func (e *editor) putPolicy(id string, raw entra.Raw) (*entra.ConditionalAccessPolicy, error) {
	p, err := checked[entra.ConditionalAccessPolicy](raw)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(p.ID, id) {
		return nil, fmt.Errorf("its id cannot become %q", p.ID)
	}
	if !slices.Contains([]string{"enabled", "disabled", "enabledForReportingButNotEnforced"}, p.State) {
		return nil, fmt.Errorf("the state %q is none of enabled, disabled, enabledForReportingButNotEnforced", p.State)
	}
	if c := p.Conditions; c == nil || c.Users == nil && len(c.ClientApplications) == 0 || c.Applications == nil {
		return nil, fmt.Errorf("a policy needs conditions with users and applications")
	}
	if err := e.put(snapshot.ConditionalAccessPolicies, id, raw); err != nil {
		return nil, err
	}
	e.policyNames(p)
	return p, nil
}

// bindStrength makes a link to a strength the strength itself, as Graph answers it.
func bindStrength(body entra.Raw) (entra.Raw, error) {
	const bind = "authenticationStrength@odata.bind"
	o := parseObject(body)
	grant := parseObject(o.get("grantControls"))
	if grant.at(bind) < 0 {
		return body, nil
	}
	id := link(grant.text(bind))
	if id == "" {
		return nil, fmt.Errorf("%s is no link to a strength", bind)
	}
	grant.delete(bind)
	strength := object{}
	strength.set("id", entra.MustEncode(id))
	grant.set("authenticationStrength", strength.raw())
	o.set("grantControls", grant.raw())
	return o.raw(), nil
}

func stateWord(state string) string {
	switch state {
	case "enabled":
		return "on"
	case "disabled":
		return "off"
	case "enabledForReportingButNotEnforced":
		return "report-only"
	default:
		return state
	}
}

func stateText(state string) string { return ", " + stateWord(state) }

func orErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
