package tenantgen

// directoryRole is a role with how many of a hundred administrators hold it.
type directoryRole struct {
	name, template string
	weight         int
}

var directoryRoles = []directoryRole{
	{"Global Administrator", "62e90394-69f5-4237-9190-012177145e10", 6},
	{"Security Administrator", "194ae4cb-b126-40b2-bd5b-6091b380977d", 10},
	{"Conditional Access Administrator", "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9", 6},
	{"Authentication Administrator", "c4e39bd9-1100-46d3-8c65-fb160da0071f", 14},
	{"User Administrator", "fe930be7-5e62-47db-91af-98c3a49a38b1", 14},
	{"Intune Administrator", "3a2c62db-5318-420d-8d74-23affee5d9d5", 10},
	{"Exchange Administrator", "29232cdf-9323-42fd-ade2-1d097af3e4de", 8},
	{"Helpdesk Administrator", "729827e3-9c14-49f7-bb1b-9608f156bbb8", 24},
	{"Application Administrator", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", 8},
}

const (
	syncTemplate   = "d29b2b05-8046-44ba-8758-1e26182fcf32"
	readerTemplate = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
)

var directoryRoleWeights = weightsOf(directoryRoles, func(r directoryRole) int { return r.weight })

// administrator tells who holds a role: the first of IT, and one in 25 after that.
func (a *account) administrator() bool {
	return a.n == 3 || a.role == employee && !a.disabled && a.department.name == "IT" && a.luck(30, 25) == 0
}

// eligible tells who may activate a role.
func (a *account) eligible() bool {
	return a.role == employee && !a.disabled && a.department.work == technical && !a.administrator() && a.luck(31, 60) == 0
}

func (t *tenant) assignment(a *account, r directoryRole, kind uint64) object {
	scope := "/"
	if r.name == "Helpdesk Administrator" && a.luck(32, 4) == 0 {
		scope = "/administrativeUnits/" + t.guid(ofRole, 1<<40, uint64(a.luck(33, 12)))
	}
	return t.assign(a.id, r, scope, kind, uint64(a.n))
}

func (t *tenant) assign(principal string, r directoryRole, scope string, place ...uint64) object {
	return object{
		"id": t.guid(ofRole, place...), "principalId": principal, "roleDefinitionId": r.template, "directoryScopeId": scope,
		"roleDefinition": object{"id": r.template, "templateId": r.template, "displayName": r.name},
	}
}

func (t *tenant) assignmentRows(add appender) error {
	err := addObjects(add, []object{t.assign(t.groups("executives", "office")[0], directoryRole{"Global Reader", readerTemplate, 0}, "/", 3)})
	if err != nil {
		return err
	}
	for a := range t.accounts() {
		var r directoryRole
		switch {
		case a.role == emergency, a.n == 3:
			r = directoryRoles[0]
		case a.role == syncer:
			r = directoryRole{"Directory Synchronization Accounts", syncTemplate, 0}
		case a.administrator():
			r = directoryRoles[directoryRoleWeights.pick(t.draw(ofRole, uint64(a.n)))]
		default:
			continue
		}
		if err := addObject(add, t.assignment(a, r, 1)); err != nil {
			return err
		}
	}
	return nil
}

func (t *tenant) eligibilityRows(add appender) error {
	for a := range t.accounts() {
		if !a.eligible() {
			continue
		}
		o := t.assignment(a, directoryRoles[directoryRoleWeights.pick(t.draw(ofRole, uint64(a.n)))], 2)
		o["status"], o["memberType"] = "Provisioned", "Direct"
		o["scheduleInfo"] = object{"startDateTime": "2026-04-07T08:05:31Z", "recurrence": nil,
			"expiration": object{"type": "noExpiration", "endDateTime": nil, "duration": nil}}
		if err := addObject(add, o); err != nil {
			return err
		}
	}
	return nil
}
