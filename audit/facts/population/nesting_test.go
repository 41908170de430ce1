package population_test

import (
	"strings"
	"testing"

	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

func TestPath(t *testing.T) {
	direct, closed := factstest.Direct, factstest.Members
	names := []string{`{"id":"emea","displayName":"EMEA"}`, `{"id":"sales","displayName":"Sales"}`, `{"id":"Europe","displayName":"Europe"}`}
	tests := map[string]struct {
		rows []string
		want string
	}{
		"direct":                      {[]string{direct("emea", "alice", "sales"), direct("sales", "alice")}, ""},
		"nested":                      {[]string{direct("emea", "bob", "sales"), direct("sales", "alice")}, "Sales"},
		"nested-in-groupIds":          {[]string{`{"groupId":"emea","transitive":false,"groupIds":["SALES"]}`, direct("sales", "alice")}, "Sales"},
		"two-deep":                    {[]string{direct("emea", "europe"), direct("europe", "sales"), direct("sales", "alice")}, "Europe Sales"},
		"shortest":                    {[]string{direct("emea", "europe", "sales"), direct("europe", "sales"), direct("sales", "alice")}, "Sales"},
		"first-by-name":               {[]string{direct("emea", "sales", "europe"), direct("europe", "alice"), direct("sales", "alice")}, "Europe"},
		"without-a-name-first-by-id":  {[]string{direct("emea", "y", "x"), direct("y", "alice"), direct("x", "alice")}, "x"},
		"circle":                      {[]string{direct("emea", "europe"), direct("europe", "emea", "sales"), direct("sales", "europe", "alice")}, "Europe Sales"},
		"inner-closed":                {[]string{direct("emea", "sales"), closed("sales", "alice")}, "Sales"},
		"not-a-member":                {[]string{direct("emea", "sales"), closed("sales", "bob")}, ""},
		"no-such-group":               {nil, ""},
		"inner-not-read":              {[]string{direct("emea", "unread")}, ""},
		"inner-deleted":               {[]string{direct("emea", "gone", "sales"), direct("gone", "alice"), direct("sales", "alice")}, "Sales"},
		"closed":                      {[]string{closed("emea", "alice", "bob")}, ""},
		"closed-and-another":          {[]string{closed("emea", "alice"), closed("sales", "alice")}, ""},
		"closed-names-a-group":        {[]string{closed("emea", "alice", "sales"), closed("sales", "alice")}, "Sales"},
		"closed-in-groupIds":          {[]string{`{"groupId":"emea","userIds":["alice"],"groupIds":["sales"]}`, direct("sales", "alice")}, "Sales"},
		"closed-names-another":        {[]string{closed("emea", "alice", "sales"), closed("sales", "bob")}, ""},
		"closed-goes-on":              {[]string{closed("emea", "alice", "europe"), direct("europe", "sales"), direct("sales", "alice")}, "Europe Sales"},
		"closed-in-the-middle":        {[]string{direct("emea", "europe"), closed("europe", "alice", "sales"), closed("sales", "alice")}, "Europe Sales"},
		"closed-circle":               {[]string{direct("emea", "europe"), closed("europe", "alice", "sales"), closed("sales", "alice", "europe")}, "Europe Sales"},
		"closed-circle-both-inside":   {[]string{direct("emea", "europe", "sales"), closed("europe", "alice", "sales"), closed("sales", "alice", "europe")}, "Europe"},
		"closed-names-a-queued-group": {[]string{direct("emea", "europe", "sales"), closed("europe", "alice", "sales"), closed("sales", "alice")}, "Sales"},
		"closed-names-itself":         {[]string{closed("emea", "alice", "emea")}, ""},
		"closed-and-direct-rows":      {[]string{closed("emea", "alice"), direct("emea", "sales"), direct("sales", "alice")}, "Sales"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			run := factstest.Tenant{}.With(snapshot.Users, factstest.Users("alice", "bob")).
				With(snapshot.Groups, names...).Entry(snapshot.Groups, `{"state":"complete","notFound":["Gone"]}`).
				With(snapshot.GroupMembers, tc.rows...).Run(t)
			alice, _ := factstest.Get(t, run, population.Users).Ordinal("alice")
			var got []string
			for _, g := range factstest.Get(t, run, population.Groups).Path("EMEA", alice) {
				got = append(got, strings.Trim(g.Label(), `"`))
			}
			if got := strings.Join(got, " "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
