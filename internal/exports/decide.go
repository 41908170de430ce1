package exports

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/snapshot"
)

// decided is what one section of the snapshot will be.
type decided struct {
	rows  []entra.Raw
	entry snapshot.SectionEntry
	files []string
	once  int // objects that came several times with the same content
}

// decide makes sections of what was gathered. said are the sections of which the
// person says that the export has all.
func (r *reading) decide(said []snapshot.SectionID) (map[snapshot.SectionID]*decided, error) {
	all := map[snapshot.SectionID]*decided{}
	for _, spec := range snapshot.Sections() {
		g := r.sections[spec.ID]
		var d *decided
		switch {
		case spec.ID == snapshot.AuthenticationMethodsPolicy:
			d = r.methodsPolicy()
		case spec.ID == snapshot.GroupMembers:
			d = r.groupMembers(all[snapshot.Groups])
		case spec.ID == snapshot.AuthenticationMethods:
			d = r.userMethods(all[snapshot.Users])
		case g != nil && spec.Shape == snapshot.Singleton:
			d = r.singleton(g)
		case g != nil:
			d = r.collection(g)
		}
		if d == nil {
			d = &decided{entry: snapshot.SectionEntry{State: snapshot.NotCollected, Reason: "not in the export"}}
			if g != nil && g.refused > 0 {
				d.entry.Reason = "nothing of it in the export could be taken"
			}
		}
		all[spec.ID] = d
	}
	for _, id := range said {
		if err := r.say(id, all[id]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// say marks a section complete on a person's word, which counts where the export is
// silent, not against what it says.
func (r *reading) say(id snapshot.SectionID, d *decided) error {
	switch g := r.sections[id]; {
	case d == nil:
		return optionf("--complete %s: there is no such section", id)
	case !d.entry.State.HasRows():
		return optionf("--complete %s: %s", id, d.entry.Reason)
	case g != nil && g.refused > 0:
		return optionf("--complete %s: %s could not be taken, so it is not complete; import without --complete to see which", id, plural(g.refused, "object of it", "objects of it"))
	}
	if d.entry.State == snapshot.Partial {
		d.entry.State, d.entry.Reason = snapshot.Complete, ""
	}
	return nil
}

// distinct leaves one row for each key: the same content counts once, and of several
// contents the one that says it was modified last. Where nothing says which is newer,
// none is taken.
func (r *reading) distinct(g *gathered) (rows []*row, once int) {
	if g.kind.key == "-" {
		for _, row := range g.rows {
			row.key = string(g.kind.section)
		}
	}
	sorted := slices.Clone(g.rows)
	slices.SortStableFunc(sorted, compareKeys)
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && strings.EqualFold(sorted[n].key, sorted[0].key) {
			n++
		}
		same := sorted[:n]
		sorted = sorted[n:]
		kept, repeats := r.latest(g, same)
		once += repeats
		if kept != nil {
			rows = append(rows, kept)
		}
	}
	return rows, once
}

func (r *reading) latest(g *gathered, same []*row) (kept *row, repeats int) {
	var versions []*row
	defer func() {
		for _, w := range same {
			w.used = kept != nil && w.digest == kept.digest
		}
	}()
	known := map[[sha256.Size]byte]bool{}
	for _, w := range same {
		if known[w.digest] {
			repeats++
			continue
		}
		known[w.digest] = true
		versions = append(versions, w)
	}
	if len(versions) == 1 {
		return versions[0], repeats
	}
	newest := slices.MaxFunc(versions, func(a, b *row) int { return a.modified.Compare(b.modified) })
	ties, undated := 0, false
	for _, v := range versions {
		undated = undated || v.modified.IsZero()
		if v.modified.Equal(newest.modified) {
			ties++
		}
	}
	if undated || ties > 1 {
		g.refused++
		for _, v := range same {
			other := versions[0]
			if other.digest == v.digest {
				other = versions[1]
			}
			r.refuse(v.refusal(fmt.Sprintf("%s, id %s, differs from the one in %s, and nothing says which is newer; neither is taken", g.kind.noun, v.key, other.where())))
			if v.unit != nil {
				v.unit.refused++
			}
		}
		return nil, 0
	}
	for _, v := range same {
		if v.digest != newest.digest {
			r.refuse(v.refusal(fmt.Sprintf("%s, id %s, is older than the one in %s, which is taken", g.kind.noun, v.key, newest.where())))
		}
	}
	return newest, repeats
}

func (w *row) where() string {
	if w.pointer == "" {
		return w.file
	}
	return w.file + " (" + w.pointer + ")"
}

func (w *row) refusal(why string) Refusal { return Refusal{File: w.file, Pointer: w.pointer, Why: why} }

// singleton is complete as soon as its object is there.
func (r *reading) singleton(g *gathered) *decided {
	rows, once := r.distinct(g)
	if len(rows) > 1 {
		g.refused++
		for _, row := range rows {
			r.refuse(row.refusal(fmt.Sprintf("%s is there %d times with different ids; none is taken", g.kind.noun, len(rows))))
		}
		return nil
	}
	if len(rows) == 0 {
		return nil
	}
	return &decided{rows: raws(rows), entry: snapshot.SectionEntry{State: snapshot.Complete}, files: g.sources(), once: once}
}

// collection is complete if one unit is plainly whole and holds everything.
func (r *reading) collection(g *gathered) *decided {
	if len(g.rows) == 0 && len(g.units) == 0 {
		return nil // only objects that could not be taken
	}
	rows, once := r.distinct(g)
	d := &decided{rows: raws(rows), files: g.sources(), once: once}
	ok, why := g.whole(rows)
	switch {
	case g.refused > 0:
		d.partly(plural(g.refused, "object", "objects") + " of it could not be taken")
	case !ok:
		d.partly(why)
	case g.kind.log:
		d.partly("the export does not say which time it covers")
	default:
		d.entry.State = snapshot.Complete
	}
	if g.kind.log {
		d.entry.From, d.entry.To = span(rows)
	}
	return d
}

func (d *decided) partly(why string) {
	d.entry.State, d.entry.Reason = snapshot.Partial, why
}

// whole tells whether some unit is all of the section.
func (g *gathered) whole(rows []*row) (bool, string) {
	var complete []*unit
	reason := ""
	for _, u := range g.units {
		ok, why := u.whole(g.kind)
		if ok {
			complete = append(complete, u)
		} else if reason == "" {
			reason = why
		}
	}
	if len(complete) == 0 {
		return false, reason
	}
	for _, u := range complete {
		if u.objects < len(rows) {
			continue
		}
		in := map[string]bool{}
		for _, row := range g.rows {
			if row.unit == u {
				in[strings.ToLower(row.key)] = true
			}
		}
		if !slices.ContainsFunc(rows, func(w *row) bool { return !in[strings.ToLower(w.key)] }) {
			return true, ""
		}
	}
	return false, cmp.Or(reason, "several sources that each hold objects the others lack")
}

// sources lists the files of what is in the snapshot, in the order of reading.
func (g *gathered) sources() []string {
	files := slices.Clone(g.files)
	seen := map[string]bool{}
	for _, name := range files {
		seen[name] = true
	}
	for _, w := range g.rows {
		if w.used && !seen[w.file] {
			seen[w.file] = true
			files = append(files, w.file)
		}
	}
	return files
}

func raws(rows []*row) []entra.Raw {
	all := make([]entra.Raw, len(rows))
	for i, row := range rows {
		all[i] = row.raw
	}
	return all
}

// span gives the times of the first and the last event.
func span(rows []*row) (from, to string) {
	var first, last time.Time
	for _, row := range rows {
		for _, name := range []string{"createdDateTime", "activityDateTime"} {
			t, ok := parseTime(entra.Text(row.raw, entra.Pointer(name)))
			if !ok {
				continue
			}
			if first.IsZero() || t.Before(first) {
				first = t
			}
			if t.After(last) {
				last = t
			}
		}
	}
	if last.IsZero() {
		return "", ""
	}
	return first.Format(time.RFC3339Nano), last.Format(time.RFC3339Nano)
}

// methodsPolicy puts the authentication methods policy together with configurations
// that were exported one by one.
func (r *reading) methodsPolicy() *decided {
	g := r.sections[snapshot.AuthenticationMethodsPolicy]
	if g == nil {
		if len(r.configurations) == 0 {
			return nil
		}
		g = r.section(methodConfiguration)
	}
	var d *decided
	if len(g.rows) > 0 {
		d = r.singleton(g)
	}
	// Entries with two contents are left out, as rows are.
	entries := &gathered{kind: methodConfiguration, rows: r.configurations}
	configurations, once := r.distinct(entries)
	g.refused += entries.refused
	switch {
	case d == nil && len(configurations) == 0:
		return nil
	case d == nil:
		d = &decided{rows: []entra.Raw{[]byte(`{"id":"authenticationMethodsPolicy","authenticationMethodConfigurations":[]}`)}}
	}
	d.once += once
	policy, err := documents(d.rows[0], r.limits.depth+1)
	if err != nil {
		// The text is this package's own.
		panic(fmt.Sprintf("reading a row again: %v", err))
	}
	spliced, odd := splice(policy[0], configurations)
	d.rows[0] = policy[0].raw()
	for c, name := range odd {
		g.refused++
		for _, w := range r.configurations {
			if w.digest == configurations[c].digest {
				w.used = false
				r.refuse(w.refusal(fmt.Sprintf("it says otherwise than the policy about %s of %s; the policy's own entry is taken", name, w.key)))
			}
		}
	}
	d.files = (&gathered{rows: slices.Concat(g.rows, r.configurations)}).sources()
	slices.SortFunc(r.refused, func(a, b Refusal) int { return strings.Compare(a.File+a.Pointer, b.File+b.Pointer) })
	switch {
	case g.refused > 0:
		d.partly(plural(g.refused, "object", "objects") + " of it could not be taken, or said otherwise than the policy")
	case len(g.rows) == 0:
		d.partly("put together from entries exported one by one; the policy's own members, and entries that were not exported, are missing")
	case !policy[0].get("authenticationMethodConfigurations").isList():
		d.partly("the policy without its entries")
	case spliced > 0:
		d.partly("its entries were exported one by one, and some may be missing")
	default:
		d.entry.State = snapshot.Complete
	}
	return d
}

// splice adds entries that the policy lacks, and members that its own entries lack,
// such as passkeyProfiles, which Graph sends only with a single configuration. A
// member that both have and that differs makes the entry odd: it is left alone.
func splice(policy *value, configurations []*row) (added int, odd map[int]string) {
	entries := policy.get("authenticationMethodConfigurations")
	if !entries.isList() {
		entries = list()
		policy.members = slices.DeleteFunc(policy.members, func(m member) bool { return m.name == "authenticationMethodConfigurations" })
		if len(configurations) > 0 {
			policy.members = append(policy.members, member{"authenticationMethodConfigurations", entries})
		}
	}
	odd = map[int]string{}
	for i, c := range configurations {
		parsed, err := documents(c.raw, 1<<10)
		if err != nil {
			panic(fmt.Sprintf("reading a row again: %v", err))
		}
		single := parsed[0]
		j := slices.IndexFunc(entries.items, func(e *value) bool { return strings.EqualFold(e.get("id").text(), c.key) })
		if j < 0 {
			entries.items = append(entries.items, single)
			added++
			continue
		}
		entry := entries.items[j]
		if name := contradiction(entry, single); name != "" {
			odd[i] = name
			continue
		}
		for _, m := range single.members {
			if entry.get(m.name) == nil && !strings.HasPrefix(m.name, "@odata.context") {
				entry.members = append(entry.members, m)
			}
		}
	}
	return added, odd
}

// contradiction names a member that both objects have with different content.
func contradiction(a, b *value) string {
	for _, m := range b.members {
		if strings.Contains(m.name, "@odata.") {
			continue
		}
		if other := a.get(m.name); other != nil && m.name != "id" && canonical(other) != canonical(m.value) {
			return m.name
		}
	}
	return ""
}

// canonical is the content of a value, whatever the order of its members.
func canonical(v *value) string {
	text := jsontext.Value(v.raw())
	if err := text.Canonicalize(); err != nil {
		return string(v.raw())
	}
	return string(text)
}

// memberRows is how many ids one row of groupMembers holds at most.
const memberRows = 50_000

// groupMembers makes rows of the listings of members.
func (r *reading) groupMembers(groups *decided) *decided {
	g := r.sections[snapshot.GroupMembers]
	if len(r.members) == 0 {
		return nil
	}
	d := &decided{files: g.files}
	asked := map[string]bool{}
	for _, key := range sortedKeys(r.members) {
		m := r.members[key]
		asked[key] = true
		set, transitive := &m.direct, false
		if m.all.told && (m.all.whole || !m.direct.whole) {
			set, transitive = &m.all, true
		}
		if !set.whole {
			d.entry.IncompleteIDs = append(d.entry.IncompleteIDs, m.id)
		}
		d.rows = append(d.rows, set.rows(m.id, transitive)...)
	}
	if groups != nil {
		for _, raw := range groups.rows {
			if id := entra.Text(raw, "/id"); !asked[strings.ToLower(id)] {
				d.entry.IncompleteIDs = append(d.entry.IncompleteIDs, id)
			}
		}
	}
	switch {
	case g.refused > 0:
		d.partly(plural(g.refused, "member", "members") + " could not be taken")
	case len(d.entry.IncompleteIDs) > 0:
		d.partly("the members of " + plural(len(d.entry.IncompleteIDs), "group", "groups") + " are not in the export, or not to the end")
	case groups == nil || groups.entry.State != snapshot.Complete:
		d.partly("there may be groups that are not in the export")
	default:
		d.entry.State = snapshot.Complete
	}
	return d
}

func (m *memberSet) rows(id string, transitive bool) []entra.Raw {
	var rows []entra.Raw
	users, groups := m.users, m.groups
	for first := true; first || len(users) > 0 || len(groups) > 0; first = false {
		line := entra.GroupMembers{GroupID: id, Transitive: &transitive}
		line.UserIDs, users = cut(users)
		line.GroupIDs, groups = cut(groups)
		row := &value{kind: '{', members: []member{{"groupId", quoted(id)}, {"transitive", truth(transitive)}, {"userIds", texts(line.UserIDs)}}}
		if !transitive && len(line.GroupIDs) > 0 {
			row.members = append(row.members, member{"groupIds", texts(line.GroupIDs)})
		}
		rows = append(rows, row.raw())
	}
	return rows
}

func cut(ids []string) (head, tail []string) {
	n := min(len(ids), memberRows)
	return ids[:n], ids[n:]
}

func texts(all []string) *value {
	v := list()
	for _, text := range all {
		v.items = append(v.items, quoted(text))
	}
	return v
}

func truth(b bool) *value {
	if b {
		return &value{kind: 't', scalar: jsontext.Value("true")}
	}
	return &value{kind: 'f', scalar: jsontext.Value("false")}
}

// userMethods makes rows of what users have registered.
func (r *reading) userMethods(users *decided) *decided {
	g := r.sections[snapshot.AuthenticationMethods]
	d := &decided{}
	asked := map[string]bool{}
	for _, key := range sortedKeys(r.methods) {
		h := r.methods[key]
		if h.spoilt {
			continue
		}
		asked[key] = true
		row := &value{kind: '{', members: []member{{"userId", quoted(h.userID)}, {"value", list(h.value...)}}}
		d.rows = append(d.rows, row.raw())
	}
	if len(d.rows) == 0 {
		return nil
	}
	d.files = g.files
	missing := 0
	if users != nil {
		for _, raw := range users.rows {
			if !asked[strings.ToLower(entra.Text(raw, "/id"))] {
				missing++
			}
		}
	}
	switch {
	case g.refused > 0:
		d.partly(plural(g.refused, "object", "objects") + " of it could not be taken")
	case missing > 0:
		d.partly("the methods of " + plural(missing, "user", "users") + " are not in the export")
	case users == nil || users.entry.State != snapshot.Complete:
		d.partly("there may be users that are not in the export")
	default:
		d.entry.State = snapshot.Complete
	}
	return d
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// tenant settles whose export it is.
func (r *reading) tenant() (string, error) {
	if r.tenantID != "" {
		return r.tenantID, nil
	}
	ids := sortedKeys(r.tenants)
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		return "", optionf("the export does not say of which tenant it is; give --tenant-id")
	}
	var named []string
	for _, id := range ids {
		named = append(named, fmt.Sprintf("%s (%s)", id, r.tenants[id]))
	}
	return "", optionf("the files come from %d tenants: %s; give --tenant-id to take one of them", len(ids), strings.Join(named, ", "))
}

// errNothing reports sources without anything to take.
var errNothing = errors.New("nothing in the sources could be taken")

// taken settles the clock of the snapshot. source says where it comes from.
func (r *reading) taken(given string) (at, source string, err error) {
	if given != "" {
		t, err := time.Parse(time.RFC3339, given)
		if err != nil {
			return "", "", optionf("--taken-at %q is not an RFC 3339 time such as 2026-11-22T00:00:00Z", given)
		}
		if r.newest.time.After(t) {
			return "", "", optionf("--taken-at %s is before %s, which %s speaks of; the export is at least that new",
				given, r.newest.time.Format(time.RFC3339), r.newest.file)
		}
		return t.UTC().Format(time.RFC3339Nano), "as given", nil
	}
	switch exported, newest := r.exported, r.newest; {
	case !exported.time.IsZero() && !newest.time.After(exported.time):
		return exported.time.Format(time.RFC3339Nano), "the export date in " + exported.file, nil
	case !newest.time.IsZero():
		return newest.time.Format(time.RFC3339Nano), "the newest date in the content, in " + newest.file +
			"; the export is no older, but may be newer: give --taken-at if you know when it was made", nil
	}
	return "", "", optionf("the export does not say when it was made; give --taken-at, such as --taken-at 2026-11-22T00:00:00Z")
}
