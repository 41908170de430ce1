package exports

import (
	"context"
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"testing"

	"passkeyaudit/audit/snapshot"
)

// refusals are the reasons for which published records are not taken.
var refusals = regexp.MustCompile(`^(nothing in it says that it belongs to a section of a snapshot` +
	`|a snapshot has no section for .*` +
	`|a record of the diagnostic logs \(Azure Monitor\), .*` +
	`|of another tenant, .*` +
	`|an? .*, id .*, differs from the one in .*, and nothing says which is newer; neither is taken` +
	`|.*, id .*, is older than the one in .*, which is taken` +
	`|.* without "id": a template or a request body, .*` +
	`|.* without the member ".*": a request body, or cut down by the exporter` +
	`|a registered method that does not say of which user it is` +
	`|some kinds of a user's methods; .*` +
	`|it says otherwise than the policy about .*)$`)

// TestSharedData imports every folder of published records. Most hold records of many
// tenants and examples of documentation, so much is refused, always with a reason.
func TestSharedData(t *testing.T) {
	shared := os.Getenv("PASSKEYAUDIT_SHARED")
	if shared == "" {
		t.Skip("PASSKEYAUDIT_SHARED is not set")
	}
	root := filepath.Join(shared, "realdata")
	var folders []string
	err := filepath.WalkDir(root, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && name != root {
			folders = append(folders, name)
		}
		return err
	})
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders: %v", err)
	}
	// Where everything must be taken: exports of one tenant each.
	whole := map[string]struct {
		section snapshot.SectionID
		objects int
	}{
		"ca-policies/j0eyv":                       {snapshot.ConditionalAccessPolicies, 24},
		"ca-policies/scubagear-powershell-casing": {snapshot.ConditionalAccessPolicies, 7},
		"ca-policies/nathanmcnulty":               {snapshot.ConditionalAccessPolicies, 6},
		"ca-policies/pnp":                         {snapshot.ConditionalAccessPolicies, 1},
		"ca-policies/fortigi":                     {snapshot.ConditionalAccessPolicies, 4},
		"ca-policies/philippkohn":                 {snapshot.ConditionalAccessPolicies, 35},
	}
	for _, folder := range folders {
		rel, err := filepath.Rel(root, folder)
		if err != nil {
			t.Fatal(err)
		}
		rel = filepath.ToSlash(rel)
		t.Run(rel, func(t *testing.T) {
			result, err := Import(context.Background(), Options{Sources: []string{folder}, Dir: path.Join(t.TempDir(), "snapshot"), TenantID: aTenant, TakenAt: aTime})
			if err != nil && !errors.Is(err, errNothing) {
				t.Fatal(err)
			}
			checkAccounted(t, result)
			for _, r := range result.Refused {
				if !refusals.MatchString(r.Why) {
					t.Errorf("%s %s: %s", r.File, r.Pointer, r.Why)
				}
			}
			want, ok := whole[rel]
			if !ok {
				return
			}
			delete(whole, rel)
			for _, s := range result.Sections {
				if s.ID == want.section && s.Objects != want.objects || s.ID == want.section && len(result.Refused) > 0 {
					t.Errorf("%d objects, refused %v", s.Objects, result.Refused)
				}
			}
		})
	}
	for name := range whole {
		t.Errorf("%s is not there", name)
	}
}
