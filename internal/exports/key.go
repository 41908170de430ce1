package exports

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"passkeyaudit/audit/snapshot"
	"regexp"
	"slices"
	"strings"
)

// keyName is the member that identifies an object of the kind.
func (k *kind) keyName() string {
	if k.key != "" {
		return k.key
	}
	if k == methodConfiguration {
		return "id"
	}
	spec, _ := snapshot.Spec(k.section)
	return spec.Key
}

func (r *reading) key(v *value, k *kind) string { return v.get(k.keyName()).text() }

// giveID makes an id for a policy that was exported without one, so that it can be
// pointed at: a GUID of version 8 from the policy's name, the same in every import.
func (r *reading) giveID(v *value) bool {
	name := v.get("displayName").text()
	if name == "" {
		return false
	}
	h := sha256.Sum256([]byte("passkeyaudit import\nconditionalAccessPolicies\n" + name))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	id := quoted(fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16]))
	r.normaliser.count[changedIDs]++
	for i := range v.members {
		if v.members[i].name == "id" {
			v.members[i].value = id
			return true
		}
	}
	v.members = slices.Insert(v.members, 0, member{"id", id})
	return true
}

// contentDigest is the same for objects that say the same: the order of members and
// what Graph annotates for navigation do not count.
func contentDigest(v *value) [sha256.Size]byte {
	return sha256.Sum256([]byte(canonical(v.withoutAnnotations())))
}

var guidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)

func isGUID(text string) bool { return guidPattern.MatchString(text) }

// compareKeys orders rows by key, then by where they came from.
func compareKeys(a, b *row) int {
	return cmp.Or(strings.Compare(strings.ToLower(a.key), strings.ToLower(b.key)), strings.Compare(a.file, b.file), strings.Compare(a.pointer, b.pointer))
}
