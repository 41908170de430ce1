package investigate

import (
	"context"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// policySections are what help desks may not be allowed to read, and somebody else has
// read for them.
var policySections = []snapshot.SectionID{
	snapshot.AuthenticationMethodsPolicy, snapshot.SecurityDefaults, snapshot.CrossTenantAccessPolicy, snapshot.CrossTenantPartners,
	snapshot.AuthenticationStrengths, snapshot.ConditionalAccessPolicies, snapshot.NamedLocations, snapshot.ServicePrincipals, snapshot.Domains, snapshot.Groups,
}

// WithPolicies gives a snapshot the policies and groups of another one. Who is in a
// group stays as the snapshot itself says, if it was collected for all groups of the
// other one; otherwise it is from there too.
func WithPolicies(ctx context.Context, snap, policies *snapshot.Snapshot) (*snapshot.Snapshot, *PolicySource, error) {
	covered, err := covers(ctx, snap, policies)
	if err != nil {
		return nil, nil, err
	}
	take := policySections
	source := &PolicySource{TakenAt: policies.Manifest().TakenAt, Older: snap.TakenAt().Sub(policies.TakenAt()), Memberships: !covered}
	if !covered {
		take = append(take[:len(take):len(take)], snapshot.GroupMembers)
	}
	for _, id := range []snapshot.SectionID{snapshot.RoleAssignments, snapshot.RoleEligibility} {
		if !snap.Status(id).State.HasRows() && policies.Status(id).State.HasRows() {
			take = append(take[:len(take):len(take)], id)
		}
	}
	return snap.Taking(policies, take...), source, nil
}

// covers tells whether memberships of a snapshot were read for every group that
// policies of another one name.
func covers(ctx context.Context, snap, policies *snapshot.Snapshot) (bool, error) {
	groups, members := snap.Status(snapshot.Groups), snap.Status(snapshot.GroupMembers)
	if !groups.State.HasRows() || !members.WholeInView() {
		return false, nil
	}
	mine, err := NamedGroups(ctx, snap)
	if err != nil {
		return false, err
	}
	known := map[string]bool{}
	for _, id := range mine {
		known[strings.ToLower(id)] = true
	}
	if groups.Entry != nil {
		for _, id := range groups.Entry.NotFound {
			known[strings.ToLower(id)] = true
		}
	}
	theirs, err := NamedGroups(ctx, policies)
	if err != nil {
		return false, err
	}
	for _, id := range theirs {
		if !known[strings.ToLower(id)] {
			return false, nil
		}
	}
	return len(theirs) > 0 || policies.Status(snapshot.Groups).State == snapshot.Complete, nil
}

// NamedGroups lists the ids of the groups that policies of a snapshot name.
func NamedGroups(ctx context.Context, snap *snapshot.Snapshot) (ids []string, err error) {
	for row, err := range snap.Rows(ctx, snapshot.Groups) {
		if err != nil {
			return nil, err
		}
		if id := entra.Text(row.Raw, "/id"); id != "" {
			ids = append(ids, strings.Clone(id))
		}
	}
	return ids, nil
}
