package bootstrap

import (
	"context"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/snapshot"
)

// QuotePolicies quotes what makes some Conditional Access policies stand in the way:
// what they are for, where, and their controls. The check declares the section.
func QuotePolicies(ctx context.Context, p *audit.Pass, ids []string, located bool) ([]audit.Evidence, error) {
	rows, err := audit.RowsOf(ctx, p, snapshot.ConditionalAccessPolicies, ids)
	if err != nil {
		return nil, err
	}
	var all []audit.Evidence
	for _, id := range ids {
		row, found := rows[id]
		if !found {
			continue
		}
		quote := func(pointer, means string) {
			if e := audit.Quote(snapshot.ConditionalAccessPolicies, row.Key, row.Raw, pointer, means); !e.Absent && !empty(e.Value) {
				all = append(all, e)
			}
		}
		quote("/conditions/applications/includeUserActions", "it is about registering security information")
		quote("/conditions/applications/includeApplications", "a policy on all resources matches that as well")
		if located {
			quote("/conditions/locations", "where it applies")
		}
		quote("/grantControls/builtInControls", "what it demands")
		quote("/grantControls/authenticationStrength/id", "the strength that it demands")
	}
	return all, nil
}

func empty(raw entra.Raw) bool {
	return slices.Contains([]string{"null", "[]", "{}", `""`}, string(raw))
}

// QuoteBlockers quotes objects that stand in the way, each where it says what it
// stands in the way for. The check declares the sections on policies and strengths.
func (g *Given) QuoteBlockers(ctx context.Context, p *audit.Pass, blockers []Blocker, reasons []Reason) ([]audit.Evidence, error) {
	var all []audit.Evidence
	for _, b := range blockers {
		switch b.Type {
		case PolicyBlocker:
			list, err := QuotePolicies(ctx, p, []string{b.ID}, slices.Contains(reasons, LocationBlocked))
			if err != nil {
				return nil, err
			}
			all = append(all, list...)
		case StrengthBlocker:
			rows, err := audit.RowsOf(ctx, p, snapshot.AuthenticationStrengths, []string{b.ID})
			if err != nil {
				return nil, err
			}
			if row, found := rows[b.ID]; found {
				all = append(all, audit.Quote(snapshot.AuthenticationStrengths, row.Key, row.Raw, "/allowedCombinations", "what meets "+g.Label(b)))
			}
		case ProfileBlocker:
			pk := g.Methods.Passkeys
			if pk == nil {
				continue
			}
			if profile := pk.Profile(b.ID); profile != nil {
				pointer := profile.Pointer + "/keyRestrictions"
				if slices.Contains(reasons, AttestationRequired) {
					pointer = profile.AttestationPointer()
				}
				all = append(all, g.Methods.Quote(pointer, "what "+profile.Label()+" admits"))
			}
		case MethodBlocker:
			if pk := g.Methods.Passkeys; pk != nil {
				pointer, means := pk.Pointer+"/state", "whether the method is on"
				switch {
				case slices.Contains(reasons, SelfServiceOff):
					pointer, means = pk.Pointer+"/isSelfServiceRegistrationAllowed", "whether people may register themselves"
				case slices.Contains(reasons, ProfileRejects) && pk.Mode == methods.Profiles:
					pointer, means = pk.Pointer+"/includeTargets", "which profiles the targets name"
				}
				all = append(all, g.Methods.Quote(pointer, means))
			}
		case PassBlocker:
			if tap := g.Methods.Method(entra.MethodTemporaryAccessPass); tap != nil {
				pointer, means := tap.Pointer+"/isUsableOnce", "which kinds of passes can be issued"
				switch {
				case slices.Contains(reasons, TapDisabled):
					pointer, means = tap.Pointer+"/state", "whether passes can be used"
				case slices.Contains(reasons, TapNotInScope):
					pointer, means = tap.Pointer+"/includeTargets", "whom passes are for"
				}
				all = append(all, g.Methods.Quote(pointer, means))
			}
		}
	}
	return all, nil
}
