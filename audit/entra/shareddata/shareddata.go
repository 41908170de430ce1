// Package shareddata opens, for tests only, the published Graph records and the
// schema beside a development checkout. They are no part of the project: tests
// that use them are skipped where the variable PASSKEYAUDIT_SHARED does not name
// their folder, and their names hold "SharedData", so that make shared-data finds
// them.
package shareddata

import (
	"bytes"
	"encoding/binary"
	"io/fs"
	"os"
	"testing"
	"unicode/utf16"
)

// Records is the folder of published records. Without one the test is skipped.
func Records(t testing.TB) fs.FS { return folder(t, "realdata") }

// Schemas is the folder of Graph's schema.
func Schemas(t testing.TB) fs.FS { return folder(t, "graph") }

func folder(t testing.TB, name string) fs.FS {
	t.Helper()
	shared := os.Getenv("PASSKEYAUDIT_SHARED")
	if shared == "" {
		t.Skip("PASSKEYAUDIT_SHARED is not set")
	}
	sub, err := fs.Sub(os.DirFS(shared), name)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// Text reads a file as UTF-8 without byte order mark. wide tells that it was
// UTF-16, as Windows PowerShell writes files.
func Text(t testing.TB, fsys fs.FS, name string) (text []byte, wide bool) {
	t.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	rest, wide := bytes.CutPrefix(text, []byte("\xff\xfe"))
	if !wide {
		return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), false
	}
	units := make([]uint16, len(rest)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(rest[2*i:])
	}
	return []byte(string(utf16.Decode(units))), true
}
