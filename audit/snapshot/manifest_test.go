package snapshot

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

func TestManifestRefused(t *testing.T) {
	tests := []struct {
		name, text, want string
		line             int
	}{
		{"empty", "", "ends in the middle", 1},
		{"cut-off", "{\n\"format\":\"passkeyaudit.snapshot/v1\",\n", "ends in the middle", 2},
		{"not-json", "{\n\"format\": passkeyaudit}", "invalid character", 2},
		{"two-values", plainManifest + "\n{}", "text after the end", 2},
		{"duplicate-member", "{\"format\":\"passkeyaudit.snapshot/v1\",\n\"format\":\"passkeyaudit.snapshot/v1\"}", "duplicate", 2},
		{"utf16", "\xff\xfe{\x00}\x00", "UTF-16", 0},
		{"a-list", "[]", "unexpected type", 0},
		{"null", "null", `"format" is missing`, 0},
		{"no-format", `{"tenant":{"id":"t"},"takenAt":"` + taken + `"}`, `"format" is missing`, 0},
		{"other-format", `{"format":"zip"}`, "not a passkeyaudit snapshot", 0},
		{"newer-major", `{"format":"passkeyaudit.snapshot/v2","takenAt":5}`, "newer", 0},
		{"no-taken-at", `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"}}`, `"takenAt" is missing`, 0},
		{"date-only", `{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22"}`, "RFC 3339", 0},
		{"no-tenant", `{"format":"passkeyaudit.snapshot/v1","takenAt":"` + taken + `"}`, `"tenant" needs`, 0},
		{"scope", strings.Replace(plainManifest, "{", `{"scope":{"kind":"world"},`, 1), `scope kind "world"`, 0},
		{"null-section", withSections(`"users":null`), "section users: null", 0},
		{"no-state", withSections(`"users":{}`), `section users: state ""`, 0},
		{"unknown-state", withSections(`"users":{"state":"finished"}`), `state "finished" is none of complete`, 0},
		{"objects-text", withSections(`"users":{"state":"complete","objects":"3"}`), "/sections/users/objects cannot be a text", 0},
		{"segment-parent", withSections(`"users":{"state":"complete","segments":[{"file":"sections/../../etc/passwd"}]}`), "not a plain path", 0},
		{"segment-absolute", withSections(`"users":{"state":"complete","segments":[{"file":"/etc/passwd"}]}`), "not a plain path", 0},
		{"segment-backslash", withSections(`"users":{"state":"complete","segments":[{"file":"sections/..\\..\\x"}]}`), "not a plain path", 0},
		{"segment-drive", withSections(`"users":{"state":"complete","segments":[{"file":"sections/c:x"}]}`), "not a plain path", 0},
		{"segment-elsewhere", withSections(`"users":{"state":"complete","segments":[{"file":"manifest.json"}]}`), "not a plain path", 0},
		{"segment-empty", withSections(`"users":{"state":"complete","segments":[{}]}`), "not a plain path", 0},
		{"segment-nul", withSections(`"users":{"state":"complete","segments":[{"file":"sections/a\u0000b"}]}`), "not a plain path", 0},
		{"segment-escape", withSections(`"users":{"state":"complete","segments":[{"file":"sections/\u001b[2J"}]}`), `"sections/\x1b[2J" is not a plain path`, 0},
		{"segment-dot", withSections(`"users":{"state":"complete","segments":[{"file":"sections/./a"}]}`), "not a plain path", 0},
		{"segment-empty-part", withSections(`"users":{"state":"complete","segments":[{"file":"sections//a"}]}`), "not a plain path", 0},
		{"segment-folder-only", withSections(`"users":{"state":"complete","segments":[{"file":"sections/"}]}`), "not a plain path", 0},
		{"segment-network", withSections(`"users":{"state":"complete","segments":[{"file":"//host/share/sections/a"}]}`), "not a plain path", 0},
		{"segment-case", withSections(`"users":{"state":"complete","segments":[{"file":"SECTIONS/a"}]}`), "not a plain path", 0},
		{"objects-negative", withSections(`"users":{"state":"complete","objects":-1}`), "cannot have -1 objects", 0},
		{"objects-absurd", withSections(`"users":{"state":"complete","objects":9223372036854775808}`), "/sections/users/objects cannot be a number", 0},
		{"objects-exponent", withSections(`"users":{"state":"complete","objects":1e400}`), "/sections/users/objects cannot be a number", 0},
		{"objects-fraction", withSections(`"users":{"state":"complete","objects":1.5}`), "/sections/users/objects cannot be a number", 0},
		{"segment-objects-negative", withSections(`"users":{"state":"complete","segments":[{"file":"sections/a","objects":-3}]}`), "cannot have -3 objects", 0},
		{"lone-surrogate", strings.Replace(plainManifest, `"t"`, `"\ud800"`, 1), "surrogate", 1},
		{"invalid-utf8", strings.Replace(plainManifest, `"t"`, "\"\xff\"", 1), "UTF-8", 1},
		{"nul", strings.Replace(plainManifest, `"t"`, "\"\x00\"", 1), "invalid character", 1},
		{"escape-in-a-name", withSections(`"\u001b[31m":{"objects":"x"}`), `"/sections/\x1b[31m/objects" cannot be a text`, 0},
		{"nested-10000", strings.Replace(plainManifest, "{", `{"x":`+strings.Repeat("[", 10_000)+strings.Repeat("]", 10_000)+",", 1), "depth", 1},
		{"segment-twice", withSections(`"users":{"state":"complete","segments":[{"file":"sections/a"},{"file":"sections/a"}]}`), "named twice", 0},
		{"singleton-segments", withSections(`"organization":{"state":"complete","segments":[{"file":"sections/a"},{"file":"sections/b"}]}`), "holds one object", 0},
		{"deep", strings.Repeat("[", 200_000), "depth", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(folder(tt.text))
			wantBroken(t, err, "", manifestFile, tt.line, tt.want)
		})
	}
}

func TestManifestMissing(t *testing.T) {
	if _, err := Open(fstest.MapFS{}); !errors.Is(err, ErrNoManifest) {
		t.Errorf("got %v, want ErrNoManifest", err)
	}
}

func TestManifestTooLarge(t *testing.T) {
	lim := formatLimits()
	lim.manifest = len(plainManifest)
	if _, err := open(folder(plainManifest), lim); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	lim.manifest--
	_, err := open(folder(plainManifest), lim)
	wantBroken(t, err, "", manifestFile, 0, "larger than")
}

func TestManifestTolerates(t *testing.T) {
	tests := []struct{ name, text string }{
		{"bom", "\xef\xbb\xbf" + plainManifest},
		{"unknown-members", strings.Replace(plainManifest, "{", `{"licence":{"a":[1]},`, 1)},
		{"unknown-section", withSections(`"mailboxes":{"state":"rationed","segments":[{"file":"/x"}]}`)},
		{"unknown-null-section", withSections(`"mailboxes":null`)},
		{"fractions", strings.Replace(plainManifest, "00Z", "00.1234567+02:00", 1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := mustOpen(t, folder(tt.text))
			if got := s.Scope().Kind; got != ScopeTenant {
				t.Errorf("scope %q, want tenant", got)
			}
		})
	}
}

func TestManifestKeepsUnknownMembers(t *testing.T) {
	s := mustOpen(t, folder(strings.Replace(withSections(`"users":{"state":"denied","later":true}`), "{", `{"licence":{"a":[1]},`, 1)))
	m := s.Manifest()
	dir := t.TempDir()
	w, err := Create(dir, m, Plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	again := openDir(t, dir).Manifest()
	for _, pair := range [][2]entra.Raw{
		{m.Unknown, again.Unknown},
		{m.Sections[Users].Unknown, again.Sections[Users].Unknown},
	} {
		read, err := entra.Compact(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		written, err := entra.Compact(pair[1])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(read), string(written)); diff != "" || len(read) == 0 {
			t.Errorf("unknown members (-read +written):\n%s", diff)
		}
	}
}
