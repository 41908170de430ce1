package population

import (
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
)

// Kind says what an account stands for. A member account is taken for something
// other than a person only on positive evidence; absent facts leave it a person,
// because a person left out of an outage list is the worse mistake.
//
// What the settings say goes before all evidence.
type Kind = audit.AccountKind

const (
	Person    = audit.KindPerson
	Shared    = audit.KindShared
	Service   = audit.KindService
	Sync      = audit.KindSync
	Emergency = audit.KindEmergency
)

// sharedLicences are licences that Microsoft sells for rooms and shared phones
// only (product names and service plan identifiers for licensing, Microsoft
// Entra documentation).
var sharedLicences = []string{
	"6070a4c8-34c6-4937-8dfb-39bbc6397a60", // Microsoft Teams Rooms Standard
	"4cde982a-ede4-4409-9ae6-b003453c8ea6", // Microsoft Teams Rooms Pro
	"6af4b3d6-14bb-4a2a-960c-6c902aad34f3", // Microsoft Teams Rooms Basic
	"295a8eb0-f78d-45c7-8b5b-1eed5ed02dff", // Microsoft Teams Shared Devices
}

// employeeTypes are values of the free-text member employeeType that name
// something other than a person.
var employeeTypes = map[string]Kind{
	"service": Service, "service account": Service, "serviceaccount": Service, "application": Service, "bot": Service,
	"room": Shared, "equipment": Shared, "resource": Shared, "shared": Shared, "shared mailbox": Shared, "sharedmailbox": Shared,
	"emergency": Emergency, "emergency access": Emergency, "break glass": Emergency, "breakglass": Emergency, "break-glass": Emergency,
}

// employeeKind is the kind that an employeeType names, if it names one. Most accounts
// are of one of the types that say nothing.
func employeeKind(text string) (Kind, bool) {
	if text == "Employee" || text == "Contractor" {
		return "", false
	}
	kind, ok := employeeTypes[strings.ToLower(strings.TrimSpace(text))]
	return kind, ok
}

// kindOf judges one account: by role, then by what it was declared to be, then by
// licence, then by name.
func kindOf(u *entra.User, holdsSyncRole bool) Kind {
	name, _, _ := strings.Cut(u.UserPrincipalName, "@")
	display := strings.TrimSpace(u.DisplayName)
	if holdsSyncRole || hasPrefixFold(name, "sync_") &&
		strings.Contains(strings.ToLower(display), "synchronization service account") {
		return Sync
	}
	if u.EmployeeType != "" {
		if kind, ok := employeeKind(u.EmployeeType); ok {
			return kind
		}
	}
	if len(u.AssignedLicenses) > 0 && !slices.ContainsFunc(u.AssignedLicenses, func(l entra.AssignedLicense) bool {
		return !slices.Contains(sharedLicences, strings.ToLower(l.SkuID))
	}) {
		return Shared
	}
	switch {
	case startsWithWord(name, "-_. ", "breakglass", "break-glass", "emergencyaccess", "emergency-access") ||
		startsWithWord(display, "-_. ", "break glass", "break-glass", "breakglass", "emergency access"):
		return Emergency
	case startsWithWord(name, "-_. ", "svc", "serviceaccount"):
		return Service
	case u.AssignedLicenses == nil || len(u.AssignedLicenses) > 0:
		// The names that follow are words of jobs too. Where the licences were not
		// told, and where there are some, the account may well be somebody's.
		return Person
	case startsWithWord(name, "-_. ", "room", "meetingroom", "confroom", "equipment"),
		// After these a dot is as likely a person's job: shared.services.lead.
		startsWithWord(name, "-_ ", "shared", "conference"):
		return Shared
	case startsWithWord(name, "-_ ", "service"):
		return Service
	case startsWithWord(name, "-_ ", "emergency"):
		return Emergency
	}
	return Person
}

// startsWithWord tells whether name is one of the words, or starts with one
// followed by a separator or digit, in any letter case: "svc-backup",
// "breakglass1", not "svcenson".
func startsWithWord(name, separators string, words ...string) bool {
	for _, w := range words {
		if !hasPrefixFold(name, w) {
			continue
		}
		rest := name[len(w):]
		if rest == "" || rest[0] >= '0' && rest[0] <= '9' || strings.IndexByte(separators, rest[0]) >= 0 {
			return true
		}
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
