package snapshot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
)

const taken = "2026-11-22T00:00:00Z"

// plainManifest is the manifest of a hand-written folder.
const plainManifest = `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"` + taken + `"}`

// withSections is plainManifest with a member sections.
func withSections(entries string) string {
	return strings.TrimSuffix(plainManifest, "}") + `,"sections":{` + entries + `}}`
}

// folder builds a snapshot from names and texts; the names are below sections/.
func folder(manifest string, files ...string) fstest.MapFS {
	fsys := fstest.MapFS{manifestFile: {Data: []byte(manifest)}}
	for i := 0; i < len(files); i += 2 {
		fsys[sectionsDir+"/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

func mustOpen(t testing.TB, fsys fstest.MapFS) *Snapshot {
	t.Helper()
	s, err := Open(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compressed(t testing.TB, text string) string {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return string(z.EncodeAll([]byte(text), nil))
}

// userIDs reads the section users to its end.
func userIDs(ctx context.Context, s *Snapshot) ([]string, error) {
	var ids []string
	for o, err := range Objects[entra.User](ctx, s, Users) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, o.Value.ID)
	}
	return ids, nil
}

// userLines are rows of users with the ids u<from> … u<to-1>.
func userLines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `{"id":"u%d"}`+"\n", i)
	}
	return b.String()
}

// wantBroken checks that err is a *BrokenError at a place, with words in it.
func wantBroken(t *testing.T, err error, section SectionID, file string, line int, words string) {
	t.Helper()
	var be *BrokenError
	if !errors.As(err, &be) {
		t.Fatalf("got %v, want a *BrokenError", err)
	}
	if be.Section != section || be.File != file || be.Line != line {
		t.Errorf("broken at section %q, %q, line %d; want %q, %q, line %d", be.Section, be.File, be.Line, section, file, line)
	}
	if !strings.Contains(be.Error(), words) {
		t.Errorf("the error %q does not mention %q", be, words)
	}
}
