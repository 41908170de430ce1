package audit

// Tri is a three-valued answer. The zero value is Unsure: what nobody established
// is not known.
type Tri int

const (
	Unsure Tri = iota
	No
	Yes
)

func (t Tri) String() string { return [...]string{"unknown", "no", "yes"}[t] }

// TriOf makes a certain answer.
func TriOf(b bool) Tri {
	if b {
		return Yes
	}
	return No
}

// Not is the opposite answer; Unsure stays so.
func (t Tri) Not() Tri {
	switch t {
	case Yes:
		return No
	case No:
		return Yes
	default:
		return Unsure
	}
}

// And is Yes if both are, No if either is.
func (t Tri) And(u Tri) Tri {
	switch {
	case t == No || u == No:
		return No
	case t == Yes && u == Yes:
		return Yes
	default:
		return Unsure
	}
}

// Or is Yes if either is, No if both are.
func (t Tri) Or(u Tri) Tri { return t.Not().And(u.Not()).Not() }
