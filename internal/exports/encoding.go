package exports

import (
	"bytes"
	"encoding/binary"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText turns the bytes of a file into UTF-8. Windows PowerShell writes
// UTF-16 with a byte order mark, or UTF-8 with one; without a mark a NUL beside
// the first character gives UTF-16 away, because JSON begins with ASCII.
func decodeText(data []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); ok {
		data = rest
	} else if rest, ok := bytes.CutPrefix(data, []byte("\xff\xfe")); ok {
		return decodeWide(rest, binary.LittleEndian)
	} else if rest, ok := bytes.CutPrefix(data, []byte("\xfe\xff")); ok {
		return decodeWide(rest, binary.BigEndian)
	} else if len(data) > 1 && data[0] != 0 && data[1] == 0 {
		return decodeWide(data, binary.LittleEndian)
	} else if len(data) > 1 && data[0] == 0 && data[1] != 0 {
		return decodeWide(data, binary.BigEndian)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("not text: neither UTF-8 nor UTF-16")
	}
	return data, nil
}

func decodeWide(data []byte, order binary.ByteOrder) ([]byte, error) {
	if len(data)%2 != 0 {
		return nil, errors.New("not text: UTF-16 that is cut off in the middle of a character")
	}
	text := make([]byte, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) {
			if i+3 >= len(data) {
				return nil, errors.New("not text: UTF-16 with half a character")
			}
			r = utf16.DecodeRune(r, rune(order.Uint16(data[i+2:])))
			if r == utf8.RuneError {
				return nil, errors.New("not text: UTF-16 with half a character")
			}
			i += 2
		}
		text = utf8.AppendRune(text, r)
	}
	return text, nil
}
