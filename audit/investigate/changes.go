package investigate

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/snapshot"
)

// Change is something that happened to the account's methods or name, or to a policy
// that reaches the account.
type Change struct {
	activity.Change
	// Policy is what was done to which policy; empty for changes of the account.
	Policy   string
	Evidence audit.Evidence
}

// day is the day of a change.
func day(at time.Time) string { return at.Format(time.DateOnly) }

// audits reads the audit log.
func (r *reader) audits(ctx context.Context) error {
	defer r.d.settleAttempts()
	if !r.Status(snapshot.DirectoryAudits).State.HasRows() {
		return nil
	}
	log, err := audit.Get(ctx, r.Pass, activity.Changes)
	if err != nil {
		return err
	}
	r.d.Audits = &log.Window
	rows, err := audit.QuotedObjects[entra.DirectoryAudit](ctx, r.Pass, snapshot.DirectoryAudits)
	if err != nil {
		return err
	}
	byID := map[string]audit.Quoted[entra.DirectoryAudit]{}
	for _, q := range rows {
		byID[q.Value.ID] = q
		if c, is := r.policyChange(q); is {
			r.d.Changes = append(r.d.Changes, c)
		}
	}
	for _, c := range log.Of(r.n) {
		q, found := byID[c.Row]
		if !found {
			continue
		}
		r.d.Changes = append(r.d.Changes, Change{Change: c, Evidence: audit.Quote(snapshot.DirectoryAudits, c.Row, q.Raw, "/activityDisplayName", whatText(c))})
	}
	slices.SortStableFunc(r.d.Changes, func(a, b Change) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(a.Row, b.Row)) })
	return nil
}

func whatText(c activity.Change) string {
	method := map[activity.MethodWord]string{
		activity.PasskeyMethod: "a passkey", activity.AuthenticatorMethod: "Microsoft Authenticator", activity.UnknownMethod: "a method that the record does not name",
	}[c.Method]
	by := ""
	if c.ByOther {
		by = " by an administrator or an app"
	}
	switch c.What {
	case activity.Registered:
		return method + " was registered" + by
	case activity.Deleted:
		return method + " was deleted" + by
	case activity.Started:
		return "registering security info was started" + by
	case activity.PassIssued:
		return "a Temporary Access Pass was issued"
	default:
		return "the user principal name was changed from " + c.Before + " to " + c.After
	}
}

// policyChange reads a change of a policy that touches the account: the methods policy,
// a strength, or a Conditional Access policy that reaches it today or is gone.
func (r *reader) policyChange(q audit.Quoted[entra.DirectoryAudit]) (Change, bool) {
	e := &q.Value
	a := r.d.known.activityOf(e.ActivityDisplayName)
	if a == nil || a.Kind != catalogue.ActivityPolicyChange || e.Result != "" && !strings.EqualFold(strings.TrimSpace(e.Result), "success") {
		return Change{}, false
	}
	at, err := entra.ParseTime(e.ActivityDateTime)
	if err != nil {
		return Change{}, false
	}
	what := strings.TrimSpace(e.ActivityDisplayName)
	if strings.EqualFold(a.Service, "Conditional Access") {
		for _, t := range e.TargetResources {
			reaches := true
			for i, p := range r.policies.Policies {
				if strings.EqualFold(p.ID, t.ID) {
					reaches = r.policies.Reach[i].Has(r.n) != no
				}
			}
			if reaches {
				return Change{Change: activity.Change{At: at, Row: e.ID}, Policy: what + quoteName(t.DisplayName), Evidence: r.recorded(q, what)}, true
			}
		}
		return Change{}, false
	}
	name := ""
	for _, t := range e.TargetResources {
		name = cmp.Or(name, t.DisplayName)
	}
	return Change{Change: activity.Change{At: at, Row: e.ID}, Policy: what + quoteName(name), Evidence: r.recorded(q, what)}, true
}

func (r *reader) recorded(q audit.Quoted[entra.DirectoryAudit], means string) audit.Evidence {
	return audit.Quote(snapshot.DirectoryAudits, q.Value.ID, q.Raw, "/activityDisplayName", means)
}

func quoteName(name string) string {
	if name == "" {
		return ""
	}
	return " " + quoted(name)
}

// last is the newest change that is as asked; nil if there is none.
func (d *Dossier) last(is func(*Change) bool) *Change {
	for i := range d.Changes {
		if d.Changes[i].Policy == "" && is(&d.Changes[i]) {
			return &d.Changes[i]
		}
	}
	return nil
}
