// Package unattendedaccountsinenforcement finds accounts that no person signs in with,
// under policies that ask for phishing-resistant authentication.
package unattendedaccountsinenforcement

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/change"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

//go:embed doc.md
var doc string

// Check is PK-POST-009.
var Check = &audit.Check{
	ID:       "PK-POST-009",
	Slug:     "unattended-accounts-in-enforcement",
	Doc:      audit.MustDoc(doc),
	Problem:  0,
	Severity: audit.High,
	Reads: []audit.Read{
		{Section: snapshot.Users, Gap: audit.Hides},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Hides},
		// Of these the check says itself where they decide about an unattended account.
		{Section: snapshot.Groups, Gap: audit.Refines},
		{Section: snapshot.GroupMembers, Gap: audit.Refines},
		{Section: snapshot.RoleAssignments, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
		{Section: snapshot.AuthenticationStrengths, Gap: audit.Refines},
		// Only sign-ins of the beta endpoint tell a password grant.
		{Section: snapshot.SignIns, Gap: audit.Refines},
	},
	Facts: []audit.AnyFact{population.Users, access.Policies},
	Run:   run,
}

// kinds of unattended accounts, in the order of their phrases.
const (
	byRole = iota
	byKind
	byGrant
	ways
)

func run(ctx context.Context, p *audit.Pass) error {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return err
	}
	compiled, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return err
	}
	raws, err := audit.QuotedObjects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies)
	if err != nil {
		return err
	}
	grants, signIns, err := passwordGrants(ctx, p, dir)
	if err != nil {
		return err
	}
	var sets [ways]audit.Set
	sets[byRole] = dir.OfKind(population.Sync).And(dir.Enabled)
	sets[byKind] = dir.OfKind(population.Service).And(dir.Enabled).Minus(dir.External)
	sets[byGrant] = grants.And(dir.Enabled).Minus(dir.External).Minus(dir.OfKind(population.Emergency)).Minus(sets[byRole]).Minus(sets[byKind])
	unattended := sets[byRole].Or(sets[byKind]).Or(sets[byGrant])
	if unattended.Empty() {
		return nil
	}
	for i, pol := range compiled.Policies {
		who := compiled.Reach[i].Within(unattended)
		if who.Possible().Empty() || !everywhere(&raws[i].Value) {
			continue
		}
		enforced := pol.State == conditionalaccess.Enabled
		if !enforced && (pol.State != conditionalaccess.ReportOnly || !has(raws[i].Value.Conditions.Users.IncludeUsers, "All")) {
			continue
		}
		switch resistantOnly(pol) {
		case audit.No:
			continue
		case audit.Unsure:
			p.Lacks(snapshot.AuthenticationStrengths, audit.Hides, fmt.Sprintf("whether the policy %q asks for phishing-resistant authentication is not known", raws[i].Value.DisplayName))
			continue
		}
		applies := pol.Matches(signIn())
		if applies == audit.No {
			continue
		}
		if !who.Maybe.Empty() {
			section := snapshot.GroupMembers
			if p.Status(section).State == snapshot.Complete && p.Status(snapshot.RoleAssignments).State != snapshot.Complete {
				section = snapshot.RoleAssignments
			}
			p.Lacks(section, audit.Hides, fmt.Sprintf("whether the policy %q reaches %s is not known", raws[i].Value.DisplayName, phrase(who.Maybe.Count())))
		}
		if who.Yes.Empty() {
			continue
		}
		f := audit.Finding{
			Subject:  audit.Subject{Type: audit.SubjectPolicy, ID: pol.ID, Name: raws[i].Value.DisplayName},
			Affected: audit.Accounts(who.Yes, dir),
			Blockers: []string{"unattended"},
			Fix: []audit.Step{
				exclude(&raws[i].Value, dir, who.Yes),
				audit.Do("Restrict from where they may sign in by a policy of their own, and replace service accounts by managed identities or applications."),
			},
			Evidence: []audit.Evidence{
				audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raws[i].Raw, "/conditions/users", "the policy reaches these accounts"),
				audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raws[i].Raw, "/grantControls/authenticationStrength", "it asks for a phishing-resistant strength"),
				audit.Quote(snapshot.ConditionalAccessPolicies, pol.ID, raws[i].Raw, "/state", "whether it is enforced"),
			},
		}
		then := "cannot sign in any more where it applies"
		if !enforced {
			then = "will not be able to sign in once it is enforced"
		}
		f.Message = fmt.Sprintf("The policy %q asks for phishing-resistant authentication of %s that no person signs in with (%s): they %s.",
			raws[i].Value.DisplayName, phrase(who.Yes.Count()), kinds(sets, who.Yes), then)
		if applies == audit.Unsure {
			f.Certainty = audit.Likely
			f.Message += " From where and by which client they sign in decides whether the policy applies."
		}
		if hit := who.Yes.And(sets[byGrant]); !hit.Empty() {
			f.Evidence = append(f.Evidence, signIns.quote(hit)...)
		}
		users, err := quoteUsers(ctx, p, dir, who.Yes.Minus(sets[byGrant]))
		if err != nil {
			return err
		}
		f.Evidence = append(f.Evidence, users...)
		p.Report(f)
	}
	return nil
}

// exclude names the accounts in the policy while a list of them can be looked through.
func exclude(pol *entra.ConditionalAccessPolicy, dir *population.Directory, accounts audit.Set) audit.Step {
	const mostNamed = 100
	if accounts.Count() > mostNamed {
		return audit.Decide("Exclude them from the policy before it is enforced, by a group that holds them.")
	}
	return audit.Edit("Exclude them from the policy before it is enforced.", change.ExcludeUsers(pol, dir.IDs(accounts)))
}

func phrase(n int) string { return audit.CountPhrase(n, "account", "accounts") }

func kinds(sets [ways]audit.Set, who audit.Set) string {
	var parts []string
	for k, words := range [ways][2]string{
		{"of directory synchronisation", "of directory synchronisation"}, {"service account", "service accounts"}, {"by password grant", "by password grant"},
	} {
		if n := sets[k].And(who).Count(); n > 0 {
			parts = append(parts, audit.CountPhrase(n, words[0], words[1]))
		}
	}
	return strings.Join(parts, ", ")
}

// everywhere tells whether a policy is on all resources.
func everywhere(p *entra.ConditionalAccessPolicy) bool {
	return p.Conditions != nil && p.Conditions.Users != nil && p.Conditions.Applications != nil && has(p.Conditions.Applications.IncludeApplications, "All")
}

func has(list []string, text string) bool {
	return slices.ContainsFunc(list, func(v string) bool { return strings.EqualFold(v, text) })
}

// anyResource is Windows Azure Active Directory, which every sign-in asks for sooner or
// later and which is in none of the suites that policies name.
const anyResource = "00000002-0000-0000-c000-000000000000"

// signIn is one of a program: without a person, risk or transfer.
func signIn() *conditionalaccess.SignIn {
	return &conditionalaccess.SignIn{
		Target:     conditionalaccess.Target{Kind: conditionalaccess.App, ID: anyResource},
		SignInRisk: conditionalaccess.Is("none"), UserRisk: conditionalaccess.Is("none"), InsiderRisk: conditionalaccess.Is("none"),
		Transfer: conditionalaccess.Is("none"), ApprovedApp: audit.No, AppProtection: audit.No, Device: conditionalaccess.Unregistered(),
	}
}

// resistantOnly tells whether a policy is met by phishing-resistant methods and by no
// others, passes aside.
func resistantOnly(p *conditionalaccess.Policy) audit.Tri {
	strength := false
	for _, c := range p.Controls() {
		strength = strength || c.Kind() == conditionalaccess.StrengthControl
	}
	if !strength {
		return audit.No
	}
	in := signIn()
	in.Using = []string{
		"password", "microsoftAuthenticatorPush", "deviceBasedPush", "softwareOath", "hardwareOath", "sms", "voice",
		"x509CertificateSingleFactor", "federatedSingleFactor", "federatedMultiFactor",
	}
	others := func(c conditionalaccess.Control) bool { return c.Kind() != conditionalaccess.StrengthControl }
	if !p.Requires(p.Controls()[0]) {
		return audit.No // another control is enough, and a program may meet it
	}
	return p.Satisfied(in, others).Not()
}

// grant is a sign-in that passed by a password grant.
type grant struct {
	user, id string
}

// grantRows are rows of sign-ins to quote, by account.
type grantRows struct {
	rows map[uint32]entra.Raw
	ids  map[uint32]string
}

func (g *grantRows) quote(who audit.Set) []audit.Evidence {
	var evidence []audit.Evidence
	for n := range who.All() {
		if raw, found := g.rows[n]; found && len(evidence) < methods.QuotedPeople {
			evidence = append(evidence, audit.Quote(snapshot.SignIns, g.ids[n], raw, "/authenticationProtocol", "a sign-in by password grant, with nobody there"))
		}
	}
	return evidence
}

// passwordGrants are the accounts that signed in by a resource owner password grant.
func passwordGrants(ctx context.Context, p *audit.Pass, dir *population.Directory) (audit.Set, *grantRows, error) {
	var b audit.Builder
	first := map[uint32]string{}
	for g, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) grant {
		return func(s *entra.SignIn) grant {
			if !strings.EqualFold(s.AuthenticationProtocol, "ropc") || s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 {
				return grant{}
			}
			return grant{strings.Clone(s.UserID), strings.Clone(s.ID)}
		}
	}) {
		if err != nil {
			return audit.Set{}, nil, err
		}
		if n, known := dir.Ordinal(g.user); known && g.id != "" {
			b.Add(n)
			if first[n] == "" {
				first[n] = g.id
			}
		}
	}
	set := b.Set()
	rows := &grantRows{rows: map[uint32]entra.Raw{}, ids: map[uint32]string{}}
	var ids []string
	for n := range set.All() {
		if len(ids) < methods.QuotedPeople {
			ids = append(ids, first[n])
		}
	}
	found, err := audit.RowsOf(ctx, p, snapshot.SignIns, ids)
	if err != nil {
		return audit.Set{}, nil, err
	}
	for n := range set.All() {
		if row, ok := found[first[n]]; ok {
			rows.rows[n], rows.ids[n] = row.Raw, row.Key
		}
	}
	return set, rows, nil
}

func quoteUsers(ctx context.Context, p *audit.Pass, dir *population.Directory, who audit.Set) ([]audit.Evidence, error) {
	var ids []string
	for n := range who.All() {
		if len(ids) == methods.QuotedPeople {
			break
		}
		ids = append(ids, dir.Member(n).ID)
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.Users, ids)
	if err != nil {
		return nil, err
	}
	var evidence []audit.Evidence
	for _, id := range ids {
		if row, found := rows[id]; found {
			evidence = append(evidence, audit.Quote(snapshot.Users, row.Key, row.Raw, "/userPrincipalName", "an account that is not a person's"))
		}
	}
	return evidence, nil
}
