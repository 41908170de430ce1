package entra

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
	"unsafe"
)

// Plain reads rows that are written plainly, several times as fast as Decode: names
// and texts without escapes, no name twice, every modelled member of its type. It
// says no to all others, and to all that is not JSON, and those are for Decode, which
// then has the last word. So a row reads the same either way; a fuzz test holds that.
//
// A Plain remembers texts that many rows have, and is for one goroutine.
type Plain struct {
	// Borrow lets texts that few rows share be parts of the row that is decoded. They
	// are good as long as its memory is.
	Borrow bool

	text  []byte
	at    int
	names []span // of the objects being read, for finding a name given twice
	cache [256]string

	// learned are the names of a row that was read in full. Most rows have the same in the
	// same order: then names are compared with these, and neither read nor looked for
	// among those before them.
	learned []learnedName
	step    int // in learned; after the first name that differs it is behind its end
	mode    learning
	missed  int // rows that differed since
}

// learnedName is a name with all that stands around it: after a comma, unless it is
// the first of its object, and before its colon.
type learnedName struct {
	text  []byte
	begun bool // it is not the first of its object
	depth int  // how many names the objects around have by then: with begun it tells objects apart
}

type learning uint8

const (
	comparing learning = iota
	learningNames
)

const (
	// mostLearned bounds what is remembered of a row.
	mostLearned = 1 << 10
	// relearnAfter is after how many rows that differ another one is remembered.
	relearnAfter = 16
)

// span is a part of the text.
type span struct{ from, to int }

// plainly is implemented by what Plain can read. The value may have been used before:
// lists in it are used again.
type plainly interface {
	decodePlain(p *Plain) bool
}

// Decode reads a row into v. false means that it could not, and that v holds
// anything.
func (p *Plain) Decode(raw Raw, v any) bool {
	of, can := v.(plainly)
	if !can {
		return false
	}
	p.text, p.at, p.names, p.step, p.mode = raw, 0, p.names[:0], 0, comparing
	if len(p.learned) == 0 || p.missed == relearnAfter {
		p.learned, p.missed, p.mode = p.learned[:0], 0, learningNames
	}
	if !of.decodePlain(p) {
		p.learned = p.learned[:0]
		return false
	}
	p.space()
	return p.at == len(p.text)
}

// asLearned takes the next name if it is the one that was learned. No name before it in
// its object is the same, as none was in the row it was learned from: up to here all
// names were, and all objects began where they did there.
func (p *Plain) asLearned(o *plainObject) (name []byte, is bool) {
	if p.step >= len(p.learned) || p.mode == learningNames {
		return nil, false
	}
	l := &p.learned[p.step]
	if end := p.at + len(l.text); l.begun != o.begun || l.depth != o.first || end > len(p.text) || string(p.text[p.at:end]) != string(l.text) {
		return nil, false
	}
	from := p.at + 1
	if o.begun {
		from++
	}
	p.at += len(l.text)
	p.step++
	o.begun = true
	s := span{from, p.at - 2}
	p.names = append(p.names, s)
	return p.text[s.from:s.to], true
}

// learn notes a name that was read in the long way.
func (p *Plain) learn(o *plainObject, begun bool, name []byte) {
	switch {
	case p.mode == comparing:
		if p.step < len(p.learned) {
			p.missed++
		}
		p.step = mostLearned
	case p.step < mostLearned:
		if n := len(p.learned); n < cap(p.learned) {
			p.learned = p.learned[:n+1] // with room from a name that is forgotten
		} else {
			p.learned = append(p.learned, learnedName{})
		}
		l := &p.learned[p.step]
		l.begun, l.depth, l.text = begun, o.first, l.text[:0]
		if begun {
			l.text = append(l.text, ',')
		}
		l.text = append(append(append(l.text, '"'), name...), '"', ':')
		p.step++
	}
}

// maxPlainDepth is far below the depth that Decode refuses.
const maxPlainDepth = 64

func (p *Plain) space() {
	for p.at < len(p.text) && p.text[p.at] <= ' ' {
		switch p.text[p.at] {
		case ' ', '\t', '\r', '\n':
			p.at++
		default:
			return
		}
	}
}

// peek is the next character that is not space, 0 at the end.
func (p *Plain) peek() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *Plain) take(c byte) bool {
	if !p.is(c) && p.peek() != c {
		return false
	}
	p.at++
	return true
}

func (p *Plain) word(w string) bool {
	if p.at+len(w) > len(p.text) || string(p.text[p.at:p.at+len(w)]) != w {
		return false
	}
	p.at += len(w)
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// quoted reads a text in quotes and gives what is between them.
func (p *Plain) quoted() (s span, ok bool) {
	if p.is('"') {
		p.at++
	} else if !p.take('"') {
		return s, false
	}
	from := p.at
	for p.at+8 <= len(p.text) {
		w := binary.LittleEndian.Uint64(p.text[p.at:])
		quote, slash := w^'"'*ones, w^'\\'*ones
		// The lowest bit that is set marks the first quote, backslash, control
		// character or byte that is not ASCII; there may be wrong ones above it.
		found := ((w-' '*ones)&^w | (quote-ones)&^quote | (slash-ones)&^slash | w) & highs
		if found != 0 {
			p.at += bits.TrailingZeros64(found) / 8
			break
		}
		p.at += 8
	}
	ascii := true
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			s = span{from, p.at}
			p.at++
			return s, ascii || utf8.Valid(p.text[s.from:s.to])
		case c == '\\' || c < ' ':
			return s, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return s, false
}

// plainObject is an object being read.
type plainObject struct {
	first   int    // in names
	seen    uint64 // bits of the names so far; two names may share one
	counted int    // names that have their bit there
	begun   bool
}

func (p *Plain) begin() (o plainObject, ok bool) {
	return plainObject{first: len(p.names)}, len(p.names) < 1<<12 && p.take('{')
}

// next reads the name of the next member. more is false at the object's end.
func (p *Plain) next(o *plainObject) (name []byte, more, ok bool) {
	if name, is := p.asLearned(o); is {
		return name, true, true
	}
	if p.take('}') {
		p.names = p.names[:o.first]
		return nil, false, true
	}
	begun := o.begun
	if begun && !p.take(',') {
		return nil, false, false
	}
	o.begun = true
	s, ok := p.quoted()
	if !ok || !p.take(':') {
		return nil, false, false
	}
	name = p.text[s.from:s.to]
	// Names before this one may have been taken as learned, without their bits.
	for _, other := range p.names[o.first+o.counted:] {
		o.seen |= nameBit(p.text[other.from:other.to])
	}
	bit := nameBit(name)
	if o.seen&bit != 0 {
		for _, other := range p.names[o.first:] {
			if string(p.text[other.from:other.to]) == string(name) {
				return nil, false, false
			}
		}
	}
	o.seen |= bit
	p.names = append(p.names, s)
	o.counted = len(p.names) - o.first
	p.learn(o, begun, name)
	return name, true, true
}

func nameBit(name []byte) uint64 {
	if len(name) < 2 {
		return 1 << (len(name) & 63)
	}
	return 1 << ((uint(len(name)) + 5*uint(name[0]) + 11*uint(name[len(name)-1]) + 3*uint(name[len(name)/2])) & 63)
}

// skip passes over any value.
func (p *Plain) skip(depth int) bool {
	switch c := p.peek(); {
	case c == '"':
		_, ok := p.quoted()
		return ok
	case c == '{':
		o, ok := p.begin()
		for ok && depth < maxPlainDepth {
			_, more, good := p.next(&o)
			if !good || !more {
				return good
			}
			ok = p.skip(depth + 1)
		}
		return false
	case c == '[':
		p.at++
		for i := 0; depth < maxPlainDepth; i++ {
			if p.take(']') {
				return true
			}
			if i > 0 && !p.take(',') || !p.skip(depth+1) {
				return false
			}
		}
		return false
	case c == 't':
		return p.word("true")
	case c == 'f':
		return p.word("false")
	case c == 'n':
		return p.word("null")
	default:
		return p.number()
	}
}

func (p *Plain) digits() bool {
	from := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	return p.at > from
}

func (p *Plain) is(c byte) bool { return p.at < len(p.text) && p.text[p.at] == c }

func (p *Plain) number() bool {
	if p.is('-') {
		p.at++
	}
	if p.is('0') {
		p.at++
	} else if !p.digits() {
		return false
	}
	if p.is('.') {
		p.at++
		if !p.digits() {
			return false
		}
	}
	if p.is('e') || p.is('E') {
		p.at++
		if p.is('+') || p.is('-') {
			p.at++
		}
		return p.digits()
	}
	return true
}

// textOf reads a text or null, which is the empty text. shared is for texts that many
// rows have.
func (p *Plain) textOf(v *string, shared bool) bool {
	if !p.is('"') && p.peek() == 'n' {
		*v = ""
		return p.word("null")
	}
	s, ok := p.quoted()
	if !ok {
		return false
	}
	text := p.text[s.from:s.to]
	if !shared || len(text) == 0 {
		*v = p.own(text)
		return true
	}
	if len(text) > 64 {
		*v = string(text)
		return true
	}
	slot := &p.cache[byte(len(text)*31+int(text[0])*7+int(text[len(text)-1])*13+int(text[len(text)/2])*3)]
	if *slot != string(text) {
		*slot = string(text)
	}
	*v = *slot
	return true
}

// own makes a text of a part of the row: a copy, or the part itself where that is asked.
func (p *Plain) own(text []byte) string {
	if p.Borrow && len(text) > 0 {
		return unsafe.String(&text[0], len(text))
	}
	return string(text)
}

// flags are what all flags point at; nobody changes what a row points at.
var flags = [...]bool{false, true}

// flagOf reads true, false or null.
func (p *Plain) flagOf(v **bool) bool {
	switch p.peek() {
	case 't':
		*v = &flags[1]
		return p.word("true")
	case 'f':
		*v = &flags[0]
		return p.word("false")
	default:
		*v = nil
		return p.word("null")
	}
}

// countOf reads a whole number of a few digits or null.
func (p *Plain) countOf(v **int) bool {
	if p.peek() == 'n' {
		*v = nil
		return p.word("null")
	}
	from := p.at
	if !p.digits() || p.at-from > 9 || p.text[from] == '0' && p.at-from > 1 {
		return false
	}
	n := 0
	for _, c := range p.text[from:p.at] {
		n = 10*n + int(c-'0')
	}
	*v = &n
	return true
}

// listOf reads a list or null, which is no list.
func listOf[T any](p *Plain, v *[]T, element func(*T) bool) bool {
	if p.peek() == 'n' {
		*v = nil
		return p.word("null")
	}
	if !p.take('[') {
		return false
	}
	list := (*v)[:0]
	if list == nil {
		list = []T{}
	}
	for more := !p.take(']'); more; {
		var none T
		list = append(list, none)
		if !element(&list[len(list)-1]) {
			return false
		}
		if more = p.take(','); !more && !p.take(']') {
			return false
		}
	}
	*v = list
	return true
}

// members reads an object; member reads the value of one.
func (p *Plain) members(member func(name []byte) bool) bool {
	o, ok := p.begin()
	if !ok {
		return false
	}
	for {
		name, more, ok := p.next(&o)
		if !ok || !more {
			return ok
		}
		if !member(name) {
			return false
		}
	}
}
