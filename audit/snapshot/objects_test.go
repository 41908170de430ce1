package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/entra"
)

// manySegments holds the users u0 … u<n*per-1> in n segments.
func manySegments(n, per int) fstest.MapFS {
	var files []string
	for i := range n {
		files = append(files, fmt.Sprintf("users-%05d.ndjson", i+1), userLines(i*per, (i+1)*per))
	}
	return folder(plainManifest, files...)
}

func TestObjectsKeepOrder(t *testing.T) {
	for _, size := range [][2]int{{1, 3}, {1, chunkRows}, {1, 2*chunkRows + 1}, {2, 1}, {40, 7}, {3, 2*chunkRows + 1}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			ids, err := userIDs(t.Context(), mustOpen(t, manySegments(size[0], size[1])))
			if err != nil {
				t.Fatal(err)
			}
			if len(ids) != size[0]*size[1] {
				t.Fatalf("%d rows", len(ids))
			}
			for i, id := range ids {
				if want := fmt.Sprintf("u%d", i); id != want {
					t.Fatalf("row %d is %s", i, id)
				}
			}
		})
	}
}

// countingFS counts the files that are open.
type countingFS struct {
	fs.FS
	open *atomic.Int32
}

func (c countingFS) Open(name string) (fs.File, error) {
	f, err := c.FS.Open(name)
	if err == nil {
		c.open.Add(1)
		f = countedFile{f, c.open}
	}
	return f, err
}

func (c countingFS) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(c.FS, name) }

type countedFile struct {
	fs.File
	open *atomic.Int32
}

func (c countedFile) Close() error {
	c.open.Add(-1)
	return c.File.Close()
}

// TestStoppingEarlyLeavesNothing: when a loop is left, no goroutine runs and no
// file is open any more.
func TestStoppingEarlyLeavesNothing(t *testing.T) {
	for _, stop := range []int{1, 2, 100, 4097} {
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left
				var open atomic.Int32
				s, err := Open(countingFS{manySegments(20, 500), &open})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for _, err := range Objects[entra.User](context.Background(), s, Users) {
					if err != nil {
						t.Fatal(err)
					}
					if n++; n == stop {
						break
					}
				}
				if n != stop || open.Load() != 0 {
					t.Errorf("%d rows, %d files open", n, open.Load())
				}
			})
		})
	}
}

func TestBrokenSegmentEndsTheRead(t *testing.T) {
	fsys := manySegments(6, 10)
	fsys["sections/users-00004.ndjson"] = &fstest.MapFile{Data: []byte("{\"id\":\"x\"}\n{")}
	ids, err := userIDs(t.Context(), mustOpen(t, fsys))
	wantBroken(t, err, Users, "sections/users-00004.ndjson", 2, "ends in the middle")
	if len(ids) != 31 {
		t.Errorf("%d rows before the break, want 31", len(ids))
	}
}

func TestCancelled(t *testing.T) {
	for _, segments := range []int{1, 5} {
		t.Run(fmt.Sprint(segments), func(t *testing.T) {
			s := mustOpen(t, manySegments(segments, 10))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			for range 20 {
				if ids, err := userIDs(ctx, s); !errors.Is(err, context.Canceled) || len(ids) > 0 {
					t.Fatalf("got %v, %v", ids, err)
				}
			}
			if _, err := s.Digest(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Digest: %v", err)
			}
			if _, err := s.Verify(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Verify: %v", err)
			}
			if _, err := s.Find(ctx, Users, "u1"); !errors.Is(err, context.Canceled) {
				t.Errorf("Find: %v", err)
			}
		})
	}
}

func TestCancelledMidway(t *testing.T) {
	for _, size := range [][2]int{{1, 3 * chunkRows}, {50, 100}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s := mustOpen(t, manySegments(size[0], size[1]))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n := 0
			var last error
			for _, err := range Objects[entra.User](ctx, s, Users) {
				if last = err; err == nil {
					n++
				}
				cancel()
			}
			if !errors.Is(last, context.Canceled) || n == size[0]*size[1] {
				t.Errorf("%d rows, then %v", n, last)
			}
		})
	}
}

func TestQuotedObjectsKeepText(t *testing.T) {
	s := mustOpen(t, folder(plainManifest, "domains.ndjson", "{\"id\":\"a\"}\n{\"id\": \"b\"}\n"))
	var got []string
	for o, err := range QuotedObjects[entra.Domain](t.Context(), s, Domains) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(o.Value.ID, " ", o.Row.Line, " ", string(o.Row.Raw)))
	}
	if diff := cmp.Diff([]string{`a 1 {"id":"a"}`, `b 2 {"id": "b"}`}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	s := mustOpen(t, folder(plainManifest,
		"groupMembers.ndjson", "{\"groupId\":\"g\",\"userIds\":[\"a\"]}\n{\"groupId\":\"h\",\"userIds\":[\"g\"]}\n{\"groupId\":\"\\u0067\",\"userIds\":[]}\n",
		"users.ndjson", "{\"id\":\"a\"}\n{\"id\":\"b\",\n"))
	rows, err := s.Find(t.Context(), GroupMembers, "g")
	if err != nil || len(rows) != 2 {
		t.Errorf("got %s, %v", rows, err)
	}
	_, err = s.Find(t.Context(), Users, "b")
	wantBroken(t, err, Users, "sections/users.ndjson", 2, "ends in the middle")
}

// MappedWhere hands over all rows until a reader of the whole section has told how many
// each file has, and then those that are wanted.
func TestMappedWhere(t *testing.T) {
	for _, fsys := range []fstest.MapFS{manySegments(3, 10), manySegments(1, 30)} {
		s := mustOpen(t, fsys)
		wanted := func(row int) bool { return row == 0 || row == 19 || row == 20 || row == 29 }
		read := func(rows iter.Seq2[string, error]) (list []string) {
			for id, err := range rows {
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, id)
			}
			return list
		}
		newMap := func() func(*entra.User) string { return func(u *entra.User) string { return u.ID } }
		all := read(MappedWhere(t.Context(), s, Users, wanted, newMap))
		if len(all) != 30 {
			t.Fatalf("before the section was read: %v", all)
		}
		if _, err := userIDs(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got := read(MappedWhere(t.Context(), s, Users, wanted, newMap))
			if diff := cmp.Diff([]string{all[0], all[19], all[20], all[29]}, got); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		}
	}
}
