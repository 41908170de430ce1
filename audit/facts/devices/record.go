package devices

import (
	"cmp"
	"context"
	"slices"
	"time"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
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

	OS        OS
	Version   Version // of the system; of Authenticators known by themselves it is not told
	App       Version // of Authenticator
	Patch     string  // Android's security patch level, a day
	Trust     Trust
	Form      Form
	Ownership Ownership
	Enrolment Enrolment
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
// these accounts only. The caller declares them and the fact Inventory, and for
// authenticationMethods the fact methods.Listings.
func RecordsOf(ctx context.Context, p *audit.Pass, dir *population.Directory, people audit.Set, sections ...snapshot.SectionID) (map[uint32][]Record, error) {
	found := map[uint32][]Record{}
	if people.Empty() {
		return found, nil
	}
	owned, err := audit.Get(ctx, p, Inventory)
	if err != nil {
		return nil, err
	}
	g := gatherer{dir: dir, owned: owned, people: people, found: found, now: p.Now(), sharing: map[string][]uint32{}}
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

// gatherer puts records together. Rows about nobody who was asked for are dropped
// where they are decoded.
type gatherer struct {
	dir    *population.Directory
	owned  *Owned
	people audit.Set
	now    string
	found  map[uint32][]Record
	// sharing are the accounts that the directory names for a device.
	sharing map[string][]uint32
}

func (g *gatherer) section(ctx context.Context, p *audit.Pass, section snapshot.SectionID) error {
	switch section {
	case snapshot.Devices:
		return each(ctx, p, g, section, (*gatherer).device)
	case snapshot.ManagedDevices:
		return each(ctx, p, g, section, (*gatherer).managed)
	case snapshot.AuthenticationMethods:
		return g.apps(ctx, p)
	default:
		return each(ctx, p, g, section, (*gatherer).signIn)
	}
}

// told is what a row tells, and how it goes into the records.
type told func()

// each reads a section. read runs where rows are decoded and must not touch what is
// found; what it returns runs one after the other.
func each[T any](ctx context.Context, p *audit.Pass, g *gatherer, section snapshot.SectionID, read func(*gatherer, *reader, *T) told) error {
	newMap := func() func(*T) told {
		r := newReader(g.dir, true, g.now)
		return func(v *T) told { return read(g, r, v) }
	}
	rows := audit.Mapped(ctx, p, section, newMap)
	if whose := g.owned.whose[section]; whose != nil {
		devices := make(map[uint32]bool, len(g.sharing))
		for id := range g.sharing {
			devices[hashOf(id)] = true
		}
		rows = audit.MappedWhere(ctx, p, section, whose.of(g.people, devices), newMap)
	}
	for tell, err := range rows {
		if err != nil {
			return err
		}
		if tell != nil {
			tell()
		}
	}
	return nil
}

// wanted are those of some accounts that were asked for.
func (g *gatherer) wanted(of *owners) (list []uint32) {
	for n := range of.all() {
		if g.people.Has(n) {
			list = append(list, n)
		}
	}
	return list
}

func (g *gatherer) device(read *reader, v *entra.Device) told {
	d := read.device(v)
	owners := g.wanted(&d.owners)
	if d.os == "" || len(owners) == 0 {
		return nil
	}
	r := Record{
		By: ByDirectory, Section: snapshot.Devices, Key: v.ID, SystemPointer: "/operatingSystem",
		Ownership: ownershipOf(v.DeviceOwnership), Model: v.Model, Name: v.DisplayName, DeviceID: idOf(v.DeviceID),
	}
	r.take(&d, "/operatingSystemVersion", v.ApproximateLastSignInDateTime, read)
	return func() {
		for _, n := range owners {
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
	if at := entra.TimeOf(last); at.After(r.Last) {
		r.Last = at
	}
	r.Idle = !r.Last.IsZero() && r.Last.Before(read.idleSince)
}

func (g *gatherer) managed(read *reader, v *entra.ManagedDevice) told {
	d := read.managed(v)
	owners := g.wanted(&d.owners)
	// The directory may name others than Intune does.
	for _, n := range g.sharing[d.id] {
		if !slices.Contains(owners, n) {
			owners = append(owners, n)
		}
	}
	if d.os == "" || len(owners) == 0 {
		return nil
	}
	row := *v
	return func() {
		for _, n := range owners {
			g.found[n] = append(g.found[n], g.completed(g.takeOut(n, d.id), &d, &row, read))
		}
	}
}

// completed is a record, of the directory or a new one, with what Intune tells.
func (g *gatherer) completed(r Record, d *row, v *entra.ManagedDevice, read *reader) Record {
	if !r.Version.Told() || d.version.Told() {
		r.By, r.Section, r.Key, r.SystemPointer = ByIntune, snapshot.ManagedDevices, v.ID, "/operatingSystem"
	}
	r.take(d, "/osVersion", v.LastSyncDateTime, read)
	r.Patch, r.Enrolment = v.AndroidSecurityPatchLevel, enrolmentOf(v.DeviceEnrollmentType)
	r.Beside = r.Beside && !r.InWorkProfile && r.Enrolment != FullyManaged
	if o := ownershipOf(v.ManagedDeviceOwnerType); o != OwnershipUnknown {
		r.Ownership = o
	}
	r.Model, r.Name, r.DeviceID = cmp.Or(v.Model, r.Model), cmp.Or(v.DeviceName, r.Name), d.id
	return r
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

// apps takes the registered Authenticators, which are known without reading rows again.
func (g *gatherer) apps(ctx context.Context, p *audit.Pass) error {
	listed, err := audit.Get(ctx, p, methods.Listings)
	if err != nil {
		return err
	}
	read := newReader(g.dir, true, g.now)
	for a := range listed.Apps() {
		if !g.people.Has(a.Account) {
			continue
		}
		r := Record{By: ByAuthenticator, Section: snapshot.AuthenticationMethods, Key: a.Key(), Name: a.Name, App: ParseVersion(a.Version)}
		if member, platform, told := authenticatorPlatform(&a); told {
			r.OS, r.SystemPointer = platform, entra.Pointer("value", a.At, member)
		}
		if r.App.Told() {
			r.VersionPointer = entra.Pointer("value", a.At, "phoneAppVersion")
		}
		r.Form = read.form("", a.Name)
		g.found[a.Account] = append(g.found[a.Account], r)
	}
	return nil
}

// signIn reads a successful sign-in; a failed one may be somebody else's.
func (g *gatherer) signIn(read *reader, s *entra.SignIn) told {
	n, known := g.dir.Ordinal(s.UserID)
	if !known || !g.people.Has(n) || s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 {
		return nil
	}
	var list []Record
	if d := s.DeviceDetail; d != nil {
		if os := read.system(d.OperatingSystem).os; os != "" {
			list = append(list, fromDetail(os, d, s.UserAgent))
		}
	}
	if d := s.AuthenticationAppDeviceDetails; d != nil {
		if os := read.system(d.OperatingSystem).os; os.Phone() {
			r := Record{
				By: BySignIn, OS: os, App: ParseVersion(d.AppVersion), DeviceID: idOf(d.DeviceID),
				SystemPointer: "/authenticationAppDeviceDetails/operatingSystem", VersionPointer: "/authenticationAppDeviceDetails/appVersion",
			}
			if text, by := SaidVersion(os, d.OperatingSystem, ""); by == BySignIn {
				r.Version = ParseVersion(text)
			}
			list = append(list, r)
		}
	}
	id, at := s.ID, entra.TimeOf(s.CreatedDateTime)
	return func() {
		for _, r := range list {
			r.Section, r.Key, r.Last = snapshot.SignIns, id, at
			g.keep(n, r)
		}
	}
}

// fromDetail is what a sign-in tells of the device it came from.
func fromDetail(os OS, d *entra.DeviceDetail, agent string) Record {
	r := Record{By: BySignIn, OS: os, DeviceID: idOf(d.DeviceID), Name: d.DisplayName, SystemPointer: "/deviceDetail/operatingSystem"}
	text, by := SaidVersion(os, d.OperatingSystem, agent)
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
		r.Form = formOf(d.OperatingSystem, agent)
	}
	return r
}

// keep adds a record of a sign-in, the newest of those that tell the same.
func (g *gatherer) keep(n uint32, r Record) {
	list := g.found[n]
	i := slices.IndexFunc(list, func(o Record) bool {
		return o.Section == snapshot.SignIns && o.OS == r.OS && o.Version == r.Version && o.App == r.App && o.By == r.By && o.Form == r.Form && o.SystemPointer == r.SystemPointer
	})
	switch {
	case i < 0:
		g.found[n] = append(list, r)
	case r.Last.After(list[i].Last) || r.Last.Equal(list[i].Last) && r.Key < list[i].Key:
		list[i] = r
	}
}
