package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// VerifyReport is what re-reading a whole snapshot found.
type VerifyReport struct {
	// Digest is the snapshot digest; empty if some section could not be read whole.
	Digest   string
	Sections []SectionReport // every section of the format, in its order
	// Problems are those of no one section, such as files that no section uses.
	Problems []string
}

// SectionReport is what re-reading one section found.
type SectionReport struct {
	ID      SectionID
	State   State
	Reason  string
	Objects int
	Files   int
	Bytes   int64  // stored
	Digest  string // of the rows; empty where the state has none or a row is broken
	// Problems make the section, or some of its rows, unusable.
	Problems []string
	// Hints are oddities that do not keep the section from being judged.
	Hints []string
}

// OK tells whether there are no problems.
func (r *VerifyReport) OK() bool {
	return len(r.Problems) == 0 &&
		!slices.ContainsFunc(r.Sections, func(s SectionReport) bool { return len(s.Problems) > 0 })
}

// Verify reads everything in a snapshot folder again and lists all problems,
// also those for which Open refuses the snapshot. An error means that there is
// no readable manifest, or is ctx's.
func Verify(ctx context.Context, fsys fs.FS) (*VerifyReport, error) {
	s, lost, err := locateAll(fsys, formatLimits())
	if err != nil {
		return nil, err
	}
	return s.verify(ctx, lost)
}

// Verify reads everything in the snapshot again: stored digests, object counts,
// section digests, the syntax and the modelled members of every row. It lists
// all problems; the error is only ctx's. It does not change what the snapshot
// reports as unreadable, and looks at the whole snapshot also through a Focus.
func (s *Snapshot) Verify(ctx context.Context) (*VerifyReport, error) {
	return s.Focus().verify(ctx, nil)
}

func (s *Snapshot) verify(ctx context.Context, lost map[SectionID]error) (*VerifyReport, error) {
	report := &VerifyReport{}
	digests := map[SectionID]string{}
	whole := true
	var known groupIndex
	for _, spec := range sections {
		v := verifier{s: s, spec: spec, groups: &known}
		v.section(ctx, lost[spec.ID])
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		digests[spec.ID] = v.report.Digest
		whole = whole && !v.broken
		report.Sections = append(report.Sections, v.report)
	}
	if whole {
		report.Digest = s.combine(digests)
	}
	report.Problems = s.unusedFiles(lost)
	return report, nil
}

// unusedFiles names the files below sections/ that nobody reads: a misspelt
// name, or what an interrupted run left over.
func (s *Snapshot) unusedFiles(lost map[SectionID]error) []string {
	used := map[string]bool{}
	for _, segs := range s.files {
		for _, seg := range segs {
			used[seg.File] = true
		}
	}
	for _, entry := range s.manifest.Sections {
		if entry != nil {
			for _, seg := range entry.stored() {
				used[seg.File] = true
			}
		}
	}
	for _, name := range s.names {
		// What stands in the way of finding a section's files is reported there.
		if id, _, _ := strings.Cut(strings.ReplaceAll(name, "-", "."), "."); lost[SectionID(id)] != nil {
			used[sectionsDir+"/"+name] = true
		}
	}
	var problems []string
	err := fs.WalkDir(s.fsys, sectionsDir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !used[name] {
			problem := name + ": no section uses this file"
			if s.manifest.Plan != nil {
				problem += "; an interrupted collection leaves such files, and going on with it removes them"
			}
			problems = append(problems, problem)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		problems = append(problems, fmt.Sprintf("listing %s: %v", sectionsDir, err))
	}
	return problems
}

// maxProblems bounds the list of a section whose file is something else entirely.
const maxProblems = 100

// verifier re-reads one section.
type verifier struct {
	s      *Snapshot
	spec   SectionSpec
	report SectionReport
	groups *groupIndex

	digest digester
	broken bool // the rows cannot all be read
	more   int
}

func (v *verifier) problem(err error) {
	if len(v.report.Problems) == maxProblems {
		v.more++
		return
	}
	text := err.Error()
	if be, ok := errors.AsType[*BrokenError](err); ok {
		text = be.place() + ": " + be.Err.Error()
	}
	v.report.Problems = append(v.report.Problems, text)
}

func (v *verifier) section(ctx context.Context, lost error) {
	status := v.s.declared(v.spec.ID)
	v.report = SectionReport{ID: v.spec.ID, State: status.State, Reason: status.Reason}
	segs := v.s.files[v.spec.ID]
	if lost != nil {
		v.broken = true
		if status.Entry != nil {
			segs = status.Entry.Segments
		}
		// Files the manifest names and that are not there are met again below.
		if be, ok := errors.AsType[*BrokenError](lost); !ok || be.File == manifestFile || len(segs) == 0 {
			v.problem(lost)
		}
	}
	for _, seg := range segs {
		v.segment(ctx, seg)
	}
	if !v.broken && status.State.HasRows() {
		v.report.Digest = v.digest.sum()
	}
	v.compare(status.Entry)
	if v.more > 0 {
		v.report.Problems = append(v.report.Problems, fmt.Sprintf("%d more problems", v.more))
	}
}

// compare holds the rows against the manifest's numbers for the whole section.
func (v *verifier) compare(entry *SectionEntry) {
	if entry == nil || v.broken || !entry.State.HasRows() {
		return
	}
	if entry.Objects != nil && *entry.Objects != v.report.Objects {
		v.problem(countError(*entry.Objects, v.report.Objects))
	}
	if entry.Digest != "" && !strings.EqualFold(entry.Digest, v.report.Digest) {
		v.problem(fmt.Errorf("the manifest records the section digest %s, the rows have %s", entry.Digest, v.report.Digest))
	}
}

func (v *verifier) segment(ctx context.Context, seg Segment) {
	id := v.spec.ID
	file, err := v.s.openSegment(ctx, id, seg)
	if err != nil {
		v.broken = true
		v.problem(err)
		return
	}
	defer file.Close()
	v.report.Files++
	if info, err := fs.Stat(v.s.fsys, seg.File); err == nil {
		v.report.Bytes += info.Size()
	}
	read := lines
	if v.spec.Shape == Singleton {
		read = wholeFile
	}
	count, cut := 0, false
	for row, err := range read(file, v.s.limits.line) {
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			line := 0
			if le, ok := errors.AsType[lineError](err); ok {
				line, err = le.line, le.err
			}
			v.broken, cut = true, true
			v.problem(broken(id, seg.File, line, err))
			break
		}
		count++
		row.File = seg.File
		v.row(row)
	}
	v.report.Objects += count
	if err := file.finish(); err != nil {
		v.broken = true
		v.problem(broken(id, seg.File, 0, err))
	}
	if seg.Objects != nil && *seg.Objects != count && !cut {
		v.broken = true
		v.problem(broken(id, seg.File, 0, countError(*seg.Objects, count)))
	}
}

func (v *verifier) row(row Row) {
	bad, err := models[v.spec.ID](v.spec.ID, row)
	if err != nil {
		v.broken = true
		v.problem(err)
		return
	}
	if bad != nil {
		v.problem(fmt.Errorf("%s: %w", bad.place(), bad.Err))
	} else {
		v.hint(row)
	}
	// The row's buffer is not used after this.
	if err := row.Raw.Compact(); err != nil {
		v.broken = true
		v.problem(broken(v.spec.ID, row.File, row.Line, err))
		return
	}
	v.digest.add(row.Raw)
}

// groupIndex remembers the groups of a complete groups section.
type groupIndex struct{ ids map[string]bool }

// hint notes what sections say about each other and do not agree on.
func (v *verifier) hint(row Row) {
	if v.report.State != Complete {
		return
	}
	var text string
	switch v.spec.ID {
	case Groups:
		if v.groups.ids == nil {
			v.groups.ids = map[string]bool{}
		}
		id := strings.ToLower(rowKey(row.Raw, "id"))
		if v.groups.ids[id] {
			text = fmt.Sprintf("group %s is there more than once", id)
		}
		v.groups.ids[id] = true
	case GroupMembers:
		id := rowKey(row.Raw, "groupId")
		// A row that names nested groups may itself be that of a nested group.
		if v.groups.ids != nil && transitive(row.Raw) && !v.groups.ids[strings.ToLower(id)] {
			text = fmt.Sprintf("group %s has members but is not in the section groups", id)
		}
	case AuthenticationMethods:
		if _, refused := entra.Lookup(row.Raw, "/error"); refused {
			text = fmt.Sprintf("user %s was refused, yet the section calls itself complete", rowKey(row.Raw, "userId"))
		}
	}
	if text != "" && len(v.report.Hints) < maxProblems {
		v.report.Hints = append(v.report.Hints, text)
	}
}
