package investigate_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/investigate"
	"passkeyaudit/audit/snapshot"
)

const manifest = `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"contoso"},"takenAt":"2026-11-22T00:00:00Z"}`

// stories are the tenants in testdata, each with what is wanted of its people: lines of
// "name --flag answer … | stage | problem verdict | how the first sentence begins".
func stories(t *testing.T, each func(t *testing.T, snap *snapshot.Snapshot, want []string)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no stories", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder, want := unpack(txtar.Parse(text))
			snap, err := snapshot.Open(folder)
			if err != nil {
				t.Fatal(err)
			}
			each(t, snap, want)
		})
	}
}

func unpack(a *txtar.Archive) (fs.FS, []string) {
	folder := fstest.MapFS{"manifest.json": {Data: []byte(manifest)}}
	var want []string
	for _, f := range a.Files {
		if f.Name == "want" {
			want = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
			continue
		}
		folder[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return folder, want
}

// dossier reads what a snapshot tells of somebody.
func dossier(t *testing.T, snap *snapshot.Snapshot, name string) *investigate.Dossier {
	t.Helper()
	who, err := investigate.Find(t.Context(), snap, name)
	if err != nil {
		t.Fatal(err)
	}
	view, err := investigate.Open(t.Context(), snap, who)
	if err != nil {
		t.Fatal(err)
	}
	d, err := investigate.Read(t.Context(), audit.NewRun(view))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// answers reads flags as a line has them; words with spaces are in quotation marks.
func answers(t *testing.T, line string) (name string, a investigate.Answers) {
	t.Helper()
	var parts []string
	for i, quoted := range strings.Split(line, `"`) {
		if i%2 == 1 {
			parts = append(parts, quoted)
		} else {
			parts = append(parts, strings.Fields(quoted)...)
		}
	}
	for i := 1; i+1 < len(parts); i += 2 {
		if err := a.Set(strings.TrimPrefix(parts[i], "--"), parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	return parts[0] + "@contoso.example", a
}

func TestStories(t *testing.T) {
	stories(t, func(t *testing.T, snap *snapshot.Snapshot, want []string) {
		for _, line := range want {
			parts := strings.SplitN(line, " | ", 4)
			name, a := answers(t, parts[0])
			in := investigate.Judge(dossier(t, snap, name), a)
			first := in.Hypotheses[0]
			if got := string(in.Stage); got != parts[1] {
				t.Errorf("%s: stage %s, want %s", parts[0], got, parts[1])
			}
			if got := problem(first); got != parts[2] {
				t.Errorf("%s: %s (%s), want %s", parts[0], got, first.Why, parts[2])
			}
			if got := in.Headline(); !strings.HasPrefix(got, parts[3]) {
				t.Errorf("%s:\n got %s\nwant %s", parts[0], got, parts[3])
			}
			resolves(snap, in, t.Errorf)
		}
	})
}

func problem(h investigate.Hypothesis) string {
	return string(rune('0'+h.Number)) + " " + string(h.Verdict)
}

// resolves tests that every sentence about somebody rests on something: evidence that
// the snapshot has, an answer, or it is a question.
func resolves(snap *snapshot.Snapshot, in *investigate.Investigation, say func(string, ...any)) {
	if len(in.Hypotheses) != len(investigate.Problems) {
		say("%d hypotheses", len(in.Hypotheses))
	}
	for _, h := range in.Hypotheses {
		if h.Why == "" || len(h.Evidence) == 0 {
			say("problem %d: %q rests on nothing", h.Number, h.Why)
		}
		for _, p := range h.Evidence {
			if p.Answer != "" {
				if p.Said == "" {
					say("problem %d: an answer without what was said", h.Number)
				}
				continue
			}
			if err := resolve(snap, p.Evidence); err != "" {
				say("problem %d: %s %s %s: %s", h.Number, p.Section, p.Object, p.Pointer, err)
			}
		}
	}
	for _, k := range in.Passkeys {
		for _, e := range append(k.Evidence, append(k.SignIn.Evidence, k.Registration.Evidence...)...) {
			if err := resolve(snap, e); err != "" {
				say("passkey: %s %s %s: %s", e.Section, e.Object, e.Pointer, err)
			}
		}
	}
	for _, e := range in.Timeline {
		if len(indexed(snap, snapshot.SectionID(e.Section))[e.Row]) == 0 {
			say("timeline: there is no %s %s", e.Section, e.Row)
		}
	}
}

// rowsOf are the rows of a section by key; read once for each snapshot.
type rowsOf map[snapshot.SectionID]map[string][]entra.Raw

var indexes = map[*snapshot.Snapshot]rowsOf{}

func indexed(snap *snapshot.Snapshot, id snapshot.SectionID) map[string][]entra.Raw {
	if indexes[snap] == nil {
		indexes[snap] = rowsOf{}
	}
	if indexes[snap][id] == nil {
		rows := map[string][]entra.Raw{}
		for row, err := range snap.Rows(context.Background(), id) {
			if err != nil {
				panic(err) // it was read before
			}
			key := snapshot.RowKey(id, row.Raw)
			rows[key] = append(rows[key], row.Raw.Clone())
		}
		indexes[snap][id] = rows
	}
	return indexes[snap][id]
}

func resolve(snap *snapshot.Snapshot, e audit.Evidence) string {
	rows := indexed(snap, e.Section)
	if e.Pointer == "" {
		n := 0
		for _, list := range rows {
			n += len(list)
		}
		if n != e.Rows {
			return "the section has other rows"
		}
		return ""
	}
	for _, raw := range rows[e.Object] {
		value, found := entra.Lookup(raw, e.Pointer)
		if found != e.Absent && string(value) == string(e.Value) {
			return ""
		}
	}
	return "no row says " + string(e.Value)
}
