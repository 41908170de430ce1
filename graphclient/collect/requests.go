package collect

import (
	"slices"
	"strings"

	"passkeyaudit/graphclient"
)

// directoryPage is the most rows a page of directory objects holds (Graph paging
// page).
const directoryPage = 999

// userMembers are the members of an account that judging reads.
var userMembers = []string{
	"id", "userPrincipalName", "displayName", "userType", "accountEnabled", "createdDateTime", "externalUserState",
	"onPremisesSyncEnabled", "assignedLicenses", "employeeType", "department", "country", "usageLocation", "identities",
	"lastPasswordChangeDateTime",
}

// managedDeviceMembers leaves out most of an Intune device: serial numbers,
// phone numbers and the like have no part in any verdict.
var managedDeviceMembers = []string{
	"id", "azureADDeviceId", "userId", "userPrincipalName", "deviceName", "operatingSystem", "osVersion", "manufacturer", "model",
	"complianceState", "managedDeviceOwnerType", "deviceEnrollmentType", "managementAgent", "jailBroken",
	"androidSecurityPatchLevel", "enrolledDateTime", "lastSyncDateTime",
}

// askedApps are the apps that stand in the way of registering a passkey, or on
// it. Sources: Microsoft's how-to on passkeys in Authenticator (2026-07) for the
// first; public policy sets, with names as they report them, for the others.
var askedApps = []string{
	"6aa00308-ea33-4caa-90d6-ae905d8cb51b", // Microsoft Authenticator Credential Registration
	"ea890292-c8c8-4433-b5ea-b09d0668e1a6", // Azure Credential Configuration Endpoint Service
	"4813382a-8fa7-425e-ab75-3b753aab3abb", // Microsoft Authenticator
	"19db86c3-b2b9-44cc-b339-36da233a3be2", // My Signins
	"1b912ec3-a9dd-4c4d-a53e-76aa7adb28d7", // AAD Reporting
	"0000000c-0000-0000-c000-000000000000", // Microsoft App Access Panel
	"8c59ead7-d703-4a27-9e55-c96a0054c8d2", // My Profile
	"00000002-0000-0000-c000-000000000000", // Windows Azure Active Directory
	"d4ebce55-015a-49b5-a083-c84d1797ae8c", // Microsoft Intune Enrollment
}

func servicePrincipalsRequest() graphclient.Request {
	return graphclient.ServicePrincipals(graphclient.Query{
		Filter: "appId in ('" + strings.Join(askedApps, "','") + "')",
		Select: []string{"id", "appId", "displayName"},
	})
}

// fido2Requests ask for the passkey profiles, which come only when expanded. Not
// every tenant takes every form of it.
func fido2Requests() []graphclient.Request {
	const id = "Fido2"
	return []graphclient.Request{
		graphclient.AuthenticationMethodConfiguration(id, "passkeyProfiles", "includeTargets"),
		graphclient.AuthenticationMethodConfiguration(id, "passkeyProfiles"),
		graphclient.AuthenticationMethodConfiguration(id),
	}
}

func strengthRequests() []graphclient.Request {
	r := graphclient.AuthenticationStrengthPolicies()
	return []graphclient.Request{r, r.WithoutExpand()}
}

var withRole = graphclient.Query{Expand: []string{"roleDefinition"}}

func roleAssignmentRequests() []graphclient.Request {
	return []graphclient.Request{graphclient.RoleAssignments(withRole), graphclient.RoleAssignments(graphclient.Query{})}
}

func roleEligibilityRequests() []graphclient.Request {
	return []graphclient.Request{graphclient.RoleEligibility(withRole), graphclient.RoleEligibility(graphclient.Query{})}
}

func usersRequest() graphclient.Request {
	return graphclient.Users(graphclient.Query{Select: userMembers, Top: directoryPage})
}

// usersRequests ask for large pages, and for pages of any size where those are refused:
// a page size that is too large is ignored, cut down or refused, as the service likes
// (Graph paging page).
func usersRequests() []graphclient.Request {
	return []graphclient.Request{usersRequest(), graphclient.Users(graphclient.Query{Select: userMembers})}
}

// nameStarts are the characters that a user principal name can begin with, in lower
// case: the directory compares without regard to it. Source: Microsoft's page on the
// UserPrincipalName attribute (letters, digits and ' . - _ ! # ^ ~).
const nameStarts = "abcdefghijklmnopqrstuvwxyz0123456789'.-_!#^~"

// partRequest asks for the accounts whose name begins with a character.
func partRequest(start string) graphclient.Request {
	return graphclient.Users(graphclient.Query{Select: userMembers, Top: directoryPage, Filter: "startswith(userPrincipalName," + quote(start) + ")"})
}

// youngRequest asks for the accounts that were made since a time.
func youngRequest(since string) graphclient.Request {
	return graphclient.Users(graphclient.Query{Select: userMembers, Top: directoryPage, Filter: "createdDateTime ge " + since})
}

func scopedMembersRequest(group string) graphclient.Request {
	return graphclient.GroupTransitiveMembers(group, graphclient.Query{Select: userMembers, Top: directoryPage})
}

func groupMembersRequest(group string) graphclient.Request {
	return graphclient.GroupTransitiveMembers(group, graphclient.Query{Select: []string{"id"}, Top: directoryPage})
}

// groupsRequestText stands for the POSTs that resolve ids; their bodies hold the
// ids.
func groupsRequestText() string {
	return groupsRequest([]string{"{id}"}).String() + ` {"ids":[{ids}],"types":["group"]}`
}

func groupsRequest(ids []string) graphclient.Request {
	return graphclient.DirectoryObjectsByIDs(ids, []string{"group"})
}

// deviceRequests expand one relation only: the directory takes no more than one
// in a request (Graph query-parameters page).
func deviceRequests() []graphclient.Request {
	q := graphclient.Query{Top: directoryPage}
	lean, full := q, q
	lean.Expand = []string{"registeredOwners($select=id)"}
	full.Expand = []string{"registeredOwners"}
	small := lean
	small.Top = 0
	return []graphclient.Request{graphclient.Devices(lean), graphclient.Devices(full), graphclient.Devices(small), graphclient.Devices(q), graphclient.Devices(graphclient.Query{})}
}

func managedDevicesRequest(filter string) graphclient.Request {
	return graphclient.ManagedDevices(graphclient.Query{Select: managedDeviceMembers, Filter: filter})
}

// windowRequest asks for the events between two times.
type windowRequest func(from, to string) graphclient.Request

func signInRequest(beta bool, condition string) windowRequest {
	return func(from, to string) graphclient.Request {
		r := graphclient.SignIns(graphclient.Query{Filter: within("createdDateTime", from, to, condition)})
		if beta {
			r = r.Beta()
		}
		return r
	}
}

func auditRequest(condition string) windowRequest {
	return func(from, to string) graphclient.Request {
		return graphclient.DirectoryAudits(graphclient.Query{Filter: within("activityDateTime", from, to, condition)})
	}
}

func within(member, from, to, condition string) string {
	window := member + " ge " + from + " and " + member + " le " + to
	if condition == "" {
		return window
	}
	return condition + " and " + window
}

// auditConditions choose, out of a log that group and device churn dominates in
// a large tenant, what happened to methods and policies: everything the methods
// service writes, passkeys (which service writes those has changed), and changes
// of Conditional Access. Each is a list of alternatives, the best first.
var auditConditions = [][]string{
	{"loggedByService eq 'Authentication Methods'"},
	{
		"(startswith(activityDisplayName,'Add Passkey') or startswith(activityDisplayName,'Delete Passkey') or startswith(activityDisplayName,'Remove Passkey'))",
		// Where the service does not take the prefixes, the whole log of the usual
		// writer has to be read.
		"loggedByService eq 'Device Registration Service'",
	},
	{
		"category eq 'Policy'",
		// The page on directoryAudit does not name the category among what can be filtered
		// by, and the service that writes changes of Conditional Access has had two names.
		"(startswith(activityDisplayName,'Add conditional access policy') or startswith(activityDisplayName,'Update conditional access policy') or startswith(activityDisplayName,'Delete conditional access policy'))",
		"loggedByService eq 'Conditional Access'",
	},
}

// nameChanges are the records among which changes of user principal names are. There is
// no filter for the property that was changed, so all changes of users have to be read;
// only those of names are kept.
const nameChanges = "loggedByService eq 'Core Directory' and activityDisplayName eq 'Update user'"

// wholeLog is read of a small tenant: it is short there, and holds changes of
// names and groups too.
var wholeLog = [][]string{{""}}

func auditRequestTexts() []string {
	var all []string
	for _, conditions := range slices.Concat(wholeLog, auditConditions) {
		all = append(all, auditRequest(conditions[0])("{from}", "{to}").String())
	}
	return append(all, auditRequest(nameChanges)("{from}", "{to}").String())
}

// quote writes an OData text literal.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
