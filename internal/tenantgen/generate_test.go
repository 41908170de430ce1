package tenantgen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/checks"
	"passkeyaudit/internal/tenantgen"
	"pgregory.net/rapid"
)

func preset(t *testing.T, name string) tenantgen.Shape {
	t.Helper()
	s, err := tenantgen.Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// made writes a tenant and opens it.
func made(t *testing.T, s tenantgen.Shape) *snapshot.Snapshot {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tenant")
	if err := tenantgen.Generate(t.Context(), dir, s); err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func digest(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	d, err := s.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The digests hold for this Version. A change of the tenants raises it and writes
// the new digests here.
func TestEqualShapesGiveEqualTenants(t *testing.T) {
	other := preset(t, "tiny")
	other.Seed = 2
	plain := preset(t, "small")
	plain.Plain = true
	tests := []struct {
		name  string
		shape tenantgen.Shape
		want  string
	}{
		{"tiny", preset(t, "tiny"), "82b6e404dee6dc78691a4bd99ce15538f3b7245befa175345f8e61accfb432f8"},
		{"other-seed", other, "5c9cc46394c1417eedf28b773d0ee1eae6805a6eb898ad3e353476fe93fba515"},
		{"small", preset(t, "small"), "17e713c0203c98d001151b31a9de90104ceb9664a3bd30ecbab5a1fbdeec40bd"},
		{"small-plain", plain, "17e713c0203c98d001151b31a9de90104ceb9664a3bd30ecbab5a1fbdeec40bd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			first, second := digest(t, made(t, tt.shape)), digest(t, made(t, tt.shape))
			if first != second {
				t.Errorf("one shape, two tenants: %s, %s", first, second)
			}
			if first != tt.want {
				t.Errorf("version %d: digest %s, want %s", tenantgen.Version, first, tt.want)
			}
		})
	}
}

// shapes draws any shape of a small tenant.
var shapes = rapid.Custom(func(t *rapid.T) tenantgen.Shape {
	return tenantgen.Shape{
		Seed:           rapid.Uint64().Draw(t, "seed"),
		Users:          rapid.OneOf(rapid.IntRange(10, 60), rapid.IntRange(900, 1200)).Draw(t, "users"),
		Policies:       rapid.IntRange(4, 64).Draw(t, "policies"),
		Groups:         rapid.IntRange(6, 30).Draw(t, "groups"),
		EverybodyAsked: rapid.Bool().Draw(t, "everybody"),
		SignIns:        rapid.IntRange(0, 30).Draw(t, "sign-ins"),
		Audits:         rapid.IntRange(0, 30).Draw(t, "audits"),
		Plain:          rapid.Bool().Draw(t, "plain"),
	}
})

// Whatever the shape, the tenant is a whole snapshot and every check can judge it.
// A tenant takes a while to write, so there are few, and always the same ones.
func TestTenantsCanBeJudged(t *testing.T) {
	for example := range 16 {
		s := shapes.Example(example)
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			snap := made(t, s)
			report, err := snap.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !report.OK() {
				t.Fatalf("verify: %+v", report)
			}
			for _, section := range report.Sections {
				if len(section.Hints) > 0 {
					t.Errorf("%s: %v", section.ID, section.Hints)
				}
			}
			run := audit.NewRun(snap)
			for _, c := range checks.All() {
				if rec := run.Execute(t.Context(), c); rec.Err != nil {
					t.Errorf("%s: %v", c.ID, rec.Err)
				}
			}
			policies, err := audit.Evaluate(t.Context(), run, access.Policies)
			if err != nil {
				t.Fatal(err)
			}
			if problems := policies.Problems(); len(problems) > 0 {
				t.Errorf("something in the policies is not modelled: %v", problems)
			}
		})
	}
}

// People come in kinds, as in a company: neither a handful nor one each.
func TestPeopleComeInClasses(t *testing.T) {
	s := tenantgen.ForUsers(1_000_000)
	s.Users = 60_000
	run := audit.NewRun(made(t, s))
	classes, err := audit.Evaluate(t.Context(), run, access.Classes)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(classes.List); n < 300 || n > 5000 {
		t.Errorf("%d classes", n)
	} else {
		t.Logf("%d classes", n)
	}
	people, err := audit.Evaluate(t.Context(), run, population.Headcount)
	if err != nil {
		t.Fatal(err)
	}
	if share := float64(people.Users) / float64(people.Accounts); share < 0.75 || share > 0.95 {
		t.Errorf("%d people of %d accounts", people.Users, people.Accounts)
	}
	groups, err := audit.Evaluate(t.Context(), run, population.Groups)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"nested", "of everybody"} {
		found := false
		for o, err := range snapshot.Objects[struct {
			ID string `json:"id"`
		}](t.Context(), run.Snapshot(), snapshot.Groups) {
			if err != nil {
				t.Fatal(err)
			}
			g := groups.Lookup(o.Value.ID)
			found = found || want == "nested" && !g.Inner.Empty() || want == "of everybody" && g.Members.Yes.Count() == s.Users
		}
		if !found {
			t.Errorf("there is no group %s", want)
		}
	}
}

func TestShapesOutOfBounds(t *testing.T) {
	for name, change := range map[string]func(*tenantgen.Shape){
		"few-users":     func(s *tenantgen.Shape) { s.Users = 9 },
		"few-policies":  func(s *tenantgen.Shape) { s.Policies = 3 },
		"many-policies": func(s *tenantgen.Shape) { s.Policies = 65 },
		"many-groups":   func(s *tenantgen.Shape) { s.Groups = 31 },
		"negative-log":  func(s *tenantgen.Shape) { s.SignIns = -1 },
	} {
		t.Run(name, func(t *testing.T) {
			s := preset(t, "tiny")
			change(&s)
			dir := filepath.Join(t.TempDir(), "tenant")
			if err := tenantgen.Generate(t.Context(), dir, s); err == nil {
				t.Error("it was made all the same")
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("a folder was left behind")
			}
		})
	}
	if _, err := tenantgen.Preset("huge"); err == nil {
		t.Error("there is a shape nobody knows")
	}
}

func TestForUsersTakesTheShapeOfItsSize(t *testing.T) {
	for users, policies := range map[int]int{10: 4, 11: 12, 10_000: 32, 100_000: 32, 100_001: 64, 2_000_000: 64} {
		if s := tenantgen.ForUsers(users); s.Users != users || s.Policies != policies || s.SignIns != 0 {
			t.Errorf("%d users: %+v", users, s)
		}
	}
}
