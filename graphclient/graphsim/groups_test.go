package graphsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/graphclient/graphsim"
)

func TestMembers(t *testing.T) {
	s := standard(t, graphsim.Options{})
	const cast = "/transitiveMembers/microsoft.graph.user?$count=true&$select=id"
	tests := []struct {
		name, url, want string
		headers         []string
	}{
		{"allLinesAreJoinedAndClosed", "/groups/" + staff + cast, `{"id":"` + alice + `"} {"id":"` + unknown + `"} {"id":"` + bob + `"}`, eventual},
		{"nested", "/groups/" + nested + cast, `{"id":"` + bob + `"}`, eventual},
		{"emptyGroup", "/groups/" + empty + cast, "", eventual},
		{"withoutCast", "/groups/" + staff + "/transitiveMembers", `{"@odata.type":"#microsoft.graph.user","id":"` + alice + `"} ` +
			`{"@odata.type":"#microsoft.graph.group","id":"` + nested + `"} {"id":"` + unknown + `"} {"@odata.type":"#microsoft.graph.user","id":"` + bob + `"}`, nil},
		{"selected", "/groups/" + staff + "/transitiveMembers/microsoft.graph.user?$count=true&$select=id,displayName",
			`{"id":"` + alice + `","displayName":"Al\u0069ce"} {"id":"` + unknown + `"} {"id":"` + bob + `"}`, eventual},
		{"memberOf", "/users/" + bob + "/transitiveMemberOf?$select=id&$top=2", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "memberOf" {
				rows, _ := s.all("/v1.0" + tt.url)
				tt.want = strings.Join([]string{typedGroup(staff), typedGroup(nested), typedGroup(cut)}, " ")
				if got := joined(rows); got != tt.want {
					t.Errorf("got %s", got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, joined(s.get("/v1.0"+tt.url, tt.headers...).page(t).Value)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func typedGroup(id string) string {
	return `{"@odata.type":"#microsoft.graph.group","id":"` + id + `"}`
}

func joined[T ~[]byte](rows []T) string {
	var all []string
	for _, r := range rows {
		all = append(all, string(r))
	}
	return strings.Join(all, " ")
}

// A group that was not read to its end gives what is known of it and then fails,
// however often it is asked.
func TestIncompleteGroup(t *testing.T) {
	for _, group := range []string{cut, dangling} {
		t.Run(group, func(t *testing.T) {
			s := standard(t, graphsim.Options{PageSize: 1})
			rows, last := s.all("/v1.0/groups/" + group + "/transitiveMembers")
			if len(rows) == 0 || last.status != 504 {
				t.Fatalf("%d rows, then status %d", len(rows), last.status)
			}
		})
	}
}

// A user who may be in a group that was not read to its end may be in more
// groups than are known.
func TestMemberOfUnsure(t *testing.T) {
	s := standard(t, graphsim.Options{})
	rows, last := s.all("/v1.0/users/" + carol + "/transitiveMemberOf")
	if len(rows) != 1 || last.status != 504 {
		t.Errorf("%d rows, then status %d", len(rows), last.status)
	}
}

func TestPartialMembersWithoutGaps(t *testing.T) {
	f := files()
	tests := []struct {
		name, entry string
		status      int
	}{
		{"gapsUnnamed", `{"state":"partial","reason":"throttled"}`, 504},
		{"gapsNamed", `{"state":"partial","incompleteIds":["x"]}`, 200},
		{"scope", `{"state":"partial","reason":"scope"}`, 200},
		{"complete", `{"state":"complete"}`, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSim(t, openSnapshot(t, `"groupMembers":`+tt.entry, f), graphsim.Options{})
			if r := s.get("/v1.0/groups/" + empty + "/transitiveMembers"); r.status != tt.status {
				t.Errorf("status %d: %s", r.status, r.body)
			}
		})
	}
}

func TestNestedCycle(t *testing.T) {
	s := newSim(t, openSnapshot(t, "", map[string]string{
		"groups.ndjson":       `{"id":"g1"}` + "\n" + `{"id":"g2"}`,
		"groupMembers.ndjson": `{"groupId":"g1","transitive":false,"userIds":["g2","u1"]}` + "\n" + `{"groupId":"g2","transitive":false,"userIds":["u2"],"groupIds":["g1"]}`,
	}), graphsim.Options{})
	p := s.get("/v1.0/groups/g1/transitiveMembers/microsoft.graph.user?$count=true", eventual...).page(t)
	if got := ids(p); got != "u1 u2" || *p.Count != 2 {
		t.Errorf("got %s", got)
	}
}

func TestMemberGroups(t *testing.T) {
	s := standard(t, graphsim.Options{})
	tests := []struct {
		name, url, body string
		status          int
		want            string
	}{
		{"check", "/users/" + bob + "/checkMemberGroups", `{"groupIds":["` + strings.ToUpper(staff) + `","` + empty + `"]}`, 200, `"` + staff + `"`},
		{"get", "/users/" + bob + "/getMemberGroups", `{"securityEnabledOnly":false}`, 200, `"` + staff + `" "` + nested + `" "` + cut + `"`},
		{"securityOnly", "/users/" + bob + "/getMemberGroups", `{"securityEnabledOnly":true}`, 400, ""},
		{"tooMany", "/users/" + bob + "/checkMemberGroups", `{"groupIds":[` + strings.Repeat(`"x",`, 20) + `"x"]}`, 400, ""},
		{"noBody", "/users/" + bob + "/checkMemberGroups", ``, 400, ""},
		{"unsure", "/users/" + carol + "/getMemberGroups", `{"securityEnabledOnly":false}`, 504, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.do("POST", "/v1.0"+tt.url, tt.body)
			if r.status != tt.status {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if r.status == 200 {
				if got := joined(r.page(t).Value); got != tt.want {
					t.Errorf("got %s", got)
				}
			}
		})
	}
}

func TestGetByIDs(t *testing.T) {
	s := standard(t, graphsim.Options{})
	many := strings.TrimSuffix(strings.Repeat(`"x",`, 1001), ",")
	tests := []struct {
		name, body string
		status     int
		want       string
	}{
		{"groupsInOrder", `{"ids":["` + nested + `","` + unknown + `","` + alice + `","` + staff + `"],"types":["group"]}`, 200, nested + " " + staff},
		{"withoutTypes", `{"ids":["` + alice + `","` + staff + `"]}`, 200, staff},
		{"users", `{"ids":["` + alice + `","` + staff + `"],"types":["user","group"]}`, 200, alice + " " + staff},
		{"tooMany", `{"ids":[` + many + `]}`, 400, ""},
		{"noIDs", `{}`, 400, ""},
		{"otherType", `{"ids":["x"],"types":["contact"]}`, 400, ""},
		{"notJSON", `{"ids":`, 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.do("POST", "/v1.0/directoryObjects/getByIds", tt.body)
			if r.status != tt.status {
				t.Fatalf("status %d: %s", r.status, r.body)
			}
			if r.status == 200 {
				if got := ids(r.page(t)); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
	// Of one type the recorded rows come back; of several each says what it is.
	r := s.do("POST", "/v1.0/directoryObjects/getByIds", `{"ids":["`+empty+`"],"types":["group"]}`)
	if want := `[{"id":"` + empty + `","displayName":"Empty"}]`; !strings.Contains(r.body, want) {
		t.Errorf("got %s", r.body)
	}
	r = s.do("POST", "/v1.0/directoryObjects/getByIds", `{"ids":["`+empty+`"],"types":["user","group"]}`)
	if want := `{"@odata.type":"#microsoft.graph.group","id":"` + empty + `","displayName":"Empty"}`; !strings.Contains(r.body, want) {
		t.Errorf("got %s", r.body)
	}
}

// A section that does not fit one compressed block gives the same rows.
func TestLargeSection(t *testing.T) {
	var users, members strings.Builder
	members.WriteString(`{"groupId":"g","transitive":true,"userIds":["u0"`)
	const n = 12_000
	for i := range n {
		fmt.Fprintf(&users, `{"id":"u%d","userPrincipalName":"user%d@contoso.example","displayName":"Someone with a name of some length","accountEnabled":%t}`+"\n", i, i, i%2 == 0)
		fmt.Fprintf(&members, `,"u%d"`, i)
	}
	members.WriteString("]}\n")
	s := newSim(t, openSnapshot(t, "", map[string]string{"users.ndjson": users.String(), "groupMembers.ndjson": members.String()}), graphsim.Options{})
	rows, last := s.all("/v1.0/users?$top=999")
	if last.status != 200 || len(rows) != n {
		t.Fatalf("%d rows, status %d", len(rows), last.status)
	}
	if got := joined(rows); got != strings.ReplaceAll(strings.TrimSpace(users.String()), "\n", " ") {
		t.Error("the rows changed")
	}
	if rows, _ = s.all("/v1.0/users?$top=999&$filter=accountEnabled%20eq%20true"); len(rows) != n/2 {
		t.Errorf("%d rows filtered", len(rows))
	}
	if rows, _ = s.all("/v1.0/groups/g/transitiveMembers/microsoft.graph.user?$count=true&$select=id&$top=999", eventual...); len(rows) != n {
		t.Errorf("%d members", len(rows))
	}
	if r := s.get("/v1.0/users/USER11999@contoso.example?$select=id"); r.body != `{"id":"u11999"}` {
		t.Errorf("got %s", r.body)
	}
}
