package devices

import (
	"context"
	"slices"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Inventory is the fact that lists whose devices are in evidence.
var Inventory = &audit.Fact[*Owned]{
	Name: "devices.Inventory",
	Doc:  "which people have which kinds of computers and phones in the directory or in Intune, and what policies see of them",
	// Nothing follows from a device that was not read: who judges by it asks Complete.
	Reads:  []audit.Read{{Section: snapshot.Devices, Gap: audit.Refines}, {Section: snapshot.ManagedDevices, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: derive,
}

// Owned is who has what.
type Owned struct {
	// Of are the people with a device of an operating system.
	Of map[OS]audit.Set
	// Managed are those of them with one that Intune lists.
	Managed map[OS]audit.Set
	// Compliant are the people with a device of an operating system that is
	// registered and that Entra, or where the directory was not read Intune, calls
	// compliant.
	Compliant map[OS]audit.Set
	// Hybrid are the people with a Windows device joined to Active Directory and
	// known to Entra.
	Hybrid audit.Set
	// Joined are the people with a Windows computer that is joined to Entra, alone or
	// beside Active Directory: one on which Windows Hello for Business can be set up.
	Joined audit.Set
	// CapablePhone are the people with a phone whose system is new enough for a
	// passkey in Authenticator, by its system.
	CapablePhone map[OS]audit.Set
	// Ownerless is true where some compliant device does not say whose it is.
	Ownerless bool
	// Complete is true where both sections were read in full, and every compliant
	// device says whose it is; a tenant without Intune has no managed devices. Otherwise
	// somebody may have a device that is not listed.
	Complete bool
}

// device is what a row says of one device.
type device struct {
	os                                  OS
	compliant, hybrid, joined, disabled bool
	able                                bool // a phone that can keep a passkey in Authenticator
	intune                              bool
	unowned                             bool   // compliant, and it is not told whose it is
	id                                  string // where it matters which device it is
	owners                              owners
}

// owners are accounts; a device has one or two, so that few need a list.
type owners struct {
	first [2]uint32
	count int
	more  []uint32
}

func (o *owners) add(n uint32) {
	switch {
	case slices.Contains(o.first[:min(o.count, len(o.first))], n) || slices.Contains(o.more, n):
		return
	case o.count < len(o.first):
		o.first[o.count] = n
	default:
		o.more = append(o.more, n)
	}
	o.count++
}

// reader reads a run of rows of which few name a system that those before did not.
type reader struct {
	*builder
	systems map[string]OS
}

func (b *builder) reader() *reader { return &reader{b, map[string]OS{}} }

func (r *reader) os(text string) OS {
	os, known := r.systems[text]
	if !known {
		os = OSOf(text)
		r.systems[strings.Clone(text)] = os
	}
	return os
}

// of reads a row of the directory.
func (r *reader) of(v *entra.Device) device {
	d := device{
		os:       r.os(v.OperatingSystem),
		disabled: v.AccountEnabled != nil && !*v.AccountEnabled, compliant: v.IsCompliant != nil && *v.IsCompliant,
		hybrid: strings.EqualFold(v.TrustType, "ServerAd"),
	}
	d.joined = d.hybrid || strings.EqualFold(v.TrustType, "AzureAd")
	d.able, _ = capable(d.os, v.OperatingSystemVersion)
	d.unowned = d.compliant && v.RegisteredOwners == nil && v.RegisteredUsers == nil
	if d.unowned || !r.directory {
		d.id = strings.Clone(strings.ToLower(v.DeviceID))
	}
	last := "" // mostly the user is the owner
	for _, list := range [...][]entra.DirectoryObject{v.RegisteredOwners, v.RegisteredUsers} {
		for i := range list {
			if list[i].ID == last {
				continue
			}
			last = list[i].ID
			if n, known := r.dir.Ordinal(last); known {
				d.owners.add(n)
			}
		}
	}
	return d
}

// managed reads a row of Intune, after those of the directory.
func (r *reader) managed(v *entra.ManagedDevice) device {
	d := device{intune: true, os: r.os(v.OperatingSystem), compliant: strings.EqualFold(v.ComplianceState, "compliant")}
	if id := strings.ToLower(v.AzureADDeviceID); len(r.byID) > 0 && id != "" {
		if _, matters := r.byID[id]; matters {
			d.id = strings.Clone(id)
		}
	}
	d.able, _ = capable(d.os, v.OSVersion)
	if n, known := r.dir.Ordinal(v.UserID); known {
		d.owners.add(n)
	}
	return d
}

func derive(ctx context.Context, p *audit.Pass) (*Owned, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	b := newBuilder(dir)
	b.directory = p.Status(snapshot.Devices).State == snapshot.Complete
	for d, err := range audit.Folded(ctx, p, snapshot.Devices, func() func(*entra.Device) device { return b.reader().of }) {
		if err != nil {
			return nil, err
		}
		if d.id != "" {
			b.byID[d.id] = d
		}
		b.add(&d)
	}
	unowned := map[string]bool{}
	for id, d := range b.byID {
		if d.unowned {
			unowned[id] = true
		}
	}
	for d, err := range audit.Folded(ctx, p, snapshot.ManagedDevices, func() func(*entra.ManagedDevice) device { return b.reader().managed }) {
		if err != nil {
			return nil, err
		}
		// What Conditional Access sees is the directory's device.
		known, found := b.byID[d.id]
		switch {
		case found && d.id != "":
			d.compliant, d.hybrid, d.joined, d.disabled = known.compliant, known.hybrid, known.joined, known.disabled
			delete(unowned, d.id)
		case b.directory:
			d.compliant = false // seen already, if it is in the directory
		}
		b.add(&d)
	}
	owned := b.finish()
	owned.Ownerless = len(unowned) > 0 || b.nameless
	// Without Intune there are no managed devices, which is an answer too.
	managed := p.Status(snapshot.ManagedDevices).State
	owned.Complete = !owned.Ownerless && p.Status(snapshot.Devices).State == snapshot.Complete && (managed == snapshot.Complete || managed == snapshot.Unlicensed)
	return owned, nil
}

// builder notes for every account what it has, as marks.
type builder struct {
	dir       *population.Directory
	marks     []mark
	directory bool // the directory's devices were read in full
	nameless  bool // a compliant device says neither whose nor which it is
	// byID are devices that Intune's rows may say more about: all where the directory
	// was not read in full, else those of which it does not say whose they are.
	byID map[string]device
}

// mark has a bit for each thing that an account can have: four for every system, then
// two for Windows computers.
type mark uint32

const (
	markHas = iota
	markIntune
	markCompliant
	markCapable
	marksOfSystem

	markHybrid mark = 1 << (marksOfSystem * len(Systems))
	markJoined mark = 1 << (marksOfSystem*len(Systems) + 1)
)

func markOf(system, what int) mark { return 1 << (marksOfSystem*system + what) }

func newBuilder(dir *population.Directory) *builder {
	return &builder{dir: dir, marks: make([]mark, dir.All.Count()), byID: map[string]device{}}
}

func (b *builder) add(d *device) {
	b.nameless = b.nameless || d.unowned && d.id == ""
	system := slices.Index(Systems[:], d.os)
	if system < 0 || d.disabled {
		return
	}
	m := markOf(system, markHas)
	if d.intune {
		m |= markOf(system, markIntune)
	}
	if d.compliant {
		m |= markOf(system, markCompliant)
	}
	if d.hybrid && d.os == Windows {
		m |= markHybrid
	}
	if d.joined && d.os == Windows {
		m |= markJoined
	}
	if d.able && d.os.Phone() {
		m |= markOf(system, markCapable)
	}
	for _, n := range d.owners.first[:min(d.owners.count, len(d.owners.first))] {
		b.marks[n] |= m
	}
	for _, n := range d.owners.more {
		b.marks[n] |= m
	}
}

func (b *builder) finish() *Owned {
	o := &Owned{
		Of: map[OS]audit.Set{}, Managed: map[OS]audit.Set{}, Compliant: map[OS]audit.Set{}, CapablePhone: map[OS]audit.Set{},
		Hybrid: b.marked(markHybrid), Joined: b.marked(markJoined),
	}
	for i, os := range Systems {
		o.Of[os], o.Managed[os] = b.marked(markOf(i, markHas)), b.marked(markOf(i, markIntune))
		o.Compliant[os], o.CapablePhone[os] = b.marked(markOf(i, markCompliant)), b.marked(markOf(i, markCapable))
	}
	b.marks, b.byID = nil, nil
	return o
}

// marked are the accounts with a mark.
func (b *builder) marked(m mark) audit.Set {
	return audit.SetWhere(len(b.marks), func(n uint32) bool { return b.marks[n]&m != 0 })
}
