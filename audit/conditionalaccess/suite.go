package conditionalaccess

import (
	"strings"

	"passkeyaudit/audit/tri"
)

// suites are the names that stand for groups of applications, with the app ids
// that are certainly in them and those that certainly are not. Microsoft extends
// the suites without notice and publishes no complete list by id, so membership of
// any other id is not known. Sources: APP (concept-conditional-access-cloud-apps,
// 2026-01-26), EVA example 1 (2025-07-08) for SharePoint Online.
var suites = map[string]suite{
	"office365": {
		in: []string{
			"00000002-0000-0ff1-ce00-000000000000", // Office 365 Exchange Online
			"00000003-0000-0ff1-ce00-000000000000", // Office 365 SharePoint Online
			"00000004-0000-0ff1-ce00-000000000000", // Skype for Business Online
			"00000006-0000-0ff1-ce00-000000000000", // Microsoft Office 365 Portal
			"cc15fd57-2c6c-4117-a88c-83b1d56b4bbe", // Microsoft Teams Services
		},
		out: []string{
			"797f4846-ba00-4fd7-ba43-dac1f8f63013", // Windows Azure Service Management API
			"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", // Azure portal
			"00000002-0000-0000-c000-000000000000", // Windows Azure Active Directory
			"6aa00308-ea33-4caa-90d6-ae905d8cb51b", // Microsoft Authenticator Credential Registration
			"ea890292-c8c8-4433-b5ea-b09d0668e1a6", // Azure Credential Configuration Endpoint Service
			"d4ebce55-015a-49b5-a083-c84d1797ae8c", // Microsoft Intune Enrollment
		},
	},
	"microsoftadminportals": {
		in: []string{
			"c44b4083-3bb0-49c1-b47d-974e53cbdf3c", // Azure portal
		},
		out: []string{
			"00000002-0000-0ff1-ce00-000000000000",
			"00000003-0000-0ff1-ce00-000000000000",
			"00000002-0000-0000-c000-000000000000",
			"6aa00308-ea33-4caa-90d6-ae905d8cb51b",
			"ea890292-c8c8-4433-b5ea-b09d0668e1a6",
			"d4ebce55-015a-49b5-a083-c84d1797ae8c",
			"cc15fd57-2c6c-4117-a88c-83b1d56b4bbe",
			"14d82eec-204b-4c2f-b7e8-296a70dab67e", // Microsoft Graph Command Line Tools
		},
	},
}

type suite struct{ in, out []string }

func isSuite(name string) bool {
	_, ok := suites[strings.ToLower(name)]
	return ok
}

// inSuites tells whether an app id, in lower case, is in one of some suites. A
// suite's own name as id stands for the suite as a whole.
func inSuites(names []string, id string) answer {
	a := no
	for _, name := range names {
		if name == id {
			return yes
		}
		v := tri.Unsure
		for _, known := range suites[name].in {
			if known == id {
				v = tri.Yes
			}
		}
		for _, known := range suites[name].out {
			if known == id {
				v = tri.No
			}
		}
		a = a.or(answer{value: v})
	}
	return a
}
