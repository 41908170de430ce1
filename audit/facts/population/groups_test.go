package population_test

import (
	"fmt"
	"sync"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestGroups(t *testing.T) {
	base := factstest.Tenant{}.
		With(snapshot.Users, factstest.Users("a", "b", "c")).
		With(snapshot.Groups, factstest.Groups("g", "h")).
		With(snapshot.GroupMembers)
	scoped := base
	scoped.Scope = `{"kind":"user","ids":["a"]}`
	lines := func(rows ...string) factstest.Tenant { return base.With(snapshot.GroupMembers, rows...) }
	direct, members := factstest.Direct, factstest.Members
	const (
		partial    = `{"state":"partial"}`
		incomplete = `{"state":"partial","incompleteIds":["G"]}`
		denied     = `{"state":"denied"}`
	)
	tests := map[string]struct {
		tenant  factstest.Tenant
		members string
		exists  audit.Tri
		empty   audit.Tri
	}{
		"transitive":                    {lines(members("g", "a", "b")), "a b", audit.Yes, audit.No},
		"transitive-absent-means-true":  {lines(`{"groupId":"g","userIds":["a","x"]}`), "a", audit.Yes, audit.No},
		"transitive-null-means-true":    {lines(`{"groupId":"g","transitive":null,"userIds":["a","x"]}`), "a", audit.Yes, audit.No},
		"letter-case":                   {lines(members("G", "A", "B")), "a b", audit.Yes, audit.No},
		"several-lines":                 {lines(members("g", "a"), members("h", "c"), members("G", "b")), "a b", audit.Yes, audit.No},
		"several-lines-of-both-sorts":   {lines(members("g", "a"), direct("g", "h"), members("h", "b")), "a b", audit.Yes, audit.No},
		"transitive-names-groups-too":   {lines(`{"groupId":"g","transitive":true,"userIds":["a"],"groupIds":["unread"]}`), "a", audit.Yes, audit.No},
		"transitive-holds-a-group-only": {lines(members("g", "h"), members("h")), "", audit.Yes, audit.Yes},

		"direct":                       {lines(direct("g", "a")), "a", audit.Yes, audit.No},
		"nested-in-userIds":            {lines(direct("g", "a", "H"), members("h", "b")), "a b", audit.Yes, audit.No},
		"nested-in-groupIds":           {lines(`{"groupId":"g","transitive":false,"groupIds":["H"]}`, members("h", "b")), "b", audit.Yes, audit.No},
		"nested-adds-nobody":           {lines(direct("g", "a", "h"), members("h", "a")), "a", audit.Yes, audit.No},
		"nested-two-deep":              {lines(direct("g", "h"), direct("h", "i"), members("i", "c")), "c", audit.Yes, audit.No},
		"nested-itself":                {lines(direct("g", "g", "a")), "a", audit.Yes, audit.No},
		"circle":                       {lines(direct("g", "h", "a"), direct("h", "g", "b")), "a b", audit.Yes, audit.No},
		"diamond":                      {lines(direct("g", "h", "i"), direct("h", "j"), direct("i", "j"), direct("j", "c")), "c", audit.Yes, audit.No},
		"nested-is-empty":              {lines(direct("g", "h")), "", audit.Yes, audit.Yes},
		"nested-has-a-stranger-only":   {lines(direct("g", "h"), members("h", "stranger")), "", audit.Yes, audit.No},
		"nested-missing":               {lines(direct("g", "a", "unread")), "a b? c?", audit.Yes, audit.No},
		"nested-missing-two-deep":      {lines(direct("g", "h"), direct("h", "unread")), "a? b? c?", audit.Yes, audit.Unsure},
		"nested-missing-in-a-circle":   {lines(direct("g", "h", "a"), direct("h", "g", "unread")), "a b? c?", audit.Yes, audit.No},
		"nested-not-found":             {lines(direct("g", "a", "gone")).Entry(snapshot.Groups, `{"state":"complete","notFound":["Gone"]}`), "a", audit.Yes, audit.No},
		"nested-incomplete":            {lines(direct("h", "g", "a"), members("g", "b")).Entry(snapshot.GroupMembers, incomplete), "a b c?", audit.Yes, audit.No},
		"circle-of-nobody":             {lines(direct("g", "h"), direct("h", "g")), "", audit.Yes, audit.Yes},
		"stranger-keeps-from-empty":    {lines(members("g", "stranger")), "", audit.Yes, audit.No},
		"empty-row":                    {lines(members("g")), "", audit.Yes, audit.Yes},
		"no-line-in-complete-section":  {base, "", audit.Yes, audit.Yes},
		"no-line-but-named-incomplete": {base.Entry(snapshot.GroupMembers, `{"state":"complete","objects":0,"incompleteIds":["g"]}`), "a? b? c?", audit.Yes, audit.Unsure},

		"deleted":                         {base.With(snapshot.Groups, factstest.Groups("h")), "", audit.No, audit.Yes},
		"deleted-despite-lines":           {lines(members("g", "a")).With(snapshot.Groups, factstest.Groups("h")), "", audit.No, audit.Yes},
		"not-found":                       {base.With(snapshot.Groups, factstest.Groups("h")).Entry(snapshot.Groups, `{"state":"partial","notFound":["G"]}`), "", audit.No, audit.Yes},
		"groups-partial":                  {base.With(snapshot.Groups, factstest.Groups("h")).Entry(snapshot.Groups, partial), "a? b? c?", audit.Unsure, audit.Unsure},
		"groups-denied":                   {base.Without(snapshot.Groups).Entry(snapshot.Groups, denied), "a? b? c?", audit.Unsure, audit.Unsure},
		"groups-denied-with-lines":        {lines(members("g", "a")).Without(snapshot.Groups).Entry(snapshot.Groups, denied), "a", audit.Yes, audit.No},
		"groups-not-collected-with-lines": {lines(members("g", "a")).Without(snapshot.Groups), "a", audit.Yes, audit.No},

		"members-partial":                 {lines(members("g", "a")).Entry(snapshot.GroupMembers, partial), "a b? c?", audit.Yes, audit.No},
		"members-partial-no-line":         {lines(members("h", "a")).Entry(snapshot.GroupMembers, partial), "a? b? c?", audit.Yes, audit.Unsure},
		"members-partial-this-incomplete": {lines(members("g", "a")).Entry(snapshot.GroupMembers, incomplete), "a b? c?", audit.Yes, audit.No},
		"members-partial-other-one":       {lines(members("g", "a")).Entry(snapshot.GroupMembers, `{"state":"partial","incompleteIds":["h"]}`), "a", audit.Yes, audit.No},
		"members-partial-other-no-line":   {lines(members("h", "a")).Entry(snapshot.GroupMembers, `{"state":"partial","incompleteIds":["h"]}`), "a? b? c?", audit.Yes, audit.Unsure},
		"members-denied":                  {base.Without(snapshot.GroupMembers).Entry(snapshot.GroupMembers, denied), "a? b? c?", audit.Yes, audit.Unsure},
		"members-not-collected":           {base.Without(snapshot.GroupMembers), "a? b? c?", audit.Yes, audit.Unsure},
		"members-unreadable":              {lines(members("g", "a"), `{"groupId":"h","userIds":"all"}`), "a b? c?", audit.Yes, audit.No},
		"members-unlicensed":              {base.Without(snapshot.GroupMembers).Entry(snapshot.GroupMembers, `{"state":"unlicensed"}`), "a? b? c?", audit.Yes, audit.Unsure},

		"narrowed":            {scoped.With(snapshot.GroupMembers, members("g", "a")), "a", audit.Yes, audit.No},
		"narrowed-no-line":    {scoped, "", audit.Yes, audit.Unsure},
		"narrowed-unreadable": {scoped.With(snapshot.GroupMembers, members("g", "a"), `{"groupId":"h","userIds":1}`), "a b? c?", audit.Yes, audit.No},
		"narrowed-by-reason":  {lines(members("g", "a")).Entry(snapshot.GroupMembers, `{"state":"partial","reason":"scope"}`), "a", audit.Yes, audit.No},
		"narrowed-and-cut-off": {scoped.With(snapshot.GroupMembers, members("g", "a")).
			Entry(snapshot.GroupMembers, `{"state":"partial","reason":"scope","incompleteIds":["g"]}`), "a b? c?", audit.Yes, audit.No},
		"users-partial": {lines(members("g", "a", "unread")).Entry(snapshot.Users, partial), "a", audit.Yes, audit.No},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := tc.tenant.Run(t)
			dir := factstest.Get(t, run, population.Users)
			asked := "G"
			if name == "nested-incomplete" {
				asked = "H"
			}
			g := factstest.Get(t, run, population.Groups).Lookup(asked)
			got := fmt.Sprintf("%s; exists %s, empty %s", factstest.Partly(dir, g.Members), g.Exists, g.Empty)
			want := fmt.Sprintf("%s; exists %s, empty %s", tc.members, tc.exists, tc.empty)
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestGroupLabel(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Groups, `{"id":"G1","displayName":"Pilot"}`, `{"id":"g2","displayName":""}`)
	groups := factstest.Of(t, tenant, population.Groups)
	for id, want := range map[string]string{"g1": `"Pilot"`, "G2": "g2", "Gone": "gone"} {
		if got := groups.Lookup(id).Label(); got != want {
			t.Errorf("label of %s: %s, want %s", id, got, want)
		}
	}
	if got := groups.Lookup("g1").ID; got != "G1" {
		t.Errorf("the id is as Graph spells it: got %s", got)
	}
}

func TestLookupConcurrently(t *testing.T) {
	tenant := factstest.Tenant{}.With(snapshot.Users, factstest.Users("a")).
		With(snapshot.Groups, factstest.Groups("g", "h")).
		With(snapshot.GroupMembers, factstest.Direct("g", "h"), factstest.Members("h", "a"))
	groups := factstest.Of(t, tenant, population.Groups)
	var wg sync.WaitGroup
	for range 8 {
		for _, id := range []string{"g", "h", "unknown"} {
			wg.Go(func() {
				if got := groups.Lookup(id).Members.Yes.Count(); got != 1 && id != "unknown" {
					t.Errorf("%s has %d members, want 1", id, got)
				}
			})
		}
	}
	wg.Wait()
}
