package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// Condition names one condition of a policy, as decisions write it.
type Condition uint8

const (
	Users Condition = iota
	Applications
	UserActions
	Contexts
	ClientAppTypes
	Platforms
	Locations
	Devices
	SignInRisk
	UserRisk
	InsiderRisk
	AuthenticationFlows
	// PolicyState is unsure where a policy's state is not one that is known: it may
	// be disabled.
	PolicyState
	// Other stands for everything in a policy's conditions that is not modelled.
	Other
	conditionCount
)

var conditionNames = []string{
	"users", "applications", "userActions", "authenticationContext", "clientAppTypes", "platforms", "locations", "devices",
	"signInRisk", "userRisk", "insiderRisk", "authenticationFlows", "state", "other",
}

func (c Condition) String() string { return conditionNames[c] }

// answer is what one condition says of one sign-in, and on which missing members
// an unsure answer hangs. An unsure answer that hangs on none hangs on something
// the policy or the snapshot does not say.
type answer struct {
	value tri.Value
	needs members
}

func certainly(b bool) answer { return answer{value: tri.Of(b)} }

var (
	yes    = answer{value: tri.Yes}
	no     = answer{value: tri.No}
	unsure = answer{value: tri.Unsure}
)

func (a answer) not() answer { return answer{a.value.Not(), a.needs} }

func (a answer) or(b answer) answer {
	v := a.value.Or(b.value)
	return settle(v, a, b)
}

func (a answer) and(b answer) answer {
	v := a.value.And(b.value)
	return settle(v, a, b)
}

// settle keeps of two answers the members on which the result still hangs.
func settle(v tri.Value, a, b answer) answer {
	out := answer{value: v}
	if v != tri.Unsure {
		return out
	}
	if a.value == tri.Unsure {
		out.needs |= a.needs
	}
	if b.value == tri.Unsure {
		out.needs |= b.needs
	}
	return out
}

// test is a compiled condition. nil matches everything.
type test func(*SignIn) answer

// textTest compiles a condition on one text. Where the text is missing the answer
// is certain if it is the same for every value the text could have.
func textTest(member Member, of func(*SignIn) Input, values []string, judge func(text string) answer) test {
	first, agree := judge(values[0]), true
	for _, v := range values[1:] {
		agree = agree && judge(v).value == first.value
	}
	if agree && first.value == tri.Yes {
		return nil
	}
	return func(s *SignIn) answer {
		switch in := of(s); {
		case in.Known:
			return judge(in.Text)
		case agree:
			return first
		default:
			return answer{tri.Unsure, only(member)}
		}
	}
}

// matchList tells whether a text is in a list. A word that is none of the known
// ones may stand for any text that is not listed.
func matchList(text string, list, known []string) answer {
	a := no
	for _, v := range list {
		switch {
		case strings.EqualFold(v, text):
			return yes
		case !hasFold(known, v):
			a = unsure
		}
	}
	return a
}

func hasFold(list []string, text string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, text) })
}

// strangers reports the words of a list that are not known.
func strangers(list, known []string, where string, problem func(where, what string)) {
	for _, v := range list {
		if !hasFold(known, v) {
			problem(where, "\""+v+"\" is no value this program knows")
		}
	}
}

// clientAppTest compiles clientAppTypes. An empty list, found in very old
// policies, counts as all (UNCERTAIN in CND, concept-conditional-access-conditions,
// 2023-07-17). The type easSupported depends on the platform of Exchange
// ActiveSync in a way that is not documented.
func clientAppTest(types []string, problem func(where, what string)) test {
	if len(types) == 0 || hasFold(types, "all") {
		return nil
	}
	known := append([]string{"easSupported"}, clientApps...)
	strangers(types, known, "conditions.clientAppTypes", problem)
	limited := hasFold(types, "easSupported") && !hasFold(types, "exchangeActiveSync")
	if limited {
		problem("conditions.clientAppTypes", "on which platforms \"easSupported\" stands for Exchange ActiveSync is not documented")
	}
	return textTest(MemberClientAppType, func(s *SignIn) Input { return s.ClientAppType }, clientApps, func(text string) answer {
		a := matchList(text, types, known)
		if limited && a.value == tri.No && strings.EqualFold(text, "exchangeActiveSync") {
			return unsure
		}
		return a
	})
}

// platformTest compiles platforms: any include, and no exclude; exclude always
// wins. "all" also matches platforms that Entra does not know. Sources: CSDL (Graph
// v1.0 metadata, 2026-08), CND (2023-07-17); USR
// (concept-conditional-access-users-groups, 2024-01-23) for exclude.
func platformTest(p *entra.ConditionalAccessPlatforms, problem func(where, what string)) test {
	if p == nil || len(p.IncludePlatforms) == 0 && len(p.ExcludePlatforms) == 0 {
		return nil
	}
	known := append([]string{"all"}, platforms...)
	strangers(p.IncludePlatforms, known, "conditions.platforms.includePlatforms", problem)
	strangers(p.ExcludePlatforms, known, "conditions.platforms.excludePlatforms", problem)
	every := len(p.IncludePlatforms) == 0 || hasFold(p.IncludePlatforms, "all")
	none := hasFold(p.ExcludePlatforms, "all")
	values := slices.Concat(platforms, p.IncludePlatforms, p.ExcludePlatforms, []string{""}) // "": one Entra does not know
	return textTest(MemberPlatform, func(s *SignIn) Input { return s.Platform }, values, func(text string) answer {
		in := certainly(every).or(matchList(text, p.IncludePlatforms, known))
		out := certainly(none).or(matchList(text, p.ExcludePlatforms, known))
		return in.and(out.not())
	})
}

// levelTest compiles a list of risk levels or transfer methods: exact membership,
// so that ["high"] does not match medium. Source: CND (2023-07-17). A list of
// every level there is does not depend on the level.
func levelTest(member Member, of func(*SignIn) Input, levels, every []string, where string, problem func(where, what string)) test {
	if len(levels) == 0 {
		return nil
	}
	strangers(levels, every, where, problem)
	return textTest(member, of, every, func(text string) answer { return matchList(text, levels, every) })
}

// flowTest compiles transfer methods. As a flag "none" is the absence of all others:
// alone, it may mean that nothing is configured, or sign-ins without a transfer.
func flowTest(methods entra.Flags, problem func(where, what string)) test {
	const where = "conditions.authenticationFlows.transferMethods"
	of := func(s *SignIn) Input { return s.Transfer }
	if !strings.EqualFold(string(methods), "none") {
		return levelTest(MemberTransfer, of, methods.Members(), transferModes, where, problem)
	}
	problem(where, "whether \"none\" alone means any sign-in or those without a transfer is not documented")
	return textTest(MemberTransfer, of, transferModes, func(text string) answer {
		if strings.EqualFold(text, "none") {
			return yes
		}
		return unsure
	})
}

var (
	clientApps    = []string{"browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"}
	platforms     = []string{"android", "iOS", "windows", "windowsPhone", "macOS", "linux"}
	riskLevels    = []string{"none", "low", "medium", "high", "hidden"}
	insiderLevels = []string{"none", "minor", "moderate", "elevated"}
	transferModes = []string{"none", "deviceCodeFlow", "authenticationTransfer"}
)

// deviceTest compiles a device filter. Mode include applies to devices for which
// the rule is true, mode exclude skips them. Source: DEV
// (concept-condition-filters-for-devices, 2025-04-08).
func deviceTest(f *Filter, mode string) test {
	uses := f.Properties()
	if f.extension { // what tells whether extension attributes can be read
		uses = append(uses, "mdmAppId", "isCompliant", "trustType")
	}
	match := func(s *SignIn) answer {
		v := f.Match(s.Device)
		if v == tri.Unsure && !s.Device.tells(uses) {
			return answer{v, only(MemberDevice)}
		}
		return answer{value: v}
	}
	switch strings.ToLower(mode) {
	case "include":
		return match
	case "exclude":
		return func(s *SignIn) answer { return match(s).not() }
	default:
		return func(*SignIn) answer { return unsure }
	}
}
