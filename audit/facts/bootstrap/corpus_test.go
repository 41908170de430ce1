package bootstrap_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/snapshot"
)

var updateCorpus = flag.Bool("update-corpus", false, "rewrite what the cases of the corpus want")

const corpus = "testdata/corpus"

// TestCorpus runs every case of the corpus; testdata/corpus/README.md describes them.
func TestCorpus(t *testing.T) {
	base, err := txtar.ParseFile(filepath.Join(corpus, "base.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(corpus, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".txtar")
		if name == "base" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := judge(t, base, archive)
			i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
				i = len(archive.Files) - 1
			}
			if *updateCorpus {
				archive.Files[i].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
				t.Errorf("want and got differ (-want +got):\n%s", diff)
			}
		})
	}
}

// judge opens a case on top of the base and writes a line for every account.
func judge(t *testing.T, base, archive *txtar.Archive) string {
	t.Helper()
	files := fstest.MapFS{}
	options := bootstrap.Options{World: bootstrap.Today}
	var settings audit.Settings
	var extra []string
	for _, a := range []*txtar.Archive{base, archive} {
		for _, f := range a.Files {
			switch {
			case f.Name == "want":
			case f.Name == "without":
				for _, section := range strings.Fields(string(f.Data)) {
					for _, ending := range []string{".ndjson", ".json"} {
						delete(files, "sections/"+section+ending)
					}
				}
			case f.Name == "options":
				extra = append(extra, setOptions(t, &options, &settings, string(f.Data))...)
			case f.Name == "manifest.json":
				files[f.Name] = &fstest.MapFile{Data: f.Data}
			default:
				name := "sections/" + f.Name
				files[name] = &fstest.MapFile{Data: []byte(strings.Join(factstest.JSONObjects(t, f.Name, f.Data), "\n"))}
			}
		}
	}
	snap, err := snapshot.Open(files)
	if err != nil {
		t.Fatal(err)
	}
	given, err := audit.Evaluate(t.Context(), audit.NewRunWith(snap, settings), bootstrap.Grounds)
	if err != nil {
		t.Fatal(err)
	}
	result, err := given.Judge(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	people := map[int]string{}
	for n := range given.Directory.All.All() {
		v := result.Of(n)
		name, _, _ := strings.Cut(given.Directory.Member(n).UserPrincipalName, "@")
		fmt.Fprintf(&b, "%s: %s\n", name, line(v))
		if i := result.Index(n); i >= 0 {
			people[i] = strings.TrimPrefix(people[i]+"+"+name, "+")
		}
	}
	show := func(what string, list []*bootstrap.Verdict, err error) {
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range list {
			if v != nil {
				fmt.Fprintf(&b, "%s of %s: %s\n", what, people[i], line(*v))
			}
		}
	}
	for _, word := range extra {
		switch word {
		case "recovery":
			list, err := result.Recovery(t.Context())
			show(word, list, err)
		case "rollout":
			list, err := result.Rollout(t.Context(), "")
			show(word, list, err)
		case "personas":
			list, err := result.Personas(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range list {
				fmt.Fprintf(&b, "%s under %d: %s\n", p.Persona, p.Under.Count(), line(p.Verdict))
			}
		}
	}
	return b.String()
}

// setOptions reads what is asked, and what else is to be shown.
func setOptions(t *testing.T, o *bootstrap.Options, settings *audit.Settings, text string) (show []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "goal":
			o.Goal = bootstrap.Goal(value)
		case "switch":
			if !o.Switches.Set(value, true) {
				t.Fatalf("no switch %q", value)
			}
		case "world":
			o.World = bootstrap.World{Name: value, ReportOnly: value == "report-only"}
		case "lane":
			o.Lanes.Provisioning = o.Lanes.Provisioning || value == "provisioning"
			o.Lanes.EnrolDevice = o.Lanes.EnrolDevice || value == "enrolDevice"
		case "bootstrapGroup":
			settings.BootstrapGroups = append(settings.BootstrapGroups, value)
		case "show":
			show = append(show, value)
		default:
			t.Fatalf("no option %q", line)
		}
	}
	return show
}

func line(v bootstrap.Verdict) string {
	parts := []string{string(v.State)}
	add := func(name string, values []string) {
		if len(values) > 0 {
			parts = append(parts, name+"="+strings.Join(values, ","))
		}
	}
	if v.Path != nil {
		add("path", []string{string(v.Path.Credential) + "/" + string(v.Path.Surface)})
	}
	add("conditions", words(v.Conditions))
	add("steps", words(v.Steps))
	var blockers []string
	for _, b := range v.BlockedBy {
		blockers = append(blockers, string(b.Type)+"/"+b.ID)
	}
	add("blockedBy", blockers)
	add("reasons", words(v.Reasons))
	add("missing", v.Missing)
	if v.Group != "" {
		add("group", []string{v.Group})
	}
	add("alternatives", words(v.Alternatives))
	add("confidence", []string{string(v.Confidence)})
	add("hangsOn", v.HangsOn)
	return strings.Join(parts, " ")
}

func words[T ~string](list []T) []string {
	var out []string
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}
