package devices

import (
	"context"
	"strconv"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/methods"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Phones is the fact that knows who was seen with a phone of which platform, and how
// old their Authenticator is.
var Phones = &audit.Fact[*Seen]{
	Name: "devices.Phones",
	Doc:  "who was seen with an Android or iOS device, and where; who has an old Authenticator",
	Reads: []audit.Read{
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users, methods.Listings, Inventory},
	Derive: derivePhones,
}

// PhoneSources are the sections in which phones are looked for.
func PhoneSources() []snapshot.SectionID {
	return []snapshot.SectionID{snapshot.AuthenticationMethods, snapshot.Devices, snapshot.ManagedDevices, snapshot.SignIns}
}

// Seen is who was seen with a phone. Not to be in a set proves nothing: phones that
// are not registered, and sign-ins older than the log, show nowhere.
type Seen struct {
	sets map[place]audit.Set
	// apps are the accounts with a registered Authenticator of a platform, by what its
	// version is held against the least for profiles that allow both types; also those
	// whose sign-ins show one that is new enough. An account may be in several.
	apps map[app]audit.Set
	// Unplaced are the accounts with a registered Authenticator of which neither version
	// nor name tells the platform.
	Unplaced audit.Set
}

type place struct {
	platform OS
	section  snapshot.SectionID
}

type app struct {
	platform OS
	level    Level
}

// On are the accounts seen on a platform anywhere.
func (s *Seen) On(platform OS) audit.Set {
	var all audit.Set
	for _, section := range PhoneSources() {
		all = all.Or(s.In(platform, section))
	}
	return all
}

// In are the accounts that one section shows on a platform.
func (s *Seen) In(platform OS, section snapshot.SectionID) audit.Set {
	return s.sets[place{platform, section}]
}

// App are the accounts with a registered Authenticator of a platform whose version is
// of a level, or, where that is LevelEnough, with a sign-in that shows one.
func (s *Seen) App(platform OS, l Level) audit.Set { return s.apps[app{platform, l}] }

func derivePhones(ctx context.Context, p *audit.Pass) (*Seen, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	owned, err := audit.Get(ctx, p, Inventory)
	if err != nil {
		return nil, err
	}
	listed, err := audit.Get(ctx, p, methods.Listings)
	if err != nil {
		return nil, err
	}
	b := phonesBuilder{places: map[place]*audit.Builder{}, apps: map[app]*audit.Builder{}}
	for a := range listed.Apps() {
		b.add(snapshot.AuthenticationMethods, registeredApp(&a))
	}
	for list, err := range audit.Mapped(ctx, p, snapshot.SignIns, func() func(*entra.SignIn) []sighting {
		return func(v *entra.SignIn) []sighting { return signedIn(dir, v) }
	}) {
		if err != nil {
			return nil, err
		}
		b.add(snapshot.SignIns, list...)
	}
	seen := b.finish()
	for _, platform := range []OS{Android, IOS} {
		seen.sets[place{platform, snapshot.Devices}] = owned.Listed[platform]
		seen.sets[place{platform, snapshot.ManagedDevices}] = owned.Managed[platform]
	}
	return seen, nil
}

type phonesBuilder struct {
	places   map[place]*audit.Builder
	apps     map[app]*audit.Builder
	unplaced audit.Builder
}

func (b *phonesBuilder) add(section snapshot.SectionID, list ...sighting) {
	for _, s := range list {
		switch {
		case s.platform != "":
			builderAt(b.places, place{s.platform, section}).Add(s.account)
			level := AppLevel(s.platform, s.version)
			if s.app && (section == snapshot.AuthenticationMethods || level == LevelEnough) {
				builderAt(b.apps, app{s.platform, level}).Add(s.account)
			}
		case section == snapshot.AuthenticationMethods:
			b.unplaced.Add(s.account)
		}
	}
}

func builderAt[K comparable](m map[K]*audit.Builder, key K) *audit.Builder {
	b := m[key]
	if b == nil {
		b = &audit.Builder{}
		m[key] = b
	}
	return b
}

func (b *phonesBuilder) finish() *Seen {
	seen := &Seen{sets: map[place]audit.Set{}, apps: map[app]audit.Set{}, Unplaced: b.unplaced.Set()}
	for k, set := range b.places {
		seen.sets[k] = set.Set()
	}
	for k, set := range b.apps {
		seen.apps[k] = set.Set()
	}
	return seen
}

// sighting is one place in a row that shows an account with a phone.
type sighting struct {
	account  uint32
	platform OS // empty: an Authenticator on an unknown one
	app      bool
	version  Version // of the app
}

func registeredApp(a *methods.App) sighting {
	s := sighting{account: a.Account, app: true, version: ParseVersion(a.Version)}
	if _, platform, told := authenticatorPlatform(a); told {
		s.platform = platform
	}
	return s
}

// signedIn are the phones of a successful sign-in. A failed one may be somebody
// else's.
func signedIn(dir *population.Directory, s *entra.SignIn) []sighting {
	if s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 {
		return nil
	}
	n, known := dir.Ordinal(s.UserID)
	if !known {
		return nil
	}
	var list []sighting
	if d := s.DeviceDetail; d != nil {
		if platform := OSOf(d.OperatingSystem); platform.Phone() {
			list = append(list, sighting{account: n, platform: platform})
		}
	}
	if d := s.AuthenticationAppDeviceDetails; d != nil {
		if platform := OSOf(d.OperatingSystem); platform.Phone() {
			version := ParseVersion(d.AppVersion)
			list = append(list, sighting{account: n, platform: platform, app: version.Told(), version: version})
		}
	}
	return list
}

// authenticatorPlatform tells on which platform a registered Authenticator runs. v1.0
// has no member for it. The app's version does: on Android its second part is year
// and month, as in 6.2507.4749, on iOS a small number, as in 6.8.37; PF
// (how-to-authentication-passkeys-fido2, 2026-03-08) names these two, that all
// versions are like them is inferred. The name of the phone has to agree where it is
// that of an iPhone or iPad.
func authenticatorPlatform(a *methods.App) (member string, platform OS, known bool) {
	name := strings.ToLower(a.Name)
	apple := strings.Contains(name, "iphone") || strings.Contains(name, "ipad")
	parts := strings.Split(a.Version, ".")
	if len(parts) >= 3 {
		switch second, err := strconv.Atoi(parts[1]); {
		case err != nil, second < 0:
		case second < 100:
			return "phoneAppVersion", IOS, true
		case second >= 1900 && second < 10000 && !apple:
			return "phoneAppVersion", Android, true
		case second >= 1900:
			return "", "", false // name and version disagree
		}
	}
	if apple {
		return "displayName", IOS, true
	}
	return "", "", false
}
