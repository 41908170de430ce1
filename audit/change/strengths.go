package change

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

var (
	// Members of authenticationStrengthPolicy and of combination configurations.
	// Source: CSDL (Graph v1.0 metadata, 2026-08).
	strengthMembers = []string{
		"@odata.type", "id", "displayName", "description", "policyType", "requirementsSatisfied", "allowedCombinations",
		"combinationConfigurations", "createdDateTime", "modifiedDateTime",
	}
	configurationMembers = []string{"@odata.type", "id", "appliesToCombinations", "allowedAAGUIDs", "allowedIssuerSkis", "allowedPolicyOIDs", "allowedIssuers"}
)

func (e *editor) strengths(r Request, _ []string) (string, error) {
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	return e.wholeStrength(r)
}

func (e *editor) wholeStrength(r Request) (string, error) {
	o := parseObject(r.Body)
	old, err := e.row(snapshot.AuthenticationStrengths, o.text("id"))
	if err != nil {
		return "", err
	}
	verb := "replace "
	if o.text("id") == "" || old == nil {
		verb = "add "
	}
	if o.text("id") == "" {
		o.set("id", entra.MustEncode(e.newID(r.Body)))
	}
	if err := allowedBeside(r.Body, old, strengthMembers...); err != nil {
		return "", err
	}
	return verb + label("the strength", o.text("displayName"), o.text("id")), e.putStrength(o.text("id"), o.raw())
}

func (e *editor) strength(r Request, ids []string) (string, error) {
	old, name, err := e.oldStrength(ids[0])
	if err != nil {
		return "", err
	}
	switch r.Method {
	case "PATCH":
		// Combinations change through an action of their own: Update
		// authenticationStrengthPolicy (v1.0).
		if err := allowed(r.Body, "id", "displayName", "description"); err != nil {
			return "", fmt.Errorf("%w; combinations change by POST …/updateAllowedCombinations and …/combinationConfigurations", err)
		}
		var m merger
		return "change " + name + ": " + strings.Join(parseObject(r.Body).names, ", "), e.putStrength(ids[0], m.patch(old, r.Body, ""))
	case "PUT":
		if err := allowedBeside(r.Body, old, strengthMembers...); err != nil {
			return "", err
		}
		o := parseObject(r.Body)
		o.set("id", entra.MustEncode(entra.Text(old, "/id")))
		return "replace " + name, e.putStrength(ids[0], o.raw())
	case "DELETE":
		return "delete " + name, e.deleteUnnamed(snapshot.AuthenticationStrengths, ids[0])
	}
	return "", unsupported(r)
}

func (e *editor) oldStrength(id string) (raw entra.Raw, name string, err error) {
	if slices.Contains(words[strengthReference], strings.ToLower(id)) {
		return nil, "", fmt.Errorf("a built-in strength cannot be changed")
	}
	if raw, err = e.row(snapshot.AuthenticationStrengths, id); err != nil {
		return nil, "", err
	}
	if raw == nil {
		return nil, "", fmt.Errorf("the snapshot has no authentication strength %s", id)
	}
	return raw, label("the strength", entra.Text(raw, "/displayName"), id), nil
}

// combinations is the action updateAllowedCombinations.
func (e *editor) combinations(r Request, ids []string) (string, error) {
	old, name, err := e.oldStrength(ids[0])
	if err != nil {
		return "", err
	}
	list := parseObject(r.Body).get("allowedCombinations")
	switch {
	case r.Method != "POST":
		return "", unsupported(r)
	case list.Kind() != '[' || !says(list):
		return "", fmt.Errorf(`the body needs a list "allowedCombinations" that is not empty`)
	}
	if err := allowed(r.Body, "allowedCombinations"); err != nil {
		return "", err
	}
	o := parseObject(old)
	o.set("allowedCombinations", list)
	return "change " + name + ": allows " + strings.Join(texts(list), "; "), e.putStrength(ids[0], o.raw())
}

// configurations adds a configuration of combinations.
func (e *editor) configurations(r Request, ids []string) (string, error) {
	old, name, err := e.oldStrength(ids[0])
	if err != nil {
		return "", err
	}
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	if err := allowed(r.Body, configurationMembers...); err != nil {
		return "", err
	}
	c := parseObject(r.Body)
	if c.text("id") == "" {
		c.set("id", entra.MustEncode(e.newID(r.Body)))
	}
	o := parseObject(old)
	o.set("combinationConfigurations", listOf(append(elements(o.get("combinationConfigurations")), c.raw())))
	return "change " + name + ": " + describeConfiguration(c), e.putStrength(ids[0], o.raw())
}

// configuration changes or deletes one.
func (e *editor) configuration(r Request, ids []string) (string, error) {
	old, name, err := e.oldStrength(ids[0])
	if err != nil {
		return "", err
	}
	o := parseObject(old)
	list := elements(o.get("combinationConfigurations"))
	i := find(list, ids[1])
	if i < 0 {
		return "", fmt.Errorf("%s has no combination configuration %s", name, ids[1])
	}
	what := "takes a limit of its combinations away"
	switch r.Method {
	case "PATCH":
		if err := allowedBeside(r.Body, list[i], configurationMembers...); err != nil {
			return "", err
		}
		var m merger
		list[i] = m.patch(list[i], r.Body, "")
		what = describeConfiguration(parseObject(list[i]))
	case "DELETE":
		list = slices.Delete(list, i, i+1)
	default:
		return "", unsupported(r)
	}
	o.set("combinationConfigurations", listOf(list))
	return "change " + name + ": " + what, e.putStrength(ids[0], o.raw())
}

func describeConfiguration(c *object) string {
	if list := texts(c.get("allowedAAGUIDs")); len(list) > 0 {
		return fmt.Sprintf("limits passkeys to %d models", len(list))
	}
	return "limits its combinations"
}

// putStrength stores a strength, and puts it into the policies that hold a copy of
// it, as Graph answers them.
func (e *editor) putStrength(id string, raw entra.Raw) error {
	if slices.Contains(words[strengthReference], strings.ToLower(id)) {
		return fmt.Errorf("a built-in strength cannot be changed")
	}
	s, err := checked[entra.AuthenticationStrengthPolicy](raw)
	if err != nil {
		return err
	}
	switch {
	case !strings.EqualFold(s.ID, id):
		return fmt.Errorf("its id cannot become %q", s.ID)
	case len(s.AllowedCombinations) == 0:
		return fmt.Errorf("a strength needs allowedCombinations")
	}
	if err := e.put(snapshot.AuthenticationStrengths, id, raw); err != nil {
		return err
	}
	policies, err := e.all(snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	for _, p := range policies {
		if !strings.EqualFold(entra.Text(p, "/grantControls/authenticationStrength/id"), id) {
			continue
		}
		o := parseObject(p)
		grant := parseObject(o.get("grantControls"))
		grant.set("authenticationStrength", raw)
		o.set("grantControls", grant.raw())
		if err := e.put(snapshot.ConditionalAccessPolicies, o.text("id"), o.raw()); err != nil {
			return err
		}
	}
	return nil
}
