package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/internal/cli"
)

const (
	userPath       = "/users/user1@contoso.example/"
	memberOfPath   = "transitiveMemberOf/"
	registeredPath = "registeredDevices/"
	membersPath    = "transitiveMembers/microsoft.graph.user/"
)

// narrowings are runs about some people, with the paths of requests that a run about
// everybody does not send, or sends for something else.
var narrowings = []struct {
	name  string
	args  []string
	paths []string
}{
	{"user", []string{"--user", "user1@contoso.example"}, []string{userPath, memberOfPath, registeredPath}},
	{"group", []string{"--group", matrixGroup(1)}, []string{membersPath}},
}

// What passes leaves no trace in narrowed runs either.
func TestNarrowedFaultsPassing(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	snap := matrixTenant(t)
	for _, n := range narrowings {
		whole := collectOnVirtualTime(t, snap, filepath.Join(scratch(t), "whole"), nil, n.args...)
		if whole.code != 0 {
			t.Fatal(whole.stderr)
		}
		want := digestsOf(t, whole.dir)
		paths := slices.Clone(n.paths)
		for _, r := range reads {
			if !slices.Contains(paths, r.path) {
				paths = append(paths, r.path)
			}
		}
		for _, what := range passing {
			t.Run(n.name+"/"+what, func(t *testing.T) {
				t.Parallel()
				var faults []string
				for _, path := range paths {
					faults = append(faults, path+"="+what)
				}
				c := collectOnVirtualTime(t, snap, filepath.Join(scratch(t), "snap"), faults, n.args...)
				if c.code != 0 {
					t.Fatalf("exit code %d: %s", c.code, c.stderr)
				}
				if diff := cmp.Diff(want, digestsOf(t, c.dir)); diff != "" {
					t.Errorf("(-without +with the fault):\n%s\n%s", diff, c.stderr)
				}
			})
		}
	}
}

// Of people who are not known nothing is claimed, and once they are, everything about
// them is read.
func TestNarrowedFaultsLasting(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	snap := matrixTenant(t)
	for _, n := range narrowings {
		whole := collectOnVirtualTime(t, snap, filepath.Join(scratch(t), "whole"), nil, n.args...)
		want := digestsOf(t, whole.dir)
		for _, path := range n.paths {
			for _, what := range []string{"403", "429;retry-after=7", "503", "501", "close", "html", "redirect-away", "slow;pause=400000", "endless-pages", "expired-token", "foreign-next-link"} {
				f := troubles[slices.IndexFunc(troubles, func(f trouble) bool { return f.what == what })]
				for _, late := range []bool{false, true} {
					if late && (f.kind == chain || path == userPath) || f.kind == chain && path != membersPath && path != memberOfPath {
						continue // one request, or late by itself; an answer of one page
					}
					t.Run(fmt.Sprintf("%s/%s/%s/late=%v", n.name, strings.Trim(path, "/"), what, late), func(t *testing.T) {
						t.Parallel()
						fault := path + "=" + what
						if late {
							fault += ";after=1"
						}
						dir := filepath.Join(scratch(t), "snap")
						c := collectOnVirtualTime(t, snap, dir, []string{fault}, n.args...)
						narrowedIs(t, path, f, late || f.kind == chain, c, want)
						if _, err := os.Stat(dir); err != nil {
							return
						}
						c = collectOnVirtualTime(t, snap, dir, nil, "--resume")
						if diff := cmp.Diff(want, digestsOf(t, dir)); diff != "" || c.code != 0 {
							t.Errorf("exit code %d with --resume (-without +with the fault before):\n%s\n%s", c.code, diff, c.stderr)
						}
					})
				}
			}
		}
	}
}

// narrowedIs holds a run against what is expected: sections are as without the fault but
// for those that it happens to and those that rest on them.
func narrowedIs(t *testing.T, path string, f trouble, late bool, c collected, whole map[snapshot.SectionID]string) {
	t.Helper()
	if path == userPath {
		if _, err := os.Stat(c.dir); c.code != 4 || !strings.Contains(c.stderr, "look the user up: ") || !os.IsNotExist(err) {
			t.Errorf("exit code %d, %v: %s", c.code, err, c.stderr)
		}
		return
	}
	if c.code != 0 {
		t.Fatalf("exit code %d: %s", c.code, c.stderr)
	}
	type became struct {
		state snapshot.State
		says  string
	}
	trouble := became{f.stateOf(), f.says}
	if late {
		trouble = became{snapshot.Partial, "ended after 2 rows: …" + f.says}
	}
	want := map[snapshot.SectionID]became{}
	switch path {
	case memberOfPath:
		want[snapshot.GroupMembers] = trouble
	case registeredPath:
		want[snapshot.Devices] = trouble
		if late {
			delete(want, snapshot.Devices) // it is one request
		}
	case membersPath:
		for _, s := range snapshot.Sections() {
			switch {
			case !s.PerUser:
			case s.ID == snapshot.Users:
				want[s.ID] = trouble
			case s.ID == snapshot.AuthenticationMethods && late:
				want[s.ID] = became{snapshot.Partial, "accounts were not read to the end"}
			case s.ID == snapshot.AuthenticationMethods:
				want[s.ID] = became{snapshot.NotCollected, "there was nobody to ask about"}
			case !late:
				want[s.ID] = became{snapshot.NotCollected, "the people of the groups could not be read"}
			case s.ID == snapshot.GroupMembers:
				want[s.ID] = became{"", ""} // asked for by the same requests: any state but a whole one
			default:
				want[s.ID] = became{snapshot.Partial, "scope; the people of the groups were not read to the end"}
			}
		}
	}
	got := open(t, c.dir)
	digests := digestsOf(t, c.dir)
	for _, s := range snapshot.Sections() {
		e := got.Manifest().Sections[s.ID]
		switch w, hit := want[s.ID]; {
		case !hit && digests[s.ID] != whole[s.ID]:
			t.Errorf("%s is %s, not what it is without the fault: %s", s.ID, digests[s.ID], whole[s.ID])
		case hit && w.state == "" && (e.State == snapshot.Complete || e.Reason == snapshot.ReasonScope), hit && w.state != "" && (e.State != w.state || !says(e.Reason, w.says)):
			t.Errorf("%s is %s, %q; want %s, %q", s.ID, e.State, e.Reason, w.state, w.says)
		}
		if rows := textOf(t, got, s.ID); !e.State.HasRows() && len(rows) > 0 {
			t.Errorf("%s is %s and has rows", s.ID, e.State)
		}
	}
}
