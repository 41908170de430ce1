package population_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// graph is a tenant's true membership: what would be seen if all were read.
type graph struct {
	users  []string
	groups []string
	direct map[string][]string
}

func randomGraph(rng *rand.Rand) graph {
	g := graph{direct: map[string][]string{}}
	for i := range 1 + rng.IntN(5) {
		g.users = append(g.users, fmt.Sprintf("u%d", i))
	}
	for i := range 1 + rng.IntN(6) {
		g.groups = append(g.groups, fmt.Sprintf("g%d", i))
	}
	anything := slices.Concat(g.users, g.groups, []string{"stranger"})
	for _, id := range g.groups {
		for range rng.IntN(4) {
			g.direct[id] = append(g.direct[id], anything[rng.IntN(len(anything))])
		}
	}
	return g
}

// members is the naive closure: add the members of members until nothing changes.
func (g graph) members(group string) map[string]bool {
	in := map[string]bool{group: true}
	for size := 0; size != len(in); {
		size = len(in)
		for _, id := range g.groups {
			if in[id] {
				for _, m := range g.direct[id] {
					in[m] = true
				}
			}
		}
	}
	return in
}

// view is what a snapshot shows of the graph: some of it, with a manifest that is
// honest about how much.
func (g graph) view(rng *rand.Rand) (tenant factstest.Tenant, named []string, whole bool) {
	for _, id := range g.groups {
		if rng.IntN(2) == 0 {
			named = append(named, id)
		}
	}
	whole = true
	state := rng.IntN(3) // complete, partial with a list, partial
	var rows []string
	var cut []string
	for _, id := range g.groups {
		isNamed := slices.Contains(named, id)
		switch {
		case !isNamed && rng.IntN(3) == 0:
			whole = false // a nested group that nobody asked for
			continue
		case isNamed && len(g.direct[id]) == 0 && state == 0 && rng.IntN(2) == 0:
			continue
		case state == 2 && rng.IntN(4) == 0:
			whole = false
			continue
		}
		transitive := rng.IntN(3) == 0
		list := slices.Clone(g.direct[id])
		if transitive {
			list = nil
			for m := range g.members(id) {
				if !slices.Contains(g.groups, m) {
					list = append(list, m)
				}
			}
			slices.Sort(list)
		}
		if state != 0 && rng.IntN(3) == 0 {
			list, whole = list[:rng.IntN(len(list)+1)], false
			cut = append(cut, id)
		}
		for at := 0; at < max(1, len(list)); at += 2 {
			rows = append(rows, line(rng, g, id, transitive, list[at:min(at+2, len(list))]))
		}
	}
	tenant = factstest.Tenant{}.With(snapshot.Users, factstest.Users(g.users...)).
		With(snapshot.Groups, factstest.Groups(named...)).With(snapshot.GroupMembers, rows...)
	switch {
	case state == 2, state == 1 && len(cut) == 0:
		tenant, whole = tenant.Entry(snapshot.GroupMembers, `{"state":"partial"}`), false
	case state == 1:
		tenant = tenant.Entry(snapshot.GroupMembers, fmt.Sprintf(`{"state":"partial","incompleteIds":["%s"]}`, strings.Join(cut, `","`)))
	}
	return tenant, named, whole
}

// line writes a row, with nested groups in either list.
func line(rng *rand.Rand, g graph, id string, transitive bool, members []string) string {
	var users, groups []string
	for _, m := range members {
		if slices.Contains(g.groups, m) && rng.IntN(2) == 0 {
			groups = append(groups, fmt.Sprintf("%q", m))
		} else {
			users = append(users, fmt.Sprintf("%q", m))
		}
	}
	return fmt.Sprintf(`{"groupId":%q,"transitive":%t,"userIds":[%s],"groupIds":[%s]}`,
		id, transitive, strings.Join(users, ","), strings.Join(groups, ","))
}

// TestClosureAgainstNaive: whatever part of a membership graph a snapshot shows,
// certain members are members and everybody else who is one is possible. The graph
// itself is one completion of what is missing.
func TestClosureAgainstNaive(t *testing.T) {
	exact := 0
	for seed := range uint64(800) {
		rng := rand.New(rand.NewPCG(seed, 0))
		g := randomGraph(rng)
		tenant, named, whole := g.view(rng)
		run := tenant.Run(t)
		dir := factstest.Get(t, run, population.Users)
		groups := factstest.Get(t, run, population.Groups)
		for _, id := range named {
			truth := g.members(id)
			got := groups.Lookup(id)
			people := 0
			for _, u := range g.users {
				n, _ := dir.Ordinal(u)
				if got.Members.Yes.Has(n) && !truth[u] || truth[u] && !got.Members.Possible().Has(n) {
					t.Errorf("seed %d: %s in %s is %t, got %q", seed, u, id, truth[u], factstest.Partly(dir, got.Members))
				}
				if truth[u] {
					people++
				}
				for _, step := range groups.Path(id, n) {
					if !truth[step.ID] || !g.members(step.ID)[u] {
						t.Errorf("seed %d: %s is in %s, but not through %s", seed, u, id, step.ID)
					}
				}
			}
			if !got.Members.Yes.And(got.Members.Maybe).Empty() {
				t.Errorf("seed %d: %s: members both certain and possible: %q", seed, id, factstest.Partly(dir, got.Members))
			}
			if got.Empty.String() == "yes" && (people > 0 || truth["stranger"]) || got.Empty.String() == "no" && people == 0 && !truth["stranger"] {
				t.Errorf("seed %d: %s has %d people, stranger %t; got empty %s", seed, id, people, truth["stranger"], got.Empty)
			}
			if whole && !truth["stranger"] {
				exact++
				if !got.Members.Maybe.Empty() {
					t.Errorf("seed %d: %s was read to the end, got %q", seed, id, factstest.Partly(dir, got.Members))
				}
			}
		}
	}
	if exact < 100 {
		t.Errorf("only %d groups were read to the end: the generator is too harsh", exact)
	}
}
