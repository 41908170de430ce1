package graphsim

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/snapshot"
)

// WhatIfAnswer is what What-If says of one policy whatever the snapshot says, for
// making it contradict an evaluator.
type WhatIfAnswer struct {
	UserID   string // empty: of every user
	PolicyID string
	Applies  bool
	Reasons  string // a flag of whatIfAnalysisReasons, such as users; empty where it applies
}

// ParseWhatIf reads a list of answers: JSON objects with userId, policyId,
// policyApplies and analysisReasons.
func ParseWhatIf(text []byte) ([]WhatIfAnswer, error) {
	var list []struct {
		UserID   string `json:"userId"`
		PolicyID string `json:"policyId"`
		Applies  bool   `json:"policyApplies"`
		Reasons  string `json:"analysisReasons"`
	}
	if err := json.Unmarshal(text, &list, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("reading answers of What-If: %w", err)
	}
	var answers []WhatIfAnswer
	for _, a := range list {
		if a.PolicyID == "" {
			return nil, errors.New("an answer of What-If names no policyId")
		}
		answers = append(answers, WhatIfAnswer(a))
	}
	return answers, nil
}

// whatIf answers conditionalAccess/evaluate: every recorded policy with whether it
// applies, or the first reason why not, as Graph gives one. The simulator has its own
// plain reading of policies for this; where it has none it answers
// notEnoughInformation. Source: conditionalAccessRoot: evaluate (v1.0, 2025-07-08).
func (c *call) whatIf() (*answer, error) {
	in, err := c.whatIfSignIn()
	if err != nil {
		return nil, err
	}
	policies, err := c.server.store.table(snapshot.ConditionalAccessPolicies)
	if err != nil {
		return nil, err
	}
	only, _ := lookup(c.body, "appliedPoliciesOnly")
	var results []jsontext.Value
	for i := range policies.rows {
		row, err := policies.row(i)
		if err != nil {
			return nil, err
		}
		reason, err := in.excludedBy(row)
		if err != nil {
			return nil, err
		}
		applies := reason == ""
		for _, a := range c.server.options.WhatIf {
			if strings.EqualFold(a.PolicyID, textMember(row, "id")) && (a.UserID == "" || strings.EqualFold(a.UserID, in.user)) {
				applies, reason = a.Applies, a.Reasons
			}
		}
		if !applies && only.Kind() == 't' {
			continue
		}
		if reason == "" {
			reason = "notSet"
		}
		results = append(results, withResult(row, applies, reason))
	}
	return c.list(sliceRows(results, nil), wholeAnswer)
}

func withResult(row jsontext.Value, applies bool, reason string) jsontext.Value {
	head := fmt.Sprintf(`{"policyApplies":%t,"analysisReasons":%s`, applies, quote(reason))
	rest := bytes.TrimSpace(row[1:])
	if len(rest) > 0 && rest[0] != '}' {
		head += ","
	}
	return append([]byte(head), rest...)
}

// whatIfSignIn is the sign-in that is asked about, with what the snapshot knows of
// the user.
type whatIfSignIn struct {
	store     *store
	user      string
	app       string
	action    string // urn of the user action
	context   string
	given     jsontext.Value // signInConditions
	groups    []string
	allGroups bool
	roles     []string // template ids
	guest     string   // kind of external user; empty for others
}

// userActions gives the urn of each user action that can be asked about.
var userActions = map[string]string{
	"registersecurityinformation": "urn:user:registersecurityinfo",
	"registerorjoindevices":       "urn:user:registerdevice",
}

func (c *call) whatIfSignIn() (*whatIfSignIn, error) {
	in := &whatIfSignIn{store: c.server.store}
	id := textMember(c.body, "signInIdentity", "userId")
	if !strings.EqualFold(textMember(c.body, "signInIdentity", "@odata.type"), "#microsoft.graph.userSignIn") || id == "" {
		return nil, badRequest("signInIdentity has to be a userSignIn with a userId. The simulator knows no workload identities.")
	}
	switch kind := textMember(c.body, "signInContext", "@odata.type"); strings.ToLower(kind) {
	case "#microsoft.graph.applicationcontext":
		apps, _ := lookup(c.body, "signInContext", "includeApplications")
		list := texts(apps)
		if len(list) != 1 {
			return nil, badRequest("includeApplications has to name one application.")
		}
		in.app = list[0]
	case "#microsoft.graph.useractioncontext":
		name := textMember(c.body, "signInContext", "userAction")
		if in.action = userActions[strings.ToLower(name)]; in.action == "" {
			return nil, badRequest("'%s' is no user action.", name)
		}
	case "#microsoft.graph.authcontext":
		in.context = textMember(c.body, "signInContext", "authenticationContextValue")
	default:
		return nil, badRequest("signInContext has no known type: '%s'.", kind)
	}
	in.given, _ = lookup(c.body, "signInConditions")
	user, err := c.findUser(id)
	if err != nil {
		return nil, err
	}
	in.user = textMember(user, "id")
	in.guest = guestKind(user)
	if in.groups, in.allGroups, err = in.store.groupsOf(in.user); err != nil {
		return nil, err
	}
	return in, in.findRoles()
}

func guestKind(user jsontext.Value) string {
	external := strings.Contains(strings.ToUpper(textMember(user, "userPrincipalName")), "#EXT#")
	switch guest := strings.EqualFold(textMember(user, "userType"), "Guest"); {
	case guest && external:
		return "b2bCollaborationGuest"
	case guest:
		return "internalGuest"
	case external:
		return "b2bCollaborationMember"
	default:
		return ""
	}
}

// findRoles finds the roles that the user, or a group of the user, holds for the
// whole tenant.
func (in *whatIfSignIn) findRoles() error {
	t, err := in.store.rows(snapshot.RoleAssignments)
	if err != nil {
		return err
	}
	for i := range t.rows {
		row, err := t.row(i)
		if err != nil {
			return err
		}
		who := textMember(row, "principalId")
		if scope := textMember(row, "directoryScopeId"); scope != "" && scope != "/" || !strings.EqualFold(who, in.user) && !containsFold(in.groups, who) {
			continue
		}
		role := textMember(row, "roleDefinition", "templateId")
		if role == "" {
			role = textMember(row, "roleDefinitionId")
		}
		in.roles = append(in.roles, role)
	}
	return nil
}

const notEnough = "notEnoughInformation"

// excludedBy is the first reason why a policy does not apply; empty where it does.
func (in *whatIfSignIn) excludedBy(policy jsontext.Value) (string, error) {
	if strings.EqualFold(textMember(policy, "state"), "disabled") {
		return "policyNotEnabled", nil
	}
	conditions, _ := lookup(policy, "conditions")
	if reason := in.users(conditions); reason != "" {
		return reason, nil
	}
	if reason := in.target(conditions); reason != "" {
		return reason, nil
	}
	for _, c := range []struct {
		member, given, reason string
	}{
		{"clientAppTypes", "clientAppType", "clientApps"},
		{"signInRiskLevels", "signInRiskLevel", "signInRisk"},
		{"userRiskLevels", "userRiskLevel", "userRisk"},
		{"insiderRiskLevels", "insiderRiskLevel", "insiderRisk"},
	} {
		if list := namesAt(conditions, c.member); len(list) > 0 && !containsFold(list, "all") && !containsFold(list, textMember(in.given, c.given)) {
			return c.reason, nil
		}
	}
	if !in.listed(conditions, "platforms", "Platforms", textMember(in.given, "devicePlatform")) {
		return "devicePlatform", nil
	}
	if flows := namesAt(conditions, "authenticationFlows", "transferMethods"); len(flows) > 0 && !containsFold(flows, textMember(in.given, "authenticationFlow", "transferMethod")) {
		return "authenticationFlow", nil
	}
	if reason, err := in.location(conditions); reason != "" || err != nil {
		return reason, err
	}
	return in.device(conditions), nil
}

// namesAt lists the texts of a list, or of flags written as one text.
func namesAt(raw jsontext.Value, path ...string) []string {
	v, _ := lookup(raw, path...)
	if v.Kind() != '"' {
		return texts(v)
	}
	var list []string
	for name := range strings.SplitSeq(unquote(v), ",") {
		if name = strings.TrimSpace(name); name != "" {
			list = append(list, name)
		}
	}
	return list
}

// listed tells whether a condition with an include and an exclude list takes a value.
func (in *whatIfSignIn) listed(conditions jsontext.Value, name, suffix, value string) bool {
	include, exclude := namesAt(conditions, name, "include"+suffix), namesAt(conditions, name, "exclude"+suffix)
	if len(include)+len(exclude) == 0 {
		return true
	}
	takes := func(list []string) bool {
		return containsFold(list, "all") || value != "" && containsFold(list, value)
	}
	return (len(include) == 0 || takes(include)) && !takes(exclude)
}

func (in *whatIfSignIn) users(conditions jsontext.Value) string {
	has := func(which string) bool {
		ids := namesAt(conditions, "users", which+"Users")
		if containsFold(ids, "All") || containsFold(ids, in.user) || in.guest != "" && containsFold(ids, "GuestsOrExternalUsers") {
			return true
		}
		if in.guest != "" && containsFold(namesAt(conditions, "users", which+"GuestsOrExternalUsers", "guestOrExternalUserTypes"), in.guest) {
			return true
		}
		return slices.ContainsFunc(namesAt(conditions, "users", which+"Groups"), func(id string) bool { return containsFold(in.groups, id) }) ||
			slices.ContainsFunc(namesAt(conditions, "users", which+"Roles"), func(id string) bool { return containsFold(in.roles, id) })
	}
	switch {
	case !in.allGroups && len(namesAt(conditions, "users", "includeGroups"))+len(namesAt(conditions, "users", "excludeGroups")) > 0:
		return notEnough
	case !has("include") || has("exclude"):
		return "users"
	default:
		return ""
	}
}

// suiteApps are applications of the suites that policies name. The list is short on
// purpose: what is asked about are these.
var suiteApps = map[string][]string{
	"office365":             {"00000002-0000-0ff1-ce00-000000000000", "00000003-0000-0ff1-ce00-000000000000", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"},
	"microsoftadminportals": {"c44b4083-3bb0-49c1-b47d-974e53cbdf3c"},
}

func (in *whatIfSignIn) target(conditions jsontext.Value) string {
	at := func(member string) []string { return namesAt(conditions, "applications", member) }
	apps := at("includeApplications")
	switch {
	case in.action != "":
		if !containsFold(at("includeUserActions"), in.action) && !containsFold(apps, "All") {
			return "userActions"
		}
	case in.context != "":
		if !containsFold(at("includeAuthenticationContextClassReferences"), in.context) {
			return "authenticationContext"
		}
	default:
		has := func(list []string) bool {
			return slices.ContainsFunc(list, func(id string) bool {
				return strings.EqualFold(id, "All") || strings.EqualFold(id, in.app) || containsFold(suiteApps[strings.ToLower(id)], in.app)
			})
		}
		if rule, found := lookup(conditions, "applications", "applicationFilter"); found && rule.Kind() == '{' {
			return notEnough
		}
		if !has(apps) || has(at("excludeApplications")) {
			return "application"
		}
	}
	return ""
}

func (in *whatIfSignIn) location(conditions jsontext.Value) (string, error) {
	include, exclude := namesAt(conditions, "locations", "includeLocations"), namesAt(conditions, "locations", "excludeLocations")
	if len(include)+len(exclude) == 0 {
		return "", nil
	}
	inside, err := in.within(include)
	if err != nil {
		return "", err
	}
	outside, err := in.within(exclude)
	if err != nil {
		return "", err
	}
	if !inside || outside {
		return "location", nil
	}
	return "", nil
}

// within tells whether the sign-in comes from one of some places.
func (in *whatIfSignIn) within(ids []string) (bool, error) {
	if containsFold(ids, "All") {
		return true, nil
	}
	t, err := in.store.rows(snapshot.NamedLocations)
	if err != nil {
		return false, err
	}
	ip, _ := netip.ParseAddr(textMember(in.given, "ipAddress"))
	for i := range t.rows {
		row, err := t.row(i)
		if err != nil {
			return false, err
		}
		trusted, _ := lookup(row, "isTrusted")
		if !containsFold(ids, textMember(row, "id")) && (trusted.Kind() != 't' || !containsFold(ids, "AllTrusted")) {
			continue
		}
		if country := textMember(in.given, "country"); country != "" && containsFold(namesAt(row, "countriesAndRegions"), country) {
			return true, nil
		}
		ranges, err := elements(row, "ipRanges")
		if err != nil {
			return false, err
		}
		for _, r := range ranges {
			if p, err := netip.ParsePrefix(textMember(r, "cidrAddress")); err == nil && p.Contains(ip) {
				return true, nil
			}
		}
	}
	return false, nil
}

func (in *whatIfSignIn) device(conditions jsontext.Value) string {
	rule := textMember(conditions, "devices", "deviceFilter", "rule")
	if rule == "" {
		return ""
	}
	info, _ := lookup(in.given, "deviceInfo")
	matches, err := matchDevice(rule, info)
	switch exclude := strings.EqualFold(textMember(conditions, "devices", "deviceFilter", "mode"), "exclude"); {
	case err != nil:
		return notEnough
	case matches == exclude:
		return "devices"
	default:
		return ""
	}
}
