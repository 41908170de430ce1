package exports

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// Refusal is something that was not taken, and why.
type Refusal struct {
	File string
	// Pointer is the JSON pointer of the object in the file; empty for all of it.
	Pointer string
	Why     string
}

// row is an object that was taken.
type row struct {
	key      string
	raw      entra.Raw
	digest   [sha256.Size]byte
	modified time.Time
	file     string
	pointer  string
	unit     *unit
	used     bool // it, or another of the same content, is in the snapshot
}

// gathered is what was found for one section.
type gathered struct {
	kind    *kind
	rows    []*row
	units   []*unit
	files   []string // of what makes no row by itself, such as empty lists
	refused int      // objects of the section that could not be taken
}

// reading is the state of one import.
type reading struct {
	limits     limits
	tenantID   string // as given; empty if the export is to say it
	normaliser *normaliser

	sections       map[snapshot.SectionID]*gathered
	configurations []*row
	members        map[string]*membership
	methods        map[string]*holding
	folders        map[string]*unit

	tenants  map[string]string // tenant id → the first file that names it
	exported stamp             // the newest ExportDate
	newest   stamp             // the newest date in the content

	files   []string
	refused []Refusal
	bytes   int64
}

// stamp is a time and where it was read.
type stamp struct {
	time time.Time
	file string
}

func (s *stamp) see(t time.Time, file string) {
	if t.After(s.time) {
		*s = stamp{t, file}
	}
}

func newReading(l limits, tenantID string) *reading {
	return &reading{
		limits: l, tenantID: strings.ToLower(tenantID), normaliser: &normaliser{spelling: newSpelling()},
		sections: map[snapshot.SectionID]*gathered{}, members: map[string]*membership{}, methods: map[string]*holding{},
		folders: map[string]*unit{}, tenants: map[string]string{},
	}
}

// sources reads every source.
func (r *reading) sources(ctx context.Context, names []string) error {
	v := &visitor{limits: r.limits, take: r.file, refuse: func(f file, why string) {
		r.files = append(r.files, f.name)
		r.lose(f, why)
	}}
	for _, name := range names {
		if err := v.visit(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// lose refuses a file that was not read. If it lies in an exporter's folder, that
// folder is no longer the whole collection.
func (r *reading) lose(f file, why string) {
	r.refuse(Refusal{File: f.name, Why: why})
	r.gap(f)
}

func (r *reading) gap(f file) {
	dirs := make([]string, len(f.dirs))
	for i, dir := range f.dirs {
		dirs[i] = plainName(dir)
	}
	if k, i := folderKind(dirs); k != nil && len(dirs)-i <= 1 {
		r.section(k).refused++
	}
}

func (r *reading) refuse(refusals ...Refusal) { r.refused = append(r.refused, refusals...) }

// file reads one file. Nothing of a file that cannot be read to its end is taken.
func (r *reading) file(f file) error {
	r.files = append(r.files, f.name)
	data, err := f.read(r.limits.fileBytes)
	if err != nil {
		r.lose(f, plainPathError(err))
		return nil
	}
	if r.bytes += int64(len(data)); r.bytes > r.limits.totalBytes {
		return fmt.Errorf("more than %d MiB in all; collect from Graph instead", r.limits.totalBytes>>20)
	}
	values, err := r.values(data)
	if err != nil {
		r.lose(f, err.Error())
		return nil
	}
	at := place{file: f.name, dirs: make([]string, len(f.dirs)), raw: f.dirs, stem: f.stem}
	for i, dir := range f.dirs {
		at.dirs[i] = plainName(dir)
	}
	at.owner = ownerOf(f.dirs, f.stem)
	var out outcome
	if len(values) == 1 {
		out = r.value(values[0], at)
	} else {
		// Lines of a file are a list without brackets.
		out = r.list(&value{kind: '[', items: values}, at, newUnit(bare))
	}
	if out.taken == 0 && len(out.refusals) == 0 {
		out.refusals = []Refusal{{File: f.name, Why: unknownWhy}}
	}
	if out.taken == 0 && out.vague {
		r.gap(f)
	}
	r.refuse(out.refusals...)
	return nil
}

func (r *reading) values(data []byte) ([]*value, error) {
	if zipMagic(data) {
		return nil, errors.New("an archive; name it as a source of its own")
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	values, err := documents(text, r.limits.depth)
	if err != nil {
		return nil, err
	}
	if len(values) == 0 {
		return nil, errors.New("empty")
	}
	for _, v := range values {
		if v.kind != '{' && v.kind != '[' {
			return nil, errors.New("JSON, but neither an object nor a list")
		}
	}
	return values, nil
}

// place is where in the sources a value stands.
type place struct {
	file    string
	pointer string
	dirs    []string // plain names of the folders
	raw     []string // the same as written
	stem    string
	context string
	named   *kind    // what the member that holds it is named for
	path    []string // plain names of the members above it
	unit    *unit    // the list it is in, if any
	owner   *owner   // the object whose part it is
	tenant  string   // the tenant that a wrapper names
	depth   int
}

func (p place) child(name string) place {
	p.pointer += "/" + strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
	p.depth++
	return p
}

func (p place) refusal(why string) Refusal {
	return Refusal{File: p.file, Pointer: p.pointer, Why: why}
}

// outcome is what became of a value.
type outcome struct {
	taken    int
	refusals []Refusal
	// vague is true if all that can be said is that nothing was recognised.
	vague bool
}

func refusedAs(r Refusal) outcome { return outcome{refusals: []Refusal{r}} }

// unknownWhy is the reason of objects about which nothing is known.
const unknownWhy = "nothing in it says that it belongs to a section of a snapshot"

// deepest is how far below the top of a file objects are looked for.
const deepest = 8

func (r *reading) value(v *value, at place) outcome {
	switch v.kind {
	case '{':
		return r.object(v, at)
	case '[':
		return r.list(v, at, newUnit(bare))
	}
	return outcome{}
}

// list takes the elements of a list one by one. The unit says how they lay together.
func (r *reading) list(v *value, at place, u *unit) outcome {
	if at.depth > deepest {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	if at.owner != nil && !(len(v.items) == 1 && at.owner.isOwner(v.items[0])) {
		return r.part(v.items, at, at.owner, u)
	}
	if len(v.items) == 0 {
		return r.emptyList(at, u)
	}
	at.unit = u
	out := gather(at, len(v.items), func(i int) outcome {
		item := v.items[i]
		if item.kind == '[' {
			return r.list(item, at.child(fmt.Sprint(i)), newUnit(bare))
		}
		return r.value(item, at.child(fmt.Sprint(i)))
	})
	u.refused = max(u.refused, len(out.refusals))
	return out
}

// emptyList takes a list without elements if it says of what.
func (r *reading) emptyList(at place, u *unit) outcome {
	k := at.named
	if path := contextPath(at.context); path != "" && !neutral(path) {
		k = byContext(path)
	}
	if k == nil || k == methodConfiguration {
		return outcome{refusals: []Refusal{at.refusal("an empty list that does not say of what")}, vague: true}
	}
	g := r.section(k)
	u.section[k.section] = true
	g.units = append(g.units, u)
	g.from(at.file)
	return outcome{taken: 1}
}

// gather adds up outcomes. Where nothing at all was recognised, one refusal says so.
func gather(at place, n int, each func(int) outcome) outcome {
	var all outcome
	vague := n > 0
	for i := range n {
		out := each(i)
		all.taken += out.taken
		all.refusals = append(all.refusals, out.refusals...)
		vague = vague && out.vague
	}
	if vague && all.taken == 0 {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	return all
}

func (r *reading) object(v *value, at place) outcome {
	if at.depth > deepest {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	if own := v.get("@odata.context").text(); own != "" {
		at.context = own
	}
	if inner := v.get("value"); inner != nil && isPage(v) {
		return r.page(v, inner, at)
	}
	if at.owner != nil && !at.owner.isOwner(v) {
		return r.part([]*value{v}, at, at.owner, newUnit(folder))
	}
	if strings.HasPrefix(v.get("format").text(), "passkeyaudit.snapshot/") {
		return refusedAs(at.refusal("the manifest of a snapshot; a snapshot needs no import"))
	}
	named := at.named
	if named == nil && at.pointer == "" {
		named = at.folderOf(v.get("id").text())
	}
	found := recognise(v, at.context, named)
	switch {
	case found.refused != "" && found.kind != nil:
		return r.spoil(found.kind, at, found.refused)
	case found.refused != "":
		return refusedAs(at.refusal(found.refused))
	case found.kind != nil:
		return r.take(v, found.kind, at)
	// What is inside one of Graph's objects is part of it. The answers of a batch have an
	// id too.
	case v.hasAny(graphMembers...) && !v.has("status", "body"):
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	return r.wrapper(v, at)
}

// graphMembers tell an object of Graph from a wrapper that an exporter made.
var graphMembers = []string{"id", "displayName", "createdDateTime", "conditions", "grantControls", "userPrincipalName", "appId", "includeTargets"}

// isPage tells whether an object is an answer of Graph with its rows, or the one
// object, under "value".
func isPage(v *value) bool {
	inner := v.get("value")
	if inner.kind != '[' && inner.kind != '{' {
		return false
	}
	if v.hasAny("@odata.context", "@odata.nextLink") {
		return true
	}
	return !slices.ContainsFunc(v.members, func(m member) bool {
		return !strings.EqualFold(m.name, "value") && !strings.EqualFold(m.name, "count") && !strings.Contains(m.name, "@") &&
			!strings.EqualFold(m.name, "odataNextLink") && !strings.EqualFold(m.name, "nextLink")
	})
}

func (r *reading) page(v, inner *value, at place) outcome {
	if inner.kind == '{' {
		return r.object(inner, at.child("value"))
	}
	u := newUnit(page)
	for _, name := range []string{"@odata.nextLink", "odataNextLink", "nextLink"} {
		u.next = u.next || v.get(name).text() != ""
	}
	if count := v.get("@odata.count"); count != nil && count.kind == '0' {
		// A number that does not fit is not a count.
		if _, err := fmt.Sscan(string(count.scalar), &u.count); err != nil {
			u.count = -1
		}
	}
	p := contextPath(at.context)
	u.context = p != "" && !neutral(p)
	if o := contextOwner(at.context); o != nil {
		at.owner = o
	}
	return r.list(inner, at.child("value"), u)
}

// notCollections are members whose elements belong to the object around them.
var notCollections = []string{"members", "transitivemembers", "owners", "principal", "principals", "manager", "registeredowners", "registeredusers", "memberof"}

// wrapper looks for objects inside an object that an exporter made.
func (r *reading) wrapper(v *value, at place) outcome {
	for _, name := range []string{"ExportDate", "ExportedAt", "ExportDateTime", "ExportTime"} {
		if t, ok := parseTime(v.get(name).text()); ok {
			r.exported.see(t, at.file)
		}
	}
	for _, name := range []string{"SourceTenantId", "TenantId"} {
		if id := v.get(name).text(); isGUID(id) {
			at.tenant = strings.ToLower(id)
			break
		}
	}
	var inside []member
	for _, m := range v.members {
		if m.value.kind == '{' && len(m.value.members) > 0 || m.value.kind == '[' {
			inside = append(inside, m)
		}
	}
	if len(inside) == 0 {
		return outcome{refusals: []Refusal{at.refusal(unknownWhy)}, vague: true}
	}
	at.unit = nil
	return gather(at, len(inside), func(i int) outcome {
		m := inside[i]
		below := at.child(m.name)
		name := plainName(m.name)
		if slices.Contains(notCollections, name) {
			return outcome{refusals: []Refusal{below.refusal(unknownWhy)}, vague: true}
		}
		below.path = append(slices.Clone(at.path), name)
		below.context = ""
		if k := byMember(below.path); k != nil {
			below.named = k
		}
		out := r.value(m.value, below)
		if m.value.kind == '[' && len(m.value.items) == 0 && out.vague {
			return outcome{vague: true}
		}
		return out
	})
}

// section gives what was gathered for the section of a kind.
func (r *reading) section(k *kind) *gathered {
	g := r.sections[k.section]
	if g == nil {
		g = &gathered{kind: kindOf(k.section)}
		r.sections[k.section] = g
	}
	return g
}

func (g *gathered) from(file string) {
	if len(g.files) == 0 || g.files[len(g.files)-1] != file {
		g.files = append(g.files, file)
	}
}

// spoil refuses an object of a known section, which is then not complete.
func (r *reading) spoil(k *kind, at place, why string) outcome {
	r.section(k).refused++
	if at.unit != nil {
		at.unit.refused++
	}
	return refusedAs(at.refusal(why))
}

// take makes an object a row of its section.
func (r *reading) take(v *value, k *kind, at place) outcome {
	if why := r.foreign(v, at); why != "" {
		if at.unit != nil {
			at.unit.refused++
		}
		return refusedAs(at.refusal(why))
	}
	model := models[k.section]
	switch k {
	case methodConfiguration:
		model = configurationModel
	case registeredMethod:
		return r.spoil(k, at, "a registered method that does not say of which user it is")
	}
	if err := r.normaliser.row(v, model); err != nil {
		return r.spoil(k, at, err.Error())
	}
	switch k {
	case userMethods:
		return r.holding(v.get("userId").text(), v.get("value").items, at, newUnit(bare))
	case groupMembers:
		return r.membersRow(v, at)
	}
	if k.section == snapshot.ConditionalAccessPolicies && v.get("id").text() == "" {
		if !r.giveID(v) {
			return r.spoil(k, at, "a Conditional Access policy without id and without name")
		}
	}
	key := r.key(v, k)
	if key == "" && k.key != "-" {
		return r.spoil(k, at, fmt.Sprintf("%s without %q: a template or a request body, not an object of a tenant", k.noun, k.keyName()))
	}
	raw := v.raw()
	if model != nil {
		if err := entra.Decode(raw, reflect.New(model).Interface()); err != nil {
			return r.spoil(k, at, fmt.Sprintf("%s that cannot be judged: %v", k.noun, err))
		}
	}
	row := &row{key: key, raw: raw, digest: contentDigest(v), modified: modified(v), file: at.file, pointer: at.pointer, unit: r.unitOf(k, key, at)}
	r.dates(v, at.file)
	r.inline(v, k, at)
	if k == methodConfiguration {
		r.configurations = append(r.configurations, row)
		return outcome{taken: 1}
	}
	if k.section == snapshot.Organization && isGUID(key) {
		r.seeTenant(strings.ToLower(key), at.file)
	}
	g := r.section(k)
	g.rows = append(g.rows, row)
	return outcome{taken: 1}
}

// unitOf finds the unit an object belongs to and counts it there. An exporter's
// folder counts as one only for objects that lie in it under their own id.
func (r *reading) unitOf(k *kind, key string, at place) *unit {
	u := at.unit
	if u == nil {
		u = newUnit(single)
		if at.pointer == "" && at.folderOf(key) == k {
			u = r.folder(at)
		}
	}
	if !u.section[k.section] {
		u.section[k.section] = true
		if k != methodConfiguration {
			g := r.section(k)
			g.units = append(g.units, u)
		}
	}
	u.objects++
	return u
}

// folderOf gives the kind that a folder around an object is named for, if the object
// lies in it as exporters put it there: <folder>/<id>/<any name> or <folder>/<id>.
// Folders are named for many reasons; that ids match is what shows an exporter's hand.
func (p place) folderOf(id string) *kind {
	k, i := folderKind(p.dirs)
	rest := p.raw[i:]
	if k != nil && id != "" && (len(rest) == 0 && strings.EqualFold(p.stem, id) || len(rest) == 1 && strings.EqualFold(rest[0], id)) {
		return k
	}
	return nil
}

// folder is the unit of all objects of the exporter's folder that a file lies in.
func (r *reading) folder(at place) *unit {
	_, i := folderKind(at.dirs)
	name := path.Dir(at.file)
	for range at.raw[i:] {
		name = path.Dir(name)
	}
	if r.folders[name] == nil {
		r.folders[name] = newUnit(folder)
	}
	return r.folders[name]
}

// folderKind finds the kind that the innermost telling folder is named for, and how
// many folders lead to it.
func folderKind(dirs []string) (*kind, int) {
	for i := len(dirs); i > 0; i-- {
		if k := byName(dirs[:i]); k != nil {
			return k, i
		}
	}
	return nil, 0
}

// keyName is the member that identifies an object of the kind.
func (k *kind) keyName() string {
	if k.key != "" {
		return k.key
	}
	if k == methodConfiguration {
		return "id"
	}
	spec, _ := snapshot.Spec(k.section)
	return spec.Key
}

func (r *reading) key(v *value, k *kind) string { return v.get(k.keyName()).text() }

// giveID makes an id for a policy that was exported without one, so that it can be
// pointed at: a GUID of version 8 from the policy's name, the same in every import.
func (r *reading) giveID(v *value) bool {
	name := v.get("displayName").text()
	if name == "" {
		return false
	}
	h := sha256.Sum256([]byte("passkeyaudit import\nconditionalAccessPolicies\n" + name))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	id := quoted(fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16]))
	r.normaliser.count[changedIDs]++
	for i := range v.members {
		if v.members[i].name == "id" {
			v.members[i].value = id
			return true
		}
	}
	v.members = slices.Insert(v.members, 0, member{"id", id})
	return true
}

// contentDigest is the same for objects that say the same: the order of members and
// what Graph annotates for navigation do not count.
func contentDigest(v *value) [sha256.Size]byte {
	return sha256.Sum256([]byte(canonical(v.withoutAnnotations())))
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func isGUID(text string) bool { return guidPattern.MatchString(text) }

var directoryPattern = regexp.MustCompile(`^https://[a-z.-]+/v2/([0-9a-fA-F-]{36})/`)

// foreign notes the tenant an object names, and says so if it is another one than
// was asked for.
func (r *reading) foreign(v *value, at place) string {
	tenant := at.tenant
	if m := directoryPattern.FindStringSubmatch(v.get("@odata.id").text()); m != nil {
		tenant = strings.ToLower(m[1])
	}
	if tenant == "" {
		return ""
	}
	r.seeTenant(tenant, at.file)
	if r.tenantID != "" && tenant != r.tenantID {
		return "of another tenant, " + tenant
	}
	return ""
}

func (r *reading) seeTenant(id, file string) {
	if r.tenants[id] == "" {
		r.tenants[id] = file
	}
}

// modified is when an object says it was last changed.
func modified(v *value) time.Time {
	for _, name := range []string{"modifiedDateTime", "lastModifiedDateTime", "lastUpdatedDateTime"} {
		if t, ok := parseTime(v.get(name).text()); ok {
			return t
		}
	}
	return time.Time{}
}

// pastDates are members that tell of something that had happened when Graph was
// asked, so that the export is no older.
var pastDates = []string{"createdDateTime", "modifiedDateTime", "lastModifiedDateTime", "lastUpdatedDateTime", "activityDateTime",
	"lastPasswordChangeDateTime", "approximateLastSignInDateTime", "lastSyncDateTime", "riskLastUpdatedDateTime", "onPremisesLastSyncDateTime"}

func (r *reading) dates(v *value, file string) {
	for _, name := range pastDates {
		if t, ok := parseTime(v.get(name).text()); ok {
			r.newest.see(t, file)
		}
	}
}

// parseTime reads a date as exports write it. Without an offset it is UTC, which is
// what Graph and its exporters mean.
func parseTime(text string) (time.Time, bool) {
	if date, ok := powerShellDate(text); ok {
		text = date
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 2000 {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// compareKeys orders rows by key, then by where they came from.
func compareKeys(a, b *row) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.key), strings.ToLower(b.key)), strings.Compare(a.file, b.file), strings.Compare(a.pointer, b.pointer))
}
