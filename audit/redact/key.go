package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/netip"
	"strings"
)

// LeastKey is how long a key has to be, in bytes.
const LeastKey = 16

// secret makes pseudonyms. It is for one goroutine.
type secret struct {
	mac   hash.Hash
	addrs map[netip.Addr]netip.Addr
}

func newSecret(key []byte) (*secret, error) {
	if len(key) < LeastKey {
		return nil, errors.New("the key is too short: whoever can try all keys can undo the pseudonyms; it takes 16 bytes or more")
	}
	return &secret{mac: hmac.New(sha256.New, key), addrs: map[netip.Addr]netip.Addr{}}, nil
}

// sum is the keyed hash of a text in lower case, apart for each use.
func (s *secret) sum(use, text string) []byte {
	s.mac.Reset()
	s.mac.Write([]byte(use + "\x00" + strings.ToLower(text))) //nolint:errcheck // a hash never fails
	return s.mac.Sum(nil)
}

// word is a pseudonym of 13 letters and digits: of a million texts no two are the same.
func (s *secret) word(use, text string) string {
	return strings.ToLower(base32.StdEncoding.EncodeToString(s.sum(use, text))[:13])
}

// guid is a GUID in the place of another.
func (s *secret) guid(text string) string {
	b := s.sum("guid", text)
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: made up
	h := hex.EncodeToString(b[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

// keyID is the id of a passkey in the place of another. canonical is the id in the form
// in which methods and the audit log agree.
func (s *secret) keyID(canonical string) string {
	s.mac.Reset()
	s.mac.Write([]byte("key\x00" + canonical)) //nolint:errcheck // letter case counts
	return base64.StdEncoding.EncodeToString(s.mac.Sum(nil)[:24])
}

// digits are as many digits in the place of others.
func (s *secret) digits(text string) string {
	sum := s.sum("digits", text)
	out := make([]byte, len(text))
	for i := range out {
		out[i] = '0' + sum[i%len(sum)]%10
	}
	if out[0] == '0' {
		out[0] = '1'
	}
	return string(out)
}

// mostAddresses bounds the addresses that are remembered.
const mostAddresses = 1 << 16

// address maps an address so that two that share their first bits still share them.
func (s *secret) address(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if to, known := s.addrs[a]; known {
		return to
	}
	to := s.bits(a, a.BitLen())
	if len(s.addrs) < mostAddresses {
		s.addrs[a] = to
	}
	return to
}

// bits maps the first n bits of an address; the others are zero.
func (s *secret) bits(a netip.Addr, n int) netip.Addr {
	in := a.AsSlice()
	out := make([]byte, len(in))
	prefix := make([]byte, len(in)+2)
	prefix[0] = byte(len(in))
	for i := range n {
		// The bit is turned, or not, by the bits before it.
		prefix[1] = byte(i)
		s.mac.Reset()
		s.mac.Write([]byte("address\x00")) //nolint:errcheck
		s.mac.Write(prefix)                //nolint:errcheck
		turn := s.mac.Sum(nil)[0] & 1
		bit := in[i/8] >> (7 - i%8) & 1
		out[i/8] |= (bit ^ turn) << (7 - i%8)
		prefix[2+i/8] |= bit << (7 - i%8)
	}
	to, _ := netip.AddrFromSlice(out)
	return to
}

// network maps a range of addresses.
func (s *secret) network(p netip.Prefix) netip.Prefix {
	p = p.Masked()
	return netip.PrefixFrom(s.bits(p.Addr(), p.Bits()), p.Bits())
}
