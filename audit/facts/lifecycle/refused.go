package lifecycle

import (
	"context"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// RenamedSince is the fact that finds passkeys registered under a former user principal
// name: a passkey cannot be changed with the name (PF,
// how-to-authentication-passkeys-fido2, 2026-03-08).
var RenamedSince = &audit.Fact[*Renames]{
	Name:   "lifecycle.RenamedSince",
	Doc:    "whose user principal name was changed after a passkey was registered",
	Reads:  []audit.Read{{Section: snapshot.AuthenticationMethods, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users, activity.Changes, methods.Holdings},
	Derive: deriveRenamed,
}

// Renames are the cases of changed names.
type Renames struct {
	Dated
	// Renamed are the accounts whose name was changed, with a passkey or without.
	Renamed audit.Set
}

func deriveRenamed(ctx context.Context, p *audit.Pass) (*Renames, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	changes, err := audit.Get(ctx, p, activity.Changes)
	if err != nil {
		return nil, err
	}
	held, err := audit.Get(ctx, p, methods.Holdings)
	if err != nil {
		return nil, err
	}
	out := &Renames{Renamed: changes.With(func(c activity.Change) bool { return c.What == activity.Renamed })}
	out.Cases = newCases()
	passkeys, err := methods.DatedPasskeys(ctx, p, dir, held, out.Renamed.And(held.Of(methods.Passkey)))
	if err != nil {
		return nil, err
	}
	var undated audit.Builder
	for n := range out.Renamed.All() {
		for _, k := range passkeys[n] {
			c, found := renamedAfter(changes.Of(n), k, dir.Member(n).UserPrincipalName)
			if !found {
				continue
			}
			if k.Created.IsZero() || c.At.IsZero() {
				undated.Add(n)
				continue
			}
			out.add(Case{
				Account: n, Kind: Refused, Cause: Renamed, Certainty: audit.Confirmed, Passkey: k.Pointer,
				Chain: inOrder([]Link{
					passkeyLink(dir, n, k, "a passkey registered before"),
					{c.At, snapshot.DirectoryAudits, c.Row, entra.Pointer("targetResources", c.Target, "modifiedProperties", c.Property, "oldValue"), "the user principal name before it was changed"},
					{c.At, snapshot.DirectoryAudits, c.Row, "/activityDateTime", "when it was changed"},
				}),
			})
		}
	}
	out.Undated = undated.Set()
	return out, nil
}

// renamedAfter finds the first change of name after a passkey was registered; none if
// the name is again what it was then.
func renamedAfter(changes []activity.Change, k methods.Dated, name string) (first activity.Change, found bool) {
	for _, c := range changes { // newest first
		if c.What == activity.Renamed && (k.Created.IsZero() || !c.At.Before(k.Created)) {
			first, found = c, true
		}
	}
	return first, found && !strings.EqualFold(first.Before, name)
}

// NotAccepted is the fact that tells which registered passkeys today's policy does not
// take.
var NotAccepted = &audit.Fact[*Rejections]{
	Name:   "lifecycle.NotAccepted",
	Doc:    "which registered passkeys policy does not take, and what the logs say of that",
	Facts:  []audit.AnyFact{population.Users, methods.Policy, methods.Holdings, activity.SignIns, activity.Changes},
	Derive: deriveNotAccepted,
}

// Rejections finds the cases of one account when asked: there may be as many as there are
// passkeys.
type Rejections struct {
	dir     *population.Directory
	policy  *methods.Effective
	held    *methods.Held
	log     *activity.SignInLog
	changes *activity.ChangeLog
}

func deriveNotAccepted(ctx context.Context, p *audit.Pass) (*Rejections, error) {
	r := &Rejections{}
	var err error
	if r.dir, err = audit.Get(ctx, p, population.Users); err != nil {
		return nil, err
	}
	if r.policy, err = audit.Get(ctx, p, methods.Policy); err != nil {
		return nil, err
	}
	if _, err = r.policy.Fido2(); err != nil {
		return nil, err
	}
	if r.held, err = audit.Get(ctx, p, methods.Holdings); err != nil {
		return nil, err
	}
	if r.log, err = audit.Get(ctx, p, activity.SignIns); err != nil {
		return nil, err
	}
	r.changes, err = audit.Get(ctx, p, activity.Changes)
	return r, err
}

// Of lists the passkeys of an account that are certainly not taken, each with why.
func (r *Rejections) Of(account uint32) []Case {
	var cases []Case
	fido2 := r.policy.Passkeys
	for _, k := range r.held.Passkeys(account) {
		pointer, means := "", ""
		switch allowed, why, _ := fido2.SignIn(account, k.Credential); {
		case k.Pointer == "":
			continue
		case fido2.Enabled == audit.No:
			pointer, means = fido2.Pointer+"/state", "the passkey method is off"
		case fido2.Excluded.Yes.Has(account):
			pointer, means = fido2.Pointer+"/excludeTargets", "the owner is excluded from the method"
		case fido2.InScope().Has(account) == audit.No:
			pointer, means = fido2.Pointer+"/includeTargets", "no target reaches the owner"
		case allowed != audit.No:
			continue
		case why == methods.RejectedType:
			pointer, means = fido2.Pointer+"/passkeyProfiles", "no profile of the owner takes passkeys of this type"
		default:
			pointer, means = fido2.Pointer+"/passkeyProfiles", "no profile of the owner takes passkeys of this model"
		}
		c := Case{Account: account, Kind: Refused, Cause: Rejected, Certainty: audit.Confirmed, Passkey: k.Pointer, Chain: r.history(account)}
		c.Chain = append(c.Chain,
			Link{Section: snapshot.AuthenticationMethods, Object: r.dir.Member(account).ID, Pointer: k.Pointer + "/aaGuid", Means: "the registered passkey"},
			Link{Section: snapshot.AuthenticationMethodsPolicy, Object: r.policy.Value.ID, Pointer: pointer, Means: means})
		cases = append(cases, c)
	}
	return cases
}

// history is what the logs say of a passkey that is not taken: the change of policy
// before the sign-ins that were refused by policy, and the newest of those.
func (r *Rejections) history(account uint32) (chain []Link) {
	for _, e := range r.log.Of(account, activity.PasskeyFailed) {
		if e.Code != policyRefuses {
			continue
		}
		chain = append(chain, signInLink(e, "policy refused a sign-in with a passkey"))
		for _, change := range r.changes.Policies {
			if !change.At.After(e.At) {
				chain = append(chain, Link{change.At, snapshot.DirectoryAudits, change.Row, "/activityDisplayName", "the methods policy was changed before that"})
				break
			}
		}
		break
	}
	return inOrder(chain)
}

// policyRefuses is the code of a sign-in with a passkey that policy does not take (ERR,
// 2025-09-03).
const policyRefuses = 135016
