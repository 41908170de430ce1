package population

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// someGUID draws a GUID, often one close to others, in any letter case.
var someGUID = rapid.Custom(func(t *rapid.T) string {
	head := rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 2)).Draw(t, "head")
	tail := rapid.OneOf(rapid.Uint64Range(0, 1<<48-1), rapid.Uint64Range(0, 20)).Draw(t, "tail")
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", head, tail)
	if rapid.IntRange(0, 3).Draw(t, "upper") == 0 {
		id = strings.ToUpper(id)
	}
	return id
})

// GUIDs kept as numbers behave as they do kept as text.
func TestIDsAsNumbersAndAsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(someGUID).Draw(t, "ids")
		at := func(i int) string { return list[i] }
		numbers, rows := orderIDs(at, len(list))
		texts, want := orderTexts(at, len(list))
		if len(list) > 0 && numbers.guids == nil {
			t.Fatal("not kept as numbers")
		}
		if fmt.Sprint(rows) != fmt.Sprint(want) || numbers.count() != texts.count() {
			t.Fatalf("order %v, as text %v", rows, want)
		}
		for n := range want {
			if got, want := numbers.at(uint32(n)), texts.at(uint32(n)); got != want {
				t.Fatalf("the id at %d is %s, as text %s", n, got, want)
			}
		}
		asked := append(rapid.SliceOf(someGUID).Draw(t, "others"), append(list, "", "x", strings.Repeat("0", guidLength))...)
		found, missing := numbers.findAll(asked)
		wantFound, wantMissing := texts.findAll(asked)
		if fmt.Sprint(found, missing) != fmt.Sprint(wantFound, wantMissing) {
			t.Fatalf("found %v, not %q; as text %v, not %q", found, missing, wantFound, wantMissing)
		}
		inTurn := finder{ids: &numbers, rows: rows}
		for _, id := range append(asked, list...) {
			n, found := inTurn.find(id)
			if m, wanted := numbers.find(id); found != wanted || found && n != m {
				t.Fatalf("%s: at %d (%t), by itself at %d (%t)", id, n, found, m, wanted)
			}
		}
		for _, id := range asked {
			n, found := numbers.find(id)
			m, wanted := texts.find(id)
			if found != wanted || found && n != m {
				t.Fatalf("%s: at %d (%t), as text at %d (%t)", id, n, found, m, wanted)
			}
		}
	})
}

func TestManyGUIDsThatAreNotRandom(t *testing.T) {
	const count = 5000
	at := func(i int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", 3*(count-i)) }
	d, _ := orderIDs(at, count)
	for i := range count {
		if n, found := d.find(at(i)); !found || int(n) != count-1-i {
			t.Fatalf("%s is at %d (%t)", at(i), n, found)
		}
	}
	if n, found := d.find("00000000-0000-4000-8000-000000000004"); found {
		t.Errorf("an id that nobody has is at %d", n)
	}
}

func TestParseGUID(t *testing.T) {
	const good = "0123abcd-4567-89ef-0123-456789abcdef"
	if g, ok := parseGUID(strings.ToUpper(good)); !ok || g.text() != good {
		t.Errorf("%s comes back as %s (%t)", good, g.text(), ok)
	}
	for i := range good {
		for _, c := range []string{"g", "-", "0", "\x00", "\xff", "/", ":", "@", "G", "\x10", "\x19", "P", "\x21", "\xb1", "\xc1", "`"} {
			bad := good[:i] + c + good[i+1:]
			isDash := good[i] == '-'
			if _, ok := parseGUID(bad); ok && (isDash != (c == "-") || !isDash && c != "0") {
				t.Errorf("%q was taken for a GUID", bad)
			}
		}
	}
	for _, bad := range []string{"", good[1:], good + "0"} {
		if _, ok := parseGUID(bad); ok {
			t.Errorf("%q was taken for a GUID", bad)
		}
	}
}

func TestNames(t *testing.T) {
	var n names
	text := func(i int) string { return strings.Repeat("é", i%3) + fmt.Sprint(i) }
	const count = 2*blockNames + 5
	for i := range count {
		n.add(text(i))
	}
	n.finish()
	if n.count() != count {
		t.Fatalf("%d names", n.count())
	}
	for i := range count {
		if n.at(i) != text(i) {
			t.Fatalf("name %d is %q", i, n.at(i))
		}
	}
}
