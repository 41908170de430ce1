package conditionalaccess

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type filterTokenKind uint8

const (
	tokenEnd    filterTokenKind = iota
	tokenWord                   // a property, an operator or a bare value
	tokenQuoted                 // text is what stands between the quotes
	tokenMark                   // one of ( ) [ ] ,
)

type filterToken struct {
	kind   filterTokenKind
	text   string
	offset int
}

func (t filterToken) is(mark string) bool { return t.kind == tokenMark && t.text == mark }

// keyword tells whether the token is -and, -or or -not, with or without hyphen.
func (t filterToken) keyword(word string) bool {
	return t.kind == tokenWord && strings.EqualFold(strings.TrimPrefix(t.text, "-"), word)
}

// String is the token as an error message names it.
func (t filterToken) String() string {
	if t.kind == tokenEnd {
		return "the end of the rule"
	}
	return fmt.Sprintf("%q", t.text)
}

type filterLexer struct {
	rule string
	at   int
}

func (l *filterLexer) next() (filterToken, *FilterError) {
	for l.at < len(l.rule) {
		r, size := utf8.DecodeRuneInString(l.rule[l.at:])
		if !unicode.IsSpace(r) {
			break
		}
		l.at += size
	}
	start := l.at
	if start == len(l.rule) {
		return filterToken{kind: tokenEnd, offset: start}, nil
	}
	switch c := l.rule[start]; c {
	case '(', ')', '[', ']', ',':
		l.at++
		return filterToken{kind: tokenMark, text: l.rule[start:l.at], offset: start}, nil
	case '"', '\'':
		return l.quoted(c)
	default:
		return l.word()
	}
}

// quoted reads a string in quotes of either kind. A backtick before a quote makes
// it part of the string [DYN], and before a backtick too, so that every string can
// be written; elsewhere it stands for itself.
func (l *filterLexer) quoted(quote byte) (filterToken, *FilterError) {
	start := l.at
	var b strings.Builder
	for i := start + 1; i < len(l.rule); i++ {
		switch c := l.rule[i]; {
		case c == quote:
			l.at = i + 1
			return filterToken{kind: tokenQuoted, text: b.String(), offset: start}, nil
		case c == '`' && i+1 < len(l.rule) && strings.IndexByte("`\"'", l.rule[i+1]) >= 0:
			i++
			b.WriteByte(l.rule[i])
		default:
			b.WriteByte(c)
		}
	}
	return filterToken{}, newFilterError(l.rule, start, "this quote is not closed")
}

// word reads up to a space, a mark or a quote. What word processors put for quotes
// and hyphens is an error: it is not known what Entra takes it for.
func (l *filterLexer) word() (filterToken, *FilterError) {
	start := l.at
	for i, r := range l.rule[start:] {
		if unicode.IsSpace(r) || strings.ContainsRune("()[],\"'", r) {
			break
		}
		if i == 0 && strings.ContainsRune("–—−", r) {
			return filterToken{}, newFilterError(l.rule, start, "this is a dash, not the hyphen of an operator")
		}
		if strings.ContainsRune("“”„‘’‚", r) {
			return filterToken{}, newFilterError(l.rule, start+i, "this is a typographic quote, not a straight one")
		}
		l.at = start + i + utf8.RuneLen(r)
	}
	return filterToken{kind: tokenWord, text: l.rule[start:l.at], offset: start}, nil
}
