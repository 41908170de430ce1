package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Agreement is the fact that says how the engine compares with the sign-in log.
var Agreement = &audit.Fact[*audit.Engine]{
	Name: "replay.Agreement",
	Doc:  "how often the Conditional Access engine agrees with what the sign-in log says of each policy",
	Reads: []audit.Read{
		{Section: snapshot.SignIns, Gap: audit.Refines},
		{Section: snapshot.ConditionalAccessPolicies, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{Comparing},
	Derive: deriveAgreement,
}

func deriveAgreement(ctx context.Context, p *audit.Pass) (*audit.Engine, error) {
	out := &audit.Engine{}
	for _, id := range []snapshot.SectionID{snapshot.SignIns, snapshot.ConditionalAccessPolicies} {
		if state := p.Status(id).State; !state.HasRows() {
			out.Reason = fmt.Sprintf("%s: %s", id, state)
			return out, nil
		}
	}
	// Policies are compiled, and their people found, only if there is a row.
	var c *Comparer
	for _, err := range audit.Objects[entra.SignIn](ctx, p, snapshot.SignIns) {
		if err != nil {
			return nil, err
		}
		c, err = audit.Get(ctx, p, Comparing)
		if missing, is := errors.AsType[*audit.MissingError](err); is {
			out.Reason = missing.Error()
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		break
	}
	if c == nil {
		return out, nil
	}
	newest := map[string][]audit.Disagreement{}
	for r, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) Row { return c.Compare }) {
		if err != nil {
			return nil, err
		}
		switch r.Kind {
		case NotEvaluated:
			out.NotEvaluated++
			continue
		case Withheld:
			out.Withheld++
			continue
		case Other:
			out.Others++
			continue
		}
		out.Agreed += r.Agreed
		out.PolicyDecisions += r.Agreed + len(r.Disagreements)
		out.Undecided += r.Undecided
		out.Outdated += r.Outdated
		if r.Agreed+len(r.Disagreements) > 0 {
			out.SignInsReplayed++
		}
		for _, d := range r.Disagreements {
			newest[d.PolicyID] = keep(newest[d.PolicyID], d)
		}
	}
	out.Disagreements = spread(newest)
	return out, nil
}

func newestFirst(a, b audit.Disagreement) int {
	return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(a.SignIn, b.SignIn), cmp.Compare(a.PolicyID, b.PolicyID))
}

// keep adds a disagreement to the newest of its policy.
func keep(list []audit.Disagreement, d audit.Disagreement) []audit.Disagreement {
	at, _ := slices.BinarySearchFunc(list, d, newestFirst)
	if at == audit.MostDisagreements {
		return list
	}
	list = slices.Insert(list, at, d)
	return list[:min(len(list), audit.MostDisagreements)]
}

// spread takes the newest of every policy, then the second newest, until there are
// enough: one policy that is read wrongly must not hide another.
func spread(newest map[string][]audit.Disagreement) []audit.Disagreement {
	var out []audit.Disagreement
	for n := 0; len(out) < audit.MostDisagreements; n++ {
		var level []audit.Disagreement
		for _, list := range newest {
			if n < len(list) {
				level = append(level, list[n])
			}
		}
		if len(level) == 0 {
			break
		}
		slices.SortFunc(level, newestFirst)
		out = append(out, level[:min(len(level), audit.MostDisagreements-len(out))]...)
	}
	slices.SortFunc(out, newestFirst)
	return out
}
