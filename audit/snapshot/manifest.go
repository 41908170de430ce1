package snapshot

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/entra"
)

// Format is the value of a manifest's "format" that this package writes.
const Format = "passkeyaudit.snapshot/v1"

const (
	manifestFile  = "manifest.json"
	sectionsDir   = "sections"
	formatPrefix  = "passkeyaudit.snapshot/"
	segmentSuffix = ".ndjson.zst"
)

// Manifest is the content of manifest.json.
type Manifest struct {
	Format        string `json:"format"`
	Tool          *Tool  `json:"tool,omitzero"`
	Tenant        Tenant `json:"tenant"`
	Cloud         string `json:"cloud,omitzero"`
	Scope         Scope  `json:"scope,omitzero"`
	StartedAt     string `json:"startedAt,omitzero"`
	TakenAt       string `json:"takenAt"`
	Pseudonymised bool   `json:"pseudonymised"`
	// Plan is what a collector set out to read; it goes on by it when it resumes.
	Plan     *Plan                       `json:"plan,omitzero"`
	Sections map[SectionID]*SectionEntry `json:"sections,omitzero"`

	// Members of a later minor version stay as they came.
	Unknown jsontext.Value `json:",embed"`
}

// Plan is what a collector set out to read.
type Plan struct {
	// Sections are those it was to read; the others were not asked for.
	Sections []SectionID `json:"sections"`
	// From is where events begin, RFC 3339; they end at takenAt.
	From string `json:"from"`
}

// Tool names the program that wrote a snapshot.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Tenant names the recorded tenant.
type Tenant struct {
	ID            string `json:"id"`
	DisplayName   string `json:"displayName,omitzero"`
	DefaultDomain string `json:"defaultDomain,omitzero"`
}

// ScopeKind tells how far a snapshot reaches.
type ScopeKind string

const (
	ScopeTenant ScopeKind = "tenant"
	ScopeGroups ScopeKind = "groups"
	ScopeUser   ScopeKind = "user"
)

// Scope is the part of the tenant a snapshot holds. The zero value is the whole
// tenant.
type Scope struct {
	Kind ScopeKind `json:"kind"`
	IDs  []string  `json:"ids,omitzero"`
}

// Narrowed tells whether the snapshot holds less than the tenant.
func (s Scope) Narrowed() bool { return s.Kind == ScopeGroups || s.Kind == ScopeUser }

// SectionEntry is what the manifest says about one section.
type SectionEntry struct {
	State    State     `json:"state"`
	Objects  *int      `json:"objects,omitzero"`
	Segments []Segment `json:"segments,omitzero"`
	// Digest is the section digest of FORMAT.md, if the writer computed it.
	Digest string `json:"digest,omitzero"`

	Reason string   `json:"reason,omitzero"`
	Status int      `json:"status,omitzero"`
	Code   string   `json:"code,omitzero"`
	Needs  []string `json:"needs,omitzero"`

	// From and To bound the events of a log section.
	From string `json:"from,omitzero"`
	To   string `json:"to,omitzero"`

	// IncompleteIDs names groups of groupMembers not read to the end.
	IncompleteIDs []string `json:"incompleteIds,omitzero"`
	// NotFound records group ids that Graph answered with 404.
	NotFound []string `json:"notFound,omitzero"`
	// Total is how many groups the tenant has, of which the rows are some.
	Total *int `json:"total,omitzero"`

	Request     string `json:"request,omitzero"`
	StartedAt   string `json:"startedAt,omitzero"`
	CompletedAt string `json:"completedAt,omitzero"`

	// Unfinished is what a collector needs to go on where it was interrupted or
	// refused. It has no part in any verdict.
	Unfinished *Unfinished `json:"unfinished,omitzero"`

	Unknown jsontext.Value `json:",embed"`
}

// Unfinished says how far a collector came with a section.
type Unfinished struct {
	// Done names the slices that were read to their end, in the collector's words.
	Done []string `json:"done,omitzero"`
	// Segments hold the rows of those slices, and no others.
	Segments []Segment `json:"segments,omitzero"`
}

// Segment is one file of a section.
type Segment struct {
	File    string `json:"file"`
	Objects *int   `json:"objects,omitzero"`
	// SHA256 is the hexadecimal SHA-256 of the stored bytes.
	SHA256 string `json:"sha256,omitzero"`
}

// ErrNoManifest reports a folder without manifest.json.
var ErrNoManifest = errors.New("no manifest.json: not a snapshot folder")

func readManifest(fsys fs.FS, limit int) (*Manifest, error) {
	f, err := fsys.Open(manifestFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoManifest
	}
	if err != nil {
		return nil, broken("", manifestFile, 0, err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(text) > limit {
		err = fmt.Errorf("larger than %s", size(limit))
	}
	if err != nil {
		return nil, broken("", manifestFile, 0, err)
	}
	return parseManifest(text)
}

func parseManifest(text []byte) (*Manifest, error) {
	text, err := withoutBOM(text)
	if err != nil {
		return nil, broken("", manifestFile, 0, err)
	}
	// The format decides how the rest is read, so it is looked at first.
	var head struct {
		Format string `json:"format"`
	}
	var m Manifest
	err = entra.Decode(text, &head)
	if err == nil {
		err = checkFormat(head.Format)
	}
	if err == nil {
		err = entra.Decode(text, &m)
	}
	if err == nil {
		err = m.check()
	}
	if err == nil {
		return &m, nil
	}
	if le, ok := errors.AsType[lineError](atLine(text, err)); ok {
		return nil, broken("", manifestFile, le.line, err)
	}
	return nil, broken("", manifestFile, 0, err)
}

func checkFormat(format string) error {
	switch {
	case format == Format:
		return nil
	case format == "":
		return fmt.Errorf(`the member "format" is missing; it must be %q`, Format)
	case strings.HasPrefix(format, formatPrefix):
		return fmt.Errorf("format %q is newer than this program, which reads %q: use a newer passkeyaudit", format, Format)
	default:
		return fmt.Errorf("format %q is not a passkeyaudit snapshot", format)
	}
}

func (m *Manifest) check() error {
	if m.Tenant.ID == "" {
		return errors.New(`"tenant" needs an "id"`)
	}
	if m.TakenAt == "" {
		return errors.New(`"takenAt" is missing; every verdict is judged at that time`)
	}
	if _, err := time.Parse(time.RFC3339, m.TakenAt); err != nil {
		return fmt.Errorf(`"takenAt" %q is not an RFC 3339 time such as 2026-11-22T00:00:00Z`, m.TakenAt)
	}
	switch m.Scope.Kind {
	case "":
		m.Scope.Kind = ScopeTenant
	case ScopeTenant, ScopeGroups, ScopeUser:
	default:
		return fmt.Errorf("scope kind %q is none of tenant, groups, user", m.Scope.Kind)
	}
	// Sections this version does not know are of no concern to it.
	for _, spec := range sections {
		entry, mentioned := m.Sections[spec.ID]
		if !mentioned {
			continue
		}
		if err := entry.check(spec); err != nil {
			return fmt.Errorf("section %s: %w", spec.ID, err)
		}
	}
	return nil
}

func (e *SectionEntry) check(spec SectionSpec) error {
	if e == nil {
		return errors.New("null instead of an object; leave it out if it was not collected")
	}
	if !slices.Contains(States(), e.State) {
		return fmt.Errorf("state %q is none of %s", e.State, joinStates())
	}
	if e.Objects != nil && *e.Objects < 0 {
		return fmt.Errorf("it cannot have %d objects", *e.Objects)
	}
	if spec.Shape == Singleton && len(e.Segments) > 1 {
		return errors.New("the section holds one object, but the manifest names several files")
	}
	if err := checkSegments(e.Segments); err != nil {
		return err
	}
	if e.Unfinished != nil {
		return checkSegments(e.Unfinished.Segments)
	}
	return nil
}

func checkSegments(list []Segment) error {
	named := make(map[string]bool, len(list))
	for _, seg := range list {
		if err := checkSegmentName(seg.File); err != nil {
			return err
		}
		if seg.Objects != nil && *seg.Objects < 0 {
			return fmt.Errorf("segment file %q cannot have %d objects", seg.File, *seg.Objects)
		}
		if named[seg.File] {
			return fmt.Errorf("segment file %q is named twice", seg.File)
		}
		named[seg.File] = true
	}
	return nil
}

// checkSegmentName keeps a hostile manifest from naming files outside the folder.
func checkSegmentName(name string) error {
	if !fs.ValidPath(name) || !strings.HasPrefix(name, sectionsDir+"/") || strings.ContainsAny(name, `\:`) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("segment file %q is not a plain path below %s/", name, sectionsDir)
	}
	return nil
}

func joinStates() string {
	var names []string
	for _, s := range States() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
