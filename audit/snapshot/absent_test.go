package snapshot

import (
	"testing"
	"testing/fstest"
)

// A view knows only what it was told of that very section, and later views of it know
// that too, save where the section was left out.
func TestAbsent(t *testing.T) {
	s, err := Open(fstest.MapFS{
		"manifest.json":           {Data: []byte(`{"format":"passkeyaudit.snapshot/v1","tenant":{"id":"t"},"takenAt":"2026-11-22T00:00:00Z"}`)},
		"sections/devices.ndjson": {Data: []byte(`{"id":"o1","deviceId":"d1"}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	view := s.WithAbsent(Devices, "D2").WithAbsent(Devices, "d3")
	for name, c := range map[string]struct {
		of   *Snapshot
		id   SectionID
		text string
		want bool
	}{
		"told":              {view, Devices, "d2", true},
		"told-later":        {view, Devices, "D3", true},
		"not-told":          {view, Devices, "d1", false},
		"another-section":   {view, ManagedDevices, "d2", false},
		"the-whole":         {s, Devices, "d2", false},
		"a-view-of-it":      {view.Focus("a"), Devices, "d2", true},
		"without-a-section": {view.Without(Devices), Devices, "d2", false},
	} {
		if got := c.of.Absent(c.id, c.text); got != c.want {
			t.Errorf("%s: %t, want %t", name, got, c.want)
		}
	}
}
