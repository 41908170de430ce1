package exports

import (
	"fmt"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
	"reflect"
	"regexp"
	"strings"
)

// section gives what was gathered for the section of a kind.
func (r *reading) section(k *kind) *gathered {
	g := r.sections[k.section]
	if g == nil {
		g = &gathered{kind: kindOf(k.section)}
		r.sections[k.section] = g
	}
	return g
}

func (g *gathered) from(file string) {
	if len(g.files) == 0 || g.files[len(g.files)-1] != file {
		g.files = append(g.files, file)
	}
}

// spoil refuses an object of a known section, which is then not complete.
func (r *reading) spoil(k *kind, at place, why string) outcome {
	r.section(k).refused++
	if at.unit != nil {
		at.unit.refused++
	}
	return refusedAs(at.refusal(why))
}

// take makes an object a row of its section.
func (r *reading) take(v *value, k *kind, at place) outcome {
	if why := r.foreign(v, at); why != "" {
		if at.unit != nil {
			at.unit.refused++
		}
		return refusedAs(at.refusal(why))
	}
	model := models[k.section]
	switch k {
	case methodConfiguration:
		model = configurationModel
	case registeredMethod:
		return r.spoil(k, at, "a registered method that does not say of which user it is")
	}
	if err := r.normaliser.row(v, model); err != nil {
		return r.spoil(k, at, err.Error())
	}
	switch k {
	case userMethods:
		return r.holding(v.get("userId").text(), v.get("value").items, at, newUnit(bare))
	case groupMembers:
		return r.membersRow(v, at)
	}
	if k.section == snapshot.ConditionalAccessPolicies && v.get("id").text() == "" {
		if !r.giveID(v) {
			return r.spoil(k, at, "a Conditional Access policy without id and without name")
		}
	}
	key := r.key(v, k)
	if key == "" && k.key != "-" {
		return r.spoil(k, at, fmt.Sprintf("%s without %q: a template or a request body, not an object of a tenant", k.noun, k.keyName()))
	}
	raw := v.raw()
	if model != nil {
		if err := entra.Decode(raw, reflect.New(model).Interface()); err != nil {
			return r.spoil(k, at, fmt.Sprintf("%s that cannot be judged: %v", k.noun, err))
		}
	}
	row := &row{key: key, raw: raw, digest: contentDigest(v), modified: modified(v), file: at.file, pointer: at.pointer, unit: r.unitOf(k, key, at)}
	r.dates(v, at.file)
	r.inline(v, k, at)
	if k == methodConfiguration {
		r.configurations = append(r.configurations, row)
		return outcome{taken: 1}
	}
	if k.section == snapshot.Organization && isGUID(key) {
		r.seeTenant(strings.ToLower(key), at.file)
	}
	g := r.section(k)
	g.rows = append(g.rows, row)
	return outcome{taken: 1}
}

var directoryPattern = regexp.MustCompile(`^https://[a-z.-]+/v2/([0-9a-fA-F-]{36})/`)

// foreign notes the tenant an object names, and says so if it is another one than
// was asked for.
func (r *reading) foreign(v *value, at place) string {
	tenant := at.tenant
	if m := directoryPattern.FindStringSubmatch(v.get("@odata.id").text()); m != nil {
		tenant = strings.ToLower(m[1])
	}
	if tenant == "" {
		return ""
	}
	r.seeTenant(tenant, at.file)
	if r.tenantID != "" && tenant != r.tenantID {
		return "of another tenant, " + tenant
	}
	return ""
}

func (r *reading) seeTenant(id, file string) {
	if r.tenants[id] == "" {
		r.tenants[id] = file
	}
}
