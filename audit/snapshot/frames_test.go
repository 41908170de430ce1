package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// inFrames compresses a text in frames of so many bytes.
func inFrames(t testing.TB, text string, size int) string {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	var stored []byte
	for len(text) > 0 {
		n := min(size, len(text))
		stored = enc.EncodeAll([]byte(text[:n]), stored)
		text = text[n:]
	}
	return string(stored)
}

// However a text is cut into frames, its rows are the same, and are found.
func TestFrames(t *testing.T) {
	const count = 3000
	texts := paddedUsers(count, 1000)
	text := strings.Join(texts, "\n") + "\n"
	want, err := userIDs(t.Context(), mustOpen(t, folder(plainManifest, "users.ndjson", text)))
	if err != nil || len(want) != count {
		t.Fatal(len(want), err)
	}
	skippable := "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
	row := len(texts[0]) + 1
	for name, stored := range map[string]string{
		"one":                inFrames(t, text, len(text)),
		"stream":             streamed(t, text),
		"rows-broken":        inFrames(t, text, 50_001),
		"each-row":           inFrames(t, text[:20*row], row) + inFrames(t, text[20*row:], 1<<20),
		"large":              inFrames(t, text+strings.Repeat("\n", maxFrameText), maxFrameText+len(text)) + inFrames(t, "\n", 1),
		"stream-then-frames": streamed(t, text[:40*row]) + inFrames(t, text[40*row:], 30_001),
		"frames-then-stream": inFrames(t, text[:400*row], 30_001) + streamed(t, text[400*row:]),
		"skippable":          skippable + inFrames(t, text[:400*row], 30_001) + skippable + inFrames(t, text[400*row:], 30_001) + skippable,
		"of-a-writer":        "",
	} {
		t.Run(name, func(t *testing.T) {
			var s *Snapshot
			if name == "of-a-writer" {
				s = written(t, Zstd, map[SectionID][]string{Users: texts})
			} else {
				s = mustOpen(t, folder(plainManifest, "users-00001.ndjson.zst", stored))
			}
			got, err := userIDs(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			for _, keys := range [][]string{{want[0]}, {want[count-1]}, {want[1234], want[1235], want[2999]}, want[10:2000], {"nobody"}} {
				rows, err := s.FindAll(t.Context(), Users, keys)
				if err != nil {
					t.Fatal(err)
				}
				var found []string
				for _, r := range rows {
					id := rowKey(r.Raw, "id")
					if want[r.Line-1] != id {
						t.Errorf("%s is said to be in line %d", id, r.Line)
					}
					found = append(found, id)
				}
				if keys[0] == "nobody" {
					keys = nil
				}
				if !slices.Equal(found, keys) {
					t.Errorf("asked for %d, found %d", len(keys), len(found))
				}
			}
			report, err := s.Verify(t.Context())
			if err != nil || !report.OK() {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
}

// A row that is longer than any frame takes several.
func TestLongRowInFrames(t *testing.T) {
	rows := paddedUsers(5, 1000)
	rows[2] = fmt.Sprintf(`{"id":"u2","x":%q}`, strings.Repeat("y", 2*maxFrameText+17))
	s := written(t, Zstd, map[SectionID][]string{Users: rows})
	got, err := userIDs(t.Context(), s)
	if diff := cmp.Diff([]string{"u0", "u1", "u2", "u3", "u4"}, got); diff != "" || err != nil {
		t.Errorf("%v, ids (-want +got):\n%s", err, diff)
	}
	for i, row := range rows {
		found, err := s.FindAll(t.Context(), Users, []string{got[i]})
		if err != nil || len(found) != 1 || string(found[0].Raw) != row {
			t.Errorf("row %d is not found: %d, %v", i, len(found), err)
		}
	}
}

// What was checked when it was read is not read again for the digest, and what was not
// is.
func TestDigestOfFilesThatWereRead(t *testing.T) {
	w, dir := create(t, Zstd)
	writeSection(t, w, Users, SectionEntry{State: Complete}, paddedUsers(10, 10)...)
	writeSection(t, w, Groups, SectionEntry{State: Complete}, `{"id":"g"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := openDir(t, dir)
	if _, err := userIDs(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	want, err := s.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := openDir(t, dir)
	if got, err := again.Digest(t.Context()); got != want || err != nil {
		t.Errorf("without reading: %s, %v; want %s", got, err, want)
	}
	if err := os.WriteFile(filepath.Join(dir, s.Files(Users)[0].File), []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Digest(t.Context()); got != want || err != nil {
		t.Errorf("after its rows were read: %s, %v; want %s", got, err, want)
	}
	_, err = openDir(t, dir).Digest(t.Context())
	wantBroken(t, err, Users, s.Files(Users)[0].File, 0, "changed after")
}

// paddedUsers are rows of some length that do not compress to nothing.
func paddedUsers(count, length int) []string {
	rows := make([]string, count)
	x := uint32(1)
	for i := range rows {
		var pad strings.Builder
		for pad.Len() < length {
			x = x*1664525 + 1013904223
			fmt.Fprintf(&pad, "%x", x>>8)
		}
		rows[i] = fmt.Sprintf(`{"id":"u%d","x":%q}`, i, pad.String())
	}
	return rows
}

// streamed compresses a text as one frame that does not tell its length.
func streamed(t testing.TB, text string) string {
	t.Helper()
	var stored bytes.Buffer
	enc, err := zstd.NewWriter(&stored, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<16))
	if err == nil {
		_, err = enc.Write([]byte(text))
	}
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return stored.String()
}
