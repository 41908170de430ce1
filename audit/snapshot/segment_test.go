package snapshot

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
)

func TestStoredDamage(t *testing.T) {
	text := compressed(t, userLines(0, 1000))
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(text)))
	flipped := []byte(text)
	flipped[len(flipped)/2] ^= 0x40
	tests := []struct {
		name, seg, stored, want string
	}{
		{"truncated", ``, text[:len(text)/2], "cut off"},
		{"truncated-header", ``, text[:3], "cut off"},
		{"empty", ``, "", "empty"},
		{"not-zstd", ``, userLines(0, 3), "magic"},
		{"flipped-bit", ``, string(flipped), ""},
		{"garbage-after-the-frame", ``, text + "garbage", "magic"},
		{"changed", `,"sha256":"` + sum + `"`, compressed(t, userLines(1, 1001)), "changed after it was written"},
		{"changed-unseen", `,"sha256":"` + sum + `"`, compressed(t, userLines(0, 1000)) + compressed(t, "\n"), "changed after it was written"},
		{"too-few", `,"objects":1001`, text, "promises 1001 objects, there are 1000"},
		{"too-many", `,"objects":999`, text, "promises 999 objects, there are 1000"},
		{"truncated-in-the-checksum", ``, text[:len(text)-2], "cut off"},
		{"second-frame-cut-off", ``, text + text[:len(text)/2], "cut off"},
		{"frame-of-another-kind", ``, "\x1f\x8b\x08\x00" + text, "magic"},
		{"huge-window", ``, windowFrame(256 << 20), "window size exceeded"},
	}
	const file = "sections/users-00001.ndjson.zst"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := withSections(`"users":{"state":"complete","segments":[{"file":"` + file + `"` + tt.seg + `}]}`)
			s := mustOpen(t, folder(m, "users-00001.ndjson.zst", tt.stored))
			_, err := userIDs(t.Context(), s)
			line := 0
			if be, ok := err.(*BrokenError); ok {
				line = be.Line // how far the reader came depends on the decoder's blocks
			}
			wantBroken(t, err, Users, file, line, tt.want)
			report, err := s.Verify(t.Context())
			if err != nil || report.OK() {
				t.Errorf("Verify found nothing (%v)", err)
			}
		})
	}
}

// windowFrame is the start of a zstd frame that asks for a window.
func windowFrame(size uint64) string {
	exponent := uint64(0)
	for 1024<<exponent < size {
		exponent++
	}
	frame := binary.LittleEndian.AppendUint32(nil, 0xFD2FB528)
	frame = append(frame, 0, byte(exponent<<3)) // no flags, window descriptor
	frame = append(frame, 1, 0, 0)              // one last empty raw block
	return string(frame)
}

func TestBombIsBounded(t *testing.T) {
	bomb := compressed(t, strings.Repeat(" ", 8<<20)) // one line of nothing
	lim := formatLimits()
	lim.line = 1 << 20
	s, err := open(folder(plainManifest, "users-00001.ndjson.zst", bomb), lim)
	if err != nil {
		t.Fatal(err)
	}
	_, err = userIDs(t.Context(), s)
	wantBroken(t, err, Users, "sections/users-00001.ndjson.zst", 1, "longer than 1 MiB")
}

func TestUpperCaseDigestMatches(t *testing.T) {
	text := userLines(0, 3)
	sum := sha256.Sum256([]byte(text))
	m := withSections(`"users":{"state":"complete","segments":[{"file":"sections/u","sha256":"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"}]}`)
	if ids, err := userIDs(t.Context(), mustOpen(t, folder(m, "u", text))); len(ids) != 3 || err != nil {
		t.Errorf("got %v, %v", ids, err)
	}
}

func TestSingletonDigestIsChecked(t *testing.T) {
	m := withSections(`"organization":{"state":"complete","segments":[{"file":"sections/organization.json","sha256":"` + strings.Repeat("0", 64) + `"}]}`)
	s := mustOpen(t, folder(m, "organization.json", `{"id":"a"}`))
	_, _, err := SingletonObject[entra.Organization](t.Context(), s, Organization)
	wantBroken(t, err, Organization, "sections/organization.json", 0, "changed")
}

func TestObjectsOfAllFiles(t *testing.T) {
	for _, files := range [][]string{
		{"users.ndjson", userLines(0, 3)},
		{"users-00001.ndjson", userLines(0, 2), "users-00002.ndjson", userLines(2, 3)},
	} {
		t.Run(files[0], func(t *testing.T) {
			s := mustOpen(t, folder(withSections(`"users":{"state":"complete","objects":3}`), files...))
			if ids, err := userIDs(t.Context(), s); len(ids) != 3 || err != nil {
				t.Errorf("got %v, %v", ids, err)
			}
			s = mustOpen(t, folder(withSections(`"users":{"state":"complete","objects":4}`), files...))
			_, err := userIDs(t.Context(), s)
			wantBroken(t, err, Users, "sections/"+files[0], 0, "promises 4 objects")
			_, err = s.Digest(t.Context())
			wantBroken(t, err, Users, "sections/"+files[0], 0, "promises 4 objects")
		})
	}
}

func TestEmptyCompressedSegment(t *testing.T) {
	m := withSections(`"users":{"state":"complete","segments":[{"file":"sections/u.zst","objects":0}]}`)
	if ids, err := userIDs(t.Context(), mustOpen(t, folder(m, "u.zst", ""))); len(ids) != 0 || err != nil {
		t.Errorf("got %v, %v", ids, err)
	}
}
