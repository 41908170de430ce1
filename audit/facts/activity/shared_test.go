package activity_test

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/shareddata"
	"passkeyaudit/audit/facts/activity"
	"passkeyaudit/audit/facts/factstest"
	"passkeyaudit/audit/snapshot"
)

// recordsIn finds the objects of a file: a page, a list, one alone, or one inside the
// envelope of a diagnostic log.
func recordsIn(raw entra.Raw) []entra.Raw {
	var list []entra.Raw
	switch raw.Kind() {
	case '[':
		for v := range entra.Elements(raw) {
			list = append(list, recordsIn(v)...)
		}
	case '{':
		for _, inside := range []string{"/value", "/properties"} {
			if v, found := entra.Lookup(raw, inside); found && v.Kind() != '"' {
				return recordsIn(v)
			}
		}
		list = append(list, raw)
	}
	return list
}

// published are the records of a folder, each as a row with an id, which published
// ones sometimes lack.
func published(t *testing.T, folder string) (rows []string) {
	t.Helper()
	fsys, err := fs.Sub(shareddata.Records(t), folder)
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, _ := shareddata.Text(t, fsys, name)
		records := recordsIn(text)
		if len(records) == 0 {
			t.Errorf("%s: no record found", name)
		}
		for i, r := range records {
			compact, err := entra.Compact(r)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			row := string(compact)
			if entra.Text(r, "/id") == "" {
				row = fmt.Sprintf(`{"id":"%s-%d",%s`, path.Base(name), i, strings.TrimPrefix(row, "{"))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// TestSharedDataSignIns: every published sign-in is read and classified; what is not
// known is counted as that and not as anything else.
func TestSharedDataSignIns(t *testing.T) {
	rows := published(t, "signins")
	users, nobody := map[string]bool{}, 0
	for _, r := range rows {
		if id := entra.Text(entra.Raw(r), "/userId"); id != "" {
			users[strings.ToLower(id)] = true
		} else {
			nobody++
		}
	}
	var ids []string
	for id := range users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	run := factstest.Tenant{}.With(snapshot.Users, factstest.Users(ids...)).With(snapshot.SignIns, rows...).Run(t)
	l := factstest.Get(t, run, activity.SignIns)
	if bad := run.Snapshot().Unreadable(); len(bad) > 0 {
		t.Errorf("not read: %v", bad)
	}
	if l.Window.Rows != len(rows) || l.Strangers != nobody || len(rows) < 40 {
		t.Errorf("%d rows, %d read, %d strangers and %d of nobody", len(rows), l.Window.Rows, l.Strangers, nobody)
	}
	sum, unplaced := 0, 0
	for u := range l.Uses() {
		sum += u.Count
		if u.Place.OS == "" && u.Place.Client == "" {
			unplaced += u.Count
		}
	}
	// Legs fold: there are fewer sign-ins than rows, and none is lost.
	if sum == 0 || sum > len(rows) {
		t.Errorf("%d sign-ins of %d rows", sum, len(rows))
	}
	classified := 0
	for c, n := range l.Classes {
		classified += n
		if c == activity.Unclassified {
			n -= l.Uncoded
			for _, unknown := range l.UnknownCodes {
				n -= unknown
			}
			if n != 0 {
				t.Errorf("%d rows are not classified and stand under no code", n)
			}
		}
	}
	if classified != len(rows) {
		t.Errorf("%d of %d rows are classified", classified, len(rows))
	}
	t.Logf("rows by class %v", l.Classes)
	t.Logf("%d rows, %d sign-ins, %s; codes not known %v, without code %d, from nowhere known %d", len(rows), sum, counted(l), l.UnknownCodes, l.Uncoded, unplaced)
}

// TestSharedDataAudits: every published audit record is read; those about methods
// come to a change or are counted as not telling.
func TestSharedDataAudits(t *testing.T) {
	rows := published(t, "audits")
	users := map[string]bool{"u": true}
	for _, r := range rows {
		targets, _ := entra.Lookup(entra.Raw(r), "/targetResources")
		for target := range entra.Elements(targets) {
			if id := entra.Text(target, "/id"); id != "" {
				users[strings.ToLower(id)] = true
			}
		}
	}
	var people []string
	for id := range users {
		people = append(people, fmt.Sprintf(`{"id":%q,"userPrincipalName":"%s@contoso.example","accountEnabled":true}`, id, map[bool]string{true: "user", false: id}[id == "u"]))
	}
	slices.Sort(people)
	run := factstest.Tenant{}.With(snapshot.Users, people...).With(snapshot.DirectoryAudits, rows...).Run(t)
	l := factstest.Get(t, run, activity.Changes)
	if bad := run.Snapshot().Unreadable(); len(bad) > 0 {
		t.Errorf("not read: %v", bad)
	}
	if l.Window.Rows != len(rows) || l.Strangers != 0 || len(rows) < 40 {
		t.Errorf("%d rows, %d read, %d strangers", len(rows), l.Window.Rows, l.Strangers)
	}
	found := map[activity.What]int{}
	for n := range len(people) {
		for _, c := range l.Of(uint32(n)) {
			found[c.What]++
		}
	}
	if found[activity.Registered] < 3 || found[activity.PassIssued] != 1 {
		t.Errorf("changes: %v", found)
	}
	if len(l.UnknownActivities) > 0 {
		t.Errorf("activities that are not in the catalogue: %v", l.UnknownActivities)
	}
	t.Logf("%d rows, changes %v, without a method %d", len(rows), found, l.Unplaced)
}
