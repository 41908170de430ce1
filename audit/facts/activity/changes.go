package activity

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Changes is the fact that takes together what the audit log says of people's methods.
var Changes = &audit.Fact[*ChangeLog]{
	Name: "activity.Changes",
	Doc:  "which passkeys and other methods were registered and deleted, passes issued and user principal names changed, in the window of the audit log",
	// A check that needs the log declares it, and what missing rows could do to it.
	Reads:  []audit.Read{{Section: snapshot.DirectoryAudits, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: deriveChanges,
}

// ChangeLog is the audit log, folded. The several records that one registration or
// deletion writes are one change.
type ChangeLog struct {
	Window Window
	// Strangers counts records about accounts that are not in the directory.
	Strangers int
	// UnknownActivities counts records of the authentication methods service whose
	// activity is not in the catalogue.
	UnknownActivities map[string]int
	// Names is false where the log was read by a filter that leaves out changes of user
	// principal names.
	Names bool
	// Unplaced counts records of methods that do not say which method they are about.
	Unplaced int
	// Policies are the newest changes of the policy of authentication methods, the
	// newest first.
	Policies []PolicyChange

	changes map[uint32][]Change // sorted, the newest first
}

// What a change did.
type What uint8

const (
	Registered What = iota + 1
	Deleted
	// PassIssued: a Temporary Access Pass was made for the account.
	PassIssued
	// Renamed: the user principal name was changed.
	Renamed
	// Started: somebody began to register security info. What it was to be is not told.
	Started
)

// PolicyChange is a change of the policy of authentication methods.
type PolicyChange struct {
	At  time.Time
	Row string
}

// mostPolicyChanges bounds how many are kept.
const mostPolicyChanges = 20

// MethodWord is the method that a change is about, as far as records tell.
type MethodWord string

const (
	PasskeyMethod       MethodWord = "passkey"
	AuthenticatorMethod MethodWord = "authenticator"
	// UnknownMethod: the record does not say. It may be any method.
	UnknownMethod MethodWord = "unknown"
)

// Change is one thing that happened to an account.
type Change struct {
	What   What
	Method MethodWord // of Registered and Deleted
	At     time.Time  // of the record that tells most; zero where it is not told
	// Row is the id of that record, Target its place there.
	Row    string
	Target int
	// Key is the id of the passkey in the form of [KeyID]; empty where no record told.
	Key    string
	AAGUID string
	// ByOther: an administrator or an app did it, not the account itself.
	ByOther bool
	// Once tells whether a pass can be used once.
	Once audit.Tri
	// Before and After are user principal names, Property where in the record they
	// stand.
	Before, After string
	Property      int
}

// sameChange is how far apart the records of one registration or deletion may be. They
// are written within seconds; clocks of two services differ.
const sameChange = 5 * time.Minute

func deriveChanges(ctx context.Context, p *audit.Pass) (*ChangeLog, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	l := &ChangeLog{Window: windowOf(p, snapshot.DirectoryAudits), UnknownActivities: map[string]int{}, changes: map[uint32][]Change{}}
	l.Names = true
	if entry := p.Status(snapshot.DirectoryAudits).Entry; entry != nil {
		// In large tenants only what happened to methods and policies is collected, and
		// changes of users where there were not too many.
		l.Names = !strings.Contains(entry.Request, "loggedByService eq 'Authentication Methods'") || strings.Contains(entry.Request, "activityDisplayName eq 'Update user'")
	}
	byName := map[string][]Change{}
	for o, err := range audit.Objects[entra.DirectoryAudit](ctx, p, snapshot.DirectoryAudits) {
		if err != nil {
			return nil, err
		}
		l.add(&o.Value, dir, byName)
	}
	l.former(byName)
	for account, list := range l.changes {
		l.changes[account] = joinRecords(list)
	}
	return l, nil
}

// add takes up a record. Changes of accounts that are named only, by a name that no
// account has today, go into byName.
func (l *ChangeLog) add(e *entra.DirectoryAudit, dir *population.Directory, byName map[string][]Change) {
	at := entra.TimeOf(e.ActivityDateTime)
	l.Window.Rows++
	l.Window.add(at)
	// An event that does not say how it ended is taken for one that was done.
	if e.Result != "" && !strings.EqualFold(strings.TrimSpace(e.Result), "success") {
		return
	}
	if a := catalogue.ActivityOf(e.ActivityDisplayName); a != nil && a.Kind == catalogue.ActivityPolicyChange && strings.Contains(fold(a.Name), "methods policy") {
		l.Policies = append(l.Policies, PolicyChange{at, e.ID})
		slices.SortFunc(l.Policies, func(a, b PolicyChange) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Row, b.Row)) })
		l.Policies = l.Policies[:min(len(l.Policies), mostPolicyChanges)]
	}
	changes := l.changesOf(e)
	for _, c := range changes {
		t := &e.TargetResources[c.Target]
		account, known := dir.Ordinal(t.ID)
		if !known && t.ID == "" && t.UserPrincipalName != "" {
			account, known = dir.Find(t.UserPrincipalName)
		}
		c.At, c.Row = at, e.ID
		c.ByOther = byOther(e.InitiatedBy, t)
		switch {
		case known:
			l.changes[account] = append(l.changes[account], c)
		case t.ID == "" && t.UserPrincipalName != "":
			byName[fold(t.UserPrincipalName)] = append(byName[fold(t.UserPrincipalName)], c)
		default:
			l.Strangers++
		}
	}
}

// former gives changes of accounts that are named by a former name to those that the
// log shows being renamed from it.
func (l *ChangeLog) former(byName map[string][]Change) {
	now := map[string]uint32{}
	for account, list := range l.changes {
		for _, c := range list {
			if c.What == Renamed {
				now[fold(c.Before)] = account
			}
		}
	}
	for name, list := range byName {
		if account, known := now[name]; known {
			l.changes[account] = append(l.changes[account], list...)
		} else {
			l.Strangers += len(list)
		}
	}
}

// changesOf reads what a record did, without who and when.
func (l *ChangeLog) changesOf(e *entra.DirectoryAudit) []Change {
	name := fold(e.ActivityDisplayName)
	if name == "update user" {
		return renames(e)
	}
	a := catalogue.ActivityOf(e.ActivityDisplayName)
	if a == nil {
		if fold(e.LoggedByService) == "authentication methods" {
			l.UnknownActivities[strings.TrimSpace(e.ActivityDisplayName)]++
		}
		return nil
	}
	var c Change
	switch a.Kind {
	case catalogue.ActivityRegistered:
		c.What = Registered
	case catalogue.ActivityDeleted:
		c.What = Deleted
	case catalogue.ActivityStarted:
		c.What = Started
		var found bool
		if c.Target, found = userTarget(e); !found {
			return nil
		}
		return []Change{c}
	default:
		return nil
	}
	var found bool
	if c.Target, found = userTarget(e); !found {
		return nil
	}
	if isPasskeyRecord(name) {
		c.Method = PasskeyMethod
		c.Key, c.AAGUID = KeyID(e.TargetResources[c.Target].DisplayName), e.Detail("AAGuid")
		return []Change{c}
	}
	said := fold(e.ResultReason + " " + e.Detail("AuthenticationMethod"))
	switch {
	case c.What == Registered && (strings.Contains(said, "temporary access pass") || hasProperty(e, "TemporaryAccessPass.")):
		c.What, c.Once = PassIssued, passOnce(e)
	case strings.Contains(said, "fido2"), strings.Contains(said, "passkey"):
		c.Method = PasskeyMethod
	case strings.Contains(said, "authenticator"):
		c.Method = AuthenticatorMethod
	case said == "":
		l.Unplaced++
		c.Method = UnknownMethod
	default:
		return nil
	}
	return []Change{c}
}

// isPasskeyRecord tells whether an activity is one of the records that name the key.
// The end of their names has changed and differs by type, so that only the beginning
// counts.
func isPasskeyRecord(name string) bool {
	for _, prefix := range []string{"add passkey", "delete passkey", "remove passkey", "add fido2"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// userTarget finds the target that is the account.
func userTarget(e *entra.DirectoryAudit) (int, bool) {
	for i, t := range e.TargetResources {
		if strings.EqualFold(t.Type, "User") || t.Type == "" && (t.ID != "" || t.UserPrincipalName != "") {
			return i, true
		}
	}
	return 0, false
}

// byOther tells whether somebody else than the account acted. A record that does not
// say is taken for the account's own.
func byOther(by *entra.AuditActivityInitiator, t *entra.TargetResource) bool {
	switch {
	case by == nil:
		return false
	case by.User == nil:
		return by.App != nil
	case by.User.ID != "" && t.ID != "":
		return !strings.EqualFold(by.User.ID, t.ID)
	case by.User.UserPrincipalName != "" && t.UserPrincipalName != "":
		return !strings.EqualFold(by.User.UserPrincipalName, t.UserPrincipalName)
	default:
		return false
	}
}

func hasProperty(e *entra.DirectoryAudit, prefix string) bool {
	for _, t := range e.TargetResources {
		for _, m := range t.ModifiedProperties {
			if strings.HasPrefix(m.DisplayName, prefix) {
				return true
			}
		}
	}
	return false
}

func passOnce(e *entra.DirectoryAudit) audit.Tri {
	for _, t := range e.TargetResources {
		for _, m := range t.ModifiedProperties {
			if !strings.EqualFold(m.DisplayName, "TemporaryAccessPass.AccessPassUsage") {
				continue
			}
			switch fold(inner(m.NewValue)) {
			case "multiple", "multi", "multiuse":
				return audit.No
			case "onetime", "once", "single":
				return audit.Yes
			}
		}
	}
	return audit.Unsure
}

// renames reads changes of user principal names.
func renames(e *entra.DirectoryAudit) []Change {
	var list []Change
	for i, t := range e.TargetResources {
		for j, m := range t.ModifiedProperties {
			before, after := inner(m.OldValue), inner(m.NewValue)
			if !strings.EqualFold(m.DisplayName, "UserPrincipalName") || before == "" || after == "" || strings.EqualFold(before, after) {
				continue
			}
			list = append(list, Change{What: Renamed, Target: i, Property: j, Before: before, After: after})
		}
	}
	return list
}

// inner is the text inside the value of a property, which is JSON inside a text: a
// text, or a list of one.
func inner(value *string) string {
	if value == nil {
		return ""
	}
	raw := entra.Raw(*value)
	if !raw.IsValid() {
		return *value
	}
	for v := range entra.Elements(raw) {
		raw = v
		break
	}
	var text string
	if raw.Kind() != '"' || entra.Decode(raw, &text) != nil {
		return ""
	}
	return text
}

// joinRecords makes one change of the records that belong to one. Those of a passkey
// are matched by its key, and those that do not name the key by their time. The
// result is sorted, the newest first.
func joinRecords(list []Change) []Change {
	slices.SortFunc(list, func(a, b Change) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Property, b.Property))
	})
	var out []Change
	for _, named := range []bool{true, false} {
		for _, c := range list {
			if (c.Key != "" || c.What == Renamed || c.What == PassIssued) != named {
				continue
			}
			i := slices.IndexFunc(out, func(o Change) bool { return o.sameAs(c) })
			if i < 0 {
				out = append(out, c)
				continue
			}
			out[i].AAGUID = cmp.Or(out[i].AAGUID, c.AAGUID)
			out[i].ByOther = out[i].ByOther || c.ByOther
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return b.At.Compare(a.At) })
	return out
}

func (c Change) sameAs(d Change) bool {
	switch {
	case c.What != d.What || c.Method != d.Method || c.What == Renamed || c.What == PassIssued:
		return false
	case c.Key != "" && d.Key != "":
		return c.Key == d.Key
	default:
		return c.At.Sub(d.At).Abs() <= sameChange
	}
}

// Of lists what happened to an account, the newest first.
func (l *ChangeLog) Of(account uint32) []Change { return l.changes[account] }

// Last is the newest change of an account that is as asked.
func (l *ChangeLog) Last(account uint32, is func(Change) bool) (Change, bool) {
	for _, c := range l.changes[account] {
		if is(c) {
			return c, true
		}
	}
	return Change{}, false
}

// With are the accounts to which something happened that is as asked.
func (l *ChangeLog) With(is func(Change) bool) audit.Set {
	var b audit.Builder
	for account, list := range l.changes {
		if slices.ContainsFunc(list, is) {
			b.Add(account)
		}
	}
	return b.Set()
}

// IsPasskey tells whether a change did something to a passkey.
func (c Change) IsPasskey(what What) bool { return c.What == what && c.Method == PasskeyMethod }

// QuoteChanges quotes members of the records of some changes.
func QuoteChanges(ctx context.Context, p *audit.Pass, changes []Change, quote func(c Change, row audit.KeyedRow) []audit.Evidence) ([]audit.Evidence, error) {
	ids := make([]string, len(changes))
	for i, c := range changes {
		ids[i] = c.Row
	}
	rows, err := audit.RowsOf(ctx, p, snapshot.DirectoryAudits, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for _, c := range changes {
		if row, found := rows[c.Row]; found {
			all = append(all, quote(c, row)...)
		}
	}
	return all, nil
}
