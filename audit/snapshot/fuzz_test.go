package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/entra"
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

// FuzzFocus: the prefilter keeps every row that names the id, and no broken file
// makes it fail in another way than reading does.
func FuzzFocus(f *testing.F) {
	f.Add([]byte(`{"id":"a-1","x":"A-1\n"}`), "a-1")
	f.Add([]byte(`{"id":"\u0061-1"}`), "A-1")
	f.Fuzz(func(t *testing.T, row []byte, id string) {
		kept := newNeedle(id).in(row)
		var o struct{ ID string }
		if json.Unmarshal(row, &o) == nil && entra.CheckSyntax(row) == nil && id != "" && o.ID == id && !kept {
			t.Errorf("%s names %q", row, id)
		}
	})
}
