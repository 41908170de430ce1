package replay

import (
	"context"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Comparing is the fact that compares rows of the sign-in log with the policies.
var Comparing = &audit.Fact[*Comparer]{
	Name: "replay.Comparing",
	Doc:  "the Conditional Access policies, ready to be held against rows of the sign-in log",
	Reads: []audit.Read{
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
		{Section: snapshot.NamedLocations, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, access.Policies},
	Derive: deriveComparer,
}

// Comparer compares rows with policies. It is safe for concurrent use.
type Comparer struct {
	dir      *population.Directory
	known    *catalogue.Catalogue
	policies *access.Compiled
	byID     map[string]int
	// changed is when each policy, or a location that it names, was last changed;
	// zero where that is not told.
	changed []time.Time
	// modified is when each policy itself was.
	modified []time.Time
	// named are the app ids that each policy names among its resources.
	named []map[string]bool
	// special are the policies for user actions and authentication contexts, with the
	// targets that they can be for.
	special []int
	actions *conditionalaccess.Set
	targets []conditionalaccess.Target
}

func deriveComparer(ctx context.Context, p *audit.Pass) (*Comparer, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	policies, err := audit.Get(ctx, p, access.Policies)
	if err != nil {
		return nil, err
	}
	moved := map[string]time.Time{}
	var last time.Time
	for o, err := range audit.Objects[entra.NamedLocation](ctx, p, snapshot.NamedLocations) {
		if err != nil {
			return nil, err
		}
		at := lastChange(o.Value.Unmodelled)
		moved[strings.ToLower(o.Value.ID)] = at
		last = later(last, at)
	}
	c := &Comparer{dir: dir, known: p.Catalogue(), policies: policies, byID: map[string]int{}, actions: &conditionalaccess.Set{}}
	// In the order in which they were compiled.
	for o, err := range audit.Objects[entra.ConditionalAccessPolicy](ctx, p, snapshot.ConditionalAccessPolicies) {
		if err != nil {
			return nil, err
		}
		v := &o.Value
		i := len(c.changed)
		c.byID[strings.ToLower(v.ID)] = i
		changed, named := lastChange(v.Unmodelled), map[string]bool{}
		c.modified = append(c.modified, changed)
		if conditions := v.Conditions; conditions != nil {
			if l := conditions.Locations; l != nil {
				for _, id := range slices.Concat(l.IncludeLocations, l.ExcludeLocations) {
					if strings.EqualFold(id, "AllTrusted") {
						changed = later(changed, last)
					}
					changed = later(changed, moved[strings.ToLower(id)])
				}
			}
			if a := conditions.Applications; a != nil {
				for _, id := range a.IncludeApplications {
					named[strings.ToLower(id)] = true
				}
				if len(a.IncludeUserActions)+len(a.IncludeAuthContexts) > 0 {
					c.addSpecial(i, a)
				}
			}
		}
		c.changed, c.named = append(c.changed, changed), append(c.named, named)
	}
	return c, nil
}

func (c *Comparer) addSpecial(i int, a *entra.ConditionalAccessApplications) {
	c.special = append(c.special, i)
	c.actions.Policies = append(c.actions.Policies, c.policies.Policies[i])
	add := func(t conditionalaccess.Target) {
		if !slices.Contains(c.targets, t) {
			c.targets = append(c.targets, t)
		}
	}
	for _, urn := range a.IncludeUserActions {
		switch strings.ToLower(urn) {
		case "urn:user:registersecurityinfo":
			add(conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo})
		case "urn:user:registerdevice":
			add(conditionalaccess.Target{Kind: conditionalaccess.RegisterDevice})
		}
	}
	for _, id := range a.IncludeAuthContexts {
		add(conditionalaccess.Target{Kind: conditionalaccess.AuthenticationContext, ID: id})
	}
}

// lastChange is when an object was last changed: made, if it never was after that.
func lastChange(unmodelled entra.Raw) time.Time {
	var at time.Time
	for _, member := range []string{"/modifiedDateTime", "/createdDateTime"} {
		if t, err := entra.ParseTime(entra.Text(unmodelled, member)); err == nil {
			at = later(at, t)
		}
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Row is what the comparison of one row came to.
type Row struct {
	Kind                        RowKind
	Agreed, Undecided, Outdated int
	Disagreements               []audit.Disagreement
}

// RowKind says what a row is good for.
type RowKind uint8

const (
	Compared RowKind = iota
	// NotEvaluated: no policy was looked at, which proves nothing about any.
	NotEvaluated
	// Withheld: Graph did not tell the policies.
	Withheld
	// Other: the row is about no account of the tenant, no resource, or another tenant.
	Other
)

// Compare holds one row against the policies.
func (c *Comparer) Compare(row *entra.SignIn) Row {
	ordinal, known := c.dir.Ordinal(row.UserID)
	applied := row.AppliedConditionalAccessPolicies
	switch {
	case !known || row.ResourceID == "" || c.elsewhere(row, ordinal):
		return Row{Kind: Other}
	case applied == nil:
		return Row{Kind: Withheld}
	case len(*applied) == 0 && row.ConditionalAccessStatus != "" && !strings.EqualFold(row.ConditionalAccessStatus, "notApplied"):
		return Row{Kind: Withheld} // policies did something, and none is listed
	case len(*applied) == 0 || c.early(row):
		return Row{Kind: NotEvaluated}
	}
	at, err := entra.ParseTime(row.CreatedDateTime)
	if err != nil {
		return Row{Kind: Other}
	}
	in := SignIn(row)
	traces := c.policies.Evaluate(&in, c.policies.Users(ordinal)).Policies
	applies := c.applies(row, &in, ordinal, traces)
	var out Row
	seen := make([]bool, len(traces))
	for _, entry := range *applied {
		if entry.ID == "SecurityDefaults" {
			continue
		}
		i, there := c.byID[strings.ToLower(entry.ID)]
		if !there || c.changed[i].After(at) {
			out.Outdated++
			continue
		}
		if seen[i] {
			continue // a page may list an entry twice
		}
		seen[i] = true
		t := &traces[i]
		switch evaluated, verdict := judge(t, applies[i], entry.Result); verdict {
		case agree:
			out.Agreed++
		case outdated:
			out.Outdated++
		case undecided:
			out.Undecided++
		case disagree:
			d := audit.Disagreement{
				SignIn: row.ID, At: row.CreatedDateTime, PolicyID: t.Policy.ID, PolicyName: t.Policy.Name,
				Logged: entry.Result, Evaluated: evaluated,
			}
			if applies[i] == audit.No {
				for _, because := range t.Because {
					d.Because = append(d.Because, because.String())
				}
			} else {
				d.Unmet = slices.Clone(t.Unmet)
			}
			out.Disagreements = append(out.Disagreements, d)
		}
	}
	return out
}

// early tells whether a sign-in ended at its first factor: whatever stands in its list
// of policies was not evaluated.
func (c *Comparer) early(row *entra.SignIn) bool {
	if row.Status == nil || row.Status.ErrorCode == nil {
		return false
	}
	e := c.known.SignInErrorOf(*row.Status.ErrorCode)
	return e != nil && e.Category == "password" && !e.Interrupt
}

// elsewhere tells whether one of our accounts signed in to another tenant, whose
// policies are not ours.
func (c *Comparer) elsewhere(row *entra.SignIn, ordinal uint32) bool {
	return row.HomeTenantID != "" && row.ResourceTenantID != "" && !strings.EqualFold(row.HomeTenantID, row.ResourceTenantID) && !c.dir.External.Has(ordinal)
}

// applies says of each policy whether it applies to what the row may stand for. A
// sign-in to a resource may be for registering security information or a device, or be
// asked for an authentication context, as well: no member of v1.0 says so, so policies
// for those are decided only where something else excludes them.
func (c *Comparer) applies(row *entra.SignIn, in *conditionalaccess.SignIn, ordinal uint32, traces []conditionalaccess.Trace) []audit.Tri {
	out := make([]audit.Tri, len(traces))
	for i := range traces {
		out[i] = traces[i].Applies
		// The app itself is looked at as well as the resource, where it is a
		// confidential client: which it is the log does not say (APP,
		// concept-conditional-access-cloud-apps, 2026-01-26).
		if out[i] == audit.No && !strings.EqualFold(row.AppID, row.ResourceID) && c.named[i][strings.ToLower(row.AppID)] && only(&traces[i], conditionalaccess.Applications) {
			out[i] = audit.Unsure
		}
	}
	at := *in
	// Beta tells what policies were held against besides the resource: then nothing else
	// was.
	if told := row.Audiences(); len(told) > 0 {
		for i := range traces {
			out[i] = traces[i].Applies
		}
		for _, app := range told {
			if strings.EqualFold(app, row.ResourceID) {
				continue
			}
			at.Target = conditionalaccess.Target{Kind: conditionalaccess.App, ID: app}
			decision := c.policies.Evaluate(&at, c.policies.Users(ordinal))
			for i := range decision.Policies {
				out[i] = out[i].Or(decision.Policies[i].Applies)
			}
		}
	}
	if len(c.special) > 0 {
		for _, target := range c.targets {
			asked := askedFor(row, target)
			if asked == audit.No {
				continue
			}
			at.Target = target
			decision := c.actions.Evaluate(&at, func(k int) audit.Tri { return c.policies.Reach[c.special[k]].Has(ordinal) })
			for k, i := range c.special {
				if a := decision.Policies[k].Applies.And(asked); a != audit.No {
					out[i] = out[i].Or(a)
				}
			}
		}
	}
	// All resources match the registration of security information too.
	if activity.RegistersAt(row.ResourceID) {
		at.Target = conditionalaccess.Target{Kind: conditionalaccess.RegisterSecurityInfo}
		asked := askedFor(row, at.Target)
		decision := c.policies.Evaluate(&at, c.policies.Users(ordinal))
		for i := range decision.Policies {
			if a := decision.Policies[i].Applies.And(asked); a != audit.No {
				out[i] = out[i].Or(a)
			}
		}
	}
	return out
}

// only tells whether a policy is excluded by one condition and no other.
func only(t *conditionalaccess.Trace, by conditionalaccess.Condition) bool {
	return len(t.Because) == 1 && t.Because[0] == by
}

// askedFor tells whether a sign-in was also for an action or a context. Only beta
// says.
func askedFor(row *entra.SignIn, target conditionalaccess.Target) audit.Tri {
	if row.AuthenticationContexts == nil {
		return audit.Unsure
	}
	id := target.ID
	switch target.Kind {
	case conditionalaccess.RegisterSecurityInfo:
		id = "urn:user:registersecurityinfo"
	case conditionalaccess.RegisterDevice:
		id = "urn:user:registerdevice"
	}
	for _, c := range row.AuthenticationContexts {
		if strings.EqualFold(c.ID, id) {
			if strings.EqualFold(c.Detail, "required") {
				return audit.Yes
			}
			return audit.Unsure
		}
	}
	return audit.No
}

type agreement uint8

const (
	undecided agreement = iota
	agree
	disagree
	outdated
)

// results says what the results of the log mean. Sources: CSDL (Graph v1.0 metadata,
// 2026-08), RPT (concept-conditional-access-report-only, 2025-03-12).
var results = map[string]struct {
	state   conditionalaccess.State
	applied bool
	ended   ending
}{
	"success":               {conditionalaccess.Enabled, true, ended},
	"failure":               {conditionalaccess.Enabled, true, notMet},
	"notapplied":            {conditionalaccess.Enabled, false, 0},
	"notenabled":            {conditionalaccess.Disabled, false, 0},
	"reportonlysuccess":     {conditionalaccess.ReportOnly, true, ended},
	"reportonlyfailure":     {conditionalaccess.ReportOnly, true, hopeless},
	"reportonlyinterrupted": {conditionalaccess.ReportOnly, true, promptable},
	"reportonlynotapplied":  {conditionalaccess.ReportOnly, false, 0},
}

// ending is how the controls of a policy that applied came out.
type ending uint8

const (
	ended      ending = iota + 1 // met
	notMet                       // not met, or not yet
	hopeless                     // not met, and nothing the person does would meet it
	promptable                   // the person would have been asked for something
)

// judge compares one policy's part. Where it has to be met by a method, the log of
// v1.0 does not say which were used: then only that it applied is compared. Where beta
// says, methods that meet the policy have to be logged as that; methods that do not
// prove nothing, since a session may have met it before.
func judge(t *conditionalaccess.Trace, applies audit.Tri, result string) (evaluated string, a agreement) {
	r, known := results[strings.ToLower(result)]
	switch {
	case !known || t.Policy.State == conditionalaccess.StateUnknown:
		return "", undecided
	case r.state != t.Policy.State:
		return "", outdated // switched since, whatever its date says
	case t.Policy.State == conditionalaccess.Disabled:
		return "", agree
	case applies == audit.Unsure:
		return "", undecided
	case applies == audit.No:
		if r.applied {
			return "notApplied", disagree
		}
		return "", agree
	case !r.applied:
		return "applied", disagree
	}
	// Session controls can fail too, and are not modelled. A trace that excludes the
	// policy is that of another target, and says nothing of its controls.
	if t.Applies != audit.Yes {
		return "", agree
	}
	met, refused := t.Satisfied == audit.Yes && len(t.Policy.Session) == 0, t.Refused() == audit.Yes
	switch {
	case met && r.ended != ended:
		return "satisfied", disagree
	case refused && (r.ended == ended || r.ended == promptable):
		return "notSatisfied", disagree
	}
	return "", agree
}
