package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"passkeyaudit/audit/entra"
	"passkeyaudit/fixtures"
)

func FuzzManifest(f *testing.F) {
	for _, seed := range []string{
		plainManifest, withSections(`"users":{"state":"complete","objects":1,"segments":[{"file":"sections/a","objects":1,"sha256":"00"}]}`),
		withSections(`"users":null`), withSections(`"signIns":{"state":"partial","from":"x","x":{}}`), "{", "\xff\xfe", "null",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Open(fstest.MapFS{manifestFile: {Data: text}})
		if err != nil {
			var be *BrokenError
			if !errors.As(err, &be) {
				t.Fatalf("%v is not a *BrokenError", err)
			}
			return
		}
		// Whatever is accepted can be written and read again, and means the same.
		again, err := entra.Encode(s.manifest)
		if err != nil {
			t.Fatal(err)
		}
		s2, err := Open(fstest.MapFS{manifestFile: {Data: again}})
		if err != nil {
			t.Fatalf("%s became %s: %v", text, again, err)
		}
		for _, spec := range sections {
			a, b := s.Status(spec.ID), s2.Status(spec.ID)
			if a.State != b.State || a.Reason != b.Reason {
				t.Fatalf("%s: %+v became %+v", spec.ID, a, b)
			}
		}
		s.Digest(t.Context()) //nolint:errcheck // must not panic
	})
}

func FuzzLines(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "{\"id\":\"a\"}\n{\"id\":\"b\"}", "\xef\xbb\xbf{}\r\n\r\n[]", "{\"id\":1}\nx\n", "\xff\xfe{", " {} \n{}{}", "{\"id\":\"a\xff\"}",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, zst bool) {
		name := "sections/users.ndjson"
		if zst {
			name = "sections/users-00001.ndjson.zst"
		}
		s := mustOpen(t, fstest.MapFS{manifestFile: {Data: []byte(plainManifest)}, name: {Data: text}})
		ids, err := userIDs(t.Context(), s)
		var be *BrokenError
		if err != nil && !errors.As(err, &be) {
			t.Fatalf("%v is not a *BrokenError", err)
		}
		report, verr := s.Verify(t.Context())
		if verr != nil {
			t.Fatal(verr)
		}
		if ok := err == nil && len(s.Unreadable()) == 0; ok != report.OK() {
			t.Fatalf("read %v, unreadable %v, but Verify says %q", err, s.Unreadable(), problems(report))
		}
		if err != nil || zst {
			return
		}
		rows := 0
		for line := range bytes.SplitSeq(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\n")) {
			if line = bytes.Trim(line, space); len(line) > 0 {
				rows++
				if !json.Valid(line) {
					t.Fatalf("%q was taken for JSON", line)
				}
			}
		}
		if got := len(ids) + len(s.Unreadable()); got != rows {
			t.Fatalf("%d of %d rows", got, rows)
		}
	})
}

// FuzzFocus: a view keeps every row that names the id, adds none, and fails where
// the whole snapshot fails.
func FuzzFocus(f *testing.F) {
	f.Add([]byte(`{"id":"a-1","x":"A-1\n"}`), "a-1")
	f.Add([]byte(`{"id":"\u0061-1"}`), "A-1")
	f.Add([]byte("{\"id\":\"a\"}\n{\"id\":\"b\",\"x\":\"\\ud800\"}\n\n{"), "a")
	f.Add([]byte("{\"id\":\"\\u212a1\"}\n{\"id\":\"k1\"}"), "k1")
	f.Fuzz(func(t *testing.T, text []byte, id string) {
		s := mustOpen(t, fstest.MapFS{manifestFile: {Data: []byte(plainManifest)}, "sections/users.ndjson": {Data: text}})
		read := func(s *Snapshot) (rows map[int]string, failed string) {
			rows = map[int]string{}
			for row, err := range s.Rows(t.Context(), Users) {
				if err != nil {
					return rows, err.Error()
				}
				rows[row.Line] = string(row.Raw)
			}
			return rows, ""
		}
		all, failed := read(s)
		kept, viewFailed := read(s.Focus(id))
		if failed != viewFailed {
			t.Fatalf("the whole fails with %q, the view with %q", failed, viewFailed)
		}
		for line, row := range all {
			var o struct{ ID string }
			if json.Unmarshal([]byte(row), &o) == nil && entra.CheckSyntax(entra.Raw(row)) == nil && id != "" && o.ID == id && kept[line] == "" {
				t.Errorf("%s names %q and is not in the view", row, id)
			}
		}
		for line, row := range kept {
			if all[line] != row {
				t.Errorf("line %d of the view is %q, of the whole %q", line, row, all[line])
			}
		}
	})
}

// FuzzSections: whatever a row of any section is, it is decoded, left out and
// reported, or stops reading with its place; reading and verifying agree.
func FuzzSections(f *testing.F) {
	for i, spec := range sections {
		name := spec.plainFile()
		text, err := fs.ReadFile(fixtures.Demo(), name)
		if err != nil {
			f.Fatal(err)
		}
		if spec.Shape == Collection {
			text, _, _ = bytes.Cut(text, []byte("\n"))
		}
		f.Add(uint8(i), text)
		f.Add(uint8(i), []byte(`{"id":"a","tenantId":"b","userId":"c","groupId":"d","status":[],"location":1,"value":{}}`))
	}
	f.Fuzz(func(t *testing.T, section uint8, text []byte) {
		spec := sections[int(section)%len(sections)]
		s := mustOpen(t, fstest.MapFS{manifestFile: {Data: []byte(plainManifest)}, spec.plainFile(): {Data: text}})
		rows, good, left := 0, 0, 0
		var failed error
		for row, err := range s.Rows(t.Context(), spec.ID) {
			if err != nil {
				failed = err
				break
			}
			rows++
			bad, err := models[spec.ID](spec.ID, row)
			switch {
			case err != nil:
				failed = errors.Join(failed, err)
			case bad != nil:
				left++
				if bad.Section != spec.ID || bad.File != spec.plainFile() || bad.Line != row.Line || bad.Err == nil {
					t.Fatalf("%+v does not say where", bad)
				}
			default:
				good++
			}
		}
		var be *BrokenError
		if failed != nil && (!errors.As(failed, &be) || be.Section != spec.ID || be.File != spec.plainFile()) {
			t.Fatalf("%v does not say where", failed)
		}
		if failed == nil && good+left != rows {
			t.Fatalf("%d rows, %d good, %d left out", rows, good, left)
		}
		report, err := s.Verify(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ok := failed == nil && left == 0; ok != report.OK() {
			t.Fatalf("reading says %v and %d left out, Verify says %q", failed, left, problems(report))
		}
	})
}

// FuzzSegment: a compressed segment that was cut or changed is refused, or holds
// the rows it held.
func FuzzSegment(f *testing.F) {
	f.Add([]byte("{\"id\":\"a\"}\n{\"id\":\"b\"}\n"), uint16(9), byte(1), uint16(0))
	f.Add([]byte(userLines(0, 400)), uint16(4), byte(0x40), uint16(0))
	f.Add([]byte(userLines(0, 400)), uint16(0), byte(0), uint16(7))
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, at uint16, flip byte, cut uint16) {
		read := func(stored []byte) ([]string, error) {
			return userIDs(t.Context(), mustOpen(t, fstest.MapFS{
				manifestFile: {Data: []byte(plainManifest)}, "sections/users-00001.ndjson.zst": {Data: stored},
			}))
		}
		stored := z.EncodeAll(text, nil)
		want, wantErr := read(stored)
		damaged := bytes.Clone(stored[:len(stored)-min(int(cut), len(stored))])
		if len(damaged) > 0 {
			damaged[int(at)%len(damaged)] ^= flip
		}
		got, err := read(damaged)
		var be *BrokenError
		if err != nil && !errors.As(err, &be) {
			t.Fatalf("%v is not a *BrokenError", err)
		}
		if err == nil && (wantErr != nil || !slices.Equal(got, want)) {
			t.Fatalf("%q was cut by %d and changed at %d by %x: %d rows instead of %d (%v) and no error", text, cut, at, flip, len(got), len(want), wantErr)
		}
	})
}

// FuzzFiles: whatever files a manifest names and a folder holds, opening succeeds
// or says which file is wrong; nothing outside sections/ is opened.
func FuzzFiles(f *testing.F) {
	for _, seed := range [][2]string{
		{"sections/users.ndjson", "sections/users.ndjson"}, {"../x", "sections/users-00001.ndjson"}, {"/etc/passwd", ""},
		{"sections/a\nsections/b", "sections/a\nsections/b"}, {"sections/..", "manifest.json"}, {"sections/\x00", "sections/users-00002.ndjson.zst"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, named, there string) {
		var segments []Segment
		for name := range strings.SplitSeq(named, "\n") {
			segments = append(segments, Segment{File: name})
		}
		m := Manifest{Format: Format, Tenant: Tenant{ID: "t"}, TakenAt: taken, Sections: map[SectionID]*SectionEntry{Users: {State: Complete, Segments: segments}}}
		text, err := entra.Encode(m)
		if err != nil {
			return // a name that is not UTF-8
		}
		fsys := fstest.MapFS{manifestFile: {Data: text}}
		for name := range strings.SplitSeq(there, "\n") {
			if fs.ValidPath(name) && name != manifestFile && name != "." {
				fsys[name] = &fstest.MapFile{Data: []byte(userLines(0, 1))}
			}
		}
		s, err := Open(onlySnapshot{t, fsys})
		if err == nil {
			_, err = userIDs(t.Context(), s)
		}
		var be *BrokenError
		if err != nil && (!errors.As(err, &be) || be.File == "") {
			t.Fatalf("%v does not name a file", err)
		}
	})
}

// onlySnapshot fails a test that opens a file which is no part of a snapshot.
type onlySnapshot struct {
	t    *testing.T
	fsys fs.FS
}

func (o onlySnapshot) Open(name string) (fs.File, error) {
	if name != manifestFile && name != sectionsDir && !strings.HasPrefix(name, sectionsDir+"/") || !fs.ValidPath(name) {
		o.t.Errorf("%q was opened", name)
	}
	return o.fsys.Open(name)
}
