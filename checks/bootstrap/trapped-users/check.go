// Package trappedusers rolls up the people who have no way to a passkey without a
// change of policy.
package trappedusers

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/facts/privilege"
)

//go:embed doc.md
var doc string

// Check is PK-BOOT-003.
var Check = &audit.Check{
	ID:       "PK-BOOT-003",
	Slug:     "trapped-users",
	Doc:      audit.MustDoc(doc),
	Problem:  4,
	Severity: audit.High,
	Reads:    bootstrap.Reads(),
	// Who is an administrator decides about the severity only.
	Facts: []audit.AnyFact{population.Users, methods.Policy, privilege.Privileged, bootstrap.Reach},
	Run:   run,
}

// group is people with the same smallest set of objects in the way.
type group struct {
	blockers   []bootstrap.Blocker
	reasons    []bootstrap.Reason
	people     audit.Set
	confidence bootstrap.Confidence
	hangsOn    []string
}

func run(ctx context.Context, p *audit.Pass) error {
	policy, _, err := methods.EnabledPasskeys(ctx, p)
	if err != nil || policy == nil {
		return err
	}
	admins, err := audit.Get(ctx, p, privilege.Privileged)
	if err != nil {
		return err
	}
	reach, err := audit.Get(ctx, p, bootstrap.Reach)
	if err != nil {
		return err
	}
	inScope := 0
	var groups []*group
	for i := range reach.Classes {
		v, people := &reach.Classes[i].Verdict, reach.Classes[i].People
		if v.State != bootstrap.OutOfScope {
			inScope += people.Count()
		}
		switch v.State {
		case bootstrap.Unknown:
			bootstrap.Lacks(p, people, v.Missing, "has a way to a passkey")
		case bootstrap.Trapped:
			if people.Empty() {
				continue
			}
			g := find(&groups, v.BlockedBy)
			g.people = g.people.Or(people)
			g.confidence = g.confidence.Lower(reach.Classes[i].Firmness())
			for _, r := range v.Reasons {
				if !slices.Contains(g.reasons, r) {
					g.reasons = append(g.reasons, r)
				}
			}
			for _, h := range v.HangsOn {
				if !slices.Contains(g.hangsOn, h) {
					g.hangsOn = append(g.hangsOn, h)
				}
			}
		}
	}
	for _, g := range groups {
		powerful := g.people.And(admins.Accounts.Yes)
		if err := report(ctx, p, reach, g, inScope, powerful); err != nil {
			return err
		}
	}
	return nil
}

func find(groups *[]*group, blockers []bootstrap.Blocker) *group {
	for _, g := range *groups {
		if slices.Equal(g.blockers, blockers) {
			return g
		}
	}
	g := &group{blockers: blockers, confidence: bootstrap.High}
	*groups = append(*groups, g)
	return g
}

func report(ctx context.Context, p *audit.Pass, reach *bootstrap.Result, g *group, inScope int, powerful audit.Set) error {
	n := g.people.Count()
	f := audit.Finding{
		Severity:  audit.High,
		Certainty: g.confidence.Certainty(),
		Subject:   audit.Subject{Type: audit.SubjectClass, ID: "nothing"},
		Affected:  audit.People(g.people, reach.Directory),
	}
	if n*100 >= inScope || !powerful.Empty() {
		f.Severity = audit.Critical
	}
	f.Message = fmt.Sprintf("%s no way to a passkey without a change of policy", audit.PeopleDo(n, "has", "have"))
	if len(g.blockers) == 0 {
		f.Message += ", and no change of up to four objects opens one (" + words(g.reasons) + ")."
		// What closes their ways is not one object; the policy as a whole is quoted.
		f.Evidence = []audit.Evidence{reach.Methods.Quote(reach.Methods.Passkeys.Pointer+"/state", "the method is on for them")}
	} else {
		for _, b := range g.blockers {
			f.Blockers = append(f.Blockers, b.ID)
		}
		slices.Sort(f.Blockers)
		f.Subject.ID, f.Subject.Name = strings.Join(f.Blockers, "+"), "Trapped by "+reach.Labels(g.blockers)
		stand := "stands"
		if len(g.blockers) > 1 {
			stand = "stand together"
		}
		f.Message += fmt.Sprintf(": %s %s in the way (%s).", reach.Labels(g.blockers), stand, words(g.reasons))
		var err error
		if f.Evidence, err = reach.QuoteBlockers(ctx, p, g.blockers, g.reasons); err != nil {
			return err
		}
		f.Fix = []audit.Step{reach.GiveWay(g.blockers...)}
	}
	if k := powerful.Count(); k > 0 {
		holds := "hold"
		if k == 1 {
			holds = "holds"
		}
		f.Message += fmt.Sprintf(" %d of them %s a privileged role or may activate one.", k, holds)
	}
	f.Message += reach.Caveat(g.hangsOn)
	p.Report(f)
	return nil
}

// words are how messages say what stands in the way.
func words(reasons []bootstrap.Reason) string {
	said := map[bootstrap.Reason]string{
		bootstrap.SelfServiceOff: "self-service is off", bootstrap.NoBootstrapMethod: "no method to start from", bootstrap.TapDisabled: "passes are disabled",
		bootstrap.TapNotInScope: "out of scope of passes", bootstrap.ProfileRejects: "no profile admits what they could register",
		bootstrap.AttestationRequired: "attestation is enforced", bootstrap.RegistrationBlockedByPolicy: "registration is blocked",
		bootstrap.StrengthUnsatisfiable: "a strength or multifactor authentication that they cannot meet", bootstrap.DeviceControlUnsatisfiable: "a managed device that they do not have",
		bootstrap.AppControlUnsatisfiable: "an app control that Authenticator cannot meet", bootstrap.LocationBlocked: "blocked outside given places",
		bootstrap.RiskBlocked: "the account is at risk", bootstrap.PasskeyNotAllowedAnymore: "the passkey they have is not accepted any more",
		bootstrap.MethodDisabled: "the method is disabled", bootstrap.NotTargeted: "not targeted", bootstrap.Excluded: "excluded",
	}
	list := make([]string, len(reasons))
	for i, r := range reasons {
		list[i] = said[r]
	}
	return strings.Join(list, "; ")
}
