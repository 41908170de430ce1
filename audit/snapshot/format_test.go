package snapshot

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func formatPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// tableRows are the rows of the first table below a heading, cell by cell.
func tableRows(t *testing.T, page, heading string) [][]string {
	t.Helper()
	_, rest, ok := strings.Cut(page, heading)
	if !ok {
		t.Fatalf("FORMAT.md has no %q", heading)
	}
	var rows [][]string
	for line := range strings.SplitSeq(rest, "\n") {
		if !strings.HasPrefix(line, "|") {
			if len(rows) > 0 {
				break
			}
			continue
		}
		var cells []string
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(strings.TrimSpace(cell), "`"))
		}
		rows = append(rows, cells)
	}
	return rows[2:]
}

func TestFormatListsSections(t *testing.T) {
	var got, want [][]string
	for _, row := range tableRows(t, formatPage(t), "## Sections") {
		got = append(got, []string{row[0], row[1], row[3], row[4]})
	}
	for _, spec := range Sections() {
		shape := map[Shape]string{Singleton: "singleton", Collection: "collection"}[spec.Shape]
		perUser := map[bool]string{true: "yes", false: "no"}[spec.PerUser]
		want = append(want, []string{string(spec.ID), shape, spec.Key, perUser})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sections (-code +page):\n%s", diff)
	}
}

func TestFormatListsStates(t *testing.T) {
	var got, want [][]string
	for _, row := range tableRows(t, formatPage(t), "## States") {
		got = append(got, []string{row[0], row[2]})
	}
	for _, state := range States() {
		want = append(want, []string{string(state), map[bool]string{true: "yes", false: "no"}[state.HasRows()]})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("states (-code +page):\n%s", diff)
	}
}

func TestFormatListsMembers(t *testing.T) {
	page := formatPage(t)
	names := func(heading string) []string {
		var all []string
		for _, row := range tableRows(t, page, heading) {
			for name := range strings.SplitSeq(row[0], "`, `") {
				all = append(all, name)
			}
		}
		return all
	}
	if diff := cmp.Diff(members(Manifest{}), names("## manifest.json")); diff != "" {
		t.Errorf("manifest (-code +page):\n%s", diff)
	}
	want, got := members(SectionEntry{}), names("An entry of `sections`:")
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-code +page):\n%s", diff)
	}
	for _, name := range append(append(members(Segment{}), members(Tenant{})...), append(members(Tool{}), members(Scope{})...)...) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("FORMAT.md does not mention the member %s", name)
		}
	}
}

func members(v any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// TestFormatExample reads the snapshot that FORMAT.md shows how to write.
func TestFormatExample(t *testing.T) {
	page := formatPage(t)
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page, 2)
	fsys := fstest.MapFS{
		manifestFile:            {Data: []byte(blocks[0][1])},
		"sections/users.ndjson": {Data: []byte(blocks[1][1])},
	}
	r := mustVerify(t, fsys)
	if !r.OK() {
		t.Fatal(problems(r))
	}
	for _, s := range r.Sections {
		if s.ID == Users && (s.Objects != 2 || s.State != Complete || !strings.Contains(page, "users section   "+s.Digest)) {
			t.Errorf("users: %+v; FORMAT.md needs this digest", s)
		}
	}
	if !strings.Contains(page, "snapshot        "+r.Digest+"\n") {
		t.Errorf("FORMAT.md does not give the snapshot digest %s", r.Digest)
	}
}
