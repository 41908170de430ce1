package lifecycle

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/snapshot"
)

// Kind is how the two ends of a passkey have come apart.
type Kind string

const (
	Left    Kind = "left-on-device"
	Gone    Kind = "gone-from-device"
	Refused Kind = "refused"
	Blocked Kind = "blocked-by-remnant"
)

// Cause is what made a case, as far as the logs tell.
type Cause string

const (
	// Deleted: a passkey was deleted in Entra, and then one tried that Entra does not
	// have.
	Deleted Cause = "deleted"
	// Unexplained: one was tried that Entra does not have, and no deletion is recorded
	// before that.
	Unexplained Cause = "unexplained"
	// OtherAccount: one was tried that holds the handle of another account.
	OtherAccount Cause = "otherAccount"
	// AppDeleted: an Authenticator entry was deleted after a passkey in Authenticator
	// was registered.
	AppDeleted Cause = "appDeleted"
	// PhoneMissing: a phone that signed in after that is no longer among the devices.
	PhoneMissing Cause = "phoneMissing"
	// NotUsed: for weeks the person has signed in by methods that phishing gets around,
	// and never with the passkey.
	NotUsed Cause = "notUsed"
	// Renamed: the user principal name was changed after the passkey was registered.
	Renamed Cause = "renamed"
	// Rejected: today's policy does not take the passkey.
	Rejected Cause = "rejected"
	// HalfFinished: a registration was started and none was recorded after that.
	HalfFinished Cause = "halfFinished"
)

// Case is one passkey, or one thing that was tried, of one account.
type Case struct {
	Account   uint32
	Kind      Kind
	Cause     Cause
	Certainty audit.Certainty
	// Passkey leads to the passkey in the account's row of authenticationMethods; empty
	// where Entra has none.
	Passkey string
	// Chain is what happened, the oldest first; what has no time comes last.
	Chain []Link
	// Competing are the other explanations that the snapshot does not rule out.
	Competing []string
}

// Link is one step of a chain.
type Link struct {
	At      time.Time // zero where it is not told, or is a state of now
	Section snapshot.SectionID
	Object  string // key of the row
	Pointer string
	Means   string
}

// Newest is when the last dated step of the chain was.
func (c *Case) Newest() (at time.Time) {
	for _, l := range c.Chain {
		if l.At.After(at) {
			at = l.At
		}
	}
	return at
}

// inOrder sorts a chain by time.
func inOrder(chain []Link) []Link {
	slices.SortStableFunc(chain, func(a, b Link) int {
		switch {
		case a.At.IsZero() == b.At.IsZero():
			return cmp.Compare(a.At.UnixNano(), b.At.UnixNano())
		case a.At.IsZero():
			return 1
		default:
			return -1
		}
	})
	return chain
}

// Quote makes evidence of the links of some cases, case by case and in order. The
// caller declares the sections that they point into.
func Quote(ctx context.Context, p *audit.Pass, cases []Case) ([]audit.Evidence, error) {
	wanted := map[snapshot.SectionID][]string{}
	for _, c := range cases {
		for _, l := range c.Chain {
			if !slices.Contains(wanted[l.Section], l.Object) {
				wanted[l.Section] = append(wanted[l.Section], l.Object)
			}
		}
	}
	rows := map[snapshot.SectionID]map[string]audit.KeyedRow{}
	for section, ids := range wanted {
		found, err := audit.RowsOf(ctx, p, section, ids)
		if err != nil {
			return nil, err
		}
		rows[section] = found
	}
	var all []audit.Evidence
	for _, c := range cases {
		for _, l := range c.Chain {
			if row, found := rows[l.Section][l.Object]; found {
				all = append(all, audit.Quote(l.Section, row.Key, row.Raw, l.Pointer, l.Means))
			}
		}
	}
	return all, nil
}

// quotedAccounts is how many accounts a finding quotes.
const quotedAccounts = 5

// QuoteSome quotes the cases of the first of some accounts.
func QuoteSome(ctx context.Context, p *audit.Pass, cases iter.Seq[Case], of audit.Set) ([]audit.Evidence, error) {
	var some []Case
	accounts := map[uint32]bool{}
	for c := range cases {
		if !of.Has(c.Account) || !accounts[c.Account] && len(accounts) == quotedAccounts {
			continue
		}
		accounts[c.Account] = true
		some = append(some, c)
	}
	return Quote(ctx, p, some)
}

func auditLink(c activity.Change, means string) Link {
	return Link{c.At, snapshot.DirectoryAudits, c.Row, "/activityDisplayName", means}
}

func signInLink(e activity.Event, means string) Link {
	return Link{e.At, snapshot.SignIns, e.Row, entra.Pointer("status", "errorCode"), means}
}

// byOther names who did something, where it was not the account itself.
func byOther(c activity.Change) string {
	if c.ByOther {
		return ", by an administrator or an app"
	}
	return ""
}
