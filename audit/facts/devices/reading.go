package devices

import (
	"iter"
	"slices"
	"strings"
	"time"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
)

// row is what a row of either section comes to. There are millions: it is small, and
// nothing in it is kept.
type row struct {
	id      string // what both sections call the device; empty where nobody will ask
	owners  owners
	os      OS
	version Version
	trust   Trust
	form    Form
	is      traits
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

func (o *owners) all() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for i := range o.count {
			n := uint32(0)
			if i < len(o.first) {
				n = o.first[i]
			} else {
				n = o.more[i-len(o.first)]
			}
			if !yield(n) {
				return
			}
		}
	}
}

// traits are what is or is not so of a device.
type traits uint8

const (
	fromIntune traits = 1 << iota
	compliant
	disabled
	// unowned: it is not told whose it is.
	unowned
	// shared: used by several people, or by nobody in particular.
	shared
	// idle: not seen for so long that it may be in a drawer.
	idle
	inWorkProfile
	// beside: an Android registration that is outside of any work profile.
	beside
)

func (t traits) has(all traits) bool { return t&all == all }

func (t *traits) set(flag traits, is bool) {
	if is {
		*t |= flag
	}
}

// idleAfter is how long a device may be silent and still be taken for one in use. Our
// own choice; Entra updates its times of activity every 14 days or so.
const idleAfter = 90 * 24 * time.Hour

// reader reads rows of both sections, for one goroutine.
type reader struct {
	find *population.Finder
	// directory: the directory's devices were read in full, and Intune adds to few.
	directory bool
	idleSince time.Time

	systems  map[string]system
	versions map[string]Version
	forms    map[[2]string]Form
}

func newReader(dir *population.Directory, directory bool, now string) *reader {
	r := &reader{find: dir.Finder(), directory: directory, systems: map[string]system{}, versions: map[string]Version{}, forms: map[[2]string]Form{}}
	if at, err := entra.ParseTime(now); err == nil {
		r.idleSince = at.Add(-idleAfter)
	}
	return r
}

// Few distinct texts stand in many rows; each is looked at once. What is kept of a row is
// a copy: the row's memory may be used again.

// system is what the text of a system comes to.
type system struct {
	os     OS
	server bool
}

func (r *reader) system(text string) system {
	s, known := r.systems[text]
	if !known {
		s = system{OSOf(text), server(text)}
		r.systems[strings.Clone(text)] = s
	}
	return s
}

func (r *reader) version(text string) Version {
	v, known := r.versions[text]
	if !known {
		v = ParseVersion(text)
		r.versions[strings.Clone(text)] = v
	}
	return v
}

func (r *reader) form(system, model string) Form {
	key := [2]string{system, model}
	f, known := r.forms[key]
	if !known {
		f = formOf(system, model)
		r.forms[[2]string{strings.Clone(system), strings.Clone(model)}] = f
	}
	return f
}

// idOf is the id of a device in lower case; empty for the one of zeros, which is
// written for devices that have none.
func idOf(text string) string {
	if strings.Trim(text, "0-") == "" {
		return ""
	}
	return strings.Clone(strings.ToLower(text))
}

// idle tells whether a time is long ago. One that is not told is not.
func (r *reader) idle(text string) bool {
	at := entra.TimeOf(text)
	return !at.IsZero() && at.Before(r.idleSince)
}

// device reads a row of the directory.
func (r *reader) device(v *entra.Device) row {
	system := r.system(v.OperatingSystem)
	d := row{os: system.os, version: r.version(v.OperatingSystemVersion), trust: trustOf(v.TrustType)}
	d.is.set(disabled, v.AccountEnabled != nil && !*v.AccountEnabled)
	d.is.set(compliant, v.IsCompliant != nil && *v.IsCompliant)
	d.is.set(unowned, v.RegisteredOwners == nil && v.RegisteredUsers == nil)
	d.is.set(shared, strings.EqualFold(v.ProfileType, "Shared") || d.os == Windows && system.server)
	last := "" // mostly the user is the owner
	for _, list := range [...][]entra.DirectoryObject{v.RegisteredOwners, v.RegisteredUsers} {
		for i := range list {
			if list[i].ID == last {
				continue
			}
			last = list[i].ID
			if n, known := r.find.Ordinal(list[i].ID); known {
				d.owners.add(n)
			}
		}
	}
	r.settle(&d, v.OperatingSystem, v.DisplayName, v.Model, v.ApproximateLastSignInDateTime)
	// Intune may say more of a device whose owner or build the directory does not tell.
	open := d.os == Windows && d.trust >= Joined && !d.is.has(shared) && (d.version.Build == 0 || d.owners.count == 0 && d.below())
	if d.is.has(unowned|compliant) || open || !r.directory {
		d.id = idOf(v.DeviceID)
	}
	return d
}

// managed reads a row of Intune.
func (r *reader) managed(v *entra.ManagedDevice) row {
	system := r.system(v.OperatingSystem)
	d := row{id: idOf(v.AzureADDeviceID), os: system.os, version: r.version(v.OSVersion), is: fromIntune}
	d.is.set(compliant, strings.EqualFold(v.ComplianceState, "compliant"))
	enrolment := enrolmentOf(v.DeviceEnrollmentType)
	d.is.set(shared, enrolment == WithoutUser || enrolment == ByManager || d.os == Windows && system.server)
	if n, known := r.find.Ordinal(v.UserID); known {
		d.owners.add(n)
	}
	r.settle(&d, v.OperatingSystem, v.DeviceName, v.Model, v.LastSyncDateTime)
	if d.os == Android && enrolment == WorkProfile {
		d.is = d.is&^beside | inWorkProfile
	}
	return d
}

// settle notes what follows from the texts of a device.
func (r *reader) settle(d *row, system, name, model, last string) {
	if d.os.Phone() {
		d.form = r.form(system, model)
	}
	if d.os == Android {
		d.is.set(inWorkProfile, workProfile(system, name))
		// AndroidEnterprise is all of the device; of one that Intune calls Android the
		// directory tells more.
		d.is.set(beside, !d.is.has(inWorkProfile) && strings.EqualFold(system, "Android") && !d.is.has(fromIntune))
	}
	if d.below() || d.os.Phone() && !d.version.Told() {
		d.is.set(idle, r.idle(last))
	}
}

// below tells whether the row puts the device below what passkeys take.
func (d *row) below() bool {
	if d.os == Windows {
		return WindowsLevel(d.trust, d.version) == LevelBelow
	}
	return d.form == Handset && PhoneLevel(d.os, d.version) == LevelBelow
}
