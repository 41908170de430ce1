package access

import (
	"context"
	"runtime"
	"sync"

	"passkeyaudit/audit"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/facts/population"
)

// Classes is the fact that divides enabled accounts into classes that the user
// assignments of all policies treat alike. A sign-in is decided once per class.
var Classes = &audit.Fact[*Classed]{
	Name:   "access.Classes",
	Doc:    "enabled accounts, divided into classes that the user assignments of all policies treat alike",
	Facts:  []audit.AnyFact{population.Users, Policies},
	Derive: deriveClasses,
}

// Classed is the classes with the policies they come from.
type Classed struct {
	*Compiled
	List []population.Class
}

func deriveClasses(ctx context.Context, p *audit.Pass) (*Classed, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	policies, err := audit.Get(ctx, p, Policies)
	if err != nil {
		return nil, err
	}
	partition := population.NewPartition(dir, dir.Enabled)
	var seen []audit.Partly
	for i, reach := range policies.Reach {
		if policies.Policies[i].State == conditionalaccess.Disabled || known(seen, reach) {
			continue
		}
		seen = append(seen, reach)
		partition.Refine(reach)
	}
	return &Classed{policies, partition.List()}, nil
}

// known tells whether an equal set was refined by already: policies tend to share
// their assignments.
func known(seen []audit.Partly, reach audit.Partly) bool {
	for _, s := range seen {
		if s.Yes.Equal(reach.Yes) && s.Maybe.Equal(reach.Maybe) {
			return true
		}
	}
	return false
}

// Scenario is a sign-in that a fact wants decided for everybody, with a name.
type Scenario struct {
	Name   string
	SignIn conditionalaccess.SignIn
}

// Decided is what one scenario comes to for every class, in the order of the list.
type Decided struct {
	Scenario  Scenario
	Decisions []*conditionalaccess.Decision
}

// Decide judges scenarios for every class, in parallel.
func (c *Classed) Decide(ctx context.Context, scenarios []Scenario) ([]Decided, error) {
	out := make([]Decided, len(scenarios))
	for i, s := range scenarios {
		out[i] = Decided{s, make([]*conditionalaccess.Decision, len(c.List))}
	}
	const chunk = 256
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for from := range work {
				for k := from; k < min(from+chunk, len(c.List)); k++ {
					users := c.Users(c.List[k].First)
					for i := range scenarios {
						out[i].Decisions[k] = c.Evaluate(&scenarios[i].SignIn, users)
					}
				}
			}
		})
	}
	for from := 0; from < len(c.List) && ctx.Err() == nil; from += chunk {
		work <- from
	}
	close(work)
	wg.Wait()
	return out, ctx.Err()
}

// People counts the accounts of some set for whom a scenario comes to each verdict.
func (c *Classed) People(d Decided, of audit.Set) map[conditionalaccess.Verdict]int {
	counts := map[conditionalaccess.Verdict]int{}
	for k, decision := range d.Decisions {
		counts[decision.Verdict] += c.List[k].Members.And(of).Count()
	}
	return counts
}
