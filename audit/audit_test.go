package audit

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestFingerprintIgnoresOrderProseAndCounts(t *testing.T) {
	check := &Check{ID: "PK-TEST-001"}
	base := Finding{Check: check, Message: "a", Subject: Subject{Type: SubjectPolicy, ID: "p", Name: "n"}, Blockers: []string{"x", "y"}}
	same := []struct {
		name string
		f    Finding
	}{
		{"order", Finding{Check: check, Subject: base.Subject, Blockers: []string{"y", "x"}}},
		{"repeated", Finding{Check: check, Subject: base.Subject, Blockers: []string{"y", "x", "y"}}},
		{"prose", Finding{Check: check, Message: "b", Subject: base.Subject, Blockers: base.Blockers}},
		{"name", Finding{Check: check, Subject: Subject{Type: SubjectPolicy, ID: "p", Name: "other"}, Blockers: base.Blockers}},
		{"people", Finding{Check: check, Subject: base.Subject, Blockers: base.Blockers, Affected: People(SetOf(1, 2), nil)}},
		{"severity", Finding{Check: check, Severity: High, Subject: base.Subject, Blockers: base.Blockers}},
	}
	for _, c := range same {
		t.Run(c.name, func(t *testing.T) {
			if c.f.Fingerprint() != base.Fingerprint() {
				t.Error("the fingerprint differs")
			}
		})
	}
	other := []Finding{
		{Check: &Check{ID: "PK-TEST-002"}, Subject: base.Subject, Blockers: base.Blockers},
		{Check: check, Subject: Subject{Type: SubjectPolicy, ID: "q"}, Blockers: base.Blockers},
		{Check: check, Subject: Subject{Type: SubjectGroup, ID: "p"}, Blockers: base.Blockers},
		{Check: check, Subject: base.Subject, Blockers: []string{"x"}},
		{Check: check, Subject: base.Subject, Blockers: []string{"xy"}},
	}
	seen := map[string]bool{base.Fingerprint(): true}
	for _, f := range other {
		if seen[f.Fingerprint()] {
			t.Errorf("%+v has the fingerprint of another", f)
		}
		seen[f.Fingerprint()] = true
	}
}

func TestTri(t *testing.T) {
	all := []Tri{Unsure, No, Yes}
	for _, a := range all {
		if a.Not().Not() != a {
			t.Errorf("not not %v", a)
		}
		for _, b := range all {
			if a.And(b) != b.And(a) || a.Or(b) != b.Or(a) {
				t.Errorf("%v and %v do not commute", a, b)
			}
			if (a == No || b == No) != (a.And(b) == No) || (a == Yes && b == Yes) != (a.And(b) == Yes) {
				t.Errorf("%v and %v is %v", a, b, a.And(b))
			}
		}
	}
}

// completions of a Partly: every set between Yes and Yes plus Maybe.
func completions(p Partly, universe uint32) []Set {
	var all []Set
	for bits := range 1 << universe {
		s := subset(bits, universe)
		if p.Yes.Minus(s).Empty() && s.Minus(p.Possible()).Empty() {
			all = append(all, s)
		}
	}
	return all
}

func subset(bits int, universe uint32) Set {
	var b Builder
	for i := range universe {
		if bits>>i&1 == 1 {
			b.Add(i)
		}
	}
	return b.Set()
}

// The algebra of partly known sets says exactly what holds for every way of
// filling in what is not known.
func TestPartlyIsExact(t *testing.T) {
	const universe = 4
	gen := rapid.Custom(func(rt *rapid.T) Partly {
		yes := subset(rapid.IntRange(0, 15).Draw(rt, "yes"), universe)
		return Partly{Yes: yes, Maybe: subset(rapid.IntRange(0, 15).Draw(rt, "maybe"), universe).Minus(yes)}
	})
	ops := []struct {
		name   string
		partly func(a, b Partly) Partly
		set    func(a, b Set) Set
	}{
		{"or", Partly.Or, Set.Or}, {"and", Partly.And, Set.And}, {"minus", Partly.Minus, Set.Minus},
	}
	for _, op := range ops {
		t.Run(op.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				a, b := gen.Draw(rt, "a"), gen.Draw(rt, "b")
				got := op.partly(a, b)
				always, ever := SetRange(universe), Set{}
				for _, x := range completions(a, universe) {
					for _, y := range completions(b, universe) {
						s := op.set(x, y)
						always, ever = always.And(s), ever.Or(s)
					}
				}
				if !got.Yes.Equal(always) || !got.Possible().Equal(ever) || !got.Yes.And(got.Maybe).Empty() {
					rt.Fatalf("got yes %v maybe %v, want always %v ever %v", list(got.Yes), list(got.Maybe), list(always), list(ever))
				}
			})
		})
	}
}

func list(s Set) []uint32 { return slices.Collect(s.All()) }

func TestSetsAreValues(t *testing.T) {
	a, b := SetOf(1, 2, 3), SetOf(3, 4)
	_, _, _ = a.Or(b), a.And(b), a.Minus(b)
	if !slices.Equal(list(a), []uint32{1, 2, 3}) || !slices.Equal(list(b), []uint32{3, 4}) {
		t.Errorf("an operand changed: %v %v", list(a), list(b))
	}
	var zero Set
	if zero.Count() != 0 || !zero.Or(a).Equal(a) || !a.Minus(zero).Equal(a) || zero.Has(1) || !zero.Equal(Set{}) {
		t.Error("the zero set is not empty")
	}
}

func TestParseDoc(t *testing.T) {
	const good = "# Title\n\n## Risk\nr\n\n## Why\nw\n\nw2\n\n## Fix\nf\n\n## Verify\nv\n\n## References\n- K: Some page,\n  2026-01-01 <https://example.com/a>\n- L: Another\n"
	d, err := ParseDoc(good)
	if err != nil {
		t.Fatal(err)
	}
	if d.Title != "Title" || d.Why != "w\n\nw2" || len(d.References) != 2 {
		t.Errorf("got %+v", d)
	}
	if r := d.References[0]; r.Key != "K" || r.Text != "Some page, 2026-01-01" || r.URL != "https://example.com/a" {
		t.Errorf("got %+v", r)
	}
	for name, bad := range map[string]string{
		"no-title": "Risk", "unknown-section": good + "\n## Nonsense\nx\n", "no-verify": good[:40],
		"bad-reference": "# T\n## Risk\nr\n## Why\nw\n## Fix\nf\n## Verify\nv\n## References\n- nothing\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseDoc(bad); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestPhrases(t *testing.T) {
	for want, got := range map[string]string{
		"1 person": PeoplePhrase(1), "0 people": PeoplePhrase(0), "1,234,567 people": PeoplePhrase(1234567),
		"999 people have": PeopleDo(999, "has", "have"), "1 person has": PeopleDo(1, "has", "have"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSeverities(t *testing.T) {
	for _, s := range Severities() {
		if got, err := ParseSeverity(s.String()); err != nil || got != s {
			t.Errorf("%v: %v %v", s, got, err)
		}
	}
	if _, err := ParseSeverity("never"); err == nil {
		t.Error("never is no severity")
	}
}

func FuzzParseDoc(f *testing.F) {
	f.Add("# T\n## Risk\nr\n## Why\nw\n## Fix\nf\n## Verify\nv\n## References\n- K: x <u>\n")
	f.Add("# T\n## Controls\n- \n")
	f.Fuzz(func(_ *testing.T, text string) { _, _ = ParseDoc(text) })
}
