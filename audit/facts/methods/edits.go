package methods

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"passkeyaudit/audit/change"
	"passkeyaudit/audit/entra"
)

// edit changes settings of the profile; in legacy mode of the method, which has them
// under the same name.
func (p *Profile) edit(body change.Body) change.Request {
	if p.legacy {
		return change.PatchMethod(entra.MethodFido2, body)
	}
	return change.PatchProfile(p.ID, body)
}

// Attest is the change that turns the enforcement of attestation on or off.
func (p *Profile) Attest(enforce bool) change.Request {
	switch {
	case p.legacy:
		return p.edit(change.Body{"isAttestationEnforced": enforce})
	case enforce:
		return p.edit(change.Body{"attestationEnforcement": "registrationOnly"})
	default:
		return p.edit(change.Body{"attestationEnforcement": "disabled"})
	}
}

// ListTypes is the change of which kinds of passkey the profile admits. Settings of
// before profiles have no such list: there ok is false.
func (p *Profile) ListTypes(types ...string) (r change.Request, ok bool) {
	return p.edit(change.Body{"passkeyTypes": strings.Join(types, ",")}), !p.legacy
}

// The values of passkeyTypes.
const (
	DeviceBound = deviceBound
	Synced      = synced
)

// Restrict is the change that turns the enforcement of the AAGUID list on or off.
func (p *Profile) Restrict(enforce bool) change.Request {
	return p.restrict(enforce, p.KeyRestrictions.AAGUIDs)
}

// Unrestrict is the change that empties the AAGUID list and stops enforcing it.
func (p *Profile) Unrestrict() change.Request { return p.restrict(false, nil) }

// Keep is the change that leaves on the AAGUID list those which keep tells of, each
// once.
func (p *Profile) Keep(keep func(aaguid string) bool) change.Request {
	var list []string
	for _, id := range p.KeyRestrictions.AAGUIDs {
		if keep(strings.ToLower(id)) && !slices.ContainsFunc(list, func(other string) bool { return strings.EqualFold(other, id) }) {
			list = append(list, id)
		}
	}
	return p.restrict(p.AAGUIDs().Enforced, list)
}

// Admit is the change that lets models through the AAGUID list: onto a list of those
// that are allowed, off one of those that are blocked.
func (p *Profile) Admit(aaguids ...string) change.Request {
	if p.AAGUIDs().Block {
		return p.Keep(func(id string) bool { return !slices.Contains(aaguids, id) })
	}
	return p.restrict(true, append(slices.Clone(p.KeyRestrictions.AAGUIDs), aaguids...))
}

func (p *Profile) restrict(enforce bool, aaguids []string) change.Request {
	if aaguids == nil {
		aaguids = []string{}
	}
	return p.edit(change.Body{"keyRestrictions": map[string]any{
		"isEnforced": enforce, "enforcementType": p.KeyRestrictions.EnforcementType, "aaGuids": aaguids,
	}})
}

// WithoutTarget is the change that takes a target of passkeys out of its list.
func (e *Effective) WithoutTarget(t Target) change.Request {
	return e.retarget(t, func(list []map[string]any, i int) []map[string]any { return slices.Delete(list, i, i+1) })
}

// NameProfiles is the change of which profiles an include target names.
func (e *Effective) NameProfiles(t Target, profiles []string) change.Request {
	return e.retarget(t, func(list []map[string]any, i int) []map[string]any {
		list[i][allowedProfiles] = profiles
		return list
	})
}

const allowedProfiles = "allowedPasskeyProfiles"

// retarget changes the list that a target stands in. Graph takes such a list whole, so
// what this program does not read of the others stays in it; only profiles that do not
// exist have to go from all of them, or nothing is taken.
func (e *Effective) retarget(t Target, edit func(list []map[string]any, i int) []map[string]any) change.Request {
	pointer, last := path.Split(t.Pointer)
	pointer = strings.TrimSuffix(pointer, "/")
	list := []map[string]any{}
	raw, _ := entra.Lookup(e.Raw, pointer)
	i, err := strconv.Atoi(last)
	if entra.Decode(raw, &list) == nil && err == nil && i < len(list) {
		for _, target := range list {
			if named, ok := target[allowedProfiles].([]any); ok && e.Passkeys.Mode == Profiles {
				target[allowedProfiles] = slices.DeleteFunc(named, func(id any) bool {
					text, _ := id.(string)
					return e.Passkeys.Profile(text) == nil
				})
			}
		}
		list = edit(list, i)
	}
	return change.PatchMethod(entra.MethodFido2, change.Body{path.Base(pointer): list})
}
