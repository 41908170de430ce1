package snapshottest_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"passkeyaudit/audit/snapshot/snapshottest"
)

func TestFolder(t *testing.T) {
	snapshottest.Run(t, func(_ *testing.T, dir string) fs.FS { return os.DirFS(dir) })
}

func TestRoot(t *testing.T) {
	snapshottest.Run(t, func(t *testing.T, dir string) fs.FS {
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { root.Close() })
		return root.FS()
	})
}

func TestZip(t *testing.T) {
	snapshottest.Run(t, func(t *testing.T, dir string) fs.FS {
		var buf bytes.Buffer
		w := zip.NewWriter(&buf)
		if err := w.AddFS(os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		if err != nil {
			t.Fatal(err)
		}
		return r
	})
}

func TestMemory(t *testing.T) {
	snapshottest.Run(t, func(t *testing.T, dir string) fs.FS {
		files := fstest.MapFS{}
		folder := os.DirFS(dir)
		err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(folder, name)
			files[name] = &fstest.MapFile{Data: text}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	})
}
