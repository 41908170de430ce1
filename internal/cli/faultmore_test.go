package cli_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/collect"
	"passkeyaudit/graphclient/graphsim"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

// A token that is not taken any more ends the run, whatever it is that it is first
// refused for: that section keeps what was read, those after it are not asked for, and
// those that are read beside it are whole or end for the same reason.
func TestFaultMatrixTokenLost(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	w := collectWhole(t)
	for _, r := range reads {
		for _, late := range []bool{false, true} {
			if late && outcomeOf(r, trouble{what: "403", kind: refusal, tries: 1}, late).why != "" {
				continue // it is one request
			}
			t.Run(fmt.Sprintf("%s/late=%v", strings.Trim(r.path, "/"), late), func(t *testing.T) {
				t.Parallel()
				w.tokenLost(t, r, late)
			})
		}
	}
}

func (w wholeTenant) tokenLost(t *testing.T, r read, late bool) {
	dir := filepath.Join(scratch(t), "snap")
	faults := []string{trouble{what: "401"}.fault(r, late)}
	if r.shape != theFirst {
		// One service alone that refuses a token is no loss of it.
		faults = append(faults, "/organization/=401;after=1")
	}
	c := collectOnVirtualTime(t, w.snap, dir, faults)
	refused := countOf(c.requests, func(q graphsim.Request) bool { return r.covers(q.Path) && q.Status == 401 })
	if want := 2; refused != want && r.shape != perAccount {
		t.Errorf("%d requests were refused, want %d: once may be bad luck", refused, want)
	}
	if r.shape == theFirst {
		if _, err := os.Stat(dir); c.code != 4 || !os.IsNotExist(err) || !strings.Contains(c.stderr, "does not take the token") {
			t.Errorf("exit code %d, %v: %s", c.code, err, c.stderr)
		}
		return
	}
	if c.code != 0 {
		t.Fatalf("exit code %d: %s", c.code, c.stderr)
	}
	if r.section == snapshot.Users && r.shape == aCount {
		if text := diff.Diff(w.digests, digestsOf(t, dir)); text != "" {
			t.Errorf("(-without +with the fault):\n%s", text)
		}
		return
	}
	got := open(t, dir)
	lane := func(id snapshot.SectionID) bool {
		return id == snapshot.UserRegistrationDetails || id == snapshot.SignIns || id == snapshot.DirectoryAudits
	}
	passed := false
	for _, s := range collect.Catalogue() {
		entry := got.Manifest().Sections[s.ID]
		rows := textOf(t, got, s.ID)
		ended := entry.Reason == collect.ReasonUnauthenticated &&
			(entry.State == snapshot.Denied && len(rows) == 0 || entry.State == snapshot.Partial && len(rows) > 0)
		whole := entry.State == snapshot.Complete && entry.Reason == ""
		switch {
		case s.ID == r.section:
			passed = true
			want := 0
			switch {
			case r.shape == aCount:
				want = matrixRows
			case late && r.shape == perGroup:
				want = 1
			case late:
				want = 2
			}
			if !ended || len(rows) != want {
				t.Errorf("%s is %s, %q, with %d rows; want %d", s.ID, entry.State, entry.Reason, len(rows), want)
			}
			if s.ID == snapshot.GroupMembers && late && len(entry.IncompleteIDs) != matrixRows {
				t.Errorf("groups not read to their end: %v", entry.IncompleteIDs)
			}
		case lane(s.ID) != lane(r.section):
			if !ended && !whole {
				t.Errorf("%s is %s, %q", s.ID, entry.State, entry.Reason)
			}
		case passed && !(ended && entry.State == snapshot.Denied):
			t.Errorf("%s is %s, %q, and comes after", s.ID, entry.State, entry.Reason)
		case !passed && !whole:
			t.Errorf("%s is %s, %q, and comes before", s.ID, entry.State, entry.Reason)
		}
		if whole {
			if text := diff.Diff(w.rows[s.ID], rows); text != "" && !lane(r.section) {
				t.Errorf("%s (-want +got):\n%s", s.ID, text)
			}
		}
	}
	if !strings.Contains(c.stderr, "--resume") {
		t.Errorf("standard error does not say how to go on: %s", c.stderr)
	}
	w.recovers(t, nil, dir)
}

// Groups are looked up by the thousand and methods asked for by twenty accounts: what
// was read by the first such request stays when the second fails.
func TestFaultsOfManyRequests(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	const groups, people = 1003, 25
	snap := writeTenant(t, func(id snapshot.SectionID) (rows []string) {
		switch id {
		case snapshot.Organization:
			rows = append(rows, `{"id":"11111111-2222-4333-8444-555555555555"}`)
		case snapshot.ConditionalAccessPolicies:
			var ids []string
			for i := range groups {
				ids = append(ids, `"`+matrixGroup(i+1)+`"`)
			}
			rows = append(rows, `{"id":"c1","state":"enabled","conditions":{"users":{"includeGroups":[`+strings.Join(ids, ",")+`]}}}`)
		case snapshot.Groups:
			for i := range groups {
				rows = append(rows, `{"id":"`+matrixGroup(i+1)+`"}`)
			}
		case snapshot.Users:
			for i := range people {
				rows = append(rows, fmt.Sprintf(`{"id":"%s","accountEnabled":true,"userType":"Member"}`, matrixUser(i+1)))
			}
		case snapshot.AuthenticationMethods:
			for i := range people {
				rows = append(rows, fmt.Sprintf(`{"userId":"%s","value":[{"id":"m%d"}]}`, matrixUser(i+1), i+1))
			}
		default:
			if spec, _ := snapshot.Spec(id); spec.Shape == snapshot.Singleton {
				rows = append(rows, `{"id":"one"}`)
			}
		}
		return rows
	})
	whole := collectOnVirtualTime(t, snap, filepath.Join(scratch(t), "whole"), nil)
	if whole.code != 0 {
		t.Fatal(whole.stderr)
	}
	want := digestsOf(t, whole.dir)
	for _, what := range []string{"403", "429;retry-after=7", "503", "501", "close", "cut-json", "html", "redirect-away", "slow;pause=400000"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := troubles[slices.IndexFunc(troubles, func(f trouble) bool { return f.what == what })]
			dir := filepath.Join(scratch(t), "snap")
			c := collectOnVirtualTime(t, snap, dir, []string{"getByIds=" + what + ";after=1", "$batch=" + what + ";after=1"})
			got := open(t, dir)
			e := got.Manifest().Sections[snapshot.Groups]
			if n := len(textOf(t, got, snapshot.Groups)); e.State != snapshot.Partial || n != 1000 || !says(e.Reason, "ended after 1000 rows: …"+f.says) {
				t.Errorf("groups: %s, %q, %d rows", e.State, e.Reason, n)
			}
			if len(e.NotFound) > 0 {
				t.Errorf("groups that nobody looked up are said not to be there: %v", e.NotFound)
			}
			// Two batches are under way at once, and either may be the second.
			e = got.Manifest().Sections[snapshot.AuthenticationMethods]
			rows := textOf(t, got, snapshot.AuthenticationMethods)
			switch {
			case len(rows) == 20 && e.State == snapshot.Partial && says(e.Reason, "ended after 20 rows: …"+f.says):
			case len(rows) == 0 && e.State == f.stateOf() && says(e.Reason, f.says):
			default:
				t.Errorf("methods: %s, %q, %d rows", e.State, e.Reason, len(rows))
			}
			if c = collectOnVirtualTime(t, snap, dir, nil, "--resume"); c.code != 0 {
				t.Errorf("exit code %d: %s", c.code, c.stderr)
			}
			if text := diff.Diff(want, digestsOf(t, dir)); text != "" {
				t.Errorf("with --resume (-without +with the fault before):\n%s", text)
			}
		})
	}
}

// overSockets runs collect in this process against a look-alike behind TLS, without
// pauses.
func overSockets(t *testing.T, snap *snapshot.Snapshot, dir string, faults []string) (stderr string, code int) {
	t.Helper()
	o := graphsim.Options{PageSize: 2}
	for _, text := range faults {
		f, err := graphsim.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	l := newLookAlike(t, snap, o)
	var out, errs bytes.Buffer
	code = cli.Main(t.Context(), cli.Deps{
		IO: &term.IO{In: strings.NewReader(""), Out: &out, Err: &errs, Width: 80, Getenv: func(name string) string {
			_, value, _ := strings.Cut(l.env[0], "=")
			if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
				return value
			}
			return ""
		}},
		Version: "v0.0.0-test", Retry: graphclient.Retry{Base: time.Nanosecond, Cap: time.Nanosecond},
	}, slices.Concat([]string{"collect", "--out", dir}, l.flags))
	return errs.String(), code
}

// Connections break over sockets and TLS as they do in memory.
func TestFaultsOverSockets(t *testing.T) {
	cli.SkipUnderRace(t)
	w := collectWhole(t)
	for _, what := range []string{"close*1", "truncate*1", "cut-json*1", "html*1", "gzip", "slow;pause=1"} {
		t.Run(what, func(t *testing.T) {
			var faults []string
			for _, r := range reads {
				faults = append(faults, r.path+"="+what)
			}
			dir := filepath.Join(scratch(t), "snap")
			stderr, code := overSockets(t, w.snap, dir, faults)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			if text := diff.Diff(w.digests, digestsOf(t, dir)); text != "" {
				t.Errorf("(-without +with the fault):\n%s\n%s", text, stderr)
			}
		})
	}
	for _, f := range troubles {
		if f.kind != noise && f.kind != astray || strings.HasPrefix(f.what, "slow") {
			continue
		}
		t.Run(f.what, func(t *testing.T) {
			var faults []string
			for _, r := range reads {
				if r.wave == 1 {
					faults = append(faults, f.fault(r, false))
				}
			}
			dir := filepath.Join(scratch(t), "snap")
			stderr, code := overSockets(t, w.snap, dir, faults)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			for _, r := range reads {
				o := outcomeOf(r, f, false)
				if r.wave != 1 || o.why != "" {
					continue
				}
				if e := open(t, dir).Manifest().Sections[r.section]; e.State != o.state || !says(e.Reason, o.says) {
					t.Errorf("%s is %s, %q; want %s", r.section, e.State, e.Reason, o)
				}
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	dir := filepath.Join(scratch(t), "snap")
	stderr, code := overSockets(t, matrixTenant(t), dir, []string{"organization=close"})
	if code != 4 || !strings.Contains(stderr, "EOF") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}

// Graph says "no premium licence" to licensed tenants too where a permission is missing.
// The licences tell, as far as they are known.
func TestFaultsAboutLicences(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	const premium = "403:Authentication_RequestFromNonPremiumTenantOrB2CTenant"
	refused := map[snapshot.SectionID]string{ // what needs a licence, and how Graph refuses it
		snapshot.UserRegistrationDetails: premium, snapshot.SignIns: premium, snapshot.RiskyUsers: "403", snapshot.RoleEligibility: "403:AadPremiumLicenseRequired",
		snapshot.ManagedDevices: "403",
	}
	for _, s := range collect.Catalogue() {
		if (s.Licence != collect.NoLicence) != (refused[s.ID] != "") {
			t.Errorf("%s needs licence %q, and is refused by %q here", s.ID, s.Licence, refused[s.ID])
		}
	}
	for _, tt := range []struct {
		name  string
		plans []string
		skus  string // a fault of the licences
		want  map[snapshot.SectionID]snapshot.State
	}{
		{"licensed", []string{"AAD_PREMIUM_P2", "INTUNE_A"}, "", nil},
		{"unlicensed", []string{"EXCHANGE_S_STANDARD"}, "", map[snapshot.SectionID]snapshot.State{
			snapshot.UserRegistrationDetails: snapshot.Unlicensed, snapshot.SignIns: snapshot.Unlicensed, snapshot.RoleEligibility: snapshot.Unlicensed, snapshot.ManagedDevices: snapshot.Unlicensed,
			snapshot.RiskyUsers: snapshot.Unlicensed}},
		{"p1-only", []string{"AAD_PREMIUM", "INTUNE_A"}, "", map[snapshot.SectionID]snapshot.State{snapshot.RoleEligibility: snapshot.Unlicensed, snapshot.RiskyUsers: snapshot.Unlicensed}},
		// Without knowing the licences nobody is told to buy one.
		{"licences-refused", []string{"EXCHANGE_S_STANDARD"}, "403", nil},
		{"licences-partly-read", []string{"EXCHANGE_S_STANDARD"}, "503;after=1", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var faults []string
			for _, r := range reads {
				if what := refused[r.section]; what != "" {
					faults = append(faults, r.path+"="+what)
				}
			}
			if tt.skus != "" {
				faults = append(faults, "/subscribedSkus/="+tt.skus)
			}
			c := collectOnVirtualTime(t, tenantWith(t, tt.plans...), filepath.Join(scratch(t), "snap"), faults)
			got := open(t, c.dir)
			for id := range refused {
				want, e := cmp.Or(tt.want[id], snapshot.Denied), got.Manifest().Sections[id]
				if e.State != want || len(e.Needs) == 0 {
					t.Errorf("%s is %s, %q, needs %v; want %s", id, e.State, e.Reason, e.Needs, want)
				}
				if (want == snapshot.Unlicensed) != strings.Contains(e.Reason, "licence") {
					t.Errorf("%s: %s", id, e.Reason)
				}
			}
		})
	}
}
