package investigate

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Open narrows a snapshot to one account in one pass over its files. Beside the rows
// that mention the account it keeps the audit records of changes of policies, those that
// name the account by name only, and the devices of which not their own row but Intune's
// says whose they are. Where memberships were taken from another snapshot, that one says
// which other accounts there are.
func Open(ctx context.Context, snap *snapshot.Snapshot, who Whom, others ...*snapshot.Snapshot) (*snapshot.Snapshot, error) {
	devices, err := devicesInIntune(ctx, snap, who.ID)
	if err != nil {
		return nil, err
	}
	inIntune := func(raw entra.Raw) bool {
		return slices.ContainsFunc(devices, func(mentions func(entra.Raw) bool) bool { return mentions(raw) })
	}
	byName := func(entra.Raw) bool { return false }
	if who.UserPrincipalName != "" {
		byName = snapshot.Mentions(who.UserPrincipalName)
	}
	var unowned ownerless
	members := newMembers(who.ID)
	holders, err := roleHolders(ctx, snap)
	if err != nil {
		return nil, err
	}
	choice := snapshot.Choice{
		Also: map[snapshot.SectionID]func(entra.Raw) bool{
			snapshot.DirectoryAudits: func(raw entra.Raw) bool { return byName(raw) || changesPolicy(raw) },
			snapshot.Devices:         func(raw entra.Raw) bool { return inIntune(raw) || unowned.keep(raw) },
			snapshot.Users: func(raw entra.Raw) bool {
				return members.account(raw) || holders[hashID(snapshot.RowKey(snapshot.Users, raw))]
			},
			snapshot.GroupMembers: func(entra.Raw) bool { return true },
		},
		Rewrite: map[snapshot.SectionID]func(entra.Raw) entra.Raw{snapshot.GroupMembers: members.rewrite},
	}
	view, err := snap.Pick(ctx, []string{who.ID}, choice)
	if err == nil && unowned.count() > 0 {
		// Intune may say of these whose they are, which settles that they are not of this
		// account.
		choice.Also[snapshot.Devices] = func(raw entra.Raw) bool { return inIntune(raw) || unowned.has(deviceID(raw)) }
		choice.Also[snapshot.ManagedDevices] = func(raw entra.Raw) bool {
			return unowned.has(strings.ToLower(entra.Text(raw, "/azureADDeviceId")))
		}
		view, err = snap.Pick(ctx, []string{who.ID}, choice)
	}
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if err := members.known(ctx, other); err != nil {
			return nil, err
		}
	}
	if view, err = members.settle(ctx, snap, view); err != nil {
		return nil, err
	}
	return withPhones(ctx, snap, view)
}

// roleHolders are hashes of the ids that hold roles, where groups were not read in full:
// without the accounts among them, any could be a group that the account is in.
func roleHolders(ctx context.Context, snap *snapshot.Snapshot) (map[uint64]bool, error) {
	ids := map[uint64]bool{}
	if snap.Status(snapshot.Groups).State == snapshot.Complete {
		return ids, nil
	}
	for _, section := range []snapshot.SectionID{snapshot.RoleAssignments, snapshot.RoleEligibility} {
		for row, err := range snap.Rows(ctx, section) {
			if err != nil {
				return nil, err
			}
			ids[hashID(entra.Text(row.Raw, "/principalId"))] = true
		}
	}
	return ids, nil
}

// devicesInIntune finds rows by the directory's ids of the devices that Intune gives to
// an account.
func devicesInIntune(ctx context.Context, snap *snapshot.Snapshot, id string) ([]func(entra.Raw) bool, error) {
	rows, err := snap.Matching(ctx, snapshot.ManagedDevices, snapshot.Mentions(id))
	if err != nil {
		return nil, err
	}
	var list []func(entra.Raw) bool
	for _, row := range rows {
		if device := entra.Text(row, "/azureADDeviceId"); strings.Trim(device, "0-") != "" {
			list = append(list, snapshot.Mentions(device))
		}
	}
	return list, nil
}

func deviceID(raw entra.Raw) string { return strings.ToLower(entra.Text(raw, "/deviceId")) }

// changesPolicy tells whether an audit record is about a policy, by words that every
// such activity has.
func changesPolicy(raw entra.Raw) bool {
	activity := strings.ToLower(entra.Text(raw, "/activityDisplayName"))
	return strings.Contains(activity, "policy") || strings.Contains(activity, "authentication strength") || strings.Contains(activity, "named location")
}

// mostOwnerless is how many devices without owners are kept: one is enough to know that
// anybody may have a device that is not listed.
const mostOwnerless = 256

// ownerless are compliant devices whose rows do not say whose they are.
type ownerless struct {
	mu  sync.Mutex
	ids map[string]bool
}

func (o *ownerless) keep(raw entra.Raw) bool {
	if bytes.Contains(raw, []byte(`"registeredOwners"`)) || bytes.Contains(raw, []byte(`"registeredUsers"`)) {
		return false
	}
	if v, found := entra.Lookup(raw, "/isCompliant"); !found || v.Kind() != 't' {
		return false
	}
	id := deviceID(raw)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.ids) >= mostOwnerless {
		return false
	}
	if o.ids == nil {
		o.ids = map[string]bool{}
	}
	o.ids[id] = true
	return true
}

func (o *ownerless) has(id string) bool { o.mu.Lock(); defer o.mu.Unlock(); return o.ids[id] }
func (o *ownerless) count() int         { o.mu.Lock(); defer o.mu.Unlock(); return len(o.ids) }
