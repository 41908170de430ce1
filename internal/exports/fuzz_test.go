package exports

import (
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"passkeyaudit/audit/entra"
)

// FuzzFile reads any bytes under any name. The file is accounted for, and what was
// taken of it can be written into a snapshot and read again.
func FuzzFile(f *testing.F) {
	names, err := filepath.Glob("testdata/imports/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name != "want" {
				f.Add(file.Name, file.Data)
			}
		}
	}
	f.Add("x", []byte("\xff\xfe{"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		r := newReading(limits{fileBytes: 1 << 20, totalBytes: 1 << 20, files: 1, depth: 50, folders: 20}, aTenant)
		base := path.Base(name)
		dirs := strings.FieldsFunc(path.Dir(name), func(r rune) bool { return r == '/' })
		err := r.file(file{name: name, dirs: dirs, stem: strings.TrimSuffix(base, path.Ext(base)), read: func(int64) ([]byte, error) { return data, nil }})
		if err != nil {
			t.Fatal(err)
		}
		sections, err := r.decide(nil)
		if err != nil {
			t.Fatal(err)
		}
		checkAccounted(t, r.account(sections))
		for id, d := range sections {
			for _, row := range d.rows {
				if err := entra.CheckSyntax(row); err != nil {
					t.Fatalf("%s: %s: %v", id, row, err)
				}
				if model, ok := models[id]; ok {
					if err := entra.Decode(row, reflect.New(model).Interface()); err != nil {
						t.Errorf("%s: %s: %v", id, row, err)
					}
				}
			}
		}
	})
}
