package snapshot

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func mustVerify(t *testing.T, fsys fstest.MapFS) *VerifyReport {
	t.Helper()
	r, err := Verify(t.Context(), fsys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// problems lists everything a report says, with the section in front.
func problems(r *VerifyReport) []string {
	var all []string
	for _, s := range r.Sections {
		for _, p := range s.Problems {
			all = append(all, string(s.ID)+": "+p)
		}
		for _, h := range s.Hints {
			all = append(all, string(s.ID)+" hint: "+h)
		}
	}
	return append(all, r.Problems...)
}

func TestVerifyGood(t *testing.T) {
	for _, enc := range []Encoding{Zstd, Plain} {
		s := written(t, enc, map[SectionID][]string{
			Users:        {`{"id":"a"}`, `{"id":"b"}`},
			Organization: {`{"id":"t"}`},
			SignIns:      {`{"id":"s"}`},
		})
		r, err := s.Verify(t.Context())
		if err != nil || !r.OK() || len(problems(r)) > 0 {
			t.Fatalf("%v, %v", problems(r), err)
		}
		if len(r.Sections) != len(sections) || len(r.Digest) != 64 {
			t.Errorf("%d sections, digest %q", len(r.Sections), r.Digest)
		}
		for _, sec := range r.Sections {
			if sec.ID == Users && (sec.Objects != 2 || sec.Files != 1 || sec.Bytes == 0 || sec.State != Complete) {
				t.Errorf("users: %+v", sec)
			}
		}
	}
}

func TestVerifyFindsEverything(t *testing.T) {
	fsys := folder(withSections(`
		"users":{"state":"complete","objects":5,"digest":"`+strings.Repeat("0", 64)+`"},
		"organization":{"state":"complete","digest":"`+strings.Repeat("0", 64)+`"},
		"domains":{"state":"complete"},
		"devices":{"state":"complete","objects":3,"segments":[{"file":"sections/d1","objects":1,"sha256":"00"},{"file":"sections/d2","objects":1}]},
		"signIns":{"state":"denied"}`),
		"users.ndjson", "{\"id\":\"a\"}\n{\"id\":1}\n{\"id\":\"b\"\n{}\n[]\n",
		"organization.json", `{"id":"t"}`,
		"d1", "{\"id\":\"d\"}\n{\"id\":\"e\"}\n",
		"signIns.ndjson", "{}",
		"user.ndjson", "{}",
		"riskyUsers.ndjson", "", "riskyUsers-00001.ndjson", "",
		"groups.ndjson", "{\"id\":\"g\"}\n{\"id\":\"G\"}\n",
		"groupMembers.ndjson", `{"groupId":"h","userIds":[]}`+"\n"+`{"groupId":"g","userIds":[]}`+"\n"+`{"groupId":"i","transitive":false}`,
		"authenticationMethods.ndjson", `{"userId":"a","error":{"status":429,"code":"TooManyRequests"}}`,
	)
	want := []string{
		`organization: the manifest records the section digest 0000000000000000000000000000000000000000000000000000000000000000, the rows have 6d4ee8a6c10e45e78d8be4d5dba0d0ab4b2e2d5cb3c3dc98d4cbbb0a3d3b6c4a`,
		`domains: sections/domains.ndjson: the manifest calls this section complete, but it has no file`,
		`users: sections/users.ndjson, line 2: a member has an unexpected type: /id cannot be a number`,
		`users: sections/users.ndjson, line 3: not valid JSON: the text ends in the middle of a value`,
		`users: sections/users.ndjson, line 4: the member "id" is missing`,
		`users: sections/users.ndjson, line 5: not an object`,
		`riskyUsers: sections/riskyUsers.ndjson: the section is also in sections/riskyUsers-00001.ndjson; keep one of them`,
		`groups hint: group g is there more than once`,
		`groupMembers hint: group h has members but is not in the section groups`,
		`authenticationMethods hint: user a was refused, yet the section calls itself complete`,
		`devices: sections/d1: the file was changed after it was written: its SHA-256 is ee, the manifest says 00`,
		`devices: sections/d1: the manifest promises 1 objects, there are 2`,
		`devices: sections/d2: the file is not there`,
		`sections/signIns.ndjson: no section uses this file`,
		`sections/user.ndjson: no section uses this file`,
	}
	r := mustVerify(t, fsys)
	got := problems(r)
	for i, p := range got { // digests are tested elsewhere
		if j := strings.Index(p, "the rows have "); j >= 0 && i < len(want) {
			got[i] = p[:j] + want[i][j:]
		}
		if j := strings.Index(p, "its SHA-256 is "); j >= 0 {
			got[i] = p[:j] + "its SHA-256 is ee, the manifest says 00"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if r.OK() || r.Digest != "" {
		t.Errorf("OK %v, digest %q", r.OK(), r.Digest)
	}
	if diff := cmp.Diff(problems(mustVerify(t, fsys)), problems(mustVerify(t, fsys))); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}

// TestVerifyLeavesUnreadableAlone: verifying is not judging.
func TestVerifyLeavesUnreadableAlone(t *testing.T) {
	s := mustOpen(t, folder(plainManifest, "users.ndjson", `{"id":1}`))
	r, err := s.Verify(t.Context())
	if err != nil || r.OK() || r.Digest == "" {
		t.Errorf("%+v, %v", r, err)
	}
	if got := s.Unreadable(); len(got) > 0 || s.Status(Users).State != Complete {
		t.Errorf("unreadable: %v", got)
	}
}

func TestVerifyLooksAtTheWholeSnapshot(t *testing.T) {
	s := mustOpen(t, folder(plainManifest, "users.ndjson", userLines(0, 5)))
	whole, err := s.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	focused, err := s.Focus("u1").Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, focused); diff != "" {
		t.Errorf("(-whole +focused):\n%s", diff)
	}
}

func TestVerifyBoundsTheList(t *testing.T) {
	r := mustVerify(t, folder(plainManifest, "users.ndjson", strings.Repeat("x\n", 1000)))
	got := problems(r)
	if len(got) != maxProblems+1 || got[maxProblems] != fmt.Sprintf("users: %d more problems", 1000-maxProblems) {
		t.Errorf("%d problems, the last is %q", len(got), got[len(got)-1])
	}
}

func TestVerifyNeedsAManifest(t *testing.T) {
	_, err := Verify(t.Context(), folder("{"))
	wantBroken(t, err, "", manifestFile, 1, "ends in the middle")
}

// TestModels: a section that is added to the
// format needs a decision about its model.
func TestModels(t *testing.T) {
	var without []SectionID
	for _, spec := range Sections() {
		if models[spec.ID] == nil {
			without = append(without, spec.ID)
		}
	}
	want := []SectionID{SecurityDefaults, CrossTenantAccessPolicy, CrossTenantPartners, NamedLocations, ServicePrincipals,
		RiskyUsers, Devices, ManagedDevices, SignIns, DirectoryAudits}
	if diff := cmp.Diff(want, without); diff != "" {
		t.Errorf("sections that are any object (-want +got):\n%s", diff)
	}
}
