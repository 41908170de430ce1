package exports

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"passkeyaudit/audit/snapshot"
)

var update = flag.Bool("update", false, "rewrite what the imports are expected to come to")

// TestImports runs the invented exports of testdata/imports. Each is an archive: the
// comment says what it shows and may have options after "flags:", the file "want" is
// the account of the import with the rows, the other files are the export.
func TestImports(t *testing.T) {
	names, err := filepath.Glob("testdata/imports/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			t.Chdir(dir)
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				save(t, path.Join("export", f.Name), f.Data)
			}
			got := account(t, options(t, string(archive.Comment)))
			if *update {
				f := txtar.File{Name: "want", Data: []byte(got)}
				if want < 0 {
					archive.Files = append(archive.Files, f)
				} else {
					archive.Files[want] = f
				}
				t.Chdir(here)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatalf("no file want; it would be\n%s", got)
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("the import came to something else (-want +got):\n%s", diff)
			}
		})
	}
}

// here is the folder of the package; cases run in folders of their own.
var here = func() string {
	dir, err := os.Getwd()
	if err != nil {
		panic(err)
	}
	return dir
}()

func save(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(path.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// options reads the line "flags:" of a case's comment.
func options(t *testing.T, comment string) Options {
	t.Helper()
	o := Options{Sources: []string{"export"}, Dir: "snapshot", Tool: snapshot.Tool{Name: "passkeyaudit", Version: "test"}}
	_, flags, _ := strings.Cut(comment, "flags:")
	for _, flag := range strings.Fields(flags) {
		name, value, _ := strings.Cut(flag, "=")
		switch name {
		case "tenant":
			o.TenantID = value
		case "taken":
			o.TakenAt = value
		case "complete":
			for _, id := range strings.Split(value, ",") {
				o.Complete = append(o.Complete, snapshot.SectionID(id))
			}
		case "sources":
			o.Sources = strings.Split(value, ",")
		default:
			t.Fatalf("unknown flag %q", flag)
		}
	}
	return o
}

// account imports, checks that the snapshot is sound and that every file is accounted
// for, and tells everything in a fixed form.
func account(t *testing.T, o Options) string {
	t.Helper()
	result, err := Import(context.Background(), o)
	var b strings.Builder
	if result == nil {
		return fmt.Sprintf("error: %v\n", err)
	}
	checkAccounted(t, result)
	if err == nil {
		fmt.Fprintf(&b, "tenant: %s %s %s\ntaken: %s (%s)\n", result.Tenant.ID, result.Tenant.DisplayName, result.Tenant.DefaultDomain, result.TakenAt, result.TakenFrom)
		for _, s := range result.Sections {
			tellSection(t, &b, o.Dir, s)
		}
	}
	for _, r := range result.Refused {
		fmt.Fprintf(&b, "not taken: %s %s: %s\n", r.File, r.Pointer, r.Why)
	}
	for _, change := range result.Changes {
		fmt.Fprintf(&b, "changed: %s\n", change)
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	return b.String()
}

func tellSection(t *testing.T, b *strings.Builder, dir string, s Section) {
	t.Helper()
	if !s.State.HasRows() && s.Reason == "not in the export" {
		return
	}
	fmt.Fprintf(b, "%s: %s, %d from %s; repeated %d; %s\n", s.ID, s.State, s.Objects, strings.Join(s.From, ", "), s.Repeated, s.Reason)
	if !s.State.HasRows() {
		return
	}
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	st := snap.Status(s.ID)
	if st.Entry.From != "" || len(st.Entry.IncompleteIDs) > 0 {
		fmt.Fprintf(b, "  from %s to %s, incomplete %v\n", st.Entry.From, st.Entry.To, st.Entry.IncompleteIDs)
	}
	for row, err := range snap.Rows(context.Background(), s.ID) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(b, "  %s\n", row.Raw)
	}
}

// checkAccounted holds the promise that every file is taken or refused, and that what
// was written is a snapshot without a fault.
func checkAccounted(t *testing.T, result *Result) {
	t.Helper()
	told := map[string]bool{}
	for _, s := range result.Sections {
		for _, name := range s.From {
			told[name] = true
		}
	}
	for _, r := range result.Refused {
		if r.Why == "" {
			t.Errorf("%s %s is refused without a reason", r.File, r.Pointer)
		}
		told[r.File] = true
	}
	for _, name := range result.Files {
		if !told[name] {
			t.Errorf("%s is neither taken nor refused", name)
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("%s is told of, but was never looked at", name)
	}
}

// TestSnapshotIsSound verifies what the cases write, and who may read it.
func TestSnapshotIsSound(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/imports/exporter.txtar")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, f := range archive.Files {
		save(t, path.Join("export", f.Name), f.Data)
	}
	if _, err := Import(context.Background(), options(t, string(archive.Comment))); err != nil {
		t.Fatal(err)
	}
	found, err := snapshot.Verify(context.Background(), os.DirFS("snapshot"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found.Sections {
		if len(s.Problems) > 0 {
			t.Errorf("%s: %v", s.ID, s.Problems)
		}
	}
	err = filepath.WalkDir("snapshot", func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v lets others in", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(found.Problems, "") || len(found.Problems) > 0 {
		t.Errorf("%v", found.Problems)
	}
}
