package devices

import (
	"context"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Inventory is the fact that lists whose devices are in evidence.
var Inventory = &audit.Fact[*Owned]{
	Name: "devices.Inventory",
	Doc:  "which people have which kinds of computers and phones in the directory or in Intune, how old they are, and what policies see of them",
	// Nothing follows from a device that was not read: who judges by it asks Complete.
	Reads:  []audit.Read{{Section: snapshot.Devices, Gap: audit.Refines}, {Section: snapshot.ManagedDevices, Gap: audit.Refines}},
	Facts:  []audit.AnyFact{population.Users},
	Derive: derive,
}

// Owned is who has what, as sets: of a million people nothing else is kept. What is
// told of one person's devices is for RecordsOf.
type Owned struct {
	// Of are the people with a device of an operating system.
	Of map[OS]audit.Set
	// Managed are those of them with one that Intune lists.
	Managed map[OS]audit.Set
	// Listed are those of them with one that the directory lists.
	Listed map[OS]audit.Set
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
	// CapablePhone are the people with a phone or tablet whose system is new enough for
	// a passkey in Authenticator, by its system. How long it has been silent plays no
	// part: it is there.
	CapablePhone map[OS]audit.Set
	// OldPhone are the people with a phone in use that some row puts below that; what
	// else they have plays no part. Tablets, shared devices and those that have been
	// silent for 90 days are not counted.
	OldPhone map[OS]audit.Set
	// UntoldPhone are the people with such a phone of which a row tells no version.
	UntoldPhone map[OS]audit.Set
	// OldWindows are the people with a joined Windows computer in use that some row puts
	// below the least for its kind of join.
	OldWindows audit.Set
	// UntoldWindows are the people with a joined Windows computer whose build is told
	// nowhere.
	UntoldWindows audit.Set
	// OldUnowned counts joined Windows computers below the least of which it is not told
	// whose they are.
	OldUnowned int
	// WorkProfile are the people with an Android work profile, and BesideProfile those
	// with an Android registration outside of any.
	WorkProfile, BesideProfile audit.Set
	// Ownerless is true where some compliant device does not say whose it is.
	Ownerless bool
	// Complete is true where both sections were read in full, and every compliant
	// device says whose it is; a tenant without Intune has no managed devices. Otherwise
	// somebody may have a device that is not listed.
	Complete bool
}

// Evidence is the strongest evidence of an account's devices of a system.
func (o *Owned) Evidence(os OS, account uint32) Strength {
	switch {
	case o.Managed[os].Has(account):
		return ByIntune
	case o.Of[os].Has(account):
		return ByDirectory
	default:
		return NoEvidence
	}
}

func derive(ctx context.Context, p *audit.Pass) (*Owned, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	b := newBuilder()
	whole := p.Status(snapshot.Devices).State == snapshot.Complete
	// Devices that Intune's rows may say more about: all where the directory was not
	// read in full, else those of which it does not say whose they are or how old.
	byID := map[string]row{}
	for d, err := range audit.Mapped(ctx, p, snapshot.Devices, func() func(*entra.Device) row { return newReader(dir, whole, p.Now()).device }) {
		if err != nil {
			return nil, err
		}
		if d.id != "" {
			byID[d.id] = d
		}
		b.add(&d)
	}
	for d, err := range audit.Mapped(ctx, p, snapshot.ManagedDevices, func() func(*entra.ManagedDevice) row { return newReader(dir, whole, p.Now()).managed }) {
		if err != nil {
			return nil, err
		}
		// What Conditional Access sees is the directory's device.
		known, found := byID[d.id]
		switch {
		case found && d.id != "":
			d.is = d.is&^(compliant|disabled) | known.is&(compliant|disabled|shared)
			d.trust = known.trust
			if len(d.owners) == 0 {
				d.owners = known.owners
			}
			delete(byID, d.id)
		case whole:
			d.is &^= compliant // seen already, if it is in the directory
		}
		b.add(&d)
	}
	o := b.owned
	for _, d := range byID {
		o.Ownerless = o.Ownerless || d.is.has(unowned|compliant)
		b.left(&d)
	}
	b.finish()
	o.Ownerless = o.Ownerless || b.nameless
	// Without Intune there are no managed devices, which is an answer too.
	managed := p.Status(snapshot.ManagedDevices).State
	o.Complete = !o.Ownerless && p.Status(snapshot.Devices).State == snapshot.Complete && (managed == snapshot.Complete || managed == snapshot.Unlicensed)
	return o, nil
}

// builder collects Owned.
type builder struct {
	owned                                                       *Owned
	has, intune, listed, compliant, capable, old, untold        map[OS]*audit.Builder
	hybrid, joined, oldWindows, untoldWindows, profile, outside audit.Builder
	nameless                                                    bool // a compliant device says neither whose nor which it is
}

func newBuilder() *builder {
	b := &builder{owned: &Owned{}}
	for _, m := range []*map[OS]*audit.Builder{&b.has, &b.intune, &b.listed, &b.compliant, &b.capable, &b.old, &b.untold} {
		*m = map[OS]*audit.Builder{}
		for _, os := range Systems {
			(*m)[os] = &audit.Builder{}
		}
	}
	return b
}

func (b *builder) add(d *row) {
	b.nameless = b.nameless || d.is.has(unowned|compliant) && d.id == ""
	if d.os == "" || d.is.has(disabled) {
		return
	}
	for _, n := range d.owners {
		b.has[d.os].Add(n)
		if d.is.has(fromIntune) {
			b.intune[d.os].Add(n)
		} else {
			b.listed[d.os].Add(n)
		}
		if d.is.has(compliant) {
			b.compliant[d.os].Add(n)
		}
		switch {
		case d.os == Windows:
			b.computer(d, n)
		case d.os.Phone():
			b.phone(d, n)
		}
	}
}

func (b *builder) computer(d *row, n uint32) {
	if d.trust == Hybrid {
		b.hybrid.Add(n)
	}
	if d.trust >= Joined {
		b.joined.Add(n)
	}
	if d.below() && !d.is.has(shared) && !d.is.has(idle) {
		b.oldWindows.Add(n)
	}
}

func (b *builder) phone(d *row, n uint32) {
	if d.is.has(inWorkProfile) {
		b.profile.Add(n)
	}
	if d.is.has(beside) {
		b.outside.Add(n)
	}
	if d.form == Appliance || d.is.has(shared) {
		return
	}
	switch level := PhoneLevel(d.os, d.version); {
	case level == LevelEnough:
		b.capable[d.os].Add(n)
	case d.form == Tablet, d.is.has(idle):
	case level == LevelUntold:
		b.untold[d.os].Add(n)
	default:
		b.old[d.os].Add(n)
	}
}

// left notes a device that Intune said nothing about.
func (b *builder) left(d *row) {
	if d.os != Windows || d.trust < Joined || d.is.has(shared) || d.is.has(disabled) {
		return
	}
	switch WindowsLevel(d.trust, d.version) {
	case LevelUntold:
		for _, n := range d.owners {
			b.untoldWindows.Add(n)
		}
	case LevelBelow:
		if d.is.has(unowned) && !d.is.has(idle) {
			b.owned.OldUnowned++
		}
	}
}

func (b *builder) finish() {
	o := b.owned
	for _, s := range []struct {
		to   *map[OS]audit.Set
		from map[OS]*audit.Builder
	}{
		{&o.Of, b.has}, {&o.Managed, b.intune}, {&o.Listed, b.listed}, {&o.Compliant, b.compliant},
		{&o.CapablePhone, b.capable}, {&o.OldPhone, b.old}, {&o.UntoldPhone, b.untold},
	} {
		*s.to = map[OS]audit.Set{}
		for os, set := range s.from {
			(*s.to)[os] = set.Set()
		}
	}
	o.Hybrid, o.Joined, o.OldWindows, o.UntoldWindows = b.hybrid.Set(), b.joined.Set(), b.oldWindows.Set(), b.untoldWindows.Set()
	o.WorkProfile, o.BesideProfile = b.profile.Set(), b.outside.Set()
}
