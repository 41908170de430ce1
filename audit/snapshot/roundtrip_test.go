package snapshot

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
	"pgregory.net/rapid"
)

// jsonValue draws any JSON value; encoding/json writes it.
func jsonValue(depth int) *rapid.Generator[any] {
	leaves := []*rapid.Generator[any]{
		rapid.Just(any(nil)),
		rapid.Bool().AsAny(),
		rapid.Int64().AsAny(),
		rapid.Float64Range(-1e9, 1e9).AsAny(),
		rapid.String().AsAny(),
	}
	if depth > 0 {
		leaves = append(leaves,
			rapid.SliceOfN(jsonValue(depth-1), 0, 4).AsAny(),
			rapid.MapOfN(rapid.String(), jsonValue(depth-1), 0, 4).AsAny())
	}
	return rapid.OneOf(leaves...)
}

// TestRoundTrip: what is written is read, byte by byte but for whitespace.
func TestRoundTrip(t *testing.T) {
	base := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		objects := rapid.SliceOfN(rapid.MapOfN(rapid.String(), jsonValue(3), 0, 5), 0, 8).Draw(rt, "objects")
		enc := rapid.SampledFrom([]Encoding{Plain, Zstd}).Draw(rt, "encoding")
		indent := rapid.SampledFrom([]string{"", " ", "\t"}).Draw(rt, "indent")
		var rows, want []string
		for i, o := range objects {
			o["id"] = strconv.Itoa(i)
			text, err := json.MarshalIndent(o, "", indent)
			if err != nil {
				rt.Fatal(err)
			}
			small, err := entra.Compact(text)
			if err != nil {
				rt.Fatal(err)
			}
			rows, want = append(rows, string(text)), append(want, string(small))
		}
		n++
		dir := filepath.Join(base, strconv.Itoa(n))
		defer os.RemoveAll(dir)
		w, err := Create(dir, testManifest(), enc)
		if err != nil {
			rt.Fatal(err)
		}
		writeSection(t, w, SignIns, SectionEntry{State: Complete}, rows...)
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		s := openDir(t, dir)
		if diff := cmp.Diff(want, rawRows(t, s, SignIns)); diff != "" {
			rt.Errorf("rows (-written +read):\n%s", diff)
		}
		if report, err := s.Verify(t.Context()); err != nil || !report.OK() {
			rt.Errorf("%v, %v", problems(report), err)
		}
	})
}
