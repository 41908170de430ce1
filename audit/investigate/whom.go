package investigate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Whom is the account that is meant.
type Whom struct {
	ID, UserPrincipalName string
	// By says how the name led to the account, where it is neither its id nor its user
	// principal name; empty otherwise.
	By string
}

// NotFoundError says that a name is not that of exactly one account in the snapshot.
type NotFoundError struct {
	Name string
	// Why says what is known instead: that the account was deleted, that several have
	// the name, that the snapshot is about somebody else.
	Why string
	// Near are accounts that may be meant: user principal names.
	Near []string
	// Unread: users were not read, so nothing is known of anybody.
	Unread bool
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("%q: %s", e.Name, e.Why)
	if len(e.Near) > 0 {
		text += "; did you mean " + alternatives(e.Near) + "?"
	}
	return text
}

// alternatives lists names: "a", "a or b", "a, b or c".
func alternatives(names []string) string { return enumerate(names, "or") }

func enumerate(names []string, last string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " " + last + " " + names[n-1]
	}
	return strings.Join(names, "")
}

// account is what of a row of users names the account.
type account struct {
	ID                string   `json:"id"`
	UserPrincipalName string   `json:"userPrincipalName"`
	DisplayName       string   `json:"displayName"`
	Mail              string   `json:"mail"`
	MailNickname      string   `json:"mailNickname"`
	OtherMails        []string `json:"otherMails"`
	ProxyAddresses    []string `json:"proxyAddresses"`
	Identities        []struct {
		AssignedID string `json:"issuerAssignedId"`
	} `json:"identities"`
}

// Find looks an account up by object id or user principal name, in any letter case; by
// another address of it; and of a guest by the address at home. Anything less is not
// taken for the account: the error, a *NotFoundError, lists what is near.
func Find(ctx context.Context, snap *snapshot.Snapshot, name string) (Whom, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return Whom{}, &NotFoundError{Name: name, Why: "name a user by user principal name or object id"}
	}
	status := snap.Status(snapshot.Users)
	if !status.State.HasRows() {
		return Whom{}, &NotFoundError{Name: name, Unread: true, Why: fmt.Sprintf("the snapshot has no users (%s%s), so nobody can be looked up", status.State, needs(status))}
	}
	text := snapshot.Mentions(name)
	home := snapshot.Mentions(guestName(name))
	rows, err := snap.Matching(ctx, snapshot.Users, func(raw entra.Raw) bool { return text(raw) || strings.Contains(name, "@") && home(raw) })
	if err != nil {
		return Whom{}, err
	}
	var exact, other []Whom
	for _, row := range rows {
		var a account
		if entra.Decode(row, &a) != nil || a.ID == "" {
			continue // a row that cannot be read is nobody's
		}
		switch by := a.called(name); {
		case by == "":
		case by == itself:
			exact = add(exact, Whom{a.ID, a.UserPrincipalName, ""})
		default:
			other = add(other, Whom{a.ID, a.UserPrincipalName, by})
		}
	}
	if len(exact) == 0 {
		exact = other
	}
	switch len(exact) {
	case 0:
		return Whom{}, missing(ctx, snap, name)
	case 1:
		return exact[0], nil
	}
	e := &NotFoundError{Name: name, Why: fmt.Sprintf("%d accounts have this name; use the object id of one", len(exact))}
	for _, w := range exact {
		e.Near = append(e.Near, fmt.Sprintf("%s (%s)", w.UserPrincipalName, w.ID))
	}
	return Whom{}, e
}

func needs(s snapshot.Status) string {
	if s.Entry == nil || len(s.Entry.Needs) == 0 {
		return ""
	}
	return ", it takes " + strings.Join(s.Entry.Needs, " or ")
}

// add adds an account once: of several rows about one the last counts.
func add(list []Whom, w Whom) []Whom {
	if i := slices.IndexFunc(list, func(o Whom) bool { return strings.EqualFold(o.ID, w.ID) }); i >= 0 {
		list[i] = w
		return list
	}
	return append(list, w)
}

// itself: the name is the account's id or user principal name.
const itself = "itself"

// called tells by what an account has a name; empty if it does not.
func (a *account) called(name string) string {
	is := func(text string) bool { return strings.EqualFold(text, name) }
	switch {
	case is(a.ID), is(a.UserPrincipalName):
		return itself
	case strings.Contains(name, "@") && hasGuestName(a.UserPrincipalName, name):
		return "it is the guest with this address at home"
	case is(a.Mail), slices.ContainsFunc(a.OtherMails, is), slices.ContainsFunc(a.ProxyAddresses, func(p string) bool {
		_, address, found := strings.Cut(p, ":")
		return found && is(address)
	}):
		return "it is another address of the account"
	}
	for _, identity := range a.Identities {
		if is(identity.AssignedID) {
			return "it is another name by which the account signs in"
		}
	}
	return ""
}

// guestName is how Entra writes the address of a guest at home into the beginning of
// the user principal name: "bob_fabrikam.example#EXT#".
func guestName(address string) string { return strings.ReplaceAll(address, "@", "_") + "#EXT#" }

func hasGuestName(upn, address string) bool {
	want := guestName(address)
	return len(upn) > len(want) && strings.EqualFold(upn[:len(want)], want)
}

// missing says what is known of a name that no account has.
func missing(ctx context.Context, snap *snapshot.Snapshot, name string) error {
	e := &NotFoundError{Name: name}
	when, err := deleted(ctx, snap, name)
	if err != nil {
		return err
	}
	if e.Near, err = near(ctx, snap, name); err != nil {
		return err
	}
	scope, status := snap.Scope(), snap.Status(snapshot.Users)
	switch {
	case when != "":
		e.Why = "the account was deleted on " + when + ", and a deleted account has no passkeys"
	case scope.Narrowed():
		e.Why = fmt.Sprintf("the snapshot holds only %s of the tenant and not this account; collect it with 'passkeyaudit collect --user'", scopeText(scope))
	case status.State != snapshot.Complete:
		e.Why = "users were not read in full (" + cmp.Or(status.Reason, string(status.State)) + "), and those that were have nobody of this name"
	default:
		e.Why = "no account of the tenant has this user principal name or object id"
	}
	return e
}

func scopeText(s snapshot.Scope) string {
	what := "user"
	if s.Kind == snapshot.ScopeGroups {
		what = "group"
	}
	if len(s.IDs) == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", len(s.IDs), what)
}

// deleted looks for the deletion of an account in the audit log; the day, or empty.
// Entra writes the id, without hyphens, in front of the name of who is deleted.
func deleted(ctx context.Context, snap *snapshot.Snapshot, name string) (string, error) {
	rows, err := snap.Matching(ctx, snapshot.DirectoryAudits, snapshot.Mentions(name))
	if err != nil {
		return "", err
	}
	day := ""
	for _, row := range rows {
		var e entra.DirectoryAudit
		if entra.Decode(row, &e) != nil {
			continue
		}
		activity := strings.ToLower(strings.TrimSpace(e.ActivityDisplayName))
		if activity != "delete user" && activity != "hard delete user" {
			continue
		}
		for _, t := range e.TargetResources {
			bare := strings.ReplaceAll(t.ID, "-", "")
			if strings.EqualFold(t.ID, name) || strings.EqualFold(t.UserPrincipalName, name) || strings.EqualFold(t.UserPrincipalName, bare+name) {
				at, _, _ := strings.Cut(e.ActivityDateTime, "T")
				day = max(day, at)
			}
		}
	}
	return day, nil
}
