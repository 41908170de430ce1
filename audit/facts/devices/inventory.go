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
	unowned                             bool // compliant, and it is not told whose it is
	id                                  string
	owners                              []uint32
}

// of reads a row of the directory.
func (b *builder) of(v *entra.Device) device {
	d := device{
		os:       OSOf(v.OperatingSystem),
		disabled: v.AccountEnabled != nil && !*v.AccountEnabled, compliant: v.IsCompliant != nil && *v.IsCompliant,
		hybrid: strings.EqualFold(v.TrustType, "ServerAd"),
	}
	d.joined = d.hybrid || strings.EqualFold(v.TrustType, "AzureAd")
	d.able, _ = capable(d.os, v.OperatingSystemVersion)
	d.unowned = d.compliant && v.RegisteredOwners == nil && v.RegisteredUsers == nil
	if d.unowned || !b.directory {
		d.id = strings.ToLower(v.DeviceID)
	}
	for _, list := range [][]entra.DirectoryObject{v.RegisteredOwners, v.RegisteredUsers} {
		for i := range list {
			if n, known := b.dir.Ordinal(list[i].ID); known && !slices.Contains(d.owners, n) {
				d.owners = append(d.owners, n)
			}
		}
	}
	return d
}

// managed reads a row of Intune.
func (b *builder) managed(v *entra.ManagedDevice) device {
	d := device{intune: true, os: OSOf(v.OperatingSystem), compliant: strings.EqualFold(v.ComplianceState, "compliant"), id: strings.ToLower(v.AzureADDeviceID)}
	d.able, _ = capable(d.os, v.OSVersion)
	if n, known := b.dir.Ordinal(v.UserID); known {
		d.owners = []uint32{n}
	}
	return d
}

func derive(ctx context.Context, p *audit.Pass) (*Owned, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	b := newBuilder(dir)
	b.directory = p.Status(snapshot.Devices).WholeInView()
	// Devices that Intune's rows may say more about: all where the directory was not
	// read in full, else those of which it does not say whose they are.
	byID := map[string]device{}
	for d, err := range audit.Mapped(ctx, p, snapshot.Devices, func() func(*entra.Device) device { return b.of }) {
		if err != nil {
			return nil, err
		}
		if d.id != "" {
			byID[d.id] = d
		}
		b.add(&d)
	}
	unowned := map[string]bool{}
	for id, d := range byID {
		if d.unowned {
			unowned[id] = true
		}
	}
	for d, err := range audit.Mapped(ctx, p, snapshot.ManagedDevices, func() func(*entra.ManagedDevice) device { return b.managed }) {
		if err != nil {
			return nil, err
		}
		// What Conditional Access sees is the directory's device.
		known, found := byID[d.id]
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
	managed := p.Status(snapshot.ManagedDevices)
	owned.Complete = !owned.Ownerless && p.Status(snapshot.Devices).WholeInView() && (managed.WholeInView() || managed.State == snapshot.Unlicensed)
	return owned, nil
}

type builder struct {
	dir                             *population.Directory
	has, intune, compliant, capable map[OS]*audit.Builder
	hybrid, joined                  audit.Builder
	directory                       bool // the directory's devices were read in full
	nameless                        bool // a compliant device says neither whose nor which it is
}

func newBuilder(dir *population.Directory) *builder {
	b := &builder{dir: dir, has: map[OS]*audit.Builder{}, intune: map[OS]*audit.Builder{}, compliant: map[OS]*audit.Builder{}, capable: map[OS]*audit.Builder{}}
	for _, os := range Systems {
		b.has[os], b.intune[os], b.compliant[os], b.capable[os] = &audit.Builder{}, &audit.Builder{}, &audit.Builder{}, &audit.Builder{}
	}
	return b
}

func (b *builder) add(d *device) {
	b.nameless = b.nameless || d.unowned && d.id == ""
	if d.os == "" || d.disabled {
		return
	}
	for _, n := range d.owners {
		b.has[d.os].Add(n)
		if d.intune {
			b.intune[d.os].Add(n)
		}
		if d.compliant {
			b.compliant[d.os].Add(n)
		}
		if d.hybrid && d.os == Windows {
			b.hybrid.Add(n)
		}
		if d.joined && d.os == Windows {
			b.joined.Add(n)
		}
		if d.able && d.os.Phone() {
			b.capable[d.os].Add(n)
		}
	}
}

func (b *builder) finish() *Owned {
	o := &Owned{Of: map[OS]audit.Set{}, Managed: map[OS]audit.Set{}, Compliant: map[OS]audit.Set{}, CapablePhone: map[OS]audit.Set{}, Hybrid: b.hybrid.Set(), Joined: b.joined.Set()}
	for _, os := range Systems {
		o.Of[os], o.Managed[os], o.Compliant[os], o.CapablePhone[os] = b.has[os].Set(), b.intune[os].Set(), b.compliant[os].Set(), b.capable[os].Set()
	}
	return o
}
