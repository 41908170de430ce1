package collect_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
)

// shape is the scope, and what the rows of per-user sections are, by a short
// name.
func TestNarrowedRuns(t *testing.T) {
	signIns := func(ids ...string) []string { return ids }
	tests := []struct {
		name  string
		scope collect.Scope
		want  snapshot.Scope
		rows  map[snapshot.SectionID][]string // keys of the rows
	}{
		{"user-by-name", collect.Scope{User: "USER1@contoso.example"}, snapshot.Scope{Kind: snapshot.ScopeUser, IDs: []string{userID(1)}}, map[snapshot.SectionID][]string{
			snapshot.Users: {userID(1)}, snapshot.UserRegistrationDetails: {userID(1)}, snapshot.AuthenticationMethods: {userID(1)},
			snapshot.RiskyUsers: nil, snapshot.GroupMembers: {groupID(1)}, snapshot.Devices: {"d1"}, snapshot.ManagedDevices: {"m1"},
			snapshot.SignIns: signIns("si5", "si3", "si1"), snapshot.DirectoryAudits: {"a2", "a1"},
		}},
		{"user-by-id", collect.Scope{User: userID(2)}, snapshot.Scope{Kind: snapshot.ScopeUser, IDs: []string{userID(2)}}, map[snapshot.SectionID][]string{
			snapshot.Users: {userID(2)}, snapshot.UserRegistrationDetails: {userID(2)}, snapshot.AuthenticationMethods: {userID(2)},
			snapshot.RiskyUsers: {userID(2)}, snapshot.GroupMembers: {groupID(1)}, snapshot.Devices: nil, snapshot.ManagedDevices: {"m2"},
			snapshot.SignIns: signIns("si4"), snapshot.DirectoryAudits: {"a3"},
		}},
		{"groups", collect.Scope{Groups: []string{groupID(1), groupID(6), groupID(1)}}, snapshot.Scope{Kind: snapshot.ScopeGroups, IDs: []string{groupID(1), groupID(6)}}, map[snapshot.SectionID][]string{
			snapshot.Users: {userID(3), userID(1), userID(2), userID(4)}, snapshot.UserRegistrationDetails: {userID(1), userID(2)},
			snapshot.AuthenticationMethods: {userID(3), userID(1), userID(2)}, snapshot.RiskyUsers: {userID(2)},
			snapshot.GroupMembers: {groupID(1), groupID(6)}, snapshot.Devices: {"d1"}, snapshot.ManagedDevices: {"m1", "m2"},
			snapshot.SignIns: signIns("si5", "si4", "si3", "si2", "si1"), snapshot.DirectoryAudits: {"a1", "a3", "a2"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := simulate(t, full().open(t), graphsim.Options{})
			got := run(t, client, withOptional, func(o *collect.Options) { o.Scope = tt.scope }).ok()
			if diff := cmp.Diff(tt.want, got.snap.Manifest().Scope); diff != "" {
				t.Errorf("scope (-want +got):\n%s", diff)
			}
			for _, spec := range snapshot.Sections() {
				if !spec.PerUser {
					got.is(spec.ID, snapshot.Complete, "")
					continue
				}
				if e := got.entry(spec.ID); e.State != snapshot.Partial || e.Reason != snapshot.ReasonScope {
					t.Errorf("%s is %s, reason %q", spec.ID, e.State, e.Reason)
				}
				if strings.Contains(got.entry(spec.ID).Request, "@") {
					t.Errorf("the request of %s names a person: %s", spec.ID, got.entry(spec.ID).Request)
				}
				var keys []string
				for _, row := range got.rows(spec.ID) {
					keys = append(keys, text(t, row, spec.Key))
				}
				if diff := cmp.Diff(tt.rows[spec.ID], keys); diff != "" {
					t.Errorf("%s (-want +got):\n%s", spec.ID, diff)
				}
			}
		})
	}
}

// A user's devices say that they are this user's.
func TestDevicesOfOneUserNameThem(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{})
	got := run(t, client, func(o *collect.Options) { o.Scope.User = userID(1) }).ok()
	want := []string{`{"id":"d1","registeredOwners":[{"@odata.type":"#microsoft.graph.user","id":"` + userID(1) + `"}],"registeredUsers":[{"id":"` + userID(1) + `"}]}`}
	if diff := cmp.Diff(want, got.rows(snapshot.Devices)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A user whom the report knows by an older name is found by id.
func TestReportOfARenamedUser(t *testing.T) {
	tn := full().with("userRegistrationDetails", lines(`{"id":"`+userID(1)+`","userPrincipalName":"old@contoso.example","methodsRegistered":[]}`))
	_, client := simulate(t, tn.open(t), graphsim.Options{})
	got := run(t, client, func(o *collect.Options) { o.Scope.User = userID(1) }).ok()
	if n := len(got.rows(snapshot.UserRegistrationDetails)); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestScopeThatIsNotThere(t *testing.T) {
	tests := []struct {
		name  string
		scope collect.Scope
		want  collect.NotFoundError
	}{
		{"user", collect.Scope{User: "nobody@contoso.example"}, collect.NotFoundError{What: "user"}},
		{"group", collect.Scope{Groups: []string{groupID(1), groupID(8)}}, collect.NotFoundError{What: "group", ID: groupID(8)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, client := simulate(t, full().open(t), graphsim.Options{})
			dir := filepath.Join(t.TempDir(), "snap")
			_, err := collect.Run(t.Context(), client, collect.Options{Dir: dir, Scope: tt.scope})
			var missing *collect.NotFoundError
			if !errors.As(err, &missing) {
				t.Fatalf("error %v", err)
			}
			if missing.What != tt.want.What || missing.ID != tt.want.ID {
				t.Errorf("%+v, want %+v", missing, tt.want)
			}
			if strings.Contains(err.Error(), "@") {
				t.Errorf("the error names a person: %v", err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder is there: %v", err)
			}
		})
	}
}

// Whoever may not look users up is told what would help.
func TestUserThatMayNotBeLookedUp(t *testing.T) {
	_, client := simulate(t, full().open(t), graphsim.Options{}, "/users=403:Authorization_RequestDenied")
	_, err := collect.Run(t.Context(), client, collect.Options{Dir: filepath.Join(t.TempDir(), "snap"), Scope: collect.Scope{User: "user1@contoso.example"}})
	if err == nil || !strings.Contains(err.Error(), "grant User.Read.All, or name the user by object id") || strings.Contains(err.Error(), "user1") {
		t.Errorf("got %v", err)
	}
	run(t, client, func(o *collect.Options) { o.Scope.User = userID(1) }).ok().is(snapshot.Users, snapshot.Denied, "403")
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	full := t.TempDir()
	write(t, filepath.Join(full, "x"), "")
	tests := []struct {
		name string
		o    collect.Options
		want string
	}{
		{"no-folder", collect.Options{}, "no folder"},
		{"folder-in-use", collect.Options{Dir: full}, "is not empty"},
		{"two-scopes", collect.Options{Dir: "x", Scope: collect.Scope{User: "u", Groups: []string{"g"}}}, "not to both"},
		{"group-by-name", collect.Options{Dir: "x", Scope: collect.Scope{Groups: []string{"Staff"}}}, "by their object id"},
		{"unknown-section", collect.Options{Dir: "x", Sections: []snapshot.SectionID{"user"}}, `no section "user"`},
		{"future", collect.Options{Dir: "x", Since: -1}, "future"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := collect.Run(t.Context(), nil, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}
