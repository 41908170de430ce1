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

// device is what the two sections say of one device.
type device struct {
	os                OS
	version           string
	compliant, hybrid audit.Tri
	joined            bool
	disabled          bool
	unowned           bool
	managed           bool
	owners            []string
}

func derive(ctx context.Context, p *audit.Pass) (*Owned, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	b := newBuilder(dir)
	byID := map[string]*device{}
	for o, err := range audit.Objects[entra.Device](ctx, p, snapshot.Devices) {
		if err != nil {
			return nil, err
		}
		v := &o.Value
		d := &device{
			os: OSOf(v.OperatingSystem), version: v.OperatingSystemVersion, disabled: v.AccountEnabled != nil && !*v.AccountEnabled,
			hybrid: audit.TriOf(strings.EqualFold(v.TrustType, "ServerAd")), compliant: audit.No,
			joined: strings.EqualFold(v.TrustType, "AzureAd") || strings.EqualFold(v.TrustType, "ServerAd"),
		}
		if v.IsCompliant != nil {
			d.compliant = audit.TriOf(*v.IsCompliant)
		}
		for _, r := range slices.Concat(v.RegisteredOwners, v.RegisteredUsers) {
			d.owners = append(d.owners, r.ID)
		}
		if d.compliant == audit.Yes && v.RegisteredOwners == nil && v.RegisteredUsers == nil {
			b.unowned++
			d.unowned = true
		}
		if v.DeviceID != "" {
			byID[strings.ToLower(v.DeviceID)] = d
		}
		b.add(d)
	}
	for o, err := range audit.Objects[entra.ManagedDevice](ctx, p, snapshot.ManagedDevices) {
		if err != nil {
			return nil, err
		}
		v := &o.Value
		d := &device{
			os: OSOf(v.OperatingSystem), version: v.OSVersion, owners: []string{v.UserID}, managed: true,
			compliant: audit.TriOf(strings.EqualFold(v.ComplianceState, "compliant")), hybrid: audit.No,
		}
		// What Conditional Access sees is the directory's device.
		if known := byID[strings.ToLower(v.AzureADDeviceID)]; known != nil && v.AzureADDeviceID != "" {
			if known.unowned {
				b.unowned--
				known.unowned = false
			}
			d.compliant, d.hybrid, d.joined, d.disabled = known.compliant, known.hybrid, known.joined, known.disabled
		} else if p.Status(snapshot.Devices).State == snapshot.Complete {
			d.compliant = audit.No
		}
		b.add(d)
	}
	owned := b.finish()
	owned.Ownerless = b.unowned > 0
	// Without Intune there are no managed devices, which is an answer too.
	managed := p.Status(snapshot.ManagedDevices).State
	owned.Complete = b.unowned == 0 && p.Status(snapshot.Devices).State == snapshot.Complete && (managed == snapshot.Complete || managed == snapshot.Unlicensed)
	return owned, nil
}

type builder struct {
	dir                    *population.Directory
	of, compliant, capable map[OS]*audit.Builder
	managed                map[OS]*audit.Builder
	hybrid, joined         audit.Builder
	unowned                int
}

func newBuilder(dir *population.Directory) *builder {
	b := &builder{dir: dir, of: map[OS]*audit.Builder{}, compliant: map[OS]*audit.Builder{}, capable: map[OS]*audit.Builder{}, managed: map[OS]*audit.Builder{}}
	for _, os := range Systems {
		b.of[os], b.compliant[os], b.capable[os], b.managed[os] = &audit.Builder{}, &audit.Builder{}, &audit.Builder{}, &audit.Builder{}
	}
	return b
}

func (b *builder) add(d *device) {
	if d.os == "" || d.disabled {
		return
	}
	for _, id := range d.owners {
		n, known := b.dir.Ordinal(id)
		if !known {
			continue
		}
		b.of[d.os].Add(n)
		if d.managed {
			b.managed[d.os].Add(n)
		}
		if d.compliant == audit.Yes {
			b.compliant[d.os].Add(n)
		}
		if d.hybrid == audit.Yes && d.os == Windows {
			b.hybrid.Add(n)
		}
		if d.joined && d.os == Windows {
			b.joined.Add(n)
		}
		if able, _ := capable(d.os, d.version); able && d.os.Phone() {
			b.capable[d.os].Add(n)
		}
	}
}

func (b *builder) finish() *Owned {
	o := &Owned{Of: map[OS]audit.Set{}, Managed: map[OS]audit.Set{}, Compliant: map[OS]audit.Set{}, CapablePhone: map[OS]audit.Set{}, Hybrid: b.hybrid.Set(), Joined: b.joined.Set()}
	for _, os := range Systems {
		o.Of[os], o.Managed[os], o.Compliant[os], o.CapablePhone[os] = b.of[os].Set(), b.managed[os].Set(), b.compliant[os].Set(), b.capable[os].Set()
	}
	return o
}
