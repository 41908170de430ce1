package devices

import (
	"context"
	"slices"

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
	// CompliantFit are those of Compliant with such a phone or tablet of their own that no
	// row of it puts below what a passkey in Authenticator takes.
	CompliantFit map[OS]audit.Set
	// CompliantJoined and CompliantHybrid are the people with a compliant Windows computer
	// that is joined to Entra alone, or to Active Directory as well.
	CompliantJoined, CompliantHybrid audit.Set
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

	// whose has the rows' owners by section; none where a row of it could not be read.
	whose map[snapshot.SectionID]*whose
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
	b := newBuilder(dir.All.Count())
	whole := p.Status(snapshot.Devices).WholeInView()
	// Devices that Intune's rows may say more about: all where the directory was not
	// read in full, else those of which it does not say whose they are or how old.
	byID := map[string]row{}
	listed, managed := &whose{}, &whose{}
	for d, err := range audit.Folded(ctx, p, snapshot.Devices, func() func(*entra.Device) row { return newReader(dir, whole, p.Now()).device }) {
		if err != nil {
			return nil, err
		}
		if d.id != "" {
			byID[d.id] = d
		}
		listed.add(&d)
		b.add(&d)
	}
	for d, err := range audit.Folded(ctx, p, snapshot.ManagedDevices, func() func(*entra.ManagedDevice) row { return newReader(dir, whole, p.Now()).managed }) {
		if err != nil {
			return nil, err
		}
		managed.add(&d)
		// What Conditional Access sees is the directory's device.
		known, found := byID[d.id]
		switch {
		case found && d.id != "":
			d.is = d.is&^(compliant|disabled) | known.is&(compliant|disabled|shared)
			d.trust = known.trust
			if d.owners.count == 0 {
				d.owners = known.owners
			}
			delete(byID, d.id)
		case whole:
			d.is &^= compliant // seen already, if it is in the directory
		}
		b.add(&d)
	}
	ownerless := b.nameless
	for _, d := range byID {
		ownerless = ownerless || d.is.has(unowned|compliant)
		b.left(&d)
	}
	o := b.finish()
	o.Ownerless = ownerless
	o.whose = map[snapshot.SectionID]*whose{}
	for section, w := range map[snapshot.SectionID]*whose{snapshot.Devices: listed, snapshot.ManagedDevices: managed} {
		if p.Status(section).Unreadable == 0 {
			o.whose[section] = w
		}
	}
	// Without Intune there are no managed devices, which is an answer too.
	intune := p.Status(snapshot.ManagedDevices)
	o.Complete = !o.Ownerless && p.Status(snapshot.Devices).WholeInView() && (intune.WholeInView() || intune.State == snapshot.Unlicensed)
	return o, nil
}

// builder notes for every account what it has, as marks.
type builder struct {
	marks []mark
	// oldUnowned and nameless are about devices that are nobody's.
	oldUnowned int
	nameless   bool // a compliant device says neither whose nor which it is
}

// mark has a bit for each thing that an account can have: some for every system, then
// those of one system.
type mark uint64

const (
	markHas = iota
	markIntune
	markListed
	markCompliant
	markCapable
	markOld
	markUntold
	markFit
	marksOfSystem
)

const (
	markHybrid mark = 1 << (marksOfSystem*len(Systems) + iota)
	markJoined
	markOldWindows
	markUntoldWindows
	markWorkProfile
	markBeside
	markCompliantJoined
	markCompliantHybrid
)

func markOf(system, what int) mark { return 1 << (marksOfSystem*system + what) }

func newBuilder(accounts int) *builder { return &builder{marks: make([]mark, accounts)} }

func (b *builder) give(d *row, m mark) {
	for n := range d.owners.all() {
		b.marks[n] |= m
	}
}

func (b *builder) add(d *row) {
	b.nameless = b.nameless || d.is.has(unowned|compliant) && d.id == ""
	system := slices.Index(Systems[:], d.os)
	if system < 0 || d.is.has(disabled) {
		return
	}
	m := markOf(system, markHas)
	if d.is.has(fromIntune) {
		m |= markOf(system, markIntune)
	} else {
		m |= markOf(system, markListed)
	}
	if d.is.has(compliant) {
		m |= markOf(system, markCompliant)
	}
	switch {
	case d.os == Windows:
		m |= computer(d)
	case d.os.Phone():
		m |= phone(d, system)
	}
	b.give(d, m)
}

func computer(d *row) (m mark) {
	if d.trust == Hybrid {
		m |= markHybrid
	}
	switch {
	case !d.is.has(compliant):
	case d.trust == Hybrid:
		m |= markCompliantHybrid
	case d.trust == Joined:
		m |= markCompliantJoined
	}
	if d.trust >= Joined {
		m |= markJoined
	}
	if d.below() && !d.is.has(shared) && !d.is.has(idle) {
		m |= markOldWindows
	}
	return m
}

func phone(d *row, system int) (m mark) {
	if d.is.has(inWorkProfile) {
		m |= markWorkProfile
	}
	if d.is.has(beside) {
		m |= markBeside
	}
	if d.form == Appliance || d.is.has(shared) {
		return m
	}
	level := PhoneLevel(d.os, d.version)
	if d.is.has(compliant) && level != LevelBelow {
		m |= markOf(system, markFit)
	}
	switch {
	case level == LevelEnough:
		m |= markOf(system, markCapable)
	case d.form == Tablet, d.is.has(idle):
	case level == LevelUntold:
		m |= markOf(system, markUntold)
	default:
		m |= markOf(system, markOld)
	}
	return m
}

// left notes a device that Intune said nothing about.
func (b *builder) left(d *row) {
	if d.os != Windows || d.trust < Joined || d.is.has(shared) || d.is.has(disabled) {
		return
	}
	switch WindowsLevel(d.trust, d.version) {
	case LevelUntold:
		b.give(d, markUntoldWindows)
	case LevelBelow:
		if d.is.has(unowned) && !d.is.has(idle) {
			b.oldUnowned++
		}
	}
}

func (b *builder) finish() *Owned {
	o := &Owned{
		Of: map[OS]audit.Set{}, Managed: map[OS]audit.Set{}, Listed: map[OS]audit.Set{}, Compliant: map[OS]audit.Set{},
		CapablePhone: map[OS]audit.Set{}, OldPhone: map[OS]audit.Set{}, UntoldPhone: map[OS]audit.Set{}, CompliantFit: map[OS]audit.Set{},
		CompliantJoined: b.marked(markCompliantJoined), CompliantHybrid: b.marked(markCompliantHybrid),
		Hybrid: b.marked(markHybrid), Joined: b.marked(markJoined), OldWindows: b.marked(markOldWindows), UntoldWindows: b.marked(markUntoldWindows),
		WorkProfile: b.marked(markWorkProfile), BesideProfile: b.marked(markBeside), OldUnowned: b.oldUnowned,
	}
	for i, os := range Systems {
		o.Of[os], o.Managed[os], o.Listed[os] = b.marked(markOf(i, markHas)), b.marked(markOf(i, markIntune)), b.marked(markOf(i, markListed))
		o.Compliant[os], o.CapablePhone[os] = b.marked(markOf(i, markCompliant)), b.marked(markOf(i, markCapable))
		o.CompliantFit[os] = b.marked(markOf(i, markFit))
		o.OldPhone[os], o.UntoldPhone[os] = b.marked(markOf(i, markOld)), b.marked(markOf(i, markUntold))
	}
	b.marks = nil
	return o
}

// marked are the accounts with a mark.
func (b *builder) marked(m mark) audit.Set {
	return audit.SetWhere(len(b.marks), func(n uint32) bool { return b.marks[n]&m != 0 })
}
