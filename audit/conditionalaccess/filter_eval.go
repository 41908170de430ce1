package conditionalaccess

import (
	"slices"
	"strings"

	"passkeyaudit/audit/tri"
)

// Match tells whether the rule is true of the device.
//
// A certain answer is right whatever the unknown attributes turn out to be. The
// reverse holds for rules that name each property once and neither extension
// attributes nor null: there Unsure means that both answers are possible. A rule that names a property twice is taken
// comparison by comparison, so that
//
//	device.model -eq "a" -or device.model -ne "a"
//
// is Unsure if the model is unknown, although it could not be false. This keeps
// the answer explainable: it is Unsure because of the comparisons that are.
//
// If it is not known whether the device is registered, both cases are looked at,
// and the answer is certain if they agree.
func (f *Filter) Match(d Device) tri.Value {
	switch d.Registered() {
	case tri.Yes:
		return f.matchRegistered(&d)
	case tri.No:
		return f.root.match(&filterView{})
	default:
		return agreed(f.matchRegistered(&d), f.root.match(&filterView{}))
	}
}

func (f *Filter) matchRegistered(d *Device) tri.Value {
	v := filterView{device: d}
	if f.extension {
		v.extensions = d.extensionsReadable()
	}
	return f.root.match(&v)
}

// filterView is a device as a filter sees it.
type filterView struct {
	device     *Device   // nil if unregistered: every attribute is null
	extensions tri.Value // whether extension attributes can be read; else they are null
}

func (n *filterNode) match(v *filterView) tri.Value {
	switch n.kind {
	case nodeNot:
		return n.parts[0].match(v).Not()
	case nodeAnd:
		answer := tri.Yes
		for i := range n.parts {
			if answer = answer.And(n.parts[i].match(v)); answer == tri.No {
				break
			}
		}
		return answer
	case nodeOr:
		answer := tri.No
		for i := range n.parts {
			if answer = answer.Or(n.parts[i].match(v)); answer == tri.Yes {
				break
			}
		}
		return answer
	default:
		return n.compare(v)
	}
}

func (n *filterNode) compare(v *filterView) tri.Value {
	if v.device == nil {
		return n.onNull()
	}
	h := v.device.find(n.property)
	if n.property.extension() {
		switch v.extensions {
		case tri.No:
			return n.onNull()
		case tri.Unsure:
			return agreed(n.on(h), n.onNull())
		}
	}
	return n.on(h)
}

// on compares with what is held of the property, nil if nothing is.
func (n *filterNode) on(h *heldAttr) tri.Value {
	switch h.state() {
	case attrNull:
		return n.onNull()
	case attrValue:
		return tri.Of(n.onValue(h) != n.op.negative())
	default:
		return tri.Unsure
	}
}

// onNull is the answer if the attribute is null: No to positive operators, Yes to
// negative ones [DEV].
//
// Comparing null with null is not certain: DEV says that -eq is false and -ne true
// of every attribute of an unregistered device, DYN that -eq null finds what is
// null and -ne null what is not.
func (n *filterNode) onNull() tri.Value {
	if n.null {
		return tri.Unsure
	}
	return tri.Of(n.op.negative())
}

// onValue compares by the positive counterpart of the operator. -contains looks for
// a part of a string, but for a whole element of a collection [DEV].
func (n *filterNode) onValue(h *heldAttr) bool {
	if n.null {
		return false
	}
	if n.property.collection() {
		return slices.Contains(h.foldedList, n.folded[0])
	}
	switch n.op.positive() {
	case opStartsWith:
		return strings.HasPrefix(h.folded, n.folded[0])
	case opEndsWith:
		return strings.HasSuffix(h.folded, n.folded[0])
	case opContains:
		return strings.Contains(h.folded, n.folded[0])
	default: // -eq and -in
		return slices.Contains(n.folded, h.folded)
	}
}

// agreed is the answer of both, if it is one.
func agreed(a, b tri.Value) tri.Value {
	if a == b {
		return a
	}
	return tri.Unsure
}
