package access_test

import (
	"slices"
	"strings"
)

// nobody is the id that some exports hold where there is none.
const nobody = "00000000-0000-0000-0000-000000000000"

// usersCondition (USR): any include of any of the four lists, and no exclude of
// any of them. Without a user condition a policy reaches nobody.
func (n *naiveTenant) usersCondition(p, scenario object) three {
	u := child(p, "conditions", "users")
	user := n.find(text(scenario, "user"))
	reached := func(kind string) three {
		answers := []three{n.guests(child(u, kind+"GuestsOrExternalUsers"), user)}
		for _, id := range texts(u, kind+"Users") {
			answers = append(answers, named(id, user))
		}
		for _, id := range texts(u, kind+"Groups") {
			answers = append(answers, n.inGroup(id, text(user, "id")))
		}
		for _, id := range texts(u, kind+"Roles") {
			answers = append(answers, n.holds(id, text(user, "id")))
		}
		return anyOf(answers...)
	}
	return allOf(reached("include"), opposite(reached("exclude")))
}

func (n *naiveTenant) find(name string) object {
	for _, u := range n.sections["users"] {
		if strings.EqualFold(text(u, "id"), name) || strings.EqualFold(text(u, "userPrincipalName"), name) {
			return u
		}
	}
	panic("no such user: " + name)
}

// external accounts sign in with credentials of another directory (B2B).
func external(u object) bool {
	return strings.Contains(strings.ToUpper(text(u, "userPrincipalName")), "#EXT#") || text(u, "externalUserState") != ""
}

func guestType(u object) bool { return strings.EqualFold(text(u, "userType"), "Guest") }

// named is one element of a list of users (GAP).
func named(id string, u object) three {
	switch strings.ToLower(id) {
	case "all":
		return yes
	case "none", "allagentidusers":
		return no
	case "guestsorexternalusers":
		return truth(guestType(u) || external(u))
	}
	if word(id) { // nobody knows whom it stands for
		return unknown
	}
	return truth(strings.EqualFold(id, text(u, "id")))
}

// guests is a choice of guests by kind (B2B) and home tenant (CSDL): which tenant an
// external account comes from is not in the directory.
func (n *naiveTenant) guests(choice any, u object) three {
	answers := []three{}
	for _, kind := range flags(choice, "guestOrExternalUserTypes") {
		switch kind {
		case "internalGuest":
			answers = append(answers, truth(guestType(u) && !external(u)))
		case "b2bCollaborationGuest":
			answers = append(answers, truth(guestType(u) && external(u)))
		case "b2bCollaborationMember":
			answers = append(answers, truth(!guestType(u) && external(u)))
		case "b2bDirectConnectUser": // collaboration accounts too, where they could
			if external(u) {
				answers = append(answers, unknown)
			}
		case "none", "otherExternalUser", "serviceProvider": // have no account
		default:
			if guestType(u) || external(u) {
				answers = append(answers, unknown)
			}
		}
	}
	answer := anyOf(answers...)
	tenants := child(choice, "externalTenants")
	kind := text(tenants, "membershipKind")
	limited := kind != "" && kind != "all" || kind == "" && (len(texts(tenants, "members")) > 0 || strings.Contains(text(tenants, "@odata.type"), "Enumerated"))
	if answer == yes && external(u) && limited {
		return unknown
	}
	return answer
}

// inGroup: nested membership counts (USR). A group that a complete list of groups
// lacks is deleted.
func (n *naiveTenant) inGroup(group, user string) three {
	if group == nobody || !n.existing(group) && n.complete("groups") {
		return no
	}
	return n.within(group, user, nil)
}

func (n *naiveTenant) existing(group string) bool {
	for _, g := range n.sections["groups"] {
		if strings.EqualFold(text(g, "id"), group) {
			return true
		}
	}
	return false
}

// within looks for somebody in a group and, where its rows are not transitive, in
// the groups inside, save those that it came through. Among the members may be
// groups, devices and what else there is: only accounts are certainly none. A group
// without a line in complete memberships is empty if it was asked for.
func (n *naiveTenant) within(group, user string, through []string) three {
	if listed(through, group) || listed(n.notFound, group) {
		return no
	}
	through = append(slices.Clone(through), group)
	answers, lines := []three{}, false
	for _, row := range n.sections["groupMembers"] {
		if !strings.EqualFold(text(row, "groupId"), group) {
			continue
		}
		lines = true
		answers = append(answers, truth(listed(texts(row, "userIds"), user)))
		if row["transitive"] != false {
			continue
		}
		for _, id := range slices.Concat(texts(row, "userIds"), texts(row, "groupIds")) {
			if !n.account(id) {
				answers = append(answers, n.within(id, user, through))
			}
		}
	}
	readToEnd := n.complete("groupMembers") && (lines || n.existing(group)) ||
		lines && n.states["groupMembers"] == "partial" && len(n.incompleteIDs) > 0
	if !readToEnd || listed(n.incompleteIDs, group) {
		answers = append(answers, unknown)
	}
	return anyOf(answers...)
}

// holds: active assignments for the whole tenant, also through a group (USR).
func (n *naiveTenant) holds(role, user string) three {
	answers := []three{}
	for _, a := range n.sections["roleAssignments"] {
		template := text(a, "roleDefinitionId")
		if t := text(a, "roleDefinition", "templateId"); t != "" {
			template = t
		}
		if !strings.EqualFold(template, role) || child(a, "roleDefinition", "isBuiltIn") == false { // custom roles never match
			continue
		}
		principal := text(a, "principalId")
		held := truth(strings.EqualFold(principal, user))
		if !n.account(principal) {
			held = n.inGroup(principal, user)
		}
		switch text(a, "directoryScopeId") {
		case "/":
			answers = append(answers, held)
		case "": // not told
			answers = append(answers, allOf(held, unknown))
		}
	}
	if !n.complete("roleAssignments") {
		answers = append(answers, unknown)
	}
	return anyOf(answers...)
}

func (n *naiveTenant) account(id string) bool {
	for _, u := range n.sections["users"] {
		if strings.EqualFold(text(u, "id"), id) {
			return true
		}
	}
	return false
}
