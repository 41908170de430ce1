package devices

import "passkeyaudit/audit"

// whose says of each row of a section whose device it is, so that whoever wants to know
// more of a few people's devices has only their rows decoded. Rows are numbered as they
// were read. It errs on the side of reading a row.
type whose struct {
	owners []uint32
	// devices has a hash of the id that both sections call the device; of Intune only,
	// whose rows belong to those whom the directory names, too.
	devices []uint32
}

const (
	nobodys  = 1<<32 - 1
	severals = 1<<32 - 2
)

func (w *whose) add(d *row) {
	owner := uint32(nobodys)
	switch {
	case d.owners.count == 1:
		owner = d.owners.first[0]
	case d.owners.count > 1:
		owner = severals
	}
	w.owners = append(w.owners, owner)
	if d.is.has(fromIntune) {
		w.devices = append(w.devices, hashOf(d.id))
	}
}

// of tells of a row's number whether it may be about some people, or about devices that
// have the hashes.
func (w *whose) of(people audit.Set, devices map[uint32]bool) func(row int) bool {
	return func(row int) bool {
		if row >= len(w.owners) { // not the section that was read
			return true
		}
		owner := w.owners[row]
		return owner == severals || owner != nobodys && people.Has(owner) || w.devices != nil && devices[w.devices[row]]
	}
}

// hashOf is FNV-1a.
func hashOf(id string) uint32 {
	h := uint32(2166136261)
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * 16777619
	}
	return h
}
