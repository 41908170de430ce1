package snapshot

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func testManifest() Manifest {
	return Manifest{Tenant: Tenant{ID: "t"}, TakenAt: taken, Scope: Scope{Kind: ScopeTenant}}
}

func openDir(t testing.TB, dir string) *Snapshot {
	t.Helper()
	s, err := Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t testing.TB, enc Encoding) (*Writer, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "snap")
	w, err := Create(dir, testManifest(), enc)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() }) // again for most tests, which is harmless
	return w, dir
}

func writeSection(t testing.TB, w *Writer, id SectionID, entry SectionEntry, rows ...string) {
	t.Helper()
	sw, err := w.Section(id)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := sw.Append(entra.Raw(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sw.Finish(entry); err != nil {
		t.Fatal(err)
	}
}

// written is a snapshot of complete sections.
func written(t testing.TB, enc Encoding, rows map[SectionID][]string) *Snapshot {
	t.Helper()
	w, dir := create(t, enc)
	for _, spec := range sections {
		if texts, ok := rows[spec.ID]; ok {
			writeSection(t, w, spec.ID, SectionEntry{State: Complete}, texts...)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return openDir(t, dir)
}

func storedFiles(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestWriterModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes do not apply on Windows")
	}
	w, dir := create(t, Zstd)
	writeSection(t, w, Users, SectionEntry{State: Complete}, `{"id":"a"}`)
	writeSection(t, w, Organization, SectionEntry{State: Complete}, `{"id":"a"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefusesFilledFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, testManifest(), Plain); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("got %v", err)
	}
	if _, err := Create(filepath.Join(dir, "x"), testManifest(), Plain); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestInterruptedRun(t *testing.T) {
	for _, enc := range []Encoding{Zstd, Plain} {
		for _, closed := range []bool{true, false} {
			t.Run(fmt.Sprintf("encoding-%d/closed-%v", enc, closed), func(t *testing.T) {
				w, dir := create(t, enc)
				writeSection(t, w, Groups, SectionEntry{State: Complete}, `{"id":"g"}`)
				sw, err := w.Section(Users)
				if err != nil {
					t.Fatal(err)
				}
				if err := sw.Append(entra.Raw(`{"id":"a"}`), entra.Raw(`{"id":"b"}`)); err != nil {
					t.Fatal(err)
				}
				if closed {
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
				}
				s := openDir(t, dir)
				if st := s.Status(Users); st.State != NotCollected || st.Reason != ReasonUnfinished {
					t.Errorf("users are %+v, want not collected", st)
				}
				if ids, err := userIDs(t.Context(), s); len(ids) > 0 || err != nil {
					t.Errorf("rows %v, %v", ids, err)
				}
				if st := s.Status(Groups); st.State != Complete {
					t.Errorf("groups are %+v, want complete", st)
				}
				if st := s.Status(Domains); st.State != NotCollected {
					t.Errorf("domains are %+v, want not collected", st)
				}
			})
		}
	}
}

func TestSegmentsRotate(t *testing.T) {
	w, dir := create(t, Zstd)
	sw, err := w.Section(Users)
	if err != nil {
		t.Fatal(err)
	}
	for i := range SegmentRows + 1 {
		if err := sw.Append(fmt.Appendf(nil, `{"id":"u%d"}`, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sw.Finish(SectionEntry{State: Complete}); err != nil {
		t.Fatal(err)
	}
	s := openDir(t, dir)
	var got []string
	for _, seg := range s.Files(Users) {
		got = append(got, fmt.Sprint(seg.File, " ", *seg.Objects))
	}
	want := []string{"sections/users-00001.ndjson.zst 50000", "sections/users-00002.ndjson.zst 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	ids, err := userIDs(t.Context(), s)
	if err != nil || len(ids) != SegmentRows+1 || ids[SegmentRows] != "u50000" {
		t.Errorf("%d rows, %v", len(ids), err)
	}
}

func TestWriterRefuses(t *testing.T) {
	tests := []struct {
		name string
		do   func(w *Writer) error
		want string
	}{
		{"unknown-section", func(w *Writer) error { _, err := w.Section("mail"); return err }, `no section "mail"`},
		{"skip-unknown", func(w *Writer) error { return w.Skip("mail", SectionEntry{State: Denied}) }, `no section "mail"`},
		{"skip-with-rows", func(w *Writer) error { return w.Skip(Users, SectionEntry{State: Complete}) }, "cannot be skipped"},
		{"skip-without-state", func(w *Writer) error { return w.Skip(Users, SectionEntry{}) }, `state "" is none of`},
		{"finish-without-state", func(w *Writer) error { return section(w, Users).Finish(SectionEntry{}) }, `state "" is none of`},
		{"started-twice", func(w *Writer) error { section(w, Users); _, err := w.Section(Users); return err }, "started before"},
		{"finished-twice", func(w *Writer) error {
			sw := section(w, Users)
			if err := sw.Finish(SectionEntry{State: Complete}); err != nil {
				return err
			}
			return sw.Finish(SectionEntry{State: Complete})
		}, "already finished"},
		{"append-after-finish", func(w *Writer) error {
			sw := section(w, Users)
			if err := sw.Finish(SectionEntry{State: Complete}); err != nil {
				return err
			}
			return sw.Append(entra.Raw(`{}`))
		}, "is finished"},
		{"two-objects", func(w *Writer) error {
			return section(w, Organization).Append(entra.Raw(`{}`), entra.Raw(`{}`))
		}, "holds one object"},
		{"no-object", func(w *Writer) error { return section(w, Organization).Finish(SectionEntry{State: Complete}) }, "its object is missing"},
		{"not-json", func(w *Writer) error { return section(w, Users).Append(entra.Raw(`{`)) }, "object 1: not valid JSON"},
		{"not-utf8", func(w *Writer) error { return section(w, Users).Append(entra.Raw("{\"a\":\"\xff\"}")) }, "UTF-8"},
		{"duplicate", func(w *Writer) error { return section(w, Users).Append(entra.Raw(`{"a":1,"a":2}`)) }, "duplicate"},
		{"finish-after-error", func(w *Writer) error {
			sw := section(w, Users)
			sw.Append(entra.Raw(`{`)) //nolint:errcheck // Finish says it again
			return sw.Finish(SectionEntry{State: Complete})
		}, "object 1: not valid JSON"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, dir := create(t, Plain)
			if err := tt.do(w); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			openDir(t, dir) // still a snapshot
		})
	}
}

func section(w *Writer, id SectionID) *SectionWriter {
	sw, err := w.Section(id)
	if err != nil {
		panic(err)
	}
	return sw
}

func TestFinishWithoutRowsRemovesFiles(t *testing.T) {
	for _, enc := range []Encoding{Zstd, Plain} {
		t.Run(fmt.Sprint(enc), func(t *testing.T) {
			w, dir := create(t, enc)
			writeSection(t, w, Users, SectionEntry{State: Denied, Status: 403, Code: "Forbidden"}, `{"id":"a"}`)
			if diff := cmp.Diff([]string{"manifest.json"}, storedFiles(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			want := &SectionEntry{State: Denied, Status: 403, Code: "Forbidden"}
			if diff := cmp.Diff(want, openDir(t, dir).Manifest().Sections[Users]); diff != "" {
				t.Errorf("entry (-want +got):\n%s", diff)
			}
			writeSection(t, w, Users, SectionEntry{State: Complete}, `{"id":"b"}`) // a second attempt
			if ids, err := userIDs(t.Context(), openDir(t, dir)); len(ids) != 1 || err != nil {
				t.Errorf("got %v, %v", ids, err)
			}
		})
	}
}

func TestFinishWithoutRowsAfterAnError(t *testing.T) {
	w, dir := create(t, Plain)
	sw := section(w, Users)
	if err := sw.Append(entra.Raw(`{"id":"a"}`), entra.Raw(`{`)); err == nil {
		t.Fatal("half an object was taken")
	}
	if err := sw.Finish(SectionEntry{State: Unavailable}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"manifest.json"}, storedFiles(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestEmptyCompleteSection(t *testing.T) {
	s := written(t, Zstd, map[SectionID][]string{Users: nil})
	if st := s.Status(Users); st.State != Complete || *st.Entry.Objects != 0 {
		t.Errorf("users are %+v", st)
	}
	if ids, err := userIDs(t.Context(), s); len(ids) != 0 || err != nil {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestUpdate(t *testing.T) {
	w, dir := create(t, Plain)
	if err := w.Update(func(m *Manifest) { m.Tenant.DisplayName = "Contoso"; m.Cloud = "public" }); err != nil {
		t.Fatal(err)
	}
	m := openDir(t, dir).Manifest()
	if m.Tenant.DisplayName != "Contoso" || m.Cloud != "public" {
		t.Errorf("manifest %+v", m)
	}
}

// TestConcurrentSections writes all sections at once while a reader opens the
// snapshot again and again.
func TestConcurrentSections(t *testing.T) {
	w, dir := create(t, Zstd)
	done := make(chan struct{})
	var reader, writers sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := Open(os.DirFS(dir)); err != nil {
				t.Errorf("while writing: %v", err)
				return
			}
		}
	})
	for _, spec := range sections {
		writers.Go(func() {
			n := 20
			if spec.Shape == Singleton {
				n = 1
			}
			sw, err := w.Section(spec.ID)
			for i := range n {
				if err == nil {
					err = sw.Append(fmt.Appendf(nil, `{%q:"%d"}`, spec.Key, i))
				}
			}
			if err == nil {
				err = sw.Finish(SectionEntry{State: Complete})
			}
			if err != nil {
				t.Errorf("%s: %v", spec.ID, err)
			}
		})
	}
	writers.Wait()
	close(done)
	reader.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := openDir(t, dir).Verify(t.Context())
	if err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
	if diff := cmp.Diff(false, strings.Contains(strings.Join(storedFiles(t, dir), " "), ".new")); diff != "" {
		t.Error("a temporary file is left")
	}
}
