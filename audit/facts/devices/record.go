package devices

import (
	"cmp"
	"context"
	"slices"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Record is one device, registered Authenticator or way of signing in of an account,
// as far as it is told. What directory and Intune say of one device is one record.
type Record struct {
	// By is the strongest evidence: that of the version where one is told. Section and
	// Key are its row; the pointers lead to the system, and to the version in it.
	By                            Strength
	Section                       snapshot.SectionID
	Key                           string
	SystemPointer, VersionPointer string

	OS      OS
	Version Version // of the system; of Authenticators known by themselves it is not told
	App     Version // of Authenticator
	Patch   string  // Android's security patch level, a day
	Trust   Trust
	Form    Form
	Ownership
	Enrolment
	// InWorkProfile: it is the work profile of an Android phone. Beside: it is an
	// Android registration outside of any.
	InWorkProfile, Beside bool
	// Shared: it is used by several people, or by nobody in particular; Idle: it has not
	// been seen for 90 days; Disabled: it is, in the directory.
	Shared, Idle, Disabled bool
	// Model and Name are what it calls itself; DeviceID is the id that all sections use.
	Model, Name, DeviceID string
	Last                  time.Time // when it was last seen; zero where that is not told
}

// Level is what its version comes to: of phones and tablets for a passkey in
// Authenticator, of Windows for its kind of join.
func (r *Record) Level() Level {
	if r.OS == Windows {
		return WindowsLevel(r.Trust, r.Version)
	}
	return PhoneLevel(r.OS, r.Version)
}

// RecordsOf puts together what some sections tell of the devices of some accounts,
// the strongest evidence first. It reads the sections, and keeps of them what is about
// these accounts only. The caller declares them.
func RecordsOf(ctx context.Context, p *audit.Pass, dir *population.Directory, people audit.Set, sections ...snapshot.SectionID) (map[uint32][]Record, error) {
	found := map[uint32][]Record{}
	if people.Empty() {
		return found, nil
	}
	g := gatherer{dir: dir, people: people, found: found, sharing: map[string][]uint32{}, read: newReader(dir, true, p.Now())}
	// The directory before Intune, whose rows complete its own.
	order := []snapshot.SectionID{snapshot.Devices, snapshot.ManagedDevices, snapshot.AuthenticationMethods, snapshot.SignIns}
	for _, section := range order {
		if !slices.Contains(sections, section) {
			continue
		}
		if err := g.section(ctx, p, section); err != nil {
			return nil, err
		}
	}
	for n := range found {
		slices.SortStableFunc(found[n], func(a, b Record) int {
			return cmp.Or(cmp.Compare(b.By, a.By), b.Last.Compare(a.Last), cmp.Compare(a.Key, b.Key), cmp.Compare(a.VersionPointer, b.VersionPointer))
		})
	}
	return found, nil
}

type gatherer struct {
	dir    *population.Directory
	people audit.Set
	found  map[uint32][]Record
	// sharing are the accounts that the directory names for a device.
	sharing map[string][]uint32
	read    *reader
}

func (g *gatherer) section(ctx context.Context, p *audit.Pass, section snapshot.SectionID) error {
	switch section {
	case snapshot.Devices:
		return each(ctx, p, section, g.device)
	case snapshot.ManagedDevices:
		return each(ctx, p, section, g.managed)
	case snapshot.AuthenticationMethods:
		return each(ctx, p, section, g.apps)
	default:
		return each(ctx, p, section, g.signIn)
	}
}

func each[T any](ctx context.Context, p *audit.Pass, section snapshot.SectionID, take func(*T)) error {
	for o, err := range audit.Objects[T](ctx, p, section) {
		if err != nil {
			return err
		}
		take(&o.Value)
	}
	return nil
}

func (g *gatherer) wanted(owners []uint32) bool {
	return slices.ContainsFunc(owners, g.people.Has)
}

func (g *gatherer) device(v *entra.Device) {
	d := g.read.device(v)
	if d.os == "" || !g.wanted(d.owners) {
		return
	}
	r := Record{
		By: ByDirectory, Section: snapshot.Devices, Key: v.ID, SystemPointer: "/operatingSystem",
		Ownership: ownershipOf(v.DeviceOwnership), Model: v.Model, Name: v.DisplayName, DeviceID: idOf(v.DeviceID),
	}
	r.take(&d, "/operatingSystemVersion", v.ApproximateLastSignInDateTime, g.read)
	for _, n := range d.owners {
		if g.people.Has(n) {
			g.found[n] = append(g.found[n], r)
			if r.DeviceID != "" {
				g.sharing[r.DeviceID] = append(g.sharing[r.DeviceID], n)
			}
		}
	}
}

// take takes over what a row of either section comes to.
func (r *Record) take(d *row, versionAt, last string, read *reader) {
	r.OS, r.Form = d.os, max(r.Form, d.form)
	if d.version.Told() {
		r.Version, r.VersionPointer = d.version, versionAt
	}
	r.InWorkProfile, r.Beside = r.InWorkProfile || d.is.has(inWorkProfile), r.Beside || d.is.has(beside)
	r.Shared, r.Disabled = r.Shared || d.is.has(shared), r.Disabled || d.is.has(disabled)
	if d.trust != TrustUnknown {
		r.Trust = d.trust
	}
	if at := timeOf(last); at.After(r.Last) {
		r.Last = at
	}
	r.Idle = !r.Last.IsZero() && r.Last.Before(read.idleSince)
}

func (g *gatherer) managed(v *entra.ManagedDevice) {
	d := g.read.managed(v)
	// The directory may name others than Intune does.
	owners := d.owners
	for _, n := range g.sharing[d.id] {
		if !slices.Contains(owners, n) {
			owners = append(owners, n)
		}
	}
	if d.os == "" {
		return
	}
	for _, n := range owners {
		if !g.people.Has(n) {
			continue
		}
		r := g.takeOut(n, d.id)
		if !r.Version.Told() || d.version.Told() {
			r.By, r.Section, r.Key, r.SystemPointer = ByIntune, snapshot.ManagedDevices, v.ID, "/operatingSystem"
		}
		r.take(&d, "/osVersion", v.LastSyncDateTime, g.read)
		r.Patch, r.Enrolment = v.AndroidSecurityPatchLevel, enrolmentOf(v.DeviceEnrollmentType)
		r.Beside = r.Beside && !r.InWorkProfile && r.Enrolment != FullyManaged
		if o := ownershipOf(v.ManagedDeviceOwnerType); o != OwnershipUnknown {
			r.Ownership = o
		}
		r.Model, r.Name, r.DeviceID = cmp.Or(v.Model, r.Model), cmp.Or(v.DeviceName, r.Name), d.id
		g.found[n] = append(g.found[n], r)
	}
}

// takeOut takes the directory's record of a device out of an account's list; an empty
// one where there is none.
func (g *gatherer) takeOut(n uint32, deviceID string) Record {
	list := g.found[n]
	i := slices.IndexFunc(list, func(r Record) bool { return deviceID != "" && r.Section == snapshot.Devices && r.DeviceID == deviceID })
	if i < 0 {
		return Record{}
	}
	r := list[i]
	g.found[n] = slices.Delete(list, i, i+1)
	return r
}

func (g *gatherer) apps(v *entra.UserMethods) {
	n, known := g.dir.Ordinal(v.UserID)
	if !known || !g.people.Has(n) {
		return
	}
	for i := range v.Methods {
		m := &v.Methods[i]
		if !authenticator(m) {
			continue
		}
		r := Record{By: ByAuthenticator, Section: snapshot.AuthenticationMethods, Key: v.UserID, Name: m.DisplayName, App: ParseVersion(m.PhoneAppVersion)}
		if member, platform, told := authenticatorPlatform(m); told {
			r.OS, r.SystemPointer = platform, pointerTo(i, member)
		}
		if r.App.Told() {
			r.VersionPointer = pointerTo(i, "phoneAppVersion")
		}
		r.Form = g.read.form("", m.DisplayName)
		g.found[n] = append(g.found[n], r)
	}
}

// signIn notes a successful sign-in, the newest of those that tell the same.
func (g *gatherer) signIn(s *entra.SignIn) {
	n, known := g.dir.Ordinal(s.UserID)
	if !known || !g.people.Has(n) || s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 {
		return
	}
	at := timeOf(s.CreatedDateTime)
	if d := s.DeviceDetail; d != nil {
		if os := g.read.system(d.OperatingSystem); os != "" {
			r := Record{By: BySignIn, OS: os, DeviceID: idOf(d.DeviceID), Name: d.DisplayName, SystemPointer: "/deviceDetail/operatingSystem"}
			text, by := SaidVersion(os, d.OperatingSystem, s.UserAgent)
			switch {
			case text != "" && os == Windows:
				r.Version = Version{Major: 10, Build: ParseVersion(text).Major}
			case text != "":
				r.Version = ParseVersion(text)
			}
			switch {
			case by == ByUserAgent:
				r.By, r.VersionPointer = by, "/userAgent"
			case text != "":
				r.VersionPointer = r.SystemPointer
			}
			if os.Phone() {
				r.Form = formOf(d.OperatingSystem, s.UserAgent)
			}
			g.keep(n, r, s.ID, at)
		}
	}
	if d := s.AuthenticationAppDeviceDetails; d != nil {
		if os := g.read.system(d.OperatingSystem); os.Phone() {
			r := Record{
				By: BySignIn, OS: os, App: ParseVersion(d.AppVersion), DeviceID: idOf(d.DeviceID),
				SystemPointer: "/authenticationAppDeviceDetails/operatingSystem", VersionPointer: "/authenticationAppDeviceDetails/appVersion",
			}
			if text, by := SaidVersion(os, d.OperatingSystem, ""); by == BySignIn {
				r.Version = ParseVersion(text)
			}
			g.keep(n, r, s.ID, at)
		}
	}
}

func (g *gatherer) keep(n uint32, r Record, id string, at time.Time) {
	r.Section, r.Key, r.Last = snapshot.SignIns, id, at
	list := g.found[n]
	i := slices.IndexFunc(list, func(o Record) bool {
		return o.Section == snapshot.SignIns && o.OS == r.OS && o.Version == r.Version && o.App == r.App && o.By == r.By && o.Form == r.Form && o.SystemPointer == r.SystemPointer
	})
	switch {
	case i < 0:
		g.found[n] = append(list, r)
	case at.After(list[i].Last) || at.Equal(list[i].Last) && id < list[i].Key:
		list[i] = r
	}
}
