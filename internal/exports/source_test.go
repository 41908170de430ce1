package exports

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"passkeyaudit/audit/snapshot"
)

const (
	aTenant = "aaaaaaaa-1111-4111-8111-111111111111"
	aTime   = "2026-11-20T09:00:00Z"
	// aPolicy has a character outside ASCII, and one outside the basic plane.
	aPolicy = "{\r\n\"id\":\"c1\",\"displayName\":\"Zürich 🔑\",\"state\":\"enabled\",\r\n\"conditions\":{\"users\":null},\"grantControls\":null}\r\n"
)

func wide(text string, order binary.ByteOrder, mark bool) []byte {
	var b []byte
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	for _, u := range units {
		b = append(b, 0, 0)
		order.PutUint16(b[len(b)-2:], u)
	}
	return b
}

func TestEncodings(t *testing.T) {
	tests := map[string][]byte{
		"utf8":            []byte(aPolicy),
		"utf8-bom":        []byte("\xef\xbb\xbf" + aPolicy),
		"utf16le":         wide(aPolicy, binary.LittleEndian, true),
		"utf16be":         wide(aPolicy, binary.BigEndian, true),
		"utf16le-no-mark": wide(aPolicy, binary.LittleEndian, false),
		"utf16be-no-mark": wide(aPolicy, binary.BigEndian, false),
	}
	for name, data := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := decodeText(data)
			if err != nil || string(text) != aPolicy {
				t.Fatalf("%q, %v", text, err)
			}
		})
	}
	for name, data := range map[string][]byte{
		"cut-off":          wide(aPolicy, binary.LittleEndian, true)[:41],
		"half-a-character": {0xff, 0xfe, 0x3d, 0xd8, '}', 0},
		"half-at-the-end":  {0xff, 0xfe, '{', 0, 0x3d, 0xd8},
		"latin1":           []byte("{\"displayName\":\"Z\xfcrich\"}"),
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := decodeText(data); err == nil {
				t.Errorf("taken as %q", text)
			}
		})
	}
}

// archived writes a zip and imports it.
func archived(t *testing.T, add func(*zip.Writer)) *Result {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	save(t, "export.zip", b.Bytes())
	result, err := Import(context.Background(), Options{Sources: []string{"export.zip"}, Dir: "snapshot", TenantID: aTenant, TakenAt: aTime})
	if err != nil {
		t.Fatal(err)
	}
	checkAccounted(t, result)
	return result
}

func add(t *testing.T, z *zip.Writer, name string, mode fs.FileMode, text string) {
	t.Helper()
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(mode)
	w, err := z.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestArchive(t *testing.T) {
	policy := strings.ReplaceAll(aPolicy, `"c1"`, `"c0000000-0000-4000-8000-000000000001"`)
	result := archived(t, func(z *zip.Writer) {
		add(t, z, `export\Policies\ConditionalAccess\c0000000-0000-4000-8000-000000000001\p.json`, 0o600, policy)
		add(t, z, "../../outside.json", 0o600, aPolicy)
		add(t, z, "/etc/absolute.json", 0o600, aPolicy)
		add(t, z, "C:/drive.json", 0o600, aPolicy)
		add(t, z, "link.json", fs.ModeSymlink|0o777, "/etc/passwd")
		add(t, z, "inner.zip", 0o600, "PK\x03\x04")
		add(t, z, "__MACOSX/._p.json", 0o600, "x")
	})
	want := map[string]string{
		"export.zip!../../outside.json": "leads out", "export.zip!/etc/absolute.json": "leads out", "export.zip!C:/drive.json": "leads out",
		"export.zip!link.json": "symbolic link", "export.zip!inner.zip": "archive", "export.zip!__MACOSX/._p.json": "hidden",
	}
	for _, r := range result.Refused {
		if want[r.File] == "" || !strings.Contains(r.Why, want[r.File]) {
			t.Errorf("%s: %s", r.File, r.Why)
		}
		delete(want, r.File)
	}
	for name := range want {
		t.Errorf("%s was not refused", name)
	}
	for _, s := range result.Sections {
		if s.ID == snapshot.ConditionalAccessPolicies && (s.State != snapshot.Complete || s.Objects != 1) {
			t.Errorf("%+v", s)
		}
	}
}

// TestLinks: an export may hold links to files of whoever imports it.
func TestLinks(t *testing.T) {
	t.Chdir(t.TempDir())
	save(t, "secret/policy.json", []byte(aPolicy))
	save(t, "export/policy.json", []byte(strings.ReplaceAll(aPolicy, "c1", "c2")))
	save(t, "export/.git/config.json", []byte(aPolicy))
	for name, target := range map[string]string{"file.json": "../secret/policy.json", "folder": "../secret", "inside.json": "policy.json"} {
		if err := os.Symlink(target, path.Join("export", name)); err != nil {
			t.Skip(err)
		}
	}
	result, err := Import(context.Background(), Options{Sources: []string{"export"}, Dir: "snapshot", TenantID: aTenant, TakenAt: aTime})
	if err != nil {
		t.Fatal(err)
	}
	checkAccounted(t, result)
	if len(result.Refused) != 4 {
		t.Errorf("%+v", result.Refused)
	}
	for _, s := range result.Sections {
		if s.ID == snapshot.ConditionalAccessPolicies && s.Objects != 1 {
			t.Errorf("%+v", s)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Chdir(t.TempDir())
	save(t, "export/a.json", []byte(aPolicy))
	save(t, "export/deep.json", []byte(strings.Repeat("[", 50)+strings.Repeat("]", 50)))
	save(t, "export/1/2/3/4/far.json", []byte(aPolicy))
	save(t, "export/large.json", []byte(`{"x":"`+strings.Repeat("x", 4000)+`"}`))
	l := limits{fileBytes: 1000, totalBytes: 100_000, files: 10, depth: 20, folders: 3}
	o := Options{Sources: []string{"export"}, Dir: "snapshot", TenantID: aTenant, TakenAt: aTime}
	result, err := importWith(context.Background(), o, l)
	if err != nil {
		t.Fatal(err)
	}
	checkAccounted(t, result)
	want := map[string]string{"export/deep.json": "deeper than 20", "export/1/2/3/4": "folders deep", "export/large.json": "larger than"}
	for _, r := range result.Refused {
		if want[r.File] == "" || !strings.Contains(r.Why, want[r.File]) {
			t.Errorf("%s: %s", r.File, r.Why)
		}
		delete(want, r.File)
	}
	if len(want) > 0 {
		t.Errorf("not refused: %v", want)
	}
	o.Dir = "other"
	for name, l := range map[string]limits{
		"files": {fileBytes: 1000, totalBytes: 100_000, files: 1, depth: 20, folders: 3},
		"total": {fileBytes: 1000, totalBytes: 100, files: 10, depth: 20, folders: 3},
	} {
		if _, err := importWith(context.Background(), o, l); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat("other"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written: %v", err)
	}
}

func TestOptions(t *testing.T) {
	t.Chdir(t.TempDir())
	save(t, "policy.json", []byte(aPolicy))
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"no-tenant", Options{TakenAt: aTime}, "give --tenant-id"},
		{"tenant-name", Options{TenantID: "contoso.example", TakenAt: aTime}, "not a GUID"},
		{"no-time", Options{TenantID: aTenant}, "give --taken-at"},
		{"bad-time", Options{TenantID: aTenant, TakenAt: "yesterday"}, "not an RFC 3339 time"},
		{"no-section", Options{TenantID: aTenant, TakenAt: aTime, Complete: []snapshot.SectionID{"policies"}}, "no section"},
		{"not-there", Options{TenantID: aTenant, TakenAt: aTime, Complete: []snapshot.SectionID{snapshot.Users}}, "not in the export"},
		{"no-file", Options{TenantID: aTenant, TakenAt: aTime, Sources: []string{"nowhere"}}, "no file or folder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Dir = "snapshot"
			if tt.o.Sources == nil {
				tt.o.Sources = []string{"policy.json"}
			}
			_, err := Import(context.Background(), tt.o)
			if _, ok := errors.AsType[*OptionError](err); !ok || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if _, err := os.Stat("snapshot"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("something was written: %v", err)
			}
		})
	}
}

// TestTakenAt: the clock comes from the export, and never lies before what it holds.
func TestTakenAt(t *testing.T) {
	at := func(text string) stamp { v, _ := time.Parse(time.RFC3339, text); return stamp{v, "f.json"} }
	tests := []struct {
		name             string
		given            string
		exported, newest stamp
		want             string // empty: an error
	}{
		{name: "given", given: "2026-11-20T10:00:00+01:00", exported: at("2026-01-01T00:00:00Z"), want: "2026-11-20T09:00:00Z"},
		{name: "given-too-old", given: aTime, newest: at("2026-11-21T00:00:00Z")},
		{name: "exported", exported: at("2026-11-20T00:00:00Z"), newest: at("2026-11-19T00:00:00Z"), want: "2026-11-20T00:00:00Z"},
		{name: "newer-than-exported", exported: at("2026-11-20T00:00:00Z"), newest: at("2026-11-21T00:00:00Z"), want: "2026-11-21T00:00:00Z"},
		{name: "content", newest: at("2026-11-19T00:00:00Z"), want: "2026-11-19T00:00:00Z"},
		{name: "nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := reading{exported: tt.exported, newest: tt.newest}
			got, _, err := r.taken(tt.given)
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
