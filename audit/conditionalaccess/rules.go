package conditionalaccess

import "slices"

// Rule is one rule of the evaluator, for the documentation and for the corpus of
// cases, which shows every rule at work.
type Rule struct {
	Key     string
	Meaning string
	// Source is the key of a source in docs/conditional-access.md, or "own" where
	// no source settles the matter and this program chose; Date is the source's.
	Source, Date string
}

// Rules lists the rules in the order of the documentation.
func Rules() []Rule { return slices.Clone(rules) }

const (
	dateAPP = "2026-01-26"
	dateB2B = "2024-05-15"
	dateCND = "2023-07-17"
	dateCSD = "2026-08"
	dateDEV = "2025-04-08"
	dateEVA = "2025-07-08"
	dateGRT = "2026-03-24"
	dateNET = "2024-05-22"
	datePOL = "2023-07-07"
	dateRPT = "2025-03-12"
	dateSTR = "2025-03-04"
	dateSTA = "2023-12-14"
	dateSTH = "2025-03-17"
	dateTPL = "2026-03-24"
	dateUSR = "2024-01-23"
	dateOwn = "2026-11-22"
)

var rules = []Rule{
	{"state.disabled", "A disabled policy is ignored, and is the only one whose reason is \"state\".", "CSDL", dateCSD},
	{"state.reportOnly", "A report-only policy is judged and listed, and never enforced.", "RPT", dateRPT},
	{"state.unknown", "A state that is not known may be enforced or not.", "own", dateOwn},
	{"combine.and", "All conditions of a policy have to match.", "POL", datePOL},
	{"combine.unconfigured", "A condition that is not configured (absent, null, empty) matches everything.", "POL", datePOL},

	{"users.all", "\"All\" is every account, guests included.", "USR", dateUSR},
	{"users.none", "\"None\" names nobody, and does not cancel the groups and roles beside it.", "TPL", dateTPL},
	{"users.named", "An account is matched by its object id.", "USR", dateUSR},
	{"users.or", "Included users, groups, roles and guests are alternatives: one that matches is enough.", "USR", dateUSR},
	{"users.exclude", "An exclusion wins over every inclusion, whichever lists they are in.", "USR", dateUSR},
	{"users.group", "Members of a group include those of the groups inside it.", "USR", dateUSR},
	{"users.deletedGroup", "A group that was deleted has no members.", "own", dateOwn},
	{"users.unread", "Where members of a group, or holders of a role, were not read in full, everybody may be one.", "own", dateOwn},
	{"users.role", "A directory role is matched by its template id, for those who hold it actively.", "USR", dateUSR},
	{"users.roleScope", "A role held over an administrative unit or an object does not count.", "USR", dateUSR},
	{"users.roleCustom", "A custom role is matched by nobody.", "USR", dateUSR},
	{"users.roleGroup", "A role held through a group counts as held.", "own", dateOwn},
	{"users.guestsToken", "\"GuestsOrExternalUsers\" is every kind of guest.", "GAP", "undated"},
	{"users.guestKinds", "Kinds of guests follow from whose credentials an account has, and from its userType.", "B2B", dateB2B},
	{"users.directConnect", "Direct-connect policies may hit collaboration accounts, which cannot be told.", "USR", dateUSR},
	{"users.externalTenants", "Where guests are limited to some home tenants, which the directory does not show, it is unknown; null and \"all\" are every tenant.", "CSDL", dateCSD},
	{"users.guestKindUnknown", "A kind of guest that is not known may be any guest.", "own", dateOwn},
	{"users.agents", "\"AllAgentIdUsers\" stands for no person.", "TPL", dateTPL},
	{"users.unknownWord", "A word that is neither an id nor known may stand for anybody.", "own", dateOwn},
	{"users.missing", "A policy without users reaches nobody.", "POL", datePOL},
	{"users.workload", "A policy for workload identities reaches no people.", "USR", dateUSR},

	{"target.kind", "A policy is about resources, user actions or authentication contexts, and matches sign-ins of its kind.", "POL", datePOL},
	{"target.app", "A resource is matched by its app id.", "GAP", "undated"},
	{"target.all", "\"All\" is every resource.", "APP", dateAPP},
	{"target.none", "\"None\" is no resource.", "GAP", "undated"},
	{"target.exclude", "An excluded resource is not matched, however it was included.", "APP", dateAPP},
	{"target.register", "A user action is matched by its urn.", "GAP", "undated"},
	{"target.registerAll", "\"All\" resources also matches the registration of security information.", "EVA", dateEVA},
	{"target.registerExcludes", "That holds whatever resources the policy excludes.", "own", dateOwn},
	{"target.registerDevice", "\"All\" resources also matches the registration of a device, which asks for a token of a resource.", "APP", dateAPP},
	{"target.context", "An authentication context is matched by its name.", "EVA", dateEVA},
	{"target.contextAll", "\"All\" resources does not match a request for an authentication context (one example: uncertain).", "EVA", dateEVA},
	{"target.office365", "\"Office365\" matches the applications known to be in that suite.", "EVA", dateEVA},
	{"target.adminPortals", "\"MicrosoftAdminPortals\" matches the portals known to be in that suite.", "APP", dateAPP},
	{"target.suiteUnknown", "Whether any other application is in a suite is unknown.", "own", dateOwn},
	{"target.appFilter", "A filter over attributes of applications is unknown: the attributes are not collected.", "own", dateOwn},
	{"target.unknownWord", "A word that is neither an app id nor known may stand for any resource.", "own", dateOwn},
	{"target.missing", "A policy without a target matches nothing.", "POL", datePOL},

	{"clientApps.listed", "The client app type has to be listed.", "CND", dateCND},
	{"clientApps.all", "\"all\" matches every client app type.", "CSDL", dateCSD},
	{"clientApps.empty", "An empty list, found in very old policies, counts as all.", "own", dateOwn},
	{"clientApps.legacy", "Legacy client apps are judged like others: multifactor authentication stays open for them.", "own", dateOwn},
	{"clientApps.easSupported", "\"easSupported\" matches Exchange ActiveSync on some platforms only, which are not told.", "own", dateOwn},
	{"platforms.listed", "The platform has to be included.", "CND", dateCND},
	{"platforms.all", "\"all\" matches every platform, also those Entra does not know.", "CSDL", dateCSD},
	{"platforms.exclude", "An excluded platform is not matched.", "CND", dateCND},
	{"locations.all", "\"All\" is any address, named or not, known or not.", "NET", dateNET},
	{"locations.allTrusted", "\"AllTrusted\" is every IP location that is marked as trusted.", "NET", dateNET},
	{"locations.exclude", "An excluded location is not matched, though an included one is.", "NET", dateNET},
	{"locations.ipv4", "An IP location is matched by its IPv4 ranges.", "NET", dateNET},
	{"locations.ipv6", "An IP location is matched by its IPv6 ranges.", "NET", dateNET},
	{"locations.mapped", "An IPv4 address or range written as IPv6 is IPv4, and a range without a length is one address.", "own", dateOwn},
	{"locations.country", "A country location is matched by the country of the address.", "NET", dateNET},
	{"locations.unmapped", "An address without a country is matched where the location includes unknown countries.", "NET", dateNET},
	{"locations.countryTrust", "A country location is never trusted.", "NET", dateNET},
	{"locations.gps", "A country told by the position of a phone is unknown.", "own", dateOwn},
	{"locations.otherKind", "A location of a kind that is not modelled, such as a compliant network, is unknown.", "own", dateOwn},
	{"locations.unmodelled", "A location that says more than is modelled may hold any place.", "own", dateOwn},
	{"locations.badRange", "A range that cannot be read may hold any address.", "own", dateOwn},
	{"locations.dangling", "A location that is not in the tenant's list is unknown.", "own", dateOwn},
	{"locations.mfaTrustedIPs", "The trusted addresses of legacy multifactor settings, which Graph does not show, are assumed to be none.", "own", dateOwn},
	{"locations.unread", "Where named locations were not read in full, \"AllTrusted\" may hold more addresses.", "own", dateOwn},
	{"signInRisk.exact", "A sign-in risk is matched by its very level: high does not match medium.", "CND", dateCND},
	{"userRisk.exact", "A user risk is matched by its very level.", "CND", dateCND},
	{"insiderRisk.exact", "An insider risk is matched by its very level.", "CSDL", dateCSD},
	{"flows.listed", "A transfer method has to be listed.", "CSDL", dateCSD},
	{"flows.none", "The transfer method \"none\" alone may mean any sign-in, or one without a transfer.", "own", dateOwn},
	{"levels.every", "A list of every level there is does not depend on the level.", "own", dateOwn},
	{"devices.include", "A device filter that includes applies to devices for which the rule is true.", "DEV", dateDEV},
	{"devices.exclude", "A device filter that excludes skips devices for which the rule is true.", "DEV", dateDEV},
	{"devices.nullPositive", "All attributes of an unregistered device are null, and -eq, -in, -contains and the like are false of null.", "DEV", dateDEV},
	{"devices.nullNegative", "Negative operators, such as -ne, are true of null: of an unregistered device.", "DEV", dateDEV},
	{"devices.extension", "Extension attributes are null unless the device is managed by Intune, compliant or hybrid joined.", "DEV", dateDEV},
	{"devices.collection", "-contains looks for a whole element in physicalIds and systemLabels, and for a part of other texts.", "DEV", dateDEV},
	{"devices.attribute", "An attribute of a registered device that is not given is unknown.", "own", dateOwn},
	{"devices.partlyTold", "A device of which an attribute is told is registered, since all attributes of others are null.", "DEV", dateDEV},
	{"devices.unparsable", "A rule that cannot be read is unknown.", "own", dateOwn},
	{"devices.mode", "A filter whose mode is neither include nor exclude is unknown.", "own", dateOwn},
	{"conditions.absent", "A member of the sign-in that is not given makes a condition unknown only if the answer depends on it.", "own", dateOwn},
	{"conditions.unmodelled", "A condition that is not modelled and says something is unknown.", "own", dateOwn},
	{"conditions.unmodelledPart", "A condition with a part that is not modelled and says something never says no.", "own", dateOwn},
	{"conditions.annotation", "Annotations, null and empty values of members that are not modelled say nothing.", "own", dateOwn},

	{"control.block", "\"block\" is met by nobody.", "POL", datePOL},
	{"control.mfa", "\"mfa\" is met by the combinations of the built-in strength Multifactor authentication.", "STR", dateSTR},
	{"control.externalMethod", "An external authentication method meets \"mfa\", and no strength.", "STR", dateSTR},
	{"control.compliantDevice", "\"compliantDevice\" is met by a registered device that is reported compliant.", "GRT", dateGRT},
	{"control.domainJoinedDevice", "\"domainJoinedDevice\" is met by a hybrid joined device: trust type ServerAD.", "GRT", dateGRT},
	{"control.approvedApplication", "\"approvedApplication\" is met by an approved app; its announced retirement is assumed not to have happened. With the switch approvedApplicationRetired it is unknown.", "GRT", dateGRT},
	{"control.compliantApplication", "\"compliantApplication\" is met by an app with a protection policy.", "GRT", dateGRT},
	{"control.passwordChange", "\"passwordChange\" can be met in the sign-in: it is open.", "GRT", dateGRT},
	{"control.termsOfUse", "Terms of use can be accepted in the sign-in: they are open.", "GRT", dateGRT},
	{"control.customFactor", "A custom control is unknown.", "own", dateOwn},
	{"control.riskRemediation", "\"riskRemediation\" is unknown.", "own", dateOwn},
	{"control.unmodelled", "A grant control that is not modelled is unknown.", "own", dateOwn},
	{"grant.and", "AND takes the worst control.", "POL", datePOL},
	{"grant.or", "OR takes the best control.", "POL", datePOL},
	{"grant.single", "With one control the operator says nothing.", "EVA", dateEVA},
	{"grant.operator", "With several controls and no known operator both AND and OR are looked at.", "own", dateOwn},
	{"grant.null", "A policy without grant controls asks for nothing.", "CSDL", dateCSD},
	{"using.absent", "Where the methods used are not given, \"mfa\" and strengths are open.", "own", dateOwn},
	{"using.fact", "The methods used are taken as fact, registered or not.", "own", dateOwn},
	{"strength.builtIn", "The three built-in strengths are known by their ids, without the tenant's list.", "STR", dateSTR},
	{"strength.tenant", "The tenant's own list of a strength's combinations is the one that counts.", "STR", dateSTR},
	{"strength.inline", "A strength that is not in the list is taken as the policy itself spells it out.", "CSDL", dateCSD},
	{"strength.idOnly", "A strength of which only the id is known is unknown.", "own", dateOwn},
	{"strength.nameOnly", "A strength of which only the name is known is unknown.", "own", dateOwn},
	{"strength.set", "A combination is a set: met if all its methods were used, in whatever order.", "STH", dateSTH},
	{"strength.pass", "A one-time and a reusable Temporary Access Pass are two methods.", "STR", dateSTR},
	{"strength.two", "Two strengths of two policies both have to be met.", "STH", dateSTH},
	{"strength.aaguid", "A passkey counts only if its model (AAGUID) is one that the combination allows.", "STA", dateSTA},
	{"strength.aaguidUnknown", "Without the AAGUID such a combination is unknown.", "own", dateOwn},
	{"strength.certificate", "A combination limited by issuer or policy of certificates is unknown.", "own", dateOwn},
	{"strength.limitUnknown", "A limit that is not modelled, or a method that is newer than this program, leaves a combination unknown.", "own", dateOwn},
	{"strength.limitForAny", "A limit that names no combinations holds for all that it could be about.", "own", dateOwn},
	{"strength.appliesTo", "A limit holds for the combinations it names; their members may be in any order.", "STA", dateSTA},

	{"verdict.granted", "A sign-in that no policy refuses and that needs nothing is granted.", "POL", datePOL},
	{"verdict.needs", "One open policy makes a sign-in need something, however many are met.", "POL", datePOL},
	{"verdict.blocked", "One policy that refuses blocks the sign-in, whatever others ask for.", "POL", datePOL},
	{"verdict.alternatives", "Under OR what can still be met is listed as alternatives.", "own", dateOwn},
	{"verdict.undetermined", "Where the kindest and the harshest reading of all unknowns differ, the verdict is undetermined.", "own", dateOwn},
	{"verdict.unknown", "Only those absent members are named whose value could change the verdict.", "own", dateOwn},
	{"verdict.incomplete", "Where policies may be missing, nothing is granted; a block stays one.", "own", dateOwn},
	{"verdict.noPolicies", "Where Graph answered that there are no policies, everything is granted.", "own", dateOwn},
}
