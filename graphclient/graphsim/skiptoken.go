package graphsim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
)

// position is where a page starts.
type position struct {
	row int
	// hop tells the next page apart from an empty page before it at the same row.
	hop byte
	// lap tells pages apart that begin at the same row again.
	lap int
}

const macSize = 12

// tokenFor makes the $skiptoken of a position. It is bound to the request it
// continues, but to nothing that changes when the simulator is started again.
func (c *call) tokenFor(p position) string {
	b := binary.AppendUvarint([]byte{p.hop}, uint64(p.row))
	if p.lap > 0 {
		b = binary.AppendUvarint(b, uint64(p.lap))
	}
	return base64.RawURLEncoding.EncodeToString(append(c.mac(b), b...))
}

// positionOf reads a token. ok is false for one that was made for another
// request, or not by tokenFor.
func (c *call) positionOf(token string) (p position, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < macSize+2 || !hmac.Equal(b[:macSize], c.mac(b[macSize:])) {
		return position{}, false
	}
	row, n := binary.Uvarint(b[macSize+1:])
	if n <= 0 || row > 1<<40 {
		return position{}, false
	}
	p = position{row: int(row), hop: b[macSize]}
	if rest := b[macSize+1+n:]; len(rest) > 0 {
		lap, n := binary.Uvarint(rest)
		if n != len(rest) || lap > 1<<40 {
			return position{}, false
		}
		p.lap = int(lap)
	}
	// Base64 and varints have several spellings; only tokenFor's own is taken.
	return p, c.tokenFor(p) == token
}

func (c *call) mac(b []byte) []byte {
	var pairs []string
	for name, value := range queryPairs(c.rawQuery) {
		if !strings.EqualFold(name, "$skiptoken") {
			pairs = append(pairs, strings.ToLower(name)+"="+value)
		}
	}
	slices.Sort(pairs)
	h := hmac.New(sha256.New, c.server.tokenKey)
	h.Write([]byte(strings.ToLower(c.path) + "?" + strings.Join(pairs, "&") + "\x00"))
	h.Write(b)
	return h.Sum(nil)[:macSize]
}

// nextLink is the address of the page at p: the request's own with another token.
func (c *call) nextLink(p position) string {
	var kept []string
	for part := range strings.SplitSeq(c.rawQuery, "&") {
		for name := range queryPairs(part) {
			if !strings.EqualFold(name, "$skiptoken") {
				kept = append(kept, part)
			}
		}
	}
	return c.origin + c.path + "?" + strings.Join(append(kept, "$skiptoken="+c.tokenFor(p)), "&")
}
