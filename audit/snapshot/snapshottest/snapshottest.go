// Package snapshottest checks that a snapshot reads the same through every form
// of file system: a folder, an archive, memory. Whoever stores snapshots in a new
// place runs this suite over it.
package snapshottest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Run writes snapshots into folders, asks open for the form of fs.FS to be
// tested, holding the files of the folder, and checks what package snapshot
// promises about reading them.
func Run(t *testing.T, open func(t *testing.T, dir string) fs.FS) {
	for name, enc := range map[string]snapshot.Encoding{"plain": snapshot.Plain, "zstd": snapshot.Zstd} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, enc)
			f := form{fsys: open(t, dir)}
			t.Run("manifest", f.manifest)
			t.Run("states", f.states)
			t.Run("rows", f.rows)
			t.Run("singleton", f.singleton)
			t.Run("focus", f.focus)
			t.Run("find", f.find)
			t.Run("digest", f.digest)
			t.Run("verify", f.verify)
			t.Run("cancelled", f.cancelled)
		})
	}
	t.Run("missing", func(t *testing.T) {
		if _, err := snapshot.Open(open(t, t.TempDir())); !errors.Is(err, snapshot.ErrNoManifest) {
			t.Errorf("an empty folder: %v, want ErrNoManifest", err)
		}
	})
	t.Run("broken", func(t *testing.T) { broken(t, open) })
}

const (
	users  = 100
	digest = "906be36d0e55897a8b7c04daa31435c85ef922b4bf5d5f149a9c74be87e5fbdb"
)

func userID(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", i) }

func write(t *testing.T, dir string, enc snapshot.Encoding) {
	t.Helper()
	w, err := snapshot.Create(dir, snapshot.Manifest{Tenant: snapshot.Tenant{ID: "t"}, TakenAt: "2026-11-22T00:00:00Z"}, enc)
	if err != nil {
		t.Fatal(err)
	}
	var rows []entra.Raw
	for i := range users {
		rows = append(rows, fmt.Appendf(nil, `{"id":%q,"userPrincipalName":"p%d@contoso.example","x-unknown":{"b":1,"a":[1.50]}}`, userID(i), i))
	}
	section(t, w, snapshot.Users, snapshot.Complete, rows...)
	section(t, w, snapshot.Organization, snapshot.Complete, entra.Raw(`{"id":"t","displayName":"Contoso"}`))
	section(t, w, snapshot.ConditionalAccessPolicies, snapshot.Complete)
	section(t, w, snapshot.Domains, snapshot.Partial, entra.Raw(`{"id":"a.example"}`), entra.Raw(`{"id":"b.example","isDefault":"yes"}`))
	if err := w.Skip(snapshot.Devices, snapshot.SectionEntry{State: snapshot.Denied, Status: 403}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func section(t *testing.T, w *snapshot.Writer, id snapshot.SectionID, state snapshot.State, rows ...entra.Raw) {
	t.Helper()
	sw, err := w.Section(id)
	if err == nil {
		err = sw.Append(rows...)
	}
	if err == nil {
		err = sw.Finish(snapshot.SectionEntry{State: state})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// form is one form of file system under test.
type form struct{ fsys fs.FS }

func (f form) open(t *testing.T) *snapshot.Snapshot {
	t.Helper()
	s, err := snapshot.Open(f.fsys)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f form) manifest(t *testing.T) {
	m := f.open(t).Manifest()
	if m.Format != snapshot.Format || m.Tenant.ID != "t" || m.TakenAt != "2026-11-22T00:00:00Z" {
		t.Errorf("manifest %+v", m)
	}
}

func (f form) states(t *testing.T) {
	states := f.open(t).States()
	for id, want := range map[snapshot.SectionID]snapshot.State{
		snapshot.Users:                     snapshot.Complete,
		snapshot.ConditionalAccessPolicies: snapshot.Complete,
		snapshot.Domains:                   snapshot.Partial,
		snapshot.Devices:                   snapshot.Denied,
		snapshot.Groups:                    snapshot.NotCollected,
	} {
		if states[id] != want {
			t.Errorf("%s is %s, want %s", id, states[id], want)
		}
	}
}

func (f form) rows(t *testing.T) {
	s := f.open(t)
	n := 0
	for o, err := range snapshot.Objects[entra.User](t.Context(), s, snapshot.Users) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Value.ID != userID(n) {
			t.Fatalf("row %d is %s", n, o.Value.ID)
		}
		n++
	}
	if n != users {
		t.Errorf("%d users, want %d", n, users)
	}
	for o, err := range snapshot.QuotedObjects[entra.Domain](t.Context(), s, snapshot.Domains) {
		if err != nil || string(o.Row.Raw) != `{"id":"a.example"}` {
			t.Errorf("domain %s, %v", o.Row.Raw, err)
		}
	}
	if bad := s.Unreadable(); len(bad) != 1 || bad[0].Object != "b.example" || bad[0].Line != 2 {
		t.Errorf("unreadable: %v", bad)
	}
	for range snapshot.Objects[entra.ConditionalAccessPolicy](t.Context(), s, snapshot.ConditionalAccessPolicies) {
		t.Error("a policy where there is none")
	}
}

func (f form) singleton(t *testing.T) {
	org, raw, err := snapshot.SingletonObject[entra.Organization](t.Context(), f.open(t), snapshot.Organization)
	if err != nil || org.DisplayName != "Contoso" || string(raw) != `{"id":"t","displayName":"Contoso"}` {
		t.Errorf("got %+v, %s, %v", org, raw, err)
	}
	_, raw, err = snapshot.SingletonObject[entra.AuthenticationMethodsPolicy](t.Context(), f.open(t), snapshot.AuthenticationMethodsPolicy)
	if raw != nil || err != nil {
		t.Errorf("a section without rows: %s, %v", raw, err)
	}
}

func (f form) focus(t *testing.T) {
	view := f.open(t).Focus(userID(42))
	var ids []string
	for o, err := range snapshot.Objects[entra.User](t.Context(), view, snapshot.Users) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, o.Value.ID)
	}
	if !slices.Equal(ids, []string{userID(42)}) {
		t.Errorf("got %v", ids)
	}
	if st := view.Status(snapshot.Users); st.State != snapshot.Partial || st.Reason != snapshot.ReasonScope {
		t.Errorf("status %+v", st)
	}
}

func (f form) find(t *testing.T) {
	rows, err := f.open(t).Find(t.Context(), snapshot.Users, userID(7))
	want := fmt.Sprintf(`{"id":%q,"userPrincipalName":"p7@contoso.example","x-unknown":{"b":1,"a":[1.50]}}`, userID(7))
	if err != nil || len(rows) != 1 || string(rows[0]) != want {
		t.Errorf("got %s, %v, want %s", rows, err, want)
	}
}

// digest is the same for every form and encoding.
func (f form) digest(t *testing.T) {
	got, err := f.open(t).Digest(t.Context())
	if err != nil || got != digest {
		t.Errorf("got %s, %v, want %s", got, err, digest)
	}
}

func (f form) verify(t *testing.T) {
	report, err := snapshot.Verify(t.Context(), f.fsys)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range report.Sections {
		// One domain has a member of the wrong type.
		if want := map[snapshot.SectionID]int{snapshot.Domains: 1}[s.ID]; len(s.Problems) != want {
			t.Errorf("%s: %q", s.ID, s.Problems)
		}
		if s.Objects > 0 && (s.Files == 0 || s.Bytes == 0) {
			t.Errorf("%s: %d objects in %d files of %d bytes", s.ID, s.Objects, s.Files, s.Bytes)
		}
	}
	if len(report.Problems) > 0 || report.Digest != digest {
		t.Errorf("problems %q, digest %s", report.Problems, report.Digest)
	}
}

func (f form) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range snapshot.Objects[entra.User](ctx, f.open(t), snapshot.Users) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// broken checks that damage is found, however the bytes arrive.
func broken(t *testing.T, open func(t *testing.T, dir string) fs.FS) {
	dir := t.TempDir()
	w, err := snapshot.Create(dir, snapshot.Manifest{Tenant: snapshot.Tenant{ID: "t"}, TakenAt: "2026-11-22T00:00:00Z"}, snapshot.Plain)
	if err != nil {
		t.Fatal(err)
	}
	section(t, w, snapshot.Users, snapshot.Complete, entra.Raw(`{"id":"a"}`))
	// As if the file had been changed afterwards.
	err = w.Update(func(m *snapshot.Manifest) { m.Sections[snapshot.Users].Segments[0].SHA256 = strings.Repeat("0", 64) })
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := snapshot.Open(open(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range snapshot.Objects[entra.User](t.Context(), s, snapshot.Users) {
		last = err
	}
	var be *snapshot.BrokenError
	if !errors.As(last, &be) || be.Section != snapshot.Users || be.File != "sections/users.ndjson" {
		t.Errorf("a damaged file: %v", last)
	}
	if _, err := s.Digest(t.Context()); !errors.As(err, &be) {
		t.Errorf("the digest of a damaged file: %v", err)
	}
}
