package collect

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// idKey is an object id in sixteen bytes: a GUID as it is, anything else by its
// hash.
type idKey [16]byte

// keyOf makes a key of an id, whatever its letter case.
func keyOf(id string) idKey {
	if k, ok := parseGUID(id); ok {
		return k
	}
	sum := sha256.Sum256([]byte(strings.ToLower(id)))
	return idKey(sum[:16])
}

func parseGUID(s string) (k idKey, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return k, false
	}
	var plain [32]byte
	n := 0
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
		default:
			plain[n] = s[i]
			n++
		}
	}
	_, err := hex.Decode(k[:], plain[:])
	return k, err == nil
}

func formatGUID(k idKey) string {
	h := hex.EncodeToString(k[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// idSet is a set of ids.
type idSet map[idKey]struct{}

// add tells whether the id is new.
func (s idSet) add(id string) bool {
	k := keyOf(id)
	if _, there := s[k]; there {
		return false
	}
	s[k] = struct{}{}
	return true
}

func (s idSet) has(id string) bool {
	_, there := s[keyOf(id)]
	return there
}

// accounts are the users that were read, in their order.
type accounts struct {
	keys []idKey
	// odd holds the ids that a key does not give back letter for letter.
	odd map[int]string
	// ordinary marks enabled members, whom the registration report should list.
	ordinary []bool
}

func (a *accounts) add(id string, ordinary bool) {
	k := keyOf(id)
	if formatGUID(k) != id {
		if a.odd == nil {
			a.odd = map[int]string{}
		}
		a.odd[len(a.keys)] = id
	}
	a.keys = append(a.keys, k)
	a.ordinary = append(a.ordinary, ordinary)
}

func (a *accounts) len() int { return len(a.keys) }

func (a *accounts) id(i int) string {
	if id, odd := a.odd[i]; odd {
		return id
	}
	return formatGUID(a.keys[i])
}
