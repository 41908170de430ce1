package tenantgen

import "encoding/hex"

// trait keeps the draws about one thing apart from those about others.
type trait uint64

const (
	ofID trait = iota + 1
	ofKind
	ofDepartment
	ofCountry
	ofLevel
	ofName
	ofState
	ofWave
	ofKit
	ofMethod
	ofGroup
	ofRole
	ofDevice
	ofPolicy
	ofTime
	ofEvent
)

// mix is the finalizer of splitmix64: every bit of x changes half of the result's.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// draw is a number that follows from the seed, the trait and the place, and looks
// random: there is no generator whose state the order of calls could change.
func (t *tenant) draw(what trait, place ...uint64) uint64 {
	x := mix(t.Seed ^ mix(uint64(what)))
	for _, p := range place {
		x = mix(x ^ mix(p))
	}
	return x
}

// below turns a draw into a number from 0 to n-1.
func below(n int, draw uint64) int { return int(draw % uint64(n)) }

// guid is an id of version 4.
func (t *tenant) guid(what trait, place ...uint64) string {
	var b [16]byte
	x := t.draw(what, place...)
	y := mix(x)
	for i := range 8 {
		b[i], b[8+i] = byte(x>>(8*i)), byte(y>>(8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	var s [36]byte
	hex.Encode(s[:8], b[:4])
	hex.Encode(s[9:13], b[4:6])
	hex.Encode(s[14:18], b[6:8])
	hex.Encode(s[19:23], b[8:10])
	hex.Encode(s[24:], b[10:])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// weighted is a choice among things of different frequency.
type weighted struct {
	upTo  []int // running sums of the weights
	total int
}

func weigh(weights ...int) weighted {
	var w weighted
	for _, n := range weights {
		w.total += n
		w.upTo = append(w.upTo, w.total)
	}
	return w
}

// pick gives the place of the choice.
func (w weighted) pick(draw uint64) int {
	n := below(w.total, draw)
	for i, upTo := range w.upTo {
		if n < upTo {
			return i
		}
	}
	return len(w.upTo) - 1
}
