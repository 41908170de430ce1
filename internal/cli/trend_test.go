package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/chromedp/cdproto/emulation"
	reportjson "passkeyaudit/audit/report/json"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
)

// weeks are three snapshots of what is one tenant, by its id: passkeys are off, then on;
// at last nobody may read who has which methods.
func weeks(t *testing.T) []*snapshot.Snapshot {
	t.Helper()
	var list []*snapshot.Snapshot
	for i, name := range []string{"method-off", "healthy", "refused-methods"} {
		folder, err := fixtures.Scenario(name)
		if err != nil {
			t.Fatal(err)
		}
		out := fstest.MapFS{}
		err = fs.WalkDir(folder, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(folder, path)
			if path == "manifest.json" {
				text = regexp.MustCompile(`"id": "90000000-0000-4000-8000-[0-9]{12}"`).ReplaceAll(text, []byte(`"id": "90000000-0000-4000-8000-000000000099"`))
				text = regexp.MustCompile(`"takenAt": "2026-11-..T`).ReplaceAll(text, []byte(`"takenAt": "2026-11-2`+string(rune('2'+i))+`T`))
			}
			out[path] = &fstest.MapFile{Data: text}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		snap, err := snapshot.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, snap)
	}
	return list
}

// judgedInto judges a snapshot as the command does, with a file of runs, and gives what
// it wrote.
func judgedInto(t *testing.T, state, format string, snap *snapshot.Snapshot) []byte {
	t.Helper()
	var out bytes.Buffer
	d := testDeps(&out, 80)
	o := formatted(format)
	o.State, o.Quiet = state, true
	j, err := o.validate(d)
	if err != nil {
		t.Fatal(err)
	}
	err = judge(t.Context(), d, j, snap)
	if _, done := errors.AsType[outcomeError](err); err != nil && !done {
		t.Fatal(err)
	}
	return out.Bytes()
}

// trendPages are the pages of three runs that are kept, and the last run as it is stored
// and as a document.
func trendPages(t *testing.T) (pages [3]string, run, document []byte) {
	t.Helper()
	state := filepath.Join(t.TempDir(), "runs.db")
	for i, snap := range weeks(t) {
		pages[i] = string(judgedInto(t, state, "html", snap))
		if i == 2 {
			run, document = judgedInto(t, state, "ndjson", snap), judgedInto(t, state, "json", snap)
		}
	}
	return pages, run, document
}

func TestTrendOnThePage(t *testing.T) {
	pages, run, document := trendPages(t)
	if strings.Contains(pages[0], `id="trend"`) {
		t.Error("one run has a trend")
	}
	if !strings.Contains(pages[1], `id="trend"`) {
		t.Error("two runs have none")
	}
	numbersEqual(t, pages[2], map[string]any{"audit": decoded(t, document), "overview": overviewOf(t, run)})

	moments := overviewOf(t, run).(map[string]any)["trend"].(map[string]any)["moments"].([]any)
	_, table, _ := strings.Cut(pages[2], `id="trend-table"`)
	table, _, _ = strings.Cut(table, "</table>")
	if rows := strings.Count(table, `<th scope="row">`); len(moments) != 3 || rows != 3 {
		t.Errorf("%d moments, %d rows", len(moments), rows)
	}
	for _, want := range []string{"/trend/moments/0/states/out-of-scope", "/trend/moments/2/states/unknown", "/trend/moments/1/findings/critical", "/trend/moments/2/unjudged", "2026-11-24 06:00"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %s", want)
		}
	}
	if !strings.Contains(pages[2], "could as many checks be judged") {
		t.Error("that less was seen in the last run is not said")
	}

	stored, err := reportjson.OpenRun(bytes.NewReader(run), checkByID())
	if err != nil {
		t.Fatal(err)
	}
	d := testDeps(&bytes.Buffer{}, 80)
	r, err := formatted("html").resultOptions.validate(d)
	if err != nil {
		t.Fatal(err)
	}
	var rendered bytes.Buffer
	if err := stored.Replay(r.sink(d, &rendered, stored.Beside())); err != nil {
		t.Fatal(err)
	}
	if rendered.String() != pages[2] {
		t.Error("the stored run is rendered otherwise than it was judged")
	}
}

func TestTrendInABrowser(t *testing.T) {
	ctx := browser(t)
	pages, _, _ := trendPages(t)
	text := []byte(pages[2])
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			o := open(t, ctx, text, "#trend")
			call(t, o, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
			o.script(t, `document.querySelectorAll("details").forEach(d => d.open = true)`)
			named(t, o)
			if pale := eval[[]string](t, o, contrastScript); len(pale) > 0 {
				t.Errorf("text with too little contrast (WCAG 1.4.3): %q", pale)
			}
			if drawn := eval[int](t, o, `[...document.querySelectorAll("#trend svg rect")].filter(r => r.getBoundingClientRect().height >= 1).length`); drawn < 6 {
				t.Errorf("%d rectangles are drawn", drawn)
			}
			// What stands beside the section is not looked at here.
			o.script(t, `document.querySelectorAll("main > section:not(#trend),nav").forEach(e => e.remove())`)
			screenshot(t, o, "trend-"+scheme, 1280, 700)
			o.clean(t)
		})
	}
	t.Run("narrow", func(t *testing.T) {
		o := open(t, ctx, text, "#trend")
		call(t, o, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 400, Height: 800, DeviceScaleFactor: 1, Mobile: true})
		o.script(t, `document.querySelector("#trend details").open = true`)
		if wide := eval[int](t, o, `document.documentElement.scrollWidth`); wide > 400 {
			t.Errorf("at 400 pixels the page is %d wide", wide)
		}
		o.script(t, `document.querySelectorAll("main > section:not(#trend),nav").forEach(e => e.remove())`)
		screenshot(t, o, "trend-narrow", 400, 900)
	})
}
