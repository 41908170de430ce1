package snapshot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func digestOf(t *testing.T, fsys fstest.MapFS) string {
	t.Helper()
	d, err := mustOpen(t, fsys).Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDigestBySpecification computes a digest with nothing but the words of
// FORMAT.md.
func TestDigestBySpecification(t *testing.T) {
	rows := []string{`{"id":"u1","x":"\u00e9"}`, `{"id":"u0","n":1.0}`}
	var sums []string
	for _, row := range rows {
		sum := sha256.Sum256([]byte(row))
		sums = append(sums, string(sum[:]))
	}
	slices.Sort(sums)
	users := fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(sums, ""))))
	var lines strings.Builder
	for _, spec := range Sections() {
		switch spec.ID {
		case Users:
			lines.WriteString("users complete " + users + "\n")
		case Devices:
			lines.WriteString("devices denied -\n")
		default:
			lines.WriteString(string(spec.ID) + " notCollected -\n")
		}
	}
	want := fmt.Sprintf("%x", sha256.Sum256([]byte(lines.String())))
	fsys := folder(withSections(`"users":{"state":"complete"},"devices":{"state":"denied"}`),
		"users.ndjson", "{ \"id\": \"u1\", \"x\":\"\\u00e9\" }\n\n"+rows[1])
	if got := digestOf(t, fsys); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestDigestIsOfContent(t *testing.T) {
	a, b, c := `{"id":"a"}`, `{"id":"b","x":[1,2]}`, `{"id":"c"}`
	lines := func(rows ...string) string { return strings.Join(rows, "\n") + "\n" }
	base := digestOf(t, folder(plainManifest, "users.ndjson", lines(a, b, c)))
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(lines(a, b, c))))
	mapped := func(extra string) string {
		return withSections(`"users":{"state":"complete"` + extra + `,"segments":[{"file":"sections/users.ndjson","sha256":"` + sum + `"}]}`)
	}
	var section string
	for _, s := range mustVerify(t, folder(plainManifest, "users.ndjson", lines(a, b, c))).Sections {
		if s.ID == Users {
			section = s.Digest
		}
	}
	same := map[string]fstest.MapFS{
		"order":              folder(plainManifest, "users.ndjson", lines(c, a, b)),
		"whitespace":         folder(plainManifest, "users.ndjson", lines(a, "", `{ "id":"b", "x" : [1 , 2]}`, c)),
		"crlf":               folder(plainManifest, "users.ndjson", strings.Join([]string{a, b, c}, "\r\n")),
		"segments":           folder(plainManifest, "users-00001.ndjson", lines(c), "users-00002.ndjson", lines(b, a)),
		"compression":        folder(plainManifest, "users-00001.ndjson.zst", compressed(t, lines(a, b, c))),
		"times":              folder(strings.Replace(withSections(`"users":{"state":"complete","request":"GET"}`), taken, "2027-01-01T00:00:00Z", 1), "users.ndjson", lines(a, b, c)),
		"recorded":           folder(mapped(`,"digest":"`+section+`"`), "users.ndjson", lines(a, b, c)),
		"recorded-uppercase": folder(mapped(`,"digest":"`+strings.ToUpper(section)+`"`), "users.ndjson", lines(a, b, c)),
		"recorded-nonsense":  folder(mapped(`,"digest":"x"`), "users.ndjson", lines(a, b, c)),
	}
	for name, fsys := range same {
		t.Run("same/"+name, func(t *testing.T) {
			if got := digestOf(t, fsys); got != base {
				t.Errorf("digest %s, want %s", got, base)
			}
		})
	}
	other := map[string]fstest.MapFS{
		"row-changed": folder(plainManifest, "users.ndjson", lines(a, b, `{"id":"C"}`)),
		"row-twice":   folder(plainManifest, "users.ndjson", lines(a, b, c, c)),
		"row-lost":    folder(plainManifest, "users.ndjson", lines(a, b)),
		"section":     folder(plainManifest, "groups.ndjson", lines(a, b, c)),
		"state":       folder(withSections(`"users":{"state":"partial"}`), "users.ndjson", lines(a, b, c)),
		"other-state": folder(withSections(`"devices":{"state":"denied"}`), "users.ndjson", lines(a, b, c)),
		"spelling":    folder(plainManifest, "users.ndjson", lines(a, b, `{"id":"\u0063"}`)),
	}
	for name, fsys := range other {
		t.Run("other/"+name, func(t *testing.T) {
			if digestOf(t, fsys) == base {
				t.Error("the digest did not change")
			}
		})
	}
}

func TestDigestRefusesChangedFiles(t *testing.T) {
	text := userLines(0, 3)
	m := withSections(`"users":{"state":"complete","digest":"` + strings.Repeat("0", 64) + `","segments":[{"file":"sections/u","sha256":"` +
		hex.EncodeToString(make([]byte, 32)) + `"}]}`)
	_, err := mustOpen(t, folder(m, "u", text)).Digest(t.Context())
	wantBroken(t, err, Users, "sections/u", 0, "changed")
}

// TestDigestDoesNotTrustAnEmptySection: without files there is nothing whose
// digest could vouch for the recorded one.
func TestDigestDoesNotTrustAnEmptySection(t *testing.T) {
	lie := folder(withSections(`"users":{"state":"complete","objects":0,"digest":"` + strings.Repeat("0", 64) + `"}`))
	if digestOf(t, lie) != digestOf(t, folder(plainManifest, "users.ndjson", "")) {
		t.Error("the recorded digest of an empty section was believed")
	}
}

func TestWriterRecordsTheDigest(t *testing.T) {
	rows := map[SectionID][]string{Users: {`{"id": "a"}`, `{"id":"b"}`}, Organization: {"{\n \"id\":\"t\"}"}}
	for _, enc := range []Encoding{Zstd, Plain} {
		s := written(t, enc, rows)
		recorded, err := s.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []SectionID{Users, Organization} {
			computed, err := s.computeDigest(t.Context(), id)
			if err != nil || computed != s.Manifest().Sections[id].Digest {
				t.Errorf("%s: recorded %s, computed %s, %v", id, s.Manifest().Sections[id].Digest, computed, err)
			}
		}
		if report, err := s.Verify(t.Context()); err != nil || report.Digest != recorded {
			t.Errorf("Verify has %s, Digest %s, %v", report.Digest, recorded, err)
		}
	}
}

// Blocks of digests are merged as if they had been sorted together.
func TestDigestOfManyRows(t *testing.T) {
	for _, n := range []int{0, 1, digestBlock, digestBlock + 1, 3*digestBlock + 7} {
		var d digester
		var all []rowDigest
		for i := range n {
			row := fmt.Appendf(nil, `{"id":%d}`, i)
			d.add(row)
			all = append(all, sha256.Sum256(row))
		}
		slices.SortFunc(all, func(a, b rowDigest) int { return bytes.Compare(a[:], b[:]) })
		h := sha256.New()
		for _, r := range all {
			h.Write(r[:])
		}
		if got, want := d.sum(), hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("%d rows: %s, want %s", n, got, want)
		}
	}
}
