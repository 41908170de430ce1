package change

import (
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// patchProfiles changes the profiles of the Fido2 entry that a list names by id, and
// adds those it does not have.
func (e *editor) patchProfiles(fido2 *object, given entra.Raw) error {
	if given.Kind() != '[' {
		return fmt.Errorf("passkeyProfiles is no list")
	}
	held := elements(fido2.get("passkeyProfiles"))
	named := map[string]bool{}
	for _, p := range elements(given) {
		if err := allowed(p, profileMembers...); err != nil {
			return err
		}
		id := entra.Text(p, "/id")
		if id == "" {
			o := parseObject(p)
			id = e.newID(p)
			o.set("id", entra.MustEncode(id))
			p = o.raw()
		}
		named[strings.ToLower(id)] = true
		if i := find(held, id); i >= 0 {
			held[i] = e.patchProfile(held[i], p)
		} else {
			held = append(held, p)
		}
	}
	var left []string
	for _, p := range held {
		if id := entra.Text(p, "/id"); !named[strings.ToLower(id)] {
			left = append(left, id)
		}
	}
	if len(left) > 0 {
		e.note("says nothing of the passkey profiles %s; taken as kept. DELETE …/passkeyProfiles/{id} removes one", strings.Join(left, ", "))
	}
	fido2.set("passkeyProfiles", listOf(held))
	return nil
}

func (e *editor) patchProfile(old, body entra.Raw) entra.Raw {
	var m merger
	patched := m.patch(old, body, "")
	for i, path := range m.kept {
		m.kept[i] = "the profile's " + path
	}
	e.noteKept(m.kept)
	return patched
}

// profiles adds a passkey profile.
func (e *editor) profiles(r Request, ids []string) (string, error) {
	if r.Method != "POST" {
		return "", unsupported(r)
	}
	return e.editProfiles(ids[0], func(list []entra.Raw) ([]entra.Raw, string, error) {
		if err := allowed(r.Body, profileMembers...); err != nil {
			return nil, "", err
		}
		o := parseObject(r.Body)
		if o.text("id") == "" {
			o.set("id", entra.MustEncode(e.newID(r.Body)))
		}
		if find(list, o.text("id")) >= 0 {
			return nil, "", fmt.Errorf("there is a passkey profile %s already", o.text("id"))
		}
		return append(list, o.raw()), "add " + label("the passkey profile", o.text("name"), o.text("id")), nil
	})
}

// profile changes or deletes one.
func (e *editor) profile(r Request, ids []string) (string, error) {
	return e.editProfiles(ids[0], func(list []entra.Raw) ([]entra.Raw, string, error) {
		i := find(list, ids[1])
		if i < 0 {
			return nil, "", fmt.Errorf("the snapshot has no passkey profile %s", ids[1])
		}
		name := label("the passkey profile", entra.Text(list[i], "/name"), ids[1])
		switch r.Method {
		case "PATCH":
			if err := allowedBeside(r.Body, list[i], profileMembers...); err != nil {
				return nil, "", err
			}
			list[i] = e.patchProfile(list[i], r.Body)
			return list, "change " + name + ": " + strings.Join(parseObject(r.Body).names, ", "), nil
		case "PUT":
			if err := allowed(r.Body, profileMembers...); err != nil {
				return nil, "", err
			}
			o := parseObject(r.Body)
			o.set("id", entra.MustEncode(entra.Text(list[i], "/id")))
			list[i] = o.raw()
			return list, "replace " + name, nil
		case "DELETE":
			return slices.Delete(list, i, i+1), "delete " + name, nil
		}
		return nil, "", unsupported(r)
	})
}

// editProfiles changes the list of profiles of an entry.
func (e *editor) editProfiles(method string, edit func([]entra.Raw) ([]entra.Raw, string, error)) (string, error) {
	if !strings.EqualFold(method, entra.MethodFido2) {
		return "", fmt.Errorf("the method %s has no passkey profiles", method)
	}
	policy, err := e.thePolicy()
	if err != nil {
		return "", err
	}
	list := elements(policy.get(configurations))
	i := find(list, method)
	if i < 0 {
		return "", fmt.Errorf("the methods policy has no entry %q", method)
	}
	fido2 := parseObject(list[i])
	if fido2.get("passkeyProfiles").Kind() != '[' {
		return "", fmt.Errorf("the snapshot does not hold the passkey profiles")
	}
	profiles, step, err := edit(elements(fido2.get("passkeyProfiles")))
	if err != nil {
		return "", err
	}
	fido2.set("passkeyProfiles", listOf(profiles))
	if err := e.checkMethod(fido2.raw()); err != nil {
		return "", err
	}
	list[i] = fido2.raw()
	policy.set(configurations, listOf(list))
	return step, e.putMethodsPolicy(policy)
}
