// Package coverageisnarrowerthanitlooks finds ways around policies that ask everybody,
// or every administrator, for phishing-resistant authentication.
package coverageisnarrowerthanitlooks

import (
	"context"
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-003.
var Check = &audit.Check{
	ID:       "PK-POST-003",
	Slug:     "coverage-is-narrower-than-it-looks",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.High,
	Reads: []audit.Read{
		// A policy that is not there could close a gap, or have one.
		{Section: snapshot.ConditionalAccessPolicies},
		{Section: snapshot.Users, Gap: audit.Hides},
		// Of these the check says itself about whom it could not tell.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, privilege.Roles, access.Classes},
	Run:   run,
}

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	roles, err := audit.Get(ctx, p, privilege.Roles)
	if err != nil {
		return err
	}
	classed, err := audit.Get(ctx, p, access.Classes)
	if err != nil {
		return err
	}
	policies, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	strengths := map[string]*entra.AuthenticationStrengthPolicy{}
	for o, err := range audit.Objects[entra.AuthenticationStrengthPolicy](ctx, p, snapshot.AuthenticationStrengths) {
		if err != nil {
			return err
		}
		strengths[strings.ToLower(o.Value.ID)] = &o.Value
	}
	j := &judgement{p: p, dir: dir, classed: classed, reported: map[string]audit.Set{}, judged: map[string]judged{}}
	wide, reportOnly := 0, 0
	for i, q := range policies {
		who := looksWide(&q.Value)
		if who == nobodyInParticular {
			continue
		}
		asks := resistant(q.Value.GrantControls, strengths)
		switch state := classed.Policies[i].State; {
		case asks == audit.No || state == conditionalaccess.Disabled:
			continue
		case state == conditionalaccess.ReportOnly:
			reportOnly++
			continue
		case asks == audit.Unsure:
			wide++
			p.Lacks(snapshot.AuthenticationStrengths, audit.Hides, fmt.Sprintf("which methods the strength of the policy %q admits is not known", q.Value.DisplayName))
			continue
		case state != conditionalaccess.Enabled:
			wide++
			p.Lacks(snapshot.ConditionalAccessPolicies, audit.Hides, fmt.Sprintf("whether the policy %q is enforced is not known: its state is %q", q.Value.DisplayName, q.Value.State))
			continue
		}
		wide++
		c := candidate{index: i, who: who, policy: &q.Value, raw: q.Raw}
		if who == allUsers {
			c.audience = audit.Certainly(dir.People)
		} else {
			for _, role := range catalogue.TemplateOf(catalogue.TemplateResistantAdmins).IncludeRoles() {
				c.audience = c.audience.Or(roles.Of(role))
			}
			c.audience = c.audience.Within(dir.People)
		}
		j.judge(&c)
	}
	if wide == 0 {
		reason := "no policy asks all users, or all privileged roles, for phishing-resistant authentication"
		if reportOnly > 0 {
			reason = "nothing is enforced: policies that ask all users, or all privileged roles, for phishing-resistant authentication are report-only"
		}
		p.NotApplicable(reason)
	}
	return nil
}

// candidate is a policy that looks wide.
type candidate struct {
	index    int
	who      included
	audience audit.Partly
	policy   *entra.ConditionalAccessPolicy
	raw      entra.Raw
}

type judgement struct {
	p        *audit.Pass
	dir      *population.Directory
	classed  *access.Classed
	coverage *access.Coverage
	// reported is, by cause, who is in a finding already: two policies that miss the
	// same sign-ins of the same people are one gap.
	reported map[string]audit.Set
	// judged is what gaps said for the same policy and the same open sign-ins.
	judged map[string]judged
}

type judged struct {
	gaps      []gap
	undecided bool
}

// weaker are all methods that are not phishing-resistant, without passes.
var weaker = []string{
	"password", "microsoftAuthenticatorPush", "deviceBasedPush", "softwareOath", "hardwareOath", "sms", "voice",
	"x509CertificateSingleFactor", "federatedSingleFactor", "federatedMultiFactor", "externalAuthenticationMethod",
}

// anyResource is Windows Azure Active Directory, which every sign-in asks for sooner
// or later and which is in none of the suites that policies name.
const anyResource = "00000002-0000-0000-c000-000000000000"

// forRegistering are resources whose exclusion Microsoft documents, or people were
// seen to need, for registering a passkey or enrolling a device; they are no way to
// anything else. Sources: AUT (how-to-register-passkey-authenticator, 2026-07), CMP
// (policy-all-users-device-compliance, 2025-03).
var forRegistering = []string{
	"6aa00308-ea33-4caa-90d6-ae905d8cb51b", // Microsoft Authenticator Credential Registration
	"ea890292-c8c8-4433-b5ea-b09d0668e1a6", // Azure Credential Configuration Endpoint Service
	"d4ebce55-015a-49b5-a083-c84d1797ae8c", // Microsoft Intune Enrollment
}

// question is whether somebody without a phishing-resistant method gets in, from the
// device that meets most controls.
func question() access.Question {
	device := func(trust, compliant string) conditionalaccess.Device {
		d, err := conditionalaccess.NewDevice().With("trustType", conditionalaccess.Text(trust))
		if err == nil {
			d, err = d.With("isCompliant", conditionalaccess.Text(compliant))
		}
		if err != nil {
			panic(err) // the names are those of the filter's properties
		}
		return d
	}
	return access.Question{
		Target: conditionalaccess.Target{Kind: conditionalaccess.App, ID: anyResource},
		Using:  weaker,
		Devices: []access.LabelledDevice{
			{Label: "compliant hybrid joined devices", Device: device("ServerAD", "True")},
			{Label: "compliant Entra joined devices", Device: device("AzureAD", "True")},
			{Label: "registered devices that are not compliant", Device: device("Workplace", "False")},
			{Label: "devices that are not registered", Device: conditionalaccess.Unregistered()},
		},
	}
}

func (j *judgement) judge(c *candidate) {
	if j.coverage == nil {
		j.coverage = j.classed.Coverage(question())
	}
	byCause := map[string]*gap{}
	var unsurePeople, unsureRole audit.Set
	for _, class := range j.classed.List {
		people := class.Members.And(c.audience.Yes)
		maybe := class.Members.And(c.audience.Maybe)
		if people.Empty() && maybe.Empty() {
			continue
		}
		users := j.classed.Users(class.First)
		open, unsure := j.coverage.Open(users)
		gaps, undecided := j.remembered(c, users, open, unsure)
		if undecided {
			unsurePeople = unsurePeople.Or(people)
		}
		if len(gaps) > 0 || undecided {
			unsureRole = unsureRole.Or(maybe)
		}
		for _, g := range gaps {
			known := byCause[g.cause]
			if known == nil {
				known = &gap{cause: g.cause, condition: g.condition}
				byCause[g.cause] = known
			}
			known.merge(g, people)
		}
	}
	for _, cause := range causes() {
		g := byCause[cause]
		if g == nil {
			continue
		}
		people := g.people.Minus(j.reported[cause])
		j.reported[cause] = j.reported[cause].Or(g.people)
		unsurePeople = unsurePeople.Minus(g.people)
		j.report(c, g, people)
	}
	j.lacks(c, unsurePeople, unsureRole)
}

// remembered is gaps, once for all classes of which the same is open and nothing is
// unsure: there may be thousands of classes, and of sign-ins.
func (j *judgement) remembered(c *candidate, users func(int) audit.Tri, open, unsure []int) ([]gap, bool) {
	if len(unsure) > 0 {
		return j.gaps(c, users, open, unsure)
	}
	key := fmt.Sprint(c.index, users(c.index), open)
	known, found := j.judged[key]
	if !found {
		known.gaps, known.undecided = j.gaps(c, users, open, nil)
		j.judged[key] = known
	}
	return known.gaps, known.undecided
}

// lacks says about whom it is not known whether the policies stop them everywhere.
func (j *judgement) lacks(c *candidate, people, role audit.Set) {
	if !role.Empty() {
		j.p.Lacks(snapshot.RoleAssignments, audit.Hides,
			fmt.Sprintf("whether %s a privileged role is not known, and not all their sign-ins need phishing-resistant authentication", audit.PeopleDo(role.Count(), "has", "have")))
	}
	if people.Empty() {
		return
	}
	what := fmt.Sprintf("whether %s can sign in without phishing-resistant authentication is not known", audit.PeoplePhrase(people.Count()))
	var sections []snapshot.SectionID
	var membership audit.Set
	for i, reach := range j.classed.Reach {
		if j.classed.Policies[i].State != conditionalaccess.Disabled {
			membership = membership.Or(reach.Maybe)
		}
	}
	if !membership.And(people).Empty() {
		section := snapshot.GroupMembers
		if j.p.Status(snapshot.RoleAssignments).State != snapshot.Complete {
			section = snapshot.RoleAssignments
		}
		sections = append(sections, section)
	}
	if j.p.Status(snapshot.NamedLocations).State != snapshot.Complete && slices.ContainsFunc(j.classed.Policies, func(p *conditionalaccess.Policy) bool {
		return p.State == conditionalaccess.Enabled && p.Conditional(conditionalaccess.Locations)
	}) {
		sections = append(sections, snapshot.NamedLocations)
	}
	if len(sections) == 0 {
		// What a policy says is not modelled, or is not said.
		sections = append(sections, snapshot.ConditionalAccessPolicies)
	}
	for _, section := range sections {
		j.p.Lacks(section, audit.Hides, what)
	}
}

// alsoOut counts what the policy leaves out and is not counted: exclusions that are
// recommended, or a matter of other checks.
func (j *judgement) alsoOut(c *candidate) string {
	if c.who != allUsers {
		return ""
	}
	out := j.dir.Enabled.Minus(j.classed.Reach[c.index].Possible())
	var parts []string
	add := func(set audit.Set, one, many string) {
		if n := set.And(out).Count(); n > 0 {
			parts = append(parts, audit.CountPhrase(n, one, many))
		}
	}
	add(j.dir.OfKind(population.Emergency), "emergency account", "emergency accounts")
	add(j.dir.OfKind(population.Sync), "account of directory synchronisation", "accounts of directory synchronisation")
	add(j.dir.Guests, "guest", "guests")
	if len(parts) == 0 {
		return ""
	}
	return " Left out too, and not counted: " + strings.Join(parts, ", ") + "."
}

func (j *judgement) report(c *candidate, g *gap, people audit.Set) {
	if people.Empty() {
		return
	}
	whom := "all users"
	if c.who == allRoles {
		whom = "all privileged roles"
	}
	quote := func(pointer, means string) audit.Evidence {
		return audit.Quote(snapshot.ConditionalAccessPolicies, c.policy.ID, c.raw, pointer, means)
	}
	evidence := []audit.Evidence{quote("/grantControls/authenticationStrength/id", "the policy asks for a phishing-resistant strength")}
	what, fix := "", audit.Step{}
	switch g.cause {
	case exclusions:
		what = fmt.Sprintf("leaves out %s whom no other policy asks for it in all sign-ins", audit.PeoplePhrase(people.Count()))
		fix = audit.Decide("Take them out of the exclusions once they have a phishing-resistant method, or reach them with another policy.")
		for _, member := range []string{"excludeUsers", "excludeGroups", "excludeRoles"} {
			if e := quote("/conditions/users/"+member, "whom the policy leaves out"); !e.Absent && len(e.Value) > len("[]") {
				evidence = append(evidence, e)
			}
		}
	case alternative:
		what = fmt.Sprintf("accepts another control in place of it: %s can sign in with weaker methods", audit.PeoplePhrase(people.Count()))
		fix = audit.Edit("Set the operator to AND, or ask for the other control in a policy of its own.", change.PatchPolicy(c.policy.ID, change.Body{"grantControls": change.Body{"operator": "AND"}}))
		evidence = append(evidence, quote("/grantControls/operator", "one of the controls is enough"))
		for _, member := range []string{"builtInControls", "termsOfUse", "customAuthenticationFactors"} {
			if e := quote("/grantControls/"+member, "the other controls"); !e.Absent && len(e.Value) > len("[]") {
				evidence = append(evidence, e)
			}
		}
	default:
		what = fmt.Sprintf("does not apply to %s: %s can sign in that way with weaker methods, and no other policy stops them",
			strings.Join(g.labels, ", "), audit.PeoplePhrase(people.Count()))
		fix = audit.Edit("Remove the condition on "+g.condition.String()+" from the policy, or stop what it leaves out with another policy.", change.PatchPolicy(c.policy.ID, change.Body{"conditions": without(g.condition)}))
		evidence = append(evidence, quote(pointers[g.condition], "the condition that narrows the policy"))
	}
	certainty := audit.Confirmed
	note := ""
	if g.likely {
		certainty = audit.Likely
		note = " Which devices the filter leaves out depends on attributes that people's devices may or may not have."
	}
	j.p.Report(audit.Finding{
		Certainty: certainty,
		Message:   fmt.Sprintf("The policy %q asks %s for phishing-resistant authentication, but %s.%s%s", c.policy.DisplayName, whom, what, note, j.alsoOut(c)),
		Subject:   audit.Subject{Type: audit.SubjectPolicy, ID: c.policy.ID, Name: c.policy.DisplayName},
		Affected:  audit.People(people, j.dir),
		Evidence:  evidence,
		Blockers:  []string{g.cause},
		Fix:       []audit.Step{fix},
	})
}

// without is what conditions say where one of them narrows nothing.
func without(c conditionalaccess.Condition) change.Body {
	member := path.Base(pointers[c])
	switch c {
	case conditionalaccess.Applications:
		return change.Body{"applications": change.Body{member: []string{}}}
	case conditionalaccess.ClientAppTypes:
		return change.Body{member: []string{"all"}}
	case conditionalaccess.SignInRisk, conditionalaccess.UserRisk:
		return change.Body{member: []string{}}
	default:
		return change.Body{member: nil}
	}
}

// pointers lead to what a policy says of a condition.
var pointers = map[conditionalaccess.Condition]string{
	conditionalaccess.Applications:        "/conditions/applications/excludeApplications",
	conditionalaccess.ClientAppTypes:      "/conditions/clientAppTypes",
	conditionalaccess.Platforms:           "/conditions/platforms",
	conditionalaccess.Locations:           "/conditions/locations",
	conditionalaccess.Devices:             "/conditions/devices",
	conditionalaccess.SignInRisk:          "/conditions/signInRiskLevels",
	conditionalaccess.UserRisk:            "/conditions/userRiskLevels",
	conditionalaccess.InsiderRisk:         "/conditions/insiderRiskLevels",
	conditionalaccess.AuthenticationFlows: "/conditions/authenticationFlows",
}

// causes lists the causes in the order of findings, one finding each.
func causes() []string {
	list := []string{exclusions, alternative}
	for c := range conditionalaccess.Other + 1 {
		if pointers[c] != "" {
			list = append(list, c.String())
		}
	}
	return list
}
