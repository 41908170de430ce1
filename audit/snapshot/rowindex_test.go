package snapshot

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestFindAll(t *testing.T) {
	s := mustOpen(t, folder(plainManifest,
		"users-00001.ndjson", "{\"id\":\"a\",\"n\":1}\n\n{\"id\":\"b\"}\n{\"n\":2,\"id\":\"A\"}\n{\"id\":7}\n",
		"users-00002.ndjson", "{\"id\":\"c\"}\n{ \"id\": \"\\u0061\" }\n{\"id\":\"d\"}\n{\"id2\":\"a\"}\n"))
	for _, s := range []*Snapshot{s, s, s.Focus("c")} { // the second time from the index; a view looks at everything
		for _, tt := range []struct {
			keys []string
			want string
		}{
			{nil, ""},
			{[]string{"a"}, "users-00001 1, users-00001 4, users-00002 2, "},
			{[]string{"A", "D", "zz"}, "users-00001 1, users-00001 4, users-00002 2, users-00002 3, "},
			{[]string{"zz"}, ""},
			{[]string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "b"}, "users-00001 3, "},
		} {
			rows, err := s.FindAll(t.Context(), Users, tt.keys)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, r := range rows {
				got += fmt.Sprintf("%s %d, ", r.File[len("sections/"):len("sections/users-00001")], r.Line)
			}
			if got != tt.want {
				t.Errorf("%v: got %q, want %q", tt.keys, got, tt.want)
			}
		}
	}
}

func TestFindAllForgetsAReadThatWasCancelled(t *testing.T) {
	s := mustOpen(t, manySegments(3, 10))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.FindAll(ctx, Users, []string{"u1"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if rows, err := s.FindAll(t.Context(), Users, []string{"u1", "u29"}); len(rows) != 2 || err != nil {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestFindAllInABrokenSection(t *testing.T) {
	fsys := manySegments(1, 3)
	s := mustOpen(t, fsys)
	s.files[Users][0].Objects = new(int)
	_, err := s.FindAll(t.Context(), Users, []string{"u1"})
	wantBroken(t, err, Users, "sections/users-00001.ndjson", 0, "promises 0 objects")
}
