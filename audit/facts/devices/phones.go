package devices

import (
	"context"
	"strconv"
	"strings"

	"passkeyaudit/audit"
	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/snapshot"
)

// Phones is the fact that knows who was seen with a phone of which platform.
var Phones = &audit.Fact[*Seen]{
	Name: "devices.Phones",
	Doc:  "who was seen with an Android or iOS device, and where",
	Reads: []audit.Read{
		{Section: snapshot.AuthenticationMethods, Gap: audit.Refines},
		{Section: snapshot.Devices, Gap: audit.Refines},
		{Section: snapshot.ManagedDevices, Gap: audit.Refines},
		{Section: snapshot.SignIns, Gap: audit.Refines},
	},
	Facts:  []audit.AnyFact{population.Users},
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
}

type place struct {
	platform OS
	section  snapshot.SectionID
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

func derivePhones(ctx context.Context, p *audit.Pass) (*Seen, error) {
	dir, err := audit.Get(ctx, p, population.Users)
	if err != nil {
		return nil, err
	}
	seen := &Seen{sets: map[place]audit.Set{}}
	for _, section := range PhoneSources() {
		builders := map[OS]*audit.Builder{Android: {}, IOS: {}}
		err := sightings(ctx, p, section, func(userID, _, _ string, platform OS) {
			if n, known := dir.Ordinal(userID); known {
				builders[platform].Add(n)
			}
		})
		if err != nil {
			return nil, err
		}
		for platform, b := range builders {
			seen.sets[place{platform, section}] = b.Set()
		}
	}
	return seen, nil
}

// sightings calls found for every place in a section that shows somebody on a
// platform, with the row's key and the pointer of what shows it.
func sightings(ctx context.Context, p *audit.Pass, section snapshot.SectionID, found func(userID, key, pointer string, platform OS)) error {
	switch section {
	case snapshot.AuthenticationMethods:
		for o, err := range audit.Objects[entra.UserMethods](ctx, p, section) {
			if err != nil {
				return err
			}
			for i := range o.Value.Methods {
				if member, platform, known := authenticatorPlatform(&o.Value.Methods[i]); known {
					found(o.Value.UserID, o.Value.UserID, entra.Pointer("value", i, member), platform)
				}
			}
		}
	case snapshot.Devices:
		for o, err := range audit.Objects[entra.Device](ctx, p, section) {
			if err != nil {
				return err
			}
			d := &o.Value
			platform := OSOf(d.OperatingSystem)
			if !platform.Phone() || d.AccountEnabled != nil && !*d.AccountEnabled {
				continue
			}
			for _, list := range [][]entra.DirectoryObject{d.RegisteredOwners, d.RegisteredUsers} {
				for _, u := range list {
					found(u.ID, d.ID, "/operatingSystem", platform)
				}
			}
		}
	case snapshot.ManagedDevices:
		for o, err := range audit.Objects[entra.ManagedDevice](ctx, p, section) {
			if err != nil {
				return err
			}
			if platform := OSOf(o.Value.OperatingSystem); platform.Phone() {
				found(o.Value.UserID, o.Value.ID, "/operatingSystem", platform)
			}
		}
	case snapshot.SignIns:
		for o, err := range audit.Objects[entra.SignIn](ctx, p, section) {
			if err != nil {
				return err
			}
			s := &o.Value
			// A failed sign-in may be somebody else's.
			if s.Status == nil || s.Status.ErrorCode == nil || *s.Status.ErrorCode != 0 {
				continue
			}
			if d := s.DeviceDetail; d != nil {
				if platform := OSOf(d.OperatingSystem); platform.Phone() {
					found(s.UserID, s.ID, "/deviceDetail/operatingSystem", platform)
				}
			}
			if d := s.AuthenticationAppDeviceDetails; d != nil {
				if platform := OSOf(d.OperatingSystem); platform.Phone() {
					found(s.UserID, s.ID, "/authenticationAppDeviceDetails/operatingSystem", platform)
				}
			}
		}
	}
	return nil
}

// authenticatorPlatform tells on which platform a registered Authenticator runs. v1.0
// has no member for it. The app's version does: on Android its second part is year
// and month, as in 6.2507.4749, on iOS a small number, as in 6.8.37; PF
// (how-to-authentication-passkeys-fido2, 2026-03-08) names these two, that all
// versions are like them is inferred. The name of the phone has to agree where it is
// that of an iPhone or iPad.
func authenticatorPlatform(m *entra.AuthenticationMethod) (member string, platform OS, known bool) {
	if !strings.HasSuffix(strings.ToLower(m.Kind()), "microsoftauthenticator") {
		return "", "", false
	}
	name := strings.ToLower(m.DisplayName)
	apple := strings.Contains(name, "iphone") || strings.Contains(name, "ipad")
	parts := strings.Split(m.PhoneAppVersion, ".")
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
