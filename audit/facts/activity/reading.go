package activity

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"passkeyaudit/audit"
)

// Reading is the fact that says what reading the logs came to: how many rows ended in
// which way, and what in them is not known.
var Reading = &audit.Fact[audit.Logs]{
	Name:   "activity.Reading",
	Doc:    "how the rows of the logs were classified, and which error codes and activities are not known",
	Facts:  []audit.AnyFact{SignIns, Changes},
	Derive: deriveReading,
}

func deriveReading(ctx context.Context, p *audit.Pass) (audit.Logs, error) {
	signIns, err := audit.Get(ctx, p, SignIns)
	if err != nil {
		return audit.Logs{}, err
	}
	changes, err := audit.Get(ctx, p, Changes)
	if err != nil {
		return audit.Logs{}, err
	}
	out := audit.Logs{SignIns: signIns.Window.Rows, Audits: changes.Window.Rows, Uncoded: signIns.Uncoded}
	for c := range classCount {
		if n := signIns.Classes[c]; n > 0 {
			out.Classes = append(out.Classes, audit.Tally{Name: c.String(), Rows: n})
		}
	}
	out.UnknownCodes = tallies(signIns.UnknownCodes, strconv.Itoa)
	out.UnknownActivities = tallies(changes.UnknownActivities, func(name string) string { return name })
	return out, nil
}

// tallies sorts counts, the highest first.
func tallies[K cmp.Ordered](counts map[K]int, name func(K) string) []audit.Tally {
	var list []audit.Tally
	for k, n := range counts {
		list = append(list, audit.Tally{Name: name(k), Rows: n})
	}
	slices.SortFunc(list, func(a, b audit.Tally) int { return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Name, b.Name)) })
	return list
}
