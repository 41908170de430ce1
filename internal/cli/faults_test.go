package cli_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient/graphsim"
	"passkeyaudit/internal/cli"
)

// wholeTenant is what collect makes of matrixTenant without faults.
type wholeTenant struct {
	snap    *snapshot.Snapshot // that is served
	rows    map[snapshot.SectionID][]string
	digests map[snapshot.SectionID]string
}

func collectWhole(t *testing.T) wholeTenant {
	t.Helper()
	snap := matrixTenant(t)
	c := collectOnVirtualTime(t, snap, filepath.Join(scratch(t), "whole"), nil)
	if c.code != 0 {
		t.Fatalf("exit code %d: %s", c.code, c.stderr)
	}
	w := wholeTenant{snap: snap, rows: map[snapshot.SectionID][]string{}, digests: digestsOf(t, c.dir)}
	got := open(t, c.dir)
	for id, digest := range w.digests {
		if !strings.HasPrefix(digest, "complete") {
			t.Fatalf("%s is %s without a fault: %s", id, digest, c.stderr)
		}
		w.rows[id] = textOf(t, got, id)
		if len(w.rows[id]) != rowsOf(id) {
			t.Fatalf("%s has %d rows", id, len(w.rows[id]))
		}
	}
	for _, r := range c.requests {
		if n := countOf(reads, func(p read) bool { return p.covers(r.Path) }); n != 1 {
			t.Errorf("%d reads have the path of %s", n, r)
		}
	}
	return w
}

func open(t *testing.T, dir string) *snapshot.Snapshot {
	t.Helper()
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func textOf(t *testing.T, snap *snapshot.Snapshot, id snapshot.SectionID) []string {
	t.Helper()
	rows := []string{}
	for row, err := range snap.Rows(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, string(row.Raw))
	}
	return rows
}

func countOf[T any](list []T, is func(T) bool) (n int) {
	for _, v := range list {
		if is(v) {
			n++
		}
	}
	return n
}

// What passes by itself leaves no trace, whichever request it happens to, the first ones
// or those in the middle: each of these faults happens to everything at once.
func TestFaultMatrixPassing(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	w := collectWhole(t)
	for _, what := range passing {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/late=%v", what, late), func(t *testing.T) {
				t.Parallel()
				var faults []string
				for _, r := range reads {
					faults = append(faults, trouble{what: what}.fault(r, late))
				}
				c := collectOnVirtualTime(t, w.snap, filepath.Join(scratch(t), "snap"), faults)
				if c.code != 0 {
					t.Fatalf("exit code %d: %s", c.code, c.stderr)
				}
				if diff := cmp.Diff(w.digests, digestsOf(t, c.dir)); diff != "" {
					t.Errorf("(-without +with the fault):\n%s\n%s", diff, c.stderr)
				}
				if strings.Contains(c.stderr, "Not everything") {
					t.Errorf("standard error: %s", c.stderr)
				}
			})
		}
	}
}

// What lasts shows in the state of the section it happens to and of those that rest on
// it, in no other, and in what is said on standard error. Once it is over, the same
// command with --resume comes to what a run without it comes to.
func TestFaultMatrixLasting(t *testing.T) {
	cli.SkipUnderRace(t)
	keepGarbage(t)
	w := collectWhole(t)
	for _, f := range troubles {
		for _, late := range []bool{false, true} {
			if f.kind == chain && late {
				continue // comes with the second page in any case
			}
			for wave := range 6 {
				cells := map[snapshot.SectionID]cell{}
				happens := false
				for _, r := range reads {
					if r.wave == wave {
						c := cell{r, f, late, outcomeOf(r, f, late)}
						cells[r.section] = c
						happens = happens || c.why == ""
					}
				}
				if !happens {
					continue
				}
				name := fmt.Sprintf("%s/late=%v/wave=%d", f.what, late, wave)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w.lasting(t, cells)
				})
			}
		}
	}
}

// cell is one of the matrix.
type cell struct {
	read    read
	trouble trouble
	late    bool
	outcome
}

// lasting holds a run, in which some cells happen, against what is expected of it.
func (w wholeTenant) lasting(t *testing.T, cells map[snapshot.SectionID]cell) {
	var faults []string
	happens := map[snapshot.SectionID]outcome{}
	for id, c := range cells {
		faults = append(faults, c.trouble.fault(c.read, c.late))
		happens[id] = c.outcome
	}
	dir := filepath.Join(scratch(t), "snap")
	c := collectOnVirtualTime(t, w.snap, dir, faults)
	for _, cell := range cells {
		w.requests(t, cell, c.requests)
	}
	if happens[snapshot.Organization].fatal {
		if _, err := os.Stat(dir); c.code != 4 || !os.IsNotExist(err) {
			t.Errorf("exit code %d, want 4 and no folder: %v: %s", c.code, err, c.stderr)
		}
		if parts := happens[snapshot.Organization].says; !says(c.stderr, parts) {
			t.Errorf("standard error does not say %q: %s", parts, c.stderr)
		}
		return
	}
	if c.code != 0 {
		t.Fatalf("exit code %d: %s", c.code, c.stderr)
	}
	want := wantOf(happens)
	got := open(t, dir)
	later := false // something can be had by going on later
	for _, spec := range snapshot.Sections() {
		o, entry := want[spec.ID], got.Manifest().Sections[spec.ID]
		if entry.State != o.state || !says(entry.Reason, o.says) || o.says == "" && entry.Reason != "" {
			t.Errorf("%s is %s, reason %q; want %s", spec.ID, entry.State, entry.Reason, o)
		}
		if entry.Status != o.status {
			t.Errorf("%s: status %d, want %d", spec.ID, entry.Status, o.status)
		}
		if o.state == snapshot.Denied && len(entry.Needs) == 0 {
			t.Errorf("%s does not say what it needs", spec.ID)
		}
		rows := textOf(t, got, spec.ID)
		if o.state.HasRows() {
			w.rowsAre(t, spec.ID, want, rows)
		}
		if o.state == snapshot.Complete && o.says == "" {
			if strings.Contains(c.stderr, string(spec.ID)+":") {
				t.Errorf("standard error tells of %s: %s", spec.ID, c.stderr)
			}
			continue
		}
		later = later || o.later()
		if o.incomplete != (len(entry.IncompleteIDs) == len(rowsNamed(w, spec.ID, want))) {
			t.Errorf("%s: not read to their end: %v", spec.ID, entry.IncompleteIDs)
		}
		text := fmt.Sprintf("%s: %s, %s", spec.ID, entry.State, entry.Reason)
		if o.state == snapshot.Complete {
			text = fmt.Sprintf("%s: %s", spec.ID, entry.Reason)
		}
		if !strings.Contains(unwrapped(c.stderr), text) {
			t.Errorf("standard error does not say %q: %s", text, c.stderr)
		}
	}
	if later != strings.Contains(c.stderr, "--resume") {
		t.Errorf("standard error does not say how to go on, or says so without need: %s", c.stderr)
	}
	for _, cell := range cells {
		if cell.trouble.twin {
			return
		}
	}
	w.recovers(t, cells, dir)
}

// rowsNamed are the groups of groupMembers that there are to read.
func rowsNamed(w wholeTenant, id snapshot.SectionID, want map[snapshot.SectionID]outcome) []string {
	if id != snapshot.GroupMembers {
		return []string{"none of these can be named"}
	}
	o := want[id]
	o.rows = matrixRows
	all := map[snapshot.SectionID]outcome{}
	for k, v := range want {
		all[k] = v
	}
	all[id] = o
	return expected(id, all, w.rows[id])
}

// rowsAre holds the rows of a section against those without faults: none is lost that
// was read, and none is there twice.
func (w wholeTenant) rowsAre(t *testing.T, id snapshot.SectionID, want map[snapshot.SectionID]outcome, rows []string) {
	t.Helper()
	o := want[id]
	if o.refused > 0 && len(rows) == o.rows+o.refused {
		for i, row := range rows[o.rows:] {
			if !strings.Contains(row, matrixUser(o.rows+i+1)) || !strings.Contains(row, `"error"`) {
				t.Errorf("%s: not a refusal of account %d: %s", id, o.rows+i+1, row)
			}
		}
		rows = rows[:o.rows]
	}
	all := expected(id, want, w.rows[id])
	if o.without {
		all = slices.Clone(all)
		all[0] = strings.Replace(all[0], `,"federationConfiguration":[]`, "", 1)
	}
	if o.incomplete {
		// Of each of these groups two of three members were read.
		for i, row := range all {
			first, _, _ := strings.Cut(row, `]`)
			all[i] = first[:strings.LastIndex(first, ",")] + "]}"
		}
	}
	if diff := cmp.Diff(all, rows); diff != "" {
		t.Errorf("%s (-want +got):\n%s", id, diff)
	}
}

// requests counts what was asked for a cell.
func (w wholeTenant) requests(t *testing.T, c cell, all []graphsim.Request) {
	t.Helper()
	n := countOf(all, func(r graphsim.Request) bool { return c.read.covers(r.Path) })
	if c.why == "" && (n < c.least || n > c.most) {
		t.Errorf("%d requests for %s, want %d to %d", n, c.read.path, c.least, c.most)
	}
}

// recovers goes on with a snapshot when nothing is in the way any more.
func (w wholeTenant) recovers(t *testing.T, cells map[snapshot.SectionID]cell, dir string) {
	t.Helper()
	c := collectOnVirtualTime(t, w.snap, dir, nil, "--resume")
	if c.code != 0 || strings.Contains(c.stderr, "Not everything") {
		t.Errorf("exit code %d with --resume: %s", c.code, c.stderr)
	}
	got := digestsOf(t, dir)
	for id, cell := range cells {
		if cell.gone {
			got[id] = w.digests[id]
		}
	}
	if diff := cmp.Diff(w.digests, got); diff != "" {
		t.Errorf("with --resume (-without +with the fault before):\n%s\n%s", diff, c.stderr)
	}
}

// says tells whether a text holds the parts of another one, which … stands between, in
// their order.
func says(text, parts string) bool {
	for part := range strings.SplitSeq(parts, "…") {
		_, rest, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// unwrapped is a text with its lines joined again.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }
