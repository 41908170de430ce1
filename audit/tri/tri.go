// Package tri holds answers of three values: yes, no, and not known.
package tri

// Value is a three-valued answer. The zero value is Unsure: what nobody
// established is not known.
type Value uint8

const (
	Unsure Value = iota
	No
	Yes
)

func (v Value) String() string { return [...]string{"unknown", "no", "yes"}[v] }

// Of makes a certain answer.
func Of(b bool) Value {
	if b {
		return Yes
	}
	return No
}

// Not is the opposite answer; Unsure stays so.
func (v Value) Not() Value {
	switch v {
	case Yes:
		return No
	case No:
		return Yes
	default:
		return Unsure
	}
}

// And is Yes if both are, No if either is.
func (v Value) And(w Value) Value {
	switch {
	case v == No || w == No:
		return No
	case v == Yes && w == Yes:
		return Yes
	default:
		return Unsure
	}
}

// Or is Yes if either is, No if both are.
func (v Value) Or(w Value) Value { return v.Not().And(w.Not()).Not() }
