package change

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Members of the methods policy. Source: CSDL (Graph v1.0 metadata, 2026-08).
var (
	methodsPolicyMembers = []string{
		"id", "displayName", "description", "lastModifiedDateTime", "policyVersion", "policyMigrationState", "reconfirmationInDays",
		"registrationEnforcement", "reportSuspiciousActivitySettings", "systemCredentialPreferences", "microsoftAuthenticatorPlatformSettings",
		"authenticationMethodConfigurations",
	}
	profileMembers = []string{"@odata.type", "id", "name", "passkeyTypes", "attestationEnforcement", "keyRestrictions", "createdDateTime", "lastModifiedDateTime"}
)

const configurations = "authenticationMethodConfigurations"

// thePolicy is the methods policy and its row key.
func (e *editor) thePolicy() (*object, error) {
	rows, err := e.all(snapshot.AuthenticationMethodsPolicy)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("the snapshot has no authentication methods policy (%s)", e.stored.Status(snapshot.AuthenticationMethodsPolicy).State)
	}
	return parseObject(rows[len(rows)-1]), nil
}

// methodsPolicy changes the policy, or puts another in its place.
func (e *editor) methodsPolicy(r Request, _ []string) (string, error) {
	policy, err := e.thePolicy()
	if err != nil {
		return "", err
	}
	if err := allowedBeside(r.Body, policy.raw(), methodsPolicyMembers...); err != nil {
		return "", err
	}
	body := parseObject(r.Body)
	if id := body.text("id"); id != "" && !strings.EqualFold(id, policy.text("id")) {
		return "", fmt.Errorf("there is one methods policy, and its id is %s", policy.text("id"))
	}
	switch r.Method {
	case "PUT":
		if body.get(configurations).Kind() != '[' {
			return "", fmt.Errorf("a whole methods policy needs its %s", configurations)
		}
		body.set("id", entra.MustEncode(policy.text("id")))
		for _, c := range elements(body.get(configurations)) {
			if err := e.checkMethod(c); err != nil {
				return "", err
			}
		}
		return "replace the methods policy", e.putMethodsPolicy(body)
	case "PATCH":
		entries := body.get(configurations)
		body.delete(configurations)
		var m merger
		policy = parseObject(m.patch(policy.raw(), body.raw(), ""))
		e.noteKept(m.kept)
		var what []string
		what = append(what, body.names...)
		for _, c := range elements(entries) {
			id := entra.Text(c, "/id")
			step, err := e.patchMethod(policy, id, c)
			if err != nil {
				return "", err
			}
			what = append(what, step)
		}
		return "change the methods policy: " + strings.Join(what, "; "), e.putMethodsPolicy(policy)
	}
	return "", unsupported(r)
}

func (e *editor) putMethodsPolicy(policy *object) error {
	raw := policy.raw()
	if _, err := checked[entra.AuthenticationMethodsPolicy](raw); err != nil {
		return err
	}
	return e.put(snapshot.AuthenticationMethodsPolicy, policy.text("id"), raw)
}

// methods adds an external method.
func (e *editor) methods(r Request, _ []string) (string, error) {
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	policy, err := e.thePolicy()
	if err != nil {
		return "", err
	}
	o := parseObject(r.Body)
	if !strings.Contains(strings.ToLower(o.text("@odata.type")), "externalauthenticationmethodconfiguration") {
		return "", errors.New("only external methods are added; others are there and are changed by PATCH")
	}
	if o.text("id") == "" {
		o.set("id", entra.MustEncode(e.newID(r.Body)))
	}
	if err := e.checkMethod(o.raw()); err != nil {
		return "", err
	}
	policy.set(configurations, listOf(append(elements(policy.get(configurations)), o.raw())))
	return "add " + label("the external method", o.text("displayName"), o.text("id")), e.putMethodsPolicy(policy)
}

// method changes one entry.
func (e *editor) method(r Request, ids []string) (string, error) {
	policy, err := e.thePolicy()
	if err != nil {
		return "", err
	}
	var step string
	switch r.Method {
	case "PATCH":
		step, err = e.patchMethod(policy, ids[0], r.Body)
	case "PUT":
		step, err = e.replaceMethod(policy, ids[0], r.Body)
	default:
		return "", unsupported(r)
	}
	if err != nil {
		return "", err
	}
	return "change " + step, e.putMethodsPolicy(policy)
}

// wholeMethod replaces the entry with an id.
func (e *editor) wholeMethod(r Request) (string, error) {
	policy, err := e.thePolicy()
	if err != nil {
		return "", err
	}
	step, err := e.replaceMethod(policy, entra.Text(r.Body, "/id"), r.Body)
	if err != nil {
		return "", err
	}
	return "replace " + step, e.putMethodsPolicy(policy)
}

func (e *editor) replaceMethod(policy *object, id string, body entra.Raw) (string, error) {
	list := elements(policy.get(configurations))
	i := find(list, id)
	if i < 0 {
		return "", fmt.Errorf("the methods policy has no entry %q", id)
	}
	o := parseObject(body)
	o.set("id", entra.MustEncode(entra.Text(list[i], "/id")))
	if err := allowedBeside(body, list[i], methodMembers(o.text("id"))...); err != nil {
		return "", err
	}
	if err := e.checkMethod(o.raw()); err != nil {
		return "", err
	}
	list[i] = o.raw()
	policy.set(configurations, listOf(list))
	return "the method " + o.text("id"), nil
}

// patchMethod changes an entry inside the policy.
func (e *editor) patchMethod(policy *object, id string, body entra.Raw) (string, error) {
	list := elements(policy.get(configurations))
	i := find(list, id)
	if i < 0 {
		return "", fmt.Errorf("the methods policy has no entry %q", id)
	}
	old, b := parseObject(list[i]), parseObject(body)
	if to := b.text("id"); to != "" && !strings.EqualFold(to, old.text("id")) {
		return "", fmt.Errorf("the id of the method cannot become %q", to)
	}
	b.delete("id")
	if err := allowedBeside(b.raw(), old.raw(), methodMembers(old.text("id"))...); err != nil {
		return "", fmt.Errorf("the method %s: %w", old.text("id"), err)
	}
	if err := topLevelPasskeys(old, b); err != nil {
		return "", err
	}
	profiles := b.get("passkeyProfiles")
	b.delete("passkeyProfiles")
	var m merger
	patched := parseObject(m.patch(old.raw(), b.raw(), ""))
	for k, path := range m.kept {
		m.kept[k] = old.text("id") + "." + path
	}
	e.noteKept(m.kept)
	what := slices.DeleteFunc(slices.Clone(b.names), func(name string) bool { return strings.Contains(name, "@odata") })
	if profiles != nil {
		if err := e.patchProfiles(patched, profiles); err != nil {
			return "", err
		}
		what = append(what, "passkeyProfiles")
	}
	if err := e.checkMethod(patched.raw()); err != nil {
		return "", err
	}
	list[i] = patched.raw()
	policy.set(configurations, listOf(list))
	was, now := old.text("state"), patched.text("state")
	if was != now {
		return "the method " + old.text("id") + ": " + stateWord(was) + " → " + stateWord(now), nil
	}
	return "the method " + old.text("id") + ": " + strings.Join(what, ", "), nil
}

// methodMembers are members that an entry may have although Graph left them out.
func methodMembers(id string) []string {
	common := []string{"state", "excludeTargets", "includeTargets"}
	switch strings.ToLower(id) {
	case "fido2":
		return append(common, "isSelfServiceRegistrationAllowed", "isAttestationEnforced", "keyRestrictions", "defaultPasskeyProfile", "passkeyProfiles")
	case "temporaryaccesspass":
		return append(common, "isUsableOnce", "defaultLifetimeInMinutes", "defaultLength", "minimumLifetimeInMinutes", "maximumLifetimeInMinutes")
	case "microsoftauthenticator":
		return append(common, "isSoftwareOathEnabled", "featureSettings")
	case "voice":
		return append(common, "isOfficePhoneAllowed")
	case "x509certificate":
		return append(common, "authenticationModeConfiguration", "certificateUserBindings", "crlValidationConfiguration", "issuerHintsConfiguration", "certificateAuthorityScopes")
	case "email":
		return append(common, "allowExternalIdToUseEmailOtp")
	default:
		return common
	}
}

// topLevelPasskeys refuses to change the settings of passkeys from before profiles
// where profiles decide. They mirror the Default profile there; what writing them does
// is not documented.
func topLevelPasskeys(old, body *object) error {
	if !strings.EqualFold(old.text("id"), entra.MethodFido2) || !says(old.get("passkeyProfiles")) && !says(body.get("passkeyProfiles")) {
		return nil
	}
	for _, name := range []string{"isAttestationEnforced", "keyRestrictions"} {
		if value := body.get(name); value != nil && string(compact(value)) != string(compact(old.get(name))) {
			return fmt.Errorf("%s only mirrors the Default passkey profile, because the tenant has profiles; change the profile (…/passkeyProfiles/%s)", name, profileOr(old))
		}
	}
	return nil
}

func profileOr(fido2 *object) string {
	if id := fido2.text("defaultPasskeyProfile"); id != "" {
		return id
	}
	return "00000000-0000-0000-0000-000000000001"
}

func compact(raw entra.Raw) entra.Raw {
	out, err := entra.Compact(raw)
	if err != nil {
		return raw
	}
	return out
}

// checkMethod refuses an entry that names profiles or groups which are not there.
func (e *editor) checkMethod(raw entra.Raw) error {
	c, err := checked[entra.AuthenticationMethodConfiguration](raw)
	if err != nil {
		return err
	}
	if s := strings.ToLower(c.State); s != "enabled" && s != "disabled" {
		return fmt.Errorf("the state %q of the method %s is neither enabled nor disabled", c.State, c.ID)
	}
	from := "the method " + c.ID
	for _, t := range slices.Concat(c.IncludeTargets, c.ExcludeTargets) {
		switch {
		case strings.EqualFold(t.ID, entra.AllUsers):
		case strings.EqualFold(t.TargetType, "user"):
			e.named(userReference, from, t.ID)
		default:
			e.named(groupReference, from, t.ID)
		}
		for _, id := range t.AllowedPasskeyProfiles {
			if c.PasskeyProfiles != nil && !slices.ContainsFunc(*c.PasskeyProfiles, func(p entra.PasskeyProfile) bool { return strings.EqualFold(p.ID, id) }) {
				return fmt.Errorf("a target of the method %s names the passkey profile %s, which does not exist", c.ID, id)
			}
		}
	}
	return nil
}
