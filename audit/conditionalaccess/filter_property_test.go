package conditionalaccess

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"passkeyaudit/audit/tri"
)

// attrUniverse holds every value that the attributes of the tests below may take besides
// null. Collections are written with commas.
var attrUniverse = map[string][]string{
	"isCompliant":         {"True", "False"},
	"trustType":           {"AzureAD", "ServerAD"},
	"mdmAppId":            {intuneAppID},
	"model":               {"ab", "B"},
	"extensionAttribute1": {"SAW", "saws"},
	"systemLabels":        {"a", "a,bb"},
}

// fullDevice is a device of which all is known; a property that is missing is null.
type fullDevice map[string]string

// ruleHolds decides a rule by the words of the documentation, without the matcher.
func ruleHolds(n *filterNode, d fullDevice) bool {
	switch n.kind {
	case nodeNot:
		return !ruleHolds(&n.parts[0], d)
	case nodeAnd:
		return !slices.ContainsFunc(n.parts, func(p filterNode) bool { return !ruleHolds(&p, d) })
	case nodeOr:
		return slices.ContainsFunc(n.parts, func(p filterNode) bool { return ruleHolds(&p, d) })
	}
	value, ok := d[n.property.String()]
	if n.property.extension() && d["isCompliant"] != "True" && d["trustType"] != "ServerAD" && d["mdmAppId"] != intuneAppID {
		ok = false
	}
	have := strings.ToLower(value)
	some := func(test func(want string) bool) bool {
		return ok && slices.ContainsFunc(n.values, func(v string) bool { return test(strings.ToLower(v)) })
	}
	switch n.op {
	case opEq, opIn:
		return some(func(w string) bool { return have == w })
	case opNe, opNotIn:
		return !some(func(w string) bool { return have == w })
	case opStartsWith:
		return some(func(w string) bool { return strings.HasPrefix(have, w) })
	case opNotStartsWith:
		return !some(func(w string) bool { return strings.HasPrefix(have, w) })
	case opEndsWith:
		return some(func(w string) bool { return strings.HasSuffix(have, w) })
	case opNotEndsWith:
		return !some(func(w string) bool { return strings.HasSuffix(have, w) })
	}
	contains := some(func(w string) bool {
		if n.property.collection() {
			return slices.Contains(strings.Split(have, ","), w)
		}
		return strings.Contains(have, w)
	})
	return contains == (n.op == opContains)
}

// drawRule draws a rule over the properties given. If once, none is named twice:
// the names are taken out of the slice.
func drawRule(t *rapid.T, names *[]string, once bool, depth int) string {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 || len(*names) == 1 {
		kind = 5
	}
	switch kind {
	case 0:
		return "-not (" + drawRule(t, names, once, depth-1) + ")"
	case 1, 2, 3:
		rule := "(" + drawRule(t, names, once, depth-1)
		for range rapid.IntRange(1, 2).Draw(t, "more") {
			if len(*names) > 0 {
				rule += rapid.SampledFrom([]string{" -and ", " -or ", ") -and (", ") -or ("}).Draw(t, "join") + drawRule(t, names, once, depth-1)
			}
		}
		return rule + ")"
	}
	i := rapid.IntRange(0, len(*names)-1).Draw(t, "property")
	name := (*names)[i]
	if once {
		*names = slices.Delete(slices.Clone(*names), i, i+1)
	}
	op := rapid.SampledFrom(filterOpNames[:]).Draw(t, "operator")
	values := attrUniverse[name]
	if name == "systemLabels" {
		op = rapid.SampledFrom([]string{"-contains", "-notContains"}).Draw(t, "operator")
		values = []string{"a", "bb"}
	}
	value := `"` + rapid.SampledFrom(values).Draw(t, "value") + `"`
	if strings.EqualFold(op, "-in") || strings.EqualFold(op, "-notIn") {
		value = "[" + value + "]"
	}
	return "device." + name + " " + op + " " + value
}

// drawDevice draws a device of which some is unknown, and every completion of it.
func drawDevice(t *rapid.T) (Device, []fullDevice) {
	completions := []fullDevice{{}}
	d := rapid.SampledFrom([]Device{NewDevice(), NewDevice(), {}, Unregistered()}).Draw(t, "registered")
	if d.registered == tri.No {
		return d, completions
	}
	for _, name := range slices.Sorted(maps.Keys(attrUniverse)) {
		values := attrUniverse[name]
		choices := append([]string{"?", "null"}, values...)
		choice := rapid.SampledFrom(choices).Draw(t, name)
		var err error
		switch {
		case choice == "?":
		case choice == "null" && name == "systemLabels":
			d, err = d.WithList(name, nil)
		case choice == "null":
			d, err = d.With(name, Null())
		case name == "systemLabels":
			d, err = d.WithList(name, strings.Split(choice, ","))
		default:
			d, err = d.With(name, Text(choice))
		}
		if err != nil {
			t.Fatal(err)
		}
		var next []fullDevice
		for _, c := range completions {
			for _, value := range choices[1:] {
				if choice != "?" && choice != value {
					continue
				}
				full := fullDevice{}
				for k, v := range c {
					full[k] = v
				}
				if value != "null" {
					full[name] = value
				}
				next = append(next, full)
			}
		}
		completions = next
	}
	if d.Registered() == tri.Unsure {
		completions = append(completions, fullDevice{}) // unregistered
	}
	return d, completions
}

// ruleOutcomes are whether the rule can be true and whether it can be false.
func ruleOutcomes(f *Filter, completions []fullDevice) (canHold, canFail bool) {
	for _, c := range completions {
		if ruleHolds(&f.root, c) {
			canHold = true
		} else {
			canFail = true
		}
	}
	return canHold, canFail
}

// A certain answer holds for every completion of what is unknown.
func TestMatchIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := slices.Sorted(maps.Keys(attrUniverse))
		rule := drawRule(t, &names, false, 3)
		f, err := ParseFilter(rule)
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		d, completions := drawDevice(t)
		canHold, canFail := ruleOutcomes(f, completions)
		if got := f.Match(d); got == tri.Yes && canFail || got == tri.No && canHold || len(completions) == 1 && got == tri.Unsure {
			t.Fatalf("%s: %v, but it can be true: %v, false: %v", rule, got, canHold, canFail)
		}
	})
}

// A rule that names each property once and no extension attribute is also decided
// whenever it can be.
func TestMatchIsCompleteIfPropertiesOccurOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(attrUniverse)), func(n string) bool { return n == "extensionAttribute1" })
		rule := drawRule(t, &names, true, 3)
		f, err := ParseFilter(rule)
		if err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		d, completions := drawDevice(t)
		canHold, canFail := ruleOutcomes(f, completions)
		if got := f.Match(d); (got == tri.Unsure) != (canHold && canFail) {
			t.Fatalf("%s: %v, but it can be true: %v, false: %v", rule, got, canHold, canFail)
		}
	})
}

func TestFilterRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := slices.Sorted(maps.Keys(attrUniverse))
		rule := drawRule(t, &names, false, 3)
		text := rapid.String().Draw(t, "text")
		rule += ` -or device.displayName -contains ` + quoteFilterValue(text)
		root, fault := parseRule(rule)
		if fault != nil {
			t.Fatalf("%s: %v", rule, fault)
		}
		f := &Filter{root: root}
		again, fault := parseRule(f.String())
		if fault != nil || !reflect.DeepEqual(root, again) {
			t.Fatalf("%s became %s: %v", rule, f, fault)
		}
	})
}

// Folding makes equal just what strings.EqualFold does.
func TestFoldCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringOfN(rapid.SampledFrom([]rune("aAkK\u212asSſßüÜ東σςΣ1")), 0, 3, -1)
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		if got, want := foldCase(a) == foldCase(b), strings.EqualFold(a, b); got != want {
			t.Fatalf("%q %q: %v", a, b, got)
		}
	})
}

func FuzzParseFilter(f *testing.F) {
	for _, rule := range realFilterRules {
		f.Add(rule)
	}
	for _, rule := range []string{"", "(", "device.model -in [", "-not -not device.model eq `", "device.model -eq “a”", "device.model -ne $null"} {
		f.Add(rule)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		filter, err := ParseFilter(rule)
		if err != nil {
			if fault := err.(*FilterError); fault.Offset < 0 || fault.Offset > len(rule) || fault.Column < 1 || fault.Problem == "" {
				t.Errorf("%+v", fault)
			}
			return
		}
		again, fault := parseRule(filter.String())
		if fault != nil || !reflect.DeepEqual(filter.root, again) {
			t.Errorf("%q became %s: %v", rule, filter, fault)
		}
	})
}

// FuzzMatchFilter looks at devices that know more and more: a certain answer stays.
func FuzzMatchFilter(f *testing.F) {
	for _, rule := range realFilterRules {
		f.Add(rule, "ServerAD", "True", "SAW")
	}
	f.Add(`device.trustType -eq null -or device.model -ne null`, "", "", "")
	f.Fuzz(func(t *testing.T, rule, trust, compliant, extension string) {
		filter, err := ParseFilter(rule)
		if err != nil {
			return
		}
		var d Device
		before := filter.Match(d)
		for _, a := range []struct{ name, value string }{{"trustType", trust}, {"isCompliant", compliant}, {"extensionAttribute1", extension}, {"model", extension}} {
			more, err := d.With(a.name, Text(a.value))
			if err != nil {
				continue
			}
			d = more
			after := filter.Match(d)
			if before != tri.Unsure && after != before {
				t.Errorf("%s: %v, then %v", rule, before, after)
			}
			before = after
		}
		if got := filter.Match(Unregistered()); !strings.Contains(strings.ToLower(rule), "null") && got == tri.Unsure {
			t.Errorf("%s: unsure of an unregistered device", rule)
		}
	})
}
