package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/replay"
	"passkeyaudit/audit/report"
	"passkeyaudit/graphclient"
)

const (
	// mostQuestions bounds how many are asked: Graph allows one request to Conditional
	// Access a second, for all apps of a tenant together.
	mostQuestions = 60
	// mostPersonas is how many people sign-ins are made up for.
	mostPersonas = 4
)

// verificationSchema is the value of "schema" in the JSON form.
const verificationSchema = "passkeyaudit.verification/v1"

// verification is what the comparison with What-If came to, as JSON.
type verification struct {
	Schema      string             `json:"schema"`
	Asked       int                `json:"asked"`
	Refused     int                `json:"refused"`
	Decisions   int                `json:"policyDecisions"`
	Agreed      int                `json:"agreed"`
	Undecided   int                `json:"undecided"`
	Outdated    int                `json:"outdated"`
	Differences []verifyDifference `json:"differences"`
}

type verifyDifference struct {
	Scenario         string   `json:"scenario"`
	User             string   `json:"user"`
	SignIn           string   `json:"signIn"` // in words
	PolicyID         string   `json:"policyId"`
	PolicyName       string   `json:"policyName"`
	State            string   `json:"state"`
	Evaluated        string   `json:"evaluated"` // applies or notApplied
	WhatIf           string   `json:"whatIf"`
	EvaluatedBecause []string `json:"evaluatedBecause"`
	WhatIfReasons    []string `json:"whatIfReasons"`
}

// verify asks Graph's What-If about sign-ins, compares its answers with ours and tells
// whether any differs.
func (e *evaluator) verify(ctx context.Context, w io.Writer, single *conditionalaccess.Scenario, o evaluateOptions, d *Deps) (differs bool, err error) {
	scenarios, err := e.questions(ctx, single, o, d)
	if err != nil {
		return false, err
	}
	p := newProgress(d.IO, o.Quiet)
	client, err := o.connect(ctx, d, p)
	if err != nil {
		return false, err
	}
	if err := e.sameTenant(ctx, client); err != nil {
		return false, err
	}
	comparer, err := audit.Evaluate(ctx, e.run, replay.Comparing)
	if err != nil {
		return false, err
	}
	out := verification{Schema: verificationSchema, Differences: []verifyDifference{}}
	var refusal error
	for i := range scenarios {
		s := &scenarios[i]
		ordinal, found := e.dir.Find(s.User)
		if !found {
			return false, fmt.Errorf("there is no user %q in the snapshot", s.User)
		}
		rows, err := client.Post(ctx, graphclient.WhatIf(question(e.dir.Member(ordinal).ID, &s.SignIn)))
		if refused, is := errors.AsType[*graphclient.Error](err); is && (refused.NotFound() || refused.Status == 400) {
			out.Refused, refusal = out.Refused+1, err
			continue
		}
		if err != nil {
			return false, fmt.Errorf("asking What-If, which takes the permission Policy.Read.ConditionalAccess: %w", err)
		}
		decision := e.policies.Evaluate(&s.SignIn, e.policies.Users(ordinal))
		out.take(comparer.Against(decision, rows), s, e.dir.Member(ordinal))
	}
	if out.Asked == 0 {
		return false, fmt.Errorf("What-If answered none of %s: %w", audit.CountPhrase(out.Refused, "question", "questions"), refusal)
	}
	if strings.HasSuffix(o.Format, "json") {
		err = writeLine(w, out)
	} else {
		err = out.text(w, d.IO.Width)
	}
	return len(out.Differences) > 0, err
}

func (v *verification) take(a replay.Answer, s *conditionalaccess.Scenario, who audit.Member) {
	v.Asked++
	v.Agreed += a.Agreed
	v.Decisions += a.Agreed + len(a.Differences)
	v.Undecided += a.Undecided
	v.Outdated += a.Outdated
	says := map[bool]string{true: "applies", false: "notApplied"}
	for _, d := range a.Differences {
		v.Differences = append(v.Differences, verifyDifference{
			Scenario: s.ID, User: cmp.Or(who.UserPrincipalName, who.ID), SignIn: inWords(&s.SignIn),
			PolicyID: d.PolicyID, PolicyName: d.PolicyName, State: d.State,
			Evaluated: says[d.Applies], WhatIf: says[!d.Applies],
			EvaluatedBecause: append([]string{}, d.Because...), WhatIfReasons: append([]string{}, d.Reasons...),
		})
	}
}

func (v *verification) text(w io.Writer, width int) error {
	var b strings.Builder
	say := func(mark, text string) {
		indent := strings.Repeat(" ", len(mark))
		for _, line := range report.Wrap(report.Plain(text), max(width, 60)-len(mark)) {
			b.WriteString(mark + line + "\n")
			mark = indent
		}
	}
	differ := "all as here"
	if n := len(v.Differences); n > 0 {
		differ = audit.CountPhrase(n, "differs", "differ") + " from here"
	}
	say("", fmt.Sprintf("What-If was asked about %s: %s whether a policy applies, %s. Not compared: %d not settled by what the sign-in tells, %d of policies changed since.",
		audit.CountPhrase(v.Asked, "sign-in", "sign-ins"), audit.CountPhrase(v.Decisions, "answer", "answers"), differ, v.Undecided, v.Outdated))
	if v.Refused > 0 {
		say("", audit.CountPhrase(v.Refused, "question was", "questions were")+" refused, as of an account that was deleted since.")
	}
	last := ""
	for _, d := range v.Differences {
		if head := d.User + ", " + d.SignIn; head != last {
			b.WriteByte('\n')
			say("", head)
			last = head
		}
		because := func(list []string) string {
			if len(list) == 0 {
				return ""
			}
			return " because of " + strings.Join(list, ", ")
		}
		words := map[string]string{"applies": "applies", "notApplied": "does not apply"}
		say("  - ", fmt.Sprintf("%s (%s): evaluated that it %s%s; What-If says that it %s%s", d.PolicyName, d.PolicyID,
			words[d.Evaluated], because(d.EvaluatedBecause), words[d.WhatIf], because(d.WhatIfReasons)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// inWords describes a sign-in.
func inWords(in *conditionalaccess.SignIn) string {
	var parts []string
	switch in.Target.Kind {
	case conditionalaccess.RegisterSecurityInfo:
		parts = append(parts, "registering security info")
	case conditionalaccess.RegisterDevice:
		parts = append(parts, "registering a device")
	case conditionalaccess.AuthenticationContext:
		parts = append(parts, "authentication context "+in.Target.ID)
	default:
		parts = append(parts, "app "+in.Target.ID)
	}
	for _, c := range []conditionalaccess.Condition{conditionalaccess.ClientAppTypes, conditionalaccess.Platforms, conditionalaccess.Locations} {
		if text := in.Says(c); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// question writes a sign-in as What-If takes it. What is unknown is left out, which
// What-If takes as none; the engine calls what hangs on it undecided.
func question(userID string, in *conditionalaccess.SignIn) graphclient.WhatIfSignIn {
	q := graphclient.WhatIfSignIn{
		UserID: userID, Platform: in.Platform.Text, ClientAppType: in.ClientAppType.Text, Country: in.Country.Text,
		SignInRisk: in.SignInRisk.Text, UserRisk: in.UserRisk.Text, InsiderRisk: in.InsiderRisk.Text, TransferMethod: in.Transfer.Text,
	}
	if in.IP.IsValid() {
		q.IPAddress = in.IP.String()
	}
	switch in.Target.Kind {
	case conditionalaccess.RegisterSecurityInfo:
		q.UserAction = "registerSecurityInformation"
	case conditionalaccess.RegisterDevice:
		q.UserAction = "registerOrJoinDevices"
	case conditionalaccess.AuthenticationContext:
		q.AuthenticationContext = in.Target.ID
	default:
		q.App = in.Target.ID
	}
	if given := in.Device.Given(); len(given) > 0 {
		if owner, there := given["deviceOwnership"]; there {
			delete(given, "deviceOwnership")
			given["ownership"] = owner
		}
		q.Device = given
	}
	return q
}

// sameTenant refuses to compare a snapshot with another tenant.
func (e *evaluator) sameTenant(ctx context.Context, client *graphclient.Client) error {
	for page, err := range client.Pages(ctx, graphclient.Organization()) {
		if err != nil {
			return fmt.Errorf("asking Graph which tenant it is: %w", err)
		}
		for _, row := range page.Rows {
			if id, want := entra.Text(row, "/id"), e.snap.Manifest().Tenant.ID; id != "" && want != "" && !strings.EqualFold(id, want) {
				return fmt.Errorf("the snapshot is of tenant %s, and Graph answers for %s", want, id)
			}
		}
		if len(page.Rows) > 0 {
			break // a tenant has one organization: what follows is nothing to wait for
		}
	}
	return nil
}
